// Goes through all virtual servers of IPv4 at once, and says of which the kernel has something else than the last time.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "ipvs_sockopt.h"
#include "records.h"

namespace ipvsproxy {

class IpvsWalk {
 public:
  explicit IpvsWalk(IpvsSockopt& kernel) : kernel_(kernel) {}

  // Of what was written, or seen otherwise, the next walk tells whatever the kernel then says. What is not of IPv4 is passed over.
  template <typename Record>
  void doubt(const Record& record) {
    if (record.family == AF_INET) known_[key_of(record)] = {};
  }

  // Whether the kernel has fewer virtual servers than are known: somebody took some away.
  bool has_fewer();

  // The keys of what is other, new or gone; 0 or −errno.
  int32_t walk(std::vector<ServerKeyRecord>* changed);

 private:
  struct Known {
    uint64_t digest = 0;  // 0: in doubt
    uint32_t walk = 0;    // the last one that met it
  };

  // A key in 64 bits: the mark, or protocol, port and address.
  template <typename Record>
  static uint64_t key_of(const Record& record) {
    if (record.mark != 0) return kIsMark | record.mark;
    uint32_t address;
    std::memcpy(&address, record.address, sizeof address);
    return static_cast<uint64_t>(record.protocol) << 48 | static_cast<uint64_t>(record.port) << 32 | address;
  }
  static ServerKeyRecord record_of(uint64_t key);

  // 0 where the kernel did not say.
  uint64_t digest_of(const ip_vs_service_entry& service, const VirtualServerRecord& record);

  static constexpr uint64_t kIsMark = uint64_t{1} << 63;

  IpvsSockopt& kernel_;
  std::unordered_map<uint64_t, Known> known_;
  uint32_t walks_ = 0;
};

}  // namespace ipvsproxy
