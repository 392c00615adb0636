// SPDX-License-Identifier: Apache-2.0
//
// NEON tiles, 16 columns at a time.
//
//   instruction       what it gives
//   fmla (by lane)    4 columns of one row and one k
//   smlal, smlal2     16 products in 16 sums of 16 bits, which hold 16 of them where weights do not exceed 15
//   smull, sadalp     16 products, added in pairs to sums of 32 bits: any weights
//   tbl               16 lookups in a table of 16 bytes; a float takes 2 of them, or 4
//   ld4               the bytes of 16 words apart: one of them holds two elements of 16 columns
#pragma once

#include <lowp/isa/neon/target.hpp>

#if LOWP_NEON

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include <lowp/base/config.hpp>
#include <lowp/isa/neon/decode.hpp>
#include <lowp/isa/neon/encode.hpp>
#include <lowp/kernel/gemm_tile.hpp>
#include <lowp/kernel/slots.hpp>

namespace lowp::inline LOWP_ABI::kernel::neon {

LOWP_ALWAYS_INLINE bool starts(gemm_tile const& t) noexcept {
  return t.part == gemm_part::whole || t.part == gemm_part::first;
}
LOWP_ALWAYS_INLINE bool finishes(gemm_tile const& t) noexcept {
  return t.part == gemm_part::whole || t.part == gemm_part::last;
}

/// sum + w * x[Lane], rounded once: the instruction itself, which no flag rearranges.
template <std::size_t Lane>
LOWP_ALWAYS_INLINE void fma_lane(float32x4_t& sum, float32x4_t w, float32x4_t x) noexcept {
  __asm__("fmla %0.4s, %1.4s, %2.s[%c3]" : "+w"(sum) : "w"(w), "w"(x), "i"(Lane));
}
LOWP_ALWAYS_INLINE float32x4_t fma(float32x4_t a, float32x4_t b, float32x4_t sum) noexcept {
  __asm__("fmla %0.4s, %1.4s, %2.4s" : "+w"(sum) : "w"(a), "w"(b));
  return sum;
}

/// The 2 N words of activations that one step of bytes, or two k of floats, take.
template <std::size_t N>
using activation_words = std::uint32_t[(2 * N + 3) / 4 * 4];
template <std::size_t N>
inline constexpr std::size_t activation_registers = (2 * N + 3) / 4;

template <std::size_t N>
LOWP_ALWAYS_INLINE void load_activations(std::byte const* from, uint32x4_t (&x)[activation_registers<N>]) noexcept {
  auto const* const words = reinterpret_cast<std::uint8_t const*>(from);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < N / 2; ++i) {
    x[i] = vreinterpretq_u32_u8(vld1q_u8(words + 16 * i));
  }
  if constexpr (N % 2 != 0) {
    x[N / 2] = vreinterpretq_u32_u8(vcombine_u8(vld1_u8(words + 8 * N - 8), vdup_n_u8(0)));
  }
}

/// The sums of a segment into acc, for 16 columns from `column` on: units, activation scales, weight scales.
template <std::size_t R>
LOWP_ALWAYS_INLINE void add_segment(gemm_tile const& t, std::size_t s, std::size_t column,
                                    float32x4_t (&dots)[R][4]) noexcept {
  for (float const* const factors : {t.units, t.activation_scales}) {
    if (factors != nullptr) {
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
        float32x4_t const factor = vdupq_n_f32(factors[s * R + r]);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < 4; ++v) {
          dots[r][v] = opaque(vmulq_f32(dots[r][v], factor));
        }
      }
    }
  }
  float const* const scales = t.weight_scales + t.segments[s].weight_group * panel::columns + column;
#pragma GCC unroll 4
  for (std::size_t v = 0; v < 4; ++v) {
    float32x4_t const scale = vld1q_f32(scales + 4 * v);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r) {
      float* const acc = t.acc + r * panel::columns + column + 4 * v;
      vst1q_f32(acc, fma(dots[r][v], scale, vld1q_f32(acc)));
    }
  }
}

// --- Floats ----------------------------------------------------------------------------------------------------------

