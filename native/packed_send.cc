#include "packed_send.h"

#include <algorithm>
#include <cerrno>

#include "exchange.h"

namespace ipvsproxy {
namespace {

// No gain was measured past 256. Without our buffer sizes, 212,992 bytes must hold every answer if all fail.
constexpr size_t kMessagesPerSend = 256;
constexpr size_t kMessagesPerSmallSend = 128;
constexpr size_t kRoomPerMessage = 320;

void send_group(NetlinkSocket& socket, MessageWriter& writer, const OperationBatch& batch, Run run,
                const RecordWriter& write, Results* results) {
  const uint32_t sequence = socket.reserve_sequences(run.size());
  writer.clear();
  for (size_t index = 0; index < run.size(); index++) {
    if (!write(writer, batch[run.first + index], sequence + static_cast<uint32_t>(index))) {
      std::fill(results->codes.begin() + run.first, results->codes.begin() + run.last, -EMSGSIZE);
      return;
    }
  }
  const Answers answers = send_batch(socket, writer, sequence, run.size());
  std::copy(answers.codes.begin(), answers.codes.end(), results->codes.begin() + run.first);
  answers.keep_in(results, run.first);
}

}  // namespace

void send_packed(NetlinkSocket& socket, const OperationBatch& batch, Run run, const RecordWriter& write,
                 Results* results) {
  const size_t limit = socket.has_large_buffers() ? kMessagesPerSend : kMessagesPerSmallSend;
  MessageWriter writer(std::min(limit, run.size()) * kRoomPerMessage);
  for (size_t first = run.first; first < run.last; first += limit) {
    send_group(socket, writer, batch, {first, std::min(first + limit, run.last)}, write, results);
  }
}

}  // namespace ipvsproxy
