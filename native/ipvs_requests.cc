#include "ipvs_requests.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <sys/socket.h>

#include <cstring>
#include <string_view>

namespace ipvsproxy {
namespace {

constexpr uint32_t kAllFlags = ~0u;
constexpr uint32_t kHostMask = 0xffffffff;
constexpr uint32_t kHostPrefix = 128;  // NETMASK is a prefix length for IPv6

void begin(MessageWriter& writer, uint16_t family, uint8_t command, uint16_t flags, uint32_t sequence) {
  writer.begin(family, flags, sequence);
  genlmsghdr header{};
  header.cmd = command;
  header.version = IPVS_GENL_VERSION;
  writer.header(header);
}

// What identifies a virtual server: AF and either FWMARK or PROTOCOL, ADDR and PORT.
void write_identity(MessageWriter& writer, const OperationRecord& record) {
  writer.number<uint16_t>(IPVS_SVC_ATTR_AF, record.family);
  if (record.mark != 0) return writer.number<uint32_t>(IPVS_SVC_ATTR_FWMARK, record.mark);
  writer.number<uint16_t>(IPVS_SVC_ATTR_PROTOCOL, record.protocol);
  writer.bytes(IPVS_SVC_ATTR_ADDR, record.address, sizeof record.address);
  writer.number<uint16_t>(IPVS_SVC_ATTR_PORT, htons(record.port));
}

std::string_view scheduler_of(const OperationRecord& record) {
  return {record.scheduler, strnlen(record.scheduler, kSchedulerSize - 1)};
}

// The kernel wants these four together or not at all.
void write_settings(MessageWriter& writer, const OperationRecord& record) {
  writer.text(IPVS_SVC_ATTR_SCHED_NAME, scheduler_of(record));
  const ip_vs_flags flags{record.flags, kAllFlags};
  writer.bytes(IPVS_SVC_ATTR_FLAGS, &flags, sizeof flags);
  writer.number<uint32_t>(IPVS_SVC_ATTR_TIMEOUT, record.timeout);
  writer.number<uint32_t>(IPVS_SVC_ATTR_NETMASK, record.family == AF_INET ? kHostMask : kHostPrefix);
}

void write_real_server(MessageWriter& writer, const OperationRecord& record) {
  const Nest nest(writer, IPVS_CMD_ATTR_DEST);
  writer.bytes(IPVS_DEST_ATTR_ADDR, record.real_address, sizeof record.real_address);
  writer.number<uint16_t>(IPVS_DEST_ATTR_PORT, htons(record.real_port));
  writer.number<uint16_t>(IPVS_DEST_ATTR_ADDR_FAMILY, record.family);
  if (record.kind == OperationKind::kDeleteRealServer) return;
  writer.number<uint32_t>(IPVS_DEST_ATTR_FWD_METHOD, record.forwarding);
  writer.number<int32_t>(IPVS_DEST_ATTR_WEIGHT, record.weight);
  writer.number<uint32_t>(IPVS_DEST_ATTR_U_THRESH, record.timeout);
  writer.number<uint32_t>(IPVS_DEST_ATTR_L_THRESH, 0);
}

uint8_t command_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::kAddVirtualServer:
      return IPVS_CMD_NEW_SERVICE;
    case OperationKind::kSetVirtualServer:
      return IPVS_CMD_SET_SERVICE;
    case OperationKind::kDeleteVirtualServer:
      return IPVS_CMD_DEL_SERVICE;
    case OperationKind::kAddRealServer:
      return IPVS_CMD_NEW_DEST;
    case OperationKind::kSetRealServer:
      return IPVS_CMD_SET_DEST;
    case OperationKind::kDeleteRealServer:
      return IPVS_CMD_DEL_DEST;
    default:
      return IPVS_CMD_UNSPEC;
  }
}

bool has_settings(OperationKind kind) {
  return kind == OperationKind::kAddVirtualServer || kind == OperationKind::kSetVirtualServer;
}

bool has_real_server(OperationKind kind) {
  return kind == OperationKind::kAddRealServer || kind == OperationKind::kSetRealServer ||
         kind == OperationKind::kDeleteRealServer;
}

bool write_about_server(MessageWriter& writer, uint16_t family, const OperationRecord& key, uint8_t command,
                        uint16_t flags, uint32_t sequence) {
  begin(writer, family, command, flags, sequence);
  {
    const Nest nest(writer, IPVS_CMD_ATTR_SERVICE);
    write_identity(writer, key);
  }
  return writer.end();
}

bool write_bare(MessageWriter& writer, uint16_t family, uint8_t command, uint16_t flags, uint32_t sequence) {
  begin(writer, family, command, flags, sequence);
  return writer.end();
}

}  // namespace

bool write_family_request(MessageWriter& writer, uint32_t sequence) {
  writer.begin(GENL_ID_CTRL, 0, sequence);
  genlmsghdr header{};
  header.cmd = CTRL_CMD_GETFAMILY;
  header.version = 1;
  writer.header(header);
  writer.text(CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME);
  return writer.end();
}

bool write_ipvs_operation(MessageWriter& writer, uint16_t family, const OperationRecord& record,
                          uint32_t sequence) {
  begin(writer, family, command_of(record.kind), 0, sequence);
  {
    const Nest nest(writer, IPVS_CMD_ATTR_SERVICE);
    write_identity(writer, record);
    if (has_settings(record.kind)) write_settings(writer, record);
  }
  if (has_real_server(record.kind)) write_real_server(writer, record);
  return writer.end();
}

bool write_virtual_server_dump(MessageWriter& writer, uint16_t family, uint32_t sequence) {
  return write_bare(writer, family, IPVS_CMD_GET_SERVICE, NLM_F_DUMP, sequence);
}

bool write_virtual_server_request(MessageWriter& writer, uint16_t family, const OperationRecord& key,
                                  uint32_t sequence) {
  return write_about_server(writer, family, key, IPVS_CMD_GET_SERVICE, 0, sequence);
}

bool write_real_server_dump(MessageWriter& writer, uint16_t family, const OperationRecord& key,
                            uint32_t sequence) {
  return write_about_server(writer, family, key, IPVS_CMD_GET_DEST, NLM_F_DUMP, sequence);
}

bool write_info_request(MessageWriter& writer, uint16_t family, uint32_t sequence) {
  return write_bare(writer, family, IPVS_CMD_GET_INFO, 0, sequence);
}

bool write_timeouts_request(MessageWriter& writer, uint16_t family, uint32_t sequence) {
  return write_bare(writer, family, IPVS_CMD_GET_CONFIG, 0, sequence);
}

bool write_timeouts(MessageWriter& writer, uint16_t family, const IpvsTimeouts& timeouts, uint32_t sequence) {
  begin(writer, family, IPVS_CMD_SET_CONFIG, NLM_F_ACK, sequence);
  writer.number<uint32_t>(IPVS_CMD_ATTR_TIMEOUT_TCP, timeouts.tcp);
  writer.number<uint32_t>(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, timeouts.tcp_fin);
  writer.number<uint32_t>(IPVS_CMD_ATTR_TIMEOUT_UDP, timeouts.udp);
  return writer.end();
}

}  // namespace ipvsproxy
