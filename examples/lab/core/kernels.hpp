// SPDX-License-Identifier: Apache-2.0
//
// The pairs of schemes that the lab compiled lowp's kernels for.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <lowp/base/view.hpp>
#include <lowp/quant/any_quantize.hpp>

#include "crew.hpp"

namespace lab {

/// The packed weights of a layer, and how its activations are quantized.
class layer_kernel {
 public:
  layer_kernel() = default;
  layer_kernel(layer_kernel const&) = delete;
  layer_kernel& operator=(layer_kernel const&) = delete;
  virtual ~layer_kernel() = default;

  virtual void multiply(lowp::matrix_view<float const> x, std::span<float const> bias, lowp::matrix_view<float> y,
                        crew const& threads) const = 0;
};

struct kernel_pair {
  lowp::any_scheme weights;
  std::optional<lowp::any_scheme> activations;  ///< nothing: floats
  std::unique_ptr<layer_kernel> (*pack)(lowp::any_quantized_matrix const& weights);
};

/// All pairs, in one unit: kernels that pairs share, which is most of each, are compiled once.
std::vector<kernel_pair> compiled_kernels();

/// The pair for these operands, or nullptr.
kernel_pair const* find_kernels(lowp::any_scheme const& weights, std::optional<lowp::any_scheme> const& activations);

}  // namespace lab
