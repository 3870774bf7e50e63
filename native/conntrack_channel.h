// Forgetting and listing tracked flows: one ctnetlink socket, opened on first use.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "batch.h"
#include "conntrack_codec.h"
#include "netlink_socket.h"
#include "outcome.h"

namespace ipvsproxy {

// A record matches the flows whose original destination is its address, port and protocol and whose replies
// come from its real address; a real port of 0 matches every port, an all-zero real address every server.
// That nothing matches is success. One dump serves all adjacent records of a family and protocol.
class ConntrackChannel : public Channel {
 public:
  void apply(const OperationBatch& batch, Run run, Results* results) override;

  // Balanced flows that have all bits of `status`, `most` of them at most.
  Outcome dump_flows(uint32_t status, size_t most, std::vector<FlowRecord>* flows);

 private:
  using Group = std::pair<uint8_t, uint8_t>;  // family, protocol

  void forget(Group group, const OperationBatch& batch, const std::vector<size_t>& records, Results* results);
  Outcome dump_once(uint32_t status, size_t most, std::vector<FlowRecord>* flows);
  Outcome connect();

  NetlinkSocket socket_;
};

}  // namespace ipvsproxy
