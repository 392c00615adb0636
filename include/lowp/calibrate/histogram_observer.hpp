// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/calibrate/minmax_observer.hpp>
#include <lowp/calibrate/range.hpp>
#include <lowp/codec/exact.hpp>

namespace lowp::inline LOWP_ABI::calibrate {

/// Which elements a histogram's bins are asked for.
enum class side : std::uint8_t {
  magnitude,  ///< all, by |x|
  negative,   ///< x < 0, by -x
  positive,   ///< x > 0
};

/// Counts of the elements by magnitude, for each sign, in bins that grow with the data and merge exactly.
///
/// Meaning   bin i of a sign counts its elements with i * width <= |x| < (i + 1) * width. The width is the power of two
///           that puts the greatest magnitude into the upper half of the bins; when a greater one comes, it doubles and
///           neighbours are added. Zeros are counted apart. So bins depend on the elements alone, not on their order,
///           their batches or the merges. Also holds what minmax_observer does.
/// Requires  bins a power of two in [4, 2^20].
/// Errors    error_code::value for another number of bins, error_code::shape for a merge of different ones; of range
///           where no finite element was seen.
/// Exact     integers throughout.
/// Cost      16 bytes a bin; two passes over a batch.
class histogram_observer {
 public:
  explicit histogram_observer(std::size_t bins = 2048) : negative_(checked(bins)), positive_(bins) {}

  void observe(std::span<float const> batch) {
    minmax_observer extremes;
    extremes.observe(batch);
    if (extremes.seen().finite != 0) {
      grow_for(extremes.range().absmax());
      for (float const x : batch) {
        count(x);
      }
    }
    extremes_.merge(extremes);
  }

  void merge(histogram_observer const& other) {
    if (other.bins() != bins()) {
      detail::raise(
          error(error_code::shape, "other", 0, other.bins(),
                "histogram_observer::merge: " + std::to_string(other.bins()) + " bins into " + std::to_string(bins())));
    }
    if (!other.empty()) {
      widen_to(other.exponent_);
      int const shift = exponent_ - other.exponent_;
      for (std::size_t i = 0; i < bins(); ++i) {
        std::size_t const to = shift < 64 ? i >> static_cast<unsigned>(shift) : 0;
        negative_[to] += other.negative_[i];
        positive_[to] += other.positive_[i];
      }
    }
    zeros_ += other.zeros_;
    extremes_.merge(other.extremes_);
  }

  std::size_t bins() const noexcept { return negative_.size(); }
  /// The width of a bin, a power of two; 0 as long as all elements are zero. (A double: of tiny data it is no float.)
  double bin_width() const noexcept { return empty() ? 0.0 : bits_of_power(exponent_); }
  std::uint64_t zeros() const noexcept { return zeros_; }
  std::uint64_t count(side of, std::size_t bin) const noexcept {
    switch (of) {
      case side::negative:
        return negative_[bin];
      case side::positive:
        return positive_[bin];
      case side::magnitude:
        break;
    }
    return negative_[bin] + positive_[bin];
  }
  /// One more than the last bin that is not empty.
  std::size_t used_bins(side of) const noexcept {
    std::size_t used = bins();
    while (used != 0 && count(of, used - 1) == 0) {
      --used;
    }
    return used;
  }

  /// The least and the greatest element.
  calibrate::range range() const { return extremes_.range(); }
  /// What `rule` (percentile, kl_divergence, mse) makes of the counts.
  template <class Rule>
    requires std::invocable<Rule const&, histogram_observer const&> calibrate::range range(Rule const& rule)
  const { return rule(*this); }
  tally const& seen() const noexcept { return extremes_.seen(); }

 private:
  static std::size_t checked(std::size_t bins) {
    if (!std::has_single_bit(bins) || bins < 4 || bins > (std::size_t{1} << 20U)) {
      detail::raise(error(error_code::value, "bins", 0, bins,
                          "histogram_observer: " + std::to_string(bins) + " bins; a power of two in [4, 2^20]"));
    }
    return bins;
  }
  static constexpr double bits_of_power(int exponent) noexcept {  // exponent in [-169, 126]: a normal double
    return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + detail::double_bias)
                                 << detail::double_mantissa_bits);
  }
  bool empty() const noexcept { return extremes_.seen().finite == zeros_; }

  void grow_for(float absmax) {
    exact const x = exact::from(absmax);
    if (x.what == exact::kind::finite) {
      widen_to(x.exponent + 1 - detail::floor_log2(bins()));
    }
  }

  /// Makes the width at least 2^exponent.
  void widen_to(int exponent) {
    if (empty()) {
      exponent_ = exponent;
    } else if (exponent > exponent_) {
      int const shift = exponent - exponent_;
      for (std::size_t i = 1; i < bins(); ++i) {
        std::size_t const to = shift < 64 ? i >> static_cast<unsigned>(shift) : 0;
        if (to != i) {
          negative_[to] += negative_[i];
          positive_[to] += positive_[i];
          negative_[i] = 0;
          positive_[i] = 0;
        }
      }
      exponent_ = exponent;
    }
  }

  void count(float x) noexcept {
    std::uint32_t const bits = detail::bits_of(x);
    std::uint32_t const magnitude = bits & ~detail::float_sign;
    if (magnitude >= detail::float_infinity) {
      return;
    }
    if (magnitude == 0) {
      ++zeros_;
      return;
    }
    // |x| = significand * 2^e, bin = floor(|x| / 2^exponent_)
    std::uint32_t const field = magnitude >> detail::float_mantissa_bits;
    std::uint64_t const significand = (magnitude & detail::low_mask(detail::float_mantissa_bits)) |
                                      (field != 0 ? std::uint32_t{1} << detail::float_mantissa_bits : 0U);
    int const e = (field != 0 ? static_cast<int>(field) : 1) - detail::float_bias - detail::float_mantissa_bits;
    int const down = exponent_ - e;
    std::uint64_t const bin = down <= 0   ? significand << static_cast<unsigned>(-down)
                              : down < 64 ? significand >> static_cast<unsigned>(down)
                                          : 0U;
    ++((bits & detail::float_sign) != 0 ? negative_ : positive_)[static_cast<std::size_t>(bin)];
  }

  minmax_observer extremes_;
  std::uint64_t zeros_ = 0;
  int exponent_ = 0;  ///< of the width; means nothing while empty
  std::vector<std::uint64_t> negative_;
  std::vector<std::uint64_t> positive_;
};

}  // namespace lowp::inline LOWP_ABI::calibrate
