#include "../server_texts.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "check.h"
#include "records.h"

namespace ipvsproxy::test {
namespace {

RealServerRecord real_server(uint8_t family, const char* address, uint16_t port = 8080, int32_t weight = 1) {
  RealServerRecord server{};
  server.family = family;
  server.port = port;
  server.weight = weight;
  put(server.address, address);
  return server;
}

VirtualServerRecord virtual_server(uint8_t family, const char* address, uint8_t protocol = 6) {
  VirtualServerRecord server{};
  server.family = family;
  server.protocol = protocol;
  server.port = 80;
  put(server.address, address);
  return server;
}

const RealServerRecord kNine = real_server(AF_INET, "0af40009"), kTen = real_server(AF_INET, "0af4000a");

std::string text(std::vector<RealServerRecord> servers) {
  return even_text(servers.data(), servers.size());
}

TEST(a_key_is_spelled_as_in_javascript) {
  CHECK(key_text(virtual_server(AF_INET, "0a600001")) == "10.96.0.1:80/TCP");
  CHECK(key_text(virtual_server(AF_INET, "0a600001", 17)) == "10.96.0.1:80/UDP");
  CHECK(key_text(virtual_server(AF_INET6, "fd000000000000000000000000000001", 132)) == "[fd00::1]:80/SCTP");
}

TEST(a_mark_and_another_protocol_have_no_key) {
  VirtualServerRecord marked = virtual_server(AF_INET, "0a600001");
  marked.mark = 5;
  CHECK(key_text(marked).empty());
  CHECK(key_text(virtual_server(AF_INET, "0a600001", 1)).empty());
}

TEST(servers_that_are_alike_are_one_text_whatever_their_order) {
  CHECK(text({kNine, kTen}) == "8080 1 10.244.0.10,10.244.0.9");
  CHECK(text({kTen, kNine}) == text({kNine, kTen}));
  CHECK(text({real_server(AF_INET6, "fd000000000000000000000000000001")}) == "8080 1 fd00::1");
}

TEST(servers_that_differ_have_no_text) {
  RealServerRecord tunnel = kTen, full = kTen;
  tunnel.forwarding = 2;
  full.upper_threshold = 7;
  CHECK(text({}).empty());
  CHECK(text({kNine, real_server(AF_INET, "0af4000a", 8081)}).empty());
  CHECK(text({kNine, real_server(AF_INET, "0af4000a", 8080, 2)}).empty());
  CHECK(text({kNine, tunnel}).empty());
  CHECK(text({full}).empty());
}

TEST(an_address_of_ipv6_is_spelled_without_dots_and_its_first_longest_run_of_zeros_left_out) {
  const std::pair<const char*, const char*> pairs[] = {
      {"00000000000000000000000000000000", "::"},
      {"00000000000000000000000000000001", "::1"},
      {"fd000000000000000000000000000000", "fd00::"},
      {"fd000000000000010000000000000002", "fd00:0:0:1::2"},
      {"fd000000000000010001000000000002", "fd00::1:1:0:0:2"},
      {"00010000000100010001000100010001", "1:0:1:1:1:1:1:1"},
      {"00000000000100010001000100010abc", "::1:1:1:1:1:abc"},
      {"00000000000000000000000001020304", "::102:304"},
      {"00000000000000000000ffff01020304", "::ffff:102:304"},
  };
  for (const auto& [bytes, expected] : pairs) {
    std::string text;
    append_address(AF_INET6, reinterpret_cast<const uint8_t*>(hex(bytes).data()), &text);
    CHECK(text == expected);
  }
}

TEST(an_address_of_ipv4_is_read_as_inet_pton_reads_it) {
  const char* texts[] = {"10.0.0.1", "0.0.0.0",   "255.255.255.255", "1.2.3.256", "01.2.3.4", "1.2.3.00", "1.2.3",
                         "1.2.3.",   "1.2.3.4.5", "1..3.4",          ".1.2.3.4",  "1.2.3.4 ", "",         "1.2.3.4294967297",
                         "1.2.3.-4", "a.b.c.d",   "::1"};
  for (const char* text : texts) {
    uint8_t ours[4] = {}, theirs[4] = {};
    const bool is_address = inet_pton(AF_INET, text, theirs) == 1;
    CHECK(read_address(AF_INET, text, ours) == is_address);
    if (is_address) CHECK(std::memcmp(ours, theirs, sizeof ours) == 0);
  }
}

}  // namespace
}  // namespace ipvsproxy::test
