#include "address_texts.h"

#include "json_list.h"
#include "server_texts.h"

namespace ipvsproxy {
namespace {

std::string text_of(const JsonList& addresses, bool is_route) {
  std::string json = "{";
  append_name("isRoute", &json);
  json += is_route ? "true" : "false";
  addresses.append_to("addresses", &json);
  return json + '}';
}

void spell(const std::vector<AddressRecord>& records, bool is_route, std::vector<std::string>* texts) {
  JsonList addresses;
  for (const AddressRecord& record : records) {
    if ((record.is_route != 0) != is_route) continue;
    addresses.add_plain([&](std::string* text) { append_address(record.family, record.address, text); });
    if (addresses.size() < kItemsPerText) continue;
    texts->push_back(text_of(addresses, is_route));
    addresses = {};
  }
  if (addresses.size() > 0) texts->push_back(text_of(addresses, is_route));
}

}  // namespace

std::vector<std::string> spell_addresses(const std::vector<AddressRecord>& records) {
  std::vector<std::string> texts;
  for (const bool is_route : {false, true}) spell(records, is_route, &texts);
  return texts;
}

}  // namespace ipvsproxy
