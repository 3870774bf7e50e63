#include "tasks.h"

#include <utility>

#include "address_texts.h"
#include "js_values.h"

namespace ipvsproxy {
namespace {

// A task whose work fills a Result that to_value then reads.
template <typename Result, typename Work, typename ToValue>
Task task_of(Result initial, Work work, ToValue to_value) {
  auto result = std::make_shared<Result>(std::move(initial));
  return {[result, work = std::move(work)](Kernel& kernel) { return work(kernel, result.get()); },
          [result, to_value](Napi::Env env) -> Napi::Value { return to_value(env, *result); }};
}

template <typename Record>
Napi::Value records_value(Napi::Env env, const std::vector<Record>& records) {
  return answer_of(env, records);
}

Napi::Value looks_value(Napi::Env env, const LookAnswers& answers) {
  return answer_of(env, answers.records, answers.real_servers.data(), answers.real_servers.size());
}

Napi::Array texts_value(Napi::Env env, const std::vector<std::string>& texts) {
  Napi::Array array = Napi::Array::New(env, texts.size());
  for (uint32_t index = 0; index < texts.size(); index++) array[index] = texts[index];
  return array;
}

Napi::Value listing_value(Napi::Env env, const Listing& listing) {
  const std::vector<LookRecord> none;
  const Napi::Value records = answer_of(env, none, listing.records.data(), listing.records.size());
  if (!records.IsArrayBuffer()) return env.Undefined();
  Napi::Object object = Napi::Object::New(env);
  object.Set("texts", texts_value(env, listing.texts));
  object.Set("records", records);
  return object;
}

Napi::Value spelled_sets_value(Napi::Env env, const SpelledSets& spelled) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("texts", texts_value(env, spelled.texts));
  object.Set("count", static_cast<double>(spelled.count));
  return object;
}

Napi::Value walked_part_value(Napi::Env env, const WalkedPart& part) {
  const Napi::Value keys = records_value(env, part.changed);
  if (!keys.IsArrayBuffer()) return env.Undefined();
  Napi::Object object = Napi::Object::New(env);
  object.Set("keys", keys);
  object.Set("entries", static_cast<double>(part.entries));
  object.Set("isLast", Napi::Boolean::New(env, part.is_last));
  return object;
}

// Codes as 32-bit numbers, and the kernel's words to some refusals, each with the index of its record.
Napi::Value results_value(Napi::Env env, const Results& results) {
  Napi::Array messages = Napi::Array::New(env, results.messages.size());
  for (uint32_t index = 0; index < results.messages.size(); index++) {
    Napi::Object message = Napi::Object::New(env);
    message.Set("record", static_cast<double>(results.messages[index].record));
    message.Set("text", results.messages[index].text);
    messages[index] = message;
  }
  const size_t count = results.codes.size();
  const Napi::Value buffer = buffer_of(env, results.codes.data(), count * sizeof(int32_t));
  if (!buffer.IsArrayBuffer()) return env.Undefined();
  Napi::Object object = Napi::Object::New(env);
  object.Set("codes", Napi::Int32Array::New(env, count, buffer.As<Napi::ArrayBuffer>(), 0));
  object.Set("messages", messages);
  return object;
}

std::string version_text(uint32_t version) {
  return std::to_string(version >> 16 & 0xff) + "." + std::to_string(version >> 8 & 0xff) + "." +
         std::to_string(version & 0xff);
}

Napi::Value info_value(Napi::Env env, const IpvsInfo& info) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("version", version_text(info.version));
  object.Set("connectionTableSize", info.connection_table_size);
  return object;
}

Napi::Value timeouts_value(Napi::Env env, const IpvsTimeouts& timeouts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("tcp", timeouts.tcp);
  object.Set("tcpFin", timeouts.tcp_fin);
  object.Set("udp", timeouts.udp);
  return object;
}

Napi::Value reply_value(Napi::Env env, const NftReply& reply) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("errno", reply.error);
  object.Set("message", reply.message);
  object.Set("extAck", reply.words);
  return object;
}

