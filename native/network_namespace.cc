#include "network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace ipvsproxy {

FileDescriptor::~FileDescriptor() {
  if (is_open()) ::close(descriptor_);
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

int FileDescriptor::release() {
  return std::exchange(descriptor_, -1);
}

Outcome NetworkNamespaceVisit::enter(const std::string& path, const char* operation) {
  if (path.empty()) return done();
  FileDescriptor home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  const FileDescriptor target(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!home.is_open() || !target.is_open()) return failure(errno, operation, "network namespace " + path);
  if (setns(target.get(), CLONE_NEWNET) != 0) return failure(errno, operation, "network namespace " + path);
  home_ = std::move(home);
  return done();
}

// A thread of the pool left in a foreign namespace would program the wrong kernel tables: better no process.
NetworkNamespaceVisit::~NetworkNamespaceVisit() {
  if (home_.is_open() && setns(home_.get(), CLONE_NEWNET) != 0) std::abort();
}

}  // namespace ipvsproxy
