// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic in a format: the exact result of the operation, rounded once. Integer significands with a sticky bit; no
// float operation anywhere, hence constexpr on every compiler and deaf to rounding modes and fast-math flags. (Going
// through double would round twice in fma, in directed modes, and in 1 + 2^-100.)
#pragma once

#include <bit>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/concepts.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// Whether an exact zero sum of opposite signs is -0: where the policy moves everything downwards.
template <RoundingPolicy Rounding>
constexpr bool sums_to_negative_zero(Rounding const& r) noexcept {
  return r.away(rounding::discarded{0, true, false, false, true}) &&
         !r.away(rounding::discarded{0, true, false, false, false});
}

/// a + b; a zero sum of opposite signs is +0, or -0 under rounding::down (IEEE 754-2019 6.3).
/// Requires 16-bit formats or products of two: significands with at least 32 trailing zeros, or 0 sticky.
template <RoundingPolicy Rounding>
constexpr exact exact_sum(exact const& a, exact const& b, Rounding const& r) noexcept {
  using kind = exact::kind;
  if (a.what == kind::nan || b.what == kind::nan) {
    return exact::make(kind::nan, false);
  }
  if (a.what == kind::infinity || b.what == kind::infinity) {
    bool const cancel = a.what == b.what && a.negative != b.negative;
    return exact::make(cancel ? kind::nan : kind::infinity, a.what == kind::infinity ? a.negative : b.negative);
  }
  if (a.what == kind::zero && b.what == kind::zero) {
    bool const both = a.negative && b.negative;
    bool const opposite = a.negative != b.negative;
    return exact::make(kind::zero, both || (opposite && sums_to_negative_zero(r)));
  }
  if (a.what == kind::zero || b.what == kind::zero) {
    return a.what == kind::zero ? b : a;
  }
  // 1. Order by magnitude.
  bool const swap = a.exponent < b.exponent || (a.exponent == b.exponent && a.significand < b.significand);
  exact const& big = swap ? b : a;
  exact const& small = swap ? a : b;
  // 2. One place of headroom for the carry; the smaller one shifted to the same scale, what falls off is sticky.
  //    Significands have at most 32 significant bits, so bits fall off only at a distance of more than 30 places, where
  //    no subtraction cancels more than one: 60 bits stay above the sticky one, more than any rounding looks at.
  int const shift = big.exponent - small.exponent + 1;
  std::uint64_t const high = big.significand >> 1U;
  std::uint64_t const low = shift < 64 ? small.significand >> shift : 0U;
  bool const lost = shift < 64 ? (small.significand << (64 - shift)) != 0 : true;
  int const scale = big.exponent - 62;
  if (big.negative == small.negative) {
    return exact::scaled(big.negative, high + low, scale, lost);
  }
  // 3. Difference: what fell off is taken from the last place, so that the sticky part counts upwards.
  std::uint64_t const difference = high - low - (lost ? 1U : 0U);
  if (difference == 0 && !lost) {
    return exact::make(kind::zero, sums_to_negative_zero(r));
  }
  return exact::scaled(big.negative, difference, scale, lost);
}

/// a * b. Requires significands of at most 32 significant bits.
constexpr exact exact_product(exact const& a, exact const& b) noexcept {
  using kind = exact::kind;
  bool const negative = a.negative != b.negative;
  bool const infinite = a.what == kind::infinity || b.what == kind::infinity;
  bool const zero = a.what == kind::zero || b.what == kind::zero;
  if (a.what == kind::nan || b.what == kind::nan || (infinite && zero)) {
    return exact::make(kind::nan, false);
  }
  if (infinite || zero) {
    return exact::make(infinite ? kind::infinity : kind::zero, negative);
  }
  return exact::scaled(negative, (a.significand >> 32U) * (b.significand >> 32U), a.exponent + b.exponent - 62);
}

/// a / b; a finite nonzero number over zero is infinite (IEEE 754-2019 7.3).
constexpr exact exact_quotient(exact const& a, exact const& b) noexcept {
  using kind = exact::kind;
  bool const negative = a.negative != b.negative;
  bool const both_infinite = a.what == kind::infinity && b.what == kind::infinity;
  bool const both_zero = a.what == kind::zero && b.what == kind::zero;
  if (a.what == kind::nan || b.what == kind::nan || both_infinite || both_zero) {
    return exact::make(kind::nan, false);
  }
  if (a.what == kind::infinity || b.what == kind::zero) {
    return exact::make(kind::infinity, negative);
  }
  if (a.what == kind::zero || b.what == kind::infinity) {
    return exact::make(kind::zero, negative);
  }
  // 63-bit numerator over 32-bit denominator: at least 31 bits of quotient; the long division below adds 32 more.
  std::uint64_t const denominator = b.significand >> 32U;
  std::uint64_t quotient = (a.significand >> 1U) / denominator;
  std::uint64_t rest = (a.significand >> 1U) % denominator;
  quotient = (quotient << 31U) | ((rest << 31U) / denominator);
  rest = (rest << 31U) % denominator;
  return exact::scaled(negative, quotient, a.exponent - b.exponent - 62,
                       rest != 0 || a.sticky || (a.significand & 1U) != 0);
}