struct Device {
  uint32_t index = 0;
  bool created = false;
};

Napi::Value device_value(Napi::Env env, const Device& device) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("index", device.index);
  object.Set("created", Napi::Boolean::New(env, device.created));
  return object;
}

Napi::Value boolean_value(Napi::Env env, bool value) {
  return Napi::Boolean::New(env, value);
}
Napi::Value number_value(Napi::Env env, uint32_t value) {
  return Napi::Number::New(env, value);
}

Napi::Value rules_value(Napi::Env env, const NftRules& rules) {
  Napi::Array jumps = Napi::Array::New(env, rules.jumps.size());
  for (uint32_t index = 0; index < rules.jumps.size(); index++) {
    Napi::Object jump = Napi::Object::New(env);
    jump.Set("chain", rules.jumps[index].chain);
    jump.Set("handle", static_cast<double>(rules.jumps[index].handle));
    jump.Set("target", rules.jumps[index].target);
    jumps[index] = jump;
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("chains", texts_value(env, rules.chains));
  object.Set("jumps", jumps);
  return object;
}

Task rules_task(bool ipv6, std::string table) {
  return task_of(
      NftRules{},
      [ipv6, table = std::move(table)](Kernel& kernel, NftRules* rules) {
        return kernel.rules.read(ipv6, table, rules);
      },
      rules_value);
}

Task ipset_task(IpsetCommand command, std::string name) {
  return task_of(
      false,
      [command, name = std::move(name)](Kernel& kernel, bool* found) {
        return kernel.ipset.run(command, name, found);
      },
      boolean_value);
}

Task addresses_task(Outcome (RouteChannel::*dump)(std::vector<AddressRecord>*)) {
  return task_of(
      std::vector<AddressRecord>{},
      [dump](Kernel& kernel, std::vector<AddressRecord>* addresses) { return (kernel.route.*dump)(addresses); },
      records_value<AddressRecord>);
}

}  // namespace

Task apply_task(OperationBatch batch) {
  return task_of(
      Results{},
      [batch = std::move(batch)](Kernel& kernel, Results* results) {
        kernel.apply(batch, results);
        return done();
      },
      results_value);
}

Task ipvs_info_task() {
  return task_of(
      IpvsInfo{}, [](Kernel& kernel, IpvsInfo* info) { return kernel.ipvs.info(info); }, info_value);
}

Task ipvs_timeouts_task() {
  return task_of(
      IpvsTimeouts{}, [](Kernel& kernel, IpvsTimeouts* timeouts) { return kernel.ipvs.timeouts(timeouts); },
      timeouts_value);
}

Task set_ipvs_timeouts_task(const IpvsTimeouts& timeouts) {
  return {[timeouts](Kernel& kernel) { return kernel.ipvs.set_timeouts(timeouts); },
          [](Napi::Env env) { return env.Undefined(); }};
}

Task dump_virtual_servers_task() {
  using Servers = std::vector<VirtualServerRecord>;
  return task_of(
      Servers{}, [](Kernel& kernel, Servers* servers) { return kernel.ipvs.dump(servers); },
      records_value<VirtualServerRecord>);
}

Task list_virtual_servers_task() {
  return task_of(
      Listing{},
      [](Kernel& kernel, Listing* listing) {
        return kernel.ipvs.list(listing);
      },
      listing_value);
}

Task look_virtual_servers_task(OperationBatch keys) {
  return task_of(
      LookAnswers{},
      [keys = std::move(keys)](Kernel& kernel, LookAnswers* answers) {
        return kernel.ipvs.look(keys, answers);
      },
      looks_value);
}

Task digest_virtual_servers_task(OperationBatch keys) {
  using Digests = std::vector<DigestRecord>;
  return task_of(
      Digests{},
      [keys = std::move(keys)](Kernel& kernel, Digests* digests) { return kernel.ipvs.digest(keys, digests); },
      records_value<DigestRecord>);
}

