// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/lane_sum.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/scale/rule.hpp>
#include <lowp/scale/trial.hpp>

namespace lowp::inline LOWP_ABI::scale {

namespace detail {

/// The population standard deviation of the finite ones among at(0) .. at(count - 1), floats; 0 of none. Needs fp_env.
template <class At>
double standard_deviation(std::size_t count, At at) noexcept {
  std::size_t n = 0;
  lowp::detail::lane_sum sum;
  for (std::size_t i = 0; i < count; ++i) {
    if (lowp::detail::is_finite(at(i))) {
      sum.add(n++, static_cast<double>(at(i)));
    }
  }
  if (n == 0) {
    return 0.0;
  }
  double const mean = lowp::detail::mean(sum.total(), static_cast<double>(n));
  lowp::detail::lane_sum squares;
  n = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (lowp::detail::is_finite(at(i))) {
      double distance = static_cast<double>(at(i)) - mean;
      LOWP_LAUNDER_FLOAT(distance);
      squares.add(n++, distance * distance);
    }
  }
  double variance = lowp::detail::mean(squares.total(), static_cast<double>(n));
  LOWP_LAUNDER_FLOAT(variance);
  return std::sqrt(variance);
}

}  // namespace detail

/// The standard deviation of the block's finite elements over that of the element format's values: both distributions get
/// the same width, and what lies beyond max is clipped. A constant block gets absmax's scale.
///
/// Exact     population deviations in double, 16 partial sums by index mod 16 among the finite ones.
/// Source    ONNX Runtime, quantization of weights to float8 (quant_utils.py, compute_scale_zp_float8).
template <ScaleStorage Stored = float>
struct deviation {
  using stored_type = Stored;

  static exact search(block_trial const& block) {
    if (block.greatest() == 0.0F) {
      return exact{};
    }
    double const found = standard_deviation_of(block);
    if (found == 0.0) {
      return absmax<float>::ideal(block.greatest(), block.element());
    }
    return exact::from(lowp::detail::mean(found, block.element_deviation()));
  }

 private:
  static double standard_deviation_of(block_trial const& block) noexcept {
    return detail::standard_deviation(block.values().size(), [&](std::size_t i) { return block.values()[i]; });
  }
};

}  // namespace lowp::inline LOWP_ABI::scale
