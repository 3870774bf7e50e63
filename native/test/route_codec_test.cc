#include "../route_codec.h"

#include "records.h"

namespace ipvsproxy::test {
namespace {

TEST(bind_an_ipv4_address) {
  MessageWriter writer(256);
  CHECK(write_address_operation(writer, 5, record_of(OperationKind::kBindAddress), 1));
  CHECK_BYTES(text_of(writer.messages()), hex("28000000 1400 0106 01000000 00000000"
                                              "02 20 00 00 05000000"
                                              "0800 0200 0a60000a"
                                              "0800 0100 0a60000a"));
}

TEST(bind_an_ipv6_address_without_detection_and_prefix_route) {
  MessageWriter writer(256);
  CHECK(write_address_operation(writer, 5, record_of(OperationKind::kBindAddress, AF_INET6), 1));
  CHECK_BYTES(text_of(writer.messages()), hex("48000000 1400 0106 01000000 00000000"
                                              "0a 80 00 00 05000000"
                                              "1400 0200 fd000096 00000000 00000000 00000010"
                                              "1400 0100 fd000096 00000000 00000000 00000010"
                                              "0800 0800 02020000"));
}

TEST(unbind_an_address) {
  MessageWriter writer(256);
  CHECK(write_address_operation(writer, 5, record_of(OperationKind::kUnbindAddress), 1));
  CHECK_BYTES(text_of(writer.messages()), hex("28000000 1500 0100 01000000 00000000"
                                              "02 20 00 00 05000000"
                                              "0800 0200 0a60000a"
                                              "0800 0100 0a60000a"));
}

TEST(bind_by_a_local_route) {
  MessageWriter writer(256);
  CHECK(write_route_operation(writer, record_of(OperationKind::kBindRoute), 1));
  CHECK_BYTES(text_of(writer.messages()), hex("34000000 1800 0106 01000000 00000000"
                                              "02 20 00 00 ff 69 fe 02 00000000"
                                              "0800 0100 0a60000a"
                                              "0800 0400 01000000"
                                              "0800 0600 00040000"));
}

TEST(unbind_by_the_same_route) {
  MessageWriter writer(256);
  CHECK(write_route_operation(writer, record_of(OperationKind::kUnbindRoute, AF_INET6), 1));
  CHECK_BYTES(text_of(writer.messages()), hex("40000000 1900 0100 01000000 00000000"
                                              "0a 80 00 00 ff 69 fe 02 00000000"
                                              "1400 0100 fd000096 00000000 00000000 00000010"
                                              "0800 0400 01000000"
                                              "0800 0600 00040000"));
}

TEST(a_dump_of_our_routes) {
  MessageWriter writer(256);
  CHECK(write_route_dump(writer, AF_INET6, 3));
  CHECK_BYTES(text_of(writer.messages()), hex("1c000000 1a00 0103 03000000 00000000"
                                              "0a 00 00 00 ff 69 00 02 00000000"));
}

TEST(routes_of_ours_are_read) {
  const Exact ours(hex("02 20 00 00 ff 69 fe 02 00000000 0800 0f00 ff000000 0800 0100 0a60000a"));
  AddressRecord record;
  CHECK(read_route(payload(ours), &record));
  CHECK(record.family == AF_INET && record.prefix_length == 32 && record.is_route == 1);
  CHECK_BYTES(std::string(reinterpret_cast<char*>(record.address), 4), hex(kVip));
}

// Of the kernel's own making; unicast; in another table; a network; cut short.
TEST(other_routes_are_not_read) {
  AddressRecord record;
  for (const char* bytes :
       {"02 20 00 00 ff 02 fe 02 00000000 0800 0100 0a60000a", "02 20 00 00 ff 69 fe 01 00000000 0800 0100 0a60000a",
        "02 20 00 00 fe 69 fe 02 00000000 0800 0100 0a60000a", "02 18 00 00 ff 69 fe 02 00000000 0800 0100 0a60000a",
        "02 20 00 00 ff 69 fe 02 00000000", "02 20 00 00 ff 69"}) {
    const Exact exact(hex(bytes));
    CHECK(!read_route(payload(exact), &record));
  }
}

TEST(link_requests) {
  MessageWriter writer(256);
  CHECK(write_link_request(writer, "ipvs0", 1));
  CHECK(write_link_deletion(writer, 5, 2));
  CHECK(write_address_dump(writer, 5, 3));
  CHECK_BYTES(text_of(writer.messages()), hex("2c000000 1200 0100 01000000 00000000"
                                              "00000000 00000000 00000000 00000000"
                                              "0a00 0300 69707673 30000000"
                                              "20000000 1100 0500 02000000 00000000"
                                              "00000000 05000000 00000000 00000000"
                                              "18000000 1600 0103 03000000 00000000"
                                              "00 00 00 00 05000000"));
}

TEST(a_dump_of_all_links_without_their_counters) {
  MessageWriter writer(256);
  CHECK(write_link_dump(writer, 3));
  CHECK_BYTES(text_of(writer.messages()), hex("28000000 1200 0103 03000000 00000000"
                                              "00000000 00000000 00000000 00000000"
                                              "0800 1d00 08000000"));
}

TEST(a_dump_of_table_main) {
  MessageWriter writer(256);
  CHECK(write_main_route_dump(writer, AF_INET, 3));
  CHECK_BYTES(text_of(writer.messages()), hex("1c000000 1a00 0103 03000000 00000000"
                                              "02 00 00 00 fe 00 00 00 00000000"));
}

TEST(the_gateway_of_a_default_route_is_read) {
  const Exact exact(hex("02 00 00 00 fe 03 00 01 00000000 0800 0f00 fe000000 0800 0500 c0000201 0800 0400 02000000"));
  const auto gateways = read_default_gateways(payload(exact));
  CHECK(gateways.size() == 1 && gateways[0].family == AF_INET && gateways[0].is_route == 1);
  CHECK_BYTES(std::string(reinterpret_cast<const char*>(gateways[0].address), 4), hex("c0000201"));
}

TEST(the_gateways_of_all_paths_are_read) {
  const Exact exact(
      hex("02 00 00 00 fe 03 00 01 00000000"
          "2400 0900 1000 0000 02000000 0800 0500 c0000201 1000 0001 03000000 0800 0500 c00002fe"));
  const auto gateways = read_default_gateways(payload(exact));
  CHECK(gateways.size() == 2);
  CHECK_BYTES(std::string(reinterpret_cast<const char*>(gateways[1].address), 4), hex("c00002fe"));
}

// To a subnet; in another table; over a device without a gateway; with a path that is longer than its message; cut short.
TEST(other_routes_have_no_default_gateway) {
  for (const char* bytes :
       {"02 18 00 00 fe 03 00 01 00000000 0800 0500 c0000201", "02 00 00 00 ff 03 00 01 00000000 0800 0500 c0000201",
        "02 00 00 00 fe 03 00 01 00000000 0800 0400 02000000",
        "02 00 00 00 fe 03 00 01 00000000 1400 0900 2000 0000 02000000 0800 0500 c0000201", "02 00 00 00 fe 03"}) {
    const Exact exact(hex(bytes));
    CHECK(read_default_gateways(payload(exact)).empty());
  }
}

TEST(a_link_is_read) {
  const Exact exact(
      hex("00000000 05000000 43000000 00000000"
          "0a00 0300 69707673 30000000"
          "1000 1200 0a00 0100 64756d6d 79000000"));
  Link link;
  CHECK(read_link(payload(exact), &link));
  CHECK(link.index == 5 && link.name == "ipvs0" && link.kind == "dummy" && link.flags == 0x43);
}

TEST(a_bridge_port_is_no_link) {
  const Exact exact(hex("07000000 05000000 00000000 00000000 0a00 0300 69707673 30000000"));
  Link link;
  CHECK(!read_link(payload(exact), &link));
}

TEST(addresses_are_read) {
  const Exact ipv4(hex("02 20 00 00 05000000 0800 0100 0a000001 0800 0200 0a60000a"));
  const Exact ipv6(hex("0a 80 00 00 05000000 1400 0100 fd000096 00000000 00000000 00000010"));
  uint32_t device = 0;
  AddressRecord record;
  CHECK(read_address(payload(ipv4), &device, &record));
  CHECK(device == 5 && record.family == AF_INET && record.prefix_length == 32);
  CHECK_BYTES(std::string(reinterpret_cast<char*>(record.address), 4), hex(kVip));
  CHECK(read_address(payload(ipv6), &device, &record));
  CHECK_BYTES(std::string(reinterpret_cast<char*>(record.address), 16), hex(kVip6));
}

TEST(an_address_of_the_wrong_size_is_none) {
  uint32_t device = 0;
  AddressRecord record;
  for (const char* bytes : {"0a 80 00 00 05000000 0800 0100 0a60000a", "02 20 00 00 05000000", "02 20 00 00",
                            "02 20 00 00 05000000 0800 0200 0a60"}) {
    const Exact exact(hex(bytes));
    CHECK(!read_address(payload(exact), &device, &record));
  }
}

}  // namespace
}  // namespace ipvsproxy::test
