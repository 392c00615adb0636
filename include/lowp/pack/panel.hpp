// SPDX-License-Identifier: Apache-2.0
//
// Where the code of a weight sits in a packed matrix. One layout serves every compute of every vector ISA.
#pragma once

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::panel {

/// Columns of y that share a block, and elements of k in a step.
inline constexpr std::size_t columns = 64;
inline constexpr std::size_t step = 8;

/// A column block is a sequence of steps; a step holds 8 elements of each of 64 columns.
///
/// Codes of at most 4 bits: a step is 64 little-endian 32-bit words, one a column, with the nibbles (low to high)
///     k0 k2 k4 k6 k1 k3 k5 k7
/// so that both halves of the word shifted right by 4 i hold k(2i) and k(2i+1) in their lowest nibbles (pairs, for 16-bit
/// table lookups), and the low nibbles of the four bytes are k0 k4 k1 k5, the high ones k2 k6 k3 k7 (bytes, for
/// integer sums, which do not care for the order).
/// Wider codes, up to 8 bits: 64 words of the bytes k0 k4 k1 k5, then 64 words of k2 k6 k3 k7: the same, widened.
/// Codes of 16 bits: four times 64 words, k0 k1, k2 k3, k4 k5 and k6 k7, the first in the lower half.
enum class width : std::uint32_t { nibble = 4, byte = 8, half_word = 16 };

constexpr std::size_t step_bytes(width w) noexcept { return static_cast<std::size_t>(w) * columns; }

/// Which of a word's eight nibbles holds element k of a step.
constexpr std::size_t nibble_of(std::size_t k) noexcept { return k % 2 * 4 + k / 2; }

/// Where the code of element k, column c of a step is: byte, and shift within it.
struct position {
  std::size_t byte;
  unsigned shift;
};
constexpr position position_of(width w, std::size_t column, std::size_t k) noexcept {
  if (w == width::half_word) {
    return {(k / 2 * columns + column) * 4 + k % 2 * 2, 0};
  }
  std::size_t const nibble = nibble_of(k);
  return w == width::nibble ? position{4 * column + nibble / 2, static_cast<unsigned>(nibble % 2 * 4)}
                            : position{nibble % 2 * 4 * columns + 4 * column + nibble / 2, 0};
}

constexpr std::uint32_t get(width w, std::uint8_t const* at, std::size_t column, std::size_t k) noexcept {
  position const p = position_of(w, column, k);
  if (w == width::half_word) {
    return at[p.byte] | static_cast<std::uint32_t>(at[p.byte + 1]) << 8U;
  }
  return w == width::nibble ? (at[p.byte] >> p.shift) & 15U : at[p.byte];
}
/// Requires the bits at that place to be zero.
constexpr void put(width w, std::uint8_t* at, std::size_t column, std::size_t k, std::uint32_t code) noexcept {
  position const p = position_of(w, column, k);
  at[p.byte] = static_cast<std::uint8_t>(at[p.byte] | code << p.shift);
  if (w == width::half_word) {
    at[p.byte + 1] = static_cast<std::uint8_t>(code >> 8U);
  }
}

}  // namespace lowp::inline LOWP_ABI::panel
