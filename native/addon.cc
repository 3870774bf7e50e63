#include "addon.h"

#include <netlink/version.h>

#include <string>

#include "kernel_handle.h"
#include "records.h"

namespace ipvsproxy {

namespace {

// Of the library that is there, not of the headers.
std::string libnl_version() {
  return std::to_string(nl_ver_maj) + "." + std::to_string(nl_ver_min) + "." + std::to_string(nl_ver_mic);
}

}  // namespace

Addon::Addon(Napi::Env env, Napi::Object exports) {
  DefineAddon(exports, {InstanceValue("abi", Napi::Number::New(env, kAbi), napi_enumerable),
                        InstanceValue("libnl", Napi::String::New(env, libnl_version()), napi_enumerable),
                        InstanceValue("KernelHandle", KernelHandle::define(env), napi_enumerable),
                        InstanceMethod("setErrorClass", &Addon::set_error_class)});
}

void Addon::set_error_class(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) {
    Napi::TypeError::New(info.Env(), "setErrorClass() takes a class").ThrowAsJavaScriptException();
    return;
  }
  error_class_ = Napi::Persistent(info[0].As<Napi::Function>());
}

}  // namespace ipvsproxy

using IpvsProxyAddon = ipvsproxy::Addon;
NODE_API_ADDON(IpvsProxyAddon)
