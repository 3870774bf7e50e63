// A view of bytes that somebody else owns.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ipvsproxy {

struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

// Netlink pads everything to 4 bytes. (NLMSG_ALIGN computes in 32 bits.)
constexpr size_t padded(size_t length) {
  return (length + 3) & ~size_t{3};
}

}  // namespace ipvsproxy
