// SPDX-License-Identifier: Apache-2.0
//
// A codebook under a rounding that depends on x alone: over rising finite x its codes come in runs. Where each begins is
// found once, by bisection over the floats with the exact cast; afterwards a code is a few comparisons of integers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// Float bits to integers that rise with the floats: negative floats reversed below the positive ones.
constexpr std::uint32_t rising_key(std::uint32_t bits) noexcept {
  return (bits & float_sign) != 0 ? ~bits : bits | float_sign;
}
constexpr std::uint32_t bits_of_rising_key(std::uint32_t key) noexcept {
  return (key & float_sign) != 0 ? key & ~float_sign : ~key;
}

/// Fills first[i], the least key of run i (first[0] is that of -max), and codes[i]; returns the number of runs, at most one
/// more than there are values: a table may hold both zeros.
///
/// Requires  code_of(float) monotone: equal codes are contiguous.
/// Cost      some 31 casts a run.
template <class CodeOf>
constexpr std::size_t find_codebook_runs(CodeOf&& code_of, std::uint32_t* first, std::uint8_t* codes) noexcept {
  auto const code = [&](std::uint32_t key) {
    return static_cast<std::uint8_t>(code_of(std::bit_cast<float>(bits_of_rising_key(key))));
  };
  std::uint32_t const last = rising_key(float_infinity - 1U);
  std::uint32_t low = rising_key(float_sign | (float_infinity - 1U));
  for (std::size_t runs = 0;;) {
    std::uint8_t const here = code(low);
    first[runs] = low;
    codes[runs] = here;
    ++runs;
    if (code(last) == here) {
      return runs;
    }
    // The end of this run lies in [inside, outside).
    std::uint32_t inside = low;
    std::uint32_t outside = last;
    while (outside - inside > 1U) {
      std::uint32_t const middle = inside + (outside - inside) / 2U;
      (code(middle) == here ? inside : outside) = middle;
    }
    low = outside;
  }
}

/// The code of a finite float.
inline std::uint8_t code_in_runs(std::uint32_t float_bits, std::uint32_t const* first, std::uint8_t const* codes,
                                 std::size_t runs) noexcept {
  std::uint32_t const key = rising_key(float_bits);
  std::size_t low = 0;
  for (std::size_t left = runs; left > 1;) {  // the run lies in [low, low + left)
    std::size_t const half = left / 2;
    low = key >= first[low + half] ? low + half : low;
    left -= half;
  }
  return codes[low];
}

}  // namespace lowp::inline LOWP_ABI::detail
