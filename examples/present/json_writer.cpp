// SPDX-License-Identifier: Apache-2.0
#include "json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace present {

json_writer& json_writer::key(std::string_view name) {
  separate();
  quote(name);
  out_ += ": ";
  last_ = after::key;
  return *this;
}

json_writer& json_writer::text(std::string_view value) {
  separate();
  quote(value);
  return *this;
}

json_writer& json_writer::number(double x) {
  if (!std::isfinite(x)) {
    return null();
  }
  std::array<char, 32> digits{};
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), x).ptr;
  return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

json_writer& json_writer::number(std::size_t n) { return raw(std::to_string(n)); }
json_writer& json_writer::number(int n) { return raw(std::to_string(n)); }
json_writer& json_writer::truth(bool value) { return raw(value ? "true" : "false"); }
json_writer& json_writer::null() { return raw("null"); }

json_writer& json_writer::open(char bracket) {
  separate();
  out_ += bracket;
  counts_.push_back(0);
  return *this;
}

json_writer& json_writer::close(char bracket) {
  bool const empty = counts_.back() == 0;
  counts_.pop_back();
  if (!empty) {
    out_ += '\n' + std::string(2 * counts_.size(), ' ');
  }
  out_ += bracket;
  if (counts_.empty()) {
    out_ += '\n';
  }
  return *this;
}

json_writer& json_writer::raw(std::string_view token) {
  separate();
  out_ += token;
  return *this;
}

void json_writer::separate() {
  if (last_ == after::key) {
    last_ = after::other;
    return;
  }
  if (!counts_.empty()) {
    out_ += counts_.back() == 0 ? "\n" : ",\n";
    out_ += std::string(2 * counts_.size(), ' ');
    ++counts_.back();
  }
}

void json_writer::quote(std::string_view value) {
  out_ += '"';
  for (char const c : value) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (byte < 0x20U) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", byte);
      out_ += escape.data();
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

}  // namespace present
