#include "../server_list.h"

#include <string>
#include <vector>

#include "records.h"

namespace ipvsproxy::test {
namespace {

std::vector<OperationRecord> servers_of(const OperationRecord& list, const char* text) {
  std::vector<OperationRecord> records;
  append_servers(list, text, &records);
  return records;
}

std::string real_address(const OperationRecord& record) {
  return text_of({record.real_address, sizeof record.real_address});
}

TEST(a_list_becomes_a_record_for_each_address_in_the_order_of_the_text) {
  OperationRecord list = record_of(OperationKind::kAddRealServers);
  list.weight = 7;
  list.text_offset = 80;
  list.text_length = 24;
  const std::vector<OperationRecord> servers = servers_of(list, "10.244.0.1,10.244.255.20");
  CHECK(servers.size() == 2);
  for (const OperationRecord& server : servers) {
    CHECK(server.kind == OperationKind::kAddRealServer && server.family == AF_INET);
    CHECK(server.port == 80 && server.real_port == 8080 && server.weight == 7);
    CHECK(server.text_offset == 0 && server.text_length == 0 && server.set == 0 && server.flags == 0);
  }
  CHECK_BYTES(real_address(servers[0]), hex("0af40001 00000000 00000000 00000000"));
  CHECK_BYTES(real_address(servers[1]), hex("0af4ff14 00000000 00000000 00000000"));
}

TEST(addresses_of_ipv6_are_listed_too) {
  const auto servers = servers_of(record_of(OperationKind::kAddRealServers, AF_INET6), "fd00:244::1,fd00:244::1:2");
  CHECK(servers.size() == 2 && servers[1].family == AF_INET6);
  CHECK_BYTES(real_address(servers[0]), hex(kPod6));
}

TEST(what_is_no_address_of_the_family_keeps_its_place_and_is_not_sent) {
  const OperationRecord list = record_of(OperationKind::kAddRealServers);
  const auto servers = servers_of(list, "10.244.0.1,fd00::1,,256.1.1.1,10.244.0.2");
  CHECK(servers.size() == 5);
  for (size_t index : {1, 2, 3}) CHECK(servers[index].family == AF_UNSPEC);
  CHECK(servers[0].family == AF_INET && servers[4].family == AF_INET);
  const std::string endless(1000, '1');
  CHECK(servers_of(list, endless.c_str())[0].family == AF_UNSPEC);
  CHECK(servers_of(list, "").empty());
}

std::string last_bytes(int32_t seed, uint16_t port, const char* text, uint8_t family = AF_INET) {
  OperationRecord list = record_of(OperationKind::kAddRealServers, family);
  list.set = kByRank;
  list.real_port = port;
  list.flags = static_cast<uint32_t>(seed);
  std::string order;
  for (const OperationRecord& server : servers_of(list, text))
    order += std::to_string(server.real_address[family == AF_INET ? 3 : 15]);
  return order;
}

// test/desired/server-order.test.ts has the same.
TEST(the_order_by_rank_is_that_of_javascript) {
  const char* const six = "10.244.0.1,10.244.0.2,10.244.0.3,10.244.0.4,10.244.0.5,10.244.0.6";
  CHECK(last_bytes(0, 8080, six) == "365214");
  CHECK(last_bytes(1239329979, 8080, six) == "534612");
  CHECK(last_bytes(-1389662499, 53, "fd00:244::1,fd00:244::2,fd00:244::3,fd00:244::4,fd00:244::5", AF_INET6) ==
        "12453");
}

}  // namespace
}  // namespace ipvsproxy::test
