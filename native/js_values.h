// Packed records and errors as JavaScript values.
#pragma once

#include <napi.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "outcome.h"
#include "records.h"

namespace ipvsproxy {

// Copies: an ArrayBuffer over foreign memory is not allowed in every build of Node.
inline uint8_t* append(uint8_t* target, const void* data, size_t size) {
  if (size > 0) std::memcpy(target, data, size);
  return target + size;
}

// Undefined where JavaScript has no memory for it (an exception is pending then), or is being ended with its worker
// thread (none is). Using the empty buffer would end the process.
inline Napi::Value buffer_of(Napi::Env env, const void* data, size_t size) {
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, size);
  if (buffer.IsEmpty()) return env.Undefined();
  append(static_cast<uint8_t*>(buffer.Data()), data, size);
  return buffer;
}

// Header, records, extra items.
template <typename Record, typename Extra>
Napi::Value answer_of(Napi::Env env, const std::vector<Record>& records, const Extra* extra,
                      size_t extra_count) {
  const AnswerHeader header{sizeof(Record), static_cast<uint32_t>(records.size()), sizeof(Extra),
                            static_cast<uint32_t>(extra_count)};
  const size_t records_size = records.size() * sizeof(Record);
  const size_t extra_size = extra_count * sizeof(Extra);
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, sizeof header + records_size + extra_size);
  if (buffer.IsEmpty()) return env.Undefined();
  uint8_t* target = append(static_cast<uint8_t*>(buffer.Data()), &header, sizeof header);
  target = append(target, records.data(), records_size);
  append(target, extra, extra_size);
  return buffer;
}

template <typename Record>
Napi::Value answer_of(Napi::Env env, const std::vector<Record>& records) {
  return answer_of(env, records, static_cast<const uint8_t*>(nullptr), 0);
}

// A failed call as an instance of the class given to setErrorClass(); a plain Error before that.
Napi::Value error_from(Napi::Env env, const Outcome& outcome);

// A misuse of the handle: an Error with this code.
Napi::Error misuse(Napi::Env env, const char* code, const std::string& message);

}  // namespace ipvsproxy
