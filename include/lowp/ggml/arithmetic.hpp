// SPDX-License-Identifier: Apache-2.0
//
// The float arithmetic of ggml's reference quantizers, one rounding an operation as their C source has it (ggml built with
// contraction may differ in a last code), in integers: no rounding mode, FTZ, DAZ or fast-math flag changes a bit.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/codec/arithmetic.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/catalog.hpp>

namespace lowp::inline LOWP_ABI::detail {

constexpr float float_sum(float a, float b) noexcept {
  return round_to_float(exact_sum(exact::from(a), exact::from(b), rounding::nearest_even{}));
}
constexpr float float_difference(float a, float b) noexcept {
  exact minus = exact::from(b);
  minus.negative = !minus.negative;
  return round_to_float(exact_sum(exact::from(a), minus, rounding::nearest_even{}));
}
constexpr float float_product(float a, float b) noexcept {
  return round_to_float(exact_product(exact::from(a), exact::from(b)));
}
constexpr float float_quotient(float a, float b) noexcept {
  return round_to_float(exact_quotient(exact::from(a), exact::from(b)));
}

/// (int)x, towards zero; requires |x| < 2^31.
constexpr int truncated(float x) noexcept {
  exact const e = exact::from(x);
  if (e.what != exact::kind::finite || e.exponent < 0) {
    return 0;
  }
  auto const size = static_cast<int>(e.significand >> (63 - e.exponent));
  return e.negative ? -size : size;
}

/// roundf: to the nearest integer, a half away from zero; requires |x| < 2^30.
constexpr int rounded_half_away(float x) noexcept {
  exact const e = exact::from(x);
  if (e.what != exact::kind::finite || e.exponent < -1) {
    return 0;
  }
  auto const twice = static_cast<int>(e.significand >> (62 - e.exponent));  // floor(2 |x|)
  int const size = (twice + 1) / 2;
  return e.negative ? -size : size;
}

/// 1 / d as ggml has it, 0 for d = 0. Also 0 where 1 / d overflows (|d| <= 2^-128): there ggml goes on to convert an
/// infinity to an integer, which C leaves undefined; d is 0 once stored, so that every code means 0.
constexpr float ggml_inverse(float d) noexcept {
  float const inverse = is_zero(d) ? 0.0F : float_quotient(1.0F, d);
  return is_finite(inverse) ? inverse : 0.0F;
}

/// The two bytes of a float16, little-endian.
struct half_bytes {
  std::uint8_t low = 0;
  std::uint8_t high = 0;
  constexpr float value() const noexcept {
    return static_cast<float>(from_bits<float16>(static_cast<unsigned>(low) | static_cast<unsigned>(high) << 8U));
  }
  static constexpr half_bytes from(float16 x) noexcept {
    unsigned const code = to_bits(x);
    return {static_cast<std::uint8_t>(code & 0xffU), static_cast<std::uint8_t>(code >> 8U)};
  }
};

/// `x` as a float16, nearest even. An underflow to zero is ggml's own; an overflow raises, where ggml stores infinity.
inline half_bytes ggml_half(float x, char const* function) {
  auto const stored = cast<float16>(x, rounding::nearest_even{}, overflow::nonsaturating{});
  if (!is_finite(static_cast<float>(stored))) {
    raise(error(error_code::value, "x", std::string(function) + ": the block's scale or minimum overflows float16"));
  }
  return half_bytes::from(stored);
}

/// Raises for the first element that is not finite: ggml's result for it is undefined.
inline void check_finite(std::span<float const> x, char const* function) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!is_finite(x[i])) {
      raise(error(error_code::value, "x", 0, i,
                  std::string(function) + ": element " + std::to_string(i) + " is a NaN or an infinity"));
    }
  }
}

/// The first element of the greatest magnitude, with its sign; +0 where there is none.
constexpr float of_greatest_magnitude(std::span<float const> x) noexcept {
  float found = 0.0F;
  for (float const v : x) {
    if (bits_of(magnitude(found)) < bits_of(magnitude(v))) {
      found = v;
    }
  }
  return found;
}

/// (min(most, trunc(x * inverse + shift))) of ggml's affine codes; at least 0.
constexpr std::uint32_t ggml_code(float x, float inverse, float shift, int most) noexcept {
  int const n = truncated(float_sum(float_product(x, inverse), shift));
  return static_cast<std::uint32_t>(n < 0 ? 0 : n > most ? most : n);
}

/// best_index_mxfp4: the e2m1fn code whose value times 2 * `half_scale` is nearest to x by float differences, the first of
/// 0 1 .. 15 where several are.
///
/// Meaning  ggml counts E2M1 in halves: {0 1 2 3 4 6 8 12} times half the scale. Its differences are exact near the
///          nearest values, so that the answer is the nearest, a tie towards zero, and never -0; but far beyond the largest
///          they all round to |x|, and the code is 0.
/// Requires half_scale >= 0 and finite, its product with 12 exact in float or infinite.
constexpr std::uint32_t ggml_e2m1_code(float x, float half_scale) noexcept {
  constexpr int halves[8] = {0, 1, 2, 3, 4, 6, 8, 12};
  constexpr std::uint64_t twice_midpoints[7] = {1, 3, 5, 7, 10, 14, 20};  // sums of neighbours
  if (is_zero(half_scale)) {
    return 0;
  }
  exact const scale = exact::from(half_scale);
  bool const negative = is_negative(x);
  exact size = exact::from(magnitude(x));
  // 1. Below 32 half scales: count the midpoints below |x|, 2 |x| against the sum of two neighbours times the half scale.
  if (size.what == exact::kind::zero) {
    return 0;
  }
  int const distance = size.exponent - scale.exponent;
  if (distance <= 4) {
    if (distance < -2) {
      return 0;  // below half a half scale
    }
    // The top 32 bits of a significand hold every bit of a float; both sides times 4, so that no shift is negative.
    std::uint64_t const a = size.significand >> 32U;
    std::uint64_t const s = scale.significand >> 32U;
    std::uint64_t const left = a << static_cast<unsigned>(distance + 3);
    std::uint32_t code = 0;
    while (code < 7) {
      if (left <= ((twice_midpoints[code] * s) << 2U)) {
        break;
      }
      ++code;
    }
    return code == 0 ? 0U : code | (negative ? 8U : 0U);
  }
  // 2. Far out: as ggml, difference by difference.
  size.negative = negative;
  exact minus = size;
  minus.negative = !minus.negative;
  std::uint32_t best = 0;
  std::uint32_t least = bits_of(magnitude(x));
  for (std::uint32_t code = 1; code < 16; ++code) {
    int const n = code < 8 ? halves[code] : -halves[code - 8];
    exact const value = exact::from(float_product(static_cast<float>(n), half_scale));
    float const difference = round_to_float(exact_sum(value, minus, rounding::nearest_even{}));
    std::uint32_t const size_of_it = bits_of(magnitude(difference));
    if (size_of_it < least) {
      least = size_of_it;
      best = code;
    }
  }
  return best;
}

/// kvalues * half_scale: E2M1 times the scale, code 8 giving +0.
constexpr float ggml_e2m1_value(std::uint32_t code, float half_scale) noexcept {
  constexpr int halves[8] = {0, 1, 2, 3, 4, 6, 8, 12};
  int const n = (code & 8U) != 0 ? -halves[code & 7U] : halves[code & 7U];
  return float_product(static_cast<float>(n), half_scale);
}

}  // namespace lowp::inline LOWP_ABI::detail
