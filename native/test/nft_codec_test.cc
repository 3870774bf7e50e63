#include "../nft_codec.h"

#include <vector>

#include "records.h"

namespace ipvsproxy::test {
namespace {

TEST(a_set_of_another_family) {
  const NftSet inet("guarded-4");
  const NftSet arp("arp:vips");
  CHECK(inet.family == 1 && inet.name == "guarded-4");
  CHECK(arp.family == 3 && arp.name == "vips");
  MessageWriter writer(256);
  CHECK(write_element_dump(writer, "t", arp, 1));
  CHECK(text_of(writer.messages())[16] == 3);
}

TEST(the_bracket_of_a_transaction) {
  MessageWriter writer(256);
  CHECK(write_transaction_begin(writer, 1));
  CHECK(write_transaction_end(writer, 2));
  CHECK_BYTES(text_of(writer.messages()), hex("14000000 1000 0100 01000000 00000000 00 00 000a"
                                              "14000000 1100 0100 02000000 00000000 00 00 000a"));
}

// A message without a table is whole, if of no use.
const char* const kMessage = "14000000 060a 0104 07000000 09000000 01 00 0000";

TEST(messages_that_are_ready_but_for_their_numbers) {
  const std::string messages = hex(kMessage) + hex("1c000000 090a 0504 00000000 00000000 01 00 0000 0600 0100 74000000");
  const Bytes bytes{reinterpret_cast<const uint8_t*>(messages.data()), messages.size()};
  CHECK(count_nft_messages(bytes) == 2);
  MessageWriter writer(transaction_size(bytes.size));
  CHECK(write_transaction(writer, bytes, 5));
  CHECK_BYTES(text_of(writer.messages()), hex("14000000 1000 0100 05000000 00000000 00 00 000a"
                                              "14000000 060a 0104 06000000 00000000 01 00 0000"
                                              "1c000000 090a 0504 07000000 00000000 01 00 0000 0600 0100 74000000"
                                              "14000000 1100 0100 08000000 00000000 00 00 000a"));
}

TEST(what_is_no_list_of_whole_nf_tables_messages) {
  const auto count = [](const std::string& text) {
    return count_nft_messages({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  const std::string message = hex(kMessage);
  CHECK(count(message) == 1);
  CHECK(count("") == 0);
  CHECK(count(message.substr(0, 19)) == 0);
  CHECK(count(message + message.substr(0, 7)) == 0);
  CHECK(count(hex("ff000000 060a 0104 00000000 00000000 01 00 0000")) == 0);
  CHECK(count(hex("10000000 060a 0104 00000000 00000000")) == 0);                  // no nfgenmsg
  CHECK(count(hex("14000000 1000 0104 00000000 00000000 01 00 000a")) == 0);       // a bracket
  CHECK(count(message + hex("14000000 0601 0104 00000000 00000000 01 00 0000")) == 0);  // ctnetlink
}

TEST(add_elements_with_comment_and_mark) {
  MessageWriter writer(512);
  const OperationRecord plain = element_record(OperationKind::kAddElement, "0a60000a 00500000");
  OperationRecord marked = plain;
  marked.mark = 0x1234;
  ElementMessage message(writer, OperationKind::kAddElement, "t", NftSet("s"), 1);
  message.append(plain, "a/b");
  message.append(marked, "");
  CHECK(message.end());
  CHECK_BYTES(text_of(writer.messages()), hex("68000000 0c0a 0106 01000000 00000000 01 00 0000"
                                              "0600 0100 74000000"
                                              "0600 0200 73000000"
                                              "4400 0380"
                                              "2000 0180"
                                              "1000 0180 0c00 0100 0a60000a 00500000"
                                              "0a00 0600 0004612f 62000000"
                                              "2000 0180"
                                              "1000 0180 0c00 0100 0a60000a 00500000"
                                              "0c00 0280 0800 0100 34120000"));
}

TEST(delete_elements_by_their_key_alone) {
  MessageWriter writer(512);
  OperationRecord record = element_record(OperationKind::kDeleteElement, "0a60000a");
  record.mark = 0x1234;
  ElementMessage message(writer, OperationKind::kDeleteElement, "t", NftSet("s"), 1);
  message.append(record, "ignored");
  CHECK(message.end());
  CHECK_BYTES(text_of(writer.messages()), hex("38000000 0e0a 0100 01000000 00000000 01 00 0000"
                                              "0600 0100 74000000"
                                              "0600 0200 73000000"
                                              "1400 0380 1000 0180 0c00 0180 0800 0100 0a60000a"));
}

TEST(a_dump_request) {
  MessageWriter writer(256);
  CHECK(write_element_dump(writer, "t", NftSet("s"), 1));
  CHECK_BYTES(text_of(writer.messages()), hex("24000000 0d0a 0103 01000000 00000000 01 00 0000"
                                              "0600 0100 74000000"
                                              "0600 0200 73000000"));
}

TEST(a_comment_is_cut_between_characters) {
  const std::string ascii(127, 'a');
  CHECK(fit_comment(ascii) == ascii);
  CHECK(fit_comment(ascii + "b") == ascii);
  CHECK(fit_comment(std::string(126, 'a') + "\xc3\xbc") == std::string(126, 'a'));
  CHECK(fit_comment(std::string(300, '\x80')).empty());
}

struct Seen {
  ElementRecord record;
  std::string comment;
};

bool read(const std::string& bytes, std::vector<Seen>* seen) {
  const Exact exact(bytes);
  return read_elements(payload(exact), [&](const ElementRecord& record, std::string_view comment) {
    seen->push_back({record, std::string(comment)});
  });
}

const std::string kElements =
    hex("02 00 0000 | 0600 0100 74000000 | 4400 0380"
        "2800 0180 1000 0180 0c00 0100 0a60000a 00500000 0a00 0600 0004612f 62000000 0800 0300 00000001"
        "1800 0180 0c00 0180 0800 0100 0a60000b 0800 0600 0200 0001");

TEST(elements_are_read_with_their_comments_and_flags) {
  std::vector<Seen> seen;
  CHECK(read(kElements, &seen));
  CHECK(seen.size() == 2);
  seen.resize(2);
  CHECK(seen[0].record.key_length == 8 && seen[0].comment == "a/b" && seen[0].record.flags == 1);
  CHECK(seen[1].record.key_length == 4 && seen[1].comment.empty());
}

TEST(map_values_are_read) {
  std::vector<Seen> seen;
  CHECK(
      read(hex("02 00 0000 | 2000 0380 1c00 0180 0c00 0180 0800 0100 0a60000a 0c00 0280 0800 0100 34120000"),
           &seen));
  CHECK(seen.size() == 1 && seen[0].record.mark == 0x1234);
}

TEST(no_elements_are_none) {
  std::vector<Seen> seen;
  CHECK(read(hex("02 00 0000 | 0600 0100 74000000"), &seen) && seen.empty());
}

TEST(a_message_cut_short_is_refused) {
  const size_t head = hex("02 00 0000 | 0600 0100 74000000").size();
  for (size_t length = head + 4; length < kElements.size(); length++) {
    std::vector<Seen> seen;
    std::string cut = kElements.substr(0, length);
    cut[head] = static_cast<char>(length - head);
    CHECK(!read(cut, &seen) || length == head + 4 || length == head + 44);
  }
}

TEST(a_key_longer_than_ours_is_refused) {
  std::vector<Seen> seen;
  CHECK(!read(hex("02 00 0000 | 4400 0380 4000 0180 3c00 0180 3800 0100") + std::string(52, 'k'), &seen));
}

TEST(a_comment_that_lies_about_its_length_is_empty) {
  std::vector<Seen> seen;
  CHECK(read(hex("02 00 0000 | 1c00 0380 1800 0180 0c00 0180 0800 0100 0a60000a 0800 0600 00ff6161"), &seen));
  CHECK(seen.size() == 1 && seen[0].comment.empty());
}

}  // namespace
}  // namespace ipvsproxy::test
