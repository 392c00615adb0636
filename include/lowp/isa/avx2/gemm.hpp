// SPDX-License-Identifier: Apache-2.0
//
// AVX2 tiles, 16 columns at a time.
//
//   instruction      what it gives
//   vfmadd231ps      8 columns of one row and one k, 2 a clock
//   vpmaddubsw       32 products of weights up to 15 in 16 sums of 16 bits, of which 8 fit before vpmaddwd widens them
//   vpmaddwd         16 products of words, for wider weights, whose pairs vpmaddubsw would saturate
//   vpermps          8 lookups: a table of 16 floats takes two and a blend
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/config.hpp>
#include <lowp/isa/avx2/opaque.hpp>
#include <lowp/kernel/gemm_tile.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// +0 that the compiler does not know to be one: under -ffast-math it would turn the first fma of a sum into a product.
LOWP_ALWAYS_INLINE __m256 opaque_zero() noexcept {
  __m256 zero = _mm256_setzero_ps();
  __asm__ volatile("" : "+x"(zero));  // volatile: made here, not kept in a register through the loop
  return zero;
}

/// Asks for the cache lines of `bytes` bytes, if there is something to ask for; returns what follows.
LOWP_ALWAYS_INLINE std::uint8_t const* ask_for(std::uint8_t const* next, std::size_t bytes) noexcept {
  if (next == nullptr) {
    return next;
  }
  for (std::size_t i = 0; i < bytes; i += 64) {
    _mm_prefetch(reinterpret_cast<char const*>(next + i), _MM_HINT_T0);
  }
  return next + bytes;
}

LOWP_ALWAYS_INLINE bool starts(gemm_tile const& t) noexcept {
  return t.part == gemm_part::whole || t.part == gemm_part::first;
}
LOWP_ALWAYS_INLINE bool finishes(gemm_tile const& t) noexcept {
  return t.part == gemm_part::whole || t.part == gemm_part::last;
}

/// The sums of a segment into acc, for V vectors of 8 columns from `column` on: units, activation scales, weight scales.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void add_segment(gemm_tile const& t, std::size_t s, std::size_t column,
                                    __m256 (&dots)[R][V]) noexcept {
  for (float const* const factors : {t.units, t.activation_scales}) {
    if (factors != nullptr) {
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
        __m256 const factor = _mm256_set1_ps(factors[s * R + r]);
#pragma GCC unroll 8
        for (std::size_t v = 0; v < V; ++v) {
          dots[r][v] = opaque(_mm256_mul_ps(dots[r][v], factor));
        }
      }
    }
  }
  float const* const scales = t.weight_scales + t.segments[s].weight_group * panel::columns + column;
#pragma GCC unroll 8
  for (std::size_t v = 0; v < V; ++v) {
    __m256 const scale = _mm256_load_ps(scales + 8 * v);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r) {
      float* const acc = t.acc + r * panel::columns + column + 8 * v;
      _mm256_store_ps(acc, _mm256_fmadd_ps(dots[r][v], scale, _mm256_load_ps(acc)));
    }
  }
}

LOWP_ALWAYS_INLINE __m256i load(void const* from) noexcept {
  return _mm256_load_si256(static_cast<__m256i const*>(from));
}
LOWP_ALWAYS_INLINE void store(void* to, __m256i x) noexcept { _mm256_store_si256(static_cast<__m256i*>(to), x); }
LOWP_ALWAYS_INLINE __m256i broadcast(std::uint8_t const* word) noexcept {
  std::int32_t value;
  std::memcpy(&value, word, 4);
  return _mm256_set1_epi32(value);
}

/// sums += b * x, in a statement of its own form: GCC 12 would pick others, need a register more, and spill.
LOWP_ALWAYS_INLINE void add_product(__m256& sums, __m256 b, __m256 x) noexcept {
  __asm__("vfmadd231ps %2, %1, %0" : "+x"(sums) : "x"(b), "x"(x));
}

