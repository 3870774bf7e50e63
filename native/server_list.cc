#include "server_list.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "server_texts.h"

namespace ipvsproxy {
namespace {

// FNV-1a's, and those of the last step of MurmurHash3.
constexpr uint32_t kPrime = 0x01000193;
constexpr uint32_t kFirstFactor = 0x85ebca6b;
constexpr uint32_t kSecondFactor = 0xc2b2ae35;

struct Ranked {
  int32_t rank;
  std::string_view address;
};

std::vector<Ranked> addresses_in(std::string_view text) {
  std::vector<Ranked> addresses;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    addresses.push_back({0, text.substr(0, comma)});
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return addresses;
}

// The ranks of src/desired/candidates.ts, which says what they are for.
int32_t rank_of(std::string_view address, uint16_t port, uint32_t seed) {
  uint32_t hash = seed ^ port;
  for (const char character : address) hash = (hash ^ static_cast<uint8_t>(character)) * kPrime;
  hash = (hash ^ (hash >> 16)) * kFirstFactor;
  hash = (hash ^ (hash >> 13)) * kSecondFactor;
  return static_cast<int32_t>(hash ^ (hash >> 16));
}

}  // namespace

void append_servers(const OperationRecord& list, std::string_view text, std::vector<OperationRecord>* records) {
  std::vector<Ranked> addresses = addresses_in(text);
  if (list.set == kByRank) {
    for (Ranked& one : addresses) one.rank = rank_of(one.address, list.real_port, list.flags);
    std::stable_sort(addresses.begin(), addresses.end(),
                     [](const Ranked& a, const Ranked& b) { return a.rank < b.rank; });
  }
  OperationRecord record = list;
  record.kind = OperationKind::kAddRealServer;
  record.flags = record.text_offset = 0;
  record.text_length = record.set = 0;
  for (const Ranked& one : addresses) {
    std::memset(record.real_address, 0, sizeof record.real_address);
    record.family = read_address(list.family, one.address, record.real_address) ? list.family : AF_UNSPEC;
    records->push_back(record);
  }
}

}  // namespace ipvsproxy