/// One k: 16 columns times R rows, whose elements stand from lane `First` of x on.
template <std::size_t First, std::size_t R, std::size_t X, std::size_t... Row>
LOWP_ALWAYS_INLINE void fma_rows(float32x4_t const (&w)[4], uint32x4_t const (&x)[X], float32x4_t (&sums)[R][4],
                                 std::index_sequence<Row...>) noexcept {
#pragma GCC unroll 4
  for (std::size_t v = 0; v < 4; ++v) {
    (fma_lane<(First + Row) % 4>(sums[Row][v], w[v], vreinterpretq_f32_u32(x[(First + Row) / 4])), ...);
  }
}

LOWP_ALWAYS_INLINE void load_floats(float const* from, float32x4_t (&x)[4]) noexcept {
#pragma GCC unroll 4
  for (std::size_t v = 0; v < 4; ++v) {
    x[v] = vld1q_f32(from + 4 * v);
  }
}

template <std::size_t R>
LOWP_ALWAYS_INLINE void begin_floats(gemm_tile const& t, std::size_t column, float32x4_t (&sums)[R][4]) noexcept {
  auto const* const dots = t.dots == nullptr ? nullptr : static_cast<float const*>(t.dots) + column;
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      sums[r][v] = starts(t) ? vdupq_n_f32(0.0F) : vld1q_f32(dots + r * panel::columns + 4 * v);
    }
  }
}

template <std::size_t R>
LOWP_ALWAYS_INLINE void end_floats(gemm_tile const& t, std::size_t s, std::size_t column,
                                   float32x4_t (&sums)[R][4]) noexcept {
  if (finishes(t)) {
    add_segment(t, s, column, sums);
    return;
  }
  auto* const dots = static_cast<float*>(t.dots) + column;
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      vst1q_f32(dots + r * panel::columns + 4 * v, sums[r][v]);
    }
  }
}

/// R rows from a panel of floats.
template <std::size_t R>
void float_tile(gemm_tile const& t) noexcept {
  constexpr auto rows = std::make_index_sequence<R>{};
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    for (std::size_t column = 0; column < panel::columns; column += 16) {
      auto const* w = reinterpret_cast<float const*>(t.weights) + first * panel::step * panel::columns + column;
      std::byte const* a = t.activations + first * t.activation_step_bytes;
      float32x4_t sums[R][4];
      begin_floats(t, column, sums);
      for (std::size_t k = 0; k < t.segments[s].length; k += 2) {  // of a pair, the second element comes first
        uint32x4_t x[activation_registers<R>];
        float32x4_t b[4];
        load_activations<R>(a, x);
        load_floats(w + panel::columns, b);
        fma_rows<R>(b, x, sums, rows);
        load_floats(w, b);
        fma_rows<0>(b, x, sums, rows);
        w += 2 * panel::columns;
        a += 2 * R * sizeof(float);
      }
      end_floats(t, s, column, sums);
    }
  }
}

// --- Bytes -----------------------------------------------------------------------------------------------------------

/// The upper bit of every weight where it has to be flipped; see byte_starts.
LOWP_ALWAYS_INLINE uint8x16_t flip_of(weight_tables const& tables) noexcept {
  return vdupq_n_u8(tables.integers_are_small ? 0 : 0x80);
}

/// Where 16 columns of N = R * P rows of digits, sums[plane * R + row], start: at what the weights' offset adds too much,
/// taken back, or where the part before left off.
///
/// Products here are of signed bytes. Weights that exceed 15 are read as w - 128, with the upper bit flipped; 128 times the
/// sum of a row's digits makes up for it. The decoders flip, and where none has been at work, the tiles.
template <std::size_t R, std::size_t N>
class byte_starts {
 public:
  byte_starts(gemm_tile const& t, std::size_t s, std::size_t steps) noexcept : tile_(t) {
    if (!t.tables->integers_are_small) {
      std::byte const* a = t.activations + t.segments[s].first_step * t.activation_step_bytes;
      int32x4_t totals[activation_registers<N>];
      for (int32x4_t& total : totals) {
        total = vdupq_n_s32(0);
      }
      for (std::size_t step = 0; step < steps; ++step, a += t.activation_step_bytes) {
        uint32x4_t x[activation_registers<N>];
        load_activations<N>(a, x);
#pragma GCC unroll 4
        for (std::size_t i = 0; i < activation_registers<N>; ++i) {
          totals[i] = vpadalq_s16(totals[i], vpaddlq_s8(vreinterpretq_s8_u32(x[i])));
        }
      }
      activation_words<N> words;
#pragma GCC unroll 4
      for (std::size_t i = 0; i < activation_registers<N>; ++i) {
        vst1q_u32(words + 4 * i, vreinterpretq_u32_s32(totals[i]));
      }
      for (std::size_t i = 0; i < N; ++i) {  // a word of either quad
        starts_[i] = (words[i] + words[N + i]) * 128U;
      }
    }
    for (std::size_t r = 0; r < R && starts(t); ++r) {
      starts_[r] -= static_cast<std::uint32_t>(t.corrections[s * R + r]);
    }
  }

