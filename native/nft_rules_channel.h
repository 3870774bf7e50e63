// Reads chains and jumps of tables that are not ours. Not through libnftables: reading what iptables-nft
// wrote, it writes complaints about its extensions to standard error (netlink_parse_target(), seen in 1.0.6).
#pragma once

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

 private:
  Outcome read_once(uint8_t family, const std::string& table, NftRules* rules);

  NetlinkSocket socket_;
};

}  // namespace ipvsproxy
