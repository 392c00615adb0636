// SPDX-License-Identifier: Apache-2.0
//
// Text of numbers whose format is known only at run time, and text as std::string.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/codec/any_format.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/text/from_chars.hpp>
#include <lowp/text/to_chars.hpp>

namespace lowp::inline LOWP_ABI {

/// Writes the number with that code (bits above the width are ignored), as to_chars does for a format type.
inline std::to_chars_result to_chars(char* first, char* last, any_format const& f, std::uint32_t code,
                                     text_form form = text_form::shortest) noexcept {
  if (f.is_minifloat()) {
    return detail::write_code(first, last, f.layout(), code, form);
  }
  if (f.is_integer()) {
    return detail::write_code(first, last, f.integer(), code, form);
  }
  auto const code_of = [&](exact const& x) { return f.encode(x, rounding::nearest_even{}, overflow::nonsaturating{}); };
  return detail::write_entry(first, last, f.decode(code), f.values().data(), f.values().size(), code_of, form);
}

/// Reads a number as a code of `f`, as from_chars does for a format type.
template <RoundingPolicy Rounding = rounding::nearest_even, OverflowPolicy Overflow = overflow::saturate_finite>
std::from_chars_result from_chars(char const* first, char const* last, any_format const& f, std::uint32_t& code,
                                  Rounding rounding = {}, Overflow overflow = {}) noexcept {
  exact value;
  char const* const end = detail::read_number(first, last, value);
  if (end == nullptr) {
    return {first, std::errc::invalid_argument};
  }
  code = f.encode(value, rounding, overflow);
  return {end, std::errc{}};
}

/// The text of to_chars as a string.
template <Format F>
std::string to_string(F x, text_form form = text_form::shortest) {
  char text[max_text_size];
  return {text, to_chars(text, text + max_text_size, x, form).ptr};
}

inline std::string to_string(any_format const& f, std::uint32_t code, text_form form = text_form::shortest) {
  char text[max_text_size];
  return {text, to_chars(text, text + max_text_size, f, code, form).ptr};
}

}  // namespace lowp::inline LOWP_ABI
