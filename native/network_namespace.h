// Another network namespace to open sockets in.
#pragma once

#include <string>

#include "outcome.h"

namespace ipvsproxy {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  int release();

 private:
  int descriptor_ = -1;
};

// Moves the calling thread into the namespace at `path` for as long as this object lives; an empty path is
// the thread's own. Sockets stay in the namespace that they were opened in.
class NetworkNamespaceVisit {
 public:
  Outcome enter(const std::string& path, const char* operation);
  ~NetworkNamespaceVisit();

 private:
  FileDescriptor home_;
};

}  // namespace ipvsproxy
