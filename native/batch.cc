#include "batch.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "key_list.h"
#include "server_list.h"

namespace ipvsproxy {
namespace {

Channel* channel_for(OperationKind kind, const Channels& channels) {
  switch (kind) {
    case OperationKind::kAddVirtualServer:
    case OperationKind::kSetVirtualServer:
    case OperationKind::kDeleteVirtualServer:
    case OperationKind::kAddRealServer:
    case OperationKind::kSetRealServer:
    case OperationKind::kDeleteRealServer:
      return &channels.ipvs;
    case OperationKind::kBindAddress:
    case OperationKind::kUnbindAddress:
    case OperationKind::kBindRoute:
    case OperationKind::kUnbindRoute:
      return &channels.route;
    case OperationKind::kAddElement:
    case OperationKind::kDeleteElement:
      return &channels.nft;
    case OperationKind::kForgetFlows:
      return &channels.conntrack;
    case OperationKind::kAddRealServers:
      return nullptr;
  }
  return nullptr;
}

bool is_element(const OperationRecord& record) {
  return record.kind == OperationKind::kAddElement || record.kind == OperationKind::kDeleteElement;
}

bool makes_sense(const OperationBatch& batch, const OperationRecord& record, size_t sets) {
  if (!is_element(record)) return record.family == AF_INET || record.family == AF_INET6;
  const size_t key_length = record.forwarding;
  return record.set < sets && key_length > 0 && key_length <= kElementKeySize && batch.has_text(record);
}

Channel* route_record(const OperationBatch& batch, size_t index, const Channels& channels, size_t sets) {
  const OperationRecord& record = batch[index];
  return makes_sense(batch, record, sets) ? channel_for(record.kind, channels) : nullptr;
}

}  // namespace

bool OperationBatch::read(std::vector<uint8_t> buffer, size_t count) {
  if (count > buffer.size() / sizeof(OperationRecord)) return false;
  buffer_ = std::move(buffer);
  records_.reserve(count);
  for (size_t index = 0; index < count; index++) {
    OperationRecord record;
    std::memcpy(&record, buffer_.data() + index * sizeof record, sizeof record);
    append(record);
  }
  return true;
}

void OperationBatch::append(const OperationRecord& record) {
  if (!has_text(record)) records_.push_back(record);
  else if (record.kind == OperationKind::kAddRealServers) append_servers(record, text(record), &records_);
  else if (lists_keys(record)) append_keys(record, text(record), &records_);
  else records_.push_back(record);
}

bool OperationBatch::has_text(const OperationRecord& record) const {
  if (record.text_length == 0) return true;
  return record.text_offset <= buffer_.size() && record.text_length <= buffer_.size() - record.text_offset;
}

std::string_view OperationBatch::text(const OperationRecord& record) const {
  if (record.text_length == 0 || !has_text(record)) return {};
  return {reinterpret_cast<const char*>(buffer_.data()) + record.text_offset, record.text_length};
}

void apply_batch(const OperationBatch& batch, const Channels& channels, size_t sets, Results* results) {
  results->codes.assign(batch.size(), -EINVAL);
  size_t first = 0;
  while (first < batch.size()) {
    Channel* channel = route_record(batch, first, channels, sets);
    size_t last = first + 1;
    while (last < batch.size() && route_record(batch, last, channels, sets) == channel) last++;
    if (channel != nullptr) channel->apply(batch, {first, last}, results);
    first = last;
  }
}

}  // namespace ipvsproxy
