// IPVS: one generic netlink socket, opened and bound to its family on first use.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "batch.h"
#include "exchange.h"
#include "ipvs_answers.h"
#include "ipvs_sockopt.h"
#include "ipvs_walk.h"
#include "listing_texts.h"
#include "netlink_socket.h"

namespace ipvsproxy {

// What is known of looked-up keys: one record a key, and the real servers of all of them in the same order.
struct LookAnswers {
  std::vector<LookRecord> records;
  std::vector<RealServerRecord> real_servers;
};

// Keys of virtual servers that are other than the last time; over how many virtual and real servers it went, and whether these were the
// last.
struct WalkedPart {
  std::vector<ServerKeyRecord> changed;
  size_t entries = 0;
  bool is_last = true;
};

// A kernel without IPVS (module ip_vs not loaded and not loadable) answers EPROTONOSUPPORT to everything
// here.
class IpvsChannel : public Channel {
 public:
  void apply(const OperationBatch& batch, Run run, Results* results) override;

  Outcome info(IpvsInfo* info);
  Outcome timeouts(IpvsTimeouts* timeouts);
  Outcome set_timeouts(const IpvsTimeouts& timeouts);

  Outcome dump(std::vector<VirtualServerRecord>* servers);
  // Every virtual server with its real servers. The next walk tells them all, as after a dump.
  Outcome list(Listing* listing);
  // Never fails as a whole once IPVS answers: every key has its own presence.
  Outcome look(const OperationBatch& keys, LookAnswers* answers);
  // The same, but of what is there only a digest.
  Outcome digest(const OperationBatch& keys, std::vector<DigestRecord>* digests);
  // The virtual servers of IPv4 that are other, new or gone since the last walk, and those that were written or dumped since: the next
  // part of them, over so many virtual and real servers. Unless one is under way, nothing unless it `always` walks or there are fewer
  // than before. EOPNOTSUPP: this kernel cannot list them so.
  Outcome walk(bool always, size_t entries, WalkedPart* part);

 private:
  using Request = std::function<Outcome()>;
  using RequestWriter = std::function<bool(MessageWriter&, uint32_t sequence)>;
  using AnswerReader = std::function<bool(const Message&)>;

  Outcome connect(const char* operation);
  Outcome resolve_family(const char* operation);
  // Runs `request`, once more where the family id turns out to be stale.
  Outcome with_family(const char* operation, const Request& request);

  Outcome ask_one(const char* operation, const RequestWriter& write, const AnswerReader& read);

  void send(const OperationBatch& batch, Run run, Results* results);
  bool family_changed();

  // Settles the family id and the permission for all keys at once.
  Outcome begin_looking(const char* operation);
  // `records` are those of the run; the real servers are appended.
  void look_at(const OperationBatch& keys, Run run, LookRecord* records, std::vector<RealServerRecord>* servers);
  void look_at_ipv4(const OperationBatch& keys, Run run, LookRecord* records,
                    std::vector<RealServerRecord>* servers);
  void look_up(const OperationBatch& keys, Run run, LookRecord* records);
  int32_t list_ipv4(Listing* listing);
  int32_t list_by_netlink(const VirtualServerRecord& server, Listing* listing);
  void read_real_servers(const OperationRecord& key, LookRecord* record,
                         std::vector<RealServerRecord>* servers);
  int presence_of(const OperationRecord& key);

  NetlinkSocket socket_;
  IpvsSockopt sockopt_;
  IpvsWalk walk_{sockopt_};
  bool ipv4_by_sockopt_ = false;
  uint16_t family_ = 0;  // 0: not resolved
};

}  // namespace ipvsproxy
