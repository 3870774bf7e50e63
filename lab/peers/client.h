#pragma once

#include <memory>
#include <string>

#include "sockets.h"

namespace peers {

// A socket of the calling thread's namespace, connected. What is 0 or :: in the source the kernel chooses.
std::shared_ptr<Socket> connect_to(const std::string& protocol, const Place& server, const Place& source,
                                   int milliseconds);

// The same with a port that the kernel chooses when it connects.
std::shared_ptr<Socket> connect_unbound(const std::string& protocol, const Place& server, int milliseconds);

// `NAME ADDRESS PORT`: who answered, and as whom it saw the client.
std::string request(const Socket& socket);

}  // namespace peers
