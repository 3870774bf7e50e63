#include "server.h"

#include <cerrno>
#include <thread>
#include <vector>

namespace peers {
namespace {

// HTTP over every protocol, so that curl is a client too. The connection stays open until the client ends it.
std::string answer(const std::string& name, const Place& client) {
  const std::string body = name + "\n";
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nClient: " + client.address() + " " + std::to_string(client.port()) + "\r\n\r\n" + body;
}

void serve_connection(int descriptor, Place client, const std::string& name) {
  Socket socket(descriptor);
  char request[4096];
  while (recv(descriptor, request, sizeof request, 0) > 0) {
    const std::string text = answer(name, client);
    if (send(descriptor, text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
  }
}

void serve_connections(int listener, const std::string& name) {
  for (;;) {
    Place client;
    client.length = sizeof client.storage;
    const int descriptor =
        accept4(listener, reinterpret_cast<sockaddr*>(&client.storage), &client.length, SOCK_CLOEXEC);
    if (descriptor >= 0) std::thread(serve_connection, descriptor, client, name).detach();
  }
}

void serve_datagrams(int socket, const std::string& name) {
  for (;;) {
    Place client;
    client.length = sizeof client.storage;
    char request[4096];
    const auto size = recvfrom(socket, request, sizeof request, 0,
                               reinterpret_cast<sockaddr*>(&client.storage), &client.length);
    if (size < 0) continue;
    const std::string text = answer(name, client);
    sendto(socket, text.data(), text.size(), 0, client.raw(), client.length);
  }
}

}  // namespace

std::shared_ptr<Socket> listen_at(const std::string& protocol, const Place& place) {
  auto socket = std::make_shared<Socket>(protocol, place.family());
  checked(bind(socket->descriptor(), place.raw(), place.length));
  if (protocol != "UDP") checked(listen(socket->descriptor(), 128));
  return socket;
}

void accept_all(std::shared_ptr<Socket> socket) {
  std::vector<std::shared_ptr<Socket>> connections;
  for (;;) {
    const int descriptor = accept4(socket->descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) connections.push_back(std::make_shared<Socket>(descriptor));
  }
}

void serve(std::shared_ptr<Socket> socket, const std::string& protocol, const std::string& name) {
  if (protocol == "UDP") {
    serve_datagrams(socket->descriptor(), name);
  } else {
    serve_connections(socket->descriptor(), name);
  }
}

}  // namespace peers