template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void fma_step(float const* w, float const* a, __m256 (&sums)[R][V]) noexcept {
  if constexpr (V > 2) {  // no registers for all vectors of weights
#pragma GCC unroll 8
    for (std::size_t v = 0; v < V; ++v) {
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
        __asm__("vfmadd231ps %2, %1, %0" : "+x"(sums[r][v]) : "x"(_mm256_set1_ps(a[r])), "m"(w[8 * v]));
      }
    }
  } else {
    __m256 const b[2] = {_mm256_load_ps(w), _mm256_load_ps(w + 8)};
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r) {
      __m256 const x = _mm256_set1_ps(a[r]);
#pragma GCC unroll 2
      for (std::size_t v = 0; v < 2; ++v) {
        add_product(sums[r][v], b[v], x);
      }
    }
  }
}

/// R rows times V vectors of 8 columns at a time, from a panel of floats. The multipliers want at least 8 sums.
template <std::size_t R, std::size_t V>
void float_tile(gemm_tile const& t) noexcept {
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    for (std::size_t column = 0; column < panel::columns; column += 8 * V) {
      auto const* w = reinterpret_cast<float const*>(t.weights) + first * panel::step * panel::columns + column;
      auto const* a = reinterpret_cast<float const*>(t.activations + first * t.activation_step_bytes);
      auto* const dots = t.dots == nullptr ? nullptr : static_cast<float*>(t.dots) + column;
      __m256 const zero = opaque_zero();
      __m256 sums[R][V];
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 8
        for (std::size_t v = 0; v < V; ++v) {
          sums[r][v] = starts(t) ? zero : _mm256_load_ps(dots + r * panel::columns + 8 * v);
        }
      }
      for (std::size_t k = 0; k < t.segments[s].length; k += 2) {  // of a pair, the second element comes first
        fma_step(w + panel::columns, a + R, sums);
        fma_step(w, a, sums);
        w += 2 * panel::columns;
        a += 2 * R;
      }
      if (finishes(t)) {
        add_segment(t, s, column, sums);
        continue;
      }
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 8
        for (std::size_t v = 0; v < V; ++v) {
          _mm256_store_ps(dots + r * panel::columns + 8 * v, sums[r][v]);
        }
      }
    }
  }
}

/// Nibbles whose values are bfloat16 numbers: a shuffle for each of the two bytes of 32 codes.
struct bfloat16_nibbles {
  __m256i low;
  __m256i high;

  LOWP_ALWAYS_INLINE static bfloat16_nibbles load(weight_tables const& tables) noexcept {
    return {_mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<__m128i const*>(tables.bfloat16_low.data()))),
            _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<__m128i const*>(tables.bfloat16_high.data())))};
  }

  /// Pairs 0 and 2 or 1 and 3 of a step of 8 columns: words of two bfloat16 numbers, the even k below.
  struct pairs {
    __m256i first;
    __m256i second;
  };
  /// `shifted`: the lower nibbles are k0 k4 k1 k5, or, 4 bits up, k2 k6 k3 k7.
  LOWP_ALWAYS_INLINE pairs operator()(__m256i shifted) const noexcept {
    __m256i const byte = _mm256_set1_epi16(255);
    __m256i const index = _mm256_and_si256(shifted, _mm256_set1_epi8(15));
    __m256i const lows = _mm256_shuffle_epi8(low, index);
    __m256i const highs = _mm256_shuffle_epi8(high, index);
    return {_mm256_or_si256(_mm256_and_si256(lows, byte), _mm256_slli_epi16(highs, 8)),
            _mm256_or_si256(_mm256_srli_epi16(lows, 8), _mm256_andnot_si256(byte, highs))};
  }
  LOWP_ALWAYS_INLINE static __m256 even(__m256i pair) noexcept {
    return _mm256_castsi256_ps(_mm256_slli_epi32(pair, 16));
  }
  LOWP_ALWAYS_INLINE static __m256 odd(__m256i pair) noexcept {
    return _mm256_castsi256_ps(_mm256_and_si256(pair, _mm256_set1_epi32(static_cast<int>(0xffff'0000U))));
  }
};

/// Any 16 floats: two lookups of 8 and a blend for 8 codes.
struct float_nibbles {
  __m256 low;
  __m256 high;

  LOWP_ALWAYS_INLINE static float_nibbles load(weight_tables const& tables) noexcept {
    return {_mm256_load_ps(tables.values.data()), _mm256_load_ps(tables.values.data() + 8)};
  }
  /// The values of element k of a step of 8 columns.
  LOWP_ALWAYS_INLINE __m256 operator()(__m256i codes, std::size_t k) const noexcept {
    auto const nibble = static_cast<int>(panel::nibble_of(k));
    __m256i const index = _mm256_srli_epi32(codes, 4 * nibble);                           // the lowest 3 bits count
    __m256 const upper = _mm256_castsi256_ps(_mm256_slli_epi32(codes, 28 - 4 * nibble));  // bit 3 as a sign
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, index), _mm256_permutevar8x32_ps(high, index), upper);
  }
};

/// A pair of 8 columns into a panel of floats.
LOWP_ALWAYS_INLINE void store_pair(float* panel, std::size_t k, __m256i pair) noexcept {
  _mm256_store_ps(panel + k * panel::columns, bfloat16_nibbles::even(pair));
  _mm256_store_ps(panel + (k + 1) * panel::columns, bfloat16_nibbles::odd(pair));
}

inline void bfloat16_nibbles_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                                       std::uint8_t const* next, float* out) noexcept {
  bfloat16_nibbles const decode = bfloat16_nibbles::load(tables);
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t v = 0; v < 8; ++v) {
      __m256i const codes = load(weights + 32 * v);
      bfloat16_nibbles::pairs const p02 = decode(codes);
      bfloat16_nibbles::pairs const p13 = decode(_mm256_srli_epi16(codes, 4));
      store_pair(out + 8 * v, 0, p02.first);
      store_pair(out + 8 * v, 2, p13.first);
      store_pair(out + 8 * v, 4, p02.second);
      store_pair(out + 8 * v, 6, p13.second);
    }
    next = ask_for(next, panel::step_bytes(panel::width::nibble));
    weights += panel::step_bytes(panel::width::nibble);
    out += panel::step * panel::columns;
  }
}

