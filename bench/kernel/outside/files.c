// Preloaded: the files below /proc/net and /proc/sys/net are those of the kernel side. Who reads one gets a copy of all there is at that
// moment; what is written to one goes through at once.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "asking.h"
#include "stand_in.h"

enum { READ_ROOM = 1 << 20 };

static int is_kernels(const char *path) {
  static const char *const beginnings[] = {"/proc/net/", "/proc/self/net/", "/proc/thread-self/net/", "/proc/sys/net/",
                                           "/proc/sys/kernel/osrelease"};
  for (size_t index = 0; can_ask() && index < sizeof beginnings / sizeof *beginnings; index++)
    if (strncmp(path, beginnings[index], strlen(beginnings[index])) == 0) return 1;
  return 0;
}

static int ask_to_open(const char *path, int flags) {
  begin_asking();
  strncpy((char *)region->data, path, PATH_MAX);
  return end_asking(ask(ASK_OPEN, flags & (O_ACCMODE | O_APPEND), 0, 0, 0));
}

static int copy_all(int theirs, int own) {
  int size;
  begin_asking();
  while ((size = ask(ASK_READ, theirs, READ_ROOM, 0, 0)) > 0)
    if (syscall(SYS_write, own, region->data, size) != size) exit((perror("outside: memfd"), 70));
  return end_asking(size);
}

static int open_kernels(const char *path, int flags) {
  const int theirs = ask_to_open(path, flags);
  if (theirs < 0) return -1;
  const int own = memfd_create("kernel", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
  if ((flags & O_ACCMODE) == O_WRONLY) return stand_in(own, theirs);
  const int result = copy_all(theirs, own);
  const int error = errno;
  ask_shortly(ASK_CLOSE, theirs, 0, 0, 0);
  if (result == 0 && lseek(own, 0, SEEK_SET) == 0) return own;
  syscall(SYS_close, own);
  errno = error;
  return -1;
}

static int open_here(int folder, const char *path, int flags, mode_t mode) {
  if (is_kernels(path)) return open_kernels(path, flags);
  return (int)syscall(SYS_openat, folder, path, flags, mode);
}

static mode_t mode_of(int flags, va_list rest) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

#define OPEN_AS(name)                              \
  int name(const char *path, int flags, ...) {     \
    va_list rest;                                  \
    va_start(rest, flags);                         \
    const mode_t mode = mode_of(flags, rest);      \
    va_end(rest);                                  \
    return open_here(AT_FDCWD, path, flags, mode); \
  }

#define OPEN_AT_AS(name)                                   \
  int name(int folder, const char *path, int flags, ...) { \
    va_list rest;                                          \
    va_start(rest, flags);                                 \
    const mode_t mode = mode_of(flags, rest);              \
    va_end(rest);                                          \
    return open_here(folder, path, flags, mode);           \
  }

OPEN_AS(open)
OPEN_AS(open64)
OPEN_AT_AS(openat)
OPEN_AT_AS(openat64)

// What compilers call instead where they know that no mode follows.
int __open_2(const char *path, int flags) { return open_here(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_here(AT_FDCWD, path, flags, 0); }
int __openat_2(int folder, const char *path, int flags) { return open_here(folder, path, flags, 0); }
int __openat64_2(int folder, const char *path, int flags) { return open_here(folder, path, flags, 0); }

static FILE *open_stream(const char *path, const char *mode) {
  const int descriptor = open_kernels(path, O_CLOEXEC | (*mode == 'r' ? O_RDONLY : O_WRONLY));
  return descriptor < 0 ? NULL : fdopen(descriptor, mode);
}

#define OPEN_STREAM_AS(name)                                              \
  FILE *name(const char *path, const char *mode) {                        \
    if (is_kernels(path)) return open_stream(path, mode);                 \
    return ((__typeof__(&name))dlsym(RTLD_NEXT, #name))(path, mode);      \
  }

OPEN_STREAM_AS(fopen)
OPEN_STREAM_AS(fopen64)

static ssize_t write_parts(int theirs, const struct iovec *parts, int count) {
  begin_asking();
  const size_t size = gather(parts, (size_t)count);
  if (size == SIZE_MAX) {
    region->error = EINVAL;
    return end_asking(-1);
  }
  return end_asking(ask(ASK_WRITE, theirs, (int32_t)size, 0, 0));
}

ssize_t write(int descriptor, const void *data, size_t size) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return syscall(SYS_write, descriptor, data, size);
  const struct iovec part = {(void *)data, size};
  return write_parts(theirs, &part, 1);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return syscall(SYS_writev, descriptor, parts, count);
  return write_parts(theirs, parts, count);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t place) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return syscall(SYS_pwrite64, descriptor, data, size, place);
  const struct iovec part = {(void *)data, size};
  return write_parts(theirs, &part, 1);
}
