// Runs in user-mode Linux and does there what processes of the machine ask for: `kernel_side MARKER MINUTES`, the marker in 32
// hexadecimal digits. See region.h, and ../../README.md for what this is good for. Ends by itself when nobody has asked
// for so many minutes.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "perform.h"
#include "region.h"

enum { SPINS_PER_LOOK = 1 << 20, SECONDS_TO_FIND = 60 };

struct region *region;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct page_mark *page(uint32_t index) {
  return (struct page_mark *)((uint8_t *)region + (size_t)index * REGION_PAGE);
}

// --- being found ---

static void read_marker(const char *digits, uint8_t marker[MARKER_SIZE]) {
  for (int index = 0; index < MARKER_SIZE; index++)
    if (sscanf(digits + 2 * index, "%2hhx", &marker[index]) != 1) exit(2);
}

// Written once before anything else runs, so that no page is ever copied or moved.
static void make_region(const uint8_t marker[MARKER_SIZE]) {
  region = mmap(NULL, (size_t)REGION_PAGES * REGION_PAGE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (region == MAP_FAILED) fail("kernel_side: memory");
  if (mlockall(MCL_CURRENT) < 0) fail("kernel_side: mlockall");
  for (uint32_t index = 0; index < REGION_PAGES; index++) {
    page(index)->index = index;
    memcpy(page(index)->marker, marker, MARKER_SIZE);
  }
}

static void pause_shortly(void) {
  const struct timespec pause = {.tv_nsec = 10000000};
  nanosleep(&pause, NULL);
}

static void await_finder(void) {
  for (int look = 0; atomic_load(&region->found) != 1; look++) {
    if (look == SECONDS_TO_FIND * 100) exit((fprintf(stderr, "kernel_side: nobody has found the memory\n"), 1));
    pause_shortly();
  }
  uint32_t index = 0;
  while (index < REGION_PAGES && page(index)->seen == ~index) index++;
  atomic_store(&region->found, index == REGION_PAGES ? 2 : 3);
}

// --- requests ---

// Spins, because waking a sleeper costs more here than most requests, and asks the clock, which is a system call here, only
// when it has waited for a while. False when nobody has asked for so long.
static int await_request(uint32_t answered, time_t patience) {
  time_t end = 0;
  for (unsigned spin = 1; atomic_load_explicit(&region->asked, memory_order_acquire) == answered; spin++) {
    __builtin_ia32_pause();
    if (spin % SPINS_PER_LOOK != 0) continue;
    const time_t now = time(NULL);
    if (end == 0) end = now + patience;
    if (now > end) return 0;
  }
  return 1;
}

static void serve(time_t patience) {
  for (uint32_t number = 0; await_request(number, patience);) {
    number = atomic_load(&region->asked);
    errno = 0;
    region->result = perform();
    region->error = errno;
    atomic_store_explicit(&region->answered, number, memory_order_release);
  }
}

int main(int count, char **words) {
  if (count != 3 || strlen(words[1]) != 2 * MARKER_SIZE)
    return fprintf(stderr, "usage: kernel_side MARKER MINUTES\n"), 2;
  uint8_t marker[MARKER_SIZE];
  read_marker(words[1], marker);
  make_region(marker);
  memset(marker, 0, sizeof marker);
  await_finder();
  serve(60 * strtol(words[2], NULL, 10));
  return 0;
}
