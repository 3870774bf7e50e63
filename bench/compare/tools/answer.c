// Accepts TCP connections on every address and tells each client the address that it has reached, four bytes: `answer PORT`. Prints
// "ready" when it listens. Of the idle class, so that on one processor it never takes the client's turn while that measures.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **words) {
  if (count < 2) return 2;
  const struct sched_param none = {0};
  const struct sockaddr_in all = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
  const int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_IGN);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  // tools/stream.c listens on some of the addresses for a while.
  setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (sched_setscheduler(0, SCHED_IDLE, &none) || bind(listener, (const struct sockaddr *)&all, sizeof all) ||
      listen(listener, 4096)) {
    perror("answer");
    return 1;
  }
  puts("ready");
  fflush(stdout);
  for (;;) {
    const int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    struct sockaddr_in mine;
    socklen_t size = sizeof mine;
    if (getsockname(client, (struct sockaddr *)&mine, &size) == 0) send(client, &mine.sin_addr, 4, 0);
    close(client);
  }
}
