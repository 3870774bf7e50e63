#include <string>

#include "check.h"

namespace ipvsproxy::test {
namespace {

TEST(a_message_is_its_header_and_padded_attributes) {
  MessageWriter writer(128);
  writer.begin(0x1f, NLM_F_ACK, 7);
  writer.number<uint8_t>(1, 0xaa);
  writer.text(2, "abcd");
  CHECK(writer.end());
  CHECK_BYTES(text_of(writer.messages()), hex("24000000 1f00 0500 07000000 00000000"
                                              "0500 0100 aa000000"
                                              "0900 0200 61626364 00000000"));
}

TEST(nests_carry_their_length_and_flag) {
  MessageWriter writer(128);
  writer.begin(1, 0, 1);
  {
    const Nest outer(writer, 1);
    const Nest inner(writer, 2);
    writer.number<uint16_t>(3, 0x1234);
  }
  CHECK(writer.end());
  CHECK_BYTES(text_of(writer.messages()), hex("20000000 0100 0100 01000000 00000000"
                                              "1000 0180 | 0c00 0280 | 0600 0300 34120000"));
}

TEST(a_message_that_does_not_fit_is_removed_and_the_others_stay) {
  MessageWriter writer(40);
  writer.begin(1, 0, 1);
  CHECK(writer.end());
  const std::string before = text_of(writer.messages());
  writer.begin(2, 0, 2);
  writer.text(1, "longer than the room");
  CHECK(!writer.end());
  CHECK_BYTES(text_of(writer.messages()), before);
  CHECK(writer.count() == 1);
  writer.begin(3, 0, 3);
  CHECK(writer.end());
  CHECK(writer.count() == 2);
}

TEST(a_header_that_does_not_fit_writes_nothing) {
  MessageWriter writer(8);
  writer.begin(1, 0, 1);
  CHECK(!writer.end());
  CHECK(writer.messages().size == 0);
  writer.acknowledge_last();
}

TEST(an_attribute_longer_than_16_bits_is_refused) {
  const std::string huge(65'532, 'x');
  MessageWriter writer(1 << 20);
  writer.begin(1, 0, 1);
  writer.bytes(1, huge.data(), huge.size());
  CHECK(!writer.end());
  writer.begin(1, 0, 1);
  writer.bytes(1, huge.data(), huge.size() - 1);
  CHECK(writer.end());
}

TEST(a_nest_longer_than_16_bits_is_refused) {
  const std::string half(40'000, 'x');
  MessageWriter writer(1 << 20);
  writer.begin(1, 0, 1);
  {
    const Nest nest(writer, 1);
    writer.bytes(1, half.data(), half.size());
    writer.bytes(2, half.data(), half.size());
  }
  CHECK(!writer.end());
}

TEST(only_the_last_message_asks_for_an_acknowledgement) {
  MessageWriter writer(128);
  for (uint32_t sequence = 1; sequence <= 2; sequence++) {
    writer.begin(1, 0, sequence);
    CHECK(writer.end());
  }
  writer.acknowledge_last();
  CHECK_BYTES(text_of(writer.messages()), hex("10000000 0100 0100 01000000 00000000"
                                              "10000000 0100 0500 02000000 00000000"));
}

// What did not fit was where the next would begin: at the end of a full buffer its flags would lie past it.
TEST(a_message_that_did_not_fit_leaves_the_acknowledgement_to_the_one_before) {
  MessageWriter writer(16);
  writer.begin(1, 0, 1);
  CHECK(writer.end());
  writer.begin(1, 0, 2);
  CHECK(!writer.end());
  writer.acknowledge_last();
  CHECK_BYTES(text_of(writer.messages()), hex("10000000 0100 0500 01000000 00000000"));
}

}  // namespace
}  // namespace ipvsproxy::test
