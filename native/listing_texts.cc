#include "listing_texts.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "server_texts.h"

namespace ipvsproxy {
namespace {

bool is_busy(const RealServerRecord& server) {
  return server.active != 0 || server.inactive != 0;
}

bool is_alike(const VirtualServerRecord& one, const VirtualServerRecord& other) {
  return one.flags == other.flags && one.timeout == other.timeout &&
         std::memcmp(one.scheduler, other.scheduler, kSchedulerSize) == 0;
}

std::string kind_text(const VirtualServerRecord& server) {
  std::string json = "{";
  append_name("scheduler", &json);
  append_json({server.scheduler, strnlen(server.scheduler, kSchedulerSize)}, &json);
  append_name("flags", &json);
  json += std::to_string(server.flags);
  append_name("timeout", &json);
  json += std::to_string(server.timeout);
  return json + '}';
}

std::string name_of(const VirtualServerRecord& server) {
  if (server.mark == 0) return key_text(server);
  return (server.family == AF_INET ? "IPv4 " : "IPv6 ") + std::to_string(server.mark);
}

}  // namespace

void ListingText::add(const VirtualServerRecord& server, std::string_view name, std::string_view servers,
                      size_t records) {
  names_.add_plain([name](std::string* text) { *text += name; });
  servers_.add_plain([servers](std::string* text) { *text += servers; });
  kinds_.add(kind_of(server));
  records_.add(static_cast<uint32_t>(records));
  records_total_ += records;
}

// Nearly all virtual servers of a node are set alike.
uint32_t ListingText::kind_of(const VirtualServerRecord& server) {
  const auto known = std::find_if(kinds_seen_.begin(), kinds_seen_.end(),
                                  [&](const VirtualServerRecord& other) { return is_alike(server, other); });
  const auto kind = static_cast<uint32_t>(known - kinds_seen_.begin());
  if (known == kinds_seen_.end()) kinds_seen_.push_back(server);
  return kind;
}

std::string ListingText::json() const {
  JsonList settings;
  for (const VirtualServerRecord& kind : kinds_seen_) *settings.next() += kind_text(kind);
  std::string json = "{";
  settings.append_to("settings", &json);
  kinds_.append_to("kinds", &json);
  names_.append_to("names", &json);
  servers_.append_to("servers", &json);
  if (records_total_ > 0) records_.append_to("records", &json);
  return json + '}';
}

void Listing::add(const VirtualServerRecord& server, const std::vector<RealServerRecord>& servers) {
  const std::string name = name_of(server);
  if (name.empty()) return;
  const std::string even = even_text(servers.data(), servers.size());
  const bool has_records = even.empty() || std::any_of(servers.begin(), servers.end(), is_busy);
  if (has_records) records.insert(records.end(), servers.begin(), servers.end());
  text_.add(server, name, even, has_records ? servers.size() : 0);
  if (text_.is_full()) end_text();
}

void Listing::end() {
  if (!text_.is_empty()) end_text();
}

void Listing::end_text() {
  texts.push_back(text_.json());
  text_ = {};
}

}  // namespace ipvsproxy