inline void nibbles_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                              std::byte* panel, std::uint8_t const* next) noexcept {
  auto* out = reinterpret_cast<float*>(panel);
  if (tables.fit_bfloat16) {
    bfloat16_nibbles_to_floats(weights, steps, tables, next, out);
    return;
  }
  float_nibbles const decode = float_nibbles::load(tables);
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t v = 0; v < 8; ++v) {
      __m256i const codes = load(weights + 32 * v);
#pragma GCC unroll 8
      for (std::size_t k = 0; k < panel::step; ++k) {
        _mm256_store_ps(out + k * panel::columns + 8 * v, decode(codes, k));
      }
    }
    next = ask_for(next, panel::step_bytes(panel::width::nibble));
    weights += panel::step_bytes(panel::width::nibble);
    out += panel::step * panel::columns;
  }
}

/// One k of R rows and 8 columns into sums of which they are vector v. Volatile: as it stands here; compilers would read each
/// activation once for all vectors, and have no registers left.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void add_products(__m256 b, float const* a, std::size_t v, __m256 (&sums)[R][V]) noexcept {
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
    __m256 x;
    __asm__ volatile("vbroadcastss %3, %1\n\tvfmadd231ps %1, %2, %0" : "+x"(sums[r][v]), "=&x"(x) : "x"(b), "m"(a[r]));
  }
}

/// A step of 8 columns: of a pair, the second element comes first.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void multiply_step(bfloat16_nibbles const& decode, __m256i codes, float const* a, std::size_t v,
                                      __m256 (&sums)[R][V]) noexcept {
  bfloat16_nibbles::pairs const p02 = decode(codes);
  add_products(decode.odd(p02.first), a + R, v, sums);
  add_products(decode.even(p02.first), a, v, sums);
  bfloat16_nibbles::pairs const p13 = decode(_mm256_srli_epi16(codes, 4));
  add_products(decode.odd(p13.first), a + 3 * R, v, sums);
  add_products(decode.even(p13.first), a + 2 * R, v, sums);
  add_products(decode.odd(p02.second), a + 5 * R, v, sums);
  add_products(decode.even(p02.second), a + 4 * R, v, sums);
  add_products(decode.odd(p13.second), a + 7 * R, v, sums);
  add_products(decode.even(p13.second), a + 6 * R, v, sums);
}

