// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/scale/rule.hpp>
#include <lowp/scale/trial.hpp>

namespace lowp::inline LOWP_ABI::scale {

namespace detail {

/// The Num / Den quantile of the finite magnitudes of a block, between two of them by linear interpolation: at
/// h = (n - 1) * Num / Den, lower + (h - floor(h)) * (upper - lower), each operation rounded to double.
inline double magnitude_quantile(block_trial const& block, std::uint64_t num, std::uint64_t den) {
  std::vector<std::uint32_t> magnitudes;  // as bits: they order alike
  magnitudes.reserve(block.values().size());
  for (float const x : block.values()) {
    std::uint32_t const bits = lowp::detail::bits_of(x) & ~lowp::detail::float_sign;
    if (bits < lowp::detail::float_infinity) {
      magnitudes.push_back(bits);
    }
  }
  if (magnitudes.empty()) {
    return 0.0;
  }
  std::uint64_t const position = (magnitudes.size() - 1) * num;
  auto const at = static_cast<std::ptrdiff_t>(position / den);
  std::nth_element(magnitudes.begin(), magnitudes.begin() + at, magnitudes.end());
  double const lower = lowp::detail::widen(magnitudes[static_cast<std::size_t>(at)]);
  std::uint64_t const rest = position % den;
  if (rest == 0) {
    return lower;
  }
  double const upper = lowp::detail::widen(*std::min_element(magnitudes.begin() + at + 1, magnitudes.end()));
  auto fraction = static_cast<double>(rest);
  auto whole = static_cast<double>(den);
  LOWP_LAUNDER_FLOATS(fraction, whole);
  double weight = fraction / whole;
  LOWP_LAUNDER_FLOAT(weight);
  double step = weight * (upper - lower);
  LOWP_LAUNDER_FLOAT(step);
  return lower + step;
}

inline exact percentile_scale(block_trial const& block, std::uint64_t num, std::uint64_t den) {
  exact const found = exact::from(magnitude_quantile(block, num, den));
  return found.what == exact::kind::zero ? found : absmax<float>::ideal(found, block.element());
}

}  // namespace detail

/// percentile / max: the magnitude that Num / Den of the block's finite elements do not exceed takes the place of absmax;
/// what lies beyond it is clipped. Between two elements by linear interpolation (numpy.percentile's "linear").
///
/// Example   scale::percentile<999, 1000>    the 99.9th percentile
/// Cost      a copy of the block and a selection in it.
template <int Num, int Den, ScaleStorage Stored = float>
struct percentile {
  static_assert(Den >= 1 && Num >= 0 && Num <= Den, "lowp::scale::percentile: Num / Den is from 0 to 1");
  using stored_type = Stored;

  static exact search(block_trial const& block) { return detail::percentile_scale(block, Num, Den); }
};

}  // namespace lowp::inline LOWP_ABI::scale
