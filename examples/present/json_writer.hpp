// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace present {

/// Writes one JSON document (RFC 8259), a member or an element a line.
///
/// Requires   inside an object every value to follow a `key`, and every begin to meet its end.
class json_writer {
 public:
  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }
  json_writer& key(std::string_view name);

  json_writer& text(std::string_view value);
  /// The shortest decimal that reads back as the same double; null where x is not finite.
  json_writer& number(double x);
  json_writer& number(std::size_t n);
  json_writer& number(int n);
  json_writer& truth(bool value);
  json_writer& null();

  /// key and value in one.
  template <class T>
  json_writer& member(std::string_view name, T const& value) {
    key(name);
    if constexpr (requires { number(value); }) {
      return number(value);
    } else {
      return text(value);
    }
  }

  std::string const& document() const noexcept { return out_; }

 private:
  json_writer& open(char bracket);
  json_writer& close(char bracket);
  json_writer& raw(std::string_view token);
  void separate();
  void quote(std::string_view value);

  std::string out_;
  std::vector<std::size_t> counts_;  // elements so far in each open bracket
  enum class after { other, key } last_ = after::other;
};

}  // namespace present
