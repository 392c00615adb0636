// SPDX-License-Identifier: Apache-2.0
//
// Door: numbers and formats as text. to_chars, from_chars, to_string; format_name, name_of, parse_format, catalog; and
// std::formatter for every format where the library has <format>. Schemes as text: parse_scheme, name_of, scheme_catalog.
//
// std::format("{}", x) prints the shortest text of x in its format (0.3 for e4m3fn 0.3125), also with a sign, a fill, an
// alignment or a width: "{:>8}". With a precision or a type it is the value's: "{:.4f}" prints 0.3125.
#pragma once

#include <version>

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/quant/parse_scheme.hpp>
#include <lowp/text/any_format_chars.hpp>
#include <lowp/text/format_name.hpp>
#include <lowp/text/format_spec.hpp>
#include <lowp/text/from_chars.hpp>
#include <lowp/text/parse_format.hpp>
#include <lowp/text/to_chars.hpp>

#if defined(__cpp_lib_format) && __has_include(<format>)
#include <format>

/// Formats as float does, "{}" and "{:>8}" with the shortest digits of the format.
template <lowp::Format F>
struct std::formatter<F, char> : std::formatter<float, char> {
  template <class Context>
  constexpr auto parse(Context& context) {
    shown_ = lowp::detail::shown_by(context.begin(), context.end());
    return std::formatter<float, char>::parse(context);
  }

  template <class Context>
  auto format(F x, Context& context) const {
    return std::formatter<float, char>::format(lowp::detail::float_for(x, shown_), context);
  }

 private:
  lowp::detail::shown shown_ = lowp::detail::shown::shortest;
};
#endif
