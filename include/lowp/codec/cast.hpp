// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/codec/encode.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/profile.hpp>
#include <lowp/policy/rounding.hpp>

namespace lowp::inline LOWP_ABI {

/// What can be cast: float, double, any integer of at most 64 bits, any format.
template <class T>
concept CastSource = std::same_as<T, float> || std::same_as<T, double> || std::integral<T> || Format<T>;

namespace detail {

/// The code of `x` in F: encode with F's description folded in.
template <Format F, RoundingPolicy Rounding, OverflowPolicy Overflow>
LOWP_ALWAYS_INLINE constexpr F encode_to(exact const& x, Rounding const& r, Overflow const& o) noexcept {
  F result{};
  if constexpr (CodebookFormat<F>) {
    result.code = static_cast<decltype(result.code)>(encode(F::order, x, r, o));
  } else {
    constexpr auto layout = F::layout;
    result.code = static_cast<decltype(result.code)>(encode(layout, x, r, o));
  }
  return result;
}

}  // namespace detail

/// `x` as a number of format To, rounded once from its exact value.
///
/// Meaning  rounding says which neighbour, overflow what becomes of a value too large; docs/casts.md tabulates both
///          for every format. NaN gives the format's canonical NaN; a minifloat without one +max, an integer 0.
/// Exact    correctly rounded from float, from double, from integers and between any two formats alike; total.
/// Cost     a few ns; bulk data: cast_into.
/// Source   IEEE 754-2019 4.3 and 7.4; OCP OFP8 1.0 section 5; OCP MX 1.0 section 5.3; IEEE P3109 v4.0.
template <Format To, CastSource From, RoundingPolicy Rounding = rounding::nearest_even,
          OverflowPolicy Overflow = overflow::saturate>
constexpr To cast(From x, Rounding rounding = {}, Overflow overflow = {}) noexcept {
  return detail::encode_to<To>(exact::from(x), rounding, overflow);
}

/// `x` as a number of format To, as the named vendor conversion gives it.
template <Format To, CastSource From, ConversionProfile Profile>
constexpr To cast(From x, Profile) noexcept {
  return cast<To>(x, typename Profile::rounding{}, typename Profile::overflow{});
}

}  // namespace lowp::inline LOWP_ABI
