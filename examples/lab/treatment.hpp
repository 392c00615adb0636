// SPDX-License-Identifier: Apache-2.0
//
// What is done to a network's operands.
#pragma once

#include <optional>
#include <string>

#include <lowp/scale/any_scheme.hpp>

namespace lab {

/// Schemes of the weights, of the activations and of what the key/value cache keeps; without one, floats stay floats.
///
/// Weights are outputs x inputs, activations items x inputs: per_channel<0> is one scale an output there and one a token here.
struct treatment {
  std::string name;  ///< for tables: "int4/g128 x e4m3fn"
  std::optional<lowp::any_scheme> weights = std::nullopt;
  std::optional<lowp::any_scheme> activations = std::nullopt;
  std::optional<lowp::any_scheme> cache = std::nullopt;
};

}  // namespace lab
