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

template <typename OnChain, typename OnRule>
Outcome NftRulesChannel::dump_once(const RuleDump& asked, OnChain on_chain, OnRule on_rule) {
  bool readable = true;
  MessageWriter writer(kRequestSize);
  const uint32_t first = socket_.reserve_sequences(2);
  if (!write_chain_dump(writer, asked.family, first)) return does_not_fit(asked.operation);
  Outcome outcome = dump(socket_, writer.messages(), first, asked.operation,
                         [&](const Message& message) { readable = on_chain(message) && readable; });
  if (!outcome.ok()) return outcome;
  writer.clear();
  if (!write_rule_dump(writer, asked.family, asked.table, first + 1)) return does_not_fit(asked.operation);
  outcome = dump(socket_, writer.messages(), first + 1, asked.operation,
                 [&](const Message& message) { readable = on_rule(message) && readable; });
  if (!outcome.ok()) return outcome;
  return readable ? done() : failure(EBADMSG, asked.operation);
}

Outcome NftRulesChannel::read(bool ipv6, const std::string& table, NftRules* rules) {
  const Outcome outcome = connect(kOperation);
  if (!outcome.ok()) return outcome;
  const auto on_chain = [&](const Message& message) {
    std::string name;
    const bool readable = read_chain(message, table, &name);
    if (!name.empty()) rules->chains.push_back(std::move(name));
    return readable;
  };
  const auto on_rule = [&](const Message& message) {
    NftJump jump;
    const bool readable = read_jump(message, table, &jump);
    if (!jump.target.empty()) rules->jumps.push_back(std::move(jump));
    return readable;
  };
  const RuleDump asked{ipv6 ? uint8_t{NFPROTO_IPV6} : uint8_t{NFPROTO_IPV4}, table, kOperation};
  return retry_interrupted([&] {
    *rules = NftRules{};
    return dump_once(asked, on_chain, on_rule);
  });
}

Outcome NftRulesChannel::read_raw_rules(const std::string& table, std::vector<uint8_t>* raw_rules) {
  const Outcome outcome = connect(kRawOperation);
  if (!outcome.ok()) return outcome;
  const auto add = [&](const Message& message) {
    Bytes part;
    const bool readable = ipvsproxy::read_raw_rules(message, table, &part);
    raw_rules->insert(raw_rules->end(), part.data, part.data + part.size);
    return readable;
  };
  return retry_interrupted([&] {
    raw_rules->clear();
    return dump_once({NFPROTO_UNSPEC, table, kRawOperation}, add, add);
  });
}

Outcome NftRulesChannel::read_ruleset(std::vector<uint8_t>* ruleset) {
  const Outcome outcome = connect(kRulesetOperation);
  if (!outcome.ok()) return outcome;
  const auto add = [&](const Message& message) { return write_frame(message, ruleset); };
  return retry_interrupted([&] {
    ruleset->clear();
    return dump_once({NFPROTO_UNSPEC, "", kRulesetOperation}, add, add);
  });
}

}  // namespace ipvsproxy
