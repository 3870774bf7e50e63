// Chains and jumps of any nftables table, bytes only. Kernel: include/uapi/linux/netfilter/nf_tables.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "message_reader.h"
#include "message_writer.h"

namespace ipvsproxy {

// A rule whose verdict leads into another chain.
struct NftJump {
  std::string chain;
  uint64_t handle = 0;
  std::string target;
};

[[nodiscard]] bool write_chain_dump(MessageWriter& writer, uint8_t family, uint32_t sequence);
// Of every table where `table` is empty.
[[nodiscard]] bool write_rule_dump(MessageWriter& writer, uint8_t family, const std::string& table, uint32_t sequence);

// Appends a chain or rule: the length of what follows in bytes (32 bits), the command of nf_tables and the family (8
// bits each, then 16 bits 0), and the attributes as they are. False where the message is too short for either.
bool write_frame(const Message& message, std::vector<uint8_t>* frames);

// The name of a chain of `table`; empty where the chain is another table's. False where the message is no
// chain.
bool read_chain(const Message& message, const std::string& table, std::string* name);

// What a chain or rule of `table` says, without the header, in which the kernel counts changes of everybody's. Empty
// where it is another table's; false where the message is neither.
bool read_raw_rules(const Message& message, const std::string& table, Bytes* raw_rules);

// `target` stays empty where the rule leads nowhere or is another table's. False where the message is no
// rule.
bool read_jump(const Message& message, const std::string& table, NftJump* jump);

}  // namespace ipvsproxy
