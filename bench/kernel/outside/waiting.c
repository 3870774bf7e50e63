// Preloaded: poll() and select() on the kernel side's sockets; see sockets.c. They look again and again.
#define _GNU_SOURCE
#include <poll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "asking.h"
#include "stand_in.h"

enum { LOOKS_PER_MILLISECOND = 10 };

static int any_is_ours(const struct pollfd *all, nfds_t count) {
  for (nfds_t index = 0; index < count; index++)
    if (kernel_side(all[index].fd) >= 0) return 1;
  return 0;
}

static int look_once(struct pollfd *all, nfds_t count) {
  int ready = (int)syscall(SYS_poll, all, count, 0);
  for (nfds_t index = 0; index < count; index++) {
    const int theirs = kernel_side(all[index].fd);
    if (theirs < 0) continue;
    ready -= all[index].revents != 0;
    all[index].revents = (short)ask_shortly(ASK_POLL, theirs, all[index].events, 0, 0);
    ready += all[index].revents != 0;
  }
  return ready;
}

int poll(struct pollfd *all, nfds_t count, int timeout) {
  if (!any_is_ours(all, count)) return (int)syscall(SYS_poll, all, count, timeout);
  for (long waited = 0;; waited++) {
    const int ready = look_once(all, count);
    if (ready != 0 || (timeout >= 0 && waited >= (long)timeout * LOOKS_PER_MILLISECOND)) return ready;
    pause_shortly();
  }
}

int __poll_chk(struct pollfd *all, nfds_t count, int timeout, size_t room) {
  (void)room;
  return poll(all, count, timeout);
}

static short wanted_of(int descriptor, const fd_set *readable, const fd_set *writable) {
  const int reads = readable != NULL && FD_ISSET(descriptor, readable);
  const int writes = writable != NULL && FD_ISSET(descriptor, writable);
  return (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
}

// Keeps those descriptors in the set that are ready; how many.
static int keep_ready(const struct pollfd *all, nfds_t count, short event, fd_set *set) {
  int ready = 0;
  for (nfds_t index = 0; set != NULL && index < count; index++) {
    if ((all[index].events & event) == 0) continue;
    if ((all[index].revents & (event | POLLERR | POLLHUP)) != 0) ready++;
    else FD_CLR(all[index].fd, set);
  }
  return ready;
}

// libnftables asks so whether there is an answer.
int select(int count, fd_set *readable, fd_set *writable, fd_set *failed, struct timeval *timeout) {
  struct pollfd all[FD_SETSIZE];
  nfds_t used = 0;
  for (int descriptor = 0; descriptor < count; descriptor++) {
    const short wanted = wanted_of(descriptor, readable, writable);
    if (wanted != 0) all[used++] = (struct pollfd){descriptor, wanted, 0};
  }
  if (!any_is_ours(all, used)) return (int)syscall(SYS_select, count, readable, writable, failed, timeout);
  if (failed != NULL) FD_ZERO(failed);
  poll(all, used, timeout == NULL ? -1 : (int)(timeout->tv_sec * 1000 + timeout->tv_usec / 1000));
  return keep_ready(all, used, POLLIN, readable) + keep_ready(all, used, POLLOUT, writable);
}
