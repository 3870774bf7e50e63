#include "ipvs_sockopt.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "ipvs_answers.h"

namespace ipvsproxy {
namespace {

constexpr int kAttempts = 4;
// Virtual servers that may come while the others are counted.
constexpr uint32_t kSpare = 64;

// 0 or −errno.
int32_t get(const FileDescriptor& socket, int option, void* value, size_t size) {
  auto length = static_cast<socklen_t>(size);
  return getsockopt(socket.get(), IPPROTO_IP, option, value, &length) == 0 ? 0 : -errno;
}

ip_vs_service_entry question(const OperationRecord& key) {
  ip_vs_service_entry service{};
  service.fwmark = key.mark;
  if (key.mark != 0) return service;
  service.protocol = key.protocol;
  service.port = htons(key.port);
  std::memcpy(&service.addr, key.address, sizeof service.addr);
  return service;
}

size_t list_size(uint32_t room) {
  return sizeof(ip_vs_get_dests) + room * sizeof(ip_vs_dest_entry);
}

}  // namespace

void take_service(const ip_vs_service_entry& service, VirtualServerRecord* record) {
  *record = VirtualServerRecord{};
  record->family = AF_INET;
  record->mark = service.fwmark;
  record->flags = service.flags & ~static_cast<uint32_t>(IP_VS_SVC_F_HASHED);
  record->timeout = service.timeout;
  record->prefix_length = prefix_of_mask(ntohl(service.netmask));
  std::memcpy(record->scheduler, service.sched_name, kSchedulerSize - 1);
  if (service.fwmark != 0) return;
  record->protocol = static_cast<uint8_t>(service.protocol);
  record->port = ntohs(service.port);
  std::memcpy(record->address, &service.addr, sizeof service.addr);
}

RealServerRecord real_server(const ip_vs_dest_entry& entry) {
  RealServerRecord record{};
  record.family = AF_INET;
  record.forwarding = entry.conn_flags & IP_VS_CONN_F_FWD_MASK;
  record.port = ntohs(entry.port);
  record.weight = entry.weight;
  record.active = entry.activeconns;
  record.inactive = entry.inactconns;
  record.upper_threshold = entry.u_threshold;
  std::memcpy(record.address, &entry.addr, sizeof entry.addr);
  return record;
}

bool IpvsSockopt::is_usable() {
  if (!socket_.is_open()) socket_ = FileDescriptor(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  uint32_t services;
  return socket_.is_open() && count(&services) == 0;
}

int32_t IpvsSockopt::count(uint32_t* services) {
  ip_vs_getinfo info;
  const int32_t code = get(socket_, IP_VS_SO_GET_INFO, &info, sizeof info);
  if (code == 0) *services = info.num_services;
  return code;
}

// As with real servers: an empty place at the end says that these are all.
int32_t IpvsSockopt::list(std::vector<ip_vs_service_entry>* services) {
  uint32_t room = 0;
  int32_t code = count(&room);
  room += kSpare;
  for (int attempt = 0; code == 0 && attempt < kAttempts; attempt++, room *= 2) {
    const size_t size = sizeof(ip_vs_get_services) + room * sizeof(ip_vs_service_entry);
    // Some megabytes where there are many, so not kept.
    std::vector<uint64_t> buffer(size / sizeof(uint64_t) + 1);
    auto* all = reinterpret_cast<ip_vs_get_services*>(buffer.data());
    all->num_services = room;
    code = get(socket_, IP_VS_SO_GET_SERVICES, all, size);
    if (code != 0 || all->entrytable[room - 1].sched_name[0] != 0) continue;
    const ip_vs_service_entry* end = all->entrytable;
    while (end->sched_name[0] != 0) end++;
    services->assign(static_cast<const ip_vs_service_entry*>(all->entrytable), end);
    return 0;
  }
  return code == 0 ? -EAGAIN : code;
}

int32_t IpvsSockopt::read(const OperationRecord& key, VirtualServerRecord* server,
                          std::vector<RealServerRecord>* servers) {
  ip_vs_service_entry service = question(key);
  const int32_t code = get(socket_, IP_VS_SO_GET_SERVICE, &service, sizeof service);
  if (code != 0) return code == -ESRCH ? kAbsent : code;
  take_service(service, server);
  Servers listed;
  const int32_t presence = list_servers(service, &listed);
  for (uint32_t index = 0; index < listed.count; index++) servers->push_back(real_server(listed.entries[index]));
  return presence;
}

// The kernel fills what room there is and does not say how many it left out: with room for one more than it told, an empty
// place at the end says that these are all.
int32_t IpvsSockopt::list_servers(const ip_vs_service_entry& service, Servers* servers) {
  uint32_t room = service.num_dests + 1;
  for (int attempt = 0; attempt < kAttempts; attempt++, room *= 2) {
    const int32_t count = fill(service, room);
    if (count < 0) return count == -ESRCH ? kAbsent : count;
    if (static_cast<uint32_t>(count) == room) continue;
    *servers = {list()->entrytable, static_cast<uint32_t>(count)};
    return kPresent;
  }
  return -EAGAIN;
}

int32_t IpvsSockopt::fill(const ip_vs_service_entry& service, uint32_t room) {
  const size_t size = list_size(room);
  if (buffer_.size() * sizeof(uint64_t) < size) buffer_.resize(size / sizeof(uint64_t) + 1);
  ip_vs_get_dests* dests = list();
  for (uint32_t index = 0; index < room; index++) dests->entrytable[index].addr = 0;
  dests->protocol = service.protocol;
  dests->addr = service.addr;
  dests->port = service.port;
  dests->fwmark = service.fwmark;
  dests->num_dests = room;
  const int32_t code = get(socket_, IP_VS_SO_GET_DESTS, dests, size);
  if (code != 0) return code;
  uint32_t count = 0;
  while (count < room && dests->entrytable[count].addr != 0) count++;
  return static_cast<int32_t>(count);
}

ip_vs_get_dests* IpvsSockopt::list() {
  return reinterpret_cast<ip_vs_get_dests*>(buffer_.data());
}

}  // namespace ipvsproxy
