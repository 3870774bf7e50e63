#include "message_writer.h"

namespace ipvsproxy {

MessageWriter::MessageWriter(size_t capacity) : buffer_(new uint8_t[capacity]), capacity_(capacity) {}

void MessageWriter::begin(uint16_t type, uint16_t flags, uint32_t sequence) {
  start_ = size_;
  overflowed_ = false;
  nlmsghdr message{};
  message.nlmsg_type = type;
  message.nlmsg_flags = static_cast<uint16_t>(flags | NLM_F_REQUEST);
  message.nlmsg_seq = sequence;
  header(message);
}

bool MessageWriter::end() {
  if (overflowed_) {
    size_ = start_;
    return false;
  }
  const auto length = static_cast<uint32_t>(size_ - start_);
  std::memcpy(buffer_.get() + start_ + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
  last_ = start_;
  count_++;
  return true;
}

void MessageWriter::text(uint16_t type, std::string_view text) {
  uint8_t* target = attribute(type, text.size() + 1);
  if (target != nullptr) std::memcpy(target, text.data(), text.size());
}

void MessageWriter::acknowledge_last() {
  if (count_ == 0) return;
  uint16_t flags;
  uint8_t* target = buffer_.get() + last_ + offsetof(nlmsghdr, nlmsg_flags);
  std::memcpy(&flags, target, sizeof flags);
  flags |= NLM_F_ACK;
  std::memcpy(target, &flags, sizeof flags);
}

void MessageWriter::clear() {
  size_ = start_ = last_ = count_ = 0;
  overflowed_ = false;
}

size_t MessageWriter::open(uint16_t type) {
  const size_t nest = size_;
  attribute(static_cast<uint16_t>(type | NLA_F_NESTED), 0);
  return nest;
}

// nla_len has 16 bits: a nest that outgrew it would be read by the kernel as a short one.
void MessageWriter::close(size_t nest) {
  if (overflowed_) return;
  const size_t length = size_ - nest;
  if (length > kLongestAttribute) {
    overflowed_ = true;
    return;
  }
  const auto short_length = static_cast<uint16_t>(length);
  std::memcpy(buffer_.get() + nest + offsetof(nlattr, nla_len), &short_length, sizeof short_length);
}

}  // namespace ipvsproxy
