// Elements of our nftables sets, and transactions of anything else.
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
#include "set_texts.h"

namespace ipvsproxy {

struct SetElements {
  std::vector<ElementRecord> records;
  std::string comments;
};

// What became of a transaction: `error` is 0 or −errno of the first message that the kernel refused, `message` its index, or −1
// where the kernel blames none in particular.
struct NftReply {
  int32_t error = 0;
  int32_t message = -1;
  std::string words;  // the kernel's own to that message
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
  // The elements of these as texts, each set as it is at one moment. One that is missing, or whose table is, has none. It ends
  // early behind a large set: changes wait for the thread that does this.
  Outcome spell_sets(const std::vector<SetLayout>& layouts, SpelledSets* spelled);

  // Which generation of all tables of the network namespace this is: the same number as long as nobody has changed any of them. (What
  // packets put into sets is no change.)
  Outcome generation(uint32_t* generation);

  // `messages` hold at least one, as count_nft_messages() says.
  Outcome send(const std::vector<uint8_t>& messages, NftReply* reply);

 private:
  Outcome connect(const char* operation);
  Outcome dump_once(const NftSet& set, SetElements* elements);

  NetlinkSocket socket_;
  std::string table_;
  std::vector<NftSet> sets_;
};

}  // namespace ipvsproxy
