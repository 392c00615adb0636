// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/lane_sum.hpp>
#include <lowp/scale/trial.hpp>

namespace lowp::inline LOWP_ABI::scale::detail {

/// x^2.4 for x >= 0, without libm's pow, whose last bits differ between systems: x^2 * (x^2)^(1/5), the root by Newton's
/// method from its exponent. Needs fp_env.
inline double power_2_4(double x) noexcept {
  double square = x * x;
  LOWP_LAUNDER_FLOAT(square);
  // 1. Out of reach of a normal square: nothing to add to a sum of errors.
  if (square < 0x1p-1000) {
    return 0.0;
  }
  // 2. A guess within a factor of 2^(1/5) or so: 2^(exponent / 5); frexp is exact.
  int exponent = 0;
  std::frexp(square, &exponent);
  double root = std::ldexp(1.0, exponent >= 0 ? (exponent + 4) / 5 : exponent / 5);
  // 3. y -= (y - square / y^4) / 5, quadratic: from 15 % off, five steps are beyond double; a sixth settles the last bit.
  for (int i = 0; i < 6; ++i) {
    double second = root * root;
    LOWP_LAUNDER_FLOAT(second);
    double fourth = second * second;
    LOWP_LAUNDER_FLOAT(fourth);
    double quotient = lowp::detail::mean(square, fourth);
    LOWP_LAUNDER_FLOAT(quotient);
    double distance = root - quotient;
    LOWP_LAUNDER_FLOAT(distance);
    double step = lowp::detail::mean(distance, 5.0);
    LOWP_LAUNDER_FLOAT(step);
    root = root - step;
    LOWP_LAUNDER_FLOAT(root);
  }
  return square * root;
}

/// The error of a candidate that cannot be chosen. (Not infinity: under -ffinite-math-only compilers compare as they like then.)
inline constexpr double no_error = std::numeric_limits<double>::max();

/// The sum over the finite elements of what block_trial's norm makes of values[i] - x[i]: 16 partial sums by index mod 16,
/// then a tree; no_error where one of their values is NaN or infinite. Needs fp_env.
inline double block_error(std::span<float const> x, float const* values, norm n) noexcept {
  constexpr std::size_t lanes = 16;
  double sums[lanes] = {};
  double terms[lanes];
  bool finite = true;
  for (std::size_t start = 0; start < x.size(); start += lanes) {
    std::size_t const count = x.size() - start < lanes ? x.size() - start : lanes;
    float in[lanes] = {};
    float out[lanes] = {};
    for (std::size_t i = 0; i < count; ++i) {
      bool const counts = lowp::detail::is_finite(x[start + i]);
      in[i] = counts ? x[start + i] : 0.0F;
      out[i] = counts ? values[start + i] : 0.0F;
      finite = finite && lowp::detail::is_finite(out[i]);
    }
    for (std::size_t i = 0; i < lanes; ++i) {
      terms[i] = static_cast<double>(out[i]) - static_cast<double>(in[i]);
    }
    LOWP_LAUNDER_ARRAY(terms);
    if (n == norm::squared) {
      for (std::size_t i = 0; i < lanes; ++i) {
        terms[i] = terms[i] * terms[i];
      }
      LOWP_LAUNDER_ARRAY(terms);  // no contraction into the sum
    } else {
      for (std::size_t i = 0; i < lanes; ++i) {
        double const size = terms[i] < 0 ? -terms[i] : terms[i];
        terms[i] = n == norm::absolute ? size : power_2_4(size);
      }
      LOWP_LAUNDER_ARRAY(terms);
    }
    for (std::size_t i = 0; i < lanes; ++i) {
      sums[i] += terms[i];
    }
    LOWP_LAUNDER_ARRAY(sums);  // and no other order
  }
  for (std::size_t width = lanes / 2; width != 0; width /= 2) {
    for (std::size_t i = 0; i < width; ++i) {
      sums[i] += sums[i + width];
    }
    LOWP_LAUNDER_ARRAY(sums);
  }
  return finite ? sums[0] : no_error;
}

}  // namespace lowp::inline LOWP_ABI::scale::detail
