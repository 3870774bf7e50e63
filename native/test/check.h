// A test frame of one page: TEST registers, CHECK counts, main() in main.cc runs everything.
#pragma once

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "../bytes.h"
#include "../message_reader.h"
#include "../message_writer.h"

namespace ipvsproxy::test {

struct Case {
  const char* name;
  void (*run)();
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline bool& failed() {
  static bool flag = false;
  return flag;
}

struct Registration {
  Registration(const char* name, void (*run)()) { cases().push_back({name, run}); }
};

// Bytes as written by hand: hex digits, with spaces and | to group them.
inline std::string hex(const char* text) {
  std::string bytes, digits;
  for (; *text != '\0'; text++) {
    if (isxdigit(static_cast<unsigned char>(*text)) == 0) continue;
    digits.push_back(*text);
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<char>(std::strtol(digits.c_str(), nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

inline std::string shown(const std::string& bytes) {
  std::string text;
  char digits[4];
  for (const char byte : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
    text += digits;
    if (text.size() % 9 == 8) text.push_back(' ');
  }
  return text;
}

inline std::string text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}
inline Bytes view(const std::string& bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

// A copy with no spare byte behind it, so that the address sanitizer sees every read past the end.
class Exact {
 public:
  explicit Exact(const std::string& bytes) : data_(bytes.begin(), bytes.end()) { data_.shrink_to_fit(); }
  Bytes view() const { return {data_.data(), data_.size()}; }

 private:
  std::vector<uint8_t> data_;
};

inline Message payload(const Exact& exact) {
  return {0, 0, 0, exact.view()};
}

inline void fail(const char* file, int line, const std::string& what) {
  failed() = true;
  std::printf("  %s:%d: %s\n", file, line, what.c_str());
}

}  // namespace ipvsproxy::test

#define TEST(name)                                                                \
  static void name();                                                             \
  static const ipvsproxy::test::Registration registration_of_##name(#name, name); \
  static void name()

#define CHECK(condition) \
  if (!(condition)) ipvsproxy::test::fail(__FILE__, __LINE__, #condition)

// Compares bytes and shows both where they differ.
#define CHECK_BYTES(actual, expected)                                                    \
  if (const std::string actual_bytes = (actual), expected_bytes = (expected);            \
      actual_bytes != expected_bytes)                                                    \
  ipvsproxy::test::fail(__FILE__, __LINE__,                                              \
                        "got  " + ipvsproxy::test::shown(actual_bytes) + "\n    want " + \
                            ipvsproxy::test::shown(expected_bytes))
