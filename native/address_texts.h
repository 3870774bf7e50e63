// Addresses of a dump as JavaScript spells them.
#pragma once

#include <string>
#include <vector>

#include "records.h"

namespace ipvsproxy {

// Texts of JSON, each of at most kItemsPerText addresses: a SpelledBindings of src/kernel/native/records.ts.
std::vector<std::string> spell_addresses(const std::vector<AddressRecord>& records);

}  // namespace ipvsproxy
