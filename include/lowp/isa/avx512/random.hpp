// SPDX-License-Identifier: Apache-2.0
//
// AVX-512: the random bits of 64 neighbouring elements, those that the generators give one by one.
//
//   instruction   what it gives
//   vpmuludq      Philox: eight products of 64 bits; a round of eight blocks is two of them, two shifts, two vpternlogd
//   vpmulld       the counter hash
//
// Against avx2: twice the width, three-operand logic.
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/isa/avx2/target.hpp>
#include <lowp/isa/avx512/encode_nearest.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/random/counter_hash.hpp>
#include <lowp/random/philox.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// Philox blocks from `first` on, 8 Chains of them, 128 bytes a chain in order; block numbers are taken modulo `last` + 1, a
/// power of two. A round of a chain waits for the one before it, not for other chains.
template <std::size_t Chains>
inline void philox_blocks(philox_keys const& keys, std::uint64_t first, std::uint64_t last,
                          std::uint8_t* out) noexcept {
  __m512i c0[Chains];
  __m512i c1[Chains];
  __m512i c2[Chains];
  __m512i c3[Chains];
#pragma GCC unroll 4
  for (std::size_t k = 0; k < Chains; ++k) {
    // Words in the lower halves of 64-bit lanes; what stands above is never multiplied. Lanes are numbered so that the
    // unpacking below leaves blocks in order.
    std::uint64_t const base = first + 8 * k;
    __m512i const index = _mm512_and_si512(
        _mm512_add_epi64(_mm512_set1_epi64(static_cast<long long>(base)), _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7)),
        _mm512_set1_epi64(static_cast<long long>(last)));
    c0[k] = index;
    c1[k] = _mm512_srli_epi64(index, 32);
    c2[k] = _mm512_setzero_si512();
    c3[k] = c2[k];
  }
  __m512i const multiplier0 = _mm512_set1_epi64(philox::multiplier0);
  __m512i const multiplier1 = _mm512_set1_epi64(philox::multiplier1);
#pragma GCC unroll 10
  for (std::size_t round = 0; round < 10; ++round) {
    __m512i const key0 = splat(keys.first[round]);
    __m512i const key1 = splat(keys.second[round]);
#pragma GCC unroll 4
    for (std::size_t k = 0; k < Chains; ++k) {
      __m512i const product0 = _mm512_mul_epu32(c0[k], multiplier0);
      __m512i const product1 = _mm512_mul_epu32(c2[k], multiplier1);
      // 96: exclusive or of three.
      c0[k] = _mm512_ternarylogic_epi32(_mm512_srli_epi64(product1, 32), c1[k], key0, 0x96);
      c2[k] = _mm512_ternarylogic_epi32(_mm512_srli_epi64(product0, 32), c3[k], key1, 0x96);
      c1[k] = product1;
      c3[k] = product0;
    }
  }
#pragma GCC unroll 4
  for (std::size_t k = 0; k < Chains; ++k) {
    // Words 0 and 1, 2 and 3 side by side; then all four of a block.
    __m512i const low = _mm512_mask_shuffle_epi32(c0[k], 0xaaaa, c1[k], _MM_PERM_CCAA);
    __m512i const high = _mm512_mask_shuffle_epi32(c2[k], 0xaaaa, c3[k], _MM_PERM_CCAA);
    _mm512_storeu_si512(out + 128 * k, _mm512_unpacklo_epi64(low, high));
    _mm512_storeu_si512(out + 128 * k + 64, _mm512_unpackhi_epi64(low, high));
  }
}

/// Nothing for roundings that need none.
template <class Rounding>
struct random_64 {
  random_64(Rounding const&, random_keys<Rounding> const&) noexcept {}
  /// N bits in the low end of each lane, for elements 16 j to 16 j + 15.
  __m512i lanes(std::size_t) const noexcept { return _mm512_setzero_si512(); }
};

template <int N>
struct random_64<rounding::basic_stochastic<rounding::variant::a, N, counter_hash>> {
  using rounding_type = rounding::basic_stochastic<rounding::variant::a, N, counter_hash>;

