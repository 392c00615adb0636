// SPDX-License-Identifier: Apache-2.0
//
// A layer as it would be deployed: packed weights, and activations quantized for lowp's kernels.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include <lowp/base/view.hpp>
#include <lowp/quant/any_quantize.hpp>

#include "crew.hpp"

namespace lab {

class layer_kernel {
 public:
  layer_kernel() = default;
  layer_kernel(layer_kernel const&) = delete;
  layer_kernel& operator=(layer_kernel const&) = delete;
  virtual ~layer_kernel() = default;

  /// y = x * transposed(weights) + bias, x quantized first. Shapes: bias: one an output, or empty.
  virtual void multiply(lowp::matrix_view<float const> x, std::span<float const> bias, lowp::matrix_view<float> y,
                        crew const& threads) const = 0;
};

/// Packs `weights` for activations of that scheme, as by_rows gives it; without one they stay floats.
///
/// Cost      of multiply: schemes that deployments use a token (INT8, E4M3, E5M2, E3M4; INT4 and FP4 by 32; bfloat16 without
///           a scale) are quantized by compiled code, others by the run-time twin, some tens of ns an element.
std::unique_ptr<layer_kernel> pack_layer(lowp::any_quantized_matrix const& weights,
                                         std::optional<lowp::any_scheme> const& activations);

/// Whether pack_layer and gemm serve operands of these schemes.
bool kernels_serve(lowp::any_scheme const& weights, std::optional<lowp::any_scheme> const& activations);

}  // namespace lab
