// Builds netlink messages one after another in a bounded flat buffer. Bytes only: no socket, no kernel.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
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
    uint8_t* target = claim(sizeof header);
    if (target != nullptr) std::memcpy(target, &header, sizeof header);
  }

  // What follows the netlink header in a message that somebody else has built.
  void contents(Bytes contents) {
    uint8_t* target = contents.size > 0 ? claim(contents.size) : nullptr;
    if (target != nullptr) std::memcpy(target, contents.data, contents.size);
  }

  // Here, so that the compiler knows the length: a message about a real server has eleven, most of one number.
  void bytes(uint16_t type, const void* data, size_t length) {
    uint8_t* target = attribute(type, length);
    if (target != nullptr && length > 0) std::memcpy(target, data, length);
  }
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
  static constexpr size_t kLongestAttribute = std::numeric_limits<uint16_t>::max();

  // Room for so many bytes, 1 or more, with zeros behind them up to the next that is divisible by 4; null where there is
  // none left. The last four bytes are zeros until they are written.
  uint8_t* claim(size_t length) {
    const size_t room = padded(length);
    if (overflowed_ || room > capacity_ - size_) {
      overflowed_ = true;
      return nullptr;
    }
    uint8_t* target = buffer_.get() + size_;
    std::memset(target + room - NLA_ALIGNTO, 0, NLA_ALIGNTO);
    size_ += room;
    return target;
  }

  // An attribute's header; where its value goes.
  uint8_t* attribute(uint16_t type, size_t length) {
    if (length > kLongestAttribute - NLA_HDRLEN) overflowed_ = true;
    uint8_t* target = claim(NLA_HDRLEN + length);
    if (target == nullptr) return nullptr;
    const nlattr header{static_cast<uint16_t>(NLA_HDRLEN + length), type};
    std::memcpy(target, &header, sizeof header);
    return target + NLA_HDRLEN;
  }

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
