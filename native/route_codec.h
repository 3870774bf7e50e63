// Links, addresses and local routes over rtnetlink, bytes only. Kernel: include/uapi/linux/{if_link,if_addr,rtnetlink}.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "message_reader.h"
#include "message_writer.h"
#include "records.h"

namespace ipvsproxy {

// Of our routes, as rtm_protocol: it tells them from those that the kernel and routing daemons make. Nobody is known to
// use this number (/etc/iproute2/rt_protos, and what daemons choose for themselves).
constexpr uint8_t kRouteProtocol = 105;

struct Link {
  uint32_t index = 0;
  std::string name;
  std::string kind;  // "dummy", "bridge", …; empty for hardware
  uint32_t flags = 0;  // IFF_UP, IFF_RUNNING, IFF_LOOPBACK, …
};

// Requests return false where the message did not fit.
[[nodiscard]] bool write_link_request(MessageWriter& writer, const std::string& name, uint32_t sequence);
[[nodiscard]] bool write_link_dump(MessageWriter& writer, uint32_t sequence);
[[nodiscard]] bool write_link_deletion(MessageWriter& writer, uint32_t index, uint32_t sequence);
[[nodiscard]] bool write_address_operation(MessageWriter& writer, uint32_t device, const OperationRecord& record,
                             uint32_t sequence);
// The route that makes an address local. It is on the loopback device: IPv6 takes no route on a device that is down, and
// IPv4 drops the routes of a device with its last address, without a word.
[[nodiscard]] bool write_route_operation(MessageWriter& writer, const OperationRecord& record, uint32_t sequence);
[[nodiscard]] bool write_address_dump(MessageWriter& writer, uint32_t device, uint32_t sequence);
[[nodiscard]] bool write_route_dump(MessageWriter& writer, uint8_t family, uint32_t sequence);
// The routes of table main.
[[nodiscard]] bool write_main_route_dump(MessageWriter& writer, uint8_t family, uint32_t sequence);

// Answers and notifications return false where the message is not what it should be.
bool read_link(const Message& message, Link* link);
bool read_address(const Message& message, uint32_t* device, AddressRecord* record);
// False for every route but ours.
bool read_route(const Message& message, AddressRecord* record);
// The gateways of a default route, of several paths too; none of any other route.
std::vector<AddressRecord> read_default_gateways(const Message& message);

}  // namespace ipvsproxy
