#include "message_reader.h"

#include <algorithm>

namespace ipvsproxy {
namespace {

// Steps over one aligned item; the padding after the last one may be missing.
void advance(Bytes* bytes, size_t length) {
  const size_t step = std::min(padded(length), bytes->size);
  bytes->data += step;
  bytes->size -= step;
}

}  // namespace

std::string_view Attribute::text() const {
  const auto* start = reinterpret_cast<const char*>(value.data);
  return {start, value.size == 0 ? 0 : strnlen(start, value.size)};
}

void Attribute::copy_to(void* target, size_t capacity) const {
  const size_t length = std::min(capacity, value.size);
  std::memset(target, 0, capacity);
  if (length > 0) std::memcpy(target, value.data, length);
}

bool AttributeReader::next(Attribute* attribute) {
  if (rest_.size == 0 || malformed_) return false;
  nlattr header;
  if (rest_.size < sizeof header) {
    malformed_ = true;
    return false;
  }
  std::memcpy(&header, rest_.data, sizeof header);
  if (header.nla_len < NLA_HDRLEN || header.nla_len > rest_.size) {
    malformed_ = true;
    return false;
  }
  attribute->type = header.nla_type & NLA_TYPE_MASK;
  attribute->value = {rest_.data + NLA_HDRLEN, size_t{header.nla_len} - NLA_HDRLEN};
  advance(&rest_, header.nla_len);
  return true;
}

bool find_attribute(Bytes bytes, uint16_t type, Attribute* attribute) {
  AttributeReader reader(bytes);
  while (reader.next(attribute)) {
    if (attribute->type == type) return true;
  }
  return false;
}

bool MessageReader::next(Message* message) {
  if (rest_.size == 0 || malformed_) return false;
  nlmsghdr header;
  if (rest_.size < sizeof header) {
    malformed_ = true;
    return false;
  }
  std::memcpy(&header, rest_.data, sizeof header);
  if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest_.size) {
    malformed_ = true;
    return false;
  }
  message->type = header.nlmsg_type;
  message->flags = header.nlmsg_flags;
  message->sequence = header.nlmsg_seq;
  message->payload = {rest_.data + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN};
  advance(&rest_, header.nlmsg_len);
  return true;
}

// Without NETLINK_CAP_ACK the kernel echoes the whole request after the code; the attributes follow it.
bool read_acknowledgement(const Message& message, Acknowledgement* acknowledgement) {
  Bytes rest = message.payload;
  nlmsgerr error;
  if (!take(&rest, &error)) return false;
  acknowledgement->error = error.error;
  acknowledgement->message = {};
  if ((message.flags & NLM_F_ACK_TLVS) == 0) return true;
  if ((message.flags & NLM_F_CAPPED) == 0) {
    const size_t echo = padded(std::max<size_t>(error.msg.nlmsg_len, NLMSG_HDRLEN)) - NLMSG_HDRLEN;
    advance(&rest, echo);
  }
  Attribute attribute;
  if (find_attribute(rest, NLMSGERR_ATTR_MSG, &attribute)) acknowledgement->message = attribute.text();
  return true;
}

}  // namespace ipvsproxy
