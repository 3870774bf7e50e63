// Many connections, or many bytes, for a while, by the clock of the machine:
//   stream sink PORT ADDRESS…             reads all that comes, with a child for each connection; prints "ready" when it listens
//   stream send SECONDS ADDRESS PORT      sends over one connection for so long; prints {"seconds": …, "count": BYTES}
//   stream connect SECONDS ADDRESS PORT   opens one connection after another, reads four bytes of each; counts connections
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kMostAddresses = 128 };
static char buffer[128 * 1024];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static struct sockaddr_in place(const char *address, const char *port) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  if (inet_pton(AF_INET, address, &place.sin_addr) != 1) exit(2);
  return place;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int opened(const struct sockaddr_in *server) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const struct timeval patience = {.tv_sec = 5};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, (const struct sockaddr *)server, sizeof *server)) fail("stream: connect");
  return fd;
}

// So that neither side keeps a port in TIME_WAIT.
static void reset(int fd) {
  const struct linger none = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(fd);
}

static int listener(const char *address, const char *port) {
  const struct sockaddr_in here = place(address, port);
  const int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  // tools/answer.c has the port on all addresses; the one that is named comes first.
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (bind(fd, (const struct sockaddr *)&here, sizeof here) || listen(fd, 64)) fail("stream: listen");
  return fd;
}

static void read_all(int fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (read(fd, buffer, sizeof buffer) > 0);
  exit(0);
}

static void sink(const char *port, int count, char **addresses) {
  struct pollfd places[kMostAddresses];
  if (count > kMostAddresses) exit(2);
  for (int index = 0; index < count; index++) places[index] = (struct pollfd){listener(addresses[index], port), POLLIN, 0};
  puts("ready");
  fflush(stdout);
  for (;;) {
    if (poll(places, count, -1) < 0) continue;
    for (int index = 0; index < count; index++) {
      if (!(places[index].revents & POLLIN)) continue;
      const int fd = accept(places[index].fd, NULL, NULL);
      if (fd >= 0 && fork() == 0) read_all(fd);
      close(fd);
    }
  }
}

static long long send_for(double seconds, const struct sockaddr_in *server) {
  const int fd = opened(server);
  const double end = now() + seconds;
  long long sent = 0;
  while (now() < end) {
    const ssize_t size = write(fd, buffer, sizeof buffer);
    if (size < 0) fail("stream: write");
    sent += size;
  }
  reset(fd);
  return sent;
}

static long long connect_for(double seconds, const struct sockaddr_in *server) {
  const double end = now() + seconds;
  long long count = 0;
  for (; now() < end; count++) {
    const int fd = opened(server);
    if (recv(fd, buffer, 4, MSG_WAITALL) != 4) fail("stream: recv");
    reset(fd);
  }
  return count;
}

int main(int count, char **words) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGCHLD, SIG_IGN);
  if (count >= 4 && strcmp(words[1], "sink") == 0) sink(words[2], count - 3, words + 3);
  if (count != 5) return 2;
  const struct sockaddr_in server = place(words[3], words[4]);
  const double began = now();
  const int is_send = strcmp(words[1], "send") == 0;
  const long long done = is_send ? send_for(atof(words[2]), &server) : connect_for(atof(words[2]), &server);
  printf("{\"seconds\": %.6f, \"count\": %lld}\n", now() - began, done);
  return 0;
}
