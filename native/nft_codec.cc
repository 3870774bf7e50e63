#include "nft_codec.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

namespace ipvsproxy {
namespace {

// Userdata is libnftnl's: a list of {type, length, value}; a comment has type 0 and ends with a NUL.
constexpr uint8_t kCommentType = 0;

uint16_t message_type(uint16_t command) {
  return static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | command);
}

void begin(MessageWriter& writer, uint16_t type, uint8_t family, uint16_t resource, uint16_t flags,
           uint32_t sequence) {
  writer.begin(type, flags, sequence);
  nfgenmsg header{};
  header.nfgen_family = family;
  header.version = NFNETLINK_V0;
  header.res_id = htons(resource);
  writer.header(header);
}

bool write_bracket(MessageWriter& writer, uint16_t type, uint32_t sequence) {
  begin(writer, type, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 0, sequence);
  return writer.end();
}

void write_value(MessageWriter& writer, uint16_t type, const void* value, size_t length) {
  const Nest nest(writer, type);
  writer.bytes(NFTA_DATA_VALUE, value, length);
}

// The last key of the range: every free bit set.
void write_range_end(MessageWriter& writer, const OperationRecord& record) {
  uint8_t end[kElementKeySize];
  const size_t length = record.forwarding;
  std::memcpy(end, element_key(record), length);
  size_t free_bits = record.protocol;
  for (size_t index = length; index > 0 && free_bits > 0; index--) {
    const size_t bits = free_bits < 8 ? free_bits : 8;
    end[index - 1] |= static_cast<uint8_t>((1u << bits) - 1);
    free_bits -= bits;
  }
  write_value(writer, NFTA_SET_ELEM_KEY_END, end, length);
}

// How many bits at the end differ, where they are all 0 in the first key and all 1 in the last.
uint8_t count_free_bits(const uint8_t* first, const uint8_t* last, size_t length) {
  size_t bits = 0;
  for (size_t index = length; index > 0; index--) {
    const unsigned difference = first[index - 1] ^ last[index - 1];
    for (unsigned bit = 0; bit < 8; bit++, bits++)
      if ((difference >> bit & 1) == 0) return static_cast<uint8_t>(bits);
  }
  return static_cast<uint8_t>(bits);
}

bool read_range_end(Bytes nest, ElementRecord* record) {
  Attribute value;
  uint8_t last[kElementKeySize];
  if (!find_attribute(nest, NFTA_DATA_VALUE, &value) || value.value.size != record->key_length) return false;
  value.copy_to(last, kElementKeySize);
  record->free_bits = static_cast<uint8_t>(count_free_bits(record->key, last, record->key_length) + 1);
  return true;
}

void write_comment(MessageWriter& writer, std::string_view comment) {
  if (comment.empty()) return;
  const std::string_view fitting = fit_comment(comment);
  uint8_t data[2 + kCommentSize] = {kCommentType, static_cast<uint8_t>(fitting.size() + 1)};
  std::memcpy(data + 2, fitting.data(), fitting.size());
  writer.bytes(NFTA_SET_ELEM_USERDATA, data, 2 + fitting.size() + 1);
}

std::string_view read_comment(Bytes data) {
  while (data.size >= 2) {
    const uint8_t type = data.data[0];
    const size_t length = data.data[1];
    if (length > data.size - 2) return {};
    const auto* text = reinterpret_cast<const char*>(data.data + 2);
    if (type == kCommentType) return {text, strnlen(text, length)};
    data = {data.data + 2 + length, data.size - 2 - length};
  }
  return {};
}

bool read_key(Bytes nest, ElementRecord* record) {
  Attribute value;
  if (!find_attribute(nest, NFTA_DATA_VALUE, &value) || value.value.size > kElementKeySize) return false;
  value.copy_to(record->key, kElementKeySize);
  record->key_length = static_cast<uint8_t>(value.value.size);
  return true;
}

void read_data(Bytes nest, ElementRecord* record) {
  Attribute value;
  if (find_attribute(nest, NFTA_DATA_VALUE, &value)) value.number(&record->mark);
}

}  // namespace

NftSet::NftSet(std::string_view text) {
  constexpr std::string_view kArp = "arp:";
  const bool is_arp = text.substr(0, kArp.size()) == kArp;
  family = is_arp ? NFPROTO_ARP : NFPROTO_INET;
  name = is_arp ? text.substr(kArp.size()) : text;
}

std::string_view fit_comment(std::string_view comment) {
  if (comment.size() < kCommentSize) return comment;
  size_t length = kCommentSize - 1;
  while (length > 0 && (static_cast<uint8_t>(comment[length]) & 0xc0) == 0x80) length--;
  return comment.substr(0, length);
}

bool write_transaction_begin(MessageWriter& writer, uint32_t sequence) {
  return write_bracket(writer, NFNL_MSG_BATCH_BEGIN, sequence);
}

