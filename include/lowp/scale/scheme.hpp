// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/granularity.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI {

/// A way to quantize a matrix, one policy an axis.
///
/// Meaning   each box of Granularity gets the scale that Scale finds, rounded to its stored type first; elements are
///           cast<Element>(x / scale) under Rounding and Overflow; a value is decode(code) * scale.
/// Example   using int4_g128 = lowp::scheme<lowp::int4, lowp::per_group<128>, lowp::scale::absmax<lowp::float16>>;
template <Format Element, Granularity Granules, ScaleRule Scale = scale::absmax<float>,
          RoundingPolicy Rounding = rounding::nearest_even, OverflowPolicy Overflow = overflow::saturate>
struct scheme {
  using element = Element;
  using granularity = Granules;
  using scale_rule = Scale;
  using stored_scale = typename Scale::stored_type;
  using rounding = Rounding;
  using overflow = Overflow;
};

template <class S>
concept Scheme = Format<typename S::element> && Granularity<typename S::granularity> &&
    ScaleRule<typename S::scale_rule> && RoundingPolicy<typename S::rounding> && OverflowPolicy<typename S::overflow>;

// Named recipes, a source each.
using int8_per_tensor = scheme<int8, per_tensor>;
using int8_per_channel = scheme<int8, per_channel<0>>;                   // W8A8-INT weights, arXiv 2411.02355
using fp8_per_channel = scheme<e4m3fn, per_channel<0>>;                  // W8A8-FP weights, arXiv 2411.02355
using int4_g128 = scheme<int4, per_group<128>, scale::absmax<float16>>;  // W4A16, arXiv 2411.02355: 4.125 bits
using int4_g32 = scheme<int4, per_group<32>, scale::absmax<float16>>;
// OCP MX 1.0: blocks of 32, E8M0 scale, floor rule (6.3), elements saturate
using mxfp8_e4m3 = scheme<e4m3fn, per_group<32>, scale::power_of_two<scale::pow2::floor>>;
using mxfp8_e5m2 = scheme<e5m2, per_group<32>, scale::power_of_two<scale::pow2::floor>>;
using mxfp6_e2m3 = scheme<e2m3fn, per_group<32>, scale::power_of_two<scale::pow2::floor>>;
using mxfp6_e3m2 = scheme<e3m2fn, per_group<32>, scale::power_of_two<scale::pow2::floor>>;
using mxfp4 = scheme<e2m1fn, per_group<32>, scale::power_of_two<scale::pow2::floor>>;

}  // namespace lowp::inline LOWP_ABI
