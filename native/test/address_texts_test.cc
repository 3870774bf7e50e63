#include "../address_texts.h"

#include "../json_list.h"
#include "check.h"
#include "records.h"

namespace ipvsproxy::test {
namespace {

using Texts = std::vector<std::string>;

AddressRecord bound(uint8_t family, const char* address, uint8_t is_route) {
  AddressRecord record{};
  record.family = family;
  record.is_route = is_route;
  put(record.address, address);
  return record;
}

TEST(addresses_of_a_device_and_routes_are_spelled_apart) {
  CHECK(spell_addresses({bound(AF_INET, kVip, 1), bound(AF_INET6, kVip6, 0), bound(AF_INET, kPod, 0)}) ==
        (Texts{R"({"isRoute":false,"addresses":["fd00:96::10","10.244.0.1"]})",
               R"({"isRoute":true,"addresses":["10.96.0.10"]})"}));
  CHECK(spell_addresses({}).empty());
}

TEST(many_addresses_are_several_texts) {
  const std::vector<AddressRecord> many(kItemsPerText + 1, bound(AF_INET, kVip, 0));
  CHECK(spell_addresses(many).size() == 2 && spell_addresses({many.begin() + 1, many.end()}).size() == 1);
}

}  // namespace
}  // namespace ipvsproxy::test
