// SPDX-License-Identifier: Apache-2.0
//
// The search for a block's scale in two steps: vectors estimate the errors of all candidates, in any order and with any
// instruction; what the estimates cannot tell apart is compared by the definition (scale/block_error.hpp). The scale found is
// the definition's, whatever the estimates were, as long as they keep the bounds that are stated here.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/scale/trial.hpp>

namespace lowp::inline LOWP_ABI::kernel::search {

/// Errors are counted in units of 2^2 times the binade of the block's greatest magnitude: |e| is at most 1 / 2 of it where values
/// are rounded to nearest and saturate, elsewhere below 2, or the caller leaves the block to the definition; and estimates are off by 2^-21 of it at the most: quotients and products that are rounded once more or once less than the
/// definition's, against values of the block's size; near a tie both codes are as far from x.
inline constexpr double error_of_estimate = 0x1p-21;

/// The rest of a sum's estimate, relative: the polynomial below and sums in float of at most 1024 / 8 terms.
inline constexpr double relative_error = 0x1p-14;

/// t^2.4 = 2^(2.4 k) m^2.4 with t = 2^k m, m in [1, 2). m^2.4 interpolated at six Chebyshev nodes: within 7e-7 of itself.
inline constexpr float power_2_4[6] = {0.027717286737830762F, -0.16696184923365698F, 0.8114299164502247F,
                                       0.3711006961618689F,   -0.04717782923798949F, 0.0038924550817068817F};

/// 2^(2.4 k) for k = -31 .. 0, at the low five bits of a float's exponent field.
inline constexpr std::array<float, 32> binades_2_4 = [] {
  // 2^(r / 5), r = 0 .. 4
  constexpr double fifths[5] = {1.0, 1.148698354997035, 1.3195079107728942, 1.5157165665103982, 1.7411011265922482};
  std::array<float, 32> table{};
  for (int i = 0; i < 32; ++i) {
    int const twelve_k = 12 * (i - 31);
    int const whole = -((-twelve_k + 4) / 5);
    double value = fifths[twelve_k - 5 * whole];
    for (int j = whole; j < 0; ++j) {
      value *= 0.5;
    }
    table[static_cast<std::size_t>(i)] = static_cast<float>(value);
  }
  return table;
}();
/// What smaller errors count as.
inline constexpr float least_error = 0x1p-31F;

/// The greatest magnitude's bits, infinities and NaNs among them.
inline std::uint32_t greatest_bits(float const* x, std::size_t n) noexcept {
  std::uint32_t greatest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t const bits = detail::bits_of(x[i]) & ~detail::float_sign;
    greatest = bits > greatest ? bits : greatest;
  }
  return greatest;
}

/// 1 over the unit of a block, a power of two; 0 where the block is not estimated: it holds a NaN or an infinity, or is so
/// great or so small that its products would leave the range of floats.
inline float per_unit(float const* x, std::size_t n) noexcept {
  std::uint32_t const greatest = greatest_bits(x, n);
  bool const moderate = greatest >= detail::bits_of(0x1p-60F) && greatest < detail::bits_of(0x1p60F);
  return moderate ? std::bit_cast<float>((254U - 2U - (greatest >> 23U)) << 23U) : 0.0F;
}

/// The positions in rising order, to `picks`, of the estimates that may be the least sum of n errors; how many.
inline std::size_t pick(double const* estimates, std::size_t count, std::size_t n, scale::norm p,
                        std::uint16_t* picks) noexcept {
  double least = std::numeric_limits<double>::max();
  for (std::size_t i = 0; i < count; ++i) {
    least = estimates[i] < least ? estimates[i] : least;
  }
  // By the triangle inequality for p-norms the p-th root of a sum is off by n^(1/p) d at the most, d an element's error. With
  // a mean of (2^j d)^p or more that is 2^-j of it: a sum beyond (1 + 2 * 2^-j)^p of the least cannot be the least. 2^-p:
  double const halved = p == scale::norm::absolute ? 0.5 : p == scale::norm::squared ? 0.25 : 0.18946457081379977;
  double reached = static_cast<double>(n) * halved;  // of 2^20 d = 2^-1
  double margin = 0x1p-19;
  bool tells = false;
  for (int j = 20; j >= 4; --j) {
    if (least >= reached) {
      tells = true;
      break;
    }
    reached *= halved;
    margin *= 2.0;
  }
  // (1 + x)^2.4 < 1 + 3 x for x up to 2^-3.
  double const bound = tells ? least * (1.0 + 3.0 * margin + 2.0 * relative_error) : std::numeric_limits<double>::max();
  std::size_t picked = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (estimates[i] < std::numeric_limits<double>::max() && estimates[i] <= bound) {
      picks[picked++] = static_cast<std::uint16_t>(i);
    }
  }
  return picked;
}

}  // namespace lowp::inline LOWP_ABI::kernel::search
