#include "job_queue.h"

#include <utility>

#include "js_values.h"
#include "network_namespace.h"

namespace ipvsproxy {

struct JobQueue::Job {
  Napi::Promise::Deferred promise;
  Task task;
  Outcome outcome;

  void settle(Napi::Env env) {
    if (!outcome.ok()) return promise.Reject(error_from(env, outcome));
    const Napi::Value value = task.to_value(env);
    // Where JavaScript has no memory for it.
    if (env.IsExceptionPending()) return promise.Reject(env.GetAndClearPendingException().Value());
    promise.Resolve(value);
  }
};

std::shared_ptr<JobQueue> JobQueue::start(Napi::Env env, const KernelOptions& options) {
  return std::shared_ptr<JobQueue>(new JobQueue(env, options));
}

JobQueue::JobQueue(Napi::Env env, const KernelOptions& options)
    : env_(env), kernel_(options), caller_(Caller::New(env, "ipvs-proxy jobs", 0, 1)) {
  caller_.Unref(env);
  // Hooks run last-in first-out, so the thread is joined before Node takes the caller away below it.
  napi_add_env_cleanup_hook(env_, stop_at_exit, this);
  thread_ = std::thread([this] { run(); });
}

JobQueue::~JobQueue() {
  if (!thread_.joinable()) return;
  napi_remove_env_cleanup_hook(env_, stop_at_exit, this);
  stop();
}

// Nobody is left to get the results of the jobs that wait; the one under way ends, since netlink never waits.
void JobQueue::stop_at_exit(void* queue) {
  auto* ending = static_cast<JobQueue*>(queue);
  const std::shared_ptr<JobQueue> kept = std::move(ending->self_);
  ending->stop();
}

void JobQueue::stop() {
  {
    const std::lock_guard<std::mutex> guard(lock_);
    stopping_ = true;
    waiting_.clear();
  }
  changed_.notify_one();
  thread_.join();
  caller_.Release();
}

Napi::Promise JobQueue::add(Napi::Env env, Task task) {
  auto job = std::make_unique<Job>(Job{Napi::Promise::Deferred::New(env), std::move(task), {}});
  const Napi::Promise promise = job->promise.Promise();
  if (unsettled_++ == 0) {
    self_ = shared_from_this();
    caller_.Ref(env);
  }
  {
    const std::lock_guard<std::mutex> guard(lock_);
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return promise;
}

void JobQueue::run() {
  while (std::unique_ptr<Job> job = next()) {
    job->outcome = perform(job->task);
    finish(std::move(job));
  }
}

std::unique_ptr<JobQueue::Job> JobQueue::next() {
  std::unique_lock<std::mutex> guard(lock_);
  changed_.wait(guard, [this] { return stopping_ || !waiting_.empty(); });
  if (stopping_) return nullptr;
  std::unique_ptr<Job> job = std::move(waiting_.front());
  waiting_.pop_front();
  return job;
}

Outcome JobQueue::perform(const Task& task) {
  NetworkNamespaceVisit visit;
  Outcome outcome = visit.enter(kernel_.network_namespace, "netns.enter");
  return outcome.ok() ? task.work(kernel_) : outcome;
}

void JobQueue::finish(std::unique_ptr<Job> job) {
  bool is_first;
  {
    const std::lock_guard<std::mutex> guard(lock_);
    is_first = finished_.empty();
    finished_.push_back(std::move(job));
  }
  // One call settles all that have finished by then.
  if (!is_first) return;
  auto receiver = std::make_unique<Receiver>(weak_from_this());
  if (caller_.NonBlockingCall(receiver.get()) == napi_ok) receiver.release();
}

// Without an environment Node is on its way out, and only the memory is left to care for.
void JobQueue::receive_call(Napi::Env env, Napi::Function, std::nullptr_t*, Receiver* receiver) {
  const std::unique_ptr<Receiver> owner(receiver);
  const std::shared_ptr<JobQueue> queue = receiver->lock();
  if (static_cast<napi_env>(env) != nullptr && queue != nullptr) queue->settle_finished(env);
}

void JobQueue::settle_finished(Napi::Env env) {
  Jobs finished;
  {
    const std::lock_guard<std::mutex> guard(lock_);
    finished.swap(finished_);
  }
  for (const std::unique_ptr<Job>& job : finished) job->settle(env);
  unsettled_ -= finished.size();
  if (unsettled_ > 0) return;
  caller_.Unref(env);
  // Where the handle was closed or collected meanwhile, this was what kept the queue.
  self_.reset();
}

}  // namespace ipvsproxy
