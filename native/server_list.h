// A record for each of the real servers that one record lists.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "records.h"

namespace ipvsproxy {

// The addresses of `list` are in `text`, with commas between them. What is no address of the family of the virtual server
// becomes a record without a family, which is never sent.
void append_servers(const OperationRecord& list, std::string_view text, std::vector<OperationRecord>* records);

}  // namespace ipvsproxy