  random_64(rounding_type const& r, random_keys<rounding_type> const&) noexcept {
    auto const low = static_cast<std::uint32_t>(r.index);
    __m512i const iota = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    std::uint32_t const base = counter_hash::base(r.seed, r.index);
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      counters_[j] = _mm512_add_epi32(iota, splat(low + base + 16U * static_cast<std::uint32_t>(j)));
    }
    if (!shares_hash_base(r.index, 64)) {  // where the index's upper half changes, so does the base
      __m512i const change = splat(counter_hash::base(r.seed, r.index + 63U) - base);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        __m512i const index = _mm512_sub_epi32(counters_[j], splat(base));
        __mmask16 const wrapped = _mm512_cmplt_epu32_mask(index, splat(low));
        counters_[j] = _mm512_mask_add_epi32(counters_[j], wrapped, counters_[j], change);
      }
    }
  }

  __m512i lanes(std::size_t j) const noexcept {
    __m512i x = counters_[j];
    x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 16));
    x = _mm512_mullo_epi32(x, splat(counter_hash::multiplier0));
    x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 15));
    x = _mm512_mullo_epi32(x, splat(counter_hash::multiplier1));
    if constexpr (N > 16) {  // it leaves the upper half as it is
      x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 16));
    }
    return _mm512_srli_epi32(x, 32 - N);
  }

 private:
  __m512i counters_[4];
};

/// The N-bit integers from `from` on.
template <int N>
struct random_in_memory {
  std::uint8_t const* from;

  __m512i lanes(std::size_t j) const noexcept {
    std::uint8_t const* const at = from + 16 * j * (N / 8);
    if constexpr (N == 8) {
      return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<__m128i const*>(at)));
    } else if constexpr (N == 16) {
      return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(at)));
    } else {
      return _mm512_loadu_si512(at);
    }
  }
};

template <int N>
struct random_64<rounding::basic_stochastic<rounding::variant::a, N, philox>> {
  using rounding_type = rounding::basic_stochastic<rounding::variant::a, N, philox>;

  random_64(rounding_type const& r, random_keys<rounding_type> const& keys) noexcept
      : offset_(r.index % stream::in_block) {
    std::uint64_t const first = r.index / stream::in_block;
#pragma GCC unroll 3
    for (std::size_t i = 0; i < stream::draws; ++i) {
      if (i < stream::aligned_draws || offset_ != 0) {
        philox_blocks<1>(keys, first + 8 * i, stream::last_block, bytes_ + 128 * i);
      }
    }
  }

  __m512i lanes(std::size_t j) const noexcept { return random_in_memory<N>{bytes_ + offset_ * (N / 8)}.lanes(j); }

 private:
  using stream = philox_stream<N>;
  alignas(64) std::uint8_t bytes_[128 * stream::draws];  // a draw is eight blocks
  std::size_t offset_;
};

/// Roundings that draw more quickly for 256 elements at once.
template <class Rounding>
class random_256;

template <int N>
class random_256<rounding::basic_stochastic<rounding::variant::a, N, philox>> {
 public:
  using rounding_type = rounding::basic_stochastic<rounding::variant::a, N, philox>;

  random_256(rounding_type const& r, random_keys<rounding_type> const& keys) noexcept
      : offset_(r.index % stream::in_block) {
    std::uint64_t const first = r.index / stream::in_block;
    for (std::size_t i = 0; i < draws; i += chains) {
      philox_blocks<chains>(keys, first + 8 * i, stream::last_block, bytes_ + 128 * i);
    }
    if (offset_ != 0) {
      philox_blocks<1>(keys, first + 8 * draws, stream::last_block, bytes_ + 128 * draws);
    }
  }

  /// Of elements 64 b to 64 b + 63.
  random_in_memory<N> part(std::size_t b) const noexcept { return {bytes_ + (offset_ + 64 * b) * (N / 8)}; }

 private:
  using stream = philox_stream<N>;
  static constexpr std::size_t draws = std::size_t{256} * N / 8 / 128;
  static constexpr std::size_t chains = draws < 4 ? draws : 4;
  alignas(64) std::uint8_t bytes_[128 * (draws + 1)];
  std::size_t offset_;
};

template <class Rounding>
concept draws_256 = requires(Rounding const& r, random_keys<Rounding> const& keys) {
  random_256<Rounding>(r, keys);
};

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

LOWP_TARGET_END

#endif
