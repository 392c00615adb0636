// SPDX-License-Identifier: Apache-2.0
//
// The one definition of every cast: an exact number in, a code out, rounded once. Layout and policies are arguments,
// so the same function serves a type (its layout folds in as a constant) and a format known only at run time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/codebook_gap.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/codebook.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// |x| in units of 2^quantum: the integer part, and what rounding needs to know of the rest.
struct split_value {
  std::uint64_t whole;
  std::uint64_t fraction;  // 0.64 fixed point
  bool sticky;
};

/// Requires x finite and |x| < 2^(quantum + 64).
constexpr split_value split(exact const& x, int quantum) noexcept {
  int const shift = 63 - x.exponent + quantum;  // places below the unit; at least 0
  if (shift == 0) {
    return {x.significand, 0, x.sticky};
  }
  if (shift < 64) {
    return {x.significand >> shift, x.significand << (64 - shift), x.sticky};
  }
  if (shift == 64) {
    return {0, x.significand, x.sticky};
  }
  if (shift < 128) {
    bool const lost = (x.significand << (128 - shift)) != 0;
    return {0, x.significand >> (shift - 64), x.sticky || lost};
  }
  return {0, 0, true};
}

/// Code of a value below the range of an unsigned format: zero, or NaN where the policy reports overflow.
template <OverflowPolicy Overflow>
constexpr std::uint32_t encode_below_zero(float_layout const& f, Overflow const& o) noexcept {
  bool const nan = o.finite(overflow::target{false, f.has_nan()}) == overflow::outcome::nan;
  return nan ? f.nan_code() : 0U;
}

/// Code of an overflow judged `outcome`, in the direction of the sign. Requires a signed format or !negative.
constexpr std::uint32_t encode_overflow(float_layout const& f, bool negative, overflow::outcome outcome) noexcept {
  std::uint32_t const sign = negative ? f.sign_mask() : 0U;
  switch (outcome) {
    case overflow::outcome::max:
      return sign | f.max_code();
    case overflow::outcome::infinity:
      return sign | f.infinity_code();
    case overflow::outcome::nan:
      return f.nan_code();
  }
  return f.nan_code();
}

}  // namespace detail

/// The code of `x` in the floating-point format `f`.
///
/// Meaning   rounds as if the exponent were unbounded, then judges overflow. docs/casts.md tabulates every special case.
/// Requires  f.defect() == nullptr.
/// Exact     rounded once from the exact value, integer arithmetic only: no rounding mode, FTZ/DAZ or fast-math flag
///           changes a bit.
template <RoundingPolicy Rounding, OverflowPolicy Overflow>
LOWP_ALWAYS_INLINE constexpr std::uint32_t encode(float_layout const& f, exact const& x, Rounding const& r,
                                                  Overflow const& o) noexcept {
  // P3109's finite formats have a NaN but never overflow into it (v4.0, SatNone).
  overflow::target const target{f.has_infinity(), f.has_nan() && f.special != specials::p3109_finite};

  // 1. NaN: the canonical one; a format without NaN takes max (as PTX cvt does for FP6 and FP4).
  if (x.what == exact::kind::nan) {
    return f.has_nan() ? f.nan_code() : f.max_code();
  }

  // 2. Below an unsigned range. Exponent-only formats have no zero either: whatever is not positive is below.
  if (f.special == specials::exponent && (x.negative || x.what == exact::kind::zero)) {
    return detail::encode_below_zero(f, o);
  }
  if (x.what == exact::kind::infinity) {
    if (x.negative && !f.is_signed()) {
      return detail::encode_below_zero(f, o);
    }
    return detail::encode_overflow(f, x.negative, o.infinite(target));
  }
  std::uint32_t const sign = x.negative ? f.sign_mask() : 0U;
  std::uint32_t const zero = f.has_negative_zero() ? sign : 0U;
  if (x.what == exact::kind::zero) {
    return zero;
  }
  if (f.special == specials::exponent && x.exponent < f.min_exponent()) {
    return 0U;  // (0, 2^-bias): the smallest code, whatever the rounding
  }

  // 3. The binade's last place. Below min_exponent it stays that of the subnormals.
  int const lowest = f.min_exponent();
  int const binade = x.exponent > lowest ? x.exponent : lowest;
  auto const part = detail::split(x, binade - f.mantissa_bits);

  // 4. Magnitude code: whole counts last places and includes the implicit bit, so that
  //      code = ((binade - lowest) << M) + whole
  //    holds for subnormals (binade == lowest, whole < 2^M), normals, and through the carry of a rounding into the
  //    next binade. Exponent-only formats start with a power of two at code 0: one less.
  std::int64_t const offset = f.special == specials::exponent ? -1 : 0;
  std::int64_t const truncated =
      (static_cast<std::int64_t>(binade - lowest) << f.mantissa_bits) + static_cast<std::int64_t>(part.whole) + offset;
  bool const code_odd = (truncated & 1) != 0;
  bool const parity_of_code = f.is_p3109() && f.mantissa_bits == 0;
  rounding::discarded const rest{part.fraction, part.sticky, parity_of_code ? code_odd : (part.whole & 1U) != 0,
                                 code_odd, x.negative};
  std::int64_t const magnitude = truncated + (r.away(rest) ? 1 : 0);

  // 5. In range, or an overflow.
  if (x.negative && !f.is_signed()) {
    // Mirrored grid: what rounds to zero is zero; a direction towards zero never overflows; the rest is below.
    bool const inside = magnitude == 0 || r.clamps(rounding::beyond{true, false});
    return inside ? 0U : detail::encode_below_zero(f, o);
  }
  auto const max_code = static_cast<std::int64_t>(f.max_code());
  if (magnitude == 0) {
    return zero;
  }
  bool const exceeds = truncated > max_code || (truncated == max_code && rest.inexact());
  if (exceeds && r.clamps(rounding::beyond{x.negative, (max_code & 1) != 0})) {
    return sign | f.max_code();
  }
  if (magnitude <= max_code) {
    return sign | static_cast<std::uint32_t>(magnitude);
  }
  return detail::encode_overflow(f, x.negative, o.finite(target));
}

