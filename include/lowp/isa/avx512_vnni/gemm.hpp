// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 tiles of bytes: integers, and float activations in base-256 digits.
//
//   instruction      what it gives
//   vpdpbusd         64 products of unsigned weights and signed activations in 16 sums, 2 a clock; it wraps
//   vpshufb          nibbles that are no integers (FP4) to bytes
#pragma once

#include <lowp/isa/avx512_vnni/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/isa/avx512/gemm.hpp>
#include <lowp/kernel/gemm_tile.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_VNNI_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512_vnni {

/// sums += the products of 4 bytes each. The statement keeps GCC 12 from spilling every sum (its partial redundancy
/// elimination copies the accumulators of the intrinsic).
LOWP_ALWAYS_INLINE __m512i dot(__m512i sums, __m512i unsigned_bytes, __m512i signed_bytes) noexcept {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(unsigned_bytes), "v"(signed_bytes));
  return sums;
}

LOWP_ALWAYS_INLINE __m512i broadcast(std::uint8_t const* word) noexcept {
  std::int32_t value;
  std::memcpy(&value, word, 4);
  return _mm512_set1_epi32(value);
}

/// Sums start at what the weights' offset adds too much, taken back. N = R * P rows of digits, sums[plane * R + row], and V
/// vectors of 16 columns.
template <std::size_t R, std::size_t N, std::size_t V>
LOWP_ALWAYS_INLINE void begin_sums(gemm_tile const& t, std::size_t s, __m512i (&sums)[N][V]) noexcept {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < N; ++i) {
    __m512i const start =
        i < R ? _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_set1_epi32(t.corrections[s * R + (i < R ? i : 0)]))
              : _mm512_setzero_si512();
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      sums[i][v] = start;
    }
  }
}

/// Digits joined and rounded to float once, then units and activation scales.
template <std::size_t R, std::size_t N, std::size_t V>
LOWP_ALWAYS_INLINE void to_floats(gemm_tile const& t, std::size_t s, __m512i const (&sums)[N][V],
                                  __m512 (&floats)[R][V]) noexcept {
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      __m512i sum = sums[r][v];
#pragma GCC unroll 2
      for (std::size_t plane = 1; plane < N / R; ++plane) {
        sum = _mm512_add_epi32(sum, _mm512_slli_epi32(sums[plane * R + r][v], static_cast<unsigned>(8 * plane)));
      }
      floats[r][v] = _mm512_cvt_roundepi32_ps(sum, avx512::once);
    }
  }
  avx512::multiply_rows(t, s, floats);
}

/// Four k of N rows of digits times V vectors of 16 columns.
template <std::size_t N, std::size_t V>
LOWP_ALWAYS_INLINE void add_products(__m512i const (&w)[V], std::uint8_t const* a, __m512i (&sums)[N][V]) noexcept {
#pragma GCC unroll 16
  for (std::size_t j = 0; j < N; ++j) {
    __m512i const x = broadcast(a + j * 4);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      sums[j][v] = dot(sums[j][v], w[v], x);
    }
  }
}

/// Weights that a decoder made bytes of, in the nearest cache; meanwhile asks for codes that follow. Every access counts: one
/// for each vector of weights, to ask for others, would cost 7 %.
template <std::size_t Ahead = 0>
struct panel_bytes {
  static constexpr std::size_t step_bytes = 8 * panel::columns;
  std::uint8_t const* next;
  std::size_t next_bytes;  ///< 64, or 0 where nothing is wanted

  template <std::size_t N, std::size_t V>
  LOWP_ALWAYS_INLINE void add_step(std::uint8_t const* w, std::uint8_t const* a, __m512i (&sums)[N][V]) noexcept {
    avx512::prefetch(next, 1);
    next += next_bytes;
    __m512i b[V];
#pragma GCC unroll 2
    for (std::size_t quad = 0; quad < 2; ++quad) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v) {
        b[v] = _mm512_load_si512(w + (quad * 4 + v) * 64);
        if constexpr (Ahead != 0) {
          avx512::prefetch(w + (quad * 4 + v) * 64 + Ahead, 1);
        }
      }
      add_products(b, a + quad * 4 * N, sums);
    }
  }
};

/// The bytes of 64 nibbles; Integers: they are what they say, else indices into the table.
template <class Integers>
LOWP_ALWAYS_INLINE __m512i to_bytes(__m512i nibbles, __m512i table) noexcept {
  __m512i const index = _mm512_and_si512(nibbles, _mm512_set1_epi8(15));
  if constexpr (Integers::value) {
    return index;
  } else {
    return _mm512_shuffle_epi8(table, index);
  }
}

/// Weights decoded in registers.
template <class Integers>
struct packed_nibbles {
  static constexpr std::size_t step_bytes = panel::step_bytes(panel::width::nibble);
  __m512i table;

