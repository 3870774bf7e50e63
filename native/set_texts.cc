#include "set_texts.h"

#include <sys/socket.h>

#include <map>

#include "json_list.h"
#include "server_texts.h"

namespace ipvsproxy {
namespace {

// A key of a set, as nf_tables lays it out.
struct Key {
  uint8_t family;
  uint8_t protocol;
  uint16_t port;
  const uint8_t* address;
  const uint8_t* source;  // of clients
};

size_t key_size(uint32_t parts, uint8_t family) {
  const size_t addresses = parts == kSourceParts ? 2 : 1;
  const size_t fields = parts - addresses;
  return addresses * address_size(family) + fields * kFieldSize;
}

bool read_family(const ElementRecord& record, uint32_t parts, uint8_t* family) {
  *family = record.key_length == key_size(parts, AF_INET) ? AF_INET : AF_INET6;
  return *family == AF_INET || record.key_length == key_size(parts, AF_INET6);
}

bool read_key(const ElementRecord& record, const SetLayout& layout, Key* key) {
  *key = Key{};
  if (!read_family(record, layout.parts, &key->family)) return false;
  key->address = record.key;
  const uint8_t* end = record.key + address_size(key->family);
  key->protocol = layout.protocol;
  if (layout.parts >= kFrontendParts) {
    key->protocol = *end;
    end += kFieldSize;
  }
  if (layout.parts >= kPortParts) {
    key->port = static_cast<uint16_t>(end[0] << 8 | end[1]);
    end += kFieldSize;
  }
  key->source = end;
  return true;
}

uint8_t free_bits(const ElementRecord& record) {
  return record.free_bits == 0 ? 0 : static_cast<uint8_t>(record.free_bits - 1);
}

// A range that somebody else wrote may go beyond the clients.
bool can_be_spelled(const ElementRecord& record, const SetLayout& layout, const Key& key) {
  if (layout.parts == kSourceParts && free_bits(record) > address_size(key.family) * 8) return false;
  return layout.parts == kAddressParts || protocol_name(key.protocol) != nullptr;
}

// Elements of one set and one protocol; their lists are as long as one another. What none of them has is no list.
class Part {
 public:
  void add(const ElementRecord& record, const SetLayout& layout, const Key& key, std::string_view comment) {
    const char* const protocol = protocol_name(key.protocol);
    keys_.add_plain([&](std::string* text) {
      if (layout.parts == kAddressParts) append_address(key.family, key.address, text);
      else append_frontend(key.family, key.address, key.port, protocol, text);
    });
    if (layout.parts >= kPortParts) ports_.add(key.port);
    if (layout.parts == kSourceParts) add_source(record, key);
    marks_.add(record.mark);
    comments_.add(comment);
    has_marks_ = has_marks_ || record.mark != 0;
    has_comments_ = has_comments_ || !comment.empty();
  }

  bool is_empty() const { return keys_.size() == 0; }
  bool is_full() const { return keys_.size() >= kItemsPerText; }

  std::string json(const SetLayout& layout, uint8_t protocol) const {
    std::string json = "{";
    append_name("set", &json);
    json += std::to_string(layout.set);
    if (layout.parts >= kPortParts) {
      append_name("protocol", &json);
      json += '"';
      json += protocol_name(protocol);
      json += '"';
      ports_.append_to("ports", &json);
    }
    keys_.append_to("keys", &json);
    if (layout.parts == kSourceParts) sources_.append_to("sources", &json);
    if (has_marks_) marks_.append_to("marks", &json);
    if (has_comments_) comments_.append_to("comments", &json);
    return json + '}';
  }

 private:
  void add_source(const ElementRecord& record, const Key& key) {
    const size_t prefix = address_size(key.family) * 8 - free_bits(record);
    sources_.add_plain([&](std::string* text) {
      append_address(key.family, key.source, text);
      *text += '/' + std::to_string(prefix);
    });
  }

  JsonList keys_, ports_, sources_, marks_, comments_;
  bool has_marks_ = false, has_comments_ = false;
};

}  // namespace

void spell_elements(const SetLayout& layout, const std::vector<ElementRecord>& records, std::string_view comments,
                    std::vector<std::string>* texts) {
  std::map<uint8_t, Part> parts;
  for (const ElementRecord& record : records) {
    Key key;
    if (!read_key(record, layout, &key) || !can_be_spelled(record, layout, key)) continue;
    Part& part = parts[key.protocol];
    part.add(record, layout, key, comments.substr(record.text_offset, record.text_length));
    if (!part.is_full()) continue;
    texts->push_back(part.json(layout, key.protocol));
    part = Part{};
  }
  for (const auto& [protocol, part] : parts)
    if (!part.is_empty()) texts->push_back(part.json(layout, protocol));
}

}  // namespace ipvsproxy
