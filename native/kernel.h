// Everything a handle reaches the kernel through. Used by one thread; sockets open on first use.
#pragma once

#include <string>
#include <vector>

#include "batch.h"
#include "conntrack_channel.h"
#include "ipset_channel.h"
#include "ipvs_channel.h"
#include "nft_channel.h"
#include "nft_rules_channel.h"
#include "route_channel.h"

namespace ipvsproxy {

struct KernelOptions {
  std::string device;             // name of the dummy device
  std::string table;              // nftables table, family inet
  std::vector<std::string> sets;  // its sets; records name them by index
  std::string network_namespace;  // path of another network namespace; empty: the process's own
};

struct Kernel {
  explicit Kernel(const KernelOptions& options)
      : network_namespace(options.network_namespace),
        route(options.device),
        nft(options.table, options.sets) {}

  void apply(const OperationBatch& batch, Results* results) {
    apply_batch(batch, {ipvs, route, nft, conntrack}, nft.sets(), results);
  }

  const std::string network_namespace;
  IpvsChannel ipvs;
  RouteChannel route;
  NftChannel nft;
  ConntrackChannel conntrack;
  IpsetChannel ipset;
  NftRulesChannel rules;
};

}  // namespace ipvsproxy
