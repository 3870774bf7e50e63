// Virtual servers of IPv4 by getsockopt(2), an interface older than netlink, which copies fixed structures: a real server costs
// a twentieth of what it costs by netlink. It knows no IPv6. Kernel: include/uapi/linux/ip_vs.h, do_ip_vs_get_ctl().
#pragma once

#include <linux/ip_vs.h>

#include <cstdint>
#include <vector>

#include "network_namespace.h"
#include "records.h"

namespace ipvsproxy {

constexpr int32_t kPresent = 1;
constexpr int32_t kAbsent = 0;

// As netlink has it: a virtual server of a mark shows neither address nor protocol.
void take_service(const ip_vs_service_entry& service, VirtualServerRecord* record);
RealServerRecord real_server(const ip_vs_dest_entry& entry);

class IpvsSockopt {
 public:
  // Whether this kernel answers here; opens the socket where there is none yet.
  bool is_usable();

  // Appends the real servers to `servers`. Returns the presence: 1, 0, or −errno where it is unknown.
  int32_t read(const OperationRecord& key, VirtualServerRecord* server, std::vector<RealServerRecord>* servers);

  // The real servers as the kernel has them, until the next call.
  struct Servers {
    const ip_vs_dest_entry* entries = nullptr;
    uint32_t count = 0;
  };
  // The presence, as above.
  int32_t list_servers(const ip_vs_service_entry& service, Servers* servers);

  // How many virtual servers there are, and all of them; 0 or −errno.
  int32_t count(uint32_t* services);
  int32_t list(std::vector<ip_vs_service_entry>* services);

 private:
  // Of a list with room for `room` entries, how many there are; −errno.
  int32_t fill(const ip_vs_service_entry& service, uint32_t room);
  ip_vs_get_dests* list();

  FileDescriptor socket_;
  std::vector<uint64_t> buffer_;
};

}  // namespace ipvsproxy
