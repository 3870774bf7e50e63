// The JavaScript class KernelHandle: checks arguments, keeps the rule of one job at a time (writes may queue up), and
// hands over to tasks.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "change_watch.h"
#include "kernel.h"
#include "task.h"

namespace ipvsproxy {

class KernelHandle : public Napi::ObjectWrap<KernelHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit KernelHandle(const Napi::CallbackInfo& info);

 private:
  // The methods: on this thread, or on a worker thread as a promise; without arguments, with records, a set,
  // a text.
  template <Task (*make)()>
  Napi::Value run_plain(const Napi::CallbackInfo& info);
  template <Task (*make)()>
  Napi::Value start_plain(const Napi::CallbackInfo& info);
  template <Task (*make)(OperationBatch)>
  Napi::Value run_batch(const Napi::CallbackInfo& info);
  template <Task (*make)(OperationBatch)>
  Napi::Value start_batch(const Napi::CallbackInfo& info);
  Napi::Value run_set(const Napi::CallbackInfo& info);
  Napi::Value start_set(const Napi::CallbackInfo& info);
  template <Task (*make)(std::string)>
  Napi::Value run_text(const Napi::CallbackInfo& info);
  template <Task (*make)(std::string)>
  Napi::Value start_text(const Napi::CallbackInfo& info);
  Napi::Value run_messages(const Napi::CallbackInfo& info);
  Napi::Value start_messages(const Napi::CallbackInfo& info);
  Napi::Value set_ipvs_timeouts(const Napi::CallbackInfo& info);
  Napi::Value last_message(const Napi::CallbackInfo& info);

  Napi::Value watch(const Napi::CallbackInfo& info);
  Napi::Value unwatch(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  // False after throwing.
  bool is_open(Napi::Env env);
  bool is_free(Napi::Env env);    // open, and nothing is under way
  bool may_write(Napi::Env env);  // open, and nothing but writes is under way
  Napi::Value run(Napi::Env env, const Task& task);
  Napi::Value start(Napi::Env env, Task task, size_t& jobs);  // one of `jobs` until it has ended
  Napi::Value start_write(const Napi::CallbackInfo& info);

  // Each takes its arguments from `info`; false after throwing.
  bool take_batch(const Napi::CallbackInfo& info, OperationBatch* batch);
  bool take_set(const Napi::CallbackInfo& info, size_t* set);
  bool take_messages(const Napi::CallbackInfo& info, std::vector<uint8_t>* messages);
  bool take_text(const Napi::CallbackInfo& info, std::string* text);

  std::string device_;
  std::shared_ptr<Kernel> kernel_;  // empty once closed
  std::unique_ptr<ChangeWatch> watch_;
  // Jobs under way or waiting for their turn: batches to apply, and others, of which there is one at most.
  size_t writes_ = 0;
  size_t other_jobs_ = 0;
};

}  // namespace ipvsproxy
