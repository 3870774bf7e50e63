#define _GNU_SOURCE
#include "asking.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Nanoseconds, except for PATIENCE in seconds.
enum { SPIN = 10000, PAUSE = 20000, SLACK = 1000, TURN = 100000, SECOND = 1000000000, PATIENCE = 60 };

// Of the threads that run: the guest's one, and the one that waits.
enum { OURS = 2 };

struct region *region;
static pthread_mutex_t alone = PTHREAD_MUTEX_INITIALIZER;
static int lock = -1, load = -1;
static char memory[256];  // the path of the guest's physical memory

static void fail(const char *what) {
  fprintf(stderr, "outside: %s: %s\n", what, strerror(errno));
  _exit(70);
}

// Its pages are in some hundreds of runs, here and there in the file: each is mapped over its part of a reserved range.
static void map_runs(FILE *description, int file) {
  uint8_t *place =
      mmap(NULL, (size_t)REGION_PAGES * REGION_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) fail("memory");
  region = (struct region *)place;
  long long start;
  for (unsigned pages; fscanf(description, "%lld %u", &start, &pages) == 2; place += (size_t)pages * REGION_PAGE)
    if (mmap(place, (size_t)pages * REGION_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_POPULATE, file,
             start) == MAP_FAILED)
      fail("mmap");
}

__attribute__((constructor)) static void find(void) {
  const char *name = getenv(REGION_VARIABLE);
  if (name == NULL || *name == 0) return;
  lock = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
  const int copy = lock < 0 ? -1 : fcntl(lock, F_DUPFD_CLOEXEC, 0);
  FILE *description = copy < 0 ? NULL : fdopen(copy, "r");
  if (description == NULL || fscanf(description, "%255s", memory) != 1) fail(name);
  const int file = (int)syscall(SYS_openat, AT_FDCWD, memory, O_RDWR | O_CLOEXEC);
  if (file < 0) fail(memory);
  map_runs(description, file);
  load = (int)syscall(SYS_openat, AT_FDCWD, "/proc/loadavg", O_RDONLY | O_CLOEXEC);
  syscall(SYS_close, file);
  fclose(description);
}

int can_ask(void) { return region != NULL; }

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * (int64_t)SECOND + now.tv_nsec;
}

static int is_answered(uint32_t number) {
  return atomic_load_explicit(&region->answered, memory_order_acquire) == number;
}

static void give_up(const char *why) {
  fprintf(stderr, "outside: no answer to operation %u (%d, %d, %d, %d): %s\n", region->operation, region->numbers[0],
          region->numbers[1], region->numbers[2], region->numbers[3], why);
  _exit(70);
}

// The file is that of a process, so it goes with it.
static void check_patience(int64_t waited) {
  if (waited > PATIENCE * (int64_t)SECOND) give_up("a minute has passed");
  if (waited > SECOND && access(memory, F_OK) < 0) give_up("user-mode Linux has ended");
}

// The fourth word of /proc/loadavg begins with how many threads of the machine run or want to run now.
static int is_crowded(void) {
  char line[64] = {0};
  unsigned running = 0;
  if (pread(load, line, sizeof line - 1, 0) <= 0) return 1;
  return sscanf(line, "%*s %*s %*s %u", &running) != 1 || running > OURS;
}

// Who sleeps shortly wants to run at once when it wakes: a thread that asks for short turns goes before one that has a long
// one. Linux before 6.12 takes no notice of the wish.
static void ask_for_short_turns(void) {
  static __thread int asked;
  if (asked) return;
  asked = 1;
  // struct sched_attr, which not all C libraries know.
  const struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t turn, deadline, period;
  } wish = {.size = sizeof wish, .turn = TURN};
  syscall(SYS_sched_setattr, 0, &wish, 0);
  prctl(PR_SET_TIMERSLACK, SLACK);
}

static int spin(uint32_t number, int64_t end) {
  while (nanoseconds() < end) {
    if (is_answered(number)) return 1;
    __builtin_ia32_pause();
  }
  return 0;
}

// While the kernel works, other threads may have the processor: waits by spinning only as long as none wants it.
static void await_answer(uint32_t number) {
  const struct timespec pause = {.tv_nsec = PAUSE};
  const int64_t began = nanoseconds();
  for (int64_t now = began; !spin(number, now + SPIN); now = nanoseconds()) {
    check_patience(now - began);
    if (!is_crowded()) continue;
    ask_for_short_turns();
    while (!is_answered(number) && is_crowded() && nanoseconds() - now < SECOND) nanosleep(&pause, NULL);
  }
}

// A process that has died may have left a request that is still being answered.
void begin_asking(void) {
  pthread_mutex_lock(&alone);
  while (flock(lock, LOCK_EX) < 0 && errno == EINTR) continue;
  await_answer(atomic_load(&region->asked));
  region->address_size = 0;
}

int ask(enum operation operation, int32_t first, int32_t second, int32_t third, int32_t fourth) {
  region->operation = operation;
  region->numbers[0] = first;
  region->numbers[1] = second;
  region->numbers[2] = third;
  region->numbers[3] = fourth;
  const uint32_t number = atomic_load(&region->asked) + 1;
  atomic_store_explicit(&region->asked, number, memory_order_release);
  await_answer(number);
  return region->result;
}

int end_asking(int result) {
  const int error = result < 0 ? region->error : errno;
  flock(lock, LOCK_UN);
  pthread_mutex_unlock(&alone);
  errno = error;
  return result;
}

int ask_shortly(enum operation operation, int32_t first, int32_t second, int32_t third, int32_t fourth) {
  begin_asking();
  return end_asking(ask(operation, first, second, third, fourth));
}
