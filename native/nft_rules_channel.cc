#include "nft_rules_channel.h"

#include <linux/netfilter.h>

#include <cerrno>
#include <utility>

#include "exchange.h"

namespace ipvsproxy {
namespace {

constexpr const char* kOperation = "nft.dumpRules";
constexpr size_t kRequestSize = 256;

}  // namespace

Outcome NftRulesChannel::read(bool ipv6, const std::string& table, NftRules* rules) {
  if (!socket_.is_open()) {
    Outcome outcome = socket_.open(NETLINK_NETFILTER, kOperation);
    if (!outcome.ok()) return outcome;
  }
  const uint8_t family = ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
  return retry_interrupted([&] { return read_once(family, table, rules); });
}

Outcome NftRulesChannel::read_once(uint8_t family, const std::string& table, NftRules* rules) {
  *rules = NftRules{};
  bool readable = true;
  MessageWriter chains(kRequestSize);
  const uint32_t first = socket_.reserve_sequences(2);
  write_chain_dump(chains, family, first);
  Outcome outcome = dump(socket_, chains.messages(), first, kOperation, [&](const Message& message) {
    std::string name;
    readable = read_chain(message, table, &name) && readable;
    if (!name.empty()) rules->chains.push_back(std::move(name));
  });
  if (!outcome.ok()) return outcome;
  MessageWriter jumps(kRequestSize);
  write_rule_dump(jumps, family, table, first + 1);
  outcome = dump(socket_, jumps.messages(), first + 1, kOperation, [&](const Message& message) {
    NftJump jump;
    readable = read_jump(message, table, &jump) && readable;
    if (!jump.target.empty()) rules->jumps.push_back(std::move(jump));
  });
  if (!outcome.ok()) return outcome;
  return readable ? done() : failure(EBADMSG, kOperation);
}

}  // namespace ipvsproxy
