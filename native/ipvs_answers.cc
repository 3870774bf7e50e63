#include "ipvs_answers.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <sys/socket.h>

#include <cstring>
#include <string_view>

namespace ipvsproxy {
namespace {

constexpr uint32_t kLongestPrefix = 128;  // NETMASK is a prefix length for IPv6

// The attributes behind the generic netlink header.
bool body_of(const Message& message, Bytes* body) {
  genlmsghdr header;
  *body = message.payload;
  return take(body, &header);
}

bool nested_body(const Message& message, uint16_t type, Bytes* body) {
  Attribute nest;
  if (!body_of(message, body) || !find_attribute(*body, type, &nest)) return false;
  *body = nest.value;
  return true;
}

// STATS carries everything but the byte totals in 32 bits, STATS64 everything in 64: both sizes are read.
void read_counter(const Attribute& attribute, uint64_t* counter) {
  uint32_t narrow;
  if (attribute.number(counter)) return;
  if (attribute.number(&narrow)) *counter = narrow;
}

uint64_t* counter_for(uint16_t type, Counters* counters) {
  switch (type) {
    case IPVS_STATS_ATTR_CONNS:
      return &counters->connections;
    case IPVS_STATS_ATTR_INPKTS:
      return &counters->in_packets;
    case IPVS_STATS_ATTR_OUTPKTS:
      return &counters->out_packets;
    case IPVS_STATS_ATTR_INBYTES:
      return &counters->in_bytes;
    case IPVS_STATS_ATTR_OUTBYTES:
      return &counters->out_bytes;
    default:
      return nullptr;
  }
}

bool read_counters(Bytes nest, Counters* counters) {
  AttributeReader reader(nest);
  Attribute attribute;
  while (reader.next(&attribute)) {
    uint64_t* counter = counter_for(attribute.type, counters);
    if (counter != nullptr) read_counter(attribute, counter);
  }
  return !reader.malformed();
}

// STATS64 wins wherever it stands; STATS is for kernels before 4.1, which have nothing else.
class CountersReader {
 public:
  bool read(const Attribute& attribute, bool wide, Counters* counters) {
    if (!wide && wide_) return true;
    wide_ = wide_ || wide;
    *counters = Counters{};
    return read_counters(attribute.value, counters);
  }

