// The dummy device, its addresses and our local routes: one rtnetlink socket, opened on first use.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "batch.h"
#include "exchange.h"
#include "netlink_socket.h"
#include "outcome.h"
#include "route_codec.h"

namespace ipvsproxy {

class RouteChannel : public Channel {
 public:
  explicit RouteChannel(std::string device) : device_(std::move(device)) {}

  // Addresses get −ENODEV where the device is absent.
  void apply(const OperationBatch& batch, Run run, Results* results) override;

  // Makes the device unless it is there. EEXIST: the name belongs to a device that is not a dummy.
  Outcome ensure_device(uint32_t* index, bool* created);
  // Index 0: absent.
  Outcome device_index(uint32_t* index);
  // Absence is fine. EEXIST as above: what we would not make we do not delete.
  Outcome delete_device(bool* deleted);
  // The addresses of the device, where there is one, and our local routes.
  Outcome dump_addresses(std::vector<AddressRecord>* addresses);
  // The addresses of all other links that are up and run, but for loopbacks, and the gateways of the default routes.
  Outcome dump_node_addresses(std::vector<AddressRecord>* addresses);

 private:
  Outcome connect(const char* operation);
  Outcome find_device(const char* operation, Link* link);
  Outcome find_dummy(const char* operation, Link* link);
  Outcome create_device(const char* operation);
  // `write` is given a writer and the number of the request, and returns whether it fitted.
  template <typename Write>
  Outcome dump_messages(const char* operation, Write write, const MessageSink& sink);
  Outcome dump_once(uint32_t device, std::vector<AddressRecord>* addresses);
  Outcome dump_links_addresses(std::vector<AddressRecord>* addresses);
  Outcome dump_links(std::vector<Link>* links);
  Outcome dump_gateways(uint8_t family, std::vector<AddressRecord>* addresses);
  Outcome dump_device(const char* operation, uint32_t device, std::vector<AddressRecord>* addresses);
  Outcome dump_routes(uint8_t family, std::vector<AddressRecord>* addresses);

  NetlinkSocket socket_;
  std::string device_;
};

}  // namespace ipvsproxy
