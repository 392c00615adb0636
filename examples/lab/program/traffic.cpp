// SPDX-License-Identifier: Apache-2.0
#include "traffic.hpp"

#include <algorithm>
#include <cmath>

namespace lab {

void watched::multiply(std::size_t layer, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) {
  layer_traffic& traffic = layers_[layer];
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (float const value : x.row(i)) {
      traffic.greatest = std::max(traffic.greatest, std::fabs(value));
      traffic.squares += static_cast<double>(value) * static_cast<double>(value);
    }
  }
  traffic.numbers += x.rows() * x.cols();
  traffic.rows += x.rows();
  inner_->multiply(layer, x, y);
}

}  // namespace lab
