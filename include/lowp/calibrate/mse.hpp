// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/calibrate/histogram_observer.hpp>
#include <lowp/calibrate/percentile.hpp>
#include <lowp/calibrate/range.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/kernel/fp_env.hpp>

namespace lowp::inline LOWP_ABI::calibrate {

/// The threshold with which format `F` loses least: least sum of squared errors over the histogram.
///
/// Meaning   for each i in [first_bin, n), n - 1 the last bin that is not empty, threshold t = i * bin width, and for
///           t = the greatest magnitude: s = t / max of F, rounded to float; E(t) = sum over bins of count * (m - v)^2, m the
///           middle of the bin (of the last bin at most the greatest magnitude) as a float, v = decode(cast<F>(m / s)) * s.
///           The t of the least E, the greatest of several. Zeros cost nothing and do not count. Of numbers: the negative
///           and the positive ones by themselves, 0 where there are none.
/// Requires  first_bin >= 1.
/// Errors    error_code::value for 0, or where no finite element was seen.
/// Exact     the same bits everywhere: floats and doubles, each operation rounded once, sums in the order of the bins.
/// Cost      n^2 casts: 4 million for 2048 bins, less one for each candidate below first_bin.
/// Source    NVIDIA/TensorRT at 1637a26, tools/pytorch-quantization, calib/histogram.py _compute_amax_mse, which takes
///           middles of bins as thresholds and leaves out the greatest magnitude.
template <Format F>
struct mse {
  std::size_t first_bin = 128;
  range_of cut = range_of::magnitudes;

  range operator()(histogram_observer const& histogram) const {
    if (first_bin == 0) {
      detail::raise(error(error_code::value, "first_bin", "mse: first_bin is 0"));
    }
    detail::check_observed(histogram.seen(), "mse");
    kernel::fp_env const environment;
    auto const extremes = histogram.range();
    if (cut == range_of::magnitudes) {
      return range::symmetric(threshold(histogram, side::magnitude, extremes.absmax()));
    }
    return {-threshold(histogram, side::negative, -extremes.min), threshold(histogram, side::positive, extremes.max)};
  }

  /// E(t) of the histogram's side `of`, whose greatest magnitude is `greatest`.
  double error_of(histogram_observer const& histogram, side of, float greatest, float t) const {
    kernel::fp_env const environment;
    return error_of(bins_of(histogram, of, greatest), t);
  }

 private:
  struct filled_bin {
    float middle;
    double count;
  };

  static std::vector<filled_bin> bins_of(histogram_observer const& histogram, side of, float greatest) {
    std::vector<filled_bin> bins;
    std::size_t const used = histogram.used_bins(of);
    for (std::size_t k = 0; k < used; ++k) {
      if (std::uint64_t const count = histogram.count(of, k); count != 0) {
        auto const middle = static_cast<float>((static_cast<double>(k) + 0.5) * histogram.bin_width());
        bins.push_back({middle < greatest ? middle : greatest, static_cast<double>(count)});
      }
    }
    return bins;
  }

  static double error_of(std::vector<filled_bin> const& bins, float t) {
    float scale = detail::divide_once(t, facts<F>::max);
    scale = scale < 0x1p-126F ? 0x1p-126F : scale;  // as a stored scale
    double sum = 0;
    for (auto const& bin : bins) {
      float const code_value = static_cast<float>(cast<F>(detail::divide_once(bin.middle, scale)));
      float const value = detail::multiply_once(code_value, scale);
      double const e = static_cast<double>(bin.middle) - static_cast<double>(value);
      double square = e * e;
      LOWP_LAUNDER_FLOAT(square);
      double cost = square * bin.count;
      LOWP_LAUNDER_FLOAT(cost);
      sum += cost;
      LOWP_LAUNDER_FLOAT(sum);
    }
    return sum;
  }

  float threshold(histogram_observer const& histogram, side of, float greatest) const {
    auto const bins = bins_of(histogram, of, greatest);
    if (bins.empty()) {
      return 0.0F;
    }
    float best = greatest;
    double least = error_of(bins, greatest);
    // Downwards, so that the greatest of equals stays.
    for (std::size_t i = histogram.used_bins(of); i-- > first_bin;) {
      auto const t = static_cast<float>(static_cast<double>(i) * histogram.bin_width());
      double const e = error_of(bins, t);
      if (e < least) {
        least = e;
        best = t;
      }
    }
    return best;
  }
};

}  // namespace lowp::inline LOWP_ABI::calibrate