  LOWP_ALWAYS_INLINE void load(std::size_t column, int32x4_t (&sums)[N][4]) const noexcept {
    auto const* const dots = tile_.dots == nullptr ? nullptr : static_cast<std::int32_t const*>(tile_.dots) + column;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
      int32x4_t const start = vreinterpretq_s32_u32(vdupq_n_u32(starts_[i]));
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) {
        sums[i][v] = starts(tile_) ? start : vaddq_s32(start, vld1q_s32(dots + i * panel::columns + 4 * v));
      }
    }
  }

 private:
  gemm_tile const& tile_;
  std::uint32_t starts_[N] = {};
};

/// The end of a segment: digits joined, one rounding.
template <std::size_t R, std::size_t N>
LOWP_ALWAYS_INLINE void end_bytes(gemm_tile const& t, std::size_t s, std::size_t column,
                                  int32x4_t const (&sums)[N][4]) noexcept {
  if (!finishes(t)) {
    auto* const dots = static_cast<std::int32_t*>(t.dots) + column;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) {
        vst1q_s32(dots + i * panel::columns + 4 * v, sums[i][v]);
      }
    }
    return;
  }
  float32x4_t floats[R][4];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      int32x4_t sum = sums[r][v];
      if constexpr (N >= 2 * R) {
        sum = vaddq_s32(sum, vshlq_n_s32(sums[R + r][v], 8));
      }
      if constexpr (N >= 3 * R) {
        sum = vaddq_s32(sum, vshlq_n_s32(sums[2 * R + r][v], 16));
      }
      floats[r][v] = vcvtq_f32_s32(sum);
    }
  }
  add_segment(t, s, column, floats);
}

/// Instructions as statements of their own form, in this order: GCC 12 would copy the halves of registers, load ahead, and
/// spill.
LOWP_ALWAYS_INLINE void multiply_add(int16x8_t (&sums)[2], int8x16_t w, int8x16_t x) noexcept {
  __asm__ volatile("smlal %0.8h, %1.8b, %2.8b" : "+w"(sums[0]) : "w"(w), "w"(x));
  __asm__ volatile("smlal2 %0.8h, %1.16b, %2.16b" : "+w"(sums[1]) : "w"(w), "w"(x));
}
LOWP_ALWAYS_INLINE void add_pairs(int32x4_t (&sums)[2], int8x16_t w, int8x16_t x) noexcept {
  int16x8_t low;
  int16x8_t high;
  __asm__ volatile("smull %0.8h, %1.8b, %2.8b" : "=w"(low) : "w"(w), "w"(x));
  __asm__ volatile("smull2 %0.8h, %1.16b, %2.16b" : "=w"(high) : "w"(w), "w"(x));
  __asm__ volatile("sadalp %0.4s, %1.8h" : "+w"(sums[0]) : "w"(low));
  __asm__ volatile("sadalp %0.4s, %1.8h" : "+w"(sums[1]) : "w"(high));
}

/// The words of N rows, each four times.
template <std::size_t N>
LOWP_ALWAYS_INLINE void repeat_words(std::byte const* from, int8x16_t (&x)[N]) noexcept {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < N; ++i) {
    std::uint32_t word;
    std::memcpy(&word, from + 4 * i, 4);
    x[i] = vreinterpretq_s8_u32(vdupq_n_u32(word));
  }
}

/// Products of a quad, widened to 16 bits, in two halves of every register.
template <std::size_t N>
LOWP_ALWAYS_INLINE void add_small_quad(std::uint8_t const* w, std::byte const* a,
                                       int16x8_t (&words)[N][4][2]) noexcept {
  int8x16_t x[N];
  repeat_words(a, x);
#pragma GCC unroll 4
  for (std::size_t v = 0; v < 4; ++v) {
    int8x16_t const b = vreinterpretq_s8_u8(vld1q_u8(w + 16 * v));
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
      multiply_add(words[i][v], b, x[i]);
    }
  }
}

