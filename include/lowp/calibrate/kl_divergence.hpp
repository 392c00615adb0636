// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/calibrate/histogram_observer.hpp>
#include <lowp/calibrate/percentile.hpp>
#include <lowp/calibrate/range.hpp>
#include <lowp/kernel/fp_env.hpp>

namespace lowp::inline LOWP_ABI::calibrate {

/// The threshold whose clipped and quantized histogram diverges least from the histogram (TensorRT's entropy calibration).
///
/// Meaning   of bins c[0 .. n) of the magnitudes, n - 1 the last that is not empty, and for each i in [levels, n]:
///           1. P[k] = c[k] for k < i, and what lies beyond, sum c[k >= i], added to P[i - 1].
///           2. Bin k < i belongs to level floor(k * levels / i). Q[k] = the sum of c over its level divided by the number
///              of its bins that are not empty, where c[k] is not 0; else Q[k] = 0. (What lies beyond is not in Q.)
///           3. An empty bin of P and of Q counts `empty_bin` elements; P and Q are divided by their sums.
///           4. D(i) = sum P[k] log(P[k] / Q[k]).
///           The threshold is i * bin width for the i of the least D, the greatest i of several; at most the greatest
///           magnitude, and that one where n <= levels. Of numbers: the negative and the positive ones by themselves, 0
///           where there are none.
/// Requires  levels >= 1 (128 for int8: its non-negative codes), empty_bin > 0.
/// Errors    error_code::value for others, or where no finite element was seen.
/// Exact     D goes through std::log, so two nearly equal D may change places from one libm to another.
/// Cost      n^2 / 2 logarithms: 2 million for 2048 bins.
/// Source    Migacz, "8-bit inference with TensorRT", GTC 2017; NVIDIA/TensorRT at 1637a26, tools/pytorch-quantization,
///           calib/histogram.py _compute_amax_entropy. Ours: zeros have no bin (there the first bin is overwritten with the
///           second); step 3 (there an empty last bin gives infinity; MXNet smooths with the same 0.0001 but takes it from
///           the other bins).
struct kl_divergence {
  std::size_t levels = 128;
  range_of cut = range_of::magnitudes;
  double empty_bin = 1e-4;

  range operator()(histogram_observer const& histogram) const {
    if (levels == 0 || !(empty_bin > 0)) {
      detail::raise(error(error_code::value, levels == 0 ? "levels" : "empty_bin",
                          "kl_divergence: levels " + std::to_string(levels) + ", empty_bin " +
                              std::to_string(empty_bin) + "; both must be greater than 0"));
    }
    detail::check_observed(histogram.seen(), "kl_divergence");
    kernel::fp_env const environment;
    auto const extremes = histogram.range();
    if (cut == range_of::magnitudes) {
      return range::symmetric(threshold(histogram, side::magnitude, extremes.absmax()));
    }
    return {-threshold(histogram, side::negative, -extremes.min), threshold(histogram, side::positive, extremes.max)};
  }

  /// D(i) of the histogram's side `of`; error_code::value unless 1 <= i <= used_bins(of).
  double divergence(histogram_observer const& histogram, side of, std::size_t i) const {
    std::vector<double> const c = counts(histogram, of);
    if (i == 0 || i > c.size()) {
      detail::raise(
          error(error_code::value, "i", 0, i,
                "kl_divergence::divergence: i is " + std::to_string(i) + ", of " + std::to_string(c.size()) + " bins"));
    }
    kernel::fp_env const environment;
    return divergence(c, i);
  }

 private:
  static std::vector<double> counts(histogram_observer const& histogram, side of) {
    std::vector<double> c(histogram.used_bins(of));
    for (std::size_t k = 0; k < c.size(); ++k) {
      c[k] = static_cast<double>(histogram.count(of, k));
    }
    return c;
  }

  float threshold(histogram_observer const& histogram, side of, float greatest) const {
    std::vector<double> const c = counts(histogram, of);
    if (c.empty()) {
      return 0.0F;
    }
    if (c.size() <= levels) {
      return greatest;
    }
    std::size_t best = levels;
    double least = divergence(c, levels);
    for (std::size_t i = levels + 1; i <= c.size(); ++i) {
      double const d = divergence(c, i);
      if (d <= least) {
        least = d;
        best = i;
      }
    }
    auto const edge = static_cast<float>(static_cast<double>(best) * histogram.bin_width());
    return edge < greatest ? edge : greatest;
  }

  double divergence(std::vector<double> const& c, std::size_t i) const {
    // 1. Sums of P and Q. Each level's elements stay in it; an empty bin adds `empty_bin` to either.
    double inside = 0;
    double beyond = 0;
    std::size_t empty = 0;
    for (std::size_t k = 0; k < c.size(); ++k) {
      (k < i ? inside : beyond) += c[k];
      empty += k < i && c[k] == 0 ? 1U : 0U;
    }
    bool const last_is_filled = c[i - 1] == 0 && beyond > 0;
    double p_padding = static_cast<double>(empty - (last_is_filled ? 1U : 0U)) * empty_bin;
    double q_padding = static_cast<double>(empty) * empty_bin;
    LOWP_LAUNDER_FLOATS(p_padding, q_padding);  // the counts before them are exact integers
    double const p_sum = (inside + beyond) + p_padding;
    double const q_sum = inside + q_padding;
    // 2. Level by level.
    double d = 0;
    std::size_t first = 0;
    for (std::size_t level = 0; level < levels; ++level) {
      std::size_t const end = ((level + 1) * i + levels - 1) / levels;  // the first k with k * levels / i > level
      double sum = 0;
      std::size_t filled = 0;
      for (std::size_t k = first; k < end; ++k) {
        sum += c[k];
        filled += c[k] != 0 ? 1U : 0U;
      }
      double const q_filled = filled == 0 ? 0.0 : detail::quotient_of(sum, static_cast<double>(filled));
      for (std::size_t k = first; k < end; ++k) {
        double const p = c[k] + (k == i - 1 ? beyond : 0.0);
        double const p_share = detail::quotient_of(p == 0 ? empty_bin : p, p_sum);
        double const q_share = detail::quotient_of(c[k] == 0 ? empty_bin : q_filled, q_sum);
        double term = p_share * std::log(detail::quotient_of(p_share, q_share));
        LOWP_LAUNDER_FLOAT(term);
        d += term;
        LOWP_LAUNDER_FLOAT(d);
      }
      first = end;
    }
    return d;
  }
};

}  // namespace lowp::inline LOWP_ABI::calibrate
