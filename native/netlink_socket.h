// One netlink socket: its options, its sequence numbers, sending and receiving of whole datagrams.
#pragma once

#include <netlink/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "message_reader.h"
#include "outcome.h"

namespace ipvsproxy {

class NetlinkSocket {
 public:
  // Opens the socket in the calling thread's network namespace. `operation` names the failure.
  Outcome open(int protocol, const char* operation);
  bool is_open() const { return socket_ != nullptr; }
  int descriptor() const { return nl_socket_get_fd(socket_.get()); }

  Outcome join_group(int group, const char* operation);

  // From now on the kernel drops notifications of addresses that come to this device instead of queueing them, and those
  // of routes but the removal of one with this protocol. Where it cannot filter, they come all the same.
  void ignore_additions_of(uint32_t index, uint8_t route_protocol);

  // Reserves `count` consecutive sequence numbers and returns the first.
  uint32_t reserve_sequences(size_t count);

  // Both return 0 or a positive errno. receive() never waits: EAGAIN says that nothing is queued.
  int send(Bytes messages);
  int receive(Bytes* datagram);

  // Throws away whatever is queued, so that the next exchange starts clean.
  void drain();

  // Whether the kernel granted our buffer sizes (it does with CAP_NET_ADMIN).
  bool has_large_buffers() const { return large_buffers_; }

 private:
  struct Free {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
  };

  void set_options();

  std::unique_ptr<nl_sock, Free> socket_;
  std::unique_ptr<uint8_t[]> buffer_;
  uint32_t next_sequence_ = 1;
  bool large_buffers_ = false;
};

}  // namespace ipvsproxy
