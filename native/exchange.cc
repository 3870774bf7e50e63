#include "exchange.h"

#include <cerrno>
#include <chrono>
#include <thread>

namespace ipvsproxy {
namespace {

constexpr int32_t kUnanswered = 1;
constexpr int kDumpAttempts = 5;
constexpr std::chrono::milliseconds kDumpPause{10};

// Hands over every queued message; ENOBUFS where the kernel had to drop some.
int read_queue(NetlinkSocket& socket, const MessageSink& sink) {
  int lost = 0;
  for (;;) {
    Bytes datagram;
    const int error = socket.receive(&datagram);
    if (error == EAGAIN) return lost;
    if (error == ENOBUFS || error == EMSGSIZE) {
      lost = ENOBUFS;
      continue;
    }
    if (error != 0) return error;
    MessageReader reader(datagram);
    Message message;
    while (reader.next(&message)) sink(message);
    if (reader.malformed()) lost = ENOBUFS;
  }
}

void sort_answer(const Message& message, uint32_t first, Answers* answers) {
  const uint32_t index = message.sequence - first;  // unsigned: an older number is out of range
  Acknowledgement acknowledgement;
  if (message.type != NLMSG_ERROR || index >= answers->codes.size()) return;
  if (!read_acknowledgement(message, &acknowledgement)) return;
  answers->codes[index] = acknowledgement.error;
  if (acknowledgement.error == 0 || !answers->message.empty()) return;
  answers->message = acknowledgement.message;
  answers->spoken = index;
}

// Follows one dump to its end.
class DumpReader {
 public:
  DumpReader(uint32_t sequence, const MessageSink& sink) : sequence_(sequence), sink_(sink) {}

  bool finished() const { return finished_; }
  bool interrupted() const { return interrupted_; }
  int error() const { return error_; }
  const std::string& message() const { return message_; }

  void read(Bytes datagram) {
    MessageReader reader(datagram);
    Message message;
    while (!finished_ && reader.next(&message)) read(message);
    if (reader.malformed()) finish(EBADMSG);
  }

 private:
  void read(const Message& message) {
    if (message.sequence != sequence_) return;
    if ((message.flags & NLM_F_DUMP_INTR) != 0) interrupted_ = true;
    if (message.type == NLMSG_DONE) return read_end(message);
    if (message.type == NLMSG_ERROR) return read_refusal(message);
    sink_(message);
  }

  // NLMSG_DONE carries 0 or −errno of the dump.
  void read_end(const Message& message) {
    Bytes payload = message.payload;
    int32_t code = 0;
    take(&payload, &code);
    finish(code < 0 ? -code : 0);
  }

  void read_refusal(const Message& message) {
    Acknowledgement acknowledgement;
    if (!read_acknowledgement(message, &acknowledgement)) return finish(EBADMSG);
    message_ = acknowledgement.message;
    finish(acknowledgement.error < 0 ? -acknowledgement.error : EBADMSG);
  }

  void finish(int error) {
    error_ = error;
    finished_ = true;
  }

  uint32_t sequence_;
  const MessageSink& sink_;
  bool finished_ = false;
  bool interrupted_ = false;
  int error_ = 0;
  std::string message_;
};

Outcome read_dump(NetlinkSocket& socket, DumpReader& reader, const char* operation) {
  while (!reader.finished()) {
    Bytes datagram;
    const int error = socket.receive(&datagram);
    if (error == EAGAIN) return failure(ENOBUFS, operation, "the end of the dump was lost");
    if (error != 0) return failure(error, operation);
    reader.read(datagram);
  }
  if (reader.error() != 0) return failure(reader.error(), operation, reader.message());
  if (reader.interrupted()) return failure(EINTR, operation, "changed while it was dumped");
  return done();
}

}  // namespace

Answers send_batch(NetlinkSocket& socket, MessageWriter& writer, uint32_t first, size_t count) {
  writer.acknowledge_last();
  return send_marked(socket, writer.messages(), first, count);
}

Answers send_marked(NetlinkSocket& socket, Bytes messages, uint32_t first, size_t count) {
  Answers answers{std::vector<int32_t>(count, kUnanswered), {}};
  const int refused = socket.send(messages);
  if (refused != 0) {
    answers.codes.assign(count, -refused);
    return answers;
  }
  const int error =
      read_queue(socket, [&](const Message& message) { sort_answer(message, first, &answers); });
  const bool complete = error == 0 && answers.codes.back() != kUnanswered;
  for (int32_t& code : answers.codes) {
    if (code == kUnanswered) code = complete ? 0 : -ENOBUFS;
  }
  return answers;
}

int collect(NetlinkSocket& socket, Bytes requests, const MessageSink& sink) {
  const int refused = socket.send(requests);
  return refused != 0 ? refused : read_queue(socket, sink);
}

Outcome ask(NetlinkSocket& socket, Bytes request, uint32_t sequence, const char* operation,
            const MessageSink& sink) {
  bool answered = false;
  Outcome outcome;
  const int error = collect(socket, request, [&](const Message& message) {
    if (message.sequence != sequence) return;
    answered = true;
    Acknowledgement acknowledgement;
    if (message.type != NLMSG_ERROR) return sink(message);
    if (!read_acknowledgement(message, &acknowledgement) || acknowledgement.error == 0) return;
    outcome = failure(-acknowledgement.error, operation, std::string(acknowledgement.message));
  });
  if (!outcome.ok()) return outcome;
  if (error != 0 || !answered) return failure(error != 0 ? error : ENOBUFS, operation);
  return done();
}

Outcome dump(NetlinkSocket& socket, Bytes request, uint32_t sequence, const char* operation,
             const MessageSink& sink) {
  const int refused = socket.send(request);
  if (refused != 0) return failure(refused, operation);
  DumpReader reader(sequence, sink);
  Outcome outcome = read_dump(socket, reader, operation);
  // An unfinished dump goes on as we read, and would make the kernel refuse the next one with EBUSY.
  if (!outcome.ok() && outcome.error != EINTR) socket.drain();
  return outcome;
}

Outcome retry_interrupted(const std::function<Outcome()>& attempt) {
  Outcome outcome;
  for (int tries = 0; tries < kDumpAttempts; tries++) {
    if (tries > 0) std::this_thread::sleep_for(kDumpPause * tries);
    outcome = attempt();
    if (outcome.error != EINTR) return outcome;
  }
  return outcome;
}

}  // namespace ipvsproxy