template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void multiply_step(float_nibbles const& decode, __m256i codes, float const* a, std::size_t v,
                                      __m256 (&sums)[R][V]) noexcept {
#pragma GCC unroll 8
  for (std::size_t k = 0; k < panel::step; k += 2) {
    add_products(decode(codes, k + 1), a + (k + 1) * R, v, sums);
    add_products(decode(codes, k), a + k * R, v, sums);
  }
}

/// R rows times V vectors of 8 columns of nibbles, decoded in registers.
template <std::size_t R, std::size_t V, class Decode>
LOWP_ALWAYS_INLINE void nibble_columns(gemm_tile const& t, std::size_t s, std::size_t column,
                                       Decode const& decode) noexcept {
  std::size_t const first = t.segments[s].first_step;
  std::size_t const length = t.segments[s].length;
  std::uint8_t const* w = t.weights + first * panel::step_bytes(panel::width::nibble) + 4 * column;
  auto const* a = reinterpret_cast<float const*>(t.activations + first * t.activation_step_bytes);
  __m256 const zero = opaque_zero();
  __m256 sums[R][V];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      sums[r][v] = zero;
    }
  }
  for (std::size_t k = 0; k + panel::step <= length; k += panel::step) {
    // 2 KiB ahead: what the hardware fetches ends with a page.
#pragma GCC unroll 4
    for (std::size_t line = 0; line < 32 * V; line += 64) {
      _mm_prefetch(reinterpret_cast<char const*>(w + 2048 + line), _MM_HINT_T0);
    }
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      multiply_step(decode, load(w + 32 * v), a, v, sums);
    }
    w += panel::step_bytes(panel::width::nibble);
    a += panel::step * R;
  }
  if (length % panel::step != 0) {  // the pairs of a step that is not full
    alignas(32) float values[panel::step * panel::columns];
    nibbles_to_floats(w - 4 * column, 1, *t.tables, reinterpret_cast<std::byte*>(values), nullptr);
    for (float const* b = values + column; b < values + length % panel::step * panel::columns; a += 2 * R) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v) {
        add_products(_mm256_load_ps(b + panel::columns + 8 * v), a + R, v, sums);
        add_products(_mm256_load_ps(b + 8 * v), a, v, sums);
      }
      b += 2 * panel::columns;
    }
  }
  add_segment(t, s, column, sums);
}

/// R rows, weights decoded in registers. As many columns at a time as keep the multipliers busy, which want 8 sums.
template <std::size_t R>
void nibble_tile(gemm_tile const& t) noexcept {
  constexpr std::size_t vectors = 4 / R;
  if (t.tables->fit_bfloat16) {
    bfloat16_nibbles const decode = bfloat16_nibbles::load(*t.tables);
    for (std::size_t s = 0; s < t.segment_count; ++s) {
      for (std::size_t column = 0; column < panel::columns; column += 8 * vectors) {
        nibble_columns<R, vectors>(t, s, column, decode);
      }
    }
    return;
  }
  float_nibbles const decode = float_nibbles::load(*t.tables);
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    for (std::size_t column = 0; column < panel::columns; column += 8 * vectors) {
      nibble_columns<R, vectors>(t, s, column, decode);
    }
  }
}

/// Sums start at what the weights' offset adds too much, taken back, or where the part before left off; 16 columns from
/// `column` on, N = R * P rows of digits, sums[plane * R + row].
template <std::size_t R, std::size_t N>
LOWP_ALWAYS_INLINE void begin_bytes(gemm_tile const& t, std::size_t s, std::size_t column,
                                    __m256i (&sums)[N][2]) noexcept {
  auto const* const dots = t.dots == nullptr ? nullptr : static_cast<std::int32_t const*>(t.dots) + column;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < N; ++i) {
    __m256i const start = i < R ? _mm256_set1_epi32(-t.corrections[s * R + (i < R ? i : 0)]) : _mm256_setzero_si256();
#pragma GCC unroll 2
    for (std::size_t v = 0; v < 2; ++v) {
      sums[i][v] = starts(t) ? start : load(dots + i * panel::columns + 8 * v);
    }
  }
}

