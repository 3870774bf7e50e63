#include "ipvs_walk.h"

#include <cstring>
#include <iterator>

#include "server_digest.h"

namespace ipvsproxy {

bool IpvsWalk::has_fewer() {
  uint32_t count = 0;
  return kernel_.count(&count) == 0 && count + deleted_.size() < known_.size();
}

int32_t IpvsWalk::begin() {
  next_ = 0;
  services_.clear();
  walks_++;
  return kernel_.list(&services_);
}

size_t IpvsWalk::go_on(size_t entries, std::vector<ServerKeyRecord>* changed) {
  size_t met = 0;
  for (; is_under_way() && met < entries; next_++) {
    compare(services_[next_], changed);
    met += 1 + services_[next_].num_dests;
  }
  if (!is_under_way()) end(changed);
  return met;
}

void IpvsWalk::compare(const ip_vs_service_entry& service, std::vector<ServerKeyRecord>* changed) {
  VirtualServerRecord record;
  take_service(service, &record);
  const uint64_t key = key_of(record), digest = digest_of(service, record);
  Known& known = known_[key];
  if (digest == 0 || known.digest != digest) changed->push_back(record_of(key));
  known = {digest, walks_};
}

void IpvsWalk::end(std::vector<ServerKeyRecord>* changed) {
  for (auto entry = known_.begin(); entry != known_.end();) {
    const bool gone = entry->second.walk != walks_;
    if (gone) changed->push_back(record_of(entry->first));
    if (gone) deleted_.erase(entry->first);
    entry = gone ? known_.erase(entry) : std::next(entry);
  }
  // Some megabytes where there are many.
  std::vector<ip_vs_service_entry>().swap(services_);
  next_ = 0;
}

uint64_t IpvsWalk::digest_of(const ip_vs_service_entry& service, const VirtualServerRecord& record) {
  IpvsSockopt::Servers servers;
  if (kernel_.list_servers(service, &servers) != kPresent) return 0;
  return ipvsproxy::digest_of(record, servers.entries, servers.count) | 1;
}

ServerKeyRecord IpvsWalk::record_of(uint64_t key) {
  ServerKeyRecord record{};
  record.family = AF_INET;
  if ((key & kIsMark) != 0) {
    record.mark = static_cast<uint32_t>(key);
    return record;
  }
  record.protocol = static_cast<uint8_t>(key >> 48);
  record.port = static_cast<uint16_t>(key >> 32);
  const auto address = static_cast<uint32_t>(key);
  std::memcpy(record.address, &address, sizeof address);
  return record;
}

}  // namespace ipvsproxy