/// Weights up to 15: sums of 16 bits over 16 quads, 15 * 128 each, stay below 2^15. The sums of 32 bits wait in memory
/// meanwhile.
template <std::size_t N>
LOWP_ALWAYS_INLINE void small_products(std::uint8_t const* w, std::byte const* a, std::size_t step_bytes,
                                       std::size_t steps, int32x4_t (&sums)[N][4]) noexcept {
  constexpr std::size_t most_steps = 8;
  std::int32_t waiting[N][16];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      vst1q_s32(waiting[i] + 4 * v, sums[i][v]);
    }
  }
  for (std::size_t begin = 0; begin < steps; begin += most_steps) {
    int16x8_t words[N][4][2];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) {
        words[i][v][0] = vdupq_n_s16(0);
        words[i][v][1] = vdupq_n_s16(0);
      }
    }
    std::size_t const count = steps - begin < most_steps ? steps - begin : most_steps;
    for (std::size_t step = 0; step < count; ++step) {
      add_small_quad(w, a, words);
      add_small_quad(w + 4 * panel::columns, a + 4 * N, words);
      w += 8 * panel::columns;
      a += step_bytes;
    }
    __asm__("" : : "r"(&waiting[0][0]) : "memory");
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) {  // two sums a column side by side
        int32x4_t const more = vpaddq_s32(vpaddlq_s16(words[i][v][0]), vpaddlq_s16(words[i][v][1]));
        vst1q_s32(waiting[i] + 4 * v, vaddq_s32(vld1q_s32(waiting[i] + 4 * v), more));
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      sums[i][v] = vld1q_s32(waiting[i] + 4 * v);
    }
  }
}

/// Products of a quad, added in pairs to sums of 32 bits: two of -128 * -128 would leave 16 bits.
template <std::size_t N>
LOWP_ALWAYS_INLINE void add_quad(std::uint8_t const* w, uint8x16_t flip, std::byte const* a,
                                 int32x4_t (&pairs)[N][4][2]) noexcept {
  int8x16_t x[N];
  repeat_words(a, x);
#pragma GCC unroll 4
  for (std::size_t v = 0; v < 4; ++v) {
    int8x16_t const b = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(w + 16 * v), flip));
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
      add_pairs(pairs[i][v], b, x[i]);
    }
  }
}

/// Any weights.
template <std::size_t N>
LOWP_ALWAYS_INLINE void products(std::uint8_t const* w, uint8x16_t flip, std::byte const* a, std::size_t step_bytes,
                                 std::size_t steps, int32x4_t (&sums)[N][4]) noexcept {
  int32x4_t pairs[N][4][2];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      pairs[i][v][0] = vdupq_n_s32(0);
      pairs[i][v][1] = vdupq_n_s32(0);
    }
  }
  for (std::size_t step = 0; step < steps; ++step) {
    add_quad(w, flip, a, pairs);
    add_quad(w + 4 * panel::columns, flip, a + 4 * N, pairs);
    w += 8 * panel::columns;
    a += step_bytes;
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      sums[i][v] = vaddq_s32(sums[i][v], vpaddq_s32(pairs[i][v][0], pairs[i][v][1]));
    }
  }
}

/// R rows in P planes from a panel of bytes.
template <std::size_t R, std::size_t P>
void byte_tile(gemm_tile const& t) noexcept {
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    std::size_t const steps = (t.segments[s].length + panel::step - 1) / panel::step;
    byte_starts<R, R * P> const start(t, s, steps);
    std::byte const* const a = t.activations + first * t.activation_step_bytes;
    for (std::size_t column = 0; column < panel::columns; column += 16) {
      std::uint8_t const* const w = t.weights + first * 8 * panel::columns + 4 * column;
      int32x4_t sums[R * P][4];
      start.load(column, sums);
      if (t.tables->integers_are_small) {
        small_products(w, a, t.activation_step_bytes, steps, sums);
      } else {
        uint8x16_t const flip = t.weights_are_codes ? flip_of(*t.tables) : vdupq_n_u8(0);
        products(w, flip, a, t.activation_step_bytes, steps, sums);
      }
      end_bytes<R>(t, s, column, sums);
    }
  }
}

