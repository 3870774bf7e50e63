// Elements of nftables sets, bytes only. Kernel: include/uapi/linux/netfilter/nf_tables.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "message_reader.h"
#include "message_writer.h"
#include "records.h"

namespace ipvsproxy {

// An upper bound for one element with the message around it.
constexpr size_t kElementMessageSize = 1024;

// The longest comment nft prints and reads back (NFTNL_UDATA_COMMENT_MAXLEN, with the NUL).
constexpr size_t kCommentSize = 128;

// Cut so that it fits and no UTF-8 character is torn.
std::string_view fit_comment(std::string_view comment);

// Which set of our table. `arp:vips` is the set `vips` of the table of the same name in the family arp; a name without
// a family is of the family inet. (A set's own name has no colon.)
struct NftSet {
  explicit NftSet(std::string_view text);

  uint8_t family;
  std::string name;
};

// The bracket around a transaction.
[[nodiscard]] bool write_transaction_begin(MessageWriter& writer, uint32_t sequence);
[[nodiscard]] bool write_transaction_end(MessageWriter& writer, uint32_t sequence);

// How many messages these bytes are; 0 unless they are nothing but whole messages for nf_tables.
size_t count_nft_messages(Bytes messages);

// An upper bound for the transaction of so many bytes.
constexpr size_t transaction_size(size_t messages) {
  return padded(messages) + 2 * (NLMSG_HDRLEN + 4);
}

// A transaction of messages that are ready but for their numbers: the opening bracket has number `sequence`, the first
// message the next one.
[[nodiscard]] bool write_transaction(MessageWriter& writer, Bytes messages, uint32_t sequence);

// A message that adds or deletes elements of one set: open, append some, close.
class ElementMessage {
 public:
  ElementMessage(MessageWriter& writer, OperationKind kind, const std::string& table, const NftSet& set,
                 uint32_t sequence);
  void append(const OperationRecord& record, std::string_view comment);
  bool end();

 private:
  MessageWriter& writer_;
  size_t list_;
};

[[nodiscard]] bool write_element_dump(MessageWriter& writer, const std::string& table, const NftSet& set,
                        uint32_t sequence);

[[nodiscard]] bool write_generation_request(MessageWriter& writer, uint32_t sequence);
bool read_generation(const Message& message, uint32_t* generation);

// One element; `comment` points into the message.
bool read_element(Bytes element, ElementRecord* record, std::string_view* comment);
// The list of elements in a dump message.
bool read_element_list(const Message& message, Bytes* list);

// Calls `sink(record, comment)` for each element of a dump message; false where the message is malformed.
template <typename Sink>
bool read_elements(const Message& message, const Sink& sink) {
  Bytes list;
  if (!read_element_list(message, &list)) return false;
  AttributeReader reader(list);
  Attribute attribute;
  while (reader.next(&attribute)) {
    ElementRecord record;
    std::string_view comment;
    if (!read_element(attribute.value, &record, &comment)) return false;
    sink(record, comment);
  }
  return !reader.malformed();
}

}  // namespace ipvsproxy
