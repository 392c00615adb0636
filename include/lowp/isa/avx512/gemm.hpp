// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 tiles in float: every pair of formats that has no faster operand.
//
//   instruction      what it gives
//   vfmadd231ps      16 columns of one row and one k, 2 a clock
//   vpermps          16 nibbles to floats: it reads the 4 lowest bits of each lane, so a shift is all the decoding
//   vgatherdps       16 bytes to floats, once a panel
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/isa/avx2/target.hpp>
#include <lowp/kernel/gemm_tile.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// One rounding, to nearest even, which no flag changes.
inline constexpr int once = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

/// +0 that the compiler does not know to be one: under -ffast-math it would turn the first fma of a sum into a product.
LOWP_ALWAYS_INLINE __m512 opaque_zero() noexcept {
  __m512 zero = _mm512_setzero_ps();
  __asm__ volatile("" : "+v"(zero));  // volatile: made here, not kept in a register through the loop
  return zero;
}

/// Asks for `lines` cache lines from `from` on.
LOWP_ALWAYS_INLINE void prefetch(std::uint8_t const* from, std::size_t lines) noexcept {
  for (std::size_t i = 0; i < lines; ++i) {
    _mm_prefetch(reinterpret_cast<char const*>(from + 64 * i), _MM_HINT_T0);
  }
}

/// The same of `bytes` bytes, if there is something to ask for; returns what follows.
LOWP_ALWAYS_INLINE std::uint8_t const* ask_for(std::uint8_t const* next, std::size_t bytes) noexcept {
  if (next == nullptr) {
    return next;
  }
  prefetch(next, bytes / 64);
  return next + bytes;
}

/// Where a segment's sums start: at +0, or where its part before left off. V vectors of 16 columns.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void begin_sums(gemm_tile const& t, __m512 (&sums)[R][V]) noexcept {
  bool const fresh = t.part == gemm_part::whole || t.part == gemm_part::first;
  auto const* const dots = static_cast<float const*>(t.dots);
  __m512 const zero = opaque_zero();
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      sums[r][v] = fresh ? zero : _mm512_load_ps(dots + r * panel::columns + 16 * v);
    }
  }
}

/// A segment's sums times units and activation scales.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void multiply_rows(gemm_tile const& t, std::size_t s, __m512 (&dots)[R][V]) noexcept {
  for (float const* const factors : {t.units, t.activation_scales}) {
    if (factors != nullptr) {
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
        __m512 const factor = _mm512_set1_ps(factors[s * R + r]);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < V; ++v) {
          dots[r][v] = _mm512_mul_round_ps(dots[r][v], factor, once);
        }
      }
    }
  }
}

/// Times the weights' scales into acc. Vectors first_vector on.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void add_scaled(gemm_tile const& t, std::size_t s, __m512 const (&dots)[R][V],
                                   std::size_t first_vector) noexcept {
  float const* const scales = t.weight_scales + t.segments[s].weight_group * panel::columns + 16 * first_vector;
#pragma GCC unroll 4
  for (std::size_t v = 0; v < V; ++v) {
    __m512 const scale = _mm512_load_ps(scales + 16 * v);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r) {
      float* const acc = t.acc + r * panel::columns + 16 * (first_vector + v);
      _mm512_store_ps(acc, _mm512_fmadd_ps(dots[r][v], scale, _mm512_load_ps(acc)));
    }
  }
}

/// The sums of a segment into acc: units, activation scales, weight scales. Vectors first_vector on.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void add_segment(gemm_tile const& t, std::size_t s, __m512 (&dots)[R][V],
                                    std::size_t first_vector = 0) noexcept {
  multiply_rows(t, s, dots);
  add_scaled(t, s, dots, first_vector);
}

/// The end of a segment of float sums, or of a part of one; a part has all four vectors.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void end_sums(gemm_tile const& t, std::size_t s, __m512 (&sums)[R][V],
                                 std::size_t first_vector = 0) noexcept {
  if (t.part == gemm_part::whole || t.part == gemm_part::last) {
    add_segment(t, s, sums, first_vector);
    return;
  }
  auto* const dots = static_cast<float*>(t.dots);
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      _mm512_store_ps(dots + r * panel::columns + 16 * v, sums[r][v]);
    }
  }
}

/// One k of R rows and V vectors of weights.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void add_products(__m512 const (&b)[V], float const* a, __m512 (&sums)[R][V]) noexcept {
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
    __m512 const x = _mm512_set1_ps(a[r]);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      sums[r][v] = _mm512_fmadd_ps(b[v], x, sums[r][v]);
    }
  }
}