bool write_transaction_end(MessageWriter& writer, uint32_t sequence) {
  return write_bracket(writer, NFNL_MSG_BATCH_END, sequence);
}

size_t count_nft_messages(Bytes messages) {
  MessageReader reader(messages);
  Message message;
  size_t count = 0;
  for (; reader.next(&message); count++) {
    if (message.type >> 8 != NFNL_SUBSYS_NFTABLES || message.payload.size < sizeof(nfgenmsg)) return 0;
  }
  return reader.malformed() ? 0 : count;
}

bool write_transaction(MessageWriter& writer, Bytes messages, uint32_t sequence) {
  if (!write_transaction_begin(writer, sequence)) return false;
  MessageReader reader(messages);
  Message message;
  while (reader.next(&message)) {
    writer.begin(message.type, static_cast<uint16_t>(message.flags & ~NLM_F_ACK), ++sequence);
    writer.contents(message.payload);
    if (!writer.end()) return false;
  }
  // The kernel (before 6.10) acknowledges no bracket, so the last message of the contents is the one that asks.
  writer.acknowledge_last();
  return write_transaction_end(writer, sequence + 1);
}

ElementMessage::ElementMessage(MessageWriter& writer, OperationKind kind, const std::string& table,
                               const NftSet& set, uint32_t sequence)
    : writer_(writer) {
  const bool add = kind == OperationKind::kAddElement;
  const uint16_t type = message_type(add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM);
  begin(writer, type, set.family, 0, add ? NLM_F_CREATE | NLM_F_EXCL : 0, sequence);
  writer.text(NFTA_SET_ELEM_LIST_TABLE, table);
  writer.text(NFTA_SET_ELEM_LIST_SET, set.name);
  list_ = writer.open(NFTA_SET_ELEM_LIST_ELEMENTS);
}

void ElementMessage::append(const OperationRecord& record, std::string_view comment) {
  const Nest element(writer_, NFTA_LIST_ELEM);
  write_value(writer_, NFTA_SET_ELEM_KEY, element_key(record), record.forwarding);
  if (record.family == kRange) write_range_end(writer_, record);
  if (record.kind != OperationKind::kAddElement) return;
  if (record.mark != 0) write_value(writer_, NFTA_SET_ELEM_DATA, &record.mark, sizeof record.mark);
  write_comment(writer_, comment);
}

bool ElementMessage::end() {
  writer_.close(list_);
  return writer_.end();
}

bool write_element_dump(MessageWriter& writer, const std::string& table, const NftSet& set,
                        uint32_t sequence) {
  begin(writer, message_type(NFT_MSG_GETSETELEM), set.family, 0, NLM_F_DUMP, sequence);
  writer.text(NFTA_SET_ELEM_LIST_TABLE, table);
  writer.text(NFTA_SET_ELEM_LIST_SET, set.name);
  return writer.end();
}

bool write_generation_request(MessageWriter& writer, uint32_t sequence) {
  begin(writer, message_type(NFT_MSG_GETGEN), AF_UNSPEC, 0, 0, sequence);
  return writer.end();
}

bool read_generation(const Message& message, uint32_t* generation) {
  Bytes body = message.payload;
  nfgenmsg header;
  Attribute id;
  uint32_t wire = 0;
  if (!take(&body, &header) || !find_attribute(body, NFTA_GEN_ID, &id) || !id.number(&wire)) return false;
  *generation = ntohl(wire);
  return true;
}

bool read_element_list(const Message& message, Bytes* list) {
  Bytes body = message.payload;
  nfgenmsg header;
  Attribute elements;
  if (!take(&body, &header)) return false;
  // The last message of a dump may be empty.
  *list = find_attribute(body, NFTA_SET_ELEM_LIST_ELEMENTS, &elements) ? elements.value : Bytes{};
  return true;
}

bool read_element(Bytes element, ElementRecord* record, std::string_view* comment) {
  *record = ElementRecord{};
  *comment = {};
  AttributeReader reader(element);
  Attribute attribute;
  bool has_key = false;
  bool good = true;
  while (reader.next(&attribute)) {
    if (attribute.type == NFTA_SET_ELEM_KEY) has_key = read_key(attribute.value, record);
    // The kernel puts the key before its end (nf_tables_fill_setelem).
    if (attribute.type == NFTA_SET_ELEM_KEY_END) good = has_key && read_range_end(attribute.value, record);
    if (attribute.type == NFTA_SET_ELEM_DATA) read_data(attribute.value, record);
    if (attribute.type == NFTA_SET_ELEM_USERDATA) *comment = read_comment(attribute.value);
    if (attribute.type != NFTA_SET_ELEM_FLAGS) continue;
    uint32_t flags = 0;
    if (attribute.number(&flags)) record->flags = ntohl(flags);
  }
  return has_key && good && !reader.malformed();
}

}  // namespace ipvsproxy
