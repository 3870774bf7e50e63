// Watches, on a thread of its own, that nobody takes our device, its addresses or our routes away, and whether the
// node's own addresses change.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "netlink_socket.h"
#include "network_namespace.h"
#include "outcome.h"
#include "records.h"

namespace ipvsproxy {

// Our own unbinding is reported like anybody's: the kernel does not say who did it.
class ChangeListener {
 public:
  // Called on the thread after changes were added to an empty list; take() fetches them.
  using Signal = std::function<void()>;

  ChangeListener() = default;
  ~ChangeListener() { stop(); }
  ChangeListener(const ChangeListener&) = delete;
  ChangeListener& operator=(const ChangeListener&) = delete;

  // Subscribes in the calling thread's network namespace. `device` is a name; it may come and go.
  Outcome start(const std::string& device, Signal signal);
  // Ends and joins the thread; harmless where there is none.
  void stop();
  std::vector<ChangeRecord> take();

 private:
  Outcome subscribe();
  Outcome learn_index();
  void listen();
  bool wait();
  bool pause(int milliseconds);
  bool subscribe_again();
  bool read_notifications();
  bool recover(int error);
  void read(const Message& message);
  void read_link_change(const Message& message);
  void read_address_change(const Message& message);
  void remember_index(uint32_t index);
  void add(const ChangeRecord& change);
  void add_removed(const AddressRecord& address);
  void add_node_addresses();

  std::string device_;
  Signal signal_;
  NetlinkSocket socket_;
  FileDescriptor stop_event_;
  uint32_t index_ = 0;  // of the device; 0 while it is absent
  std::thread thread_;

  std::mutex lock_;  // guards changes_
  std::vector<ChangeRecord> changes_;
};

}  // namespace ipvsproxy