/// The same of floats in memory.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void fma_step(float const* w, float const* a, __m512 (&sums)[R][V]) noexcept {
  __m512 b[V];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < V; ++v) {
    b[v] = _mm512_load_ps(w + 16 * v);
  }
  add_products(b, a, sums);
}

/// R rows from a panel of floats.
template <std::size_t R>
void float_tile(gemm_tile const& t) noexcept {
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    auto const* w = reinterpret_cast<float const*>(t.weights) + first * panel::step * panel::columns;
    auto const* a = reinterpret_cast<float const*>(t.activations + first * t.activation_step_bytes);
    __m512 sums[R][4];
    begin_sums(t, sums);
    for (std::size_t k = 0; k < t.segments[s].length; k += 2) {  // of a pair, the second element comes first
      fma_step(w + panel::columns, a + R, sums);
      fma_step(w, a, sums);
      w += 2 * panel::columns;
      a += 2 * R;
    }
    end_sums(t, s, sums);
  }
}

inline void nibbles_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                              std::byte* panel, std::uint8_t const* next) noexcept {
  __m512 const table = _mm512_load_ps(tables.values.data());
  auto* out = reinterpret_cast<float*>(panel);
  for (std::size_t i = 0; i < steps; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      __m512i const x = _mm512_load_si512(weights + 64 * v);
#pragma GCC unroll 8
      for (unsigned nibble = 0; nibble < 8; ++nibble) {
        std::size_t const k = nibble % 4 * 2 + nibble / 4;  // k0 k2 k4 k6 k1 k3 k5 k7
        _mm512_store_ps(out + k * panel::columns + 16 * v,
                        _mm512_permutexvar_ps(_mm512_srli_epi32(x, 4 * nibble), table));
      }
    }
    next = ask_for(next, panel::step_bytes(panel::width::nibble));
    weights += panel::step_bytes(panel::width::nibble);
    out += panel::step * panel::columns;
  }
}

/// One k of R rows and V vectors: weights out of nibbles, then the products.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void nibble_products(__m512i const (&codes)[V], std::size_t k, __m512 table, float const* a,
                                        __m512 (&sums)[R][V]) noexcept {
  auto const shift = static_cast<unsigned>(4 * panel::nibble_of(k));
  __m512 b[V];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < V; ++v) {
    b[v] = _mm512_permutexvar_ps(_mm512_srli_epi32(codes[v], shift), table);
  }
  add_products(b, a + k * R, sums);
}

/// R rows and V vectors of 16 columns from `first_vector` on, weights decoded in registers.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void nibble_columns(gemm_tile const& t, std::size_t s, std::size_t first_vector,
                                       __m512 table) noexcept {
  std::size_t const first = t.segments[s].first_step;
  std::size_t const length = t.segments[s].length;
  std::uint8_t const* w = t.weights + first * panel::step_bytes(panel::width::nibble) + 64 * first_vector;
  auto const* a = reinterpret_cast<float const*>(t.activations + first * t.activation_step_bytes);
  __m512 sums[R][V];
  begin_sums(t, sums);
  for (std::size_t k = 0; k + panel::step <= length; k += panel::step) {
    prefetch(w + 4096, V);  // what the hardware fetches ends with a page
    __m512i codes[V];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      codes[v] = _mm512_load_si512(w + 64 * v);
    }
#pragma GCC unroll 4
    for (std::size_t pair = 0; pair < panel::step; pair += 2) {  // the second element comes first
      nibble_products(codes, pair + 1, table, a, sums);
      nibble_products(codes, pair, table, a, sums);
    }
    w += panel::step_bytes(panel::width::nibble);
    a += panel::step * R;
  }
  if (length % panel::step != 0) {  // the pairs of a step that is not full
    alignas(64) float values[panel::step * panel::columns];
    nibbles_to_floats(w - 64 * first_vector, 1, *t.tables, reinterpret_cast<std::byte*>(values), nullptr);
    float const* b = values + 16 * first_vector;
    __asm__("" : "+r"(b));  // an address like any other, so that the test for spills sees none
    for (std::size_t k = 0; k < length % panel::step; k += 2) {
      fma_step(b + panel::columns, a + R, sums);
      fma_step(b, a, sums);
      b += 2 * panel::columns;
      a += 2 * R;
    }
  }
  end_sums(t, s, sums, first_vector);
}

