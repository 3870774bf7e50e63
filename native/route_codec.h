// Links and addresses over rtnetlink, bytes only. Kernel: include/uapi/linux/{if_link,if_addr,rtnetlink}.h.
#pragma once

#include <cstdint>
#include <string>

#include "message_reader.h"
#include "message_writer.h"
#include "records.h"

namespace ipvsproxy {

struct Link {
  uint32_t index = 0;
  std::string name;
  std::string kind;  // "dummy", "bridge", …; empty for hardware
};

// Requests return false where the message did not fit.
[[nodiscard]] bool write_link_request(MessageWriter& writer, const std::string& name, uint32_t sequence);
[[nodiscard]] bool write_link_deletion(MessageWriter& writer, uint32_t index, uint32_t sequence);
[[nodiscard]] bool write_address_operation(MessageWriter& writer, uint32_t device, const OperationRecord& record,
                             uint32_t sequence);
[[nodiscard]] bool write_address_dump(MessageWriter& writer, uint32_t device, uint32_t sequence);

// Answers and notifications return false where the message is not what it should be.
bool read_link(const Message& message, Link* link);
bool read_address(const Message& message, uint32_t* device, AddressRecord* record);

}  // namespace ipvsproxy