  template <std::size_t N, std::size_t V>
  LOWP_ALWAYS_INLINE void add_step(std::uint8_t const* w, std::uint8_t const* a, __m512i (&sums)[N][V]) noexcept {
    avx512::prefetch(w + (N <= 2 ? 2048 : 6144), V);  // what the hardware fetches ends with a page
    __m512i codes[V];
    __m512i b[V];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      codes[v] = _mm512_load_si512(w + 64 * v);
      b[v] = to_bytes<Integers>(codes[v], table);
    }
    add_products(b, a, sums);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      b[v] = to_bytes<Integers>(_mm512_srli_epi16(codes[v], 4), table);
    }
    add_products(b, a + 4 * N, sums);
  }
};

/// The products of a segment, V vectors of 16 columns from first_vector on.
template <std::size_t N, std::size_t V, class Weights>
LOWP_ALWAYS_INLINE void add_segment(gemm_tile const& t, std::size_t s, std::size_t first_vector, Weights& weights,
                                    __m512i (&sums)[N][V]) noexcept {
  std::size_t const first = t.segments[s].first_step;
  std::size_t const steps = (t.segments[s].length + panel::step - 1) / panel::step;
  std::uint8_t const* w = t.weights + first * Weights::step_bytes + 64 * first_vector;
  std::uint8_t const* const end = w + steps * Weights::step_bytes;
  auto const* a = reinterpret_cast<std::uint8_t const*>(t.activations + first * t.activation_step_bytes);
  for (; w < end; w += Weights::step_bytes) {
    weights.add_step(w, a, sums);
    a += t.activation_step_bytes;
  }
}

/// Whole segments of R rows in P planes and V vectors of 16 columns. Where there is room, acc stays in registers from one to the
/// next: a store of 64 bytes takes two clocks.
template <std::size_t R, std::size_t P, std::size_t V, class Weights>
LOWP_ALWAYS_INLINE void whole_segments(gemm_tile const& t, std::size_t first_vector, Weights weights) noexcept {
  constexpr bool keeps = P == 1 && V * R <= 16;
  float* const at = t.acc + 16 * first_vector;
  __m512 acc[R][V];
  if constexpr (keeps) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v) {
        acc[r][v] = _mm512_load_ps(at + r * panel::columns + 16 * v);
      }
    }
  }
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    __m512i sums[R * P][V];
    begin_sums<R>(t, s, sums);
    add_segment(t, s, first_vector, weights, sums);
    __m512 floats[R][V];
    to_floats<R>(t, s, sums, floats);
    if constexpr (keeps) {
      float const* const scales = t.weight_scales + t.segments[s].weight_group * panel::columns + 16 * first_vector;
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v) {
        __m512 const scale = _mm512_load_ps(scales + 16 * v);
#pragma GCC unroll 8
        for (std::size_t r = 0; r < R; ++r) {
          acc[r][v] = _mm512_fmadd_ps(floats[r][v], scale, acc[r][v]);
        }
      }
    } else {
      avx512::add_scaled(t, s, floats, first_vector);
    }
  }
  if constexpr (keeps) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v) {
        _mm512_store_ps(at + r * panel::columns + 16 * v, acc[r][v]);
      }
    }
  }
}

/// A part of one segment: sums come from and go to t.dots, but for the first and the last part.
template <std::size_t R, std::size_t P, std::size_t V, class Weights>
LOWP_ALWAYS_INLINE void part_of_segment(gemm_tile const& t, std::size_t first_vector, Weights weights) noexcept {
  constexpr std::size_t n = R * P;
  auto* const dots = static_cast<std::int32_t*>(t.dots) + 16 * first_vector;
  __m512i sums[n][V];
  if (t.part == gemm_part::first) {
    begin_sums<R>(t, 0, sums);
  } else {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < n; ++i) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v) {
        sums[i][v] = _mm512_load_si512(dots + i * panel::columns + 16 * v);
      }
    }
  }
  add_segment(t, 0, first_vector, weights, sums);
  if (t.part == gemm_part::last) {
    __m512 floats[R][V];
    to_floats<R>(t, 0, sums, floats);
    avx512::add_scaled(t, 0, floats, first_vector);
    return;
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < n; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      _mm512_store_si512(dots + i * panel::columns + 16 * v, sums[i][v]);
    }
  }
}

/// Vectors of columns at a time: with all four, an activation is read once for 64 products.
template <std::size_t R, std::size_t P>
inline constexpr std::size_t panel_vectors = R* P <= 6 ? 4 : 2;
template <std::size_t R, std::size_t P>
inline constexpr std::size_t nibble_vectors = R* P <= 4 ? 4 : 2;

template <std::size_t R, std::size_t P, class Weights>
LOWP_ALWAYS_INLINE void panel_tile_of(gemm_tile const& t, Weights weights) noexcept {
  for (std::size_t v = 0; v < 4; v += panel_vectors<R, P>) {
    if (t.part == gemm_part::whole) {
      whole_segments<R, P, panel_vectors<R, P>>(t, v, weights);
    } else {
      part_of_segment<R, P, panel_vectors<R, P>>(t, v, weights);
    }
    weights.next_bytes = 0;
  }
}

