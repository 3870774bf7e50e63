#include "../ipset_codec.h"

#include "records.h"

namespace ipvsproxy::test {
namespace {

TEST(a_set_is_looked_for_flushed_and_destroyed_by_name) {
  const std::pair<IpsetCommand, const char*> commands[] = {{IpsetCommand::kFind, "0c06 0500"},
                                                           {IpsetCommand::kFlush, "0406 0500"},
                                                           {IpsetCommand::kDestroy, "0306 0502"}};
  for (const auto& [command, number] : commands) {
    MessageWriter writer(128);
    CHECK(write_ipset_request(writer, command, "KUBE", 7));
    CHECK_BYTES(text_of(writer.messages()), hex("28000000") + hex(number) +
                                                hex("07000000 00000000 02 00 0000"
                                                    "0500 0100 06000000 0900 0200 4b554245 00000000"));
  }
}

TEST(no_set_is_named_by_an_empty_or_too_long_name) {
  MessageWriter writer(128);
  CHECK(!write_ipset_request(writer, IpsetCommand::kDestroy, "", 1));
  CHECK(!write_ipset_request(writer, IpsetCommand::kDestroy, std::string(32, 'x'), 1));
  CHECK(write_ipset_request(writer, IpsetCommand::kDestroy, std::string(31, 'x'), 1));
}

}  // namespace
}  // namespace ipvsproxy::test
