// What a restart compares, as texts that JavaScript need not put together byte by byte: the key of a virtual server, and its real
// servers. Both are spelled as JavaScript spells them (src/model/frontend.ts, src/model/real-server.ts).
// Beside them the addresses of lists that are written, which are read from their texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "records.h"

namespace ipvsproxy {

// Appends `10.96.0.1` or `fd00::1` as src/model/address.ts spells it: no dots in IPv6, whatever the address.
void append_address(uint8_t family, const uint8_t* address, std::string* text);

// Of a protocol that a Service may have; else null.
const char* protocol_name(uint8_t protocol);

// Appends `10.96.0.1:80/TCP` or `[fd00::1]:80/TCP`; `protocol` is a name.
void append_frontend(uint8_t family, const uint8_t* address, uint16_t port, const char* protocol, std::string* text);

// The same of a virtual server; empty for a firewall mark and for a protocol that no Service has.
std::string key_text(const VirtualServerRecord& server);

// `8080 1 10.0.0.1,10.0.0.2`: port, weight and sorted addresses. Empty where not all have one port and one weight, masquerade and
// have no threshold.
std::string even_text(const RealServerRecord* servers, size_t count);

// The bytes of an address of that family; false where the text is none.
bool read_address(uint8_t family, std::string_view text, uint8_t* target);

}  // namespace ipvsproxy
