// What the runner asks the kernel side for, with outside.so preloaded:
//
//   ask namespace   a network namespace of its own for whoever comes next, as soon as the kernel has taken the last one apart
//   ask trip        prints what a request costs that asks for nothing, and one with a system call, in microseconds, as JSON
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "asking.h"

enum { LOOKS = 60, LOOK = 500, IDLE = 900, TRIPS = 20000 };

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

// The kernel takes a namespace apart in the background: waits until it has nothing to do.
static int new_namespace(void) {
  if (ask_shortly(ASK_NEW_NAMESPACE, 0, 0, 0, 0) < 0) return perror("ask: namespace"), 1;
  for (int look = 0; look < LOOKS && ask_shortly(ASK_IDLE, LOOK, 0, 0, 0) < IDLE; look++) continue;
  return 0;
}

static double cost_of(enum operation operation) {
  const double start = microseconds();
  for (int trip = 0; trip < TRIPS; trip++) ask_shortly(operation, -1, 0, 0, 0);
  return (microseconds() - start) / TRIPS;
}

int main(int count, char **words) {
  const char *const word = count == 2 ? words[1] : "";
  if (!can_ask()) return fprintf(stderr, "ask: %s names no region\n", REGION_VARIABLE), 2;
  if (strcmp(word, "namespace") == 0) return new_namespace();
  if (strcmp(word, "trip") != 0) return fprintf(stderr, "usage: ask namespace | trip\n"), 2;
  printf("{\"request\": %.2f, \"systemCall\": %.2f}\n", cost_of(ASK_NOTHING), cost_of(ASK_CLOSE));
  return 0;
}
