// Preloaded: sending to and receiving from the kernel side's sockets; see sockets.c.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "asking.h"
#include "stand_in.h"

enum { RECEIVE_ROOM = 1 << 20, SECONDS_TO_RECEIVE = 60 };

static ssize_t send_parts(int theirs, const struct msghdr *message, int flags) {
  begin_asking();
  const size_t size = gather(message->msg_iov, message->msg_iovlen);
  if (size == SIZE_MAX || message->msg_namelen > ADDRESS_SIZE) {
    region->error = EMSGSIZE;
    return end_asking(-1);
  }
  if (message->msg_name != NULL) {
    region->address_size = message->msg_namelen;
    memcpy(region->address, message->msg_name, message->msg_namelen);
  }
  return end_asking(ask(ASK_SEND, theirs, flags, (int32_t)size, 0));
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return syscall(SYS_sendmsg, descriptor, message, flags);
  return send_parts(theirs, message, flags);
}

ssize_t sendto(int descriptor, const void *data, size_t size, int flags, const struct sockaddr *address,
               socklen_t address_size) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return syscall(SYS_sendto, descriptor, data, size, flags, address, address_size);
  struct iovec part = {(void *)data, size};
  const struct msghdr message = {
      .msg_name = (void *)address, .msg_namelen = address_size, .msg_iov = &part, .msg_iovlen = 1};
  return send_parts(theirs, &message, flags);
}

ssize_t send(int descriptor, const void *data, size_t size, int flags) {
  return sendto(descriptor, data, size, flags, NULL, 0);
}

// --- receiving ---

static int may_wait(int descriptor, int flags) {
  return (flags & MSG_DONTWAIT) == 0 && (fcntl(descriptor, F_GETFL) & O_NONBLOCK) == 0;
}

static time_t seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

static void scatter(size_t size, const struct iovec *parts, size_t count) {
  for (size_t index = 0, done = 0; index < count && done < size; index++) {
    const size_t part = parts[index].iov_len < size - done ? parts[index].iov_len : size - done;
    memcpy(parts[index].iov_base, region->data + done, part);
    done += part;
  }
}

static size_t room_in(const struct msghdr *message) {
  size_t room = 0;
  for (size_t index = 0; index < message->msg_iovlen; index++) room += message->msg_iov[index].iov_len;
  return room < RECEIVE_ROOM ? room : RECEIVE_ROOM;
}

static ssize_t receive_once(int theirs, struct msghdr *message, int flags) {
  const size_t room = room_in(message);
  begin_asking();
  const int size = ask(ASK_RECEIVE, theirs, flags, (int32_t)room, 0);
  if (size < 0) return end_asking(-1);
  scatter((size_t)size < room ? (size_t)size : room, message->msg_iov, message->msg_iovlen);
  if (message->msg_name != NULL) {
    const socklen_t place = message->msg_namelen;
    memcpy(message->msg_name, region->address, place < region->address_size ? place : region->address_size);
  }
  message->msg_namelen = region->address_size;
  message->msg_controllen = 0;
  message->msg_flags = (int)region->message_flags;
  return end_asking(size);
}

// The kernel answers while it is being written to, so hardly anything is ever waited for.
static ssize_t receive_parts(int descriptor, int theirs, struct msghdr *message, int flags) {
  const time_t end = seconds() + SECONDS_TO_RECEIVE;
  for (;;) {
    const ssize_t size = receive_once(theirs, message, flags);
    if (size >= 0 || errno != EAGAIN || !may_wait(descriptor, flags)) return size;
    if (seconds() > end) exit((fprintf(stderr, "outside: nothing to receive for %d s\n", SECONDS_TO_RECEIVE), 70));
    pause_shortly();
  }
}

ssize_t recvmsg(int descriptor, struct msghdr *message, int flags) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return syscall(SYS_recvmsg, descriptor, message, flags);
  return receive_parts(descriptor, theirs, message, flags);
}

ssize_t recvfrom(int descriptor, void *data, size_t size, int flags, struct sockaddr *address,
                 socklen_t *address_size) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return syscall(SYS_recvfrom, descriptor, data, size, flags, address, address_size);
  struct iovec part = {data, size};
  struct msghdr message = {.msg_name = address,
                           .msg_namelen = address_size == NULL ? 0 : *address_size,
                           .msg_iov = &part,
                           .msg_iovlen = 1};
  const ssize_t received = receive_parts(descriptor, theirs, &message, flags);
  if (address_size != NULL) *address_size = message.msg_namelen;
  return received;
}

ssize_t recv(int descriptor, void *data, size_t size, int flags) {
  return recvfrom(descriptor, data, size, flags, NULL, NULL);
}

// What compilers call instead where they know how much room there is.
ssize_t __recv_chk(int descriptor, void *data, size_t size, size_t room, int flags) {
  (void)room;
  return recv(descriptor, data, size, flags);
}

ssize_t __recvfrom_chk(int descriptor, void *data, size_t size, size_t room, int flags, struct sockaddr *address,
                       socklen_t *address_size) {
  (void)room;
  return recvfrom(descriptor, data, size, flags, address, address_size);
}
