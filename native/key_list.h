// A record for each of the elements or addresses that one record lists.
#pragma once

#include <string_view>
#include <vector>

#include "records.h"

namespace ipvsproxy {

// Whether the record stands for those that its text lists.
bool lists_keys(const OperationRecord& record);

// `text` is that of `list`. What cannot be read becomes a record that makes no sense, and is never sent.
void append_keys(const OperationRecord& list, std::string_view text, std::vector<OperationRecord>* records);

}  // namespace ipvsproxy
