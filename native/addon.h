// What one Node environment (the main thread, or a worker) holds of this addon.
#pragma once

#include <napi.h>

namespace ipvsproxy {

class Addon : public Napi::Addon<Addon> {
 public:
  Addon(Napi::Env env, Napi::Object exports);

  const Napi::FunctionReference& error_class() const { return error_class_; }

 private:
  void set_error_class(const Napi::CallbackInfo& info);

  Napi::FunctionReference error_class_;
};

}  // namespace ipvsproxy
