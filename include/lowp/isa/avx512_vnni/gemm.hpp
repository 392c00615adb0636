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

/// Sums start at what the weights' offset adds too much, taken back, or where the part before left off. N = R * P rows of
/// digits, sums[plane * R + row], and V vectors of 16 columns.
template <std::size_t R, std::size_t N, std::size_t V>
LOWP_ALWAYS_INLINE void begin_sums(gemm_tile const& t, std::size_t s, __m512i (&sums)[N][V]) noexcept {
  auto const* const dots = static_cast<std::int32_t const*>(t.dots);
  bool const fresh = t.part == gemm_part::whole || t.part == gemm_part::first;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < N; ++i) {
    __m512i const start = i < R ? _mm512_set1_epi32(-t.corrections[s * R + (i < R ? i : 0)]) : _mm512_setzero_si512();
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      sums[i][v] = fresh ? start : _mm512_load_si512(dots + i * panel::columns + 16 * v);
    }
  }
}

/// The end of a segment: digits joined, one rounding. A part has all four vectors.
template <std::size_t R, std::size_t N, std::size_t V>
LOWP_ALWAYS_INLINE void end_sums(gemm_tile const& t, std::size_t s, __m512i const (&sums)[N][V],
                                 std::size_t first_vector = 0) noexcept {
  if (t.part != gemm_part::whole && t.part != gemm_part::last) {
    auto* const dots = static_cast<std::int32_t*>(t.dots);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < N; ++i) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v) {
        _mm512_store_si512(dots + i * panel::columns + 16 * v, sums[i][v]);
      }
    }
    return;
  }
  __m512 floats[R][V];
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
  avx512::add_segment(t, s, floats, first_vector);
}

/// R rows in P planes from a panel of bytes.
template <std::size_t R, std::size_t P>
void panel_tile(gemm_tile const& t) noexcept {
  constexpr std::size_t n = R * P;
  std::uint8_t const* next = t.next;
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    std::size_t const steps = (t.segments[s].length + panel::step - 1) / panel::step;
    std::uint8_t const* w = t.weights + first * 8 * panel::columns;
    auto const* a = reinterpret_cast<std::uint8_t const*>(t.activations + first * t.activation_step_bytes);
    __m512i sums[n][4];
    begin_sums<R>(t, s, sums);
    for (std::size_t i = 0; i < steps; ++i) {
      next = avx512::ask_for(next, 64);
#pragma GCC unroll 2
      for (std::size_t quad = 0; quad < 2; ++quad) {
        __m512i b[4];
#pragma GCC unroll 4
        for (std::size_t v = 0; v < 4; ++v) {
          b[v] = _mm512_load_si512(w + (quad * 4 + v) * 64);
        }
#pragma GCC unroll 8
        for (std::size_t j = 0; j < n; ++j) {
          __m512i const x = broadcast(a + (quad * n + j) * 4);
#pragma GCC unroll 4
          for (std::size_t v = 0; v < 4; ++v) {
            sums[j][v] = dot(sums[j][v], b[v], x);
          }
        }
      }
      w += 8 * panel::columns;
      a += t.activation_step_bytes;
    }
    end_sums<R>(t, s, sums);
  }
}

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

/// R rows in P planes and V vectors of 16 columns from `first_vector` on, weights decoded in registers.
template <std::size_t R, std::size_t P, std::size_t V, class Integers>
LOWP_ALWAYS_INLINE void nibble_columns(gemm_tile const& t, std::size_t s, std::size_t first_vector,
                                       __m512i table) noexcept {
  constexpr std::size_t n = R * P;
  std::size_t const first = t.segments[s].first_step;
  std::size_t const steps = (t.segments[s].length + panel::step - 1) / panel::step;
  std::uint8_t const* w = t.weights + first * panel::step_bytes(panel::width::nibble) + 64 * first_vector;
  auto const* a = reinterpret_cast<std::uint8_t const*>(t.activations + first * t.activation_step_bytes);
  __m512i sums[n][V];
  begin_sums<R>(t, s, sums);
  for (std::size_t i = 0; i < steps; ++i) {
    if constexpr (n <= 2) {  // bound by memory: 2 KiB ahead
      avx512::prefetch(w + 2048, panel::step_bytes(panel::width::nibble) / 64);
    }
    __m512i low[V];
    __m512i high[V];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      __m512i const codes = _mm512_load_si512(w + 64 * v);
      low[v] = to_bytes<Integers>(codes, table);
      high[v] = to_bytes<Integers>(_mm512_srli_epi16(codes, 4), table);
    }
#pragma GCC unroll 8
    for (std::size_t j = 0; j < n; ++j) {
      __m512i const x_low = broadcast(a + j * 4);
      __m512i const x_high = broadcast(a + (n + j) * 4);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v) {
        sums[j][v] = dot(sums[j][v], low[v], x_low);
        sums[j][v] = dot(sums[j][v], high[v], x_high);
      }
    }
    w += panel::step_bytes(panel::width::nibble);
    a += t.activation_step_bytes;
  }
  end_sums<R>(t, s, sums, first_vector);
}

/// R rows in P planes; more than four of both in two halves of the columns, so that all stays in registers.
template <std::size_t R, std::size_t P, class Integers>
LOWP_ALWAYS_INLINE void nibble_tile_of(gemm_tile const& t) noexcept {
  __m512i const table =
      _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<__m128i const*>(t.tables->integers.data())));
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    if constexpr (R * P <= 4) {
      nibble_columns<R, P, 4, Integers>(t, s, 0, table);
    } else {
      nibble_columns<R, P, 2, Integers>(t, s, 0, table);
      nibble_columns<R, P, 2, Integers>(t, s, 2, table);
    }
  }
}

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
  k.planes[0].from_nibbles[4] = &nibble_tile<4, 1>;
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
