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
  // `buffer` holds `count` records and then the text they point to; false where it is too short for them.
  bool read(std::vector<uint8_t> buffer, size_t count);

  size_t size() const { return records_.size(); }
  const OperationRecord& operator[](size_t index) const { return records_[index]; }
  std::string_view text(const OperationRecord& record) const;
  bool has_text(const OperationRecord& record) const;

 private:
  std::vector<uint8_t> buffer_;
  std::vector<OperationRecord> records_;
};

struct Results {
  std::vector<int32_t> codes;  // 0 or −errno for each record
  std::string message;         // the kernel's words to the first refusal that has some

  void keep(const std::string& words) {
    if (message.empty()) message = words;
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
