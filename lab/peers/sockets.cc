#include "sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sctp.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

namespace peers {

int checked(int result) {
  if (result < 0) throw std::system_error(errno, std::generic_category());
  return result;
}

void enter_namespace(const std::string& name) {
  Socket file(checked(open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC)));
  checked(setns(file.descriptor(), CLONE_NEWNET));
}

Place Place::parse(const std::string& address, int port) {
  Place place;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&place.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&place.storage);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    place.length = sizeof *v4;
  } else if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    place.length = sizeof *v6;
  } else {
    throw std::system_error(EINVAL, std::generic_category());
  }
  return place;
}

std::string Place::address() const {
  char text[INET6_ADDRSTRLEN];
  const void* bytes =
      family() == AF_INET
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr)
          : &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr;
  return inet_ntop(family(), bytes, text, sizeof text);
}

int Place::port() const {
  // The port lies at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

Socket::Socket(const std::string& protocol, int family)
    : descriptor_(checked(socket(family, (protocol == "UDP" ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC,
                                 protocol == "SCTP" ? IPPROTO_SCTP : 0))) {
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  // Each family has its own socket: an SCTP peer would otherwise offer its addresses of both.
  if (family == AF_INET6) set(IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (protocol == "SCTP") hear_refusals(family);
}

// By itself SCTP takes an ICMP refusal for a passing cloud and tries on for minutes. Even told to listen, it
// misses the one that answers within the system call (sctp_v4_err, net/sctp/protocol.c), so its second try
// must come soon.
void Socket::hear_refusals(int family) {
  if (family == AF_INET) set(IPPROTO_IP, IP_RECVERR, 1);
  if (family == AF_INET6) set(IPPROTO_IPV6, IPV6_RECVERR, 1);
  const sctp_rtoinfo retry{0, 200, 1000, 200};
  checked(setsockopt(descriptor_, IPPROTO_SCTP, SCTP_RTOINFO, &retry, sizeof retry));
}

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

void Socket::set(int level, int option, int value) {
  checked(setsockopt(descriptor_, level, option, &value, sizeof value));
}

void Socket::set_timeout(int milliseconds) {
  const timeval time{milliseconds / 1000, milliseconds % 1000 * 1000};
  checked(setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  checked(setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time));
}

void Socket::connect_within(const Place& server, int milliseconds) {
  const int flags = checked(fcntl(descriptor_, F_GETFL));
  checked(fcntl(descriptor_, F_SETFL, flags | O_NONBLOCK));
  if (connect(descriptor_, server.raw(), server.length) < 0) {
    if (errno != EINPROGRESS) checked(-1);
    wait_connected(milliseconds);
  }
  checked(fcntl(descriptor_, F_SETFL, flags));
}

// Not a blocking connect: SCTP's sleeps through the error that a poll is woken by.
void Socket::wait_connected(int milliseconds) {
  pollfd wanted{descriptor_, POLLOUT, 0};
  if (checked(poll(&wanted, 1, milliseconds)) == 0)
    throw std::system_error(ETIMEDOUT, std::generic_category());
  int code = 0;
  socklen_t length = sizeof code;
  checked(getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &code, &length));
  if (code != 0) throw std::system_error(code, std::generic_category());
}

// A closed connection stays in the tables of IPVS for two minutes, a reset one for ten seconds
// (ip_vs_proto_tcp.c).
void Socket::close_by_reset() {
  const linger nothing{1, 0};
  checked(setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &nothing, sizeof nothing));
}

}  // namespace peers
