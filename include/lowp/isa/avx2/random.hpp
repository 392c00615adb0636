// SPDX-License-Identifier: Apache-2.0
//
// AVX2: the random bits of 32 neighbouring elements, those that the generators give one by one.
//
//   instruction   what it gives
//   vpmuludq      Philox: four products of 64 bits
//   vpmulld       the counter hash
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/random/counter_hash.hpp>
#include <lowp/random/philox.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

inline __m256i splat(std::uint32_t x) noexcept { return _mm256_set1_epi32(static_cast<int>(x)); }

/// Philox blocks first to first + 3, 64 bytes in order; block numbers are taken modulo `last` + 1, a power of two.
inline void philox_blocks(philox_keys const& keys, std::uint64_t first, std::uint64_t last,
                          std::uint8_t* out) noexcept {
  // Words in the lower halves of 64-bit lanes; what stands above is never multiplied. Lanes are numbered so that the
  // unpacking below leaves blocks in order.
  __m256i const index = _mm256_and_si256(
      _mm256_add_epi64(_mm256_set1_epi64x(static_cast<long long>(first)), _mm256_setr_epi64x(0, 2, 1, 3)),
      _mm256_set1_epi64x(static_cast<long long>(last)));
  __m256i c0 = index;
  __m256i c1 = _mm256_srli_epi64(index, 32);
  __m256i c2 = _mm256_setzero_si256();
  __m256i c3 = c2;
  __m256i const multiplier0 = _mm256_set1_epi64x(philox::multiplier0);
  __m256i const multiplier1 = _mm256_set1_epi64x(philox::multiplier1);
#pragma GCC unroll 10
  for (std::size_t round = 0; round < 10; ++round) {
    __m256i const product0 = _mm256_mul_epu32(c0, multiplier0);
    __m256i const product1 = _mm256_mul_epu32(c2, multiplier1);
    c0 = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(product1, 32), c1), splat(keys.first[round]));
    c2 = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(product0, 32), c3), splat(keys.second[round]));
    c1 = product1;
    c3 = product0;
  }
  // Words 0 and 1, 2 and 3 side by side; then all four of a block.
  __m256i const low = _mm256_blend_epi32(c0, _mm256_slli_epi64(c1, 32), 0xaa);
  __m256i const high = _mm256_blend_epi32(c2, _mm256_slli_epi64(c3, 32), 0xaa);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_unpacklo_epi64(low, high));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32), _mm256_unpackhi_epi64(low, high));
}

/// Nothing for roundings that need none.
template <class Rounding>
struct random_32 {
  random_32(Rounding const&, random_keys<Rounding> const&) noexcept {}
  /// N bits in the low end of each lane, for elements 8 j to 8 j + 7.
  __m256i lanes(std::size_t) const noexcept { return _mm256_setzero_si256(); }
};

template <int N>
struct random_32<rounding::basic_stochastic<rounding::variant::a, N, counter_hash>> {
  using rounding_type = rounding::basic_stochastic<rounding::variant::a, N, counter_hash>;

  random_32(rounding_type const& r, random_keys<rounding_type> const&) noexcept {
    auto const low = static_cast<std::uint32_t>(r.index);
    __m256i const iota = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    std::uint32_t const base = counter_hash::base(r.seed, r.index);
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      counters_[j] = _mm256_add_epi32(iota, splat(low + base + 8U * static_cast<std::uint32_t>(j)));
    }
    if (!shares_hash_base(r.index, 32)) {  // where the index's upper half changes, so does the base
      __m256i const change = splat(counter_hash::base(r.seed, r.index + 31U) - base);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        // Lower halves from 2^31 on have not wrapped yet.
        __m256i const before = _mm256_srai_epi32(_mm256_sub_epi32(counters_[j], splat(base)), 31);
        counters_[j] = _mm256_add_epi32(counters_[j], _mm256_andnot_si256(before, change));
      }
    }
  }

  __m256i lanes(std::size_t j) const noexcept {
    __m256i x = counters_[j];
    x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
    x = _mm256_mullo_epi32(x, splat(counter_hash::multiplier0));
    x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 15));
    x = _mm256_mullo_epi32(x, splat(counter_hash::multiplier1));
    if constexpr (N > 16) {  // it leaves the upper half as it is
      x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
    }
    return _mm256_srli_epi32(x, 32 - N);
  }

 private:
  __m256i counters_[4];
};

template <int N>
struct random_32<rounding::basic_stochastic<rounding::variant::a, N, philox>> {
  using rounding_type = rounding::basic_stochastic<rounding::variant::a, N, philox>;

  random_32(rounding_type const& r, random_keys<rounding_type> const& keys) noexcept
      : offset_(r.index % stream::in_block) {
    std::uint64_t const first = r.index / stream::in_block;
#pragma GCC unroll 3
    for (std::size_t i = 0; i < stream::draws; ++i) {
      if (i < stream::aligned_draws || offset_ != 0) {
        philox_blocks(keys, first + 4 * i, stream::last_block, bytes_ + 64 * i);
      }
    }
  }

  __m256i lanes(std::size_t j) const noexcept {
    std::uint8_t const* const from = bytes_ + (offset_ + 8 * j) * (N / 8);
    if constexpr (N == 8) {
      return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(from)));
    } else if constexpr (N == 16) {
      return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<__m128i const*>(from)));
    } else {
      return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from));
    }
  }

 private:
  using stream = philox_stream<N>;
  alignas(32) std::uint8_t bytes_[64 * stream::draws];  // a draw is four blocks
  std::size_t offset_;
};

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

LOWP_TARGET_END

#endif
