#include "../ipvs_answers.h"

#include "records.h"

namespace ipvsproxy::test {
namespace {

// A generic netlink header and one nest of `type` around the attributes.
std::string nested(const char* type, const std::string& attributes) {
  std::string length = hex("0000");
  const size_t size = attributes.size() + 4;
  length[0] = static_cast<char>(size & 0xff);
  length[1] = static_cast<char>(size >> 8);
  return hex("01 01 0000") + length + hex(type) + attributes;
}

std::string service(const std::string& attributes) {
  return nested("0100", attributes);
}
std::string dest(const std::string& attributes) {
  return nested("0200", attributes);
}

const std::string kService =
    hex("0600 0100 02000000"
        "0600 0200 06000000"
        "1400 0300 0a60000a 00000000 00000000 00000000"
        "0600 0400 00500000"
        "0700 0600 72720000"
        "0c00 0700 03000000 ffffffff"
        "0800 0800 58020000"
        "0800 0900 ffffffff");

// Connections 5, packets in 6; the byte counters are 64 bits wide in both forms.
const std::string kStats =
    hex("2000 0a00"
        "0800 0100 05000000"
        "0800 0200 06000000"
        "0c00 0400 07000000 00000000");

const std::string kStats64 =
    hex("2400 0c00"
        "0c00 0100 05000000 01000000"
        "0400 0b00"
        "0c00 0200 06000000 01000000"
        "0400 0b00");

bool read(const std::string& bytes, VirtualServerRecord* record) {
  const Exact exact(bytes);
  return read_virtual_server(payload(exact), record);
}

TEST(a_virtual_server_is_read_without_the_hashed_flag) {
  VirtualServerRecord record;
  CHECK(read(service(kService), &record));
  CHECK(record.family == AF_INET && record.protocol == 6 && record.port == 80 && record.mark == 0);
  CHECK(record.flags == 1 && record.timeout == 600 && record.prefix_length == 32);
  CHECK(std::string(record.scheduler) == "rr");
  CHECK_BYTES(std::string(reinterpret_cast<char*>(record.address), 4), hex(kVip));
}

TEST(counters_of_32_bits_are_used_where_there_are_no_others) {
  VirtualServerRecord record;
  CHECK(read(service(kService + kStats), &record));
  CHECK(record.counters.connections == 5 && record.counters.in_packets == 6 && record.counters.in_bytes == 7);
}

TEST(counters_of_64_bits_win_wherever_they_stand) {
  constexpr uint64_t kHigh = uint64_t{1} << 32;
  for (const std::string& stats : {kStats + kStats64, kStats64 + kStats}) {
    VirtualServerRecord record;
    CHECK(read(service(kService + stats), &record));
    CHECK(record.counters.connections == kHigh + 5 && record.counters.in_packets == kHigh + 6);
    CHECK(record.counters.in_bytes == 0);
  }
}

TEST(every_counter_has_its_place) {
  std::string stats;
  for (int type = 1; type <= 10; type++) {
    std::string attribute = hex("0c00 0000 00000000 00000000");
    attribute[2] = attribute[4] = static_cast<char>(type);
    stats += attribute;
  }
  VirtualServerRecord record;
  CHECK(read(service(kService + hex("7c00 0c00") + stats), &record));
  const Counters& counters = record.counters;
  CHECK(counters.connections == 1 && counters.in_packets == 2 && counters.out_packets == 3);
  CHECK(counters.in_bytes == 4 && counters.out_bytes == 5);
}

TEST(a_netmask_is_a_mask_for_ipv4_and_a_prefix_length_for_ipv6) {
  const struct {
    const char* family;
    const char* netmask;
    uint8_t prefix;
  } cases[] = {
      {"02", "ffffffff", 32},        {"02", "ffffff00", 24},  {"02", "00000000", 0},
      {"02", "ff00ff00", kNoPrefix}, {"0a", "80000000", 128}, {"0a", "40000000", 64},
      {"0a", "ffffffff", kNoPrefix},
  };
  for (const auto& [family, netmask, prefix] : cases) {
    VirtualServerRecord record;
    CHECK(read(service(hex("0600 0100") + hex(family) + hex("000000 0800 0900") + hex(netmask)), &record));
    CHECK(record.prefix_length == prefix);
  }
}

TEST(a_scheduler_name_keeps_its_nul) {
  VirtualServerRecord record;
  CHECK(read(service(hex("0600 0100 02000000 1800 0600") + std::string(20, 'x')), &record));
  CHECK(std::string(record.scheduler) == std::string(15, 'x'));
}

TEST(a_virtual_server_of_a_mark_has_no_address) {
  VirtualServerRecord record;
  CHECK(read(service(hex("0600 0100 0a000000 0800 0500 34120000")), &record));
  CHECK(record.family == AF_INET6 && record.mark == 0x1234 && record.port == 0 && record.protocol == 0);
}

TEST(what_is_cut_short_anywhere_is_no_virtual_server_or_a_smaller_one) {
  const std::string whole = service(kService + kStats + kStats64);
  for (size_t length = 0; length < whole.size(); length++) {
    VirtualServerRecord record;
    CHECK(!read(whole.substr(0, length), &record));
  }
}

TEST(garbage_is_no_virtual_server) {
  VirtualServerRecord record;
  CHECK(!read("", &record));
  CHECK(!read(hex("01 01 0000"), &record));
  CHECK(!read(service(hex("0600 0100 63000000")), &record));
  CHECK(!read(service(hex("0600 0100 02000000 0600 0500 34120000")), &record));
  CHECK(!read(service(hex("0600 0100 02000000 0800 0a00 ffff0100")), &record));
}

const std::string kDest =
    hex("1400 0100 0af40001 00000000 00000000 00000000"
        "0600 0200 1f900000"
        "0800 0300 00010000"
        "0800 0400 07000000"
        "0800 0500 0a000000"
        "0800 0600 05000000"
        "0800 0700 01000000"
        "0800 0800 02000000"
        "0800 0900 03000000");

TEST(a_real_server_is_read) {
  const Exact exact(dest(kDest));
  RealServerRecord record;
  CHECK(read_real_server(payload(exact), AF_INET, &record));
  CHECK(record.family == AF_INET && record.port == 8080 && record.weight == 7 && record.forwarding == 0);
  CHECK(record.active == 1 && record.inactive == 2 && record.upper_threshold == 10);
  CHECK_BYTES(std::string(reinterpret_cast<char*>(record.address), 4), hex(kPod));
}

TEST(a_real_server_may_have_another_family_than_its_virtual_server) {
  const Exact exact(dest(kDest + hex("0600 0b00 0a000000")));
  RealServerRecord record;
  CHECK(read_real_server(payload(exact), AF_INET, &record) && record.family == AF_INET6);
}

TEST(a_real_server_cut_short_is_none) {
  const std::string whole = dest(kDest);
  for (size_t length = 0; length < whole.size(); length++) {
    const Exact exact(whole.substr(0, length));
    RealServerRecord record;
    CHECK(!read_real_server(payload(exact), AF_INET, &record));
  }
}

TEST(family_info_and_timeouts_are_read) {
  uint16_t family = 0;
  IpvsInfo info;
  IpvsTimeouts timeouts;
  const Exact family_bytes(hex("01 02 0000 0900 0200 49505653 00000000 0600 0100 1f000000"));
  const Exact info_bytes(hex("0e 01 0000 0800 0100 01020100 0800 0200 00100000"));
  const Exact timeouts_bytes(hex("0c 01 0000 0800 0400 84030000 0800 0500 78000000 0800 0600 2c010000"));
  CHECK(read_family(payload(family_bytes), &family) && family == 0x1f);
  CHECK(read_info(payload(info_bytes), &info) && info.version == 0x010201 &&
        info.connection_table_size == 4096);
  CHECK(read_timeouts(payload(timeouts_bytes), &timeouts));
  CHECK(timeouts.tcp == 900 && timeouts.tcp_fin == 120 && timeouts.udp == 300);
  CHECK(!read_info(payload(timeouts_bytes), &info));
}

}  // namespace
}  // namespace ipvsproxy::test
