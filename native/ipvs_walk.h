// Goes through all virtual servers of IPv4, part by part, and says of which the kernel has something else than the last time.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ipvs_sockopt.h"
#include "records.h"

namespace ipvsproxy {

class IpvsWalk {
 public:
  explicit IpvsWalk(IpvsSockopt& kernel) : kernel_(kernel) {}

  // Of what was written the next walk tells whatever the kernel then says; the one under way tells it too, where
  // it has not come to it yet. What is not of IPv4 is passed over.
  template <typename Record>
  void doubt(const Record& record) {
    if (record.family == AF_INET) known_[key_of(record)] = {0, walks_};
  }

  // The same of what was only seen: what no walk has met yet the next one tells anyway, and a handle that never walks keeps nothing.
  template <typename Record>
  void doubt_known(const Record& record) {
    if (record.family != AF_INET) return;
    const auto known = known_.find(key_of(record));
    if (known != known_.end()) known->second = {0, walks_};
  }

  // One was added or deleted through this handle: that there are fewer then is nobody else's doing.
  template <typename Record>
  void wrote(const Record& record, bool is_deleted) {
    if (record.family != AF_INET) return;
    if (is_deleted) {
      deleted_.insert(key_of(record));
    } else {
      deleted_.erase(key_of(record));
    }
  }

  // Whether the kernel has fewer virtual servers than are known and were not deleted here: somebody took some away.
  bool has_fewer();

  bool is_under_way() const { return next_ < services_.size(); }

  // Lists what there is; 0 or −errno.
  int32_t begin();

  // Goes on until so many virtual and real servers have been met, and says how many these were; appends the keys of what is other or
  // new, and with the last part of what is gone.
  size_t go_on(size_t entries, std::vector<ServerKeyRecord>* changed);

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

  void compare(const ip_vs_service_entry& service, std::vector<ServerKeyRecord>* changed);
  void end(std::vector<ServerKeyRecord>* changed);
  // 0 where the kernel did not say.
  uint64_t digest_of(const ip_vs_service_entry& service, const VirtualServerRecord& record);

  static constexpr uint64_t kIsMark = uint64_t{1} << 63;

  IpvsSockopt& kernel_;
  std::unordered_map<uint64_t, Known> known_;
  // Those of them that were deleted through this handle.
  std::unordered_set<uint64_t> deleted_;
  uint32_t walks_ = 0;
  // Of the walk under way: all there were when it began, and the first that it has not come to.
  std::vector<ip_vs_service_entry> services_;
  size_t next_ = 0;
};

}  // namespace ipvsproxy