/// sqrt(a); of a negative number NaN, of -0 -0 (IEEE 754-2019 5.4.1).
constexpr exact exact_square_root(exact const& a) noexcept {
  using kind = exact::kind;
  if (a.what == kind::nan || (a.negative && a.what != kind::zero)) {
    return exact::make(kind::nan, false);
  }
  if (a.what != kind::finite) {
    return a;
  }
  // value = m * 2^(2h) with m in [2^62, 2^64): the integer root of m has 32 bits, the rest of the digits is sticky.
  // A root of at most 16 significant bits in 32 leaves 16 places for rounding; stochastic rounding with more bits than
  // that gets 31 further places from a second round of the digit recurrence.
  bool const odd = (a.exponent & 1) != 0;
  std::uint64_t const m = odd ? a.significand : a.significand >> 1U;
  int const h = (a.exponent - (odd ? 63 : 62)) / 2;
  // Digit recurrence over the 64 bits of m and 60 zeros: root * root <= m * 4^30, all in 64 bits since the remainder
  // stays below 2 * root + 1 < 2^63.
  std::uint64_t root = 0;
  std::uint64_t rest = 0;
  for (int i = 31; i >= -30; --i) {
    std::uint64_t const digits = i >= 0 ? (m >> (2 * i)) & 3U : 0U;
    rest = (rest << 2U) | digits;
    std::uint64_t const trial = (root << 2U) | 1U;
    root <<= 1U;
    if (rest >= trial) {
      rest -= trial;
      root |= 1U;
    }
  }
  return exact::scaled(false, root, h - 30, rest != 0);
}

}  // namespace detail

/// a + b, exactly, then rounded once. infinity - infinity is NaN.
template <Format F, RoundingPolicy Rounding = rounding::nearest_even, OverflowPolicy Overflow = overflow::saturate>
  requires(!CodebookFormat<F>)
constexpr F add(F a, F b, Rounding rounding = {}, Overflow overflow = {}) noexcept {
  return detail::encode_to<F>(detail::exact_sum(exact::from(a), exact::from(b), rounding), rounding, overflow);
}

/// a - b, exactly, then rounded once.
template <Format F, RoundingPolicy Rounding = rounding::nearest_even, OverflowPolicy Overflow = overflow::saturate>
  requires(!CodebookFormat<F>)
constexpr F subtract(F a, F b, Rounding rounding = {}, Overflow overflow = {}) noexcept {
  exact minus = exact::from(b);
  minus.negative = !minus.negative;
  return detail::encode_to<F>(detail::exact_sum(exact::from(a), minus, rounding), rounding, overflow);
}

/// a * b, exactly, then rounded once. 0 * infinity is NaN.
template <Format F, RoundingPolicy Rounding = rounding::nearest_even, OverflowPolicy Overflow = overflow::saturate>
  requires(!CodebookFormat<F>)
constexpr F multiply(F a, F b, Rounding rounding = {}, Overflow overflow = {}) noexcept {
  return detail::encode_to<F>(detail::exact_product(exact::from(a), exact::from(b)), rounding, overflow);
}

/// a / b, exactly, then rounded once. A nonzero number over zero is an infinity and follows `overflow` as one.
template <Format F, RoundingPolicy Rounding = rounding::nearest_even, OverflowPolicy Overflow = overflow::saturate>
  requires(!CodebookFormat<F>)
constexpr F divide(F a, F b, Rounding rounding = {}, Overflow overflow = {}) noexcept {
  return detail::encode_to<F>(detail::exact_quotient(exact::from(a), exact::from(b)), rounding, overflow);
}

/// a * b + c, exactly, then rounded once.
template <Format F, RoundingPolicy Rounding = rounding::nearest_even, OverflowPolicy Overflow = overflow::saturate>
  requires(!CodebookFormat<F>)
constexpr F fma(F a, F b, F c, Rounding rounding = {}, Overflow overflow = {}) noexcept {
  exact const product = detail::exact_product(exact::from(a), exact::from(b));
  return detail::encode_to<F>(detail::exact_sum(product, exact::from(c), rounding), rounding, overflow);
}

/// The square root, exactly, then rounded once. Of a negative number NaN.
template <Format F, RoundingPolicy Rounding = rounding::nearest_even, OverflowPolicy Overflow = overflow::saturate>
  requires(!CodebookFormat<F>)
constexpr F sqrt(F a, Rounding rounding = {}, Overflow overflow = {}) noexcept {
  return detail::encode_to<F>(detail::exact_square_root(exact::from(a)), rounding, overflow);
}

// Operators: nearest_even and saturate, the defaults of every cast.
template <Format F>
  requires(!CodebookFormat<F>)
constexpr F operator+(F a, F b) noexcept { return add(a, b); }
template <Format F>
  requires(!CodebookFormat<F>)
constexpr F operator-(F a, F b) noexcept { return subtract(a, b); }
template <Format F>
  requires(!CodebookFormat<F>)
constexpr F operator*(F a, F b) noexcept { return multiply(a, b); }
template <Format F>
  requires(!CodebookFormat<F>)
constexpr F operator/(F a, F b) noexcept { return divide(a, b); }
template <Format F>
  requires(!CodebookFormat<F>)
constexpr F& operator+=(F& a, F b) noexcept { return a = a + b; }
template <Format F>
  requires(!CodebookFormat<F>)
constexpr F& operator-=(F& a, F b) noexcept { return a = a - b; }
template <Format F>
  requires(!CodebookFormat<F>)
constexpr F& operator*=(F& a, F b) noexcept { return a = a * b; }
template <Format F>
  requires(!CodebookFormat<F>)
constexpr F& operator/=(F& a, F b) noexcept { return a = a / b; }

}  // namespace lowp::inline LOWP_ABI
