// SPDX-License-Identifier: Apache-2.0
//
// Sums whose order is fixed, whatever the compiler may do to additions.
#pragma once

#include <cstddef>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// 16 partial sums by index mod 16: as many lanes as any vector unit has, so every ISA can keep this order.
class lane_sum {
 public:
  void add(std::size_t index, double x) noexcept {
    LOWP_LAUNDER_FLOAT(x);  // a product stays a product: no contraction into the sum
    double sum = lanes_[index % lanes] + x;
    LOWP_LAUNDER_FLOAT(sum);  // and the sum keeps its order under -ffast-math
    lanes_[index % lanes] = sum;
  }
  double total() const noexcept {
    double sums[lanes];
    for (std::size_t i = 0; i < lanes; ++i) {
      sums[i] = lanes_[i];
    }
    for (std::size_t width = lanes / 2; width != 0; width /= 2) {
      for (std::size_t i = 0; i < width; ++i) {
        double sum = sums[i] + sums[i + width];
        LOWP_LAUNDER_FLOAT(sum);
        sums[i] = sum;
      }
    }
    return sums[0];
  }

 private:
  static constexpr std::size_t lanes = 16;
  double lanes_[lanes] = {};
};

/// sum / n as a division, also under -ffast-math.
inline double mean(double sum, double n) noexcept {
  LOWP_LAUNDER_FLOATS(sum, n);
  return sum / n;
}

}  // namespace lowp::inline LOWP_ABI::detail
