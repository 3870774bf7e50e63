// A digest of all that is set in a virtual server and its real servers: no connections, no counters. The order of the real servers
// does not matter, since the kernel may list them in another one.
#pragma once

#include <linux/ip_vs.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "records.h"

namespace ipvsproxy {

// The finalizer of splitmix64 (Steele, Lea, Flood, 2014).
inline uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// Of whole words of 8 bytes.
inline uint64_t mixed(uint64_t value, const void* data, size_t size) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  for (size_t offset = 0; offset < size; offset += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes + offset, sizeof word);
    value = mixed((value ^ word) + 0x9e3779b97f4a7c15);
  }
  return value;
}

// Family, forwarding, port and weight come first; then its connections and threshold, which are not set by anybody.
inline uint64_t digest_of(const RealServerRecord& server) {
  return mixed(mixed(1, &server, offsetof(RealServerRecord, active)), server.address, kAddressSize);
}

// The same of what getsockopt(2) tells: there are tens of thousands in a walk, so no record is made of each.
inline uint64_t digest_of(const ip_vs_dest_entry& server) {
  const uint64_t place = static_cast<uint64_t>(server.addr) << 32 | static_cast<uint64_t>(server.port) << 16 |
                         (server.conn_flags & IP_VS_CONN_F_FWD_MASK);
  return mixed(mixed(place) ^ static_cast<uint32_t>(server.weight));
}

template <typename Server>
uint64_t digest_of(const VirtualServerRecord& server, const Server* servers, size_t count) {
  uint64_t sum = count;
  for (size_t index = 0; index < count; index++) sum += digest_of(servers[index]);
  return mixed(sum, &server, offsetof(VirtualServerRecord, counters));
}

}  // namespace ipvsproxy
