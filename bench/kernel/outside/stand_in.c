#define _GNU_SOURCE
#include "stand_in.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "asking.h"

enum { DESCRIPTORS = 65536 };

// The kernel side's descriptor plus one; 0 where a descriptor is the process's own.
static _Atomic int kernel_sides[DESCRIPTORS];

int kernel_side(int descriptor) {
  return descriptor < 0 || descriptor >= DESCRIPTORS ? -1 : atomic_load(&kernel_sides[descriptor]) - 1;
}

int stand_in(int own, int theirs) {
  if (own < 0 || own >= DESCRIPTORS) {
    ask_shortly(ASK_CLOSE, theirs, 0, 0, 0);
    errno = EMFILE;
    return -1;
  }
  atomic_store(&kernel_sides[own], theirs + 1);
  return own;
}

// Before the descriptor is free for others.
int close(int descriptor) {
  const int theirs = kernel_side(descriptor);
  if (theirs >= 0) {
    atomic_store(&kernel_sides[descriptor], 0);
    ask_shortly(ASK_CLOSE, theirs, 0, 0, 0);
  }
  return (int)syscall(SYS_close, descriptor);
}

size_t gather(const struct iovec *parts, size_t count) {
  size_t size = 0;
  for (size_t index = 0; index < count; index++) {
    if (size + parts[index].iov_len > DATA_SIZE) return SIZE_MAX;
    memcpy(region->data + size, parts[index].iov_base, parts[index].iov_len);
    size += parts[index].iov_len;
  }
  return size;
}

void pause_shortly(void) {
  const struct timespec pause = {.tv_nsec = 100000};
  nanosleep(&pause, NULL);
}
