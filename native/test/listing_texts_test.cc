#include "../listing_texts.h"

#include "check.h"
#include "records.h"

namespace ipvsproxy::test {
namespace {

using Texts = std::vector<std::string>;
using Servers = std::vector<RealServerRecord>;

VirtualServerRecord virtual_server(uint8_t family = AF_INET, const char* scheduler = "rr") {
  VirtualServerRecord server{};
  server.family = family;
  server.protocol = 6;
  server.port = 80;
  put(server.address, family == AF_INET ? kVip : kVip6);
  std::memcpy(server.scheduler, scheduler, std::strlen(scheduler));
  return server;
}

RealServerRecord real_server(uint16_t port = 8080, uint32_t active = 0) {
  RealServerRecord server{};
  server.family = AF_INET;
  server.port = port;
  server.weight = 1;
  server.active = active;
  put(server.address, kPod);
  return server;
}

TEST(idle_virtual_servers_are_texts_alone_and_say_once_how_they_are_set) {
  Listing listing;
  VirtualServerRecord other = virtual_server(AF_INET6, "wrr");
  other.flags = 0xffffffff;
  other.timeout = 10800;
  listing.add(virtual_server(), {real_server()});
  listing.add(other, {real_server(), real_server()});
  listing.add(virtual_server(), {real_server()});
  listing.end();
  CHECK(listing.records.empty());
  CHECK(listing.texts ==
        Texts{R"({"settings":[{"scheduler":"rr","flags":0,"timeout":0},)"
              R"({"scheduler":"wrr","flags":4294967295,"timeout":10800}],"kinds":[0,1,0],)"
              R"("names":["10.96.0.10:80/TCP","[fd00:96::10]:80/TCP","10.96.0.10:80/TCP"],)"
              R"("servers":["8080 1 10.244.0.1","8080 1 10.244.0.1,10.244.0.1","8080 1 10.244.0.1"]})"});
}

TEST(a_virtual_server_has_records_where_one_is_busy_or_the_text_says_not_all) {
  Listing listing;
  listing.add(virtual_server(), {real_server()});
  listing.add(virtual_server(), {real_server(), real_server(8080, 3)});
  listing.add(virtual_server(), {real_server(), real_server(8081)});
  listing.add(virtual_server(), {});
  listing.end();
  CHECK(listing.records.size() == 4 && listing.records[1].active == 3 && listing.records[3].port == 8081);
  CHECK(listing.texts.size() == 1);
  CHECK(listing.texts[0].find(R"("servers":["8080 1 10.244.0.1","8080 1 10.244.0.1,10.244.0.1","",""])") !=
        std::string::npos);
  CHECK(listing.texts[0].find(R"("records":[0,2,2,0]})") != std::string::npos);
}

TEST(a_virtual_server_of_a_mark_is_named_by_it_and_one_of_another_protocol_is_left_out) {
  Listing listing;
  VirtualServerRecord marked = virtual_server(), marked6 = virtual_server(AF_INET6), other = virtual_server();
  marked.mark = 7;
  marked6.mark = 0xffffffff;
  other.protocol = 50;
  for (const VirtualServerRecord& server : {marked, other, marked6}) listing.add(server, {});
  listing.end();
  CHECK(listing.texts.size() == 1);
  CHECK(listing.texts[0].find(R"("names":["IPv4 7","IPv6 4294967295"])") != std::string::npos);
}

TEST(many_virtual_servers_are_several_texts_and_none_are_none) {
  Listing none, many;
  none.end();
  for (size_t index = 0; index < kItemsPerText + 1; index++) many.add(virtual_server(), {});
  many.end();
  CHECK(none.texts.empty() && many.texts.size() == 2);
}

}  // namespace
}  // namespace ipvsproxy::test
