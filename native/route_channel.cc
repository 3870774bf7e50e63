#include "route_channel.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/route/link.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "packed_send.h"

namespace ipvsproxy {
namespace {

constexpr size_t kRequestSize = 512;
constexpr const char* kDummy = "dummy";
constexpr const char* kDump = "route.dumpAddresses";
constexpr const char* kNodeDump = "route.dumpNodeAddresses";

struct PutLink {
  void operator()(rtnl_link* link) const { rtnl_link_put(link); }
};
struct FreeMessage {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};

// The request as libnl-route builds it; left DOWN, as kube-proxy leaves it: local addresses work all the
// same.
std::unique_ptr<nl_msg, FreeMessage> creation_request(const std::string& name) {
  std::unique_ptr<rtnl_link, PutLink> link(rtnl_link_alloc());
  if (link == nullptr || rtnl_link_set_type(link.get(), kDummy) < 0) return nullptr;
  rtnl_link_set_name(link.get(), name.c_str());
  rtnl_link_set_flags(link.get(), IFF_NOARP);
  nl_msg* message = nullptr;
  const int error = rtnl_link_build_add_request(link.get(), NLM_F_CREATE | NLM_F_EXCL, &message);
  return std::unique_ptr<nl_msg, FreeMessage>(error < 0 ? nullptr : message);
}

// Where there is no IPv6 the kernel takes the question for one about all families, or refuses it. A namespace that never
// had an address or a route has no such table yet, which is ENOENT.
Outcome unless_absent(const Outcome& outcome) {
  const bool has_none =
      outcome.error == EOPNOTSUPP || outcome.error == EAFNOSUPPORT || outcome.error == ENOENT;
  return has_none ? done() : outcome;
}

}  // namespace

template <typename Write>
Outcome RouteChannel::dump_messages(const char* operation, Write write, const MessageSink& sink) {
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(1);
  if (!write(writer, sequence)) return does_not_fit(operation);
  return dump(socket_, writer.messages(), sequence, operation, sink);
}

Outcome RouteChannel::connect(const char* operation) {
  return socket_.is_open() ? done() : socket_.open(NETLINK_ROUTE, operation);
}

// ENODEV is an answer: the link keeps index 0.
Outcome RouteChannel::find_device(const char* operation, Link* link) {
  Outcome outcome = connect(operation);
  if (!outcome.ok()) return outcome;
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(1);
  if (!write_link_request(writer, device_, sequence)) return does_not_fit(operation);
  bool readable = true;
  outcome = ask(socket_, writer.messages(), sequence, operation,
                [&](const Message& message) { readable = read_link(message, link) && readable; });
  if (outcome.error == ENODEV) return done();
  if (!outcome.ok()) return outcome;
  return readable ? done() : failure(EBADMSG, operation);
}

Outcome RouteChannel::find_dummy(const char* operation, Link* link) {
  Outcome outcome = find_device(operation, link);
  if (!outcome.ok() || link->index == 0 || link->kind == kDummy) return outcome;
  const std::string kind = link->kind.empty() ? "not virtual" : "a " + link->kind;
  return failure(EEXIST, operation, "device " + device_ + " is " + kind + ", not a dummy device");
}

Outcome RouteChannel::create_device(const char* operation) {
  const auto request = creation_request(device_);
  if (request == nullptr) return failure(ENOMEM, operation);
  nlmsghdr* header = nlmsg_hdr(request.get());
  const uint32_t sequence = socket_.reserve_sequences(1);
  header->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  header->nlmsg_seq = sequence;
  const Bytes bytes{reinterpret_cast<const uint8_t*>(header), header->nlmsg_len};
  return ask(socket_, bytes, sequence, operation, [](const Message&) {});
}

Outcome RouteChannel::ensure_device(uint32_t* index, bool* created) {
  constexpr const char* kOperation = "route.ensureDevice";
  Link link;
  Outcome outcome = find_dummy(kOperation, &link);
  if (!outcome.ok()) return outcome;
  *created = link.index == 0;
  if (*created) {
    outcome = create_device(kOperation);
    if (outcome.error == EEXIST) *created = false;  // somebody was faster
    if (!outcome.ok() && outcome.error != EEXIST) return outcome;
    outcome = find_dummy(kOperation, &link);
  }
  *index = link.index;
  if (outcome.ok() && link.index == 0) return failure(ENODEV, kOperation);
  return outcome;
}

Outcome RouteChannel::device_index(uint32_t* index) {
  Link link;
  Outcome outcome = find_device("route.deviceIndex", &link);
  *index = link.index;
  return outcome;
}

Outcome RouteChannel::delete_device(bool* deleted) {
  constexpr const char* kOperation = "route.deleteDevice";
  Link link;
  *deleted = false;
  Outcome outcome = find_dummy(kOperation, &link);
  if (!outcome.ok() || link.index == 0) return outcome;
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(1);
  if (!write_link_deletion(writer, link.index, sequence)) return does_not_fit(kOperation);
  outcome = ask(socket_, writer.messages(), sequence, kOperation, [](const Message&) {});
  *deleted = outcome.ok();
  return outcome.error == ENODEV ? done() : outcome;
}

Outcome RouteChannel::dump_addresses(std::vector<AddressRecord>* addresses) {
  Link link;
  const Outcome outcome = find_device(kDump, &link);
  if (!outcome.ok()) return outcome;
  return retry_interrupted([&] { return dump_once(link.index, addresses); });
}

Outcome RouteChannel::dump_once(uint32_t device, std::vector<AddressRecord>* addresses) {
  addresses->clear();
  Outcome outcome = device == 0 ? done() : dump_device(kDump, device, addresses);
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    if (outcome.ok()) outcome = dump_routes(family, addresses);
  }
  return outcome;
}

