// Sets of ip_set by name: one nfnetlink socket, opened on first use.
#pragma once

#include <string>

#include "ipset_codec.h"
#include "netlink_socket.h"
#include "outcome.h"

namespace ipvsproxy {

class IpsetChannel {
 public:
  // `found` is false where there is no such set, or no ip_set in this kernel. EBUSY: a rule refers to a set
  // that should be destroyed.
  Outcome run(IpsetCommand command, const std::string& name, bool* found);

 private:
  NetlinkSocket socket_;
};

}  // namespace ipvsproxy
