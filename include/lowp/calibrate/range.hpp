// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>

namespace lowp::inline LOWP_ABI::calibrate {

/// What calibration ends in: the interval a scale has to cover. A symmetric one has min = -max.
struct range {
  float min = 0.0F;
  float max = 0.0F;
  constexpr float absmax() const noexcept {
    float const low = detail::magnitude(min);
    float const high = detail::magnitude(max);
    return detail::bits_of(low) > detail::bits_of(high) ? low : high;
  }
  static constexpr range symmetric(float absmax) noexcept { return {-absmax, absmax}; }
  friend constexpr bool operator==(range, range) noexcept = default;
};

/// What an observer has been shown. NaNs and infinities are counted and change nothing else.
struct tally {
  std::uint64_t finite = 0;
  std::uint64_t nans = 0;
  std::uint64_t infinities = 0;
  constexpr tally& operator+=(tally const& other) noexcept {
    finite += other.finite;
    nans += other.nans;
    infinities += other.infinities;
    return *this;
  }
  friend constexpr bool operator==(tally const&, tally const&) noexcept = default;
};

}  // namespace lowp::inline LOWP_ABI::calibrate

namespace lowp::inline LOWP_ABI::detail {

/// a / b, rounded once, also under -ffast-math. Needs fp_env.
inline double quotient_of(double a, double b) noexcept {
  LOWP_LAUNDER_FLOATS(a, b);
  double q = a / b;
  LOWP_LAUNDER_FLOAT(q);
  return q;
}

/// Raises where an observer has seen no finite element.
inline void check_observed(calibrate::tally const& seen, char const* function) {
  if (seen.finite == 0) {
    raise(error(error_code::value, "observer",
                std::string(function) + ": no finite element observed (" + std::to_string(seen.nans) + " NaN, " +
                    std::to_string(seen.infinities) + " infinite)"));
  }
}

}  // namespace lowp::inline LOWP_ABI::detail
