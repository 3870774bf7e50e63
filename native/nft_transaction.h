// One nf_tables transaction over element records, and its repetition without the records the kernel refuses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "batch.h"
#include "exchange.h"
#include "message_writer.h"
#include "netlink_socket.h"
#include "nft_codec.h"

namespace ipvsproxy {

class NftTransaction {
 public:
  // `capacity`: the most records a run may have.
  NftTransaction(NetlinkSocket& socket, const std::string& table, const std::vector<NftSet>& sets,
                 size_t capacity);

  void apply(const OperationBatch& batch, Run run, Results* results);

 private:
  // How many elements share a message: many is fast, one tells which is guilty.
  enum class Packing { kMany, kOne };

  bool write(const OperationBatch& batch, Packing packing);
  [[nodiscard]] bool write_element_messages(const OperationBatch& batch, Packing packing);
  size_t write_message(const OperationBatch& batch, size_t position, Packing packing);
  Answers send();
  bool settle(const Answers& answers, Packing packing, Results* results);
  void fail_all(int32_t code, Results* results);

  NetlinkSocket& socket_;
  const std::string& table_;
  const std::vector<NftSet>& sets_;
  MessageWriter writer_;
  std::vector<size_t> records_;  // still to be done: indexes into the batch
  std::vector<size_t> firsts_;   // for each message the position in records_ of its first element
  uint32_t sequence_ = 0;        // of the opening bracket
};

}  // namespace ipvsproxy