/// R rows, weights decoded in registers; more than four in two halves of the columns, so that the sums fit.
template <std::size_t R>
void nibble_tile(gemm_tile const& t) noexcept {
  constexpr std::size_t vectors = R <= 4 ? 4 : 2;
  __m512 const table = _mm512_load_ps(t.tables->values.data());
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    for (std::size_t v = 0; v < 4; v += vectors) {
      nibble_columns<R, vectors>(t, s, v, table);
    }
  }
}

inline void bytes_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                            std::byte* panel, std::uint8_t const* next) noexcept {
  __m512i const byte = _mm512_set1_epi32(255);
  auto* out = reinterpret_cast<float*>(panel);
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t half = 0; half < 2; ++half) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) {
        __m512i const x = _mm512_load_si512(weights + (half * 4 + v) * 64);
#pragma GCC unroll 4
        for (std::size_t j = 0; j < 4; ++j) {  // k0 k4 k1 k5, then k2 k6 k3 k7
          std::size_t const k = 2 * half + j % 2 * 4 + j / 2;
          __m512i const index = _mm512_and_si512(_mm512_srli_epi32(x, 8 * static_cast<unsigned>(j)), byte);
          _mm512_store_ps(out + k * panel::columns + 16 * v, _mm512_i32gather_ps(index, tables.values.data(), 4));
        }
      }
    }
    next = ask_for(next, panel::step_bytes(panel::width::byte));
    weights += panel::step_bytes(panel::width::byte);
    out += panel::step * panel::columns;
  }
}

/// Words of two numbers of 16 bits to 16 columns of two k.
template <half_word Numbers>
LOWP_ALWAYS_INLINE void store_pair(float* out, __m512i words) noexcept {
  if constexpr (Numbers == half_word::binary16) {
    _mm512_store_ps(out, _mm512_cvt_roundph_ps(_mm512_cvtepi32_epi16(words), _MM_FROUND_NO_EXC));
    __m256i const odd = _mm512_cvtepi32_epi16(_mm512_srli_epi32(words, 16));
    _mm512_store_ps(out + panel::columns, _mm512_cvt_roundph_ps(odd, _MM_FROUND_NO_EXC));
  } else {
    _mm512_store_si512(out, _mm512_slli_epi32(words, 16));
    _mm512_store_si512(out + panel::columns,
                       _mm512_and_si512(words, _mm512_set1_epi32(static_cast<int>(0xffff'0000U))));
  }
}

template <half_word Numbers>
LOWP_ALWAYS_INLINE void half_words_to_floats(std::uint8_t const* weights, std::size_t steps, float* out,
                                             std::uint8_t const* next) noexcept {
  for (std::size_t i = 0; i < steps; ++i) {
#pragma GCC unroll 4
    for (std::size_t pair = 0; pair < 4; ++pair) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) {
        store_pair<Numbers>(out + 2 * pair * panel::columns + 16 * v, _mm512_load_si512(weights + 256 * pair + 64 * v));
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

inline constexpr gemm_kernels float_kernels = [] {
  gemm_kernels k{};
  k.isa = isa::avx512::name;
  k.instruction = "vfmadd231ps zmm";
  k.step_bytes = panel::step * panel::columns * sizeof(float);
  k.planes[0].from_panel[1] = &float_tile<1>;
  k.planes[0].from_panel[2] = &float_tile<2>;
  k.planes[0].from_panel[3] = &float_tile<3>;
  k.planes[0].from_panel[4] = &float_tile<4>;
  k.planes[0].from_panel[5] = &float_tile<5>;
  k.planes[0].from_panel[6] = &float_tile<6>;
  k.planes[0].from_nibbles[1] = &nibble_tile<1>;
  k.planes[0].from_nibbles[2] = &nibble_tile<2>;
  k.planes[0].from_nibbles[3] = &nibble_tile<3>;
  k.planes[0].from_nibbles[4] = &nibble_tile<4>;
  k.planes[0].from_nibbles[5] = &nibble_tile<5>;
  k.planes[0].from_nibbles[6] = &nibble_tile<6>;
  k.planes[0].from_nibbles[7] = &nibble_tile<7>;
  k.planes[0].from_nibbles[8] = &nibble_tile<8>;
  k.most_register_rows = 8;
  k.decode_nibbles = &nibbles_to_floats;
  k.decode_bytes = &bytes_to_floats;
  k.decode_half_words = &half_words_to_floats;
  return k;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct gemm_slot<isa::avx512, operand::float32> {
  using served_by = isa::avx512;
  static constexpr gemm_kernels const* kernels() noexcept { return &avx512::float_kernels; }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
