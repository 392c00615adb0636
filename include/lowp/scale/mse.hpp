// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/scale/block_error.hpp>
#include <lowp/scale/rule.hpp>
#include <lowp/scale/trial.hpp>

namespace lowp::inline LOWP_ABI::scale {

namespace detail {

/// ideal * (grid - i) / grid, product and quotient rounded once to double precision; ideal itself for i = 0. Requires ideal
/// of at most 53 bits, grid < 1024.
constexpr exact shrunk(exact const& ideal, std::uint32_t i, std::uint32_t grid) noexcept {
  if (i == 0) {
    return ideal;
  }
  // 53 and 10 bits make a product of 63.
  exact const product =
      exact::scaled(ideal.negative, (ideal.significand >> 11U) * (grid - i), ideal.exponent - 63 + 11);
  return lowp::detail::round_to_double_precision(lowp::detail::exact_quotient(
      lowp::detail::round_to_double_precision(product), exact::from(static_cast<std::int64_t>(grid))));
}

/// The line search of mse: the candidate with the least error, the first of equals.
inline exact best_shrunk(block_trial const& block, norm n, std::uint32_t grid, std::uint32_t steps) {
  exact const greatest = exact::from(block.greatest());
  exact const ideal = absmax<float>::ideal(greatest, block.element());
  std::uint16_t picks[1024];
  std::size_t const count = block.shortlist(ideal, n, grid, steps, picks);
  exact best = ideal;
  if (count == 1) {
    return shrunk(ideal, picks[0], grid);
  }
  double least = no_error;
  for (std::size_t k = 0; k < count; ++k) {
    exact const candidate = shrunk(ideal, picks[k], grid);
    double const error = block.error(candidate, n);
    if (error < least) {
      least = error;
      best = candidate;
    }
  }
  return best;
}

}  // namespace detail

/// The scale with the least error among (1 - i / Grid) absmax / max, i from 0 while i / Grid < MaxShrinkPercent %.
///
/// Exact     the error of a candidate is that of the codes it would give, with its scale rounded to storage; i = 0 is
///           absmax, hence the error is never greater than absmax's in the same norm. Ties go to the greater scale.
/// Cost      Grid * MaxShrinkPercent / 100 estimates of the block's error by vectors (kernel/search.hpp); and a quantize and a
///           dequantize for each of the few candidates that they do not tell apart.
/// Source    GPTQ (IST-DASLab/gptq, quant.py: grid 100, maxshrink 0.8, norm 2.4).
template <norm Norm = norm::squared, int Grid = 100, int MaxShrinkPercent = 80, ScaleStorage Stored = float>
struct mse {
  static_assert(Grid >= 1 && Grid < 1024, "lowp::scale::mse: Grid is from 1 to 1023");
  static_assert(MaxShrinkPercent >= 0 && MaxShrinkPercent < 100, "lowp::scale::mse: MaxShrinkPercent is from 0 to 99");
  using stored_type = Stored;
  static constexpr std::uint32_t steps = (Grid * MaxShrinkPercent + 99) / 100;
  /// The rule reads greatest() and error() only, so it may choose block scales in units of an outer one.
  static constexpr bool reads_greatest_only = true;

  static exact search(block_trial const& block) {
    return block.greatest() == 0.0F ? exact{} : detail::best_shrunk(block, Norm, Grid, steps);
  }
};

}  // namespace lowp::inline LOWP_ABI::scale
