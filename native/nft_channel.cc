#include "nft_channel.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <unordered_set>

#include "nft_codec.h"
#include "nft_transaction.h"

namespace ipvsproxy {
namespace {

constexpr size_t kRequestSize = 1024;

// A transaction's bytes count against SO_SNDBUF, even those of the retry with one message an element.
constexpr size_t kElementsPerTransaction = 4096;
constexpr size_t kElementsPerSmallTransaction = 128;

// With more texts of elements a job ends: changes wait for its thread.
constexpr size_t kTextsPerJob = 8;

void append_element(const ElementRecord& record, std::string_view comment, SetElements* elements) {
  ElementRecord stored = record;
  stored.text_offset = static_cast<uint32_t>(elements->comments.size());
  stored.text_length = static_cast<uint16_t>(comment.size());
  elements->records.push_back(stored);
  elements->comments.append(comment);
}

// An interval may open where another ends, so the flags tell elements apart too.
std::string_view identity_of(const ElementRecord& record) {
  static_assert(offsetof(ElementRecord, key) == offsetof(ElementRecord, flags) + sizeof record.flags);
  return {reinterpret_cast<const char*>(&record.flags), sizeof record.flags + record.key_length};
}

bool has_duplicates(const std::vector<ElementRecord>& records) {
  std::unordered_set<std::string_view> seen;
  seen.reserve(records.size());
  for (const ElementRecord& record : records) {
    if (!seen.insert(identity_of(record)).second) return true;
  }
  return false;
}

}  // namespace

Outcome NftChannel::connect(const char* operation) {
  return socket_.is_open() ? done() : socket_.open(NETLINK_NETFILTER, operation);
}

void NftChannel::apply(const OperationBatch& batch, Run run, Results* results) {
  const Outcome outcome = connect("nft.apply");
  if (!outcome.ok()) {
    std::fill(results->codes.begin() + run.first, results->codes.begin() + run.last, -outcome.error);
    return;
  }
  const size_t limit = socket_.has_large_buffers() ? kElementsPerTransaction : kElementsPerSmallTransaction;
  NftTransaction transaction(socket_, table_, sets_, std::min(limit, run.size()));
  for (size_t first = run.first; first < run.last; first += limit) {
    transaction.apply(batch, {first, std::min(first + limit, run.last)}, results);
  }
}

Outcome NftChannel::send(const std::vector<uint8_t>& messages, NftReply* reply) {
  const Outcome outcome = connect("nft.send");
  if (!outcome.ok()) return outcome;
  const Bytes bytes{messages.data(), messages.size()};
  const size_t answers_size = count_nft_messages(bytes) + 1;
  const uint32_t sequence = socket_.reserve_sequences(answers_size + 1);
  MessageWriter writer(transaction_size(messages.size()));
  if (!write_transaction(writer, bytes, sequence)) return failure(EMSGSIZE, "nft.send");
  const Answers answers = send_marked(socket_, writer.messages(), sequence, answers_size);
  // Answer 0 is the opening bracket's: the kernel blames it for what is nobody's fault in particular.
  const auto refused = std::find_if(answers.codes.begin(), answers.codes.end(), [](int32_t code) { return code != 0; });
  if (refused == answers.codes.end()) return done();
  const auto index = static_cast<size_t>(refused - answers.codes.begin());
  *reply = {*refused, static_cast<int32_t>(index) - 1, answers.message_to(index)};
  return done();
}

Outcome NftChannel::generation(uint32_t* generation) {
  constexpr const char* kOperation = "nft.generation";
  Outcome outcome = connect(kOperation);
  if (!outcome.ok()) return outcome;
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(1);
  if (!write_generation_request(writer, sequence)) return does_not_fit(kOperation);
  bool readable = true;
  outcome = ask(socket_, writer.messages(), sequence, kOperation, [&](const Message& message) {
    readable = read_generation(message, generation) && readable;
  });
  if (!outcome.ok()) return outcome;
  return readable ? done() : failure(EBADMSG, kOperation);
}

Outcome NftChannel::dump_set(size_t set, SetElements* elements) {
  Outcome outcome = connect("nft.dumpSet");
  if (!outcome.ok()) return outcome;
  return retry_interrupted([&] { return dump_once(sets_[set], elements); });
}

Outcome NftChannel::spell_sets(const std::vector<SetLayout>& layouts, SpelledSets* spelled) {
  SetElements elements;
  for (const SetLayout& layout : layouts) {
    if (spelled->texts.size() > kTextsPerJob) break;
    spelled->count++;
    const Outcome outcome = dump_set(layout.set, &elements);
    if (outcome.error == ENOENT) continue;
    if (!outcome.ok()) return outcome;
    spell_elements(layout, elements.records, elements.comments, &spelled->texts);
  }
  return done();
}

Outcome NftChannel::dump_once(const NftSet& set, SetElements* elements) {
  *elements = SetElements{};
  MessageWriter writer(kRequestSize);
  const uint32_t sequence = socket_.reserve_sequences(1);
  if (!write_element_dump(writer, table_, set, sequence)) return does_not_fit("nft.dumpSet");
  bool readable = true;
  const auto keep = [&](const ElementRecord& record, std::string_view comment) {
    append_element(record, comment, elements);
  };
  Outcome outcome = dump(socket_, writer.messages(), sequence, "nft.dumpSet", [&](const Message& message) {
    readable = read_elements(message, keep) && readable;
  });
  if (!outcome.ok()) return outcome;
  if (!readable) return failure(EBADMSG, "nft.dumpSet");
  // The kernel goes on with a dump by position, and a hash set that is still growing in the background has
  // other positions each time: then some elements come twice, as many are missing, and NLM_F_DUMP_INTR is not
  // set.
  return has_duplicates(elements->records) ? failure(EINTR, "nft.dumpSet", "the set was being resized")
                                           : done();
}

}  // namespace ipvsproxy
