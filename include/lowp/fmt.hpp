// SPDX-License-Identifier: Apache-2.0
//
// Door: formatters for the fmt library (9.1 to 12). The only header that includes fmt.
//
// fmt::format("{}", x) prints the shortest digits of x in its format (0.3 for e4m3fn 0.3125), also with a sign, a fill,
// an alignment or a width: "{:>8}". With a precision or a type it is the value's: "{:.4f}" prints 0.3125. Notation is
// fmt's own: 1e6 in bfloat16 is "1000000" here where to_chars writes "1e+06".
#pragma once

#include <fmt/format.h>

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/text/format_spec.hpp>

/// Formats as float does, "{}" and "{:>8}" with the shortest digits of the format.
template <lowp::Format F>
struct fmt::formatter<F, char> : fmt::formatter<float, char> {
  template <class Context>
  constexpr auto parse(Context& context) {
    shown_ = lowp::detail::shown_by(context.begin(), context.end());
    return fmt::formatter<float, char>::parse(context);
  }

  template <class Context>
  auto format(F x, Context& context) const {
    return fmt::formatter<float, char>::format(lowp::detail::float_for(x, shown_), context);
  }

 private:
  lowp::detail::shown shown_ = lowp::detail::shown::shortest;
};