Outcome RouteChannel::dump_device(const char* operation, uint32_t device, std::vector<AddressRecord>* addresses) {
  const auto write = [device](MessageWriter& writer, uint32_t sequence) {
    return write_address_dump(writer, device, sequence);
  };
  return dump_messages(operation, write, [&](const Message& message) {
    uint32_t owner = 0;
    AddressRecord record;
    if (read_address(message, &owner, &record) && owner == device) addresses->push_back(record);
  });
}

Outcome RouteChannel::dump_routes(uint8_t family, std::vector<AddressRecord>* addresses) {
  const auto write = [family](MessageWriter& writer, uint32_t sequence) {
    return write_route_dump(writer, family, sequence);
  };
  return unless_absent(dump_messages(kDump, write, [&](const Message& message) {
    AddressRecord record;
    if (read_route(message, &record) && record.family == family) addresses->push_back(record);
  }));
}

// Link by link, since a list of all addresses would have every VIP in it. What changes all the time is taken as it was:
// a notification follows each change.
Outcome RouteChannel::dump_node_addresses(std::vector<AddressRecord>* addresses) {
  const Outcome outcome = connect(kNodeDump);
  if (!outcome.ok()) return outcome;
  const Outcome dumped = retry_interrupted([&] { return dump_links_addresses(addresses); });
  return dumped.error == EINTR ? done() : dumped;
}

Outcome RouteChannel::dump_links_addresses(std::vector<AddressRecord>* addresses) {
  addresses->clear();
  std::vector<Link> links;
  Outcome outcome = dump_links(&links);
  for (const Link& link : links) {
    const bool runs = (link.flags & IFF_UP) != 0 && (link.flags & IFF_RUNNING) != 0;
    if (!runs || (link.flags & IFF_LOOPBACK) != 0 || link.name == device_) continue;
    const Outcome dumped = dump_device(kNodeDump, link.index, addresses);
    if (!dumped.ok() && dumped.error != ENODEV) outcome = dumped;
  }
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    const Outcome dumped = dump_gateways(family, addresses);
    if (!dumped.ok()) outcome = dumped;
  }
  return outcome;
}

Outcome RouteChannel::dump_links(std::vector<Link>* links) {
  return dump_messages(kNodeDump, write_link_dump, [&](const Message& message) {
    Link link;
    if (read_link(message, &link)) links->push_back(link);
  });
}

Outcome RouteChannel::dump_gateways(uint8_t family, std::vector<AddressRecord>* addresses) {
  const auto write = [family](MessageWriter& writer, uint32_t sequence) {
    return write_main_route_dump(writer, family, sequence);
  };
  return unless_absent(dump_messages(kNodeDump, write, [&](const Message& message) {
    for (const AddressRecord& gateway : read_default_gateways(message))
      if (gateway.family == family) addresses->push_back(gateway);
  }));
}

void RouteChannel::apply(const OperationBatch& batch, Run run, Results* results) {
  uint32_t device = 0;
  const Outcome outcome = device_index(&device);
  if (!outcome.ok()) {
    std::fill(results->codes.begin() + run.first, results->codes.begin() + run.last, -outcome.error);
    return;
  }
  const auto write = [device](MessageWriter& writer, const OperationRecord& record, uint32_t sequence) {
    const bool is_route =
        record.kind == OperationKind::kBindRoute || record.kind == OperationKind::kUnbindRoute;
    return is_route ? write_route_operation(writer, record, sequence)
                    : write_address_operation(writer, device, record, sequence);
  };
  send_packed(socket_, batch, run, write, results);
}

}  // namespace ipvsproxy
