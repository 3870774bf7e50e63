// The JavaScript class KernelHandle: checks arguments and hands tasks to the queue.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "change_watch.h"
#include "job_queue.h"
#include "kernel.h"

namespace ipvsproxy {

class KernelHandle : public Napi::ObjectWrap<KernelHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit KernelHandle(const Napi::CallbackInfo& info);

 private:
  // The methods that add a job and return its promise: without arguments, with records, with a text.
  template <Task (*make)()>
  Napi::Value add_plain(const Napi::CallbackInfo& info);
  template <Task (*make)(OperationBatch)>
  Napi::Value add_batch(const Napi::CallbackInfo& info);
  template <Task (*make)(std::string)>
  Napi::Value add_text(const Napi::CallbackInfo& info);
  Napi::Value dump_flows(const Napi::CallbackInfo& info);
  Napi::Value walk_virtual_servers(const Napi::CallbackInfo& info);
  Napi::Value dump_set(const Napi::CallbackInfo& info);
  Napi::Value spell_sets(const Napi::CallbackInfo& info);
  Napi::Value send_nft(const Napi::CallbackInfo& info);
  Napi::Value set_ipvs_timeouts(const Napi::CallbackInfo& info);

  Napi::Value watch(const Napi::CallbackInfo& info);
  Napi::Value unwatch(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  // Undefined after throwing, where the handle is closed.
  Napi::Value add(Napi::Env env, Task task);
  bool is_open(Napi::Env env);

  KernelOptions options_;
  std::shared_ptr<JobQueue> jobs_;  // empty once closed
  std::unique_ptr<ChangeWatch> watch_;
};

}  // namespace ipvsproxy
