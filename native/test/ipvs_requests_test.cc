#include "../ipvs_requests.h"

#include "records.h"

namespace ipvsproxy::test {
namespace {

constexpr uint16_t kFamily = 0x1f;
constexpr uint32_t kSequence = 7;

std::string written(const OperationRecord& record) {
  MessageWriter writer(1024);
  CHECK(write_ipvs_operation(writer, kFamily, record, kSequence));
  return text_of(writer.messages());
}

OperationRecord with_scheduler(OperationRecord record, const char* scheduler) {
  std::memcpy(record.scheduler, scheduler, strnlen(scheduler, kSchedulerSize));
  return record;
}

// AF, PROTOCOL, ADDR and PORT of 10.96.0.10:80/TCP.
const char* const kIdentity =
    "0600 0100 02000000"
    "0600 0200 06000000"
    "1400 0300 0a60000a 00000000 00000000 00000000"
    "0600 0400 00500000";

const char* const kRealIdentity =
    "1400 0100 0af40001 00000000 00000000 00000000"
    "0600 0200 1f900000"
    "0600 0b00 02000000";

TEST(add_virtual_server) {
  OperationRecord record = with_scheduler(record_of(OperationKind::kAddVirtualServer), "rr");
  record.flags = 1;
  record.timeout = 600;
  CHECK_BYTES(written(record), hex("68000000 1f00 0100 07000000 00000000"
                                   "01 01 0000 | 5400 0180") +
                                   hex(kIdentity) +
                                   hex("0700 0600 72720000"
                                       "0c00 0700 01000000 ffffffff"
                                       "0800 0800 58020000"
                                       "0800 0900 ffffffff"));
}

TEST(set_virtual_server_of_ipv6_has_a_prefix_length_for_a_netmask) {
  const OperationRecord record = with_scheduler(record_of(OperationKind::kSetVirtualServer, AF_INET6), "wlc");
  CHECK_BYTES(written(record), hex("68000000 1f00 0100 07000000 00000000"
                                   "02 01 0000 | 5400 0180"
                                   "0600 0100 0a000000"
                                   "0600 0200 06000000"
                                   "1400 0300 fd000096 00000000 00000000 00000010"
                                   "0600 0400 00500000"
                                   "0800 0600 776c6300"
                                   "0c00 0700 00000000 ffffffff"
                                   "0800 0800 00000000"
                                   "0800 0900 80000000"));
}

TEST(delete_virtual_server) {
  CHECK_BYTES(written(record_of(OperationKind::kDeleteVirtualServer)),
              hex("44000000 1f00 0100 07000000 00000000"
                  "03 01 0000 | 3000 0180") +
                  hex(kIdentity));
}

TEST(delete_virtual_server_of_a_mark) {
  OperationRecord record = record_of(OperationKind::kDeleteVirtualServer);
  record.mark = 0x1234;
  CHECK_BYTES(written(record), hex("28000000 1f00 0100 07000000 00000000"
                                   "03 01 0000 | 1400 0180"
                                   "0600 0100 02000000"
                                   "0800 0500 34120000"));
}

TEST(add_real_server) {
  OperationRecord record = record_of(OperationKind::kAddRealServer);
  record.weight = 100;
  CHECK_BYTES(written(record), hex("8c000000 1f00 0100 07000000 00000000"
                                   "05 01 0000 | 3000 0180") +
                                   hex(kIdentity) + hex("4800 0280") + hex(kRealIdentity) +
                                   hex("0800 0300 00000000"
                                       "0800 0400 64000000"
                                       "0800 0500 00000000"
                                       "0800 0600 00000000"));
}

TEST(set_real_server_has_every_setting) {
  OperationRecord record = record_of(OperationKind::kSetRealServer);
  record.forwarding = 3;
  CHECK_BYTES(written(record), hex("8c000000 1f00 0100 07000000 00000000"
                                   "06 01 0000 | 3000 0180") +
                                   hex(kIdentity) + hex("4800 0280") + hex(kRealIdentity) +
                                   hex("0800 0300 03000000"
                                       "0800 0400 00000000"
                                       "0800 0500 00000000"
                                       "0800 0600 00000000"));
}

TEST(delete_real_server_has_its_identity_only) {
  CHECK_BYTES(written(record_of(OperationKind::kDeleteRealServer)), hex("6c000000 1f00 0100 07000000 00000000"
                                                                        "07 01 0000 | 3000 0180") +
                                                                        hex(kIdentity) + hex("2800 0280") +
                                                                        hex(kRealIdentity));
}

TEST(a_scheduler_name_without_a_nul_is_cut) {
  const OperationRecord record =
      with_scheduler(record_of(OperationKind::kAddVirtualServer), "sixteen-long-one");
  const std::string bytes = written(record);
  CHECK(bytes.find(hex("1400 0600") + "sixteen-long-on" + std::string(1, '\0')) != std::string::npos);
}

TEST(requests) {
  MessageWriter writer(1024);
  CHECK(write_family_request(writer, 1));
  CHECK(write_virtual_server_dump(writer, kFamily, 2));
  CHECK(write_info_request(writer, kFamily, 3));
  CHECK(write_timeouts_request(writer, kFamily, 4));
  CHECK_BYTES(text_of(writer.messages()), hex("20000000 1000 0100 01000000 00000000 03 01 0000"
                                              "0900 0200 49505653 00000000"
                                              "14000000 1f00 0103 02000000 00000000 04 01 0000"
                                              "14000000 1f00 0100 03000000 00000000 0f 01 0000"
                                              "14000000 1f00 0100 04000000 00000000 0d 01 0000"));
}

TEST(requests_about_one_virtual_server) {
  MessageWriter writer(1024);
  const OperationRecord key = record_of(OperationKind::kDeleteVirtualServer);
  CHECK(write_virtual_server_request(writer, kFamily, key, 1));
  CHECK(write_real_server_dump(writer, kFamily, key, 2));
  CHECK_BYTES(text_of(writer.messages()),
              hex("44000000 1f00 0100 01000000 00000000 04 01 0000 | 3000 0180") + hex(kIdentity) +
                  hex("44000000 1f00 0103 02000000 00000000 08 01 0000 | 3000 0180") + hex(kIdentity));
}

TEST(timeouts) {
  MessageWriter writer(1024);
  CHECK(write_timeouts(writer, kFamily, {900, 120, 300}, 1));
  CHECK_BYTES(text_of(writer.messages()), hex("2c000000 1f00 0500 01000000 00000000 0c 01 0000"
                                              "0800 0400 84030000"
                                              "0800 0500 78000000"
                                              "0800 0600 2c010000"));
}

TEST(a_request_without_room_is_refused) {
  MessageWriter writer(64);
  CHECK(!write_ipvs_operation(writer, kFamily, record_of(OperationKind::kAddRealServer), 1));
  CHECK(writer.messages().size == 0);
}

}  // namespace
}  // namespace ipvsproxy::test
