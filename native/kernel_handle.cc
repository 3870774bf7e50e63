#include "kernel_handle.h"

#include <utility>
#include <vector>

#include "js_error.h"
#include "network_namespace.h"
#include "nft_codec.h"
#include "tasks.h"

namespace ipvsproxy {
namespace {

bool throw_type_error(Napi::Env env, const char* message) {
  Napi::TypeError::New(env, message).ThrowAsJavaScriptException();
  return false;
}

bool throw_busy(Napi::Env env) {
  misuse(env, "ERR_HANDLE_BUSY", "this kernel handle is busy: await its last call, or use another handle")
      .ThrowAsJavaScriptException();
  return false;
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

}  // namespace

Napi::Function KernelHandle::define(Napi::Env env) {
  using Self = KernelHandle;
  return DefineClass(
      env, "KernelHandle",
      {
          InstanceMethod("apply", &Self::start_write),
          InstanceMethod("applySync", &Self::run_batch<apply_task>),
          InstanceMethod("lastExtAck", &Self::last_message),
          InstanceMethod("ipvsInfo", &Self::run_plain<ipvs_info_task>),
          InstanceMethod("ipvsTimeouts", &Self::run_plain<ipvs_timeouts_task>),
          InstanceMethod("setIpvsTimeouts", &Self::set_ipvs_timeouts),
          InstanceMethod("dumpVirtualServers", &Self::start_plain<dump_virtual_servers_task>),
          InstanceMethod("dumpVirtualServersSync", &Self::run_plain<dump_virtual_servers_task>),
          InstanceMethod("lookVirtualServers", &Self::start_batch<look_virtual_servers_task>),
          InstanceMethod("lookVirtualServersSync", &Self::run_batch<look_virtual_servers_task>),
          InstanceMethod("ensureDevice", &Self::run_plain<ensure_device_task>),
          InstanceMethod("deviceIndex", &Self::run_plain<device_index_task>),
          InstanceMethod("deleteDevice", &Self::run_plain<delete_device_task>),
          InstanceMethod("dumpAddresses", &Self::start_plain<dump_addresses_task>),
          InstanceMethod("dumpAddressesSync", &Self::run_plain<dump_addresses_task>),
          InstanceMethod("sendNft", &Self::start_messages),
          InstanceMethod("sendNftSync", &Self::run_messages),
          InstanceMethod("dumpRules", &Self::start_text<dump_rules_task>),
          InstanceMethod("dumpRules6", &Self::start_text<dump_rules6_task>),
          InstanceMethod("dumpWording", &Self::start_text<dump_wording_task>),
          InstanceMethod("dumpSet", &Self::start_set),
          InstanceMethod("dumpSetSync", &Self::run_set),
          InstanceMethod("findIpset", &Self::start_text<find_ipset_task>),
          InstanceMethod("flushIpset", &Self::start_text<flush_ipset_task>),
          InstanceMethod("destroyIpset", &Self::start_text<destroy_ipset_task>),
          InstanceMethod("watch", &Self::watch),
          InstanceMethod("unwatch", &Self::unwatch),
          InstanceMethod("close", &Self::close),
      });
}

KernelHandle::KernelHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<KernelHandle>(info) {
  KernelOptions options;
  if (!read_options(info[0], &options)) {
    throw_type_error(info.Env(), "KernelHandle takes {device: string, table: string, sets: string[]}");
    return;
  }
  device_ = options.device;
  kernel_ = std::make_shared<Kernel>(options);
}

bool KernelHandle::is_open(Napi::Env env) {
  if (kernel_ != nullptr) return true;
  misuse(env, "ERR_HANDLE_CLOSED", "this kernel handle is closed").ThrowAsJavaScriptException();
  return false;
}

bool KernelHandle::is_free(Napi::Env env) {
  return may_write(env) && (writes_ == 0 || throw_busy(env));
}

bool KernelHandle::may_write(Napi::Env env) {
  return is_open(env) && (other_jobs_ == 0 || throw_busy(env));
}

Napi::Value KernelHandle::run(Napi::Env env, const Task& task) {
  const Outcome outcome = run_task(task, *kernel_);
  if (outcome.ok()) return task.to_value(env, *kernel_);
  napi_throw(env, error_from(env, outcome));
  return env.Undefined();
}

// The reference keeps the handle from being collected under the job.
Napi::Value KernelHandle::start(Napi::Env env, Task task, size_t& jobs) {
  jobs++;
  Ref();
  return start_task(env, std::move(task), kernel_, [this, &jobs] {
    jobs--;
    Unref();
  });
}

Napi::Value KernelHandle::start_write(const Napi::CallbackInfo& info) {
  OperationBatch batch;
  if (!may_write(info.Env()) || !take_batch(info, &batch)) return info.Env().Undefined();
  return start(info.Env(), apply_task(std::move(batch)), writes_);
}

bool KernelHandle::take_batch(const Napi::CallbackInfo& info, OperationBatch* batch) {
  const Napi::Env env = info.Env();
  std::vector<uint8_t> copy;
  if (!read_bytes(info[0], &copy) || !info[1].IsNumber())
    return throw_type_error(env, "takes a Uint8Array of operation records and their count");
  const int64_t count = info[1].As<Napi::Number>().Int64Value();
  if (count >= 0 && batch->read(std::move(copy), static_cast<size_t>(count))) return true;
  return throw_type_error(env, "the buffer is too short for that many operation records");
}

bool KernelHandle::take_set(const Napi::CallbackInfo& info, size_t* set) {
  if (!is_free(info.Env())) return false;
  const int64_t index = info[0].IsNumber() ? info[0].As<Napi::Number>().Int64Value() : -1;
  *set = static_cast<size_t>(index);
  if (index >= 0 && *set < kernel_->nft.sets()) return true;
  return throw_type_error(info.Env(), "takes an index into the sets given to the handle");
}

bool KernelHandle::take_messages(const Napi::CallbackInfo& info, std::vector<uint8_t>* messages) {
  if (!is_free(info.Env())) return false;
  if (!read_bytes(info[0], messages) || count_nft_messages({messages->data(), messages->size()}) == 0)
    return throw_type_error(info.Env(), "takes a Uint8Array of whole nf_tables messages");
  return true;
}

bool KernelHandle::take_text(const Napi::CallbackInfo& info, std::string* text) {
  if (!is_free(info.Env())) return false;
  if (!info[0].IsString()) return throw_type_error(info.Env(), "takes a string");
  *text = info[0].As<Napi::String>().Utf8Value();
  return true;
}

template <Task (*make)()>
Napi::Value KernelHandle::run_plain(const Napi::CallbackInfo& info) {
  return is_free(info.Env()) ? run(info.Env(), make()) : info.Env().Undefined();
}

template <Task (*make)()>
Napi::Value KernelHandle::start_plain(const Napi::CallbackInfo& info) {
  return is_free(info.Env()) ? start(info.Env(), make(), other_jobs_) : info.Env().Undefined();
}

template <Task (*make)(OperationBatch)>
Napi::Value KernelHandle::run_batch(const Napi::CallbackInfo& info) {
  OperationBatch batch;
  if (!is_free(info.Env()) || !take_batch(info, &batch)) return info.Env().Undefined();
  return run(info.Env(), make(std::move(batch)));
}

template <Task (*make)(OperationBatch)>
Napi::Value KernelHandle::start_batch(const Napi::CallbackInfo& info) {
  OperationBatch batch;
  if (!is_free(info.Env()) || !take_batch(info, &batch)) return info.Env().Undefined();
  return start(info.Env(), make(std::move(batch)), other_jobs_);
}

Napi::Value KernelHandle::run_set(const Napi::CallbackInfo& info) {
  size_t set;
  return take_set(info, &set) ? run(info.Env(), dump_set_task(set)) : info.Env().Undefined();
}

Napi::Value KernelHandle::start_set(const Napi::CallbackInfo& info) {
  size_t set;
  return take_set(info, &set) ? start(info.Env(), dump_set_task(set), other_jobs_) : info.Env().Undefined();
}

Napi::Value KernelHandle::run_messages(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> messages;
  if (!take_messages(info, &messages)) return info.Env().Undefined();
  return run(info.Env(), send_nft_task(std::move(messages)));
}

Napi::Value KernelHandle::start_messages(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> messages;
  if (!take_messages(info, &messages)) return info.Env().Undefined();
  return start(info.Env(), send_nft_task(std::move(messages)), other_jobs_);
}

template <Task (*make)(std::string)>
Napi::Value KernelHandle::start_text(const Napi::CallbackInfo& info) {
  std::string text;
  return take_text(info, &text) ? start(info.Env(), make(std::move(text)), other_jobs_) : info.Env().Undefined();
}

Napi::Value KernelHandle::set_ipvs_timeouts(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  IpvsTimeouts timeouts;
  if (!is_free(env)) return env.Undefined();
  if (read_timeouts(info[0], &timeouts)) return run(env, set_ipvs_timeouts_task(timeouts));
  throw_type_error(env, "takes {tcp, tcpFin, udp} in seconds");
  return env.Undefined();
}

Napi::Value KernelHandle::last_message(const Napi::CallbackInfo& info) {
  if (!is_open(info.Env())) return info.Env().Undefined();
  return Napi::String::New(info.Env(), kernel_->last_message);
}

// Watching has its own sockets and thread, so a busy handle may start and end it.
Napi::Value KernelHandle::watch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!is_open(env)) return env.Undefined();
  if (!info[0].IsFunction()) {
    throw_type_error(env, "takes a callback");
    return env.Undefined();
  }
  watch_.reset();
  NetworkNamespaceVisit visit;
  Outcome outcome = visit.enter(kernel_->network_namespace, "netns.enter");
  if (outcome.ok()) watch_ = ChangeWatch::start(env, info[0].As<Napi::Function>(), device_, &outcome);
  if (!outcome.ok()) napi_throw(env, error_from(env, outcome));
  return env.Undefined();
}

Napi::Value KernelHandle::unwatch(const Napi::CallbackInfo& info) {
  watch_.reset();
  return info.Env().Undefined();
}

// A job under way finishes: it holds the kernel too.
Napi::Value KernelHandle::close(const Napi::CallbackInfo& info) {
  watch_.reset();
  kernel_.reset();
  return info.Env().Undefined();
}

}  // namespace ipvsproxy
