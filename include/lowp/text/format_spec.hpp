// SPDX-License-Identifier: Apache-2.0
//
// What the formatters of text.hpp and fmt.hpp have in common: both print through the library's own formatter of float.
#pragma once

#include <bit>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/encode.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/text/from_chars.hpp>
#include <lowp/text/to_chars.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// Which float a format specification is applied to.
enum class shown : std::uint8_t {
  shortest,  ///< no precision and no type: the float whose shortest text is the number's shortest text
  value      ///< "{:.3f}", "{:e}", "{:a}": the number itself
};

/// Looks at [[fill]align][sign][#][0][width][.precision][L][type] up to its end or the closing brace.
template <class Iterator>
constexpr shown shown_by(Iterator first, Iterator last) {
  // 1. The fill may be any one character, a point or a letter too; it takes up to four bytes of UTF-8.
  Iterator p = first;
  for (int i = 0; i < 5 && p != last && *p != '{' && *p != '}'; ++i, ++p) {
    if (i > 0 && (*p == '<' || *p == '>' || *p == '^')) {
      first = p;
      break;
    }
  }
  // 2. Behind it a point begins a precision and a letter other than L is the type. Braces hold the number or the name
  //    of the argument with the width.
  int depth = 0;
  for (; first != last; ++first) {
    char const c = *first;
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    if (depth < 0) {
      break;
    }
    char const letter = lower(c);
    if (depth == 0 && (c == '.' || (letter >= 'a' && letter <= 'z' && c != 'L'))) {
      return shown::value;
    }
  }
  return shown::shortest;
}

/// The float nearest to the shortest text of `x`: float has so many digits more that its shortest text is the same.
template <Format F>
float shortest_as_float(F x) noexcept {
  constexpr float_layout as_float{8, float_mantissa_bits, float_bias, specials::ieee, sign_bit::present};
  char text[max_text_size];
  exact value;
  read_number(text, to_chars(text, text + max_text_size, x).ptr, value);
  return std::bit_cast<float>(encode(as_float, value, rounding::nearest_even{}, overflow::nonsaturating{}));
}

template <Format F>
float float_for(F x, shown what) noexcept {
  return what == shown::shortest ? shortest_as_float(x) : static_cast<float>(x);
}

}  // namespace lowp::inline LOWP_ABI::detail
