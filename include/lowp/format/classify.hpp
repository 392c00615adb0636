// SPDX-License-Identifier: Apache-2.0
//
// Questions about one number, found by argument-dependent lookup like their namesakes in <cmath>. All are constexpr,
// exact, integer only.
#pragma once

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// Float bits of every entry of a codebook: integers that no compiler takes for floats.
template <CodebookFormat F>
inline constexpr auto codebook_bits = [] {
  struct {
    std::uint32_t of[F::size];
  } table{};
  for (std::size_t code = 0; code < F::size; ++code) {
    table.of[code] = std::bit_cast<std::uint32_t>(F::table::values[code]);
  }
  return table;
}();

/// Float bits of |x|, or of something that is classified alike.
template <Format F>
constexpr std::uint32_t magnitude_bits(F x) noexcept {
  if constexpr (CodebookFormat<F>) {
    return codebook_bits<F>.of[to_bits(x)] & ~float_sign;
  } else if constexpr (MinifloatFormat<F>) {
    return F::layout.is_nan(x.code) ? float_quiet_nan : F::layout.is_infinity(x.code) ? float_infinity : 0U;
  } else {
    return 0U;
  }
}

}  // namespace detail

template <Format F>
constexpr bool isnan(F x) noexcept {
  return detail::magnitude_bits(x) > detail::float_infinity;
}

template <Format F>
constexpr bool isinf(F x) noexcept {
  return detail::magnitude_bits(x) == detail::float_infinity;
}

template <Format F>
constexpr bool isfinite(F x) noexcept {
  return detail::magnitude_bits(x) < detail::float_infinity;
}

/// Whether x is negative; true of -0 where the format has one. NaNs: whether the sign bit is set.
template <Format F>
constexpr bool signbit(F x) noexcept {
  if constexpr (MinifloatFormat<F>) {
    return F::layout.is_negative(x.code) && !(F::layout.nan_is_negative_zero() && F::layout.is_nan(x.code));
  } else {
    return detail::is_negative(static_cast<float>(x));
  }
}

/// |x|; abs of a NaN is a NaN. Two's complement: abs(lowest) does not fit and saturates to max.
template <Format F>
  requires(!CodebookFormat<F>)
constexpr F abs(F x) noexcept {
  if constexpr (MinifloatFormat<F>) {
    return F::layout.is_nan(x.code) ? from_bits<F>(F::layout.nan_code())
                                    : from_bits<F>(x.code & F::layout.magnitude_mask());
  } else {
    std::int32_t const value = F::layout.value(x.code);
    std::int32_t const positive = value < 0 ? -value : value;
    return from_bits<F>(static_cast<unsigned>(positive > F::layout.max() ? F::layout.max() : positive));
  }
}

/// -x. Formats without -0 have -0 == 0; a NaN stays a NaN; two's complement saturates -lowest to max.
template <Format F>
  requires(MinifloatFormat<F>&& F::layout.is_signed())
|| (IntegerFormat<F> && F::layout.is_signed()) constexpr F operator-(F x) noexcept {
  if constexpr (MinifloatFormat<F>) {
    bool const fixed = F::layout.nan_is_negative_zero() && (x.code & F::layout.magnitude_mask()) == 0;  // 0 and NaN
    return fixed ? x : from_bits<F>(x.code ^ F::layout.sign_mask());
  } else {
    std::int32_t const value = -F::layout.value(x.code);
    return from_bits<F>(static_cast<unsigned>(value > F::layout.max() ? F::layout.max() : value));
  }
}

/// The magnitude of x with the sign of y.
template <MinifloatFormat F>
  requires(F::layout.is_signed())
constexpr F copysign(F x, F y) noexcept { return signbit(x) == signbit(y) ? x : -x; }

namespace detail {

/// The number with that order_key (see float_layout); `from_below`: a zero was reached by rising.
template <MinifloatFormat F>
constexpr F from_order_key(std::int32_t key, bool from_below) noexcept {
  bool const negative = key < 0 || (key == 0 && from_below && F::layout.has_negative_zero());
  return from_bits<F>(static_cast<unsigned>(key < 0 ? -key : key) | (negative ? F::layout.sign_mask() : 0U));
}

}  // namespace detail

