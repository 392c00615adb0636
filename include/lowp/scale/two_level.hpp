// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/lane_sum.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/scale/clamped.hpp>
#include <lowp/scale/granularity.hpp>
#include <lowp/scale/minmax.hpp>
#include <lowp/scale/offset.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI {

namespace scale {

namespace detail {

/// The greatest of magnitudes, none NaN: they order like their bits. Of none, +0.
inline float greatest_magnitude(std::span<float const> magnitudes) noexcept {
  float greatest = 0.0F;
  for (float const m : magnitudes) {
    greatest = lowp::detail::bits_of(m) > lowp::detail::bits_of(greatest) ? m : greatest;
  }
  return greatest;
}

/// A block's magnitude over an outer scale, rounded once; one that is not zero does not become zero.
inline float in_units(float block, float ratio) noexcept {
  return lowp::detail::is_zero(ratio) && !lowp::detail::is_zero(block) ? 0x1p-149F : ratio;
}

}  // namespace detail

/// Rules for the outer of two scales, a float.
namespace outer {

/// absmax / (max * greatest stored scale): the greatest block scale becomes the greatest number of its stored type, or 2^15
/// where that is more (float, bfloat16, E8M0: their ranges need no outer scale, and this one stays a normal float).
///
/// Source    NVFP4: s_t = absmax / (6 * 448). vLLM W4A8: a float for each channel beside E4M3 group scales.
struct full_range {
  static constexpr bool reads_greatest_only = true;
  static constexpr bool divides = true;
  static exact ideal(std::span<float const> blocks, format_facts const& element, float stored_max) noexcept {
    float const most = stored_max < 0x1p15F ? stored_max : 0x1p15F;
    double range = static_cast<double>(element.max) * static_cast<double>(most);  // 24 and 8 bits: exact
    auto x = static_cast<double>(scale::detail::greatest_magnitude(blocks));
    LOWP_LAUNDER_FLOATS(x, range);
    return exact::from(x / range);
  }
  static float relative(float block, float, float outer, format_facts const&) noexcept {
    return scale::detail::in_units(block, lowp::detail::divide_once(block, outer));
  }
};

/// absmax / max: the greatest block scale becomes 1. With powers of two for the blocks, ZeroQuant-FP's M2: scales of one
/// mantissa whose ratios are powers of two (arXiv 2307.09782, section 4).
struct unit {
  static constexpr bool reads_greatest_only = true;
  static exact ideal(std::span<float const> blocks, format_facts const& element, float) noexcept {
    return full_range::ideal(blocks, element, 1.0F);
  }
  /// block / greatest * max, not block / outer: the greatest block has exactly the scale 1, as if outer were not rounded.
  static float relative(float block, float greatest, float, format_facts const& element) noexcept {
    double product = static_cast<double>(block) * static_cast<double>(element.max);  // 48 bits: exact
    auto divisor = static_cast<double>(greatest);
    LOWP_LAUNDER_FLOATS(product, divisor);
    auto ratio = static_cast<float>(product / divisor);
    LOWP_LAUNDER_FLOAT(ratio);
    return scale::detail::in_units(block, ratio);
  }
};

/// 1 / t, where t is the power of two from 2^0 to 2^14 that loses least in block scales below 2^-9, among those that keep
/// all of t * absmax at 448 or less: the sum over blocks of (floor - t absmax) / floor, floor = max * 2^-9, where positive;
/// ties to the smaller t. t = 1 is always among them.
///
/// Source    FireQ (llm-fireq/fireq; arXiv 2505.20839).
struct fireq_prescale {
  static constexpr bool divides = true;
  static exact ideal(std::span<float const> blocks, format_facts const& element, float) noexcept {
    double const floor = static_cast<double>(element.max) * 0x1p-9;
    int best = 0;
    double least = 0;
    for (int k = 0; k <= 14; ++k) {
      double const t = static_cast<double>(1U << static_cast<unsigned>(k));
      lowp::detail::lane_sum slack;
      bool fits = true;
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        double const scaled = t * static_cast<double>(blocks[i]);  // exact: a power of two
        fits = fits && scaled <= 448.0;
        if (scaled < floor) {
          slack.add(i, lowp::detail::mean(floor - scaled, floor));
        }
      }
      if (k == 0) {
        least = slack.total();
      } else if (fits && slack.total() < least) {
        least = slack.total();
        best = k;
      }
    }
    return exact::scaled(false, 1, -best);
  }
  static float relative(float block, float, float outer, format_facts const&) noexcept {
    return scale::detail::in_units(block, lowp::detail::divide_once(block, outer));
  }
};

}  // namespace outer

}  // namespace scale

/// The outer of two scales: from the greatest finite magnitudes of its blocks, at least one nonzero, and a block's magnitude
/// in units of it. Both functions are static. stored_max is the greatest number of the type that block scales are stored as.
/// A rule whose ideal is the same for the greatest magnitude alone says so by a member reads_greatest_only, one whose relative
/// is in_units(block, block / outer) by a member divides: both are then faster.
///   exact ideal(std::span<float const> blocks, format_facts const& element, float stored_max)
///   float relative(float block, float greatest, float outer, format_facts const& element)
template <class R>
concept OuterRule = requires(std::span<float const> blocks, format_facts const& element, float x) {
  { R::ideal(blocks, element, x) } -> std::same_as<exact>;
  { R::relative(x, x, x, element) } -> std::same_as<float>;
};

namespace scale {

/// Two scales an element: a float for each box of Boxes, and for each block what Inner makes of its magnitude in units of
/// that float. Boxes are made of whole blocks.
///
/// Meaning   an element is decode(code) * s, where s = outer * stored, rounded once to float, not below 2^-126; elements are
///           quantized with that s.
/// Requires  Inner without state: it is made where it is used.
/// Example   nvfp4: two_level<clamped<absmax<e4m3fn>>, per_tensor>
template <PlainScaleRule Inner, Granularity Boxes = per_tensor, OuterRule Outer = outer::full_range>
struct two_level {
  static_assert(
      AbsmaxRule<Inner> || requires { Inner::reads_greatest_only; },
      "lowp::scale::two_level: the inner rule chooses by the greatest magnitude (absmax, power_of_two, mse)");
  using stored_type = typename Inner::stored_type;
  using inner = Inner;
  using outer_granularity = Boxes;
  using outer_rule = Outer;
};

}  // namespace scale

template <class S>
concept TwoLevelRule = PlainScaleRule<typename S::inner> && Granularity<typename S::outer_granularity> &&
    OuterRule<typename S::outer_rule>;

/// How a block gets its scale, and where it is stored.
template <class S>
concept ScaleRule = PlainScaleRule<S> || AffineRule<S> || OffsetRule<S> || TwoLevelRule<S>;

}  // namespace lowp::inline LOWP_ABI
