// SPDX-License-Identifier: Apache-2.0
#pragma once

// Philox-4x32-10 from its paper (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC 2011), and
// the assignment of its bits to elements, for checking that stochastic rounding draws what it promises.

#include <array>
#include <cstdint>

namespace oracle {

using philox_words = std::array<std::uint32_t, 4>;

/// Ten rounds; between two of them each half of the key grows by its Weyl constant. A round multiplies words 0 and 2.
inline philox_words philox(philox_words counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t left = 0xD2511F53ULL * counter[0];
    const std::uint64_t right = 0xCD9E8D57ULL * counter[2];
    counter = {static_cast<std::uint32_t>(right >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(right),
               static_cast<std::uint32_t>(left >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(left)};
    key[0] += 0x9E3779B9;  // golden ratio
    key[1] += 0xBB67AE85;  // sqrt(3) - 1
  }
  return counter;
}

/// The n random bits of element `index`: bits [n * (index mod 128/n), +n) of block index / (128/n), word 0 lowest; the
/// key is the seed, low word first, and the counter is the block's number.
inline std::uint32_t random_bits_of(std::uint64_t seed, std::uint64_t index, unsigned n) {
  const std::uint64_t per_block = 128 / n;
  const std::uint64_t block = index / per_block;
  const auto words = philox({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0, 0},
                            {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  std::uint32_t r = 0;
  for (unsigned i = 0; i < n; ++i) {
    const auto bit = static_cast<unsigned>(index % per_block) * n + i;
    r |= ((words[bit / 32] >> (bit % 32)) & 1U) << i;
  }
  return r;
}

}  // namespace oracle
