// SPDX-License-Identifier: Apache-2.0
//
// Overflow policies: what becomes of a value that, rounded as if the exponent were unbounded, exceeds the format.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::overflow {

/// Where an overflow may go besides the greatest finite value.
struct target {
  bool has_infinity;
  bool has_nan;
};

enum class outcome : std::uint8_t { max, infinity, nan };

/// infinity, or NaN where there is none, or max where there is neither.
constexpr outcome best_of(target t) noexcept {
  return t.has_infinity ? outcome::infinity : t.has_nan ? outcome::nan : outcome::max;
}

}  // namespace lowp::inline LOWP_ABI::overflow

namespace lowp::inline LOWP_ABI {

/// An overflow policy is a small value with two functions of what the format has:
///   overflow::outcome finite(overflow::target) const     for a finite value that is too large once rounded
///   overflow::outcome infinite(overflow::target) const   for an infinite input
template <class O>
concept OverflowPolicy = std::is_trivially_copyable_v<O> && requires(O const& policy, overflow::target t) {
  { policy.finite(t) } -> std::same_as<overflow::outcome>;
  { policy.infinite(t) } -> std::same_as<overflow::outcome>;
};

}  // namespace lowp::inline LOWP_ABI

namespace lowp::inline LOWP_ABI::overflow {

/// Finite overflow and infinities give +-max. OCP OFP8 SAT, CUDA SATFINITE, P3109 SatFinite.
struct saturate {
  static constexpr outcome finite(target) noexcept { return outcome::max; }
  static constexpr outcome infinite(target) noexcept { return outcome::max; }
};

/// Infinity, else NaN, else max. OCP OFP8 NONSAT, P3109 SatNone.
struct nonsaturating {
  static constexpr outcome finite(target t) noexcept { return best_of(t); }
  static constexpr outcome infinite(target t) noexcept { return best_of(t); }
};

/// Finite overflow gives +-max, an infinity stays one (else NaN, else max). P3109 SatPropagate, AVX10.2 VCVT...S,
/// ml_dtypes kSaturate.
struct saturate_finite {
  static constexpr outcome finite(target) noexcept { return outcome::max; }
  static constexpr outcome infinite(target t) noexcept { return best_of(t); }
};

/// Any of the three, chosen at run time.
struct any {
  enum class kind : std::uint8_t { saturate, nonsaturating, saturate_finite };
  kind which = kind::saturate;

  constexpr any() noexcept = default;
  constexpr any(kind k) noexcept : which(k) {}
  constexpr any(overflow::saturate) noexcept {}
  constexpr any(overflow::nonsaturating) noexcept : which(kind::nonsaturating) {}
  constexpr any(overflow::saturate_finite) noexcept : which(kind::saturate_finite) {}

  constexpr outcome finite(target t) const noexcept { return which == kind::nonsaturating ? best_of(t) : outcome::max; }
  constexpr outcome infinite(target t) const noexcept { return which == kind::saturate ? outcome::max : best_of(t); }
};

}  // namespace lowp::inline LOWP_ABI::overflow
