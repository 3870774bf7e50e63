// What a page fault, a system call and plain computing cost here: an emulated or user-mode kernel makes the first two
// many times dearer than a real one, which weighs on a program that takes new memory. Prints JSON.
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 8192, CALLS = 10000, STEPS = 100000000 };

static double microseconds_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static double microseconds(void) { return microseconds_of(CLOCK_MONOTONIC); }

// Of this process alone: what else a guest that has just booted does in that second is not the loop's.
static double of_processor(void) { return microseconds_of(CLOCK_PROCESS_CPUTIME_ID); }

int main(void) {
  double start = microseconds();
  char *memory = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  for (size_t page = 0; page < PAGES; page++) memory[page * PAGE] = 1;
  const double fault = (microseconds() - start) / PAGES;
  start = microseconds();
  for (int call = 0; call < CALLS; call++) syscall(SYS_getppid);
  const double system_call = (microseconds() - start) / CALLS;
  volatile unsigned sum = 0;
  start = of_processor();
  for (unsigned step = 0; step < STEPS; step++) sum += step;
  printf("{\"pageFault\": %.2f, \"systemCall\": %.2f, \"hundredMillionSteps\": %.0f}\n", fault, system_call,
         of_processor() - start);
  return 0;
}
