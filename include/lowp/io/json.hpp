// SPDX-License-Identifier: Apache-2.0
//
// The part of JSON that the header of a safetensors file is made of: objects, arrays, strings and non-negative
// integers. Nothing here recurses: a caller asks for what may stand at a place, and anything else is a failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// The length of the UTF-8 sequence at the start of `text`, or 0 where it is not well-formed.
///
/// Source  Unicode 15, table 3-7: no overlong form, no surrogate, nothing above U+10FFFF.
constexpr std::size_t utf8_sequence(std::string_view text) noexcept {
  auto const byte = [text](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  if (text.empty()) {
    return 0;
  }
  unsigned const lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  std::size_t const length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : (lead & 0xf0U) == 0xe0       ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) {
    return 0;
  }
  // The second byte carries the bounds: E0 and F0 would be overlong below them, ED a surrogate, F4 beyond U+10FFFF.
  unsigned const low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned const high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) {
      return 0;
    }
  }
  return length;
}

/// The position of the first byte of `text` that is not well-formed UTF-8; text.size() where all of it is.
constexpr std::size_t utf8_fault(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t const length = utf8_sequence(text.substr(at));
    if (length == 0) {
      break;
    }
    at += length;
  }
  return at;
}

/// Appends `text` to `out` as a JSON string with its quotes; only what must be escaped is.
///
/// Requires  well-formed UTF-8.
inline void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (char const c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += digits[static_cast<unsigned char>(c) >> 4U];
          out += digits[static_cast<unsigned char>(c) & 15U];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

/// `text` for a message: quoted, one line, printable whatever it holds, and not longer than a line.
inline std::string shown(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string out = "'";
  std::size_t at = 0;
  while (at < text.size() && at < longest) {
    std::size_t const length = utf8_sequence(text.substr(at));
    auto const byte = static_cast<unsigned char>(text[at]);
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      out += '?';
      ++at;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  out += at < text.size() ? "...'" : "'";
  return out;
}

/// A place in a JSON text that only moves forward.
///
/// Meaning  every member that returns false has set failure() to what was expected and what stood there, and position()
///          to where; the reader is of no further use then.
class json_reader {
 public:
  explicit json_reader(std::string_view text) noexcept : text_(text) {}

  std::size_t position() const noexcept { return at_; }
  std::string const& failure() const noexcept { return failure_; }

  /// Steps over `punctuation` if it comes next; whitespace before it does not count. No failure otherwise.
  bool accept(char punctuation) noexcept {
    skip_space();
    if (at_ < text_.size() && text_[at_] == punctuation) {
      ++at_;
      return true;
    }
    return false;
  }

  bool expect(char punctuation) { return accept(punctuation) || fail(std::string("expected '") + punctuation + "'"); }

  /// Nothing but whitespace up to the end.
  bool end() {
    skip_space();
    return at_ == text_.size() || fail("expected the end of the header");
  }

  /// A string, unescaped into `out`.
  bool string(std::string& out) {
    out.clear();
    if (!accept('"')) {
      return fail("expected a string");
    }
    while (at_ < text_.size()) {
      char const c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        return fail("expected no raw control character inside a string");
      }
      if (c != '\\') {
        out += c;
        ++at_;
      } else if (!escape(out)) {
        return false;
      }
    }
    return fail("expected '\"' at the end of a string");
  }

  /// An integer of decimal digits alone: no sign, no leading zero, no fraction, no exponent, below 2^64.
  bool integer(std::uint64_t& out) {
    constexpr std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
    skip_space();
    std::size_t const begin = at_;
    out = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      auto const digit = static_cast<std::uint64_t>(text_[at_] - '0');
      if (out > (max - digit) / 10) {
        at_ = begin;
        return fail("expected an integer below 2^64");
      }
      out = out * 10 + digit;
      ++at_;
    }
    bool const more = at_ < text_.size() && (text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E');
    bool const padded = at_ > begin + 1 && text_[begin] == '0';
    if (at_ == begin || more || padded) {
      at_ = begin;
      return fail("expected a non-negative integer in plain digits");
    }
    return true;
  }

  /// Records a failure at the present place; returns false.
  bool fail(std::string expected) {
    failure_ = std::move(expected);
    if (at_ >= text_.size()) {
      failure_ += ", found the end";
    } else {
      failure_ += ", found " + shown(text_.substr(at_, 16));
    }
    return false;
  }

 private:
  void skip_space() noexcept {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool hex4(std::uint32_t& out) {
    out = 0;
    for (int i = 0; i < 4; ++i) {
      char const c = at_ < text_.size() ? text_[at_] : '\0';
      int const digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) {
        return fail("expected four hexadecimal digits after \\u");
      }
      out = out * 16 + static_cast<std::uint32_t>(digit);
      ++at_;
    }
    return true;
  }

  /// At a backslash. RFC 8259, section 7; a surrogate must come in a pair, else it would leave UTF-8.
  bool escape(std::string& out) {
    char const kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind == 'u') {
      at_ += 2;
      std::uint32_t point = 0;
      if (!hex4(point)) {
        return false;
      }
      if (point >= 0xd800 && point <= 0xdfff) {
        std::uint32_t low = 0;
        if (point >= 0xdc00 || text_.substr(at_, 2) != "\\u") {
          return fail("expected a pair of surrogates");
        }
        at_ += 2;
        if (!hex4(low)) {
          return false;
        }
        if (low < 0xdc00 || low > 0xdfff) {
          return fail("expected a pair of surrogates");
        }
        point = 0x10000 + ((point - 0xd800) << 10U) + (low - 0xdc00);
      }
      append_utf8(out, point);
      return true;
    }
    constexpr std::string_view kinds = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    std::size_t const which = kind == '\0' ? std::string_view::npos : kinds.find(kind);
    if (which == std::string_view::npos) {
      return fail("expected one of the escapes of JSON");
    }
    out += meanings[which];
    at_ += 2;
    return true;
  }

  static void append_utf8(std::string& out, std::uint32_t point) {
    auto const put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xc0U | point >> 6U);
      put(0x80U | (point & 0x3fU));
    } else if (point < 0x10000) {
      put(0xe0U | point >> 12U);
      put(0x80U | (point >> 6U & 0x3fU));
      put(0x80U | (point & 0x3fU));
    } else {
      put(0xf0U | point >> 18U);
      put(0x80U | (point >> 12U & 0x3fU));
      put(0x80U | (point >> 6U & 0x3fU));
      put(0x80U | (point & 0x3fU));
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string failure_;
};

}  // namespace lowp::inline LOWP_ABI::detail
