#include "../server_digest.h"

#include "records.h"

namespace ipvsproxy::test {
namespace {

RealServerRecord real_server(const char* address, uint16_t port = 8080, int32_t weight = 1) {
  RealServerRecord server{};
  server.family = AF_INET;
  server.port = port;
  server.weight = weight;
  put(server.address, address);
  return server;
}

VirtualServerRecord virtual_server(uint32_t flags = 0, const char* scheduler = "rr") {
  VirtualServerRecord server{};
  server.family = AF_INET;
  server.protocol = 6;
  server.port = 80;
  server.flags = flags;
  std::strcpy(server.scheduler, scheduler);
  put(server.address, kVip);
  return server;
}

uint64_t digest(const VirtualServerRecord& server, std::vector<RealServerRecord> servers) {
  return digest_of(server, servers.data(), servers.size());
}

const RealServerRecord kOne = real_server("0af40001"), kTwo = real_server("0af40002");

TEST(a_digest_is_another_where_anything_is_set_otherwise) {
  const uint64_t before = digest(virtual_server(), {kOne, kTwo});
  VirtualServerRecord lasting = virtual_server();
  lasting.timeout = 600;
  RealServerRecord tunnel = kTwo;
  tunnel.forwarding = 2;
  CHECK(digest(virtual_server(1), {kOne, kTwo}) != before);
  CHECK(digest(virtual_server(0, "wrr"), {kOne, kTwo}) != before);
  CHECK(digest(lasting, {kOne, kTwo}) != before);
  CHECK(digest(virtual_server(), {kOne}) != before);
  CHECK(digest(virtual_server(), {kOne, kTwo, kTwo}) != before);
  CHECK(digest(virtual_server(), {kOne, tunnel}) != before);
  CHECK(digest(virtual_server(), {kOne, real_server("0af40003")}) != before);
  CHECK(digest(virtual_server(), {kOne, real_server("0af40002", 8081)}) != before);
  CHECK(digest(virtual_server(), {kOne, real_server("0af40002", 8080, 0)}) != before);
}

TEST(two_weights_that_change_places_are_another_digest) {
  const RealServerRecord light = real_server("0af40001", 8080, 1), heavy = real_server("0af40002", 8080, 2);
  const RealServerRecord heavier = real_server("0af40001", 8080, 2), lighter = real_server("0af40002", 8080, 1);
  CHECK(digest(virtual_server(), {light, heavy}) != digest(virtual_server(), {heavier, lighter}));
}

TEST(connections_counters_and_the_order_of_real_servers_are_no_part_of_a_digest) {
  VirtualServerRecord counted = virtual_server();
  counted.counters.connections = 7;
  RealServerRecord busy = kTwo;
  busy.active = busy.inactive = busy.upper_threshold = 9;
  CHECK(digest(counted, {busy, kOne}) == digest(virtual_server(), {kOne, kTwo}));
}

ip_vs_dest_entry listed(uint32_t address, uint16_t port = 8080, int32_t weight = 1, uint32_t flags = 0) {
  ip_vs_dest_entry server{};
  server.addr = address;
  server.port = port;
  server.weight = weight;
  server.conn_flags = flags;
  return server;
}

uint64_t digest(std::vector<ip_vs_dest_entry> servers) {
  return digest_of(virtual_server(), servers.data(), servers.size());
}

TEST(what_getsockopt_lists_has_another_digest_where_anything_is_set_otherwise) {
  const uint64_t before = digest({listed(1), listed(2)});
  CHECK(digest({listed(1)}) != before);
  CHECK(digest({listed(1), listed(3)}) != before);
  CHECK(digest({listed(1), listed(2, 8081)}) != before);
  CHECK(digest({listed(1), listed(2, 8080, 0)}) != before);
  CHECK(digest({listed(1), listed(2, 8080, 1, IP_VS_CONN_F_TUNNEL)}) != before);
  CHECK(digest({listed(1, 8080, 5), listed(2, 8080, 1)}) != digest({listed(1, 8080, 1), listed(2, 8080, 5)}));
}

TEST(connections_and_the_order_of_what_getsockopt_lists_are_no_part_of_its_digest) {
  ip_vs_dest_entry busy = listed(2);
  busy.activeconns = busy.inactconns = busy.persistconns = 9;
  busy.stats.conns = 9;
  busy.conn_flags |= IP_VS_CONN_F_HASHED;
  CHECK(digest({busy, listed(1)}) == digest({listed(1), listed(2)}));
}

}  // namespace
}  // namespace ipvsproxy::test
