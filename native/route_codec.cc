#include "route_codec.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

namespace ipvsproxy {
namespace {

constexpr uint8_t kHostPrefix = 32;
constexpr uint8_t kHostPrefix6 = 128;

// Addresses of the device are ours alone and on no link: nothing could answer duplicate address detection,
// and an address under detection cannot be used.
constexpr uint32_t kAddressFlags6 = IFA_F_NODAD | IFA_F_NOPREFIXROUTE;

// Always 1 (LOOPBACK_IFINDEX, include/net/flow.h).
constexpr uint32_t kLoopback = 1;

// An address puts a route with metric 0 into the same table. With another metric both can be there at one time, which
// a change from one to the other takes; the address then comes first. 1024 is what IPv6 makes of 0.
constexpr uint32_t kMetric = 1024;

bool is_ipv4(uint8_t family) {
  return family == AF_INET;
}

uint8_t host_prefix(uint8_t family) {
  return is_ipv4(family) ? kHostPrefix : kHostPrefix6;
}

rtmsg our_routes(uint8_t family) {
  rtmsg header{};
  header.rtm_family = family;
  header.rtm_table = RT_TABLE_LOCAL;
  header.rtm_protocol = kRouteProtocol;
  header.rtm_type = RTN_LOCAL;
  return header;
}

void add_gateway(Bytes attributes, uint8_t family, std::vector<AddressRecord>* gateways) {
  Attribute attribute;
  if (!find_attribute(attributes, RTA_GATEWAY, &attribute) || attribute.value.size != address_size(family)) return;
  AddressRecord record{};
  record.family = family;
  record.prefix_length = host_prefix(family);
  record.is_route = 1;
  attribute.copy_to(record.address, sizeof record.address);
  gateways->push_back(record);
}

// RTA_MULTIPATH: of each path a rtnexthop, whose length covers the attributes behind it.
void add_gateways_of_paths(Bytes paths, uint8_t family, std::vector<AddressRecord>* gateways) {
  rtnexthop path;
  while (take(&paths, &path)) {
    if (path.rtnh_len < sizeof path || path.rtnh_len - sizeof path > paths.size) return;
    const size_t size = path.rtnh_len - sizeof path;
    add_gateway(Bytes{paths.data, size}, family, gateways);
    const size_t step = std::min(padded(size), paths.size);
    paths.data += step;
    paths.size -= step;
  }
}

}  // namespace

bool write_link_request(MessageWriter& writer, const std::string& name, uint32_t sequence) {
  writer.begin(RTM_GETLINK, 0, sequence);
  writer.header(ifinfomsg{});
  writer.text(IFLA_IFNAME, name);
  return writer.end();
}

// Without the counters of each link, which nobody reads here.
bool write_link_dump(MessageWriter& writer, uint32_t sequence) {
  writer.begin(RTM_GETLINK, NLM_F_DUMP, sequence);
  writer.header(ifinfomsg{});
  writer.number<uint32_t>(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return writer.end();
}

bool write_link_deletion(MessageWriter& writer, uint32_t index, uint32_t sequence) {
  writer.begin(RTM_DELLINK, NLM_F_ACK, sequence);
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index);
  writer.header(header);
  return writer.end();
}

bool write_address_operation(MessageWriter& writer, uint32_t device, const OperationRecord& record,
                             uint32_t sequence) {
  const bool bind = record.kind == OperationKind::kBindAddress;
  writer.begin(bind ? RTM_NEWADDR : RTM_DELADDR, bind ? NLM_F_CREATE | NLM_F_EXCL : 0, sequence);
  ifaddrmsg header{};
  header.ifa_family = record.family;
  header.ifa_prefixlen = host_prefix(record.family);
  header.ifa_scope = RT_SCOPE_UNIVERSE;
  header.ifa_index = device;
  writer.header(header);
  writer.bytes(IFA_LOCAL, record.address, address_size(record.family));
  writer.bytes(IFA_ADDRESS, record.address, address_size(record.family));
  if (bind && !is_ipv4(record.family)) writer.number<uint32_t>(IFA_FLAGS, kAddressFlags6);
  return writer.end();
}

bool write_route_operation(MessageWriter& writer, const OperationRecord& record, uint32_t sequence) {
  const bool bind = record.kind == OperationKind::kBindRoute;
  writer.begin(bind ? RTM_NEWROUTE : RTM_DELROUTE, bind ? NLM_F_CREATE | NLM_F_EXCL : 0, sequence);
  rtmsg header = our_routes(record.family);
  header.rtm_dst_len = host_prefix(record.family);
  header.rtm_scope = RT_SCOPE_HOST;
  writer.header(header);
  writer.bytes(RTA_DST, record.address, address_size(record.family));
  writer.number<uint32_t>(RTA_OIF, kLoopback);
  writer.number<uint32_t>(RTA_PRIORITY, kMetric);
  return writer.end();
}

// With NETLINK_GET_STRICT_CHK the kernel (since 4.20) dumps this device only; older ones dump everything.
bool write_address_dump(MessageWriter& writer, uint32_t device, uint32_t sequence) {
  writer.begin(RTM_GETADDR, NLM_F_DUMP, sequence);
  ifaddrmsg header{};
  header.ifa_index = device;
  writer.header(header);
  return writer.end();
}

// The same option has the kernel leave out all routes but ours.
bool write_route_dump(MessageWriter& writer, uint8_t family, uint32_t sequence) {
  writer.begin(RTM_GETROUTE, NLM_F_DUMP, sequence);
  writer.header(our_routes(family));
  return writer.end();
}

bool write_main_route_dump(MessageWriter& writer, uint8_t family, uint32_t sequence) {
  writer.begin(RTM_GETROUTE, NLM_F_DUMP, sequence);
  rtmsg header{};
  header.rtm_family = family;
  header.rtm_table = RT_TABLE_MAIN;
  writer.header(header);
  return writer.end();
}

// Messages of AF_BRIDGE tell that a device joined or left a bridge, in the clothes of a new or deleted link.
bool read_link(const Message& message, Link* link) {
  Bytes body = message.payload;
  ifinfomsg header;
  if (!take(&body, &header) || header.ifi_family != AF_UNSPEC) return false;
  link->index = static_cast<uint32_t>(header.ifi_index);
  link->flags = header.ifi_flags;
  AttributeReader reader(body);
  Attribute attribute, kind;
  while (reader.next(&attribute)) {
    if (attribute.type == IFLA_IFNAME) link->name = attribute.text();
    if (attribute.type != IFLA_LINKINFO) continue;
    if (find_attribute(attribute.value, IFLA_INFO_KIND, &kind)) link->kind = kind.text();
  }
  return !reader.malformed();
}

// IFA_LOCAL is the address itself; IPv6 has IFA_ADDRESS only, and for point-to-point IPv4 that is the peer.
bool read_address(const Message& message, uint32_t* device, AddressRecord* record) {
  Bytes body = message.payload;
  ifaddrmsg header;
  if (!take(&body, &header)) return false;
  *device = header.ifa_index;
  *record = AddressRecord{};
  record->family = header.ifa_family;
  record->prefix_length = header.ifa_prefixlen;
  Attribute attribute;
  if (!find_attribute(body, IFA_LOCAL, &attribute) && !find_attribute(body, IFA_ADDRESS, &attribute))
    return false;
  if (attribute.value.size != address_size(record->family)) return false;
  attribute.copy_to(record->address, sizeof record->address);
  return true;
}

bool read_route(const Message& message, AddressRecord* record) {
  Bytes body = message.payload;
  rtmsg header;
  if (!take(&body, &header)) return false;
  const rtmsg ours = our_routes(header.rtm_family);
  if (header.rtm_table != ours.rtm_table || header.rtm_protocol != ours.rtm_protocol ||
      header.rtm_type != ours.rtm_type || header.rtm_dst_len != host_prefix(header.rtm_family))
    return false;
  *record = AddressRecord{};
  record->family = header.rtm_family;
  record->prefix_length = header.rtm_dst_len;
  record->is_route = 1;
  Attribute attribute;
  if (!find_attribute(body, RTA_DST, &attribute)) return false;
  if (attribute.value.size != address_size(record->family)) return false;
  attribute.copy_to(record->address, sizeof record->address);
  return true;
}

std::vector<AddressRecord> read_default_gateways(const Message& message) {
  std::vector<AddressRecord> gateways;
  Bytes body = message.payload;
  rtmsg header;
  if (!take(&body, &header) || header.rtm_table != RT_TABLE_MAIN || header.rtm_dst_len != 0) return gateways;
  if (header.rtm_family != AF_INET && header.rtm_family != AF_INET6) return gateways;
  add_gateway(body, header.rtm_family, &gateways);
  Attribute paths;
  if (find_attribute(body, RTA_MULTIPATH, &paths)) add_gateways_of_paths(paths.value, header.rtm_family, &gateways);
  return gateways;
}

}  // namespace ipvsproxy
