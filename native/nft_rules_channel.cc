#include "nft_rules_channel.h"

#include <linux/netfilter.h>

#include <cerrno>
#include <utility>

#include "exchange.h"

namespace ipvsproxy {
namespace {

constexpr const char* kOperation = "nft.dumpRules";
constexpr const char* kRawOperation = "nft.dumpRawRules";
constexpr const char* kRulesetOperation = "nft.dumpRuleset";
constexpr size_t kRequestSize = 256;

}  // namespace

Outcome NftRulesChannel::connect(const char* operation) {
  return socket_.is_open() ? done() : socket_.open(NETLINK_NETFILTER, operation);
}

Outcome NftRulesChannel::read(bool ipv6, const std::string& table, NftRules* rules) {
  const Outcome outcome = connect(kOperation);
  if (!outcome.ok()) return outcome;
  const uint8_t family = ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
  return retry_interrupted([&] { return read_once(family, table, rules); });
}

Outcome NftRulesChannel::read_once(uint8_t family, const std::string& table, NftRules* rules) {
  *rules = NftRules{};
  bool readable = true;
  MessageWriter chains(kRequestSize);
  const uint32_t first = socket_.reserve_sequences(2);
  if (!write_chain_dump(chains, family, first)) return does_not_fit(kOperation);
  Outcome outcome = dump(socket_, chains.messages(), first, kOperation, [&](const Message& message) {
    std::string name;
    readable = read_chain(message, table, &name) && readable;
    if (!name.empty()) rules->chains.push_back(std::move(name));
  });
  if (!outcome.ok()) return outcome;
  MessageWriter jumps(kRequestSize);
  if (!write_rule_dump(jumps, family, table, first + 1)) return does_not_fit(kOperation);
  outcome = dump(socket_, jumps.messages(), first + 1, kOperation, [&](const Message& message) {
    NftJump jump;
    readable = read_jump(message, table, &jump) && readable;
    if (!jump.target.empty()) rules->jumps.push_back(std::move(jump));
  });
  if (!outcome.ok()) return outcome;
  return readable ? done() : failure(EBADMSG, kOperation);
}

Outcome NftRulesChannel::read_raw_rules(const std::string& table, std::vector<uint8_t>* raw_rules) {
  const Outcome outcome = connect(kRawOperation);
  if (!outcome.ok()) return outcome;
  return retry_interrupted([&] { return read_raw_rules_once(table, raw_rules); });
}

Outcome NftRulesChannel::read_raw_rules_once(const std::string& table, std::vector<uint8_t>* raw_rules) {
  raw_rules->clear();
  bool readable = true;
  const auto add = [&](const Message& message) {
    Bytes part;
    readable = ipvsproxy::read_raw_rules(message, table, &part) && readable;
    raw_rules->insert(raw_rules->end(), part.data, part.data + part.size);
  };
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(2);
  if (!write_chain_dump(writer, NFPROTO_UNSPEC, sequence)) return does_not_fit(kRawOperation);
  Outcome outcome = dump(socket_, writer.messages(), sequence, kRawOperation, add);
  if (!outcome.ok()) return outcome;
  writer.clear();
  if (!write_rule_dump(writer, NFPROTO_UNSPEC, table, sequence + 1)) {
    return does_not_fit(kRawOperation);
  }
  outcome = dump(socket_, writer.messages(), sequence + 1, kRawOperation, add);
  if (!outcome.ok()) return outcome;
  return readable ? done() : failure(EBADMSG, kRawOperation);
}

Outcome NftRulesChannel::read_ruleset(std::vector<uint8_t>* ruleset) {
  const Outcome outcome = connect(kRulesetOperation);
  if (!outcome.ok()) return outcome;
  return retry_interrupted([&] { return read_ruleset_once(ruleset); });
}

Outcome NftRulesChannel::read_ruleset_once(std::vector<uint8_t>* ruleset) {
  ruleset->clear();
  bool readable = true;
  const auto add = [&](const Message& message) { readable = write_frame(message, ruleset) && readable; };
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(2);
  if (!write_chain_dump(writer, NFPROTO_UNSPEC, sequence)) return does_not_fit(kRulesetOperation);
  Outcome outcome = dump(socket_, writer.messages(), sequence, kRulesetOperation, add);
  if (!outcome.ok()) return outcome;
  writer.clear();
  if (!write_every_rule_dump(writer, sequence + 1)) return does_not_fit(kRulesetOperation);
  outcome = dump(socket_, writer.messages(), sequence + 1, kRulesetOperation, add);
  if (!outcome.ok()) return outcome;
  return readable ? done() : failure(EBADMSG, kRulesetOperation);
}

}  // namespace ipvsproxy
