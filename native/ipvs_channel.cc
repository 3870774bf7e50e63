#include "ipvs_channel.h"

#include <linux/genetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ipvs_requests.h"
#include "packed_send.h"
#include "server_digest.h"
#include "server_texts.h"

namespace ipvsproxy {
namespace {

constexpr size_t kRequestSize = 512;
constexpr size_t kLooksPerSend = 128;
constexpr size_t kLooksPerSmallSend = 16;  // an answer occupies some 5 KB of the receive buffer
constexpr int32_t kUnanswered = -ENOBUFS;

int32_t presence_from_error(int32_t code) {
  return code == -ESRCH ? kAbsent : code;
}

// Keys that are looked at in the same way: of one family, and `most` at most.
std::vector<Run> looks_of(const OperationBatch& keys, size_t most) {
  std::vector<Run> runs;
  for (size_t index = 0; index < keys.size(); index++) {
    if (runs.empty() || runs.back().size() == most || keys[runs.back().first].family != keys[index].family)
      runs.push_back({index, index});
    runs.back().last = index + 1;
  }
  return runs;
}

void append_digests(const std::vector<LookRecord>& records, const std::vector<RealServerRecord>& servers,
                    std::vector<DigestRecord>* digests) {
  const RealServerRecord* next = servers.data();
  for (const LookRecord& record : records) {
    const bool present = record.presence == kPresent;
    const uint64_t digest = present ? digest_of(record.server, next, record.real_servers) : 0;
    digests->push_back({record.presence, record.real_servers, digest});
    if (present) next += record.real_servers;
  }
}

OperationRecord key_of(const VirtualServerRecord& server) {
  OperationRecord key{};
  key.family = server.family;
  key.protocol = server.protocol;
  key.port = server.port;
  key.mark = server.mark;
  std::memcpy(key.address, server.address, sizeof key.address);
  return key;
}

bool is_ipv4(const VirtualServerRecord& server) {
  return server.family == AF_INET;
}

}  // namespace

Outcome IpvsChannel::connect(const char* operation) {
  if (!socket_.is_open()) {
    Outcome outcome = socket_.open(NETLINK_GENERIC, operation);
    if (!outcome.ok()) return outcome;
  }
  return family_ == 0 ? resolve_family(operation) : done();
}

// Asking for the family by name makes the kernel load the module, where it can
// (net-pf-16-proto-16-family-IPVS).
Outcome IpvsChannel::resolve_family(const char* operation) {
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(1);
  if (!write_family_request(writer, sequence)) return does_not_fit(operation);
  uint16_t family = 0;
  Outcome outcome = ask(socket_, writer.messages(), sequence, operation,
                        [&](const Message& message) { read_family(message, &family); });
  if (outcome.error == ENOENT) {
    return failure(EPROTONOSUPPORT, operation, "this kernel has no IPVS: the module ip_vs is not loaded");
  }
  if (!outcome.ok()) return outcome;
  if (family == 0) return failure(EBADMSG, operation);
  family_ = family;
  return done();
}

// The id changes when the module is unloaded and loaded again; the kernel then answers ENOENT to the old one.
bool IpvsChannel::family_changed() {
  const uint16_t before = family_;
  family_ = 0;
  const Outcome outcome = resolve_family("ipvs.family");
  return !outcome.ok() || family_ != before;
}

Outcome IpvsChannel::with_family(const char* operation, const Request& request) {
  Outcome outcome = connect(operation);
  if (!outcome.ok()) return outcome;
  outcome = request();
  if (outcome.error != ENOENT || !family_changed()) return outcome;
  outcome = connect(operation);
  return outcome.ok() ? request() : outcome;
}

void IpvsChannel::send(const OperationBatch& batch, Run run, Results* results) {
  const auto write = [this](MessageWriter& writer, const OperationRecord& record, uint32_t sequence) {
    return write_ipvs_operation(writer, family_, record, sequence);
  };
  send_packed(socket_, batch, run, write, results);
  for (size_t index = run.first; index < run.last; index++) {
    const OperationKind kind = batch[index].kind;
    if (results->codes[index] != 0) continue;
    if (kind == OperationKind::kDeleteVirtualServer || kind == OperationKind::kAddVirtualServer)
      walk_.wrote(batch[index], kind == OperationKind::kDeleteVirtualServer);
  }
}

void IpvsChannel::apply(const OperationBatch& batch, Run run, Results* results) {
  const auto first = results->codes.begin() + run.first;
  const auto last = results->codes.begin() + run.last;
  Outcome outcome = connect("ipvs.apply");
  for (size_t index = run.first; index < run.last; index++) walk_.doubt(batch[index]);
  if (outcome.ok()) {
    send(batch, run, results);
    // ENOENT also means an unknown scheduler or real server; only if nothing else came can the family be
    // gone.
    const bool all_missing = std::all_of(first, last, [](int32_t code) { return code == -ENOENT; });
    if (!all_missing || !family_changed()) return;
    outcome = connect("ipvs.apply");
    if (outcome.ok()) return send(batch, run, results);
  }
  std::fill(first, last, -outcome.error);
  results->keep(run.first, outcome.message);
}

Outcome IpvsChannel::ask_one(const char* operation, const RequestWriter& write, const AnswerReader& read) {
  return with_family(operation, [&] {
    MessageWriter writer(kRequestSize);
    const uint32_t sequence = socket_.reserve_sequences(1);
    if (!write(writer, sequence)) return does_not_fit(operation);
    bool readable = true;
    Outcome outcome = ask(socket_, writer.messages(), sequence, operation,
                          [&](const Message& message) { readable = read(message) && readable; });
    if (!outcome.ok()) return outcome;
    return readable ? done() : failure(EBADMSG, operation);
  });
}

Outcome IpvsChannel::info(IpvsInfo* info) {
  return ask_one(
      "ipvs.info",
      [&](MessageWriter& writer, uint32_t sequence) { return write_info_request(writer, family_, sequence); },
      [&](const Message& message) { return read_info(message, info); });
}

Outcome IpvsChannel::timeouts(IpvsTimeouts* timeouts) {
  return ask_one(
      "ipvs.timeouts",
      [&](MessageWriter& writer, uint32_t sequence) { return write_timeouts_request(writer, family_, sequence); },
      [&](const Message& message) { return read_timeouts(message, timeouts); });
}

Outcome IpvsChannel::set_timeouts(const IpvsTimeouts& timeouts) {
  return ask_one(
      "ipvs.setTimeouts",
      [&](MessageWriter& writer, uint32_t sequence) { return write_timeouts(writer, family_, timeouts, sequence); },
      [](const Message&) { return true; });
}

// The kernel continues a dump by position and never says NLM_F_DUMP_INTR here: an entry may be skipped or
// come twice where somebody adds or deletes meanwhile. The caller looks again before it deletes what a dump
// did not show.
Outcome IpvsChannel::dump(std::vector<VirtualServerRecord>* servers) {
  constexpr const char* kOperation = "ipvs.dump";
  return with_family(kOperation, [&] {
    servers->clear();
    MessageWriter writer(kRequestSize);
    const uint32_t sequence = socket_.reserve_sequences(1);
    if (!write_virtual_server_dump(writer, family_, sequence)) return does_not_fit(kOperation);
    bool readable = true;
    Outcome outcome =
        ipvsproxy::dump(socket_, writer.messages(), sequence, kOperation, [&](const Message& message) {
          VirtualServerRecord record;
          readable = read_virtual_server(message, &record) && readable;
          if (readable) servers->push_back(record);
          if (readable) walk_.doubt_known(record);
        });
    if (!outcome.ok()) return outcome;
    return readable ? done() : failure(EBADMSG, kOperation);
  });
}

// What goes away meanwhile is left out.
Outcome IpvsChannel::list(Listing* listing) {
  constexpr const char* kOperation = "ipvs.list";
  std::vector<VirtualServerRecord> servers;
  Outcome outcome = begin_looking(kOperation);
  if (outcome.ok()) outcome = dump(&servers);
  if (!outcome.ok()) return outcome;
  if (ipv4_by_sockopt_) {
    servers.erase(std::remove_if(servers.begin(), servers.end(), is_ipv4), servers.end());
    servers.shrink_to_fit();
  }
  *listing = {};
  int32_t code = ipv4_by_sockopt_ ? list_ipv4(listing) : 0;
  for (const VirtualServerRecord& server : servers)
    if (code == 0) code = list_by_netlink(server, listing);
  listing->end();
  return code == 0 ? done() : failure(-code, kOperation);
}

int32_t IpvsChannel::list_ipv4(Listing* listing) {
  std::vector<ip_vs_service_entry> services;
  const int32_t code = sockopt_.list(&services);
  if (code != 0) return code;
  std::vector<RealServerRecord> servers;
  for (const ip_vs_service_entry& service : services) {
    IpvsSockopt::Servers listed;
    const int presence = sockopt_.list_servers(service, &listed);
    if (presence < 0) return presence;
    if (presence == kAbsent) continue;
    VirtualServerRecord server{};
    take_service(service, &server);
    servers.clear();
    for (uint32_t index = 0; index < listed.count; index++)
      servers.push_back(real_server(listed.entries[index]));
    listing->add(server, servers);
  }
  return 0;
}

int32_t IpvsChannel::list_by_netlink(const VirtualServerRecord& server, Listing* listing) {
  LookRecord record{kPresent, 0, server};
  std::vector<RealServerRecord> servers;
  read_real_servers(key_of(server), &record, &servers);
  if (record.presence < 0) return record.presence;
  if (record.presence == kPresent) listing->add(server, servers);
  return 0;
}

Outcome IpvsChannel::look(const OperationBatch& keys, LookAnswers* answers) {
  const Outcome outcome = begin_looking("ipvs.look");
  if (!outcome.ok()) return outcome;
  answers->records.assign(keys.size(), LookRecord{});
  for (const Run run : looks_of(keys, keys.size()))
    look_at(keys, run, &answers->records[run.first], &answers->real_servers);
  return done();
}

Outcome IpvsChannel::digest(const OperationBatch& keys, std::vector<DigestRecord>* digests) {
  const Outcome outcome = begin_looking("ipvs.digest");
  if (!outcome.ok()) return outcome;
  std::vector<LookRecord> records;
  std::vector<RealServerRecord> servers;
  for (const Run run : looks_of(keys, kLooksPerSend)) {
    records.assign(run.size(), LookRecord{});
    servers.clear();
    look_at(keys, run, records.data(), &servers);
    append_digests(records, servers, digests);
  }
  return done();
}

Outcome IpvsChannel::walk(bool always, size_t entries, WalkedPart* part) {
  constexpr const char* kOperation = "ipvs.walk";
  const Outcome outcome = begin_looking(kOperation);
  if (!outcome.ok()) return outcome;
  if (!ipv4_by_sockopt_) return failure(EOPNOTSUPP, kOperation);
  if (!walk_.is_under_way()) {
    if (!always && !walk_.has_fewer()) return done();
    const int32_t code = walk_.begin();
    if (code != 0) return failure(-code, kOperation);
  }
  part->entries = walk_.go_on(entries, &part->changed);
  part->is_last = !walk_.is_under_way();
  return done();
}

Outcome IpvsChannel::begin_looking(const char* operation) {
  IpvsInfo unused;
  Outcome outcome = info(&unused);
  outcome.operation = operation;
  ipv4_by_sockopt_ = outcome.ok() && sockopt_.is_usable();
  return outcome;
}

void IpvsChannel::look_at(const OperationBatch& keys, Run run, LookRecord* records,
                          std::vector<RealServerRecord>* servers) {
  if (keys[run.first].family == AF_INET && ipv4_by_sockopt_) return look_at_ipv4(keys, run, records, servers);
  const size_t limit = socket_.has_large_buffers() ? kLooksPerSend : kLooksPerSmallSend;
  for (size_t first = run.first; first < run.last; first += limit)
    look_up(keys, {first, std::min(first + limit, run.last)}, records + (first - run.first));
  for (size_t index = 0; index < run.size(); index++)
    if (records[index].presence == kPresent)
      read_real_servers(keys[run.first + index], &records[index], servers);
}

void IpvsChannel::look_at_ipv4(const OperationBatch& keys, Run run, LookRecord* records,
                               std::vector<RealServerRecord>* servers) {
  for (size_t index = 0; index < run.size(); index++) {
    LookRecord& record = records[index];
    const size_t before = servers->size();
    record.presence = sockopt_.read(keys[run.first + index], &record.server, servers);
    record.real_servers = static_cast<uint32_t>(servers->size() - before);
  }
}

// Asks for a group of virtual servers in one send.
void IpvsChannel::look_up(const OperationBatch& keys, Run run, LookRecord* records) {
  MessageWriter writer(run.size() * kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(run.size());
  for (size_t index = 0; index < run.size(); index++) {
    const bool written = write_virtual_server_request(writer, family_, keys[run.first + index],
                                                      sequence + static_cast<uint32_t>(index));
    records[index].presence = written ? kUnanswered : -EMSGSIZE;
  }
  collect(socket_, writer.messages(), [&](const Message& message) {
    const uint32_t index = message.sequence - sequence;
    if (index >= run.size()) return;
    LookRecord* record = &records[index];
    Acknowledgement acknowledgement;
    if (message.type != NLMSG_ERROR) {
      record->presence = read_virtual_server(message, &record->server) ? kPresent : -EBADMSG;
    } else if (read_acknowledgement(message, &acknowledgement)) {
      record->presence = presence_from_error(acknowledgement.error);
    }
  });
}

void IpvsChannel::read_real_servers(const OperationRecord& key, LookRecord* record,
                                    std::vector<RealServerRecord>* servers) {
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(1);
  const size_t before = servers->size();
  if (!write_real_server_dump(writer, family_, key, sequence)) {
    record->presence = -EMSGSIZE;
    return;
  }
  bool readable = true;
  const Outcome outcome =
      ipvsproxy::dump(socket_, writer.messages(), sequence, "ipvs.look", [&](const Message& message) {
        RealServerRecord server;
        readable = read_real_server(message, key.family, &server) && readable;
        if (readable) servers->push_back(server);
      });
  record->real_servers = static_cast<uint32_t>(servers->size() - before);
  // A virtual server that went away in between shows as an empty list, not as an error.
  if (outcome.ok() && readable && record->real_servers == 0) record->presence = presence_of(key);
  if (outcome.ok() && readable) return;
  servers->resize(before);
  record->real_servers = 0;
  record->presence = outcome.ok() ? -EBADMSG : -outcome.error;
}

int IpvsChannel::presence_of(const OperationRecord& key) {
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(1);
  if (!write_virtual_server_request(writer, family_, key, sequence)) return -EMSGSIZE;
  const Outcome outcome = ask(socket_, writer.messages(), sequence, "ipvs.look", [](const Message&) {});
  return outcome.ok() ? kPresent : presence_from_error(-outcome.error);
}

}  // namespace ipvsproxy
