#include "conntrack_codec.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

#include <cstring>

namespace ipvsproxy {
namespace {

// Which parts of the filter's tuple count: net/netfilter/nf_internals.h, not in the user headers.
constexpr uint32_t kFilterDestination = 1 << 1;
constexpr uint32_t kFilterProtocol = 1 << 3;
constexpr uint32_t kFilterDestinationPort = 1 << 5;

void begin(MessageWriter& writer, uint16_t command, uint8_t family, uint16_t flags, uint32_t sequence) {
  writer.begin(static_cast<uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | command), flags, sequence);
  nfgenmsg header{};
  header.nfgen_family = family;
  header.version = NFNETLINK_V0;
  writer.header(header);
}

// For IPv6 the kernel compares the wrong way round and drops just the flows that were asked for
// (ctnetlink_filter_match_tuple(), `!ipv6_addr_cmp()`, seen in 6.1), so there the port has to do.
bool filters_address(const OperationRecord* destination) {
  return destination != nullptr && destination->family == AF_INET;
}

void write_filter_tuple(MessageWriter& writer, uint8_t protocol, const OperationRecord* destination) {
  const Nest tuple(writer, CTA_TUPLE_ORIG);
  if (filters_address(destination)) {
    const Nest addresses(writer, CTA_TUPLE_IP);
    writer.bytes(CTA_IP_V4_DST, destination->address, 4);
  }
  const Nest transport(writer, CTA_TUPLE_PROTO);
  writer.number<uint8_t>(CTA_PROTO_NUM, protocol);
  if (destination != nullptr) writer.number<uint16_t>(CTA_PROTO_DST_PORT, htons(destination->port));
}

void write_filter(MessageWriter& writer, uint8_t protocol, const OperationRecord* destination) {
  write_filter_tuple(writer, protocol, destination);
  uint32_t flags = kFilterProtocol;
  if (destination != nullptr) flags |= kFilterDestinationPort;
  if (filters_address(destination)) flags |= kFilterDestination;
  const Nest filter(writer, CTA_FILTER);
  writer.number<uint32_t>(CTA_FILTER_ORIG_FLAGS, flags);
  writer.number<uint32_t>(CTA_FILTER_REPLY_FLAGS, 0);
}

bool read_address(Bytes nest, uint16_t ipv4, uint16_t ipv6, uint8_t* address) {
  Attribute attribute;
  if (!find_attribute(nest, ipv4, &attribute) && !find_attribute(nest, ipv6, &attribute)) return false;
  if (attribute.value.size != 4 && attribute.value.size != kAddressSize) return false;
  attribute.copy_to(address, kAddressSize);
  return true;
}

bool read_port(Bytes nest, uint16_t type, uint16_t* port) {
  Attribute attribute;
  uint16_t wire;
  if (!find_attribute(nest, type, &attribute) || !attribute.number(&wire)) return false;
  *port = ntohs(wire);
  return true;
}

// The two parts of a tuple.
bool open_tuple(Bytes tuple, Bytes* addresses, Bytes* transport) {
  Attribute attribute;
  if (!find_attribute(tuple, CTA_TUPLE_IP, &attribute)) return false;
  *addresses = attribute.value;
  if (!find_attribute(tuple, CTA_TUPLE_PROTO, &attribute)) return false;
  *transport = attribute.value;
  return true;
}

bool read_original(Bytes tuple, Flow* flow) {
  Bytes addresses, transport;
  Attribute number;
  if (!open_tuple(tuple, &addresses, &transport)) return false;
  if (!find_attribute(transport, CTA_PROTO_NUM, &number) || !number.number(&flow->protocol)) return false;
  return read_address(addresses, CTA_IP_V4_SRC, CTA_IP_V6_SRC, flow->source) &&
         read_address(addresses, CTA_IP_V4_DST, CTA_IP_V6_DST, flow->destination) &&
         read_port(transport, CTA_PROTO_SRC_PORT, &flow->source_port) &&
         read_port(transport, CTA_PROTO_DST_PORT, &flow->destination_port);
}

bool read_reply(Bytes tuple, Flow* flow) {
  Bytes addresses, transport;
  if (!open_tuple(tuple, &addresses, &transport)) return false;
  return read_address(addresses, CTA_IP_V4_SRC, CTA_IP_V6_SRC, flow->reply_source) &&
         read_address(addresses, CTA_IP_V4_DST, CTA_IP_V6_DST, flow->reply_destination) &&
         read_port(transport, CTA_PROTO_SRC_PORT, &flow->reply_source_port) &&
         read_port(transport, CTA_PROTO_DST_PORT, &flow->reply_destination_port);
}

void read_status(const Attribute& attribute, Flow* flow) {
  uint32_t wire;
  if (attribute.number(&wire)) flow->status = ntohl(wire);
}

}  // namespace

