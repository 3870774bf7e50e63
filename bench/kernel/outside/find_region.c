// Finds the kernel side's memory in that of user-mode Linux: `find_region PROCESS MARKER`, of the process that runs the kernel.
// Prints the file that is the guest's physical memory and, run by run, which of its pages are the region's. See region.h.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "region.h"

enum { LOOKS = 600, PATH_ROOM = 256 };

static int64_t places[REGION_PAGES];
static uint32_t found;

static void look_at(int file, int64_t place, const uint8_t marker[MARKER_SIZE]) {
  struct page_mark mark;
  if (pread(file, &mark, sizeof mark, place) != sizeof mark) return;
  if (memcmp(mark.marker, marker, MARKER_SIZE) != 0 || mark.index >= REGION_PAGES) return;
  if (places[mark.index] >= 0) exit((fprintf(stderr, "find_region: page %u is there twice\n", mark.index), 1));
  places[mark.index] = place;
  found++;
}

static void scan(int file, const uint8_t marker[MARKER_SIZE]) {
  found = 0;
  memset(places, -1, sizeof places);
  int64_t end = 0;
  for (int64_t start; (start = lseek(file, end, SEEK_DATA)) >= 0;) {
    end = lseek(file, start, SEEK_HOLE);
    for (int64_t place = start & -(int64_t)REGION_PAGE; place < end; place += REGION_PAGE) look_at(file, place, marker);
  }
}

// A file without a name, larger than the region; false while the kernel has not made it yet.
static int memory_of(const char *process, char path[PATH_ROOM]) {
  char folder[PATH_ROOM / 2];
  snprintf(folder, sizeof folder, "/proc/%s/fd", process);
  DIR *entries = opendir(folder);
  if (entries == NULL) return 0;
  int is_there = 0;
  for (const struct dirent *entry; !is_there && (entry = readdir(entries)) != NULL;) {
    struct stat file;
    snprintf(path, PATH_ROOM, "%s/%.20s", folder, entry->d_name);
    is_there = stat(path, &file) == 0 && S_ISREG(file.st_mode) && file.st_nlink == 0 &&
               file.st_size > (off_t)REGION_PAGES * REGION_PAGE;
  }
  closedir(entries);
  return is_there;
}

static void *page_at(int file, uint32_t index) {
  void *page = mmap(NULL, REGION_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, places[index]);
  if (page == MAP_FAILED) exit((perror("find_region: mmap"), 1));
  return page;
}

static void sign(int file) {
  for (uint32_t index = 0; index < REGION_PAGES; index++) {
    struct page_mark *mark = page_at(file, index);
    mark->seen = ~index;
    munmap(mark, REGION_PAGE);
  }
}

static void pause_shortly(void) {
  const struct timespec pause = {.tv_nsec = 100000000};
  nanosleep(&pause, NULL);
}

static int is_confirmed(int file) {
  struct region *region = page_at(file, 0);
  atomic_store(&region->found, 1);
  for (int look = 0; look < LOOKS && atomic_load(&region->found) == 1; look++) pause_shortly();
  return atomic_load(&region->found) == 2;
}

static void print_runs(const char *path) {
  printf("%s\n", path);
  for (uint32_t index = 0, length; index < REGION_PAGES; index += length) {
    length = 1;
    while (index + length < REGION_PAGES && places[index + length] == places[index] + (int64_t)length * REGION_PAGE)
      length++;
    printf("%lld %u\n", (long long)places[index], length);
  }
}

int main(int count, char **words) {
  if (count != 3 || strlen(words[2]) != 2 * MARKER_SIZE)
    return fprintf(stderr, "usage: find_region PROCESS MARKER\n"), 2;
  uint8_t marker[MARKER_SIZE];
  for (int index = 0; index < MARKER_SIZE; index++) sscanf(words[2] + 2 * index, "%2hhx", &marker[index]);
  char path[PATH_ROOM];
  int file = -1;
  for (int look = 0; look < LOOKS && found != REGION_PAGES; look++) {
    pause_shortly();
    if (file < 0 && memory_of(words[1], path)) file = open(path, O_RDWR | O_CLOEXEC);
    if (file >= 0) scan(file, marker);
  }
  if (found != REGION_PAGES) return fprintf(stderr, "find_region: %u of %u pages found\n", found, REGION_PAGES), 1;
  sign(file);
  if (!is_confirmed(file)) return fprintf(stderr, "find_region: the kernel side does not know these pages\n"), 1;
  print_runs(path);
  return 0;
}
