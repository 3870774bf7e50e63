#include <cerrno>
#include <string>

#include "check.h"

namespace ipvsproxy::test {
namespace {

size_t count_attributes(const std::string& bytes, bool* malformed) {
  const Exact exact(bytes);
  AttributeReader reader(exact.view());
  Attribute attribute;
  size_t count = 0;
  while (reader.next(&attribute)) count++;
  *malformed = reader.malformed();
  return count;
}

Message error_message(const Exact& exact, uint16_t flags) {
  return {NLMSG_ERROR, flags, 7, exact.view()};
}

TEST(attributes_are_read_with_and_without_padding_at_the_end) {
  bool malformed;
  CHECK(count_attributes(hex("0500 0100 aa000000 0600 0200 bbbb"), &malformed) == 2);
  CHECK(!malformed);
  CHECK(count_attributes("", &malformed) == 0);
  CHECK(!malformed);
}

TEST(an_attribute_longer_than_its_message_ends_the_reading) {
  bool malformed;
  CHECK(count_attributes(hex("0500 0100 aa000000 ffff 0200 bbbb0000"), &malformed) == 1);
  CHECK(malformed);
}

TEST(an_attribute_shorter_than_its_header_ends_the_reading) {
  bool malformed;
  for (const char* bytes : {"0000 0100 00000000", "0300 0100 00000000", "0400", "040001"}) {
    CHECK(count_attributes(hex(bytes), &malformed) == 0);
    CHECK(malformed);
  }
}

TEST(a_number_is_an_attribute_of_just_that_size) {
  const Exact exact(hex("0800 0180 78563412"));
  Attribute attribute;
  uint32_t number = 0;
  uint64_t wide = 0;
  uint16_t narrow = 0;
  CHECK(find_attribute(exact.view(), 1, &attribute));
  CHECK(attribute.number(&number) && number == 0x12345678);
  CHECK(!attribute.number(&wide) && !attribute.number(&narrow));
  CHECK(!find_attribute(exact.view(), 2, &attribute));
}

TEST(text_ends_at_its_nul_or_at_its_end) {
  const Exact exact(hex("0900 0100 6162006364 000000 0600 0200 6566"));
  Attribute attribute;
  CHECK(find_attribute(exact.view(), 1, &attribute) && attribute.text() == "ab");
  CHECK(find_attribute(exact.view(), 2, &attribute) && attribute.text() == "ef");
}

TEST(messages_are_read_one_after_another) {
  const Exact exact(
      hex("11000000 1f00 0200 05000000 00000000 aa000000 10000000 0300 0000 06000000 00000000"));
  MessageReader reader(exact.view());
  Message message;
  CHECK(reader.next(&message));
  CHECK(message.type == 0x1f && message.flags == 2 && message.sequence == 5 && message.payload.size == 1);
  CHECK(reader.next(&message));
  CHECK(message.type == NLMSG_DONE && message.payload.size == 0);
  CHECK(!reader.next(&message) && !reader.malformed());
}

TEST(a_message_of_impossible_length_ends_the_reading) {
  for (const char* bytes : {"0f000000 1f00 0200 05000000 00000000", "11000000 1f00 0200 05000000 00000000",
                            "ffffffff 1f00 0200 05000000 00000000", "10000000 1f00"}) {
    const Exact exact(hex(bytes));
    MessageReader reader(exact.view());
    Message message;
    CHECK(!reader.next(&message) && reader.malformed());
  }
}

TEST(an_acknowledgement_is_error_0) {
  const Exact exact(hex("00000000 | 20000000 1f00 0500 07000000 00000000"));
  Acknowledgement acknowledgement;
  CHECK(read_acknowledgement(error_message(exact, NLM_F_CAPPED), &acknowledgement));
  CHECK(acknowledgement.error == 0 && acknowledgement.message.empty());
}

TEST(a_refusal_has_the_kernels_words_behind_a_capped_request) {
  const Exact exact(hex("ffffffff | 20000000 1f00 0500 07000000 00000000 | 0700 0100 6e6f0000"));
  Acknowledgement acknowledgement;
  CHECK(read_acknowledgement(error_message(exact, NLM_F_CAPPED | NLM_F_ACK_TLVS), &acknowledgement));
  CHECK(acknowledgement.error == -EPERM && acknowledgement.message == "no");
}

TEST(a_refusal_has_the_kernels_words_behind_an_echoed_request) {
  const Exact exact(hex("ffffffff | 14000000 1f00 0500 07000000 00000000 | eeeeeeee | 0700 0100 6e6f0000"));
  Acknowledgement acknowledgement;
  CHECK(read_acknowledgement(error_message(exact, NLM_F_ACK_TLVS), &acknowledgement));
  CHECK(acknowledgement.message == "no");
}

TEST(a_refusal_that_lies_about_the_echo_has_no_words) {
  for (const char* length : {"00000000", "f0ffffff", "ffffffff"}) {
    const Exact exact(hex("ffffffff") + hex(length) + hex("1f00 0500 07000000 00000000 | 0700"));
    Acknowledgement acknowledgement;
    CHECK(read_acknowledgement(error_message(exact, NLM_F_ACK_TLVS), &acknowledgement));
    CHECK(acknowledgement.message.empty());
  }
}

TEST(a_refusal_cut_short_is_none) {
  const Exact exact(hex("ffffffff 2000"));
  Acknowledgement acknowledgement;
  CHECK(!read_acknowledgement(error_message(exact, 0), &acknowledgement));
}

}  // namespace
}  // namespace ipvsproxy::test
