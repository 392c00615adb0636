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

LOWP_ALWAYS_INLINE bool starts(gemm_tile const& t) noexcept {
  return t.part == gemm_part::whole || t.part == gemm_part::first;
}
LOWP_ALWAYS_INLINE bool finishes(gemm_tile const& t) noexcept {
  return t.part == gemm_part::whole || t.part == gemm_part::last;
}

/// The sums of a segment into acc, for 16 columns from `column` on: units, activation scales, weight scales.
template <std::size_t R>
LOWP_ALWAYS_INLINE void add_segment(gemm_tile const& t, std::size_t s, std::size_t column,
                                    __m256 (&dots)[R][2]) noexcept {
  for (float const* const factors : {t.units, t.activation_scales}) {
    if (factors != nullptr) {
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
        __m256 const factor = _mm256_set1_ps(factors[s * R + r]);
#pragma GCC unroll 2
        for (std::size_t v = 0; v < 2; ++v) {
          dots[r][v] = _mm256_mul_ps(dots[r][v], factor);
          __asm__("" : "+x"(dots[r][v]));
        }
      }
    }
  }
  float const* const scales = t.weight_scales + t.segments[s].weight_group * panel::columns + column;
#pragma GCC unroll 2
  for (std::size_t v = 0; v < 2; ++v) {
    __m256 const scale = _mm256_load_ps(scales + 8 * v);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r) {
      float* const acc = t.acc + r * panel::columns + column + 8 * v;
      _mm256_store_ps(acc, _mm256_fmadd_ps(dots[r][v], scale, _mm256_load_ps(acc)));
    }
  }
}

template <std::size_t R>
LOWP_ALWAYS_INLINE void fma_step(float const* w, float const* a, __m256 (&sums)[R][2]) noexcept {
  __m256 const b[2] = {_mm256_load_ps(w), _mm256_load_ps(w + 8)};
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
    __m256 const x = _mm256_set1_ps(a[r]);
#pragma GCC unroll 2
    for (std::size_t v = 0; v < 2; ++v) {
      // A statement of its own form: GCC 12 would pick others, need a register more, and spill.
      __asm__("vfmadd231ps %2, %1, %0" : "+x"(sums[r][v]) : "x"(b[v]), "x"(x));
    }
  }
}

/// R rows from a panel of floats.
template <std::size_t R>
void float_tile(gemm_tile const& t) noexcept {
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    for (std::size_t column = 0; column < panel::columns; column += 16) {
      auto const* w = reinterpret_cast<float const*>(t.weights) + first * panel::step * panel::columns + column;
      auto const* a = reinterpret_cast<float const*>(t.activations + first * t.activation_step_bytes);
      auto* const dots = t.dots == nullptr ? nullptr : static_cast<float*>(t.dots) + column;
      __m256 const zero = opaque_zero();
      __m256 sums[R][2];
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 2
        for (std::size_t v = 0; v < 2; ++v) {
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
#pragma GCC unroll 2
        for (std::size_t v = 0; v < 2; ++v) {
          _mm256_store_ps(dots + r * panel::columns + 8 * v, sums[r][v]);
        }
      }
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

inline void nibbles_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                              std::byte* panel, std::uint8_t const*) noexcept {
  __m256 const low = _mm256_load_ps(tables.values.data());
  __m256 const high = _mm256_load_ps(tables.values.data() + 8);
  auto* out = reinterpret_cast<float*>(panel);
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t v = 0; v < 8; ++v) {
      __m256i codes = load(weights + 32 * v);
#pragma GCC unroll 8
      for (std::size_t nibble = 0; nibble < 8; ++nibble) {
        std::size_t const k = nibble % 4 * 2 + nibble / 4;                       // k0 k2 k4 k6 k1 k3 k5 k7
        __m256 const upper = _mm256_castsi256_ps(_mm256_slli_epi32(codes, 28));  // bit 3 of the nibble as a sign
        _mm256_store_ps(
            out + k * panel::columns + 8 * v,
            _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, codes), _mm256_permutevar8x32_ps(high, codes), upper));
        codes = _mm256_srli_epi32(codes, 4);
      }
    }
    weights += panel::step_bytes(panel::width::nibble);
    out += panel::step * panel::columns;
  }
}

inline void bytes_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                            std::byte* panel, std::uint8_t const*) noexcept {
  __m256i const byte = _mm256_set1_epi32(255);
  auto* out = reinterpret_cast<float*>(panel);
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t v = 0; v < 16; ++v) {
      __m256i codes = load(weights + 32 * v);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {  // k0 k4 k1 k5, then k2 k6 k3 k7
        std::size_t const k = v / 8 * 2 + j % 2 * 4 + j / 2;
        _mm256_store_ps(out + k * panel::columns + v % 8 * 8,
                        _mm256_i32gather_ps(tables.values.data(), _mm256_and_si256(codes, byte), 4));
        codes = _mm256_srli_epi32(codes, 8);
      }
    }
    weights += panel::step_bytes(panel::width::byte);
    out += panel::step * panel::columns;
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
  k.planes[0].from_panel[1] = &float_tile<1>;
  k.planes[0].from_panel[2] = &float_tile<2>;
  k.planes[0].from_panel[4] = &float_tile<4>;
  k.planes[0].from_panel[6] = &float_tile<6>;
  k.decode_nibbles = &nibbles_to_floats;
  k.decode_bytes = &bytes_to_floats;
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
