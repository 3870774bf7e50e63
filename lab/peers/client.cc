#include "client.h"

#include <cerrno>

namespace peers {
namespace {

const std::string question = "GET / HTTP/1.1\r\nHost: lab\r\n\r\n";

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto start = text.find(begin);
  const auto stop = start == std::string::npos ? start : text.find(end, start + begin.size());
  if (stop == std::string::npos) throw std::system_error(EBADMSG, std::generic_category());
  return text.substr(start + begin.size(), stop - start - begin.size());
}

}  // namespace

std::shared_ptr<Socket> connect_to(const std::string& protocol, const Place& server, const Place& source,
                                   int milliseconds) {
  auto socket = std::make_shared<Socket>(protocol, server.family());
  socket->set_timeout(milliseconds);
  checked(bind(socket->descriptor(), source.raw(), source.length));
  socket->connect_within(server, milliseconds);
  socket->close_by_reset();
  return socket;
}

std::shared_ptr<Socket> connect_unbound(const std::string& protocol, const Place& server, int milliseconds) {
  auto socket = std::make_shared<Socket>(protocol, server.family());
  socket->connect_within(server, milliseconds);
  socket->close_by_reset();
  return socket;
}

std::string request(const Socket& socket) {
  checked(send(socket.descriptor(), question.data(), question.size(), MSG_NOSIGNAL));
  char buffer[4096];
  const auto size = checked(recv(socket.descriptor(), buffer, sizeof buffer, 0));
  if (size == 0) throw std::system_error(ECONNRESET, std::generic_category());
  const std::string text(buffer, size);
  return between(text, "\r\n\r\n", "\n") + " " + between(text, "Client: ", "\r\n");
}

}  // namespace peers
