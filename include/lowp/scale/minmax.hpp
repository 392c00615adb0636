// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/encode.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI {

namespace scale {

/// Affine quantization: integer codes q stand for (q - z) * scale, z a code of the element format for each block.
///
/// Meaning   the range [low, high] of the block, widened to hold 0, is laid on the codes: scale = (high - low) / (qmax -
///           qmin), z = qmin - low / scale rounded to nearest even. So 0 is exact, and with it padding and ReLU.
/// Exact     high - low and the quotient in double, once each; z from the scale as stored.
/// Source    ONNX QuantizeLinear and DynamicQuantizeLinear (opset 11 and later); PyTorch, OpenVINO the same.
template <ScaleStorage Stored = float>
struct minmax {
  using stored_type = Stored;

  /// The scale of a block whose finite elements lie in [low, high], low <= 0 <= high, not both 0. Needs fp_env.
  static exact ideal(float low, float high, format_facts const& element) noexcept {
    double range = static_cast<double>(high) - static_cast<double>(low);
    LOWP_LAUNDER_FLOAT(range);
    // qmax - qmin has at most 8 bits: an exact denominator.
    auto const steps = static_cast<std::int64_t>(element.max - element.lowest);
    return lowp::detail::round_to_double_precision(
        lowp::detail::exact_quotient(exact::from(range), exact::from(steps)));
  }

  /// z for that block, from the value of the stored scale.
  static constexpr std::int32_t zero_point(float low, float scale, format_facts const& element) noexcept;
};

}  // namespace scale

namespace detail {

/// x rounded to an integer, beyond +-2^14 to those; NaN gives 0. Wide enough for any sum with a code of 8 bits.
template <RoundingPolicy Rounding = rounding::nearest_even>
constexpr std::int32_t round_to_integer(exact const& x, Rounding const& r = {}) noexcept {
  constexpr integer_layout wide{15, sign_bit::present};
  return x.what == exact::kind::nan ? 0 : wide.value(lowp::encode(wide, x, r, overflow::saturate{}));
}

}  // namespace detail

template <ScaleStorage Stored>
constexpr std::int32_t scale::minmax<Stored>::zero_point(float low, float scale, format_facts const& element) noexcept {
  auto const qmin = static_cast<std::int32_t>(element.lowest);
  auto const qmax = static_cast<std::int32_t>(element.max);
  std::int32_t const z =
      qmin - lowp::detail::round_to_integer(lowp::detail::exact_quotient(exact::from(low), exact::from(scale)));
  return z < qmin ? qmin : z > qmax ? qmax : z;
}

/// A rule that gives a zero point beside the scale.
template <class S>
concept AffineRule = ScaleStorage<typename S::stored_type> &&
    requires(S const& rule, float low, float high, format_facts const& element) {
  { rule.ideal(low, high, element) } -> std::same_as<exact>;
  { rule.zero_point(low, high, element) } -> std::same_as<std::int32_t>;
};

}  // namespace lowp::inline LOWP_ABI
