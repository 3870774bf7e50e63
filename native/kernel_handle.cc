#include "kernel_handle.h"

#include <utility>
#include <vector>

#include "js_values.h"
#include "network_namespace.h"
#include "nft_codec.h"
#include "tasks.h"

namespace ipvsproxy {
namespace {

Napi::Value throw_type_error(Napi::Env env, const char* message) {
  Napi::TypeError::New(env, message).ThrowAsJavaScriptException();
  return env.Undefined();
}

bool read_text(const Napi::Object& object, const char* name, std::string* text) {
  const Napi::Value value = object.Get(name);
  if (!value.IsString()) return false;
  *text = value.As<Napi::String>().Utf8Value();
  return true;
}

bool read_texts(const Napi::Value& value, std::vector<std::string>* texts) {
  if (!value.IsArray()) return false;
  const Napi::Array array = value.As<Napi::Array>();
  for (uint32_t index = 0; index < array.Length(); index++) {
    const Napi::Value text = array.Get(index);
    if (!text.IsString()) return false;
    texts->push_back(text.As<Napi::String>().Utf8Value());
  }
  return true;
}

// Copied, because JavaScript may write into its buffer while the job runs.
// Copied, because JavaScript may write into its buffer before the job has run.
bool read_bytes(const Napi::Value& value, std::vector<uint8_t>* bytes) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) return false;
  const Napi::Uint8Array array = value.As<Napi::Uint8Array>();
  bytes->assign(array.Data(), array.Data() + array.ByteLength());
  return true;
}

bool read_options(const Napi::Value& value, KernelOptions* options) {
  if (!value.IsObject()) return false;
  const Napi::Object object = value.As<Napi::Object>();
  if (object.Has("networkNamespace") && !read_text(object, "networkNamespace", &options->network_namespace)) {
    return false;
  }
  return read_text(object, "device", &options->device) && read_text(object, "table", &options->table) &&
         read_texts(object.Get("sets"), &options->sets);
}

bool read_seconds(const Napi::Object& object, const char* name, uint32_t* seconds) {
  const Napi::Value value = object.Get(name);
  if (!value.IsNumber()) return false;
  *seconds = value.As<Napi::Number>().Uint32Value();
  return true;
}

bool read_timeouts(const Napi::Value& value, IpvsTimeouts* timeouts) {
  if (!value.IsObject()) return false;
  const Napi::Object object = value.As<Napi::Object>();
  return read_seconds(object, "tcp", &timeouts->tcp) && read_seconds(object, "tcpFin", &timeouts->tcp_fin) &&
         read_seconds(object, "udp", &timeouts->udp);
}

// Three bytes each.
bool read_layouts(const std::vector<uint8_t>& bytes, size_t sets, std::vector<SetLayout>* layouts) {
  if (bytes.size() % 3 != 0) return false;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const SetLayout layout{bytes[at], bytes[at + 1], bytes[at + 2]};
    if (layout.set >= sets || layout.parts < kAddressParts || layout.parts > kSourceParts) return false;
    layouts->push_back(layout);
  }
  return true;
}

}  // namespace

Napi::Function KernelHandle::define(Napi::Env env) {
  using Self = KernelHandle;
  return DefineClass(
      env, "KernelHandle",
      {
          InstanceMethod("apply", &Self::add_batch<apply_task>),
          InstanceMethod("ipvsInfo", &Self::add_plain<ipvs_info_task>),
          InstanceMethod("ipvsTimeouts", &Self::add_plain<ipvs_timeouts_task>),
          InstanceMethod("setIpvsTimeouts", &Self::set_ipvs_timeouts),
          InstanceMethod("dumpVirtualServers", &Self::add_plain<dump_virtual_servers_task>),
          InstanceMethod("listVirtualServers", &Self::add_plain<list_virtual_servers_task>),
          InstanceMethod("lookVirtualServers", &Self::add_batch<look_virtual_servers_task>),
          InstanceMethod("digestVirtualServers", &Self::add_batch<digest_virtual_servers_task>),
          InstanceMethod("walkVirtualServers", &Self::walk_virtual_servers),
          InstanceMethod("dumpFlows", &Self::dump_flows),
          InstanceMethod("ensureDevice", &Self::add_plain<ensure_device_task>),
          InstanceMethod("deviceIndex", &Self::add_plain<device_index_task>),
          InstanceMethod("deleteDevice", &Self::add_plain<delete_device_task>),
          InstanceMethod("dumpAddresses", &Self::add_plain<dump_addresses_task>),
          InstanceMethod("spellAddresses", &Self::add_plain<spell_addresses_task>),
          InstanceMethod("dumpNodeAddresses", &Self::add_plain<dump_node_addresses_task>),
          InstanceMethod("sendNft", &Self::send_nft),
          InstanceMethod("dumpRules", &Self::add_text<dump_rules_task>),
          InstanceMethod("dumpRules6", &Self::add_text<dump_rules6_task>),
          InstanceMethod("dumpRawRules", &Self::add_text<dump_raw_rules_task>),
          InstanceMethod("dumpRuleset", &Self::add_plain<dump_ruleset_task>),
          InstanceMethod("dumpSet", &Self::dump_set),
          InstanceMethod("spellSets", &Self::spell_sets),
          InstanceMethod("nftGeneration", &Self::add_plain<nft_generation_task>),
          InstanceMethod("findIpset", &Self::add_text<find_ipset_task>),
          InstanceMethod("flushIpset", &Self::add_text<flush_ipset_task>),
          InstanceMethod("destroyIpset", &Self::add_text<destroy_ipset_task>),
          InstanceMethod("watch", &Self::watch),
          InstanceMethod("unwatch", &Self::unwatch),
          InstanceMethod("close", &Self::close),
      });
}

