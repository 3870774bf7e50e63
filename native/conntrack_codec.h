// Connection tracking entries, bytes only. Kernel: include/uapi/linux/netfilter/nfnetlink_conntrack.h.
#pragma once

#include <cstdint>

#include "message_reader.h"
#include "message_writer.h"
#include "records.h"

namespace ipvsproxy {

// What is known of a tracked flow. The raw attributes point into the message and name the flow for deletion.
struct Flow {
  uint8_t protocol = 0;
  uint8_t source[kAddressSize] = {};             // original direction: the client
  uint8_t destination[kAddressSize] = {};        // original direction: the VIP
  uint8_t reply_source[kAddressSize] = {};       // reply direction: the real server
  uint8_t reply_destination[kAddressSize] = {};  // reply direction: the client, or whoever stands for it
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint16_t reply_source_port = 0;
  uint16_t reply_destination_port = 0;
  uint32_t status = 0;  // IPS_*
  Bytes tuple;  // CTA_TUPLE_ORIG
  Bytes id;     // CTA_ID: another flow of the same tuple has another one
  Bytes zone;   // CTA_ZONE, empty where there is none
};

// Asks for the flows of a family and protocol; with `destination` only those whose original destination is
// its address and port. Kernels before 5.8 do not know the filter and send every flow of the family.
[[nodiscard]] bool write_flow_dump(MessageWriter& writer, uint8_t family, uint8_t protocol,
                     const OperationRecord* destination, uint32_t sequence);
// Asks for the flows of all families that have all bits of `status`; 0: for all. Kernels before 6.0 do not know the filter
// and send every flow.
[[nodiscard]] bool write_status_dump(MessageWriter& writer, uint32_t status, uint32_t sequence);
[[nodiscard]] bool write_flow_deletion(MessageWriter& writer, uint8_t family, const Flow& flow, uint32_t sequence);

// False where the message is no complete flow.
bool read_flow(const Message& message, Flow* flow);

// False where the replies come from where the client sent to: nobody balances it.
bool is_balanced(const Flow& flow);
FlowRecord record_of_flow(const Message& message, const Flow& flow);

}  // namespace ipvsproxy
