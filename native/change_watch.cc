#include "change_watch.h"

#include <utility>

#include "js_values.h"

namespace ipvsproxy {

struct ChangeWatch::Shared {
  ChangeListener listener;
};

std::unique_ptr<ChangeWatch> ChangeWatch::start(Napi::Env env, Napi::Function callback,
                                                const std::string& device, Outcome* outcome) {
  std::unique_ptr<ChangeWatch> watch(new ChangeWatch(env));
  watch->caller_ = Caller::New(env, callback, "ipvs-proxy changes", 0, 1);
  watch->caller_.Unref(env);
  watch->shared_ = std::make_shared<Shared>();
  *outcome = watch->shared_->listener.start(device, [watch = watch.get()] {
    auto* shared = new std::shared_ptr<Shared>(watch->shared_);
    if (watch->caller_.NonBlockingCall(shared) != napi_ok) delete shared;
  });
  // Hooks run last-in first-out, so the thread is joined before Node takes the function away below it.
  napi_add_env_cleanup_hook(env, stop_at_exit, watch.get());
  if (!outcome->ok()) return nullptr;
  return watch;
}

ChangeWatch::~ChangeWatch() {
  if (shared_ == nullptr) return;
  napi_remove_env_cleanup_hook(env_, stop_at_exit, this);
  stop();
}

void ChangeWatch::stop_at_exit(void* watch) {
  static_cast<ChangeWatch*>(watch)->stop();
}

void ChangeWatch::stop() {
  if (shared_ == nullptr) return;
  shared_->listener.stop();
  caller_.Release();
  shared_.reset();
}

// Without an environment Node is on its way out, and only the memory is left to care for.
void ChangeWatch::call(Napi::Env env, Napi::Function callback, std::nullptr_t*,
                       std::shared_ptr<Shared>* shared) {
  const std::unique_ptr<std::shared_ptr<Shared>> owner(shared);
  if (static_cast<napi_env>(env) == nullptr || static_cast<napi_value>(callback) == nullptr) return;
  const std::vector<ChangeRecord> changes = (*owner)->listener.take();
  if (!changes.empty()) callback.Call({answer_of(env, changes)});
}

}  // namespace ipvsproxy
