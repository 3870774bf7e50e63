// Jobs of one kernel run one at a time, in the order in which they were handed over, though each has a worker thread of
// its own. The next begins as soon as one has ended: it does not wait for the JavaScript thread to hear of that.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ipvsproxy {

class Turns {
 public:
  // A ticket; they are called in the order in which they were taken. Each must come to its turn.
  uint64_t take() { return taken_++; }

  // Returns when all who took a ticket before have ended their turn.
  void wait(uint64_t ticket) {
    std::unique_lock<std::mutex> guard(lock_);
    moved_.wait(guard, [&] { return ended_ == ticket; });
  }

  void end() {
    {
      const std::lock_guard<std::mutex> guard(lock_);
      ended_++;
    }
    moved_.notify_all();
  }

 private:
  uint64_t taken_ = 0;  // the JavaScript thread's alone
  std::mutex lock_;
  std::condition_variable moved_;
  uint64_t ended_ = 0;  // guarded by lock_
};

}  // namespace ipvsproxy
