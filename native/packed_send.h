// One message per record, many messages per sendmsg.
#pragma once

#include <functional>

#include "batch.h"
#include "message_writer.h"
#include "netlink_socket.h"

namespace ipvsproxy {

// Writes one whole message for the record; false where it did not fit.
using RecordWriter = std::function<bool(MessageWriter&, const OperationRecord&, uint32_t sequence)>;

// Sends the run in groups. The kernel goes on after a refusal, so one record's error says nothing about the
// others.
void send_packed(NetlinkSocket& socket, const OperationBatch& batch, Run run, const RecordWriter& write,
                 Results* results);

}  // namespace ipvsproxy
