// The packed records that cross between JavaScript and C++, in host byte order. src/kernel/native/records.ts
// is the other half: a change here changes both files and the ABI number, which the loader compares.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "machine.h"

namespace ipvsproxy {

constexpr uint32_t kAbi = 18;

enum class OperationKind : uint8_t {
  kAddVirtualServer = 1,
  kSetVirtualServer = 2,
  kDeleteVirtualServer = 3,
  kAddRealServer = 4,
  kSetRealServer = 5,
  kDeleteRealServer = 6,
  kBindAddress = 7,
  kUnbindAddress = 8,
  kAddElement = 9,
  kDeleteElement = 10,
  kForgetFlows = 11,
  kBindRoute = 12,
  kUnbindRoute = 13,
  kAddRealServers = 14,
};

constexpr size_t kSchedulerSize = 16;   // IP_VS_SCHEDNAME_MAXLEN, with the NUL
constexpr size_t kElementKeySize = 48;  // bytes 24..71 of an operation
constexpr size_t kAddressSize = 16;     // IPv4 in the first four bytes, network order
constexpr uint8_t kNoPrefix = 255;      // a netmask that is not a prefix

// Of kAddressSize bytes so many are an address of the family.
constexpr size_t address_size(uint8_t family) {
  return family == AF_INET ? 4 : kAddressSize;
}

// One write. Which fields count depends on `kind`; the others are ignored.
struct OperationRecord {
  OperationKind kind;
  uint8_t family;      // AF_INET or AF_INET6
  uint8_t protocol;    // IPPROTO_TCP, _UDP or _SCTP
  uint8_t forwarding;  // IP_VS_CONN_F_*: 0 masquerades. For elements: length of the key
  uint16_t port;       // host order, as all ports here
  uint16_t real_port;
  uint32_t mark;     // non-zero: the virtual server of this firewall mark; for map elements the value
  uint32_t flags;    // IP_VS_SVC_F_*
  uint32_t timeout;  // persistence, seconds. For real servers: the upper threshold
  int32_t weight;
  uint8_t address[kAddressSize];
  uint8_t real_address[kAddressSize];
  char scheduler[kSchedulerSize];  // NUL padded
  uint32_t text_offset;            // from the start of the buffer; element comments
  uint16_t text_length;
  uint16_t set;  // index into the set names given to the handle
};
static_assert(sizeof(OperationRecord) == 80);
static_assert(offsetof(OperationRecord, address) == 24 && offsetof(OperationRecord, scheduler) == 56);
static_assert(offsetof(OperationRecord, text_offset) == 24 + kElementKeySize &&
              offsetof(OperationRecord, set) == 78);

// kAddRealServers stands for a record for each of several real servers that differ in their address only, and has as many
// answers. `text` are the addresses with commas between them; in the place of `set` stands whether they are added in the
// order of their ranks, for which `flags` is the seed.
constexpr uint16_t kByRank = 1;

// Where `flags` of an element or an address says of how many parts keys are, the record stands for one of each key in
// `text`, with as many answers: keys are as JavaScript spells addresses and frontends, with a line break between them. Behind
// that of an element and a space stands its comment.
constexpr uint32_t kAddressParts = 1;
constexpr uint32_t kPortParts = 2;      // address and port, in a set of one protocol
constexpr uint32_t kFrontendParts = 3;  // address, protocol and port
constexpr uint32_t kSourceParts = 4;    // the same and an address of clients, which the text does not have

constexpr size_t kFieldSize = 4;  // nf_tables pads every field of a concatenation to so much

// In the place of `family`, for an element of a set of ranges: `protocol` then says how many bits at the end of
// the key may have any value.
constexpr uint8_t kRange = 1;

// For elements the bytes of both addresses and the scheduler are the key instead, as nf_tables wants it:
// every field of a concatenation padded to 4 bytes.
inline const uint8_t* element_key(const OperationRecord& record) {
  return reinterpret_cast<const uint8_t*>(&record) + offsetof(OperationRecord, address);
}

// Every answer that is an ArrayBuffer: this header, `count` records, then `extra_count` extra items of
// `extra_size` bytes. The reader steps by the sizes stated here.
struct AnswerHeader {
  uint32_t record_size;
  uint32_t count;
  uint32_t extra_size;
  uint32_t extra_count;
};
static_assert(sizeof(AnswerHeader) == 16);

// Totals since the service was made.
struct Counters {
  uint64_t connections, in_packets, out_packets, in_bytes, out_bytes;
};
static_assert(sizeof(Counters) == 40);

struct VirtualServerRecord {
  uint8_t family;
  uint8_t protocol;  // 0 for a firewall mark
  uint16_t port;
  uint32_t mark;     // 0: keyed by address
  uint32_t flags;    // without IP_VS_SVC_F_HASHED, which the kernel sets for itself
  uint32_t timeout;  // persistence, seconds
  uint8_t address[kAddressSize];
  char scheduler[kSchedulerSize];
  uint8_t prefix_length;  // of the persistence netmask; kNoPrefix where it is not contiguous
  uint8_t reserved[7];
  Counters counters;
};
static_assert(sizeof(VirtualServerRecord) == 96);
static_assert(offsetof(VirtualServerRecord, counters) == 56);

// What a virtual server is known by, laid out as at the beginning of its record.
struct ServerKeyRecord {
  uint8_t family;
  uint8_t protocol;
  uint16_t port;
  uint32_t mark;
  uint64_t reserved;
  uint8_t address[kAddressSize];
};
static_assert(sizeof(ServerKeyRecord) == 32);
static_assert(offsetof(ServerKeyRecord, address) == offsetof(VirtualServerRecord, address));

struct RealServerRecord {
  uint8_t family;
  uint8_t forwarding;  // IP_VS_CONN_F_FWD_MASK part
  uint16_t port;
  int32_t weight;
  uint32_t active, inactive;  // connections
  uint32_t upper_threshold;
  uint8_t address[kAddressSize];
};
static_assert(sizeof(RealServerRecord) == 36);
static_assert(offsetof(RealServerRecord, address) == 20);

// The answer to one looked-up key. Its real servers are the next `real_servers` extra items.
struct LookRecord {
  int32_t presence;  // 1 present, 0 absent, negative: unknown, −errno
  uint32_t real_servers;
  VirtualServerRecord server;
};
static_assert(sizeof(LookRecord) == 104);

// The same answer in short.
struct DigestRecord {
  int32_t presence;
  uint32_t real_servers;
  uint64_t digest;  // of all that is set; 0 unless present
};
static_assert(sizeof(DigestRecord) == 16);

struct AddressRecord {
  uint8_t family;
  uint8_t prefix_length;
  uint8_t is_route;  // 1: a local route of ours, or a gateway; 0: an address of a device
  uint8_t reserved;
  uint8_t address[kAddressSize];
};
static_assert(sizeof(AddressRecord) == 20);

// A set element; its comment is in the extra bytes.
struct ElementRecord {
  uint8_t key_length;
  uint8_t free_bits;  // one more than the bits at the end of the key that may have any value; 0 where it is no range
  uint16_t text_length;
  uint32_t text_offset;  // from the start of the extra bytes
  uint32_t mark;         // the value of a map element of four bytes, else 0
  uint32_t flags;        // NFT_SET_ELEM_*: 1 marks the open end of an interval
  uint8_t key[kElementKeySize];
};
static_assert(sizeof(ElementRecord) == 64);

// A tracked flow whose replies come from elsewhere than where the client sent to.
struct FlowRecord {
  uint8_t family;
  uint8_t protocol;
  uint16_t source_port, destination_port;
  uint16_t reply_source_port, reply_destination_port;
  uint16_t reserved;
  uint32_t status;  // IPS_*
  uint8_t source[kAddressSize];
  uint8_t destination[kAddressSize];
  uint8_t reply_source[kAddressSize];
  uint8_t reply_destination[kAddressSize];
};
static_assert(sizeof(FlowRecord) == 80);
static_assert(offsetof(FlowRecord, status) == 12 && offsetof(FlowRecord, source) == 16);

enum class ChangeKind : uint8_t {
  kAddressRemoved = 1,
  kDeviceRemoved = 2,
  kOverrun = 3,  // notifications were lost: look again at everything
  kNodeAddresses = 4,  // an address or a link other than ours changed: the node's own addresses may be others
};

struct ChangeRecord {
  ChangeKind kind;
  uint8_t family;
  uint8_t is_route;  // as in AddressRecord
  uint8_t reserved;
  uint8_t address[kAddressSize];
};
static_assert(sizeof(ChangeRecord) == 20);

}  // namespace ipvsproxy
