#include "../set_texts.h"

#include <netinet/in.h>

#include "../json_list.h"
#include "../key_list.h"
#include "check.h"
#include "records.h"

namespace ipvsproxy::test {
namespace {

ElementRecord element(const char* key) {
  ElementRecord record{};
  record.key_length = static_cast<uint8_t>(hex(key).size());
  put(record.key, key);
  return record;
}

using Elements = std::vector<ElementRecord>;

std::vector<std::string> spelled(const SetLayout& layout, const Elements& elements, std::string_view comments = {}) {
  std::vector<std::string> texts;
  spell_elements(layout, elements, comments, &texts);
  return texts;
}

using Texts = std::vector<std::string>;

const char* const kWeb = "0a60000a 06000000 00500000";

TEST(addresses_of_both_families_are_spelled) {
  CHECK(spelled({7, kAddressParts, 0}, {element(kVip), element(kPod)}) ==
        Texts{R"({"set":7,"keys":["10.96.0.10","10.244.0.1"]})"});
  CHECK(spelled({7, kAddressParts, 0}, {element(kVip6)}) == Texts{R"({"set":7,"keys":["fd00:96::10"]})"});
}

TEST(frontends_are_spelled_each_with_those_of_its_protocol) {
  const Elements elements = {element(kWeb), element("0a60000a 11000000 00350000"), element("0a60000b 06000000 01bb0000")};
  CHECK(spelled({0, kFrontendParts, 0}, elements) ==
        (Texts{R"({"set":0,"protocol":"TCP","ports":[80,443],"keys":["10.96.0.10:80/TCP","10.96.0.11:443/TCP"]})",
               R"({"set":0,"protocol":"UDP","ports":[53],"keys":["10.96.0.10:53/UDP"]})"}));
  CHECK(spelled({1, kFrontendParts, 0}, {element("fd00009600000000 0000000000000010 84000000 ffff0000")}) ==
        Texts{R"({"set":1,"protocol":"SCTP","ports":[65535],"keys":["[fd00:96::10]:65535/SCTP"]})"});
}

TEST(frontends_in_a_set_of_one_protocol_have_that) {
  CHECK(spelled({2, kPortParts, IPPROTO_UDP}, {element("0a60000a 00350000")}) ==
        Texts{R"({"set":2,"protocol":"UDP","ports":[53],"keys":["10.96.0.10:53/UDP"]})"});
}

TEST(another_protocol_and_a_key_of_another_length_are_left_out) {
  CHECK(spelled({0, kFrontendParts, 0}, {element("0a60000a 01000000 00500000"), element(kVip)}).empty());
  CHECK(spelled({0, kPortParts, 1}, {element("0a60000a 00500000")}).empty());
  CHECK(spelled({0, kAddressParts, 0}, {element("0a60000a 00500000")}).empty());
}

TEST(marks_and_comments_are_listed_where_an_element_has_one) {
  Elements elements = {element(kWeb), element(kWeb)};
  elements[1].mark = 0xffffffff;
  elements[1].text_offset = 1;
  elements[1].text_length = 2;
  CHECK(spelled({0, kFrontendParts, 0}, elements, "-ab") ==
        Texts{R"({"set":0,"protocol":"TCP","ports":[80,80],"keys":["10.96.0.10:80/TCP","10.96.0.10:80/TCP"],)"
              R"("marks":[0,4294967295],"comments":["","ab"]})"});
}

TEST(a_comment_that_somebody_else_wrote_stays_one_text) {
  const std::string_view comment = "a\"b\\\n\x1f\xc3\xa9";
  ElementRecord record = element(kVip);
  record.text_length = static_cast<uint16_t>(comment.size());
  CHECK(spelled({0, kAddressParts, 0}, {record}, comment) ==
        Texts{"{\"set\":0,\"keys\":[\"10.96.0.10\"],\"comments\":[\"a\\u0022b\\u005c\\u000a\\u001f\xc3\xa9\"]}"});
}

TEST(clients_are_a_range_behind_their_frontend) {
  Elements elements = {element("0a60000a 06000000 00500000 ac100000"), element("0a60000a 06000000 00500000 01020304"),
                       element("0a60000a 06000000 00500000 00000000")};
  elements[0].free_bits = 1 + 20;
  elements[2].free_bits = 1 + 32;
  CHECK(spelled({0, kSourceParts, 0}, elements)[0].find(R"("sources":["172.16.0.0/12","1.2.3.4/32","0.0.0.0/0"])") !=
        std::string::npos);
  elements[0].free_bits = 1 + 33;
  CHECK(spelled({0, kSourceParts, 0}, {elements[0]}).empty());
  const char* key = "fd00009600000000 0000000000000010 06000000 00500000 fd00000000000000 0000000000000000";
  Elements one = {element(key)};
  one[0].free_bits = 1 + 64;
  CHECK(spelled({0, kSourceParts, 0}, one)[0].find(R"("sources":["fd00::/64"])") != std::string::npos);
}

TEST(many_elements_are_several_texts) {
  const Texts texts = spelled({0, kAddressParts, 0}, Elements(kItemsPerText + 1, element(kVip)));
  CHECK(texts.size() == 2 && texts[1] == R"({"set":0,"keys":["10.96.0.10"]})");
  CHECK(spelled({0, kAddressParts, 0}, Elements(kItemsPerText, element(kVip))).size() == 1);
}

TEST(what_is_written_by_its_text_is_spelled_as_that_text) {
  for (const char* text : {"10.96.0.10:80/TCP", "[fd00:96::10]:53/UDP", "255.255.255.255:65535/SCTP", "[::]:1/TCP"}) {
    for (const uint32_t parts : {kPortParts, kFrontendParts}) {
      OperationRecord list{};
      list.kind = OperationKind::kAddElement;
      list.flags = parts;
      std::vector<OperationRecord> written;
      append_keys(list, text, &written);
      ElementRecord read{};
      read.key_length = written[0].forwarding;
      std::memcpy(read.key, element_key(written[0]), sizeof read.key);
      const uint8_t protocol = text[std::string_view(text).find('/') + 1] == 'T'   ? IPPROTO_TCP
                               : text[std::string_view(text).find('/') + 1] == 'U' ? IPPROTO_UDP
                                                                                   : IPPROTO_SCTP;
      const Texts texts = spelled({0, parts, parts == kPortParts ? protocol : uint8_t{0}}, {read});
      CHECK(texts.size() == 1 && texts[0].find('"' + std::string(text) + '"') != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace ipvsproxy::test
