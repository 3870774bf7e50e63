// Reads netlink messages and attributes out of received bytes. Every length is checked before it is used,
// because a reader that trusts its peer is one kernel bug away from reading foreign memory.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "bytes.h"

namespace ipvsproxy {

// Takes a fixed header off the front; false where the bytes are too short.
template <typename Header>
bool take(Bytes* bytes, Header* header) {
  static_assert(std::is_trivially_copyable_v<Header>);
  constexpr size_t room = padded(sizeof(Header));
  if (bytes->size < sizeof(Header)) return false;
  std::memcpy(header, bytes->data, sizeof(Header));
  const size_t step = room < bytes->size ? room : bytes->size;
  bytes->data += step;
  bytes->size -= step;
  return true;
}

struct Attribute {
  uint16_t type = 0;  // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
  Bytes value;

  // Only an attribute of exactly the right size is a number; copied, because attributes are aligned to 4
  // bytes.
  template <typename Number>
  bool number(Number* out) const {
    static_assert(std::is_arithmetic_v<Number>);
    if (value.size != sizeof(Number)) return false;
    std::memcpy(out, value.data, sizeof(Number));
    return true;
  }

  // Up to the first NUL, or all of it where there is none.
  std::string_view text() const;

  // Copies at most `capacity` bytes and zeroes the rest.
  void copy_to(void* target, size_t capacity) const;
};

class AttributeReader {
 public:
  explicit AttributeReader(Bytes bytes) : rest_(bytes) {}

  // False at the end, and at the first attribute whose length cannot be true; malformed() tells which.
  bool next(Attribute* attribute);
  bool malformed() const { return malformed_; }

 private:
  Bytes rest_;
  bool malformed_ = false;
};

// Finds the first attribute of this type; an absent one is false.
bool find_attribute(Bytes bytes, uint16_t type, Attribute* attribute);

struct Message {
  uint16_t type = 0;
  uint16_t flags = 0;
  uint32_t sequence = 0;
  Bytes payload;
};

class MessageReader {
 public:
  explicit MessageReader(Bytes datagram) : rest_(datagram) {}

  bool next(Message* message);
  bool malformed() const { return malformed_; }

 private:
  Bytes rest_;
  bool malformed_ = false;
};

// The content of NLMSG_ERROR, which is also how success is acknowledged.
struct Acknowledgement {
  int error = 0;             // 0 or −errno
  std::string_view message;  // extended acknowledgement, empty where the kernel gave none
};

bool read_acknowledgement(const Message& message, Acknowledgement* acknowledgement);

}  // namespace ipvsproxy
