// libFuzzer target: everything that reads bytes from the kernel. The first byte chooses the reader, so that
// one corpus serves all; the rest is a datagram.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "../conntrack_codec.h"
#include "../ipvs_answers.h"
#include "../nft_codec.h"
#include "../route_codec.h"

namespace ipvsproxy {
namespace {

// Makes the sanitizer look at every byte of a view.
void touch(Bytes bytes) {
  volatile uint8_t sum = 0;
  for (size_t index = 0; index < bytes.size; index++) sum = static_cast<uint8_t>(sum + bytes.data[index]);
}

void touch(std::string_view text) {
  touch({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

void require(bool condition) {
  if (!condition) std::abort();
}

void read_ipvs(const Message& message) {
  VirtualServerRecord server;
  RealServerRecord real_server;
  uint16_t family;
  IpvsInfo info;
  IpvsTimeouts timeouts;
  if (read_virtual_server(message, &server)) require(server.scheduler[kSchedulerSize - 1] == '\0');
  read_real_server(message, 2, &real_server);
  read_family(message, &family);
  read_info(message, &info);
  read_timeouts(message, &timeouts);
}

void read_route(const Message& message) {
  Link link;
  AddressRecord address;
  uint32_t device;
  read_link(message, &link);
  read_address(message, &device, &address);
  ipvsproxy::read_route(message, &address);
  ipvsproxy::read_default_gateways(message);
}

void read_nft(const Message& message) {
  read_elements(message, [](const ElementRecord& record, std::string_view comment) {
    require(record.key_length <= kElementKeySize && comment.size() <= 255);
    touch(comment);
  });
}

// What comes from JavaScript is copied between brackets.
void copy_transaction(Bytes bytes) {
  const size_t count = count_nft_messages(bytes);
  if (count == 0) return;
  MessageWriter writer(transaction_size(bytes.size));
  require(write_transaction(writer, bytes, 1) && writer.count() == count + 2);
  touch(writer.messages());
}

void read_conntrack(const Message& message) {
  Flow flow;
  if (!read_flow(message, &flow)) return;
  touch(flow.tuple);
  MessageWriter writer(512);
  write_flow_deletion(writer, 2, flow, 1);
  require(writer.messages().size <= 512);
}

void read_error(const Message& message) {
  Acknowledgement acknowledgement;
  if (read_acknowledgement(message, &acknowledgement)) touch(acknowledgement.message);
}

using Reader = void (*)(const Message&);
constexpr Reader kReaders[] = {read_ipvs, read_route, read_nft, read_conntrack, read_error};

}  // namespace
}  // namespace ipvsproxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ipvsproxy;
  if (size == 0) return 0;
  copy_transaction({data + 1, size - 1});
  const Reader read = kReaders[data[0] % std::size(kReaders)];
  MessageReader reader({data + 1, size - 1});
  Message message;
  while (reader.next(&message)) read(message);
  // Most inputs are no datagram: the bare payload leads on.
  read({0, 0, 0, {data + 1, size - 1}});
  return 0;
}
