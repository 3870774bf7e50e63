// Reads chains and jumps of tables that are not ours, and how our own rules are worded.
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

  // All chains and rules of the tables of that name, whatever their family, as the kernel tells them, handles included: the same bytes as
  // long as nobody changes any. Empty where there is no such table.
  Outcome read_wording(const std::string& table, std::vector<uint8_t>* wording);

 private:
  Outcome connect(const char* operation);
  Outcome read_once(uint8_t family, const std::string& table, NftRules* rules);
  Outcome read_wording_once(const std::string& table, std::vector<uint8_t>* wording);

  NetlinkSocket socket_;
};

}  // namespace ipvsproxy
