// Request and answer: what is sent on a socket and what the kernel says to it.
//
// The kernel works through a request inside sendmsg(2), and through the next piece of a dump inside
// recvmsg(2). So an empty queue means that nothing will come, and nothing here ever waits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "batch.h"
#include "message_reader.h"
#include "message_writer.h"
#include "netlink_socket.h"
#include "outcome.h"

namespace ipvsproxy {

using MessageSink = std::function<void(const Message&)>;

// The answers to messages numbered first, first + 1, …
struct Answers {
  std::vector<int32_t> codes;             // 0 or −errno for each; −ENOBUFS where no definite answer came
  std::vector<RefusalMessage> messages;  // of the first refusals that have one; `record` counts from 0 here

  // Empty where the kernel said nothing to the refusal of message `index`.
  std::string message_to(size_t index) const {
    for (const RefusalMessage& message : messages)
      if (message.record == index) return message.text;
    return {};
  }

  void keep_in(Results* results, size_t first_record) const {
    for (const RefusalMessage& message : messages) results->keep(first_record + message.record, message.text);
  }
};

// Sends all messages of `writer` at once and sorts the answers by sequence number. The kernel acknowledges a
// message that asks for it or that fails; so the last one is made to ask, and silence about an earlier one
// means success, provided that the last answer arrived and nothing was lost on the way.
Answers send_batch(NetlinkSocket& socket, MessageWriter& writer, uint32_t first, size_t count);

// The same for messages of which number first + count − 1 asks already.
Answers send_marked(NetlinkSocket& socket, Bytes messages, uint32_t first, size_t count);

// Sends one request that is answered by one message and perhaps an acknowledgement.
Outcome ask(NetlinkSocket& socket, Bytes request, uint32_t sequence, const char* operation,
            const MessageSink& sink);

// Sends the messages of `requests` and hands over every answer; the caller tells them apart by sequence
// number. Returns 0 or a positive errno; ENOBUFS where answers were lost.
int collect(NetlinkSocket& socket, Bytes requests, const MessageSink& sink);

// Sends one dump request and reads to its end. EINTR: the kernel said that what was dumped changed meanwhile.
Outcome dump(NetlinkSocket& socket, Bytes request, uint32_t sequence, const char* operation,
             const MessageSink& sink);

// Tries an interruptible dump a few times, with short pauses; `attempt` starts over each time.
Outcome retry_interrupted(const std::function<Outcome()>& attempt);

}  // namespace ipvsproxy
