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

// A restart spells every real server of the node, and inet_ntop() formats IPv4 with sprintf().
AddressText address_text(uint8_t family, const uint8_t* address) {
  AddressText result;
  if (family != AF_INET) {
    result.length = inet_ntop(family, address, result.text, sizeof result.text) == nullptr
                        ? 0
                        : static_cast<uint8_t>(std::strlen(result.text));
    return result;
  }
  char* end = put_number(result.text, address[0]);
  for (int byte = 1; byte < 4; byte++) {
    *end++ = '.';
    end = put_number(end, address[byte]);
  }
  result.length = static_cast<uint8_t>(end - result.text);
  return result;
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

bool is_even(const RealServerRecord& server, const RealServerRecord& first) {
  return server.port == first.port && server.weight == first.weight && server.forwarding == 0 &&
         server.upper_threshold == 0;
}

}  // namespace

std::string key_text(const VirtualServerRecord& server) {
  const char* protocol = protocol_name(server.protocol);
  if (server.mark != 0 || protocol == nullptr) return {};
  const AddressText address = address_text(server.family, server.address);
  std::string text;
  if (server.family == AF_INET6) text += '[';
  text += address.view();
  if (server.family == AF_INET6) text += ']';
  return text + ':' + std::to_string(server.port) + '/' + protocol;
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
