// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI {

/// A cheaper counter-based generator: one 32-bit hash an element. Not of cryptographic or big-simulation quality, good
/// enough to decide roundings; rounding::stochastic_hash names it.
///
/// Meaning  word<N>(seed, i) = the top N bits of mix(low32(i) + base), where base mixes the seed with high32(i), so
///          that neighbouring seeds do not give shifted copies of one stream.
/// Source   mix is lowbias32, C. Wellons, "Prospecting for hash functions" (2018): 16/15/16 shifts.
struct counter_hash {
  static constexpr std::uint32_t multiplier0 = 0x7feb'352dU;
  static constexpr std::uint32_t multiplier1 = 0x846c'a68bU;

  static constexpr std::uint32_t mix(std::uint32_t x) noexcept {
    x ^= x >> 16;
    x *= multiplier0;
    x ^= x >> 15;
    x *= multiplier1;
    x ^= x >> 16;
    return x;
  }

  /// Constant over a run of elements with the same upper index half.
  static constexpr std::uint32_t base(std::uint64_t seed, std::uint64_t index) noexcept {
    auto const high = static_cast<std::uint32_t>(index >> 32);
    return mix(static_cast<std::uint32_t>(seed)) ^ mix(static_cast<std::uint32_t>(seed >> 32) + 0x9e37'79b9U + high);
  }

  /// The N random bits of element `index`; N is 1 to 32.
  template <int N>
  static constexpr std::uint32_t word(std::uint64_t seed, std::uint64_t index) noexcept {
    static_assert(N >= 1 && N <= 32, "lowp: counter_hash gives 1 to 32 bits an element");
    return mix(static_cast<std::uint32_t>(index) + base(seed, index)) >> (32 - N);
  }
};

}  // namespace lowp::inline LOWP_ABI