/// The end of a segment: digits joined, one rounding.
template <std::size_t R, std::size_t N>
LOWP_ALWAYS_INLINE void end_bytes(gemm_tile const& t, std::size_t s, std::size_t column,
                                  __m256i const (&sums)[N][2]) noexcept {
  if (!finishes(t)) {
    auto* const dots = static_cast<std::int32_t*>(t.dots) + column;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < 2; ++v) {
        store(dots + i * panel::columns + 8 * v, sums[i][v]);
      }
    }
    return;
  }
  __m256 floats[R][2];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < 2; ++v) {
      __m256i sum = sums[r][v];
#pragma GCC unroll 2
      for (std::size_t plane = 1; plane < N / R; ++plane) {
        sum = _mm256_add_epi32(sum, _mm256_slli_epi32(sums[plane * R + r][v], static_cast<int>(8 * plane)));
      }
      floats[r][v] = _mm256_cvtepi32_ps(sum);
    }
  }
  add_segment(t, s, column, floats);
}

/// Weights up to 15: sums of 16 bits over 8 quads, 2 * 15 * 128 each, stay below 2^15. The sums of 32 bits wait in memory
/// meanwhile: 16 registers do not hold both.
template <std::size_t N>
LOWP_ALWAYS_INLINE void small_products(std::uint8_t const* w, std::uint8_t const* a, std::size_t step_bytes,
                                       std::size_t steps, __m256i (&sums)[N][2]) noexcept {
  __m256i const one = _mm256_set1_epi16(1);
  alignas(32) std::int32_t waiting[N][16];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < N; ++i) {
    store(waiting[i], sums[i][0]);
    store(waiting[i] + 8, sums[i][1]);
  }
  for (std::size_t begin = 0; begin < steps; begin += 4) {
    __m256i words[N][2];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
      words[i][0] = _mm256_setzero_si256();
      words[i][1] = _mm256_setzero_si256();
    }
    std::size_t const quads = begin + 4 < steps ? 8 : 2 * (steps - begin);
    std::uint8_t const* at = w + 2 * begin * 4 * panel::columns;
    std::uint8_t const* x_at = a + begin * step_bytes;
    for (std::size_t quad = 0; quad < quads; quad += 2) {
#pragma GCC unroll 2
      for (std::size_t half = 0; half < 2; ++half) {
        __m256i const b0 = load(at + half * 4 * panel::columns);
        __m256i const b1 = load(at + half * 4 * panel::columns + 32);
#pragma GCC unroll 8
        for (std::size_t i = 0; i < N; ++i) {
          __m256i const x = broadcast(x_at + (half * N + i) * 4);
          words[i][0] = _mm256_add_epi16(words[i][0], _mm256_maddubs_epi16(b0, x));
          words[i][1] = _mm256_add_epi16(words[i][1], _mm256_maddubs_epi16(b1, x));
        }
      }
      at += 8 * panel::columns;
      x_at += step_bytes;
    }
    __asm__("" : : "r"(&waiting[0][0]) : "memory");
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < 2; ++v) {
        store(waiting[i] + 8 * v, _mm256_add_epi32(load(waiting[i] + 8 * v), _mm256_madd_epi16(words[i][v], one)));
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < N; ++i) {
    sums[i][0] = load(waiting[i]);
    sums[i][1] = load(waiting[i] + 8);
  }
}

/// Any weights: bytes widened to words, even and odd ones apart.
template <std::size_t N>
LOWP_ALWAYS_INLINE void products(std::uint8_t const* w, std::uint8_t const* a, std::size_t step_bytes,
                                 std::size_t steps, __m256i (&sums)[N][2]) noexcept {
  for (std::size_t step = 0; step < steps; ++step) {
#pragma GCC unroll 2
    for (std::size_t quad = 0; quad < 2; ++quad) {
      std::uint8_t const* const at = w + (2 * step + quad) * 4 * panel::columns;
      __m256i const b[2] = {load(at), load(at + 32)};
      __m256i const even[2] = {_mm256_srli_epi16(_mm256_slli_epi16(b[0], 8), 8),
                               _mm256_srli_epi16(_mm256_slli_epi16(b[1], 8), 8)};  // no register for a mask
      __m256i const odd[2] = {_mm256_srli_epi16(b[0], 8), _mm256_srli_epi16(b[1], 8)};
#pragma GCC unroll 8
      for (std::size_t i = 0; i < N; ++i) {
        __m256i const x = broadcast(a + step * step_bytes + (quad * N + i) * 4);
        __m256i const x_even = _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8);
        __m256i const x_odd = _mm256_srai_epi16(x, 8);
#pragma GCC unroll 2
        for (std::size_t v = 0; v < 2; ++v) {
          __m256i const pairs = _mm256_add_epi32(_mm256_madd_epi16(even[v], x_even), _mm256_madd_epi16(odd[v], x_odd));
          __asm__("vpaddd %1, %0, %0" : "+x"(sums[i][v]) : "x"(pairs));  // GCC 12 would keep the sum on the stack
        }
      }
    }
  }
}

