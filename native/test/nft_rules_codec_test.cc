#include "../nft_rules_codec.h"

#include "check.h"

namespace ipvsproxy::test {
namespace {

Message message_of(const std::string& payload) {
  Message message;
  message.payload = {reinterpret_cast<const uint8_t*>(payload.data()), payload.size()};
  return message;
}

// Table "t", chain "c", handle 7, behind it the expressions: a counter without data, then what is given.
std::string rule(const char* expression, const std::string& table = hex("0600 0100 74000000")) {
  const std::string rest = hex("0600 0200 63000000 0c00 0300 00000000 00000007");
  const std::string list = hex("1000 0180 0c00 0100 636f756e 74657200") + hex(expression);
  std::string head = hex("0000 0480");
  head[0] = static_cast<char>(list.size() + 4);
  return hex("02 00 0000") + table + rest + head + list;
}

// immediate { register verdict, data { verdict { code −3, chain "d" } } }
const char* const kJump =
    "3800 0180 0e00 0100 696d6d65 64696174 65000000"
    "2400 0280 0800 0100 00000000 1800 0280 1400 0280 0800 0100 fffffffd 0600 0200 64000000";

TEST(the_dumps_of_chains_and_of_one_tables_rules) {
  MessageWriter writer(256);
  CHECK(write_chain_dump(writer, 2, 1));
  CHECK(write_rule_dump(writer, 10, "t", 2));
  CHECK_BYTES(text_of(writer.messages()), hex("14000000 040a 0103 01000000 00000000 02 00 0000"
                                              "1c000000 070a 0103 02000000 00000000 0a 00 0000"
                                              "0600 0100 74000000"));
}

TEST(a_chain_of_the_table_and_one_of_another) {
  const std::string payload = hex("02 00 0000 0600 0100 74000000 0600 0300 63000000");
  std::string name = "before";
  CHECK(read_chain(message_of(payload), "t", &name) && name == "c");
  CHECK(read_chain(message_of(payload), "other", &name) && name.empty());
  CHECK(!read_chain(message_of(hex("02 00 0000")), "t", &name));
}

TEST(the_raw_form_of_a_chain_is_what_follows_the_header) {
  const std::string body = hex("0600 0100 74000000 0600 0300 63000000");
  const std::string payload = hex("02 00 1234") + body;
  Bytes raw_rules;
  CHECK(read_raw_rules(message_of(payload), "t", &raw_rules));
  CHECK_BYTES(text_of(raw_rules), body);
  CHECK(read_raw_rules(message_of(payload), "other", &raw_rules) && raw_rules.size == 0);
  CHECK(!read_raw_rules(message_of(hex("02 00 0000")), "t", &raw_rules));
}

TEST(a_frame_is_length_command_family_and_what_follows_the_header) {
  const std::string body = hex("0600 0100 74000000");
  std::vector<uint8_t> frames;
  const std::string payload = hex("0a 00 1234") + body;
  Message message = message_of(payload);
  message.type = 0x0a06;
  CHECK(write_frame(message, &frames));
  CHECK_BYTES(std::string(frames.begin(), frames.end()), hex("08000000 06 0a 0000") + body);
  CHECK(!write_frame(message_of(hex("0a 00")), &frames));
}

TEST(the_dump_of_every_tables_rules_names_no_table) {
  MessageWriter writer(256);
  CHECK(write_rule_dump(writer, 0, "", 3));
  CHECK_BYTES(text_of(writer.messages()), hex("14000000 070a 0103 03000000 00000000 00 00 0000"));
}

TEST(a_rule_that_jumps) {
  NftJump jump;
  const std::string payload = rule(kJump);
  CHECK(read_jump(message_of(payload), "t", &jump));
  CHECK(jump.chain == "c" && jump.handle == 7 && jump.target == "d");
  CHECK(read_jump(message_of(payload), "other", &jump) && jump.target.empty());
}

TEST(a_rule_that_leads_nowhere_and_one_that_is_cut) {
  NftJump jump;
  CHECK(read_jump(message_of(rule("")), "t", &jump) && jump.target.empty());
  const std::string payload = rule(kJump);
  for (size_t size = 0; size < payload.size(); size++) {
    const std::string part = payload.substr(0, size);
    CHECK(!read_jump(message_of(part), "t", &jump) || jump.target != "d");
  }
}

}  // namespace
}  // namespace ipvsproxy::test
