// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI {

/// Philox-4x32-10, a counter-based generator: 128 random bits for a (seed, counter) pair, no state.
///
/// Meaning  `block` is the 10-round bijection of the counter words (block index low, high, 0, 0) under the key words
///          (seed low, high). `word<N>` are bits [N * (i mod 128/N), +N) of block i / (128/N), word 0 lowest: element i
///          of a tensor always gets the same N bits, however the tensor is cut, packed or threaded.
/// Source   Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3 and table 2; constants
///          and known answers as in Random123.
struct philox {
  struct block_type {
    std::uint32_t words[4];
  };

  static constexpr std::uint32_t multiplier0 = 0xd251'1f53U;
  static constexpr std::uint32_t multiplier1 = 0xcd9e'8d57U;
  static constexpr std::uint32_t weyl0 = 0x9e37'79b9U;  // golden ratio
  static constexpr std::uint32_t weyl1 = 0xbb67'ae85U;  // sqrt(3) - 1

  static constexpr block_type block(std::uint64_t seed, std::uint64_t index) noexcept {
    return block(seed, {{static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), 0U, 0U}});
  }

  /// The bijection itself, on all four counter words.
  static constexpr block_type block(std::uint64_t seed, block_type counter) noexcept {
    auto key0 = static_cast<std::uint32_t>(seed);
    auto key1 = static_cast<std::uint32_t>(seed >> 32);
    block_type c = counter;
    for (int round = 0; round < 10; ++round) {
      std::uint64_t const product0 = std::uint64_t{multiplier0} * c.words[0];
      std::uint64_t const product1 = std::uint64_t{multiplier1} * c.words[2];
      c = {{static_cast<std::uint32_t>(product1 >> 32) ^ c.words[1] ^ key0, static_cast<std::uint32_t>(product1),
            static_cast<std::uint32_t>(product0 >> 32) ^ c.words[3] ^ key1, static_cast<std::uint32_t>(product0)}};
      key0 += weyl0;
      key1 += weyl1;
    }
    return c;
  }

  /// The N random bits of element `index`; N is a power of two of at most 32.
  template <int N>
  static constexpr std::uint32_t word(std::uint64_t seed, std::uint64_t index) noexcept {
    static_assert(N == 1 || N == 2 || N == 4 || N == 8 || N == 16 || N == 32,
                  "lowp: a generator gives 1, 2, 4, 8, 16 or 32 bits an element");
    return slice<N>(block(seed, index / (128 / N)), index);
  }

  /// What `word` takes out of the block that element `index` lies in.
  template <int N>
  static constexpr std::uint32_t slice(block_type const& b, std::uint64_t index) noexcept {
    auto const bit = static_cast<unsigned>(index % (128 / N)) * N;
    return (b.words[bit / 32] >> (bit % 32)) & detail::low_mask(N);
  }
};

}  // namespace lowp::inline LOWP_ABI
