// Preloaded: netlink sockets are those of the kernel side; all others stay the machine's own.
//
// An eventfd that is never ready stands for such a socket, so who awaits notifications through epoll hears none.
#define _GNU_SOURCE
#include <linux/filter.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "asking.h"
#include "stand_in.h"

int socket(int domain, int type, int protocol) {
  if (domain != AF_NETLINK || !can_ask()) return (int)syscall(SYS_socket, domain, type, protocol);
  const int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC);
  const int theirs = ask_shortly(ASK_SOCKET, domain, type & ~flags, protocol, 0);
  // An eventfd's flags have the same values.
  return theirs < 0 ? -1 : stand_in(eventfd(0, flags), theirs);
}

static int ask_with_address(enum operation operation, int theirs, const struct sockaddr *address, socklen_t size) {
  begin_asking();
  region->address_size = size < ADDRESS_SIZE ? size : ADDRESS_SIZE;
  memcpy(region->address, address, region->address_size);
  return end_asking(ask(operation, theirs, 0, 0, 0));
}

int bind(int descriptor, const struct sockaddr *address, socklen_t size) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return (int)syscall(SYS_bind, descriptor, address, size);
  return ask_with_address(ASK_BIND, theirs, address, size);
}

int connect(int descriptor, const struct sockaddr *address, socklen_t size) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return (int)syscall(SYS_connect, descriptor, address, size);
  return ask_with_address(ASK_CONNECT, theirs, address, size);
}

static void take_name(struct sockaddr *address, socklen_t *size) {
  memcpy(address, region->address, *size < region->address_size ? *size : region->address_size);
  *size = region->address_size;
}

int getsockname(int descriptor, struct sockaddr *address, socklen_t *size) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return (int)syscall(SYS_getsockname, descriptor, address, size);
  begin_asking();
  const int result = ask(ASK_SOCKET_NAME, theirs, 0, 0, 0);
  if (result == 0) take_name(address, size);
  return end_asking(result);
}

// The only option here that points to more.
static int attach_filter(int theirs, const struct sock_fprog *program) {
  begin_asking();
  memcpy(region->data, program->filter, program->len * sizeof *program->filter);
  return end_asking(ask(ASK_ATTACH_FILTER, theirs, program->len, 0, 0));
}

int setsockopt(int descriptor, int level, int name, const void *value, socklen_t size) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return (int)syscall(SYS_setsockopt, descriptor, level, name, value, size);
  if (level == SOL_SOCKET && name == SO_ATTACH_FILTER) return attach_filter(theirs, value);
  begin_asking();
  memcpy(region->data, value, size);
  return end_asking(ask(ASK_SET_OPTION, theirs, level, name, (int32_t)size));
}

int getsockopt(int descriptor, int level, int name, void *value, socklen_t *size) {
  const int theirs = kernel_side(descriptor);
  if (theirs < 0) return (int)syscall(SYS_getsockopt, descriptor, level, name, value, size);
  begin_asking();
  const int result = ask(ASK_GET_OPTION, theirs, level, name, (int32_t)*size);
  if (result >= 0) memcpy(value, region->data, *size = (socklen_t)result);
  return end_asking(result < 0 ? -1 : 0);
}