/// R rows in P planes from a panel of bytes.
template <std::size_t R, std::size_t P>
void byte_tile(gemm_tile const& t) noexcept {
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    std::size_t const steps = (t.segments[s].length + panel::step - 1) / panel::step;
    auto const* const a = reinterpret_cast<std::uint8_t const*>(t.activations + first * t.activation_step_bytes);
    for (std::size_t column = 0; column < panel::columns; column += 16) {
      std::uint8_t const* const w = t.weights + first * 8 * panel::columns + 4 * column;
      __m256i sums[R * P][2];
      begin_bytes<R>(t, s, column, sums);
      if (t.tables->integers_are_small) {
        small_products(w, a, t.activation_step_bytes, steps, sums);
      } else {
        products(w, a, t.activation_step_bytes, steps, sums);
      }
      end_bytes<R>(t, s, column, sums);
    }
  }
}

/// 8 words of bytes k0 k4 k1 k5 (or k2 k6 k3 k7) as four vectors of floats, one after the other 2 k apart in a panel.
LOWP_ALWAYS_INLINE void store_words(float* out, __m256 k0, __m256 k4, __m256 k1, __m256 k5) noexcept {
  _mm256_store_ps(out, k0);
  _mm256_store_ps(out + 4 * panel::columns, k4);
  _mm256_store_ps(out + panel::columns, k1);
  _mm256_store_ps(out + 5 * panel::columns, k5);
}

/// Any 256 floats.
struct table_bytes {
  float const* values;

  LOWP_ALWAYS_INLINE __m256 look_up(__m256i index) const noexcept { return _mm256_i32gather_ps(values, index, 4); }
  LOWP_ALWAYS_INLINE void operator()(__m256i codes, float* out) const noexcept {
    __m256i const byte = _mm256_set1_epi32(255);
    store_words(out, look_up(_mm256_and_si256(codes, byte)),
                look_up(_mm256_and_si256(_mm256_srli_epi32(codes, 8), byte)),
                look_up(_mm256_and_si256(_mm256_srli_epi32(codes, 16), byte)), look_up(_mm256_srli_epi32(codes, 24)));
  }
};

/// values[i] = values[0] + i: a byte below the binary point of 2^23, or, 8 bits up, of 2^15, and the rest taken away.
struct integer_bytes {
  __m256 low;
  __m256 high;

