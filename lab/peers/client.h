#pragma once

#include <memory>
#include <string>

#include "sockets.h"

namespace peers {

// A socket of the calling thread's namespace, connected; source port 0 leaves the choice to the kernel.
std::shared_ptr<Socket> connect_to(const std::string& protocol, const Place& server, int source_port,
                                   int milliseconds);

// `NAME ADDRESS PORT`: who answered, and as whom it saw the client.
std::string request(const Socket& socket);

}  // namespace peers
