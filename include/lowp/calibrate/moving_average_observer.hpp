// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/calibrate/minmax_observer.hpp>
#include <lowp/calibrate/range.hpp>
#include <lowp/kernel/fp_env.hpp>

namespace lowp::inline LOWP_ABI::calibrate {

/// The exponential moving averages of the least and of the greatest element of a batch.
///
/// Meaning   the first batch sets both; each later one moves them: average = average + (1 - momentum) * (batch - average).
///           A batch without a finite element moves nothing.
/// Errors    error_code::value for a momentum outside [0, 1); of range where no finite element was seen.
/// Exact     in double, each operation rounded once; range rounds to float. Order matters, so there is no merge.
/// Source    PyTorch MovingAverageMinMaxObserver, whose averaging_constant (0.01) is 1 - momentum.
class moving_average_observer {
 public:
  explicit moving_average_observer(double momentum = 0.99) : momentum_(momentum) {
    if (!(momentum >= 0 && momentum < 1)) {
      detail::raise(error(error_code::value, "momentum",
                          "moving_average_observer: momentum " + std::to_string(momentum) + " is outside [0, 1)"));
    }
  }

  void observe(std::span<float const> batch) {
    minmax_observer one;
    one.observe(batch);
    if (one.seen().finite != 0) {
      kernel::fp_env const environment;
      auto const now = one.range();
      bool const first = seen_.finite == 0;
      least_ = first ? static_cast<double>(now.min) : moved(least_, now.min);
      greatest_ = first ? static_cast<double>(now.max) : moved(greatest_, now.max);
    }
    seen_ += one.seen();
  }

  calibrate::range range() const {
    detail::check_observed(seen_, "moving_average_observer::range");
    kernel::fp_env const environment;
    return {static_cast<float>(least_), static_cast<float>(greatest_)};
  }
  tally const& seen() const noexcept { return seen_; }
  double momentum() const noexcept { return momentum_; }

 private:
  double moved(double average, float batch) const noexcept {
    double step = static_cast<double>(batch) - average;
    LOWP_LAUNDER_FLOAT(step);
    double share = 1.0 - momentum_;
    LOWP_LAUNDER_FLOAT(share);
    double change = share * step;
    LOWP_LAUNDER_FLOAT(change);
    double sum = average + change;
    LOWP_LAUNDER_FLOAT(sum);
    return sum;
  }

  double momentum_;
  tally seen_;
  double least_ = 0;
  double greatest_ = 0;
};

}  // namespace lowp::inline LOWP_ABI::calibrate
