// Builds netlink messages one after another in a bounded flat buffer. Bytes only: no socket, no kernel.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>

#include "bytes.h"

namespace ipvsproxy {

class MessageWriter {
 public:
  explicit MessageWriter(size_t capacity);

  // begin … end bracket one message. end() is false where it did not fit: it is then removed again, and the
  // buffer holds exactly the messages before it.
  void begin(uint16_t type, uint16_t flags, uint32_t sequence);
  [[nodiscard]] bool end();

  // A fixed header such as genlmsghdr, padded to 4 bytes.
  template <typename Header>
  void header(const Header& header) {
    static_assert(std::is_trivially_copyable_v<Header>);
    append(&header, sizeof header);
  }

  // What follows the netlink header in a message that somebody else has built.
  void contents(Bytes contents) { append(contents.data, contents.size); }

  void bytes(uint16_t type, const void* data, size_t length);
  void text(uint16_t type, std::string_view text);  // NUL-terminated on the wire

  template <typename Number>
  void number(uint16_t type, Number value) {
    static_assert(std::is_integral_v<Number>);
    bytes(type, &value, sizeof value);
  }

  // Asks for an acknowledgement of the last message that fitted; without one it does nothing.
  void acknowledge_last();

  // The two ends of a nested attribute, for what does not fit the scope of a Nest.
  size_t open(uint16_t type);
  void close(size_t nest);

  void clear();
  Bytes messages() const { return {buffer_.get(), size_}; }
  size_t count() const { return count_; }

 private:
  uint8_t* append(const void* data, size_t length);

  std::unique_ptr<uint8_t[]> buffer_;
  size_t capacity_;
  size_t size_ = 0;
  size_t start_ = 0;  // of the message under construction
  size_t last_ = 0;   // where the last message that fitted begins
  size_t count_ = 0;
  bool overflowed_ = false;
};

// A nested attribute, open for as long as this object lives.
class Nest {
 public:
  Nest(MessageWriter& writer, uint16_t type) : writer_(writer), start_(writer.open(type)) {}
  ~Nest() { writer_.close(start_); }
  Nest(const Nest&) = delete;
  Nest& operator=(const Nest&) = delete;

 private:
  MessageWriter& writer_;
  size_t start_;
};

}  // namespace ipvsproxy