  LOWP_ALWAYS_INLINE static integer_bytes load(weight_tables const& tables) noexcept {
    return {_mm256_set1_ps(0x1p23F - tables.values[0]), _mm256_set1_ps(0x1p15F - tables.values[0])};
  }
  LOWP_ALWAYS_INLINE static __m256 less(__m256i x, __m256 offset) noexcept {
    __m256 y;  // in a statement of its own: no flag changes it
    __asm__("vsubps %2, %1, %0" : "=x"(y) : "x"(x), "x"(offset));
    return y;
  }
  LOWP_ALWAYS_INLINE __m256 lower(__m256i codes) const noexcept {
    return less(_mm256_or_si256(_mm256_and_si256(codes, _mm256_set1_epi32(0xff)), _mm256_set1_epi32(0x4b00'0000)), low);
  }
  LOWP_ALWAYS_INLINE __m256 upper(__m256i codes) const noexcept {
    return less(_mm256_or_si256(_mm256_and_si256(codes, _mm256_set1_epi32(0xff00)), _mm256_set1_epi32(0x4700'0000)),
                high);
  }
  LOWP_ALWAYS_INLINE void operator()(__m256i codes, float* out) const noexcept {
    __m256i const words = _mm256_srli_epi32(codes, 16);
    store_words(out, lower(codes), upper(codes), lower(words), upper(words));
  }
};

/// Numbers of a sign, at most 5 bits of exponent and at most 4 of fraction (weight_tables::minifloat).
struct minifloat_bytes {
  __m256i multiplier;
  __m256i mask;
  __m256i offset;
  __m256i low;
  __m256i high;
  __m256i last;
  table_bytes any;

  LOWP_ALWAYS_INLINE static minifloat_bytes load(weight_tables const& tables) noexcept {
    minifloat_rule const& rule = tables.minifloat;
    return {_mm256_set1_epi16(static_cast<short>(rule.multiplier)),
            _mm256_set1_epi16(static_cast<short>(rule.mask)),
            _mm256_set1_epi16(static_cast<short>(rule.offset)),
            _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<__m128i const*>(rule.low.data()))),
            _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<__m128i const*>(rule.high.data()))),
            _mm256_set1_epi8(static_cast<char>(rule.last)),
            {tables.values.data()}};
  }
  /// Codes in the upper bytes of words.
  LOWP_ALWAYS_INLINE __m256i pair(__m256i codes, __m256i correction) const noexcept {
    __m256i const number = _mm256_and_si256(_mm256_mulhi_epi16(codes, multiplier), mask);
    return _mm256_add_epi16(number, _mm256_add_epi16(offset, correction));
  }
  LOWP_ALWAYS_INLINE void operator()(__m256i codes, float* out) const noexcept {
    __m256i const magnitude = _mm256_and_si256(codes, _mm256_set1_epi8(127));
    if (_mm256_movemask_epi8(_mm256_cmpgt_epi8(magnitude, last)) != 0) {  // infinity or NaN
      any(codes, out);
      return;
    }
    // Below 16 the saturated sum is an index; beyond, its highest bit makes vpshufb give 0.
    __m256i const index = _mm256_adds_epu8(magnitude, _mm256_set1_epi8(0x70));
    __m256i const lows = _mm256_shuffle_epi8(low, index);
    __m256i const highs = _mm256_shuffle_epi8(high, index);
    __m256i const byte = _mm256_set1_epi16(255);
    __m256i const even =
        pair(_mm256_slli_epi16(codes, 8), _mm256_or_si256(_mm256_and_si256(lows, byte), _mm256_slli_epi16(highs, 8)));
    __m256i const odd = pair(codes, _mm256_or_si256(_mm256_srli_epi16(lows, 8), _mm256_andnot_si256(byte, highs)));
    store_words(out, bfloat16_nibbles::even(even), bfloat16_nibbles::even(odd), bfloat16_nibbles::odd(even),
                bfloat16_nibbles::odd(odd));
  }
};

template <class Decode>
LOWP_ALWAYS_INLINE void each_byte(std::uint8_t const* weights, std::size_t steps, std::uint8_t const* next,
                                  std::byte* panel, Decode const& decode) noexcept {
  auto* out = reinterpret_cast<float*>(panel);
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t v = 0; v < 16; ++v) {  // k0 k4 k1 k5, then k2 k6 k3 k7
      decode(load(weights + 32 * v), out + v / 8 * 2 * panel::columns + v % 8 * 8);
    }
    next = ask_for(next, panel::step_bytes(panel::width::byte));
    weights += panel::step_bytes(panel::width::byte);
    out += panel::step * panel::columns;
  }
}

inline void bytes_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                            std::byte* panel, std::uint8_t const* next) noexcept {
  if (tables.minifloat.holds) {
    each_byte(weights, steps, next, panel, minifloat_bytes::load(tables));
  } else if (tables.values_count) {
    each_byte(weights, steps, next, panel, integer_bytes::load(tables));
  } else {
    each_byte(weights, steps, next, panel, table_bytes{tables.values.data()});
  }
}

