// The jobs of one kernel handle: performed one after another, in the order in which they were added, on a thread that
// belongs to the handle. libuv's pool stays free for what Node needs it for: files, DNS, zlib.
#pragma once

#include <napi.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "kernel.h"
#include "outcome.h"

namespace ipvsproxy {

// A piece of kernel work, and how its result becomes a JavaScript value.
struct Task {
  std::function<Outcome(Kernel&)> work;            // on the queue's thread; touches no JavaScript
  std::function<Napi::Value(Napi::Env)> to_value;  // on the JavaScript thread, after success
};

class JobQueue : public std::enable_shared_from_this<JobQueue> {
 public:
  // `kernel` is used by the queue's thread alone.
  static std::shared_ptr<JobQueue> start(Napi::Env env, const KernelOptions& options);
  ~JobQueue();

  // The promise is settled once the task and all that were added before it have been performed. Until then the queue
  // keeps itself and the process alive.
  Napi::Promise add(Napi::Env env, Task task);

 private:
  struct Job;
  // A call may still be on its way when the queue has ended.
  using Receiver = std::weak_ptr<JobQueue>;
  static void receive_call(Napi::Env env, Napi::Function, std::nullptr_t*, Receiver* receiver);
  using Caller = Napi::TypedThreadSafeFunction<std::nullptr_t, Receiver, receive_call>;
  using Jobs = std::deque<std::unique_ptr<Job>>;

  JobQueue(Napi::Env env, const KernelOptions& options);
  static void stop_at_exit(void* queue);
  void stop();
  void run();
  std::unique_ptr<Job> next();
  void finish(std::unique_ptr<Job> job);
  Outcome perform(const Task& task);
  void settle_finished(Napi::Env env);

  const napi_env env_;
  Kernel kernel_;
  Caller caller_;
  std::thread thread_;

  // The JavaScript thread's alone: jobs whose promises are not settled, and what keeps the queue alive meanwhile.
  size_t unsettled_ = 0;
  std::shared_ptr<JobQueue> self_;

  std::mutex lock_;
  std::condition_variable changed_;
  // Guarded by lock_.
  Jobs waiting_;
  Jobs finished_;
  bool stopping_ = false;
};

}  // namespace ipvsproxy
