// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/calibrate/histogram_observer.hpp>
#include <lowp/calibrate/range.hpp>
#include <lowp/kernel/fp_env.hpp>

namespace lowp::inline LOWP_ABI::calibrate {

/// What a range is cut from: magnitudes (a symmetric range) or the numbers with their signs.
enum class range_of : std::uint8_t { magnitudes, numbers };

/// The range without the outermost elements: of magnitudes [-P(p), P(p)], of numbers [P(100 - p), P(p)].
///
/// Meaning   P is numpy's percentile with method "linear": of n sorted elements the one at h = (n - 1) p / 100, between
///           neighbours by proportion. An element of a bin stands evenly among its bin's others, zeros and the two
///           extremes where they are.
/// Requires  p in [0, 100]; of numbers in [50, 100].
/// Errors    error_code::value for another p, or where no finite element was seen.
/// Exact     within one bin width of P of the elements themselves; P(100) is the extreme itself. The same bits everywhere:
///           double operations, each rounded once.
struct percentile {
  double p = 99.99;
  range_of cut = range_of::magnitudes;

  range operator()(histogram_observer const& histogram) const {
    bool const magnitudes = cut == range_of::magnitudes;
    if (!(p >= (magnitudes ? 0.0 : 50.0) && p <= 100)) {
      detail::raise(error(error_code::value, "p",
                          "percentile: " + std::to_string(p) + " is outside [" + (magnitudes ? "0" : "50") + ", 100]"));
    }
    detail::check_observed(histogram.seen(), "percentile");
    kernel::fp_env const environment;
    if (magnitudes) {
      return range::symmetric(static_cast<float>(at(histogram, p)));
    }
    return {static_cast<float>(at(histogram, 100 - p)), static_cast<float>(at(histogram, p))};
  }

 private:
  double at(histogram_observer const& histogram, double percent) const noexcept {
    // 1. The place among n sorted elements.
    std::uint64_t const n = histogram.seen().finite;
    double place = detail::quotient_of(percent, 100) * static_cast<double>(n - 1);
    LOWP_LAUNDER_FLOAT(place);
    auto lower = static_cast<std::uint64_t>(place);
    lower = lower > n - 1 ? n - 1 : lower;
    double const part = place - static_cast<double>(lower);  // exact
    // 2. Between it and the next one.
    double const low = element(histogram, lower);
    if (!(part > 0) || lower == n - 1) {
      return low;
    }
    double step = element(histogram, lower + 1) - low;
    LOWP_LAUNDER_FLOAT(step);
    step *= part;
    LOWP_LAUNDER_FLOAT(step);
    return low + step;
  }

  /// Where the sorted element `rank` is taken to be.
  double element(histogram_observer const& histogram, std::uint64_t rank) const noexcept {
    std::uint64_t const n = histogram.seen().finite;
    auto const extremes = histogram.range();
    bool const magnitudes = cut == range_of::magnitudes;
    auto const most = static_cast<double>(magnitudes ? extremes.absmax() : extremes.max);
    if (rank == n - 1) {
      return most;
    }
    if (!magnitudes && rank == 0) {
      return static_cast<double>(extremes.min);
    }
    // 1. From the least number up: negative bins from the outermost in, zeros, positive bins outwards.
    if (!magnitudes) {
      for (std::size_t i = histogram.bins(); i-- != 0;) {
        std::uint64_t const here = histogram.count(side::negative, i);
        if (rank < here) {
          return -inside(histogram, i, here - 1 - rank, here, -static_cast<double>(extremes.min));
        }
        rank -= here;
      }
    }
    if (rank < histogram.zeros()) {
      return 0.0;
    }
    rank -= histogram.zeros();
    side const of = magnitudes ? side::magnitude : side::positive;
    for (std::size_t i = 0; i < histogram.bins(); ++i) {
      std::uint64_t const here = histogram.count(of, i);
      if (rank < here) {
        return inside(histogram, i, rank, here, most);
      }
      rank -= here;
    }
    return most;  // not reached: ranks end with the last bin
  }

  /// Element `rank` of `count` in a bin: the middle of its share of the bin, but not beyond `most`, the greatest.
  static double inside(histogram_observer const& histogram, std::size_t bin, std::uint64_t rank, std::uint64_t count,
                       double most) noexcept {
    double places =
        static_cast<double>(bin) + detail::quotient_of(static_cast<double>(rank) + 0.5, static_cast<double>(count));
    LOWP_LAUNDER_FLOAT(places);
    double const size = places * histogram.bin_width();  // by a power of two: exact
    return size < most ? size : most;
  }
};

}  // namespace lowp::inline LOWP_ABI::calibrate
