#include "ipset_codec.h"

#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

namespace ipvsproxy {
namespace {

// The oldest that every kernel still takes (IPSET_PROTOCOL_MIN); nothing we ask for has changed since.
constexpr uint8_t kProtocol = 6;

uint16_t command_number(IpsetCommand command) {
  switch (command) {
    case IpsetCommand::kFlush:
      return IPSET_CMD_FLUSH;
    case IpsetCommand::kDestroy:
      return IPSET_CMD_DESTROY;
    case IpsetCommand::kFind:
      break;
  }
  return IPSET_CMD_HEADER;
}

}  // namespace

bool write_ipset_request(MessageWriter& writer, IpsetCommand command, const std::string& name,
                         uint32_t sequence) {
  // Without a name the kernel would flush or destroy every set.
  if (name.empty() || name.size() >= IPSET_MAXNAMELEN) return false;
  const uint16_t type = static_cast<uint16_t>(NFNL_SUBSYS_IPSET << 8 | command_number(command));
  // Without NLM_F_EXCL the kernel says that a set that never was has been destroyed (ip_set_destroy()).
  const uint16_t flags = command == IpsetCommand::kDestroy ? NLM_F_ACK | NLM_F_EXCL : NLM_F_ACK;
  writer.begin(type, flags, sequence);
  nfgenmsg header{};
  header.nfgen_family = AF_INET;
  header.version = NFNETLINK_V0;
  writer.header(header);
  writer.number<uint8_t>(IPSET_ATTR_PROTOCOL, kProtocol);
  writer.text(IPSET_ATTR_SETNAME, name);
  return writer.end();
}

}  // namespace ipvsproxy
