// Lists of JSON: JavaScript makes thousands of strings of one text quicker than of thousands of answers.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace ipvsproxy {

// Appends the text between quotes; bytes of UTF-8 stay what they are.
inline void append_json(std::string_view text, std::string* json) {
  *json += '"';
  size_t start = 0;
  for (size_t at = 0; at < text.size(); at++) {
    const auto letter = static_cast<uint8_t>(text[at]);
    if (letter >= 0x20 && letter != '"' && letter != '\\') continue;
    json->append(text, start, at - start);
    start = at + 1;
    char escaped[sizeof "\\u0000"];
    std::snprintf(escaped, sizeof escaped, "\\u%04x", letter);
    *json += escaped;
  }
  json->append(text, start, text.size() - start);
  *json += '"';
}

// Appends `"name":` to an object.
inline void append_name(const char* name, std::string* json) {
  if (json->back() != '{') *json += ',';
  *json += '"';
  *json += name;
  *json += "\":";
}

class JsonList {
 public:
  size_t size() const { return size_; }

  // Where the next item belongs.
  std::string* next() {
    if (size_++ > 0) text_ += ',';
    return &text_;
  }

  void add(uint32_t number) { *next() += std::to_string(number); }
  void add(std::string_view text) { append_json(text, next()); }

  // `append` writes a text in which nothing has to be escaped.
  template <typename Append>
  void add_plain(const Append& append) {
    std::string* const text = next();
    *text += '"';
    append(text);
    *text += '"';
  }

  void append_to(const char* name, std::string* json) const {
    append_name(name, json);
    *json += '[';
    *json += text_;
    *json += ']';
  }

 private:
  std::string text_;
  size_t size_ = 0;
};

// JavaScript reads one text at a time, and whoever else waits has a turn in between. With a quarter of that the
// look of a restart took 9 ms more (counted).
constexpr size_t kItemsPerText = 512;

}  // namespace ipvsproxy
