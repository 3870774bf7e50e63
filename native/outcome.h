// What became of a call as a whole. errno travels up untouched.
#pragma once

#include <cerrno>
#include <string>
#include <utility>

namespace ipvsproxy {

struct [[nodiscard]] Outcome {
  int error = 0;               // a positive errno; 0: done
  const char* operation = "";  // "ipvs.dump", for the caller's message; a literal
  std::string message;         // the kernel's extended acknowledgement, or our own reason

  bool ok() const { return error == 0; }
};

inline Outcome done() {
  return {};
}

inline Outcome failure(int error, const char* operation, std::string message = {}) {
  return Outcome{error, operation, std::move(message)};
}

// A request that outgrew its buffer: a name is longer than the kernel takes.
inline Outcome does_not_fit(const char* operation) {
  return failure(EMSGSIZE, operation, "the request does not fit its buffer");
}

}  // namespace ipvsproxy
