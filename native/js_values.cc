#include "js_values.h"

#include <cstring>

#include "addon.h"

namespace ipvsproxy {

Napi::Value error_from(Napi::Env env, const Outcome& outcome) {
  const Napi::FunctionReference& error_class = env.GetInstanceData<Addon>()->error_class();
  if (error_class.IsEmpty()) {
    return Napi::Error::New(env, std::string(outcome.operation) + ": " + std::strerror(outcome.error))
        .Value();
  }
  return error_class.New({Napi::Number::New(env, -outcome.error), Napi::String::New(env, outcome.operation),
                          Napi::String::New(env, outcome.message)});
}

Napi::Error misuse(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

}  // namespace ipvsproxy
