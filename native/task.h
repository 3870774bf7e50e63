// A piece of kernel work, and how its result becomes a JavaScript value. One description serves the
// synchronous call and the worker thread.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>

#include "kernel.h"
#include "outcome.h"

namespace ipvsproxy {

struct Task {
  std::function<Outcome(Kernel&)> work;                     // may run on any thread; touches no JavaScript
  std::function<Napi::Value(Napi::Env, Kernel&)> to_value;  // on the JavaScript thread, after success
};

// Runs the work in the kernel's network namespace.
Outcome run_task(const Task& task, Kernel& kernel);

// Runs the task on a worker thread, after those that were started before it. The kernel outlives the work even if
// the handle is closed or collected, and `finished` runs on the JavaScript thread before the promise is settled.
Napi::Promise start_task(Napi::Env env, Task task, std::shared_ptr<Kernel> kernel,
                         std::function<void()> finished);

}  // namespace ipvsproxy
