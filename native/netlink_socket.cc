#include "netlink_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

namespace ipvsproxy {
namespace {

// Dump buffers of 32 KiB are the largest the kernel makes, and it makes them only for readers that ask for as
// much.
constexpr size_t kReceiveSize = 64 * 1024;

// One send may not exceed SO_SNDBUF, and every unread answer counts against SO_RCVBUF (some 800–1,300 bytes
// each).
constexpr int kSendBuffer = 8 * 1024 * 1024;
constexpr int kReceiveBuffer = 8 * 1024 * 1024;

bool set_option(int descriptor, int level, int name, int value) {
  return setsockopt(descriptor, level, name, &value, sizeof value) == 0;
}

bool enlarge(int descriptor, int forced, int ordinary, int size) {
  if (set_option(descriptor, SOL_SOCKET, forced, size)) return true;
  set_option(descriptor, SOL_SOCKET, ordinary, size);
  return false;
}

}  // namespace

Outcome NetlinkSocket::open(int protocol, const char* operation) {
  std::unique_ptr<nl_sock, Free> socket(nl_socket_alloc());
  if (socket == nullptr) return failure(ENOMEM, operation);
  errno = 0;
  // libnl's own code loses the difference between errnos (ENOENT and ESRCH are one to it), errno itself does
  // not.
  if (nl_connect(socket.get(), protocol) < 0) return failure(errno != 0 ? errno : EIO, operation);
  socket_ = std::move(socket);
  buffer_.reset(new uint8_t[kReceiveSize]);
  set_options();
  return done();
}

void NetlinkSocket::set_options() {
  const int fd = descriptor();
  set_option(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  set_option(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  set_option(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  const bool send = enlarge(fd, SO_SNDBUFFORCE, SO_SNDBUF, kSendBuffer);
  const bool receive = enlarge(fd, SO_RCVBUFFORCE, SO_RCVBUF, kReceiveBuffer);
  large_buffers_ = send && receive;
}

Outcome NetlinkSocket::join_group(int group, const char* operation) {
  if (set_option(descriptor(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)) return done();
  return failure(errno, operation);
}

void NetlinkSocket::ignore_additions_of(uint32_t index, uint8_t route_protocol) {
  // A classic BPF program loads in network order, while type and index are in the host's. 8 drops, 9 takes.
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 6, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWADDR), 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(nlmsghdr) + offsetof(ifaddrmsg, ifa_index)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(index), 2, 3),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, sizeof(nlmsghdr) + offsetof(rtmsg, rtm_protocol)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, route_protocol, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
  const sock_fprog filter = {sizeof program / sizeof program[0], program};
  setsockopt(descriptor(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

uint32_t NetlinkSocket::reserve_sequences(size_t count) {
  const uint32_t first = next_sequence_;
  next_sequence_ += static_cast<uint32_t>(count);
  return first;
}

int NetlinkSocket::send(Bytes messages) {
  for (;;) {
    if (::send(descriptor(), messages.data, messages.size, 0) >= 0) return 0;
    if (errno != EINTR) return errno;
  }
}

int NetlinkSocket::receive(Bytes* datagram) {
  for (;;) {
    sockaddr_nl sender{};
    socklen_t sender_size = sizeof sender;
    const ssize_t size = recvfrom(descriptor(), buffer_.get(), kReceiveSize, MSG_DONTWAIT | MSG_TRUNC,
                                  reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    if (sender.nl_pid != 0) continue;  // not the kernel: any local process may write to us
    if (static_cast<size_t>(size) > kReceiveSize) return EMSGSIZE;
    *datagram = {buffer_.get(), static_cast<size_t>(size)};
    return 0;
  }
}

void NetlinkSocket::drain() {
  Bytes datagram;
  for (;;) {
    const int error = receive(&datagram);
    if (error != 0 && error != ENOBUFS && error != EMSGSIZE) return;
  }
}

}  // namespace ipvsproxy
