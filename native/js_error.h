// Errors as JavaScript sees them.
#pragma once

#include <napi.h>

#include <string>

#include "outcome.h"

namespace ipvsproxy {

// A failed call as an instance of the class given to setErrorClass(); a plain Error before that.
Napi::Value error_from(Napi::Env env, const Outcome& outcome);

// A misuse of the handle: an Error with this code.
Napi::Error misuse(Napi::Env env, const char* code, const std::string& message);

}  // namespace ipvsproxy
