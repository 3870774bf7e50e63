// nft commands as text, through libnftables.
#pragma once

#include <nftables/libnftables.h>

#include <memory>
#include <string>

#include "outcome.h"

namespace ipvsproxy {

struct NftReply {
  bool ok = false;
  std::string output;
  std::string error;  // what nft would print to standard error, warnings included
};

class NftShell {
 public:
  // Fails as a whole only where there is no nftables to talk to. `text` may hold many commands: one
  // transaction.
  Outcome run(const std::string& text, NftReply* reply);

 private:
  struct Free {
    void operator()(nft_ctx* context) const { nft_ctx_free(context); }
  };

  Outcome open();

  std::unique_ptr<nft_ctx, Free> context_;
};

}  // namespace ipvsproxy
