#include "nft_transaction.h"

#include <algorithm>
#include <cerrno>
#include <numeric>

#include "nft_codec.h"

namespace ipvsproxy {
namespace {

// The list of elements is one attribute, and an attribute has at most 65,535 bytes.
constexpr size_t kElementsPerMessage = 200;
constexpr size_t kLargestElement = 256;
static_assert(kElementsPerMessage * kLargestElement < 65'000);

// Every attempt takes away at least one record, and nearly always all guilty ones; a set that somebody else
// changes at the same time could go on for ever.
constexpr int kAttempts = 8;

bool belong_together(const OperationRecord& a, const OperationRecord& b) {
  return a.kind == b.kind && a.set == b.set;
}

}  // namespace

NftTransaction::NftTransaction(NetlinkSocket& socket, const std::string& table,
                               const std::vector<NftSet>& sets, size_t capacity)
    : socket_(socket), table_(table), sets_(sets), writer_((capacity + 1) * kElementMessageSize) {}

void NftTransaction::apply(const OperationBatch& batch, Run run, Results* results) {
  records_.resize(run.size());
  std::iota(records_.begin(), records_.end(), run.first);
  for (int attempt = 0; attempt < kAttempts && !records_.empty(); attempt++) {
    const Packing packing = attempt == 0 ? Packing::kMany : Packing::kOne;
    if (!write(batch, packing)) return fail_all(-EMSGSIZE, results);
    if (settle(send(), packing, results)) return;
  }
  fail_all(-ECANCELED, results);
}

bool NftTransaction::write(const OperationBatch& batch, Packing packing) {
  writer_.clear();
  firsts_.clear();
  sequence_ = socket_.reserve_sequences(records_.size() + 2);
  return write_transaction_begin(writer_, sequence_) && write_element_messages(batch, packing);
}

bool NftTransaction::write_element_messages(const OperationBatch& batch, Packing packing) {
  size_t position = 0;
  while (position < records_.size()) {
    firsts_.push_back(position);
    const size_t next = write_message(batch, position, packing);
    if (next == position) return false;
    position = next;
  }
  // The kernel (before 6.10) acknowledges no bracket, so the last message of the contents is the one that
  // asks.
  writer_.acknowledge_last();
  return write_transaction_end(writer_, sequence_ + static_cast<uint32_t>(firsts_.size()) + 1);
}

// Returns the position after the last element written; `position` itself where nothing fitted.
size_t NftTransaction::write_message(const OperationBatch& batch, size_t position, Packing packing) {
  const OperationRecord& first = batch[records_[position]];
  const uint32_t sequence = sequence_ + static_cast<uint32_t>(firsts_.size());
  const size_t most = packing == Packing::kMany ? kElementsPerMessage : 1;
  ElementMessage message(writer_, first.kind, table_, sets_[first.set], sequence);
  size_t next = position;
  while (next < records_.size() && next - position < most) {
    const OperationRecord& record = batch[records_[next]];
    if (!belong_together(first, record)) break;
    message.append(record, batch.text(record));
    next++;
  }
  return message.end() ? next : position;
}

// Answer 0 is the opening bracket's: the kernel blames it for what is nobody's fault in particular (EPERM, a
// failed commit). Answer i is the i-th message's.
Answers NftTransaction::send() {
  return send_marked(socket_, writer_.messages(), sequence_, firsts_.size() + 1);
}

// Records what is definite; true where the transaction is over.
bool NftTransaction::settle(const Answers& answers, Packing packing, Results* results) {
  const auto& codes = answers.codes;
  if (codes.front() < 0) {
    results->keep(records_.front(), answers.message_to(0));
    fail_all(codes.front(), results);
    return true;
  }
  if (std::all_of(codes.begin(), codes.end(), [](int32_t code) { return code == 0; })) {
    fail_all(0, results);
    return true;
  }
  if (packing == Packing::kMany) return false;
  std::vector<size_t> innocent;
  for (size_t message = 0; message < firsts_.size(); message++) {
    const size_t record = records_[firsts_[message]];
    const int32_t code = codes[message + 1];
    if (code == 0) innocent.push_back(record);
    if (code != 0) results->keep(record, answers.message_to(message + 1));
    results->codes[record] = code;
  }
  records_ = std::move(innocent);
  return false;
}

void NftTransaction::fail_all(int32_t code, Results* results) {
  for (const size_t record : records_) results->codes[record] = code;
}

}  // namespace ipvsproxy