 private:
  bool wide_ = false;
};

void read_port(const Attribute& attribute, uint16_t* port) {
  uint16_t wire = 0;
  if (attribute.number(&wire)) *port = ntohs(wire);
}

void read_byte(const Attribute& attribute, uint8_t* byte) {
  uint16_t number = 0;
  if (attribute.number(&number)) *byte = static_cast<uint8_t>(number);
}

// The scheduler name keeps a NUL even if the kernel's did not fit.
void read_scheduler(const Attribute& attribute, char* scheduler) {
  const std::string_view text = attribute.text().substr(0, kSchedulerSize - 1);
  std::memset(scheduler, 0, kSchedulerSize);
  std::memcpy(scheduler, text.data(), text.size());
}

void read_flags(const Attribute& attribute, uint32_t* flags) {
  ip_vs_flags value;
  Bytes bytes = attribute.value;
  if (take(&bytes, &value)) *flags = value.flags & ~static_cast<uint32_t>(IP_VS_SVC_F_HASHED);
}

uint8_t prefix_length(uint32_t netmask, uint8_t family) {
  if (family == AF_INET) return prefix_of_mask(ntohl(netmask));
  return netmask <= kLongestPrefix ? static_cast<uint8_t>(netmask) : kNoPrefix;
}

struct VirtualServerParts {
  uint32_t netmask = 0;
  CountersReader counters;
};

bool read_service_attribute(const Attribute& attribute, VirtualServerRecord* record,
                            VirtualServerParts* parts) {
  switch (attribute.type) {
    case IPVS_SVC_ATTR_AF:
      read_byte(attribute, &record->family);
      return true;
    case IPVS_SVC_ATTR_PROTOCOL:
      read_byte(attribute, &record->protocol);
      return true;
    case IPVS_SVC_ATTR_ADDR:
      attribute.copy_to(record->address, sizeof record->address);
      return true;
    case IPVS_SVC_ATTR_PORT:
      read_port(attribute, &record->port);
      return true;
    case IPVS_SVC_ATTR_FWMARK:
      return attribute.number(&record->mark);
    case IPVS_SVC_ATTR_SCHED_NAME:
      read_scheduler(attribute, record->scheduler);
      return true;
    case IPVS_SVC_ATTR_FLAGS:
      read_flags(attribute, &record->flags);
      return true;
    case IPVS_SVC_ATTR_TIMEOUT:
      return attribute.number(&record->timeout);
    case IPVS_SVC_ATTR_NETMASK:
      return attribute.number(&parts->netmask);
    case IPVS_SVC_ATTR_STATS:
    case IPVS_SVC_ATTR_STATS64:
      return parts->counters.read(attribute, attribute.type == IPVS_SVC_ATTR_STATS64, &record->counters);
    default:
      return true;
  }
}

bool read_dest_attribute(const Attribute& attribute, RealServerRecord* record) {
  uint32_t forwarding = 0;
  switch (attribute.type) {
    case IPVS_DEST_ATTR_ADDR:
      attribute.copy_to(record->address, sizeof record->address);
      return true;
    case IPVS_DEST_ATTR_PORT:
      read_port(attribute, &record->port);
      return true;
    case IPVS_DEST_ATTR_ADDR_FAMILY:
      read_byte(attribute, &record->family);
      return true;
    case IPVS_DEST_ATTR_FWD_METHOD:
      if (!attribute.number(&forwarding)) return false;
      record->forwarding = forwarding & IP_VS_CONN_F_FWD_MASK;
      return true;
    case IPVS_DEST_ATTR_WEIGHT:
      return attribute.number(&record->weight);
    case IPVS_DEST_ATTR_U_THRESH:
      return attribute.number(&record->upper_threshold);
    case IPVS_DEST_ATTR_ACTIVE_CONNS:
      return attribute.number(&record->active);
    case IPVS_DEST_ATTR_INACT_CONNS:
      return attribute.number(&record->inactive);
    default:
      return true;
  }
}

}  // namespace

uint8_t prefix_of_mask(uint32_t mask) {
  const uint32_t host_bits = ~mask;
  if ((host_bits & (host_bits + 1)) != 0) return kNoPrefix;
  return static_cast<uint8_t>(32 - __builtin_popcount(host_bits));
}

bool read_family(const Message& message, uint16_t* family) {
  Bytes body;
  Attribute attribute;
  if (!body_of(message, &body) || !find_attribute(body, CTRL_ATTR_FAMILY_ID, &attribute)) return false;
  return attribute.number(family);
}

bool read_virtual_server(const Message& message, VirtualServerRecord* record) {
  Bytes body;
  if (!nested_body(message, IPVS_CMD_ATTR_SERVICE, &body)) return false;
  *record = VirtualServerRecord{};
  VirtualServerParts parts;
  AttributeReader reader(body);
  Attribute attribute;
  while (reader.next(&attribute)) {
    if (!read_service_attribute(attribute, record, &parts)) return false;
  }
  record->prefix_length = prefix_length(parts.netmask, record->family);
  return !reader.malformed() && (record->family == AF_INET || record->family == AF_INET6);
}

bool read_real_server(const Message& message, uint8_t family, RealServerRecord* record) {
  Bytes body;
  if (!nested_body(message, IPVS_CMD_ATTR_DEST, &body)) return false;
  *record = RealServerRecord{};
  record->family = family;
  AttributeReader reader(body);
  Attribute attribute;
  while (reader.next(&attribute)) {
    if (!read_dest_attribute(attribute, record)) return false;
  }
  return !reader.malformed() && (record->family == AF_INET || record->family == AF_INET6);
}

bool read_info(const Message& message, IpvsInfo* info) {
  Bytes body;
  Attribute version, size;
  if (!body_of(message, &body)) return false;
  if (!find_attribute(body, IPVS_INFO_ATTR_VERSION, &version)) return false;
  if (!find_attribute(body, IPVS_INFO_ATTR_CONN_TAB_SIZE, &size)) return false;
  return version.number(&info->version) && size.number(&info->connection_table_size);
}

bool read_timeouts(const Message& message, IpvsTimeouts* timeouts) {
  Bytes body;
  Attribute attribute;
  if (!body_of(message, &body)) return false;
  if (find_attribute(body, IPVS_CMD_ATTR_TIMEOUT_TCP, &attribute)) attribute.number(&timeouts->tcp);
  if (find_attribute(body, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, &attribute)) attribute.number(&timeouts->tcp_fin);
  if (find_attribute(body, IPVS_CMD_ATTR_TIMEOUT_UDP, &attribute)) attribute.number(&timeouts->udp);
  return true;
}

}  // namespace ipvsproxy
