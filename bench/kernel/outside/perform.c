#define _GNU_SOURCE
#include "perform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_DESCRIPTOR = 3 };

static int file_or_socket(void) { return region->numbers[0]; }

static int open_socket(void) {
  return socket(region->numbers[0], region->numbers[1] | SOCK_CLOEXEC, region->numbers[2]);
}

static int name_socket(void) {
  socklen_t size = ADDRESS_SIZE;
  const int result = getsockname(file_or_socket(), (struct sockaddr *)region->address, &size);
  region->address_size = size;
  return result;
}

static int set_option(void) {
  return setsockopt(file_or_socket(), region->numbers[1], region->numbers[2], region->data,
                    (socklen_t)region->numbers[3]);
}

static int attach_filter(void) {
  const struct sock_fprog program = {(unsigned short)region->numbers[1], (struct sock_filter *)region->data};
  return setsockopt(file_or_socket(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int get_option(void) {
  socklen_t size = (socklen_t)region->numbers[3];
  if (getsockopt(file_or_socket(), region->numbers[1], region->numbers[2], region->data, &size) < 0) return -1;
  return (int)size;
}

static int send_data(void) {
  const struct sockaddr *address = region->address_size > 0 ? (struct sockaddr *)region->address : NULL;
  return (int)sendto(file_or_socket(), region->data, (size_t)region->numbers[2], region->numbers[1] | MSG_NOSIGNAL,
                     address, region->address_size);
}

static int receive_data(void) {
  struct iovec place = {region->data, (size_t)region->numbers[2]};
  struct msghdr message = {.msg_name = region->address, .msg_namelen = ADDRESS_SIZE, .msg_iov = &place, .msg_iovlen = 1};
  const int size = (int)recvmsg(file_or_socket(), &message, region->numbers[1] | MSG_DONTWAIT);
  region->address_size = message.msg_namelen;
  region->message_flags = (uint32_t)message.msg_flags;
  return size;
}

static int poll_one(void) {
  struct pollfd one = {.fd = file_or_socket(), .events = (short)region->numbers[1]};
  return poll(&one, 1, 0) < 0 ? -1 : one.revents;
}

static int index_of(void) {
  const unsigned index = if_nametoindex((const char *)region->data);
  return index == 0 ? -1 : (int)index;
}

static int new_namespace(void) {
  if (close_range(FIRST_DESCRIPTOR, ~0U, 0) < 0) return -1;
  return unshare(CLONE_NEWNET);
}

// The first line of proc_stat(5): user nice system idle iowait …
static unsigned long long idle_time(unsigned long long *all) {
  unsigned long long times[8] = {0};
  FILE *file = fopen("/proc/stat", "re");
  if (file == NULL) return 0;
  const int count = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", times, times + 1, times + 2, times + 3,
                           times + 4, times + 5, times + 6, times + 7);
  fclose(file);
  *all = 0;
  for (int index = 0; index < count; index++) *all += times[index];
  return times[3] + times[4];
}

static int idle_part(void) {
  const struct timespec pause = {region->numbers[0] / 1000, region->numbers[0] % 1000 * 1000000L};
  unsigned long long before = 0, after = 0;
  const unsigned long long idle_before = idle_time(&before);
  nanosleep(&pause, NULL);
  const unsigned long long idle = idle_time(&after) - idle_before;
  return after > before ? (int)(1000 * idle / (after - before)) : 0;
}

int perform(void) {
  switch ((enum operation)region->operation) {
    case ASK_NOTHING: return 0;
    case ASK_SOCKET: return open_socket();
    case ASK_CLOSE: return close(file_or_socket());
    case ASK_BIND: return bind(file_or_socket(), (struct sockaddr *)region->address, region->address_size);
    case ASK_CONNECT: return connect(file_or_socket(), (struct sockaddr *)region->address, region->address_size);
    case ASK_SOCKET_NAME: return name_socket();
    case ASK_SET_OPTION: return set_option();
    case ASK_ATTACH_FILTER: return attach_filter();
    case ASK_GET_OPTION: return get_option();
    case ASK_SEND: return send_data();
    case ASK_RECEIVE: return receive_data();
    case ASK_POLL: return poll_one();
    case ASK_INDEX_OF: return index_of();
    case ASK_NAME_OF: return if_indextoname((unsigned)region->numbers[0], (char *)region->data) == NULL ? -1 : 0;
    case ASK_OPEN: return open((const char *)region->data, region->numbers[0] | O_CLOEXEC, 0644);
    case ASK_READ: return (int)read(file_or_socket(), region->data, (size_t)region->numbers[1]);
    case ASK_WRITE: return (int)write(file_or_socket(), region->data, (size_t)region->numbers[1]);
    case ASK_NEW_NAMESPACE: return new_namespace();
    case ASK_IDLE: return idle_part();
  }
  errno = ENOSYS;
  return -1;
}
