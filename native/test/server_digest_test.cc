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

}  // namespace
}  // namespace ipvsproxy::test
