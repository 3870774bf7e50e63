#include "../conntrack_codec.h"

#include "records.h"

namespace ipvsproxy::test {
namespace {

const char* const kOriginal =
    "1400 0180 0800 0100 c0000201 0800 0200 0a60000a"
    "1c00 0280 0500 0100 11000000 0600 0200 03e90000 0600 0300 00350000";

const char* const kReply =
    "1400 0180 0800 0100 0af40001 0800 0200 c0000201"
    "1c00 0280 0500 0100 11000000 0600 0200 14e90000 0600 0300 03e90000";

std::string flow_bytes() {
  return hex("02 00 0000 | 3400 0180") + hex(kOriginal) + hex("3400 0280") + hex(kReply) +
         hex("0800 0c00 deadbeef");
}

TEST(a_dump_of_one_protocol) {
  MessageWriter writer(256);
  CHECK(write_flow_dump(writer, AF_INET, 17, nullptr, 1));
  CHECK_BYTES(text_of(writer.messages()), hex("38000000 0101 0103 01000000 00000000 02 00 0000"
                                              "1000 0180 0c00 0280 0500 0100 11000000"
                                              "1400 1980 0800 0100 08000000 0800 0200 00000000"));
}

TEST(a_dump_of_one_destination) {
  MessageWriter writer(256);
  OperationRecord record = record_of(OperationKind::kForgetFlows);
  record.port = 53;
  CHECK(write_flow_dump(writer, AF_INET, 17, &record, 1));
  CHECK_BYTES(text_of(writer.messages()), hex("4c000000 0101 0103 01000000 00000000 02 00 0000"
                                              "2400 0180 0c00 0180 0800 0200 0a60000a"
                                              "1400 0280 0500 0100 11000000 0600 0300 00350000"
                                              "1400 1980 0800 0100 2a000000 0800 0200 00000000"));
}

TEST(a_dump_of_one_ipv6_destination_asks_for_the_port_only) {
  MessageWriter writer(256);
  OperationRecord record = record_of(OperationKind::kForgetFlows, AF_INET6);
  record.port = 53;
  CHECK(write_flow_dump(writer, AF_INET6, 17, &record, 1));
  CHECK_BYTES(text_of(writer.messages()), hex("40000000 0101 0103 01000000 00000000 0a 00 0000"
                                              "1800 0180"
                                              "1400 0280 0500 0100 11000000 0600 0300 00350000"
                                              "1400 1980 0800 0100 28000000 0800 0200 00000000"));
}

TEST(a_flow_is_read) {
  const Exact exact(flow_bytes());
  Flow flow;
  CHECK(read_flow(payload(exact), &flow));
  CHECK(flow.protocol == 17 && flow.destination_port == 53 && flow.reply_source_port == 5353);
  CHECK_BYTES(std::string(reinterpret_cast<char*>(flow.destination), 4), hex(kVip));
  CHECK_BYTES(std::string(reinterpret_cast<char*>(flow.reply_source), 4), hex(kPod));
  CHECK_BYTES(text_of(flow.tuple), hex(kOriginal));
  CHECK(flow.zone.size == 0);
}

TEST(a_dump_of_a_status) {
  MessageWriter writer(256);
  CHECK(write_status_dump(writer, 0x10, 1));
  CHECK_BYTES(text_of(writer.messages()), hex("1c000000 0101 0103 01000000 00000000 00 00 0000"
                                              "0800 0300 00000010"));
}

TEST(a_dump_of_everything) {
  MessageWriter writer(256);
  CHECK(write_status_dump(writer, 0, 1));
  CHECK_BYTES(text_of(writer.messages()), hex("14000000 0101 0103 01000000 00000000 00 00 0000"));
}

TEST(a_flow_is_recorded) {
  const Exact exact(flow_bytes() + hex("0800 0300 0000001a"));
  Flow flow;
  CHECK(read_flow(payload(exact), &flow));
  const FlowRecord record = record_of_flow(payload(exact), flow);
  CHECK(is_balanced(flow));
  CHECK(record.family == AF_INET && record.protocol == 17 && record.status == 0x1a);
  CHECK(record.source_port == 1001 && record.destination_port == 53);
  CHECK(record.reply_source_port == 5353 && record.reply_destination_port == 1001);
  CHECK_BYTES(std::string(reinterpret_cast<const char*>(record.source), 4), hex("c0000201"));
  CHECK_BYTES(std::string(reinterpret_cast<const char*>(record.destination), 4), hex(kVip));
  CHECK_BYTES(std::string(reinterpret_cast<const char*>(record.reply_source), 4), hex(kPod));
  CHECK_BYTES(std::string(reinterpret_cast<const char*>(record.reply_destination), 4), hex("c0000201"));
}

TEST(a_flow_answered_from_where_it_was_sent_to_is_not_balanced) {
  const Exact exact(hex("02 00 0000 | 3400 0180") + hex(kOriginal) +
                    hex("3400 0280"
                        "1400 0180 0800 0100 0a60000a 0800 0200 c0000201"
                        "1c00 0280 0500 0100 11000000 0600 0200 00350000 0600 0300 03e90000"
                        "0800 0c00 deadbeef"));
  Flow flow;
  CHECK(read_flow(payload(exact), &flow));
  CHECK(!is_balanced(flow));
}

TEST(a_deletion_names_tuple_id_and_zone) {
  const Exact exact(flow_bytes() + hex("0600 1200 00070000"));
  Flow flow;
  CHECK(read_flow(payload(exact), &flow));
  MessageWriter writer(256);
  CHECK(write_flow_deletion(writer, AF_INET, flow, 1));
  CHECK_BYTES(text_of(writer.messages()), hex("58000000 0201 0100 01000000 00000000 02 00 0000"
                                              "3400 0180") +
                                              hex(kOriginal) + hex("0800 0c00 deadbeef 0600 1200 00070000"));
}

TEST(a_flow_cut_short_is_none) {
  const std::string whole = flow_bytes();
  for (size_t length = 0; length < whole.size(); length++) {
    const Exact exact(whole.substr(0, length));
    Flow flow;
    CHECK(!read_flow(payload(exact), &flow));
  }
}

TEST(a_flow_without_ports_is_none_of_ours) {
  const Exact exact(
      hex("02 00 0000 | 2400 0180 1400 0180 0800 0100 c0000201 0800 0200 0a60000a"
          "0c00 0280 0500 0100 01000000"));
  Flow flow;
  CHECK(!read_flow(payload(exact), &flow));
}

}  // namespace
}  // namespace ipvsproxy::test
