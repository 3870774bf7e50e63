#include "../key_list.h"

#include <string>
#include <vector>

#include "records.h"

namespace ipvsproxy::test {
namespace {

constexpr size_t kTextOffset = 80;

OperationRecord list_of(OperationKind kind, uint32_t parts) {
  OperationRecord list{};
  list.kind = kind;
  list.flags = parts;
  list.set = 5;
  list.text_offset = kTextOffset;
  return list;
}

std::vector<OperationRecord> keys_of(OperationKind kind, uint32_t parts, const std::string& text) {
  std::vector<OperationRecord> records;
  append_keys(list_of(kind, parts), text, &records);
  return records;
}

std::string key_of(const OperationRecord& record) { return text_of({element_key(record), record.forwarding}); }

TEST(frontends_become_an_element_each_with_address_protocol_and_port) {
  const auto elements = keys_of(OperationKind::kAddElement, kFrontendParts,
                                "10.96.0.10:80/TCP\n10.96.0.10:53/UDP\n[fd00:96::10]:65535/SCTP");
  CHECK(elements.size() == 3);
  for (const OperationRecord& element : elements) {
    CHECK(element.kind == OperationKind::kAddElement && element.set == 5 && element.mark == 0);
    CHECK(element.family != kRange && element.flags == 0 && element.text_length == 0);
  }
  CHECK_BYTES(key_of(elements[0]), hex("0a60000a 06000000 00500000"));
  CHECK_BYTES(key_of(elements[1]), hex("0a60000a 11000000 00350000"));
  CHECK_BYTES(key_of(elements[2]), hex(kVip6) + hex("84000000 ffff0000"));
}

TEST(a_set_of_one_protocol_has_address_and_port_and_one_of_addresses_the_address) {
  const auto owned = keys_of(OperationKind::kDeleteElement, kPortParts, "10.96.0.10:80/TCP");
  CHECK(owned.size() == 1 && owned[0].kind == OperationKind::kDeleteElement);
  CHECK_BYTES(key_of(owned[0]), hex("0a60000a 00500000"));
  const auto guarded = keys_of(OperationKind::kAddElement, kAddressParts, "10.96.0.10\nfd00:96::10");
  CHECK_BYTES(key_of(guarded[0]), hex(kVip));
  CHECK_BYTES(key_of(guarded[1]), hex(kVip6));
}

TEST(what_follows_a_space_is_the_comment_of_the_element) {
  const std::string text = "10.96.0.10:80/TCP shop/web:a b\n10.96.0.10:81/TCP\n10.96.0.10:82/TCP ";
  const auto elements = keys_of(OperationKind::kAddElement, kPortParts, text);
  CHECK(elements[0].text_offset == kTextOffset + 18 && elements[0].text_length == 12);
  CHECK(text.substr(elements[0].text_offset - kTextOffset, elements[0].text_length) == "shop/web:a b");
  CHECK(elements[1].text_length == 0 && elements[2].text_length == 0);
}

TEST(addresses_of_the_device_are_listed_too) {
  for (OperationKind kind : {OperationKind::kBindAddress, OperationKind::kUnbindAddress, OperationKind::kBindRoute,
                             OperationKind::kUnbindRoute}) {
    const auto addresses = keys_of(kind, kAddressParts, "10.96.0.10\nfd00:96::10");
    CHECK(addresses.size() == 2 && addresses[1].kind == kind);
    CHECK(addresses[0].family == AF_INET && addresses[1].family == AF_INET6);
    CHECK_BYTES(text_of({addresses[0].address, kAddressSize}), hex("0a60000a 00000000 00000000 00000000"));
    CHECK_BYTES(text_of({addresses[1].address, kAddressSize}), hex(kVip6));
  }
}

TEST(what_cannot_be_read_keeps_its_place_and_is_not_sent) {
  const std::string text =
      "10.96.0.10:80/TCP\n\n10.96.0.10\n10.96.0.10:80\n10.96.0.10:80/ICMP\n10.96.0.10:/TCP\n10.96.0.10:65536/TCP\n"
      "10.96.0.10:99999999999/TCP\n10.96.0.10:8x/TCP\n256.0.0.1:80/TCP\n[]:80/TCP\n" +
      std::string(1000, '1') + ":80/TCP\n10.96.0.11:80/TCP";
  const auto elements = keys_of(OperationKind::kAddElement, kFrontendParts, text);
  CHECK(elements.size() == 13 && elements.front().forwarding == 12 && elements.back().forwarding == 12);
  for (size_t index = 1; index + 1 < elements.size(); index++) CHECK(elements[index].forwarding == 0);
  for (const OperationRecord& address : keys_of(OperationKind::kBindAddress, kAddressParts, "\n10.96.0\nx"))
    CHECK(address.family == AF_UNSPEC);
}

TEST(only_elements_and_addresses_that_say_of_how_many_parts_they_are_are_lists) {
  CHECK(lists_keys(list_of(OperationKind::kAddElement, kFrontendParts)));
  CHECK(lists_keys(list_of(OperationKind::kUnbindRoute, kAddressParts)));
  CHECK(!lists_keys(list_of(OperationKind::kAddElement, 0)));
  CHECK(!lists_keys(list_of(OperationKind::kAddVirtualServer, 1)));
}

}  // namespace
}  // namespace ipvsproxy::test
