// Hands what the change listener received to a JavaScript callback.
#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "change_listener.h"

namespace ipvsproxy {

// Does not keep the process alive. At most one call is on its way at a time; it takes all changes there are.
class ChangeWatch {
 public:
  static std::unique_ptr<ChangeWatch> start(Napi::Env env, Napi::Function callback, const std::string& device,
                                            Outcome* outcome);
  ~ChangeWatch();

 private:
  // Owned jointly with calls under way, which may come after the watch has ended.
  struct Shared;
  static void call(Napi::Env env, Napi::Function callback, std::nullptr_t*, std::shared_ptr<Shared>* shared);
  using Caller = Napi::TypedThreadSafeFunction<std::nullptr_t, std::shared_ptr<Shared>, call>;

  explicit ChangeWatch(Napi::Env env) : env_(env) {}
  static void stop_at_exit(void* watch);
  void stop();

  Napi::Env env_;
  Caller caller_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace ipvsproxy
