// The memory that a process of the machine and the kernel side in user-mode Linux share, and the requests in it.
//
// The kernel side owns the pages; the processes map the same pages of the file that is the guest's physical memory. One
// request at a time: the process writes it, raises `asked`, and the kernel side answers by raising `answered` to the same
// number. Whatever a request sends or gets back, besides numbers, is in `data`.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum {
  REGION_PAGE = 4096,
  // The largest send that a socket buffer of 8 MiB takes is twice that.
  REGION_PAGES = 1 + (16 << 20) / REGION_PAGE,
  DATA_SIZE = (REGION_PAGES - 1) * REGION_PAGE,
  ADDRESS_SIZE = 128,
  MARKER_SIZE = 16,
};

// What stands at the beginning of each page until the pages have been found.
struct page_mark {
  uint8_t marker[MARKER_SIZE];
  uint32_t index;
  uint32_t seen;  // the finder writes ~index
};

enum operation {
  ASK_NOTHING,
  ASK_SOCKET,         // domain, type, protocol → descriptor
  ASK_CLOSE,          // descriptor
  ASK_BIND,           // descriptor; address
  ASK_CONNECT,        // descriptor; address
  ASK_SOCKET_NAME,    // descriptor → address
  ASK_SET_OPTION,     // descriptor, level, name; data
  ASK_ATTACH_FILTER,  // descriptor; data is the program
  ASK_GET_OPTION,     // descriptor, level, name, room → size; data
  ASK_SEND,           // descriptor, flags, size; address, data → size
  ASK_RECEIVE,        // descriptor, flags, room → size, even of what there was no room for; address, data
  ASK_POLL,           // descriptor, events → events
  ASK_INDEX_OF,       // data is a device's name → its index
  ASK_NAME_OF,        // index → data
  ASK_OPEN,           // flags; data is the path → descriptor
  ASK_READ,           // descriptor, room → size; data
  ASK_WRITE,          // descriptor, size; data → size
  ASK_NEW_NAMESPACE,  // closes everything that is open, and moves into a network namespace of its own
  ASK_IDLE,           // milliseconds to sleep → how many thousandths of them the guest's processor had nothing to do
};

enum { NUMBERS = 4 };

struct region {
  struct page_mark mark;
  _Atomic uint32_t found;  // 1: the finder has all pages; the kernel side answers 2, or 3 where they are not its own
  _Atomic uint32_t asked, answered;
  uint32_t operation;
  int32_t numbers[NUMBERS];
  int32_t result;  // -1: `error` says why
  int32_t error;
  uint32_t message_flags;
  uint32_t address_size;
  uint8_t address[ADDRESS_SIZE] __attribute__((aligned(8)));
  uint8_t data[] __attribute__((aligned(REGION_PAGE)));
};

_Static_assert(sizeof(struct region) == REGION_PAGE, "the data begins with the second page");