KernelHandle::KernelHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<KernelHandle>(info) {
  if (!read_options(info[0], &options_)) {
    throw_type_error(info.Env(), "KernelHandle takes {device: string, table: string, sets: string[]}");
    return;
  }
  jobs_ = JobQueue::start(info.Env(), options_);
}

bool KernelHandle::is_open(Napi::Env env) {
  if (jobs_ != nullptr) return true;
  misuse(env, "ERR_HANDLE_CLOSED", "this kernel handle is closed").ThrowAsJavaScriptException();
  return false;
}

Napi::Value KernelHandle::add(Napi::Env env, Task task) {
  return is_open(env) ? jobs_->add(env, std::move(task)) : env.Undefined();
}

template <Task (*make)()>
Napi::Value KernelHandle::add_plain(const Napi::CallbackInfo& info) {
  return add(info.Env(), make());
}

template <Task (*make)(OperationBatch)>
Napi::Value KernelHandle::add_batch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::vector<uint8_t> copy;
  if (!read_bytes(info[0], &copy) || !info[1].IsNumber())
    return throw_type_error(env, "takes a Uint8Array of operation records and their count");
  const int64_t count = info[1].As<Napi::Number>().Int64Value();
  OperationBatch batch;
  if (count < 0 || !batch.read(std::move(copy), static_cast<size_t>(count))) {
    return throw_type_error(env, "the buffer is too short for that many operation records");
  }
  return add(env, make(std::move(batch)));
}

template <Task (*make)(std::string)>
Napi::Value KernelHandle::add_text(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) return throw_type_error(info.Env(), "takes a string");
  return add(info.Env(), make(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value KernelHandle::dump_flows(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber() || !info[1].IsNumber())
    return throw_type_error(info.Env(), "takes bits of the status and the number of flows at most");
  const uint32_t status = info[0].As<Napi::Number>().Uint32Value();
  return add(info.Env(), dump_flows_task(status, info[1].As<Napi::Number>().Uint32Value()));
}

Napi::Value KernelHandle::walk_virtual_servers(const Napi::CallbackInfo& info) {
  if (!info[0].IsBoolean() || !info[1].IsNumber())
    return throw_type_error(info.Env(), "takes whether to walk in any case, and how far at most");
  const bool always = info[0].As<Napi::Boolean>().Value();
  return add(info.Env(), walk_virtual_servers_task(always, info[1].As<Napi::Number>().Uint32Value()));
}

Napi::Value KernelHandle::dump_set(const Napi::CallbackInfo& info) {
  const int64_t index = info[0].IsNumber() ? info[0].As<Napi::Number>().Int64Value() : -1;
  if (index < 0 || static_cast<size_t>(index) >= options_.sets.size()) {
    return throw_type_error(info.Env(), "takes an index into the sets given to the handle");
  }
  return add(info.Env(), dump_set_task(static_cast<size_t>(index)));
}

Napi::Value KernelHandle::spell_sets(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> bytes;
  std::vector<SetLayout> layouts;
  if (!read_bytes(info[0], &bytes) || !read_layouts(bytes, options_.sets.size(), &layouts))
    return throw_type_error(info.Env(), "takes a Uint8Array of layouts of the sets given to the handle");
  return add(info.Env(), spell_sets_task(std::move(layouts)));
}

Napi::Value KernelHandle::send_nft(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> messages;
  if (!read_bytes(info[0], &messages) || count_nft_messages({messages.data(), messages.size()}) == 0)
    return throw_type_error(info.Env(), "takes a Uint8Array of whole nf_tables messages");
  return add(info.Env(), send_nft_task(std::move(messages)));
}

Napi::Value KernelHandle::set_ipvs_timeouts(const Napi::CallbackInfo& info) {
  IpvsTimeouts timeouts;
  if (read_timeouts(info[0], &timeouts)) return add(info.Env(), set_ipvs_timeouts_task(timeouts));
  return throw_type_error(info.Env(), "takes {tcp, tcpFin, udp} in seconds");
}

// Watching has sockets and a thread of its own.
Napi::Value KernelHandle::watch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!is_open(env)) return env.Undefined();
  if (!info[0].IsFunction()) return throw_type_error(env, "takes a callback");
  watch_.reset();
  NetworkNamespaceVisit visit;
  Outcome outcome = visit.enter(options_.network_namespace, "netns.enter");
  if (outcome.ok()) watch_ = ChangeWatch::start(env, info[0].As<Napi::Function>(), options_.device, &outcome);
  if (!outcome.ok()) napi_throw(env, error_from(env, outcome));
  return env.Undefined();
}

Napi::Value KernelHandle::unwatch(const Napi::CallbackInfo& info) {
  watch_.reset();
  return info.Env().Undefined();
}

// Jobs that were added are still performed: until then the queue keeps itself alive.
Napi::Value KernelHandle::close(const Napi::CallbackInfo& info) {
  watch_.reset();
  jobs_.reset();
  return info.Env().Undefined();
}

}  // namespace ipvsproxy