// --- Panels ----------------------------------------------------------------------------------------------------------

/// 64 bytes: byte i of 16 words in register i. (GCC 12 keeps a uint8x16x4_t in memory.)
LOWP_ALWAYS_INLINE void load_apart(void const* from, uint8x16_t (&bytes)[4]) noexcept {
  uint8x16x4_t const loaded = vld4q_u8(static_cast<std::uint8_t const*>(from));
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[i] = loaded.val[i];
  }
}

/// The values of 16 codes from 0 to 15 by table.
class value_lookup {
 public:
  explicit value_lookup(weight_tables const& tables) noexcept { load_apart(tables.values.data(), bytes_); }

  LOWP_ALWAYS_INLINE void operator()(uint8x16_t codes, float32x4_t (&x)[4]) const noexcept {
    join(vqtbl1q_u8(bytes_[3], codes), vqtbl1q_u8(bytes_[2], codes), vqtbl1q_u8(bytes_[1], codes),
         vqtbl1q_u8(bytes_[0], codes), x);
  }

 private:
  uint8x16_t bytes_[4];  // byte i of all values
};

/// The same for values whose lower bytes are zero.
class upper_value_lookup {
 public:
  explicit upper_value_lookup(weight_tables const& tables) noexcept {
    uint8x16_t bytes[4];
    load_apart(tables.values.data(), bytes);
    top_ = bytes[3];
    second_ = bytes[2];
  }

  LOWP_ALWAYS_INLINE void operator()(uint8x16_t codes, float32x4_t (&x)[4]) const noexcept {
    join(vqtbl1q_u8(top_, codes), vqtbl1q_u8(second_, codes), x);
  }

 private:
  uint8x16_t top_;
  uint8x16_t second_;
};

/// Nibble i of 16 words whose bytes were loaded apart.
LOWP_ALWAYS_INLINE uint8x16_t nibble_of(uint8x16_t const (&bytes)[4], std::size_t i) noexcept {
  return i % 2 == 0 ? vandq_u8(bytes[i / 2], vdupq_n_u8(15)) : vshrq_n_u8(bytes[i / 2], 4);
}

template <class Lookup>
LOWP_ALWAYS_INLINE void nibbles_to_floats(std::uint8_t const* weights, std::size_t steps, Lookup const& values,
                                          float* out) noexcept {
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t column = 0; column < panel::columns; column += 16) {
      uint8x16_t words[4];
      load_apart(weights + 4 * column, words);
#pragma GCC unroll 8
      for (std::size_t k = 0; k < panel::step; ++k) {
        float32x4_t x[4];
        values(nibble_of(words, panel::nibble_of(k)), x);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < 4; ++v) {
          vst1q_f32(out + k * panel::columns + column + 4 * v, x[v]);
        }
      }
    }
    weights += panel::step_bytes(panel::width::nibble);
    out += panel::step * panel::columns;
  }
}

inline void nibbles_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                              std::byte* panel, std::uint8_t const*) noexcept {
  auto* const out = reinterpret_cast<float*>(panel);
  if (tables.fit_bfloat16) {
    nibbles_to_floats(weights, steps, upper_value_lookup(tables), out);
  } else {
    nibbles_to_floats(weights, steps, value_lookup(tables), out);
  }
}

/// One lookup a code: 256 floats are more than tbl can hold.
inline void bytes_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                            std::byte* panel, std::uint8_t const*) noexcept {
  auto* out = reinterpret_cast<float*>(panel);
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t half = 0; half < 2; ++half) {
      for (std::size_t column = 0; column < panel::columns; ++column, weights += 4) {
#pragma GCC unroll 4
        for (std::size_t j = 0; j < 4; ++j) {  // k0 k4 k1 k5, then k2 k6 k3 k7
          std::size_t const k = half * 2 + j % 2 * 4 + j / 2;
          out[k * panel::columns + column] = tables.values[weights[j]];
        }
      }
    }
    out += panel::step * panel::columns;
  }
}

