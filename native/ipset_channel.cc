#include "ipset_channel.h"

#include <linux/netfilter/ipset/ip_set.h>

#include <cerrno>

#include "exchange.h"

namespace ipvsproxy {
namespace {

constexpr size_t kRequestSize = 128;

const char* operation_of(IpsetCommand command) {
  switch (command) {
    case IpsetCommand::kFlush:
      return "ipset.flush";
    case IpsetCommand::kDestroy:
      return "ipset.destroy";
    case IpsetCommand::kFind:
      break;
  }
  return "ipset.find";
}

}  // namespace

Outcome IpsetChannel::run(IpsetCommand command, const std::string& name, bool* found) {
  const char* operation = operation_of(command);
  MessageWriter writer(kRequestSize);
  *found = false;
  if (!socket_.is_open()) {
    Outcome outcome = socket_.open(NETLINK_NETFILTER, operation);
    if (!outcome.ok()) return outcome;
  }
  const uint32_t sequence = socket_.reserve_sequences(1);
  if (!write_ipset_request(writer, command, name, sequence)) return failure(EINVAL, operation);
  Outcome outcome = ask(socket_, writer.messages(), sequence, operation, [](const Message&) {});
  // nfnetlink says EINVAL for a subsystem that is neither there nor to be loaded (nfnetlink_rcv_msg()).
  if (outcome.error == ENOENT || outcome.error == EINVAL) return done();
  if (outcome.error == IPSET_ERR_BUSY) outcome.error = EBUSY;
  *found = outcome.ok();
  return outcome;
}

}  // namespace ipvsproxy
