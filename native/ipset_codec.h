// Requests to ip_set, bytes only. Kernel: include/uapi/linux/netfilter/ipset/ip_set.h.
#pragma once

#include <cstdint>
#include <string>

#include "message_writer.h"

namespace ipvsproxy {

enum class IpsetCommand { kFind, kFlush, kDestroy };

// False where the name is empty or longer than the kernel takes (31 bytes).
[[nodiscard]] bool write_ipset_request(MessageWriter& writer, IpsetCommand command, const std::string& name,
                         uint32_t sequence);

}  // namespace ipvsproxy
