// Reads chains and jumps of tables that are not ours, and the attributes of our own rules as they are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "netlink_socket.h"
#include "nft_rules_codec.h"
#include "outcome.h"

namespace ipvsproxy {

struct NftRules {
  std::vector<std::string> chains;
  std::vector<NftJump> jumps;
};

class NftRulesChannel {
 public:
  // Of a table of the family ip, or ip6. Both are empty where there is no such table.
  Outcome read(bool ipv6, const std::string& table, NftRules* rules);

  // All chains and rules of the tables of that name, whatever their family, as the kernel's attributes, handles
  // included: the same bytes as long as nobody changes any. Empty where there is no such table.
  Outcome read_raw_rules(const std::string& table, std::vector<uint8_t>* raw_rules);

  // Every chain and then every rule of every table, each behind the header of write_frame(). Empty where there is none.
  Outcome read_ruleset(std::vector<uint8_t>* ruleset);

 private:
  // All chains of a family, then the rules of its tables of that name, or of every table where there is none.
  struct RuleDump {
    uint8_t family;
    std::string table;
    const char* operation;
  };

  Outcome connect(const char* operation);
  // Both take a message and return whether it could be read.
  template <typename OnChain, typename OnRule>
  Outcome dump_once(const RuleDump& asked, OnChain on_chain, OnRule on_rule);

  NetlinkSocket socket_;
};

}  // namespace ipvsproxy
