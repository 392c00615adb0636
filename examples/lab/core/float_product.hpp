// SPDX-License-Identifier: Apache-2.0
//
// y = x * transposed(w) + bias for floats, the same digits on every machine.
//
// Sums run in double, where the product of two floats is exact: it makes no difference whether a compiler or a CPU fuses
// product and sum, so that the vector units of each ISA may be used. k ascends, and an element of y is a sum of its own.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <lowp/base/view.hpp>

namespace lab {

/// The weights of one layer, laid out for the product: panels of 8 rows, in each panel k by k the 8 elements, as doubles.
class float_weights {
 public:
  float_weights() = default;
  explicit float_weights(lowp::matrix_view<float const> w);

  std::size_t outputs() const noexcept { return outputs_; }
  std::size_t inputs() const noexcept { return inputs_; }

  /// y[i][j] = float(double(bias[j]) + sum over k of x[i][k] w[j][k]), the bias added last.
  ///
  /// Shapes    x: m x inputs, y: m x outputs, bias: outputs or empty. Requires y to overlap nothing.
  void multiply(lowp::matrix_view<float const> x, std::span<float const> bias, lowp::matrix_view<float> y) const;

 private:
  std::size_t outputs_ = 0;
  std::size_t inputs_ = 0;
  std::vector<double> panels_;
};

}  // namespace lab
