// The tasks behind the methods of a handle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ipvs_answers.h"
#include "job_queue.h"

namespace ipvsproxy {

Task apply_task(OperationBatch batch);

Task ipvs_info_task();
Task ipvs_timeouts_task();
Task set_ipvs_timeouts_task(const IpvsTimeouts& timeouts);
Task dump_virtual_servers_task();
Task list_virtual_servers_task();
Task look_virtual_servers_task(OperationBatch keys);
Task digest_virtual_servers_task(OperationBatch keys);
Task walk_virtual_servers_task(bool always, size_t entries);

Task dump_flows_task(uint32_t status, size_t most);

Task ensure_device_task();
Task device_index_task();
Task delete_device_task();
Task dump_addresses_task();
Task spell_addresses_task();
Task dump_node_addresses_task();

Task send_nft_task(std::vector<uint8_t> messages);
Task dump_rules_task(std::string table);
Task dump_rules6_task(std::string table);
Task dump_raw_rules_task(std::string table);
Task dump_ruleset_task();
Task dump_set_task(size_t set);
Task spell_sets_task(std::vector<SetLayout> layouts);
Task nft_generation_task();

Task find_ipset_task(std::string name);
Task flush_ipset_task(std::string name);
Task destroy_ipset_task(std::string name);

}  // namespace ipvsproxy
