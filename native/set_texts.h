// The elements of a set as JavaScript spells them, so that it need not put each together byte by byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "records.h"

namespace ipvsproxy {

// Of what kind the keys of a set are.
struct SetLayout {
  size_t set;        // index into the set names given to the handle
  uint32_t parts;    // of a key: kAddressParts to kSourceParts
  uint8_t protocol;  // of all elements, where keys are of kPortParts
};

struct SpelledSets {
  std::vector<std::string> texts;
  // How many of the sets they are of, from the first on.
  size_t count = 0;
};

// Appends texts of JSON, each of at most kItemsPerText elements: a SpelledElements of src/kernel/native/records.ts.
// `comments` is what the records point into. What has no such key, or a protocol that no Service has, is left out.
void spell_elements(const SetLayout& layout, const std::vector<ElementRecord>& records, std::string_view comments,
                    std::vector<std::string>* texts);

}  // namespace ipvsproxy
