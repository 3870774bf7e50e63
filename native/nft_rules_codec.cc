#include "nft_rules_codec.h"

#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

namespace ipvsproxy {
namespace {

void begin_dump(MessageWriter& writer, uint16_t command, uint8_t family, uint32_t sequence) {
  writer.begin(static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | command), NLM_F_DUMP, sequence);
  nfgenmsg header{};
  header.nfgen_family = family;
  header.version = NFNETLINK_V0;
  writer.header(header);
}

bool find_text(Bytes bytes, uint16_t type, std::string* text) {
  Attribute attribute;
  if (!find_attribute(bytes, type, &attribute)) return false;
  *text = std::string(attribute.text());
  return true;
}

bool find_nest(Bytes bytes, uint16_t type, Bytes* nest) {
  Attribute attribute;
  if (!find_attribute(bytes, type, &attribute)) return false;
  *nest = attribute.value;
  return true;
}

// An immediate expression that loads a verdict with a chain: jump or goto.
bool read_target(Bytes expression, std::string* target) {
  std::string name;
  Bytes data, value, verdict;
  return find_text(expression, NFTA_EXPR_NAME, &name) && name == "immediate" &&
         find_nest(expression, NFTA_EXPR_DATA, &data) && find_nest(data, NFTA_IMMEDIATE_DATA, &value) &&
         find_nest(value, NFTA_DATA_VERDICT, &verdict) && find_text(verdict, NFTA_VERDICT_CHAIN, target);
}

}  // namespace

bool write_chain_dump(MessageWriter& writer, uint8_t family, uint32_t sequence) {
  begin_dump(writer, NFT_MSG_GETCHAIN, family, sequence);
  return writer.end();
}

bool write_rule_dump(MessageWriter& writer, uint8_t family, const std::string& table, uint32_t sequence) {
  begin_dump(writer, NFT_MSG_GETRULE, family, sequence);
  if (!table.empty()) writer.text(NFTA_RULE_TABLE, table);
  return writer.end();
}

bool write_frame(const Message& message, std::vector<uint8_t>* frames) {
  Bytes body = message.payload;
  nfgenmsg header;
  if (!take(&body, &header)) return false;
  const uint32_t length = static_cast<uint32_t>(body.size);
  const auto* size = reinterpret_cast<const uint8_t*>(&length);
  frames->insert(frames->end(), size, size + sizeof(length));
  const uint8_t kind[] = {static_cast<uint8_t>(message.type & 0xff), header.nfgen_family, 0, 0};
  frames->insert(frames->end(), kind, kind + sizeof(kind));
  frames->insert(frames->end(), body.data, body.data + body.size);
  return true;
}

bool read_chain(const Message& message, const std::string& table, std::string* name) {
  Bytes body = message.payload;
  nfgenmsg header;
  std::string owner;
  if (!take(&body, &header) || !find_text(body, NFTA_CHAIN_TABLE, &owner)) return false;
  name->clear();
  return owner != table || find_text(body, NFTA_CHAIN_NAME, name);
}

bool read_raw_rules(const Message& message, const std::string& table, Bytes* raw_rules) {
  static_assert(int{NFTA_CHAIN_TABLE} == int{NFTA_RULE_TABLE}, "one reader for both");
  Bytes body = message.payload;
  nfgenmsg header;
  std::string owner;
  if (!take(&body, &header) || !find_text(body, NFTA_RULE_TABLE, &owner)) return false;
  *raw_rules = owner == table ? body : Bytes{};
  return true;
}

bool read_jump(const Message& message, const std::string& table, NftJump* jump) {
  Bytes body = message.payload;
  nfgenmsg header;
  std::string owner;
  Attribute handle;
  *jump = NftJump{};
  if (!take(&body, &header) || !find_text(body, NFTA_RULE_TABLE, &owner)) return false;
  if (!find_text(body, NFTA_RULE_CHAIN, &jump->chain)) return false;
  if (!find_attribute(body, NFTA_RULE_HANDLE, &handle) || !handle.number(&jump->handle)) return false;
  jump->handle = be64toh(jump->handle);
  Bytes expressions;
  if (owner != table || !find_nest(body, NFTA_RULE_EXPRESSIONS, &expressions)) return true;
  AttributeReader reader(expressions);
  Attribute expression;
  while (reader.next(&expression)) {
    if (read_target(expression.value, &jump->target)) break;
  }
  return !reader.malformed();
}

}  // namespace ipvsproxy