/// R rows in P planes from a panel of bytes.
template <std::size_t R, std::size_t P>
void panel_tile(gemm_tile const& t) noexcept {
  if constexpr (P == 1) {
    if (t.weights_are_codes) {  // that no decoder read
      panel_tile_of<R, P>(t, panel_bytes<6144>{t.weights, 0});
      return;
    }
  }
  panel_tile_of<R, P>(t, panel_bytes<>{t.next == nullptr ? t.weights : t.next, t.next == nullptr ? 0U : 64U});
}

template <std::size_t R, std::size_t P, class Integers>
LOWP_ALWAYS_INLINE void nibble_tile_of(gemm_tile const& t) noexcept {
  packed_nibbles<Integers> const weights{
      _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<__m128i const*>(t.tables->integers.data())))};
  for (std::size_t v = 0; v < 4; v += nibble_vectors<R, P>) {
    whole_segments<R, P, nibble_vectors<R, P>>(t, v, weights);
  }
}

/// R rows in P planes, weights decoded in registers.
template <std::size_t R, std::size_t P>
void nibble_tile(gemm_tile const& t) noexcept {
  if (t.tables->codes_are_integers) {
    nibble_tile_of<R, P, std::true_type>(t);
  } else {
    nibble_tile_of<R, P, std::false_type>(t);
  }
}

inline void nibbles_to_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                             std::byte* panel, std::uint8_t const* next) noexcept {
  __m512i const table =
      _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<__m128i const*>(tables.integers.data())));
  for (std::size_t i = 0; i < steps; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      __m512i const codes = _mm512_load_si512(weights + 64 * v);
      _mm512_store_si512(panel + 64 * v, to_bytes<std::false_type>(codes, table));
      _mm512_store_si512(panel + 256 + 64 * v, to_bytes<std::false_type>(_mm512_srli_epi16(codes, 4), table));
    }
    next = avx512::ask_for(next, panel::step_bytes(panel::width::nibble));
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

/// Bytes that are their own integers: a panel in the nearest cache.
inline void copy_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const&, std::byte* panel,
                       std::uint8_t const* next) noexcept {
  for (std::size_t i = 0; i < steps; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < 8; ++v) {
      _mm512_store_si512(panel + 64 * v, _mm512_load_si512(weights + 64 * v));
    }
    next = avx512::ask_for(next, panel::step_bytes(panel::width::byte));
    weights += panel::step_bytes(panel::width::byte);
    panel += 8 * panel::columns;
  }
}

inline constexpr gemm_kernels kernels = [] {
  gemm_kernels k{};
  k.isa = isa::avx512_vnni::name;
  k.instruction = "vpdpbusd zmm";
  k.step_bytes = panel::step * panel::columns;
  k.planes[0].from_panel[1] = &panel_tile<1, 1>;
  k.planes[0].from_panel[2] = &panel_tile<2, 1>;
  k.planes[0].from_panel[3] = &panel_tile<3, 1>;
  k.planes[0].from_panel[4] = &panel_tile<4, 1>;
  k.planes[0].from_panel[6] = &panel_tile<6, 1>;
  k.planes[1].from_panel[1] = &panel_tile<1, 2>;
  k.planes[1].from_panel[2] = &panel_tile<2, 2>;
  k.planes[1].from_panel[3] = &panel_tile<3, 2>;
  k.planes[2].from_panel[1] = &panel_tile<1, 3>;
  k.planes[2].from_panel[2] = &panel_tile<2, 3>;
  k.planes[0].from_nibbles[1] = &nibble_tile<1, 1>;
  k.planes[0].from_nibbles[2] = &nibble_tile<2, 1>;
  k.planes[0].from_nibbles[3] = &nibble_tile<3, 1>;
  k.planes[0].from_nibbles[4] = &nibble_tile<4, 1>;
  k.planes[0].from_nibbles[7] = &nibble_tile<7, 1>;
  k.planes[0].from_nibbles[8] = &nibble_tile<8, 1>;
  k.planes[1].from_nibbles[1] = &nibble_tile<1, 2>;
  k.planes[1].from_nibbles[2] = &nibble_tile<2, 2>;
  k.planes[2].from_nibbles[1] = &nibble_tile<1, 3>;
  k.planes[2].from_nibbles[2] = &nibble_tile<2, 3>;
  k.decode_nibbles = &nibbles_to_bytes;
  k.decode_bytes = &bytes_to_bytes;
  k.copy_bytes = &copy_bytes;
  return k;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::avx512_vnni

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct gemm_slot<isa::avx512_vnni, operand::int8> {
  using served_by = isa::avx512_vnni;
  static constexpr gemm_kernels const* kernels() noexcept { return &avx512_vnni::kernels; }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
