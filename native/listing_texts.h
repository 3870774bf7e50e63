// All virtual servers with their real servers, as JavaScript spells them.
#pragma once

#include <string>
#include <vector>

#include "json_list.h"
#include "records.h"

namespace ipvsproxy {

// At most kItemsPerText virtual servers, and not many more records of their real servers.
class ListingText {
 public:
  // `name`, `servers`: their texts. How many records there are of its real servers beside the text.
  void add(const VirtualServerRecord& server, std::string_view name, std::string_view servers, size_t records);

  bool is_empty() const { return names_.size() == 0; }
  bool is_full() const { return names_.size() >= kItemsPerText || records_total_ >= kItemsPerText; }
  // A SpelledVirtualServers of src/kernel/native/records.ts.
  std::string json() const;

 private:
  uint32_t kind_of(const VirtualServerRecord& server);

  JsonList names_, servers_, kinds_, records_;
  // Of each kind the first that has it.
  std::vector<VirtualServerRecord> kinds_seen_;
  size_t records_total_ = 0;
};

struct Listing {
  std::vector<std::string> texts;
  // Real servers that have connections, or of which the text says not all, with the others of their virtual servers: after
  // a restart without traffic there are none.
  std::vector<RealServerRecord> records;

  // What no Service can have is left out.
  void add(const VirtualServerRecord& server, const std::vector<RealServerRecord>& servers);
  // Once, behind the last.
  void end();

 private:
  void end_text();

  ListingText text_;
};

}  // namespace ipvsproxy
