// Sockets in named network namespaces: what servers and clients of a lab have in common.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <system_error>

namespace peers {

// The socket address of one end, of either family.
struct Place {
  sockaddr_storage storage{};
  socklen_t length = 0;

  static Place parse(const std::string& address, int port);
  int family() const { return storage.ss_family; }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  std::string address() const;
  int port() const;
};

// An open socket; closed with its owner.
class Socket {
 public:
  Socket(const std::string& protocol, int family);
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int descriptor() const { return descriptor_; }
  void set(int level, int option, int value);
  void set_timeout(int milliseconds);
  void connect_within(const Place& server, int milliseconds);
  void close_by_reset();

 private:
  void hear_refusals(int family);
  void wait_connected(int milliseconds);

  int descriptor_;
};

// The calling thread lives in the namespace from now on; sockets stay in the one they were made in.
void enter_namespace(const std::string& name);

// Throws what errno says unless the result is good.
int checked(int result);

}  // namespace peers