Task walk_virtual_servers_task(bool always, size_t entries) {
  return task_of(
      WalkedPart{},
      [always, entries](Kernel& kernel, WalkedPart* part) { return kernel.ipvs.walk(always, entries, part); },
      walked_part_value);
}

Task dump_flows_task(uint32_t status, size_t most) {
  using Flows = std::vector<FlowRecord>;
  return task_of(
      Flows{},
      [status, most](Kernel& kernel, Flows* flows) { return kernel.conntrack.dump_flows(status, most, flows); },
      records_value<FlowRecord>);
}

Task ensure_device_task() {
  return task_of(
      Device{},
      [](Kernel& kernel, Device* device) {
        return kernel.route.ensure_device(&device->index, &device->created);
      },
      device_value);
}

Task device_index_task() {
  return task_of(
      uint32_t{0}, [](Kernel& kernel, uint32_t* index) { return kernel.route.device_index(index); },
      number_value);
}

Task delete_device_task() {
  return task_of(
      false, [](Kernel& kernel, bool* deleted) { return kernel.route.delete_device(deleted); },
      boolean_value);
}

Task dump_addresses_task() {
  return addresses_task(&RouteChannel::dump_addresses);
}

Task spell_addresses_task() {
  using Texts = std::vector<std::string>;
  return task_of(
      Texts{},
      [](Kernel& kernel, Texts* texts) {
        std::vector<AddressRecord> addresses;
        Outcome outcome = kernel.route.dump_addresses(&addresses);
        *texts = spell_addresses(addresses);
        return outcome;
      },
      texts_value);
}

Task dump_node_addresses_task() {
  return addresses_task(&RouteChannel::dump_node_addresses);
}

Task send_nft_task(std::vector<uint8_t> messages) {
  return task_of(
      NftReply{},
      [messages = std::move(messages)](Kernel& kernel, NftReply* reply) { return kernel.nft.send(messages, reply); },
      reply_value);
}

Task dump_rules_task(std::string table) {
  return rules_task(false, std::move(table));
}

Task dump_rules6_task(std::string table) {
  return rules_task(true, std::move(table));
}

Task dump_raw_rules_task(std::string table) {
  return task_of(
      std::vector<uint8_t>{},
      [table = std::move(table)](Kernel& kernel, std::vector<uint8_t>* raw_rules) {
        return kernel.rules.read_raw_rules(table, raw_rules);
      },
      records_value<uint8_t>);
}

Task dump_ruleset_task() {
  return task_of(
      std::vector<uint8_t>{},
      [](Kernel& kernel, std::vector<uint8_t>* ruleset) { return kernel.rules.read_ruleset(ruleset); },
      records_value<uint8_t>);
}

Task dump_set_task(size_t set) {
  return task_of(
      SetElements{},
      [set](Kernel& kernel, SetElements* elements) { return kernel.nft.dump_set(set, elements); },
      [](Napi::Env env, const SetElements& elements) {
        return answer_of(env, elements.records, elements.comments.data(), elements.comments.size());
      });
}

Task spell_sets_task(std::vector<SetLayout> layouts) {
  return task_of(
      SpelledSets{},
      [layouts = std::move(layouts)](Kernel& kernel, SpelledSets* spelled) {
        return kernel.nft.spell_sets(layouts, spelled);
      },
      spelled_sets_value);
}

Task nft_generation_task() {
  return task_of(
      uint32_t{0}, [](Kernel& kernel, uint32_t* generation) { return kernel.nft.generation(generation); },
      number_value);
}

Task find_ipset_task(std::string name) {
  return ipset_task(IpsetCommand::kFind, std::move(name));
}

Task flush_ipset_task(std::string name) {
  return ipset_task(IpsetCommand::kFlush, std::move(name));
}

Task destroy_ipset_task(std::string name) {
  return ipset_task(IpsetCommand::kDestroy, std::move(name));
}

}  // namespace ipvsproxy
