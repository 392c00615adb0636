// SPDX-License-Identifier: Apache-2.0
//
// NEON: the random bits of neighbouring elements, 16 at a time, those that the generators give one by one.
//
//   instruction     what it gives
//   umull, umull2   Philox: the products of 64 bits, for four blocks at once
//   st4             their words in order
//   mul             the counter hash
#pragma once

#include <lowp/isa/neon/target.hpp>

#if LOWP_NEON

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/random/counter_hash.hpp>
#include <lowp/random/philox.hpp>

namespace lowp::inline LOWP_ABI::kernel::neon {

inline uint32x4_t splat(std::uint32_t x) noexcept { return vdupq_n_u32(x); }

/// Philox blocks first to first + 3, 64 bytes in order; block numbers are taken modulo `last` + 1, a power of two.
inline void philox_blocks(philox_keys const& keys, std::uint64_t first, std::uint64_t last,
                          std::uint8_t* out) noexcept {
  // Lane b belongs to block b.
  std::uint64_t const numbers[4] = {first & last, (first + 1) & last, (first + 2) & last, (first + 3) & last};
  uint32x4_t const low = vreinterpretq_u32_u64(vld1q_u64(numbers));
  uint32x4_t const high = vreinterpretq_u32_u64(vld1q_u64(numbers + 2));
  uint32x4x4_t c{{vuzp1q_u32(low, high), vuzp2q_u32(low, high), splat(0), splat(0)}};
#pragma GCC unroll 10
  for (std::size_t round = 0; round < 10; ++round) {
    // Four products in two registers of 64-bit lanes; then their lower halves in one, their upper halves in another.
    uint32x4_t const a = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(c.val[0]), vdup_n_u32(philox::multiplier0)));
    uint32x4_t const b = vreinterpretq_u32_u64(vmull_high_u32(c.val[0], splat(philox::multiplier0)));
    uint32x4_t const d = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(c.val[2]), vdup_n_u32(philox::multiplier1)));
    uint32x4_t const e = vreinterpretq_u32_u64(vmull_high_u32(c.val[2], splat(philox::multiplier1)));
    uint32x4_t const word0 = veorq_u32(veorq_u32(vuzp2q_u32(d, e), c.val[1]), splat(keys.first[round]));
    uint32x4_t const word2 = veorq_u32(veorq_u32(vuzp2q_u32(a, b), c.val[3]), splat(keys.second[round]));
    c.val[0] = word0;
    c.val[1] = vuzp1q_u32(d, e);
    c.val[2] = word2;
    c.val[3] = vuzp1q_u32(a, b);
  }
  std::uint32_t words[16];
  vst4q_u32(words, c);
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    vst1q_u8(out + 16 * j, vreinterpretq_u8_u32(vld1q_u32(words + 4 * j)));
  }
}

/// Nothing for roundings that need none.
template <class Rounding>
class random_stream {
 public:
  explicit random_stream(Rounding const&) noexcept {}
  /// N bits in the low end of each lane, for the next 16 elements.
  void next(uint32x4_t (&bits)[4]) noexcept { bits[0] = bits[1] = bits[2] = bits[3] = splat(0); }
};

template <int N>
class random_stream<rounding::basic_stochastic<rounding::variant::a, N, counter_hash>> {
  using rounding_type = rounding::basic_stochastic<rounding::variant::a, N, counter_hash>;

 public:
  explicit random_stream(rounding_type const& r) noexcept : seed_(r.seed), index_(r.index) {}

  void next(uint32x4_t (&bits)[4]) noexcept {
    constexpr std::uint32_t iota[4] = {0, 1, 2, 3};
    auto const low = static_cast<std::uint32_t>(index_);
    std::uint32_t const base = counter_hash::base(seed_, index_);
    // Where the index's upper half changes, so does the base.
    std::uint32_t const change = shares_hash_base(index_, 16) ? 0U : counter_hash::base(seed_, index_ + 15U) - base;
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      uint32x4_t const lower = vaddq_u32(vld1q_u32(iota), splat(low + 4U * static_cast<std::uint32_t>(j)));
      uint32x4_t const wrapped = vcltq_u32(lower, splat(low));
      uint32x4_t x = vaddq_u32(vaddq_u32(lower, splat(base)), vandq_u32(wrapped, splat(change)));
      x = veorq_u32(x, vshrq_n_u32(x, 16));
      x = vmulq_u32(x, splat(counter_hash::multiplier0));
      x = veorq_u32(x, vshrq_n_u32(x, 15));
      x = vmulq_u32(x, splat(counter_hash::multiplier1));
      if constexpr (N > 16) {  // it leaves the upper half as it is
        x = veorq_u32(x, vshrq_n_u32(x, 16));
      }
      bits[j] = N == 32 ? x : vshrq_n_u32(x, N == 32 ? 1 : 32 - N);
    }
    index_ += 16;
  }

 private:
  std::uint64_t seed_;
  std::uint64_t index_;
};

template <int N>
class random_stream<rounding::basic_stochastic<rounding::variant::a, N, philox>> {
  using rounding_type = rounding::basic_stochastic<rounding::variant::a, N, philox>;

 public:
  explicit random_stream(rounding_type const& r) noexcept
      : keys_(r), block_(r.index / stream::in_block), at_(r.index % stream::in_block * (N / 8)) {
    draw(0);
  }

  /// The blocks are a stream of N-bit integers, little-endian.
  void next(uint32x4_t (&bits)[4]) noexcept {
    constexpr std::size_t needed = 16 * (N / 8);
    if (end_ - at_ < needed) {  // what is left to the front, 64 bytes behind it
      std::size_t const left = end_ - at_;
      uint8x16_t const kept[4] = {vld1q_u8(bytes_ + at_), vld1q_u8(bytes_ + at_ + 16), vld1q_u8(bytes_ + at_ + 32),
                                  vld1q_u8(bytes_ + at_ + 48)};
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        vst1q_u8(bytes_ + 16 * j, kept[j]);
      }
      at_ = 0;
      draw(left);
    }
    std::uint8_t const* const from = bytes_ + at_;
    at_ += needed;
    if constexpr (N == 8) {
      uint8x16_t const all = vld1q_u8(from);
      uint16x8_t const a = vmovl_u8(vget_low_u8(all));
      uint16x8_t const b = vmovl_high_u8(all);
      widen(a, b, bits);
    } else if constexpr (N == 16) {
      widen(vreinterpretq_u16_u8(vld1q_u8(from)), vreinterpretq_u16_u8(vld1q_u8(from + 16)), bits);
    } else {
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        bits[j] = vreinterpretq_u32_u8(vld1q_u8(from + 16 * j));
      }
    }
  }

 private:
  using stream = philox_stream<N>;

  /// Four more blocks to bytes_ + to; element indices wrap at 2^64.
  void draw(std::size_t to) noexcept {
    philox_blocks(keys_, block_, stream::last_block, bytes_ + to);
    block_ += 4;
    end_ = to + 64;
  }

  static void widen(uint16x8_t a, uint16x8_t b, uint32x4_t (&bits)[4]) noexcept {
    bits[0] = vmovl_u16(vget_low_u16(a));
    bits[1] = vmovl_high_u16(a);
    bits[2] = vmovl_u16(vget_low_u16(b));
    bits[3] = vmovl_high_u16(b);
  }

  random_keys<rounding_type> keys_;
  std::uint64_t block_;  // the next to draw
  std::size_t at_;       // of the next element's bits in bytes_
  std::size_t end_ = 0;
  std::uint8_t bytes_[192] = {};
};

}  // namespace lowp::inline LOWP_ABI::kernel::neon

#endif
