// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/scale/rule.hpp>
#include <lowp/scale/trial.hpp>

namespace lowp::inline LOWP_ABI {

/// A rule of either kind.
template <class S>
concept PlainScaleRule = AbsmaxRule<S> || SearchRule<S>;

namespace scale {

/// Rule, but a scale that its stored type cannot hold becomes the type's smallest or greatest number instead of an error.
///
/// Meaning   elements are quantized with the number that was stored: below it they lose digits, above it they saturate.
/// Example   FireQ keeps E4M3 group scales at 2^-9 or more: clamped<absmax<e4m3fn>> (arXiv 2505.20839).
template <PlainScaleRule Rule>
struct clamped : Rule {
  using rule = Rule;
  static constexpr bool always_fits(format_facts const&) noexcept { return true; }
};

namespace detail {

template <class Rule>
inline constexpr bool is_clamped = false;
template <class Rule>
inline constexpr bool is_clamped<clamped<Rule>> = true;

}  // namespace detail

}  // namespace scale

}  // namespace lowp::inline LOWP_ABI
