// What the kernel says about IPVS, bytes only. Kernel: include/uapi/linux/ip_vs.h,
// net/netfilter/ipvs/ip_vs_ctl.c.
#pragma once

#include <cstdint>

#include "message_reader.h"
#include "records.h"

namespace ipvsproxy {

struct IpvsTimeouts {  // seconds; 0 in a request leaves a value as it is
  uint32_t tcp = 0;
  uint32_t tcp_fin = 0;
  uint32_t udp = 0;
};

struct IpvsInfo {
  uint32_t version = 0;  // 0x010201 is 1.2.1
  uint32_t connection_table_size = 0;
};

// All return false where the message is not what it should be.
bool read_family(const Message& message, uint16_t* family);
bool read_virtual_server(const Message& message, VirtualServerRecord* record);
// `family` is that of the virtual server: kernels before 3.18 do not say it again for the real server.
bool read_real_server(const Message& message, uint8_t family, RealServerRecord* record);
// kNoPrefix where the mask, in host order, is none.
uint8_t prefix_of_mask(uint32_t mask);
bool read_info(const Message& message, IpvsInfo* info);
bool read_timeouts(const Message& message, IpvsTimeouts* timeouts);

}  // namespace ipvsproxy
