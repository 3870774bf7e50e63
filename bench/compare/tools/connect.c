// Opens TCP connections one after another and prints for each the nanoseconds that connect() took, which is until the first answer
// has come, and the address that the server says it has: `connect WARM_UP [PAUSE] <TARGETS`. TARGETS has a line "ADDRESS PORT"
// for each connection; the first WARM_UP are not printed. A connection that fails is printed as "failed ERRNO". With a PAUSE,
// milliseconds between two connections, each is printed at once, so that it may be ended at any time.
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

// So that neither side keeps a port in TIME_WAIT.
static void reset(int fd) {
  const struct linger none = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(fd);
}

static void try_once(const struct sockaddr_in *target, int is_shown) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  // A connection that nobody answers ends after five seconds, not after two minutes.
  const struct timeval patience = {.tv_sec = 5};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const long long began = nanoseconds();
  const int result = connect(fd, (const struct sockaddr *)target, sizeof *target);
  const long long took = nanoseconds() - began;
  const int why = errno;
  char server[INET_ADDRSTRLEN] = "-";
  struct in_addr said;
  if (result == 0 && recv(fd, &said, sizeof said, MSG_WAITALL) == sizeof said)
    inet_ntop(AF_INET, &said, server, sizeof server);
  reset(fd);
  if (!is_shown) return;
  if (result == 0) printf("%lld %s\n", took, server);
  else printf("failed %d\n", why);
}

int main(int count, char **words) {
  int warm_up = count > 1 ? atoi(words[1]) : 0, port;
  const int pause = count > 2 ? atoi(words[2]) : 0;
  const struct timespec between = {.tv_sec = pause / 1000, .tv_nsec = pause % 1000 * 1000000L};
  char address[64];
  if (pause > 0) setvbuf(stdout, NULL, _IOLBF, 0);
  while (scanf("%63s %d", address, &port) == 2) {
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &target.sin_addr) != 1) return 2;
    try_once(&target, warm_up-- <= 0);
    if (pause > 0) nanosleep(&between, NULL);
  }
  return 0;
}
