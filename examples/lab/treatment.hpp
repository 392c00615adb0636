// SPDX-License-Identifier: Apache-2.0
//
// What is done to a network's operands.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <lowp/codec/any_format.hpp>
#include <lowp/scale/any_scheme.hpp>

namespace lab {

/// Schemes of the weights, of the activations and of what the key/value cache keeps; without one, floats stay floats.
///
/// Weights are outputs x inputs, activations items x inputs: per_channel<0> is one scale an output there and one a token here.
/// A row of activations (of a convolution: the patch that an output position sees) is quantized by itself, whatever else is
/// in the batch: one scale "a tensor" is one a row as well, and so is the outer of two scales. So is a row of the cache: the
/// keys or the values of one token, all heads in it.
struct treatment {
  std::string name;  ///< for tables: "int4/g128 x e4m3fn"
  std::optional<lowp::any_scheme> weights = std::nullopt;
  std::optional<lowp::any_scheme> activations = std::nullopt;
  std::optional<lowp::any_scheme> cache = std::nullopt;

  /// Quantized by this and dequantized before `weights` see them: what became of a network that was published in FP8.
  std::optional<lowp::any_scheme> weights_before = std::nullopt;
  /// Code x group scale is rounded to this format, in units of the outer scale: FireQ's table of E4M3 products.
  std::optional<lowp::any_format> weights_recoded = std::nullopt;
  /// Static scales: one for each layer's activations, fixed beforehand by the greatest magnitude that the network in float
  /// shows on this share of its items. Without it, scales follow each row.
  std::optional<double> calibration_share = std::nullopt;
  /// Only this layer is treated (and the cache), all others stay floats.
  std::optional<std::size_t> only_layer = std::nullopt;
};

/// A format without a scale, as a scheme: W4A16's bfloat16 activations.
inline lowp::any_scheme unscaled(lowp::any_format format) {
  lowp::any_scheme s{std::move(format)};
  s.scale.which = lowp::any_scale::kind::fixed;  // 1
  return s;
}

}  // namespace lab
