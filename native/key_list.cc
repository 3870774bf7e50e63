#include "key_list.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "server_texts.h"

namespace ipvsproxy {
namespace {

// An address, or the address, port and protocol of a frontend.
struct Key {
  uint8_t family;
  uint8_t protocol;
  uint16_t port;
  uint8_t address[kAddressSize];
};

bool read_address(std::string_view text, Key* key) {
  key->family = text.find(':') == std::string_view::npos ? AF_INET : AF_INET6;
  return ipvsproxy::read_address(key->family, text, key->address);
}

bool read_port(std::string_view digits, uint16_t* port) {
  uint32_t number = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9' || number > UINT16_MAX) return false;
    number = number * 10 + static_cast<uint32_t>(digit - '0');
  }
  *port = static_cast<uint16_t>(number);
  return !digits.empty() && number <= UINT16_MAX;
}

bool read_protocol(std::string_view name, uint8_t* protocol) {
  *protocol = name == "TCP" ? IPPROTO_TCP : name == "UDP" ? IPPROTO_UDP : name == "SCTP" ? IPPROTO_SCTP : 0;
  return *protocol != 0;
}

std::string_view without_brackets(std::string_view address) {
  const bool has_brackets = address.size() > 2 && address.front() == '[' && address.back() == ']';
  return has_brackets ? address.substr(1, address.size() - 2) : address;
}

bool read_frontend(std::string_view text, Key* key) {
  const size_t slash = text.rfind('/');
  const size_t colon = text.substr(0, slash).rfind(':');
  if (slash == std::string_view::npos || colon == std::string_view::npos) return false;
  return read_protocol(text.substr(slash + 1), &key->protocol) &&
         read_port(text.substr(colon + 1, slash - colon - 1), &key->port) &&
         read_address(without_brackets(text.substr(0, colon)), key);
}

// The key of an element, as nf_tables wants it.
void write_element(const Key& key, uint32_t parts, OperationRecord* record) {
  uint8_t* const start = reinterpret_cast<uint8_t*>(record) + offsetof(OperationRecord, address);
  const size_t size = address_size(key.family);
  uint8_t* end = start + size;
  std::memcpy(start, key.address, size);
  if (parts == kFrontendParts) {
    *end = key.protocol;
    end += kFieldSize;
  }
  if (parts > kAddressParts) {
    end[0] = static_cast<uint8_t>(key.port >> 8);
    end[1] = static_cast<uint8_t>(key.port);
    end += kFieldSize;
  }
  record->forwarding = static_cast<uint8_t>(end - start);
}

bool is_element(OperationKind kind) {
  return kind == OperationKind::kAddElement || kind == OperationKind::kDeleteElement;
}

bool is_address(OperationKind kind) {
  return kind == OperationKind::kBindAddress || kind == OperationKind::kUnbindAddress ||
         kind == OperationKind::kBindRoute || kind == OperationKind::kUnbindRoute;
}

bool read_key(std::string_view text, uint32_t parts, Key* key) {
  return parts == kAddressParts ? read_address(text, key) : read_frontend(text, key);
}

OperationRecord record_of(const OperationRecord& list, std::string_view item, size_t offset) {
  OperationRecord record{};
  record.kind = list.kind;
  record.set = list.set;
  const size_t space = std::min(item.find(' '), item.size());
  Key key{};
  if (!read_key(item.substr(0, space), list.flags, &key)) return record;
  if (is_element(list.kind)) {
    write_element(key, list.flags, &record);
    const size_t comment = std::min(space + 1, item.size());
    record.text_offset = static_cast<uint32_t>(list.text_offset + offset + comment);
    record.text_length = static_cast<uint16_t>(item.size() - comment);
  } else {
    record.family = key.family;
    std::memcpy(record.address, key.address, sizeof record.address);
  }
  return record;
}

}  // namespace

bool lists_keys(const OperationRecord& record) {
  return record.flags != 0 && (is_element(record.kind) || is_address(record.kind));
}

void append_keys(const OperationRecord& list, std::string_view text, std::vector<OperationRecord>* records) {
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    records->push_back(record_of(list, text.substr(start, end - start), start));
    start = end + 1;
  }
}

}  // namespace ipvsproxy