/// Words of two numbers of 16 bits to 8 columns of two k.
template <half_word Numbers>
LOWP_ALWAYS_INLINE void store_pair(float* out, __m256i words) noexcept {
  if constexpr (Numbers == half_word::binary16) {
    // Even and odd numbers of 4 columns side by side, then of 8.
    __m256i const even = _mm256_and_si256(words, _mm256_set1_epi32(0xffff));
    __m256i const apart = _mm256_packus_epi32(even, _mm256_srli_epi32(words, 16));
    __m256i const joined = _mm256_permute4x64_epi64(apart, 0xd8);
    _mm256_store_ps(out, _mm256_cvtph_ps(_mm256_castsi256_si128(joined)));
    _mm256_store_ps(out + panel::columns, _mm256_cvtph_ps(_mm256_extracti128_si256(joined, 1)));
  } else {
    store(out, _mm256_slli_epi32(words, 16));
    store(out + panel::columns, _mm256_and_si256(words, _mm256_set1_epi32(static_cast<int>(0xffff'0000U))));
  }
}

template <half_word Numbers>
LOWP_ALWAYS_INLINE void half_words_to_floats(std::uint8_t const* weights, std::size_t steps, float* out,
                                             std::uint8_t const* next) noexcept {
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t pair = 0; pair < 4; ++pair) {
#pragma GCC unroll 8
      for (std::size_t v = 0; v < 8; ++v) {
        store_pair<Numbers>(out + 2 * pair * panel::columns + 8 * v, load(weights + 256 * pair + 32 * v));
      }
    }
    next = ask_for(next, panel::step_bytes(panel::width::half_word));
    weights += panel::step_bytes(panel::width::half_word);
    out += panel::step * panel::columns;
  }
}

inline void half_words_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                                 std::byte* panel, std::uint8_t const* next) noexcept {
  auto* const out = reinterpret_cast<float*>(panel);
  if (tables.half_words == half_word::binary16) {
    half_words_to_floats<half_word::binary16>(weights, steps, out, next);
  } else {
    half_words_to_floats<half_word::bfloat16>(weights, steps, out, next);
  }
}

inline void nibbles_to_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                             std::byte* panel, std::uint8_t const*) noexcept {
  __m256i const table =
      _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<__m128i const*>(tables.integers.data())));
  __m256i const nibble = _mm256_set1_epi8(15);
  for (std::size_t i = 0; i < steps; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < 8; ++v) {
      __m256i const codes = load(weights + 32 * v);
      store(panel + 32 * v, _mm256_shuffle_epi8(table, _mm256_and_si256(codes, nibble)));
      store(panel + 256 + 32 * v, _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(codes, 4), nibble)));
    }
    weights += panel::step_bytes(panel::width::nibble);
    panel += 8 * panel::columns;
  }
}

inline void bytes_to_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                           std::byte* panel, std::uint8_t const*) noexcept {
  for (std::size_t i = 0; i < steps * 8 * panel::columns; ++i) {
    panel[i] = static_cast<std::byte>(tables.integers[weights[i]]);
  }
}

inline void copy_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const&, std::byte* panel,
                       std::uint8_t const*) noexcept {
  std::memcpy(panel, weights, steps * 8 * panel::columns);
}

inline constexpr gemm_kernels float_kernels = [] {
  gemm_kernels k{};
  k.isa = isa::avx2::name;
  k.instruction = "vfmadd231ps ymm";
  k.step_bytes = panel::step * panel::columns * sizeof(float);
  k.planes[0].from_panel[1] = &float_tile<1, 8>;
  k.planes[0].from_panel[2] = &float_tile<2, 4>;
  k.planes[0].from_panel[3] = &float_tile<3, 2>;
  k.planes[0].from_panel[4] = &float_tile<4, 2>;
  k.planes[0].from_panel[6] = &float_tile<6, 2>;
  k.planes[0].from_nibbles[1] = &nibble_tile<1>;
  k.planes[0].from_nibbles[2] = &nibble_tile<2>;
  k.most_register_rows = 2;
  k.decode_nibbles = &nibbles_to_floats;
  k.decode_bytes = &bytes_to_floats;
  k.decode_half_words = &half_words_to_floats;
  return k;
}();

inline constexpr gemm_kernels byte_kernels = [] {
  gemm_kernels k{};
  k.isa = isa::avx2::name;
  k.instruction = "vpmaddubsw ymm";
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

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct gemm_slot<isa::avx2, operand::float32> {
  using served_by = isa::avx2;
  static constexpr gemm_kernels const* kernels() noexcept { return &avx2::float_kernels; }
};

template <>
struct gemm_slot<isa::avx2, operand::int8> {
  using served_by = isa::avx2;
  static constexpr gemm_kernels const* kernels() noexcept { return &avx2::byte_kernels; }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
