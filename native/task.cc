#include "task.h"

#include <utility>

#include "js_error.h"
#include "network_namespace.h"

namespace ipvsproxy {
namespace {

// Node deletes a worker after its end.
class TaskWorker : public Napi::AsyncWorker {
 public:
  TaskWorker(Napi::Env env, Task task, std::shared_ptr<Kernel> kernel, std::function<void()> finished)
      : Napi::AsyncWorker(env, "ipvs-proxy"),
        deferred_(Napi::Promise::Deferred::New(env)),
        task_(std::move(task)),
        kernel_(std::move(kernel)),
        finished_(std::move(finished)),
        ticket_(kernel_->turns.take()) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  // Worker threads begin jobs in the order in which they were queued, so none waits for one that no thread is left for.
  void Execute() override {
    kernel_->turns.wait(ticket_);
    outcome_ = run_task(task_, *kernel_);
    kernel_->turns.end();
  }

  void OnOK() override {
    finished_();
    if (outcome_.ok()) {
      deferred_.Resolve(task_.to_value(Env(), *kernel_));
    } else {
      deferred_.Reject(error_from(Env(), outcome_));
    }
  }

 private:
  Napi::Promise::Deferred deferred_;
  Task task_;
  std::shared_ptr<Kernel> kernel_;
  std::function<void()> finished_;
  const uint64_t ticket_;
  Outcome outcome_;
};

}  // namespace

Outcome run_task(const Task& task, Kernel& kernel) {
  NetworkNamespaceVisit visit;
  Outcome outcome = visit.enter(kernel.network_namespace, "netns.enter");
  return outcome.ok() ? task.work(kernel) : outcome;
}

Napi::Promise start_task(Napi::Env env, Task task, std::shared_ptr<Kernel> kernel,
                         std::function<void()> finished) {
  auto* worker = new TaskWorker(env, std::move(task), std::move(kernel), std::move(finished));
  worker->Queue();
  return worker->promise();
}

}  // namespace ipvsproxy
