// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/calibrate/range.hpp>

namespace lowp::inline LOWP_ABI::calibrate {

/// The least and the greatest finite element of all batches.
///
/// Errors    of range: error_code::value where no finite element was seen.
/// Exact     a comparison of bits: the same whatever the order of elements, batches and merges; -0 counts as 0.
class minmax_observer {
 public:
  void observe(std::span<float const> batch) noexcept {
    for (float const x : batch) {
      if (detail::is_finite(x)) {
        std::int64_t const key = detail::order_key(x);
        bool const first = seen_.finite++ == 0;
        least_ = first || key < least_ ? key : least_;
        greatest_ = first || key > greatest_ ? key : greatest_;
      } else {
        ++(detail::is_nan(x) ? seen_.nans : seen_.infinities);
      }
    }
  }

  void merge(minmax_observer const& other) noexcept {
    if (other.seen_.finite != 0) {
      bool const first = seen_.finite == 0;
      least_ = first || other.least_ < least_ ? other.least_ : least_;
      greatest_ = first || other.greatest_ > greatest_ ? other.greatest_ : greatest_;
    }
    seen_ += other.seen_;
  }

  calibrate::range range() const {
    detail::check_observed(seen_, "minmax_observer::range");
    return {value(least_), value(greatest_)};
  }
  tally const& seen() const noexcept { return seen_; }

 private:
  /// The inverse of order_key.
  static constexpr float value(std::int64_t key) noexcept {
    return key < 0 ? std::bit_cast<float>(static_cast<std::uint32_t>(-key) | detail::float_sign)
                   : std::bit_cast<float>(static_cast<std::uint32_t>(key));
  }

  tally seen_;
  std::int64_t least_ = 0;
  std::int64_t greatest_ = 0;
};

}  // namespace lowp::inline LOWP_ABI::calibrate
