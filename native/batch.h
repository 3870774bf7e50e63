// A list of operations, and its walk through the channels that perform them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "records.h"

namespace ipvsproxy {

class OperationBatch {
 public:
  // `buffer` holds `count` records and then the text they point to; false where it is too short for them. A list
  // becomes a record for each of what it lists.
  bool read(std::vector<uint8_t> buffer, size_t count);

  size_t size() const { return records_.size(); }
  const OperationRecord& operator[](size_t index) const { return records_[index]; }
  std::string_view text(const OperationRecord& record) const;
  bool has_text(const OperationRecord& record) const;

 private:
  void append(const OperationRecord& record);

  std::vector<uint8_t> buffer_;
  std::vector<OperationRecord> records_;
};

// The kernel's words to the refusal of one record (its extended acknowledgement).
struct RefusalMessage {
  size_t record;
  std::string text;
};

struct Results {
  // A thousand refusals of one batch are mostly one reason said a thousand times.
  static constexpr size_t kMostMessages = 32;

  std::vector<int32_t> codes;             // 0 or −errno for each record
  std::vector<RefusalMessage> messages;  // of the first refusals that have one

  void keep(size_t record, const std::string& text) {
    if (!text.empty() && messages.size() < kMostMessages) messages.push_back({record, text});
  }
};

// Part of a batch: records first … last − 1.
struct Run {
  size_t first;
  size_t last;

  size_t size() const { return last - first; }
};

// Performs operations of some kinds.
class Channel {
 public:
  virtual ~Channel() = default;
  // Sets the codes of this run, whatever happens.
  virtual void apply(const OperationBatch& batch, Run run, Results* results) = 0;
};

struct Channels {
  Channel& ipvs;
  Channel& route;
  Channel& nft;
  Channel& conntrack;
};

// Hands each run of records for the same channel to it, in order. A record that makes no sense gets −EINVAL
// without being sent.
void apply_batch(const OperationBatch& batch, const Channels& channels, size_t sets, Results* results);

}  // namespace ipvsproxy
