#include "nft_shell.h"

#include <linux/netlink.h>

#include <cerrno>
#include <mutex>

#include "netlink_socket.h"

namespace ipvsproxy {
namespace {

constexpr const char* kOperation = "nft.run";

std::string text_or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

// libnftables keeps process-wide caches without a lock (iface.c), so two handles must not be inside at once.
// This is the one piece of shared state in the addon.
std::mutex& library_lock() {
  static std::mutex lock;
  return lock;
}

}  // namespace

// nft_ctx_new() ends the process where it gets no netfilter socket (netlink_init_error()), so ours tries
// first.
Outcome NftShell::open() {
  NetlinkSocket probe;
  Outcome outcome = probe.open(NETLINK_NETFILTER, kOperation);
  if (!outcome.ok()) return outcome;
  std::unique_ptr<nft_ctx, Free> context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (context == nullptr) return failure(ENOMEM, kOperation);
  if (nft_ctx_buffer_output(context.get()) != 0 || nft_ctx_buffer_error(context.get()) != 0) {
    return failure(ENOMEM, kOperation);
  }
  context_ = std::move(context);
  return done();
}

Outcome NftShell::run(const std::string& text, NftReply* reply) {
  const std::lock_guard<std::mutex> guard(library_lock());
  if (context_ == nullptr) {
    Outcome outcome = open();
    if (!outcome.ok()) return outcome;
  }
  reply->ok = nft_run_cmd_from_buffer(context_.get(), text.c_str()) == 0;
  reply->output = text_or_empty(nft_ctx_get_output_buffer(context_.get()));
  reply->error = text_or_empty(nft_ctx_get_error_buffer(context_.get()));
  return done();
}

}  // namespace ipvsproxy