/// Words of two numbers of 16 bits: the two k of a pair.
inline void half_words_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                                 std::byte* panel, std::uint8_t const*) noexcept {
  bool const binary16 = tables.half_words == half_word::binary16;
  auto* out = reinterpret_cast<float*>(panel);
  for (std::size_t i = 0; i < steps * panel::step / 2; ++i) {
#pragma GCC unroll 4
    for (std::size_t column = 0; column < panel::columns; column += 4, weights += 16) {
      uint32x4_t const words = vreinterpretq_u32_u8(vld1q_u8(weights));
      float32x4_t even = vreinterpretq_f32_u32(vshlq_n_u32(words, 16));
      float32x4_t odd = vreinterpretq_f32_u32(vandq_u32(words, vdupq_n_u32(0xffff'0000U)));
      if (binary16) {
        even = vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(words)));
        odd = vcvt_f32_f16(vreinterpret_f16_u16(vshrn_n_u32(words, 16)));
      }
      vst1q_f32(out + column, even);
      vst1q_f32(out + panel::columns + column, odd);
    }
    out += 2 * panel::columns;
  }
}

inline void nibbles_to_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                             std::byte* panel, std::uint8_t const*) noexcept {
  uint8x16_t const table = veorq_u8(vld1q_u8(tables.integers.data()), flip_of(tables));
  auto* out = reinterpret_cast<std::uint8_t*>(panel);
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t at = 0; at < 4 * panel::columns; at += 16) {
      uint8x16_t const codes = vld1q_u8(weights + at);
      vst1q_u8(out + at, vqtbl1q_u8(table, vandq_u8(codes, vdupq_n_u8(15))));
      vst1q_u8(out + 4 * panel::columns + at, vqtbl1q_u8(table, vshrq_n_u8(codes, 4)));
    }
    weights += panel::step_bytes(panel::width::nibble);
    out += 8 * panel::columns;
  }
}

inline void bytes_to_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                           std::byte* panel, std::uint8_t const*) noexcept {
  std::byte const flip{vgetq_lane_u8(flip_of(tables), 0)};
  for (std::size_t i = 0; i < steps * 8 * panel::columns; ++i) {
    panel[i] = static_cast<std::byte>(tables.integers[weights[i]]) ^ flip;
  }
}

inline void copy_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables, std::byte* panel,
                       std::uint8_t const*) noexcept {
  uint8x16_t const flip = flip_of(tables);
  auto* const out = reinterpret_cast<std::uint8_t*>(panel);
  for (std::size_t i = 0; i < steps * 8 * panel::columns; i += 16) {
    vst1q_u8(out + i, veorq_u8(vld1q_u8(weights + i), flip));
  }
}

inline constexpr gemm_kernels float_kernels = [] {
  gemm_kernels k{};
  k.isa = isa::neon::name;
  k.instruction = "fmla";
  k.step_bytes = panel::step * panel::columns * sizeof(float);
  k.planes[0].from_panel[1] = &float_tile<1>;
  k.planes[0].from_panel[2] = &float_tile<2>;
  k.planes[0].from_panel[4] = &float_tile<4>;
  k.planes[0].from_panel[6] = &float_tile<6>;
  k.decode_nibbles = &nibbles_to_floats;
  k.decode_bytes = &bytes_to_floats;
  k.decode_half_words = &half_words_to_floats;
  return k;
}();

inline constexpr gemm_kernels byte_kernels = [] {
  gemm_kernels k{};
  k.isa = isa::neon::name;
  k.instruction = "smlal / sadalp";
  k.step_bytes = panel::step * panel::columns;
  k.planes[0].from_panel[1] = &byte_tile<1, 1>;
  k.planes[0].from_panel[2] = &byte_tile<2, 1>;
  k.planes[0].from_panel[3] = &byte_tile<3, 1>;
  k.planes[1].from_panel[1] = &byte_tile<1, 2>;
  k.planes[2].from_panel[1] = &byte_tile<1, 3>;
  k.decode_nibbles = &nibbles_to_bytes;
  k.decode_bytes = &bytes_to_bytes;
  k.copy_bytes = &copy_bytes;
  return k;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::neon

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct gemm_slot<isa::neon, operand::float32> {
  using served_by = isa::neon;
  static constexpr gemm_kernels const* kernels() noexcept { return &neon::float_kernels; }
};

template <>
struct gemm_slot<isa::neon, operand::int8> {
  using served_by = isa::neon;
  static constexpr gemm_kernels const* kernels() noexcept { return &neon::byte_kernels; }
};

}  // namespace lowp::inline LOWP_ABI::kernel

#endif
