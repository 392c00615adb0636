// SPDX-License-Identifier: Apache-2.0
//
// Float operations whose one rounding matters, safe from -ffast-math, contraction and x87.
#pragma once

#include <bit>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/arithmetic.hpp>
#include <lowp/codec/encode.hpp>
#include <lowp/codec/exact.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// binary32 itself, for rounding an exact number to float.
inline constexpr float_layout binary32{8, 23, 127, specials::ieee, sign_bit::present};

/// `x` rounded to the nearest float; integer only.
constexpr float round_to_float(exact const& x) noexcept {
  return std::bit_cast<float>(encode(binary32, x, rounding::nearest_even{}, overflow::nonsaturating{}));
}

/// `x` rounded to 53 significant bits, as a double of unbounded exponent would hold it.
constexpr exact round_to_double_precision(exact x) noexcept {
  if (x.what != exact::kind::finite) {
    return x;
  }
  constexpr std::uint64_t last_place = std::uint64_t{1} << 11U;  // 64 - 53 bits are dropped
  std::uint64_t const rest = x.significand & (last_place - 1U);
  bool const odd = (x.significand & last_place) != 0;
  bool const up = rest > last_place / 2 || (rest == last_place / 2 && (x.sticky || odd));
  x.significand &= ~(last_place - 1U);
  x.sticky = false;
  if (up) {
    x.significand += last_place;
    if (x.significand == 0) {  // carried out of bit 63
      x.significand = std::uint64_t{1} << 63U;
      ++x.exponent;
    }
  }
  return x;
}

/// a / b, rounded once to float. Needs fp_env where LOWP_TRUSTED_FLOAT.
inline float divide_once(float a, float b) noexcept {
#if LOWP_TRUSTED_FLOAT
  LOWP_LAUNDER_FLOATS(a, b);
  float q = a / b;
  LOWP_LAUNDER_FLOAT(q);
  return q;
#else
  return round_to_float(exact_quotient(exact::from(a), exact::from(b)));
#endif
}

/// a / b, rounded once to double precision, of floats. Needs fp_env; only where LOWP_TRUSTED_FLOAT.
inline double divide_in_double(float a, float b) noexcept {
  auto x = static_cast<double>(a);
  auto y = static_cast<double>(b);
  LOWP_LAUNDER_FLOATS(x, y);
  double q = x / y;
  LOWP_LAUNDER_FLOAT(q);
  return q;
}

/// a * b, rounded once to float. Needs fp_env where LOWP_TRUSTED_FLOAT.
inline float multiply_once(float a, float b) noexcept {
#if LOWP_TRUSTED_FLOAT
  float p = a * b;
  LOWP_LAUNDER_FLOAT(p);
  return p;
#else
  return round_to_float(exact_product(exact::from(a), exact::from(b)));
#endif
}

/// a + b, rounded once to float. Needs fp_env where LOWP_TRUSTED_FLOAT.
inline float add_once(float a, float b) noexcept {
#if LOWP_TRUSTED_FLOAT
  LOWP_LAUNDER_FLOATS(a, b);
  float s = a + b;
  LOWP_LAUNDER_FLOAT(s);
  return s;
#else
  return round_to_float(exact_sum(exact::from(a), exact::from(b), rounding::nearest_even{}));
#endif
}

}  // namespace lowp::inline LOWP_ABI::detail
