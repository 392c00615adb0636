// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/lane_sum.hpp>
#include <lowp/base/view.hpp>
#include <lowp/kernel/fp_env.hpp>

namespace lowp::inline LOWP_ABI {

/// How far an approximation lies from the values it stands for.
///
/// Meaning   e = approximation - reference, over the elements where both are finite; the rest is only counted.
/// Exact     sums in double: 16 partial sums by index mod 16, then a fixed tree; the same bits wherever double is binary64
///           without excess precision (not on x87).
struct error_stats {
  std::size_t count = 0;       ///< elements compared: both finite
  std::size_t not_finite = 0;  ///< elements where either is NaN or infinite
  double signal_power = 0;     ///< mean of reference^2
  double mse = 0;              ///< mean of e^2
  double bias = 0;             ///< mean of e
  double max_error = 0;        ///< greatest |e|
  double max_reference = 0;    ///< greatest |reference|
  double share_to_zero = 0;    ///< share of the nonzero references whose approximation is zero
  double share_saturated = 0;  ///< share of the elements that the cast took back to the end of the range

  /// Signal to quantization noise, 10 log10(signal_power / mse): infinite without noise, NaN without elements.
  double sqnr_db() const noexcept {
    // By their bits: Clang warns of numeric_limits' where -ffast-math says that there are none.
    if (count == 0) {
      return std::bit_cast<double>(detail::double_quiet_nan);
    }
    return mse == 0 ? std::bit_cast<double>(detail::double_infinity) : 10 * std::log10(signal_power / mse);
  }
};

/// Compares two spans of equal length. share_saturated stays 0: only a quantizer knows (compare fills it in).
///
/// Errors    error_code::size where the lengths differ.
inline error_stats compare_values(std::span<float const> reference, std::span<float const> approximation) {
  if (reference.size() != approximation.size()) {
    detail::raise(error(error_code::size, "approximation", 0, approximation.size(),
                        "compare_values: reference has " + std::to_string(reference.size()) +
                            " elements, approximation " + std::to_string(approximation.size())));
  }
  kernel::fp_env const environment;
  detail::lane_sum signal;
  detail::lane_sum noise;
  detail::lane_sum error_sum;
  error_stats s;
  std::size_t nonzero = 0;
  std::size_t zeroed = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    if (!detail::is_finite(reference[i]) || !detail::is_finite(approximation[i])) {
      ++s.not_finite;
      continue;
    }
    // Products and differences of widened floats: the squares are exact, each sum is rounded once.
    double const x = reference[i];
    double const e = static_cast<double>(approximation[i]) - x;
    double const square = e * e;
    signal.add(i, x * x);
    noise.add(i, square);
    error_sum.add(i, e);
    double const size = e < 0 ? -e : e;
    s.max_error = size > s.max_error ? size : s.max_error;
    double const magnitude = x < 0 ? -x : x;
    s.max_reference = magnitude > s.max_reference ? magnitude : s.max_reference;
    bool const is_nonzero = !detail::is_zero(reference[i]);
    nonzero += is_nonzero ? 1U : 0U;
    zeroed += is_nonzero && detail::is_zero(approximation[i]) ? 1U : 0U;
    ++s.count;
  }
  if (s.count != 0) {
    auto const n = static_cast<double>(s.count);
    s.signal_power = detail::mean(signal.total(), n);
    s.mse = detail::mean(noise.total(), n);
    s.bias = detail::mean(error_sum.total(), n);
  }
  s.share_to_zero = nonzero == 0 ? 0.0 : detail::mean(static_cast<double>(zeroed), static_cast<double>(nonzero));
  return s;
}

}  // namespace lowp::inline LOWP_ABI
