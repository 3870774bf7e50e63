// What the kernel is asked about IPVS, bytes only. Kernel: include/uapi/linux/ip_vs.h,
// net/netfilter/ipvs/ip_vs_ctl.c.
#pragma once

#include <cstdint>

#include "ipvs_answers.h"
#include "message_writer.h"
#include "records.h"

namespace ipvsproxy {

// All return false where the message did not fit.
[[nodiscard]] bool write_family_request(MessageWriter& writer, uint32_t sequence);
[[nodiscard]] bool write_ipvs_operation(MessageWriter& writer, uint16_t family, const OperationRecord& record,
                          uint32_t sequence);
[[nodiscard]] bool write_virtual_server_dump(MessageWriter& writer, uint16_t family, uint32_t sequence);
[[nodiscard]] bool write_virtual_server_request(MessageWriter& writer, uint16_t family, const OperationRecord& key,
                                  uint32_t sequence);
[[nodiscard]] bool write_real_server_dump(MessageWriter& writer, uint16_t family, const OperationRecord& key,
                            uint32_t sequence);
[[nodiscard]] bool write_info_request(MessageWriter& writer, uint16_t family, uint32_t sequence);
[[nodiscard]] bool write_timeouts_request(MessageWriter& writer, uint16_t family, uint32_t sequence);
[[nodiscard]] bool write_timeouts(MessageWriter& writer, uint16_t family, const IpvsTimeouts& timeouts, uint32_t sequence);

}  // namespace ipvsproxy
