// All servers and clients of a lab in one process: starting a program costs half a second in an emulated
// machine, a thread that steps into another network namespace costs nothing. Reads one command a line and
// answers each with one line that begins with the command's number; ends with its standard input.
//
//   1 serve NAMESPACE PROTOCOL ADDRESS PORT NAME          → 1 ok
//   2 ask NAMESPACE PROTOCOL ADDRESS PORT SOURCE-ADDRESS SOURCE-PORT MS
//                                                         → 2 ok 12 NAME CLIENT-ADDRESS CLIENT-PORT
//   3 hold NAMESPACE PROTOCOL ADDRESS PORT SOURCE-ADDRESS SOURCE-PORT MS
//                                                         → as ask; the connection stays open under the number 3
//   4 again 3                                             → as ask, over the open connection
//   5 close 3                                             → 5 ok
//   6 write NAMESPACE PATH VALUE                          → 6 ok
//   7 accept NAMESPACE PROTOCOL ADDRESS PORT              → 7 ok 0; whoever connects there stays connected
//   8 hold-many NAMESPACE PROTOCOL ADDRESS PORT COUNT MS  → 8 ok 900 COUNT; so many connections stay open under the
//                                                           number 8. Ends with the first that fails, as ask
//
// What fails answers `N error MS ERRNO-NAME TEXT`.
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include "client.h"
#include "server.h"

namespace {

using peers::Place;
using peers::Socket;
using Words = std::vector<std::string>;
using Clock = std::chrono::steady_clock;

std::mutex output_mutex;
std::mutex held_mutex;
std::map<std::string, std::shared_ptr<Socket>> held;
std::map<std::string, std::vector<std::shared_ptr<Socket>>> held_many;

void tell(const std::string& text) {
  const std::lock_guard lock(output_mutex);
  std::cout << text << std::endl;
}

const std::string& word(const Words& words, size_t index) {
  if (index >= words.size()) throw std::system_error(EINVAL, std::generic_category());
  return words[index];
}

Place place_in(const Words& words) {
  return Place::parse(word(words, 4), std::stoi(word(words, 5)));
}

std::shared_ptr<Socket> held_socket(const std::string& number) {
  const std::lock_guard lock(held_mutex);
  const auto entry = held.find(number);
  if (entry == held.end()) throw std::system_error(ENOTCONN, std::generic_category());
  return entry->second;
}

std::shared_ptr<Socket> open_client(const Words& words) {
  peers::enter_namespace(word(words, 2));
  const Place source = Place::parse(word(words, 6), std::stoi(word(words, 7)));
  return peers::connect_to(word(words, 3), place_in(words), source, std::stoi(word(words, 8)));
}

std::string do_hold(const Words& words) {
  const auto socket = open_client(words);
  const std::string answer = peers::request(*socket);
  const std::lock_guard lock(held_mutex);
  held[words[0]] = socket;
  return answer;
}

// By the port that the kernel chooses for each: a port that was bound before is chosen in another way.
std::string do_hold_many(const Words& words) {
  peers::enter_namespace(word(words, 2));
  const Place server = place_in(words);
  const int count = std::stoi(word(words, 6));
  std::vector<std::shared_ptr<Socket>> sockets;
  while (static_cast<int>(sockets.size()) < count)
    sockets.push_back(peers::connect_unbound(word(words, 3), server, std::stoi(word(words, 7))));
  const std::lock_guard lock(held_mutex);
  held_many[words[0]] = std::move(sockets);
  return std::to_string(count);
}

std::string do_close(const std::string& number) {
  const std::lock_guard lock(held_mutex);
  held.erase(number);
  held_many.erase(number);
  return "";
}

std::string do_write(const Words& words) {
  peers::enter_namespace(word(words, 2));
  std::ofstream file(word(words, 3));
  if (!(file << word(words, 4) << std::flush)) throw std::system_error(errno, std::generic_category());
  return "";
}

std::string perform(const Words& words) {
  const std::string& verb = word(words, 1);
  if (verb == "ask") return peers::request(*open_client(words));
  if (verb == "hold") return do_hold(words);
  if (verb == "hold-many") return do_hold_many(words);
  if (verb == "again") return peers::request(*held_socket(word(words, 2)));
  if (verb == "close") return do_close(word(words, 2));
  if (verb == "write") return do_write(words);
  throw std::system_error(ENOSYS, std::generic_category());
}

void serve(const Words& words) {
  peers::enter_namespace(word(words, 2));
  const auto socket = peers::listen_at(word(words, 3), place_in(words));
  const std::string name = word(words, 6);
  tell(words[0] + " ok 0");
  peers::serve(socket, words[3], name);
}

void accept_all(const Words& words) {
  peers::enter_namespace(word(words, 2));
  const auto socket = peers::listen_at(word(words, 3), place_in(words));
  tell(words[0] + " ok 0");
  peers::accept_all(socket);
}

// Each connection of a lab is two files of this process.
void allow_many_files() {
  const rlimit limit{200'000, 200'000};
  setrlimit(RLIMIT_NOFILE, &limit);
}

long milliseconds_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
}

void obey(const Words& words) {
  const auto start = Clock::now();
  const auto number = [&] { return words[0] + " "; };
  try {
    if (word(words, 1) == "serve") return serve(words);
    if (word(words, 1) == "accept") return accept_all(words);
    const std::string answer = perform(words);
    tell(number() + "ok " + std::to_string(milliseconds_since(start)) + " " + answer);
  } catch (const std::system_error& error) {
    // A receive that runs out of time says EAGAIN.
    const int code = error.code().value();
    const char* name = strerrorname_np(code == EAGAIN ? ETIMEDOUT : code);
    tell(number() + "error " + std::to_string(milliseconds_since(start)) + " " + (name ? name : "?"));
  } catch (const std::exception& error) {
    tell(number() + "error 0 EINVAL " + error.what());
  }
}

}  // namespace

int main() {
  allow_many_files();
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream stream(line);
    Words words;
    for (std::string text; stream >> text;) words.push_back(text);
    if (!words.empty()) std::thread(obey, words).detach();
  }
  _exit(0);
}
