// Elements of our nftables sets, by raw netlink: through libnftables reading 50,000 of them back takes half a
// minute.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "batch.h"
#include "exchange.h"
#include "netlink_socket.h"
#include "nft_codec.h"
#include "outcome.h"

namespace ipvsproxy {

struct SetElements {
  std::vector<ElementRecord> records;
  std::string comments;
};

// Elements go in transactions, and a transaction is all or nothing. Here one bad element does not spoil the
// others: a refused transaction is tried again with one message an element, which names every guilty one, and
// then without them. Adding is strict (EEXIST), as is deleting (ENOENT).
class NftChannel : public Channel {
 public:
  NftChannel(std::string table, const std::vector<std::string>& sets)
      : table_(std::move(table)), sets_(sets.begin(), sets.end()) {}

  void apply(const OperationBatch& batch, Run run, Results* results) override;

  size_t sets() const { return sets_.size(); }
  Outcome dump_set(size_t set, SetElements* elements);

 private:
  Outcome connect(const char* operation);
  Outcome dump_once(const NftSet& set, SetElements* elements);

  NetlinkSocket socket_;
  std::string table_;
  std::vector<NftSet> sets_;
};

}  // namespace ipvsproxy
