#include "change_listener.h"

#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "exchange.h"
#include "route_codec.h"

namespace ipvsproxy {
namespace {

constexpr const char* kOperation = "route.watch";
constexpr size_t kRequestSize = 512;
constexpr int kGroups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
                           RTNLGRP_IPV6_ROUTE};
constexpr int kSubscribePause = 1000;  // ms

// Past this many unread changes a full look is cheaper, and memory stays bounded if JavaScript is stuck.
constexpr size_t kMostChanges = 65'536;

ChangeRecord plain_change(ChangeKind kind) {
  ChangeRecord change{};
  change.kind = kind;
  return change;
}

}  // namespace

Outcome ChangeListener::start(const std::string& device, Signal signal) {
  device_ = device;
  signal_ = std::move(signal);
  Outcome outcome = subscribe();
  if (!outcome.ok()) return outcome;
  outcome = learn_index();  // after subscribing, so that nothing is missed in between
  if (!outcome.ok()) return outcome;
  stop_event_ = FileDescriptor(eventfd(0, EFD_CLOEXEC));
  if (!stop_event_.is_open()) return failure(errno, kOperation);
  thread_ = std::thread([this] { listen(); });
  return done();
}

Outcome ChangeListener::subscribe() {
  Outcome outcome = socket_.open(NETLINK_ROUTE, kOperation);
  for (const int group : kGroups) {
    if (outcome.ok()) outcome = socket_.join_group(group, kOperation);
  }
  return outcome;
}

// On a socket of its own: on the subscribed one the answer could drown in notifications.
Outcome ChangeListener::learn_index() {
  NetlinkSocket socket;
  Outcome outcome = socket.open(NETLINK_ROUTE, kOperation);
  if (!outcome.ok()) return outcome;
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket.reserve_sequences(1);
  if (!write_link_request(writer, device_, sequence)) return does_not_fit(kOperation);
  Link link;
  outcome = ask(socket, writer.messages(), sequence, kOperation,
                [&](const Message& message) { read_link(message, &link); });
  remember_index(link.index);
  return outcome.error == ENODEV ? done() : outcome;
}

// Of what is ours removals are what counts; our own bindings would wake this thread thousands of times.
void ChangeListener::remember_index(uint32_t index) {
  index_ = index;
  socket_.ignore_additions_of(index, kRouteProtocol);
}

void ChangeListener::stop() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  while (write(stop_event_.get(), &one, sizeof one) < 0 && errno == EINTR) continue;
  thread_.join();
}

std::vector<ChangeRecord> ChangeListener::take() {
  const std::lock_guard<std::mutex> guard(lock_);
  return std::exchange(changes_, {});
}

void ChangeListener::listen() {
  while (wait()) {
    if (!read_notifications() && !subscribe_again()) return;
  }
}

// False when it is time to stop.
bool ChangeListener::wait() {
  pollfd events[] = {{stop_event_.get(), POLLIN, 0}, {socket_.descriptor(), POLLIN, 0}};
  while (poll(events, 2, -1) < 0 && errno == EINTR) continue;
  return (events[0].revents & POLLIN) == 0;
}

// False when it is time to stop.
bool ChangeListener::pause(int milliseconds) {
  pollfd event{stop_event_.get(), POLLIN, 0};
  int ready;
  while ((ready = poll(&event, 1, milliseconds)) < 0 && errno == EINTR) continue;
  return ready <= 0;
}

// A socket that fails for a reason we do not know is replaced, tried once a second. What happened meanwhile is lost, and
// reported as such. False when it is time to stop.
bool ChangeListener::subscribe_again() {
  do {
    if (!pause(kSubscribePause)) return false;
    socket_ = NetlinkSocket();
  } while (!subscribe().ok() || !learn_index().ok());
  add(plain_change(ChangeKind::kOverrun));
  return true;
}

// False where the socket is of no more use.
bool ChangeListener::read_notifications() {
  Bytes datagram;
  for (;;) {
    const int error = socket_.receive(&datagram);
    if (error == EAGAIN) return true;
    if (error != 0) {
      if (!recover(error)) return false;
      continue;
    }
    MessageReader reader(datagram);
    Message message;
    while (reader.next(&message)) read(message);
  }
}

// What was lost may have been about the device itself. (This thread was born in the namespace it listens to,
// so the socket for the question is in it too.)
bool ChangeListener::recover(int error) {
  if (error != ENOBUFS && error != EMSGSIZE) return false;
  if (!learn_index().ok()) remember_index(0);
  add(plain_change(ChangeKind::kOverrun));
  return true;
}

void ChangeListener::read(const Message& message) {
  if (message.type == RTM_NEWLINK || message.type == RTM_DELLINK) return read_link_change(message);
  if (message.type == RTM_NEWADDR || message.type == RTM_DELADDR) return read_address_change(message);
  AddressRecord route;
  if (message.type == RTM_DELROUTE && read_route(message, &route)) add_removed(route);
}

// A renamed device is a lost one too.
void ChangeListener::read_link_change(const Message& message) {
  Link link;
  if (!read_link(message, &link)) return;
  const bool ours = link.name == device_ && message.type == RTM_NEWLINK;
  if (ours) {
    remember_index(link.index);
  } else if (link.index == index_) {
    remember_index(0);
    add(plain_change(ChangeKind::kDeviceRemoved));
  } else {
    add_node_addresses();
  }
}

void ChangeListener::read_address_change(const Message& message) {
  uint32_t device = 0;
  AddressRecord address;
  if (!read_address(message, &device, &address)) return;
  if (device != index_ || index_ == 0) return add_node_addresses();
  if (message.type == RTM_DELADDR) add_removed(address);
}

void ChangeListener::add_removed(const AddressRecord& address) {
  ChangeRecord change = plain_change(ChangeKind::kAddressRemoved);
  change.family = address.family;
  change.is_route = address.is_route;
  std::memcpy(change.address, address.address, sizeof change.address);
  add(change);
}

// One is enough, however many there were since the last was fetched.
void ChangeListener::add_node_addresses() {
  {
    const std::lock_guard<std::mutex> guard(lock_);
    if (!changes_.empty() && changes_.back().kind == ChangeKind::kNodeAddresses) return;
  }
  add(plain_change(ChangeKind::kNodeAddresses));
}

void ChangeListener::add(const ChangeRecord& change) {
  bool was_empty;
  {
    const std::lock_guard<std::mutex> guard(lock_);
    was_empty = changes_.empty();
    if (changes_.size() >= kMostChanges) {
      changes_.assign(1, plain_change(ChangeKind::kOverrun));
    } else {
      changes_.push_back(change);
    }
  }
  if (was_empty) signal_();
}

}  // namespace ipvsproxy
