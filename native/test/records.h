// Operation records for tests. The addresses: 10.96.0.10 and fd00:96::10 are VIPs, 10.244.0.1 and fd00:244::1
// pods.
#pragma once

#include <sys/socket.h>

#include <cstring>

#include "../records.h"
#include "check.h"

namespace ipvsproxy::test {

inline const char* const kVip = "0a60000a";
inline const char* const kPod = "0af40001";
inline const char* const kVip6 = "fd000096 00000000 00000000 00000010";
inline const char* const kPod6 = "fd000244 00000000 00000000 00000001";

inline void put(uint8_t* target, const char* digits) {
  const std::string bytes = hex(digits);
  std::memcpy(target, bytes.data(), bytes.size());
}

inline OperationRecord record_of(OperationKind kind, uint8_t family = AF_INET) {
  OperationRecord record{};
  record.kind = kind;
  record.family = family;
  record.protocol = 6;
  record.port = 80;
  record.real_port = 8080;
  put(record.address, family == AF_INET ? kVip : kVip6);
  put(record.real_address, family == AF_INET ? kPod : kPod6);
  return record;
}

inline OperationRecord element_record(OperationKind kind, const char* key) {
  OperationRecord record{};
  record.kind = kind;
  record.forwarding = static_cast<uint8_t>(hex(key).size());
  put(record.address, key);
  return record;
}

}  // namespace ipvsproxy::test