/// The code of `x` in the integer format `f`. Beyond the range every policy saturates (there is nothing else), and a
/// NaN gives 0.
template <RoundingPolicy Rounding, OverflowPolicy Overflow>
LOWP_ALWAYS_INLINE constexpr std::uint32_t encode(integer_layout const& f, exact const& x, Rounding const& r,
                                                  Overflow const&) noexcept {
  if (x.what == exact::kind::nan || x.what == exact::kind::zero) {
    return 0U;
  }
  std::int64_t const limit = x.negative ? -static_cast<std::int64_t>(f.min()) : static_cast<std::int64_t>(f.max());
  std::int64_t magnitude = limit;
  if (x.what == exact::kind::finite && x.exponent < 62) {
    auto const part = detail::split(x, 0);
    bool const odd = (part.whole & 1U) != 0;
    bool const away = r.away(rounding::discarded{part.fraction, part.sticky, odd, odd, x.negative});
    std::int64_t const rounded = static_cast<std::int64_t>(part.whole) + (away ? 1 : 0);
    magnitude = rounded < limit ? rounded : limit;
  }
  return static_cast<std::uint32_t>(x.negative ? -magnitude : magnitude) & f.code_mask();
}

/// The code of `x` in a codebook: the nearest value (or as the policy says) among the distinct finite values.
///
/// Meaning   a tie goes to the even rank; to_odd to the odd rank. Finite values beyond the ends take the end. An
///           infinity follows the policy where the table has infinities or a NaN, else it takes the end. A NaN takes the
///           NaN entry, or the value nearest zero where there is none. Zero results keep the sign if the table has -0.
/// Cost      exact comparison in wide integers: hundreds of ns. Bulk casts use a table of thresholds instead.
template <std::size_t Capacity, RoundingPolicy Rounding, OverflowPolicy Overflow>
constexpr std::uint32_t encode(detail::codebook_order<Capacity> const& table, exact const& x, Rounding const& r,
                               Overflow const& o) noexcept {
  constexpr std::uint32_t none = detail::codebook_order<Capacity>::none;
  auto const code_at = [&](std::size_t rank) -> std::uint32_t {
    bool const zero = detail::is_zero(table.values[rank]);
    return zero && x.negative && table.negative_zero != none ? table.negative_zero : table.codes[rank];
  };
  if (x.what == exact::kind::nan) {
    if (table.nan != none) {
      return table.nan;
    }
    std::size_t nearest = 0;
    for (std::size_t i = 1; i < table.size; ++i) {
      bool const nearer = detail::bits_of(detail::magnitude(table.values[i])) <
                          detail::bits_of(detail::magnitude(table.values[nearest]));
      nearest = nearer ? i : nearest;
    }
    return table.codes[nearest];
  }
  if (x.what == exact::kind::infinity) {
    std::uint32_t const own = x.negative ? table.negative_infinity : table.infinity;
    auto const outcome = o.infinite(overflow::target{own != none, table.nan != none});
    if (outcome == overflow::outcome::infinity) {
      return own;
    }
    if (outcome == overflow::outcome::nan) {
      return table.nan;
    }
    return code_at(x.negative ? 0 : table.size - 1);
  }

  // 1. The greatest value not above x.
  detail::wide_fixed const position = detail::wide_fixed::from(x);
  std::size_t above = 0;
  while (above < table.size && detail::wide_fixed::from(table.values[above]) <= position) {
    ++above;
  }
  if (above == 0) {
    return code_at(0);
  }
  std::size_t const below = above - 1;
  if (above == table.size || detail::wide_fixed::from(table.values[below]) == position) {
    return code_at(below);
  }
  // 2. nu is measured from the neighbour nearer zero, as for every other format.
  std::size_t const inner =
      detail::bits_of(detail::magnitude(table.values[below])) <= detail::bits_of(detail::magnitude(table.values[above]))
          ? below
          : above;
  std::size_t const outer = inner == below ? above : below;
  auto const gap = detail::gap_fraction(position, detail::wide_fixed::from(table.values[inner]),
                                        detail::wide_fixed::from(table.values[outer]));
  bool const odd = (inner & 1U) != 0;
  // Away from the inner neighbour is downwards where the outer one lies below.
  rounding::discarded const rest{gap.fraction, gap.sticky, odd, odd, outer < inner};
  return code_at(r.away(rest) ? outer : inner);
}

}  // namespace lowp::inline LOWP_ABI
