#include "../batch.h"

#include <cerrno>
#include <string>
#include <vector>

#include "records.h"

namespace ipvsproxy::test {
namespace {

// Notes the runs it is given.
class NotingChannel : public Channel {
 public:
  NotingChannel(std::string name, std::string* log) : name_(std::move(name)), log_(log) {}

  void apply(const OperationBatch&, Run run, Results* results) override {
    *log_ += name_ + std::to_string(run.first) + "-" + std::to_string(run.last) + " ";
    for (size_t index = run.first; index < run.last; index++) results->codes[index] = 0;
  }

 private:
  std::string name_;
  std::string* log_;
};

struct Walk {
  std::string log;
  Results results;
};

Walk walk(const std::vector<OperationRecord>& records) {
  Walk outcome;
  std::vector<uint8_t> buffer(records.size() * sizeof records[0]);
  std::memcpy(buffer.data(), records.data(), buffer.size());
  OperationBatch batch;
  CHECK(batch.read(buffer, records.size()));
  NotingChannel ipvs("i", &outcome.log), route("r", &outcome.log), nft("n", &outcome.log),
      conntrack("c", &outcome.log);
  apply_batch(batch, {ipvs, route, nft, conntrack}, 1, &outcome.results);
  return outcome;
}

TEST(runs_of_one_channel_go_together_and_in_order) {
  const OperationRecord element = element_record(OperationKind::kAddElement, "0a60000a");
  const Walk seen =
      walk({element, record_of(OperationKind::kAddVirtualServer), record_of(OperationKind::kAddRealServer),
            record_of(OperationKind::kBindAddress), record_of(OperationKind::kForgetFlows),
            record_of(OperationKind::kDeleteRealServer)});
  CHECK(seen.log == "n0-1 i1-3 r3-4 c4-5 i5-6 ");
  CHECK(seen.results.codes == std::vector<int32_t>({0, 0, 0, 0, 0, 0}));
}

TEST(a_list_of_elements_has_an_answer_for_each) {
  OperationRecord list{};
  list.kind = OperationKind::kAddElement;
  list.flags = kAddressParts;
  const std::string addresses = "10.96.0.10\nnone\n10.96.0.11 of two";
  list.text_offset = sizeof list;
  list.text_length = static_cast<uint16_t>(addresses.size());
  std::vector<uint8_t> buffer(sizeof list);
  std::memcpy(buffer.data(), &list, sizeof list);
  buffer.insert(buffer.end(), addresses.begin(), addresses.end());
  OperationBatch batch;
  CHECK(batch.read(buffer, 1) && batch.size() == 3);
  CHECK(batch.text(batch[0]).empty() && batch.text(batch[2]) == "of two");
  std::string log;
  NotingChannel ipvs("i", &log), route("r", &log), nft("n", &log), conntrack("c", &log);
  Results results;
  apply_batch(batch, {ipvs, route, nft, conntrack}, 1, &results);
  CHECK(log == "n0-1 n2-3 " && results.codes == std::vector<int32_t>({0, -EINVAL, 0}));
}

TEST(a_list_of_real_servers_has_an_answer_for_each) {
  OperationRecord list = record_of(OperationKind::kAddRealServers);
  const std::string addresses = "10.0.0.1,10.0.0.2,fd00::1,10.0.0.3";
  list.text_offset = 2 * sizeof list;
  list.text_length = static_cast<uint16_t>(addresses.size());
  OperationRecord beyond = list;
  beyond.text_offset++;
  std::vector<uint8_t> buffer(2 * sizeof list + addresses.size());
  std::memcpy(buffer.data(), &list, sizeof list);
  std::memcpy(buffer.data() + sizeof list, &beyond, sizeof beyond);
  std::memcpy(buffer.data() + 2 * sizeof list, addresses.data(), addresses.size());
  OperationBatch batch;
  CHECK(batch.read(buffer, 2));
  std::string log;
  NotingChannel channel("i", &log);
  Results results;
  apply_batch(batch, {channel, channel, channel, channel}, 1, &results);
  CHECK(log == "i0-2 i3-4 ");
  CHECK(results.codes == std::vector<int32_t>({0, 0, -EINVAL, 0, -EINVAL}));
}

TEST(records_that_make_no_sense_are_not_sent) {
  OperationRecord family = record_of(OperationKind::kAddRealServer);
  family.family = 1;
  OperationRecord kind = record_of(static_cast<OperationKind>(99));
  OperationRecord set = element_record(OperationKind::kAddElement, "0a60000a");
  set.set = 1;
  OperationRecord text = element_record(OperationKind::kAddElement, "0a60000a");
  text.text_offset = 0xffffffff;
  text.text_length = 1;
  OperationRecord key = element_record(OperationKind::kAddElement, "0a60000a");
  key.forwarding = kElementKeySize + 1;
  const OperationRecord good = record_of(OperationKind::kAddRealServer);
  const Walk seen = walk({good, family, kind, set, text, key, good});
  CHECK(seen.log == "i0-1 i6-7 ");
  CHECK(seen.results.codes == std::vector<int32_t>({0, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, 0}));
}

TEST(a_buffer_too_short_for_its_records_is_refused) {
  OperationBatch batch;
  CHECK(!batch.read(std::vector<uint8_t>(79), 1));
  CHECK(!batch.read(std::vector<uint8_t>(160), ~size_t{0}));
  CHECK(batch.read(std::vector<uint8_t>(160), 2));
  CHECK(batch.read({}, 0));
}

TEST(text_is_found_behind_the_records) {
  OperationRecord record = element_record(OperationKind::kAddElement, "0a60000a");
  record.text_offset = sizeof record;
  record.text_length = 3;
  std::vector<uint8_t> buffer(sizeof record + 3, 'x');
  std::memcpy(buffer.data(), &record, sizeof record);
  OperationBatch batch;
  CHECK(batch.read(buffer, 1));
  CHECK(batch.text(batch[0]) == "xxx");
  record.text_length = 4;
  CHECK(!batch.has_text(record) && batch.text(record).empty());
}

}  // namespace
}  // namespace ipvsproxy::test
