#include "conntrack_channel.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "exchange.h"

namespace ipvsproxy {
namespace {

constexpr const char* kOperation = "conntrack.forget";
constexpr size_t kDeletionsPerSend = 128;
constexpr size_t kRequestSize = 512;

// A flow's deletion, kept beyond the dump message it was found in.
struct Deletion {
  size_t record;  // the first record that it serves
  std::string tuple, id, zone;
};

std::string copy(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}
Bytes view(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string destination_key(const uint8_t* address, uint16_t port) {
  std::string key(reinterpret_cast<const char*>(address), kAddressSize);
  key.push_back(static_cast<char>(port >> 8));
  key.push_back(static_cast<char>(port & 0xff));
  return key;
}

// The records to match, by original destination: a table of a million flows is read against hundreds of
// records.
class FlowMatcher {
 public:
  FlowMatcher(const OperationBatch& batch, const std::vector<size_t>& records) : batch_(batch) {
    for (const size_t record : records) by_destination_[key_of(batch[record])].push_back(record);
  }

  bool find(const Flow& flow, size_t* found) const {
    const auto entry = by_destination_.find(destination_key(flow.destination, flow.destination_port));
    if (entry == by_destination_.end()) return false;
    for (const size_t record : entry->second) {
      *found = record;
      if (serves(batch_[record], flow)) return true;
    }
    return false;
  }

  // Where all records share one destination the kernel can filter by it.
  const OperationRecord* common_destination() const {
    return by_destination_.size() == 1 ? &batch_[by_destination_.begin()->second.front()] : nullptr;
  }

 private:
  static std::string key_of(const OperationRecord& record) {
    return destination_key(record.address, record.port);
  }

  static bool serves(const OperationRecord& record, const Flow& flow) {
    static constexpr uint8_t kAny[kAddressSize] = {};
    if (std::memcmp(record.real_address, kAny, kAddressSize) == 0) return true;
    if (std::memcmp(record.real_address, flow.reply_source, kAddressSize) != 0) return false;
    return record.real_port == 0 || record.real_port == flow.reply_source_port;
  }

  const OperationBatch& batch_;
  std::map<std::string, std::vector<size_t>> by_destination_;
};

Outcome find_flows(NetlinkSocket& socket, uint8_t family, uint8_t protocol, const FlowMatcher& matcher,
                   std::vector<Deletion>* deletions) {
  deletions->clear();
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket.reserve_sequences(1);
  if (!write_flow_dump(writer, family, protocol, matcher.common_destination(), sequence)) {
    return does_not_fit(kOperation);
  }
  return dump(socket, writer.messages(), sequence, kOperation, [&](const Message& message) {
    Flow flow;
    size_t record;
    // The kernel's filter is a courtesy: what is deleted is decided here.
    if (!read_flow(message, &flow) || flow.protocol != protocol || !matcher.find(flow, &record)) return;
    deletions->push_back({record, copy(flow.tuple), copy(flow.id), copy(flow.zone)});
  });
}

// A flow that ended by itself meanwhile is as good as deleted.
void note_refusals(const Answers& answers, const Deletion* deletions, Results* results) {
  for (size_t index = 0; index < answers.codes.size(); index++) {
    const int32_t code = answers.codes[index];
    if (code != 0 && code != -ENOENT) results->codes[deletions[index].record] = code;
  }
  for (const RefusalMessage& message : answers.messages)
    results->keep(deletions[message.record].record, message.text);
}

void delete_flows(NetlinkSocket& socket, uint8_t family, const std::vector<Deletion>& deletions,
                  Results* results) {
  MessageWriter writer(kDeletionsPerSend * kRequestSize);
  for (size_t first = 0; first < deletions.size(); first += kDeletionsPerSend) {
    const size_t count = std::min(kDeletionsPerSend, deletions.size() - first);
    const uint32_t sequence = socket.reserve_sequences(count);
    writer.clear();
    for (size_t index = 0; index < count; index++) {
      const Deletion& deletion = deletions[first + index];
      Flow flow;
      flow.tuple = view(deletion.tuple);
      flow.id = view(deletion.id);
      flow.zone = view(deletion.zone);
      if (!write_flow_deletion(writer, family, flow, sequence + static_cast<uint32_t>(index))) {
        results->codes[deletion.record] = -EMSGSIZE;
      }
    }
    note_refusals(send_batch(socket, writer, sequence, count), &deletions[first], results);
  }
}

}  // namespace

Outcome ConntrackChannel::connect() {
  return socket_.is_open() ? done() : socket_.open(NETLINK_NETFILTER, kOperation);
}

Outcome ConntrackChannel::dump_flows(uint32_t status, size_t most, std::vector<FlowRecord>* flows) {
  Outcome outcome = connect();
  if (!outcome.ok()) return outcome;
  return retry_interrupted([&] { return dump_once(status, most, flows); });
}

Outcome ConntrackChannel::dump_once(uint32_t status, size_t most, std::vector<FlowRecord>* flows) {
  flows->clear();
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(1);
  if (!write_status_dump(writer, status, sequence)) return does_not_fit("conntrack.dump");
  return dump(socket_, writer.messages(), sequence, "conntrack.dump", [&](const Message& message) {
    Flow flow;
    if (flows->size() == most || !read_flow(message, &flow)) return;
    if ((flow.status & status) == status && is_balanced(flow)) flows->push_back(record_of_flow(message, flow));
  });
}

void ConntrackChannel::forget(Group group, const OperationBatch& batch, const std::vector<size_t>& records,
                              Results* results) {
  const FlowMatcher matcher(batch, records);
  std::vector<Deletion> deletions;
  Outcome outcome = connect();
  if (outcome.ok()) {
    outcome = retry_interrupted(
        [&] { return find_flows(socket_, group.first, group.second, matcher, &deletions); });
  }
  for (const size_t record : records) results->codes[record] = -outcome.error;
  results->keep(records.front(), outcome.message);
  if (outcome.ok()) delete_flows(socket_, group.first, deletions, results);
}

void ConntrackChannel::apply(const OperationBatch& batch, Run run, Results* results) {
  std::map<Group, std::vector<size_t>> groups;
  for (size_t index = run.first; index < run.last; index++) {
    groups[{batch[index].family, batch[index].protocol}].push_back(index);
  }
  for (const auto& [group, records] : groups) forget(group, batch, records, results);
}

}  // namespace ipvsproxy
