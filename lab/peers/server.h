#pragma once

#include <memory>
#include <string>

#include "sockets.h"

namespace peers {

// A socket that listens in the calling thread's namespace.
std::shared_ptr<Socket> listen_at(const std::string& protocol, const Place& place);

// Answers every request with `name` and the client's address, until the process ends.
void serve(std::shared_ptr<Socket> socket, const std::string& protocol, const std::string& name);

// Accepts every connection and keeps it open without a word, until the process ends.
void accept_all(std::shared_ptr<Socket> socket);

}  // namespace peers