/// The next number from x in the direction of y; y if they are equal; NaN if either is NaN (as std::nextafter).
/// From the greatest finite value upwards lies infinity where the format has one.
template <MinifloatFormat F>
constexpr F nextafter(F x, F y) noexcept {
  if (isnan(x) || isnan(y)) {
    return from_bits<F>(F::layout.nan_code());
  }
  std::int32_t const from = F::layout.order_key(x.code);
  std::int32_t const to = F::layout.order_key(y.code);
  if (from == to) {
    return y;
  }
  return detail::from_order_key<F>(from < to ? from + 1 : from - 1, from < 0);
}

template <IntegerFormat F>
constexpr F nextafter(F x, F y) noexcept {
  std::int32_t const from = F::layout.value(x.code);
  std::int32_t const to = F::layout.value(y.code);
  return from_bits<F>(static_cast<unsigned>(from < to ? from + 1 : from > to ? from - 1 : to));
}

/// A total order of all codes, NaNs and both zeros included (IEEE 754-2019, 5.10: -0 before 0, negative NaNs first,
/// positive NaNs last). The single NaN of FNUZ and of P3109 comes first (P3109 v4.0, TotalOrder).
template <MinifloatFormat F>
constexpr std::strong_ordering total_order(F a, F b) noexcept {
  constexpr auto key = [](F x) -> std::int32_t {
    constexpr float_layout l = F::layout;
    if (l.is_nan(x.code) && (l.nan_is_negative_zero() || l.is_p3109())) {
      return INT32_MIN;
    }
    auto const magnitude = static_cast<std::int32_t>(x.code & l.magnitude_mask());
    return l.is_negative(x.code) ? -magnitude - 1 : magnitude;
  };
  return key(a) <=> key(b);
}

template <IntegerFormat F>
constexpr std::strong_ordering total_order(F a, F b) noexcept {
  return a <=> b;
}

// Codebooks: the verbs of the formats above, where a table has an entry for the answer.

namespace detail {

/// The place of a code in a table's total order: by value, -0 before 0, NaNs last; equal entries by code.
template <CodebookFormat F>
constexpr std::int64_t codebook_rank(F x) noexcept {
  std::uint32_t const bits = codebook_bits<F>.of[to_bits(x)];
  auto const magnitude = static_cast<std::int64_t>(bits & ~float_sign);
  std::int64_t const value = magnitude > float_infinity ? std::int64_t{float_infinity} + 1
                             : (bits & float_sign) != 0 ? -magnitude - 1
                                                        : magnitude;
  return value * std::int64_t{F::size} + to_bits(x);
}

}  // namespace detail

/// All codes of a table: by value, -0 before 0, NaNs last, codes of equal entries in their own order.
template <CodebookFormat F>
constexpr std::strong_ordering total_order(F a, F b) noexcept {
  return detail::codebook_rank(a) <=> detail::codebook_rank(b);
}

/// The entry with the next value from x in the direction of y, infinities included; y if they are equal; of a NaN the
/// argument that is one. Of equal entries the one that casts give.
template <CodebookFormat F>
constexpr F nextafter(F x, F y) noexcept {
  if (isnan(x) || isnan(y)) {
    return isnan(x) ? x : y;
  }
  if (x == y) {
    return y;
  }
  bool const rises = x < y;
  F best = y;
  for (std::size_t code = 0; code < F::size; ++code) {
    auto const c = from_bits<F>(static_cast<unsigned>(code));
    bool const beyond = rises ? x < c : c < x;
    bool const nearer = rises ? c < best : best < c;
    // A cast gives the first of equal entries, and 0 rather than -0.
    bool const preferred = c == best && detail::magnitude_bits(c) == 0U && !signbit(c) && signbit(best);
    bool const first = c == best && code < to_bits(best) && signbit(c) == signbit(best);
    if (!isnan(c) && beyond && (nearer || preferred || first)) {
      best = c;
    }
  }
  return best;
}

}  // namespace lowp::inline LOWP_ABI
