#include "server_texts.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

namespace ipvsproxy {
namespace {

char* put_number(char* target, unsigned number) {
  if (number >= 10) target = put_number(target, number / 10);
  *target = static_cast<char>('0' + number % 10);
  return target + 1;
}

struct AddressText {
  char text[INET6_ADDRSTRLEN];
  uint8_t length;

  std::string_view view() const { return {text, length}; }
};

char* put_group(char* target, unsigned group) {
  if (group >= 16) target = put_group(target, group / 16);
  *target = "0123456789abcdef"[group % 16];
  return target + 1;
}

constexpr int kGroups = 8;

// Groups that are zero, the first of the longest runs.
struct ZeroRun {
  int start = 0;
  int length = 0;
};

ZeroRun longest_zero_run(const unsigned* groups) {
  ZeroRun best, run;
  for (int index = 0; index < kGroups; index++) {
    if (groups[index] != 0) run.length = 0;
    else if (run.length++ == 0) run.start = index;
    if (run.length > best.length) best = run;
  }
  return best;
}

// RFC 5952. inet_ntop() writes some addresses with dots, which JavaScript does not.
char* put_ipv6(char* target, const uint8_t* address) {
  unsigned groups[kGroups];
  for (int index = 0; index < kGroups; index++)
    groups[index] = static_cast<unsigned>(address[2 * index]) << 8 | address[2 * index + 1];
  const ZeroRun run = longest_zero_run(groups);
  const bool is_short = run.length >= 2;
  for (int index = 0; index < kGroups; index++) {
    const bool in_run = is_short && index >= run.start && index < run.start + run.length;
    if (in_run ? index == run.start : index > 0) *target++ = ':';
    if (!in_run) target = put_group(target, groups[index]);
  }
  if (is_short && run.start + run.length == kGroups) *target++ = ':';
  return target;
}

char* put_ipv4(char* target, const uint8_t* address) {
  target = put_number(target, address[0]);
  for (int byte = 1; byte < 4; byte++) {
    *target++ = '.';
    target = put_number(target, address[byte]);
  }
  return target;
}

// A restart spells every real server of the node, and inet_ntop() formats with sprintf().
AddressText address_text(uint8_t family, const uint8_t* address) {
  AddressText result;
  char* const end = family == AF_INET ? put_ipv4(result.text, address) : put_ipv6(result.text, address);
  result.length = static_cast<uint8_t>(end - result.text);
  return result;
}

bool is_even(const RealServerRecord& server, const RealServerRecord& first) {
  return server.port == first.port && server.weight == first.weight && server.forwarding == 0 &&
         server.upper_threshold == 0;
}

}  // namespace

void append_address(uint8_t family, const uint8_t* address, std::string* text) {
  *text += address_text(family, address).view();
}

const char* protocol_name(uint8_t protocol) {
  switch (protocol) {
    case IPPROTO_TCP:
      return "TCP";
    case IPPROTO_UDP:
      return "UDP";
    case IPPROTO_SCTP:
      return "SCTP";
    default:
      return nullptr;
  }
}

void append_frontend(uint8_t family, const uint8_t* address, uint16_t port, const char* protocol, std::string* text) {
  if (family == AF_INET6) *text += '[';
  append_address(family, address, text);
  if (family == AF_INET6) *text += ']';
  *text += ':';
  *text += std::to_string(port);
  *text += '/';
  *text += protocol;
}

std::string key_text(const VirtualServerRecord& server) {
  const char* protocol = protocol_name(server.protocol);
  std::string text;
  if (server.mark == 0 && protocol != nullptr)
    append_frontend(server.family, server.address, server.port, protocol, &text);
  return text;
}

std::string even_text(const RealServerRecord* servers, size_t count) {
  if (count == 0) return {};
  std::vector<AddressText> addresses;
  addresses.reserve(count);
  for (size_t index = 0; index < count; index++) {
    if (!is_even(servers[index], servers[0])) return {};
    addresses.push_back(address_text(servers[index].family, servers[index].address));
  }
  std::sort(addresses.begin(), addresses.end(),
            [](const AddressText& a, const AddressText& b) { return a.view() < b.view(); });
  std::string text = std::to_string(servers[0].port) + ' ' + std::to_string(servers[0].weight);
  text.reserve(text.size() + count * (sizeof "255.255.255.255"));
  char separator = ' ';
  for (const AddressText& address : addresses) {
    text += separator;
    text += address.view();
    separator = ',';
  }
  return text;
}

bool read_address(uint8_t family, std::string_view text, uint8_t* target) {
  char terminated[INET6_ADDRSTRLEN] = {};
  if (text.size() >= sizeof terminated) return false;
  std::memcpy(terminated, text.data(), text.size());
  return inet_pton(family, terminated, target) == 1;
}

}  // namespace ipvsproxy