bool write_flow_dump(MessageWriter& writer, uint8_t family, uint8_t protocol,
                     const OperationRecord* destination, uint32_t sequence) {
  begin(writer, IPCTNL_MSG_CT_GET, family, NLM_F_DUMP, sequence);
  write_filter(writer, protocol, destination);
  return writer.end();
}

bool write_status_dump(MessageWriter& writer, uint32_t status, uint32_t sequence) {
  begin(writer, IPCTNL_MSG_CT_GET, AF_UNSPEC, NLM_F_DUMP, sequence);
  if (status != 0) writer.number<uint32_t>(CTA_STATUS, htonl(status));
  return writer.end();
}

bool write_flow_deletion(MessageWriter& writer, uint8_t family, const Flow& flow, uint32_t sequence) {
  begin(writer, IPCTNL_MSG_CT_DELETE, family, 0, sequence);
  writer.bytes(CTA_TUPLE_ORIG | NLA_F_NESTED, flow.tuple.data, flow.tuple.size);
  writer.bytes(CTA_ID, flow.id.data, flow.id.size);
  if (flow.zone.size > 0) writer.bytes(CTA_ZONE, flow.zone.data, flow.zone.size);
  return writer.end();
}

bool read_flow(const Message& message, Flow* flow) {
  Bytes body = message.payload;
  nfgenmsg header;
  if (!take(&body, &header)) return false;
  *flow = Flow{};
  AttributeReader reader(body);
  Attribute attribute;
  bool original = false, reply = false;
  while (reader.next(&attribute)) {
    if (attribute.type == CTA_TUPLE_ORIG) {
      flow->tuple = attribute.value;
      original = read_original(attribute.value, flow);
    }
    if (attribute.type == CTA_TUPLE_REPLY) reply = read_reply(attribute.value, flow);
    if (attribute.type == CTA_STATUS) read_status(attribute, flow);
    if (attribute.type == CTA_ID) flow->id = attribute.value;
    if (attribute.type == CTA_ZONE) flow->zone = attribute.value;
  }
  return !reader.malformed() && original && reply && flow->id.size == sizeof(uint32_t);
}

bool is_balanced(const Flow& flow) {
  return flow.destination_port != flow.reply_source_port ||
         std::memcmp(flow.destination, flow.reply_source, kAddressSize) != 0;
}

FlowRecord record_of_flow(const Message& message, const Flow& flow) {
  FlowRecord record{};
  Bytes body = message.payload;
  nfgenmsg header{};
  take(&body, &header);
  record.family = header.nfgen_family;
  record.protocol = flow.protocol;
  record.source_port = flow.source_port;
  record.destination_port = flow.destination_port;
  record.reply_source_port = flow.reply_source_port;
  record.reply_destination_port = flow.reply_destination_port;
  record.status = flow.status;
  std::memcpy(record.source, flow.source, kAddressSize);
  std::memcpy(record.destination, flow.destination, kAddressSize);
  std::memcpy(record.reply_source, flow.reply_source, kAddressSize);
  std::memcpy(record.reply_destination, flow.reply_destination, kAddressSize);
  return record;
}

}  // namespace ipvsproxy
