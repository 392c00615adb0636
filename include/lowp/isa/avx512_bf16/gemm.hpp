// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 tiles of bfloat16 pairs, for the formats whose numbers and products allow it (gemm/operand_facts.hpp).
//
//   instruction      what it gives
//   vdpbf16ps        fma(odd, odd, sum), then fma(even, even, sum), each rounded to nearest; subnormals are flushed.
//                    32 products an instruction
//   vpermw           16 pairs of nibbles to bfloat16: it reads the 5 lowest bits of each half, and the table is there
//                    twice, so a shift is all the decoding
#pragma once

#include <lowp/isa/avx512_bf16/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/config.hpp>
#include <lowp/isa/avx512/gemm.hpp>
#include <lowp/isa/avx512_vbmi/gemm.hpp>
#include <lowp/kernel/cpu.hpp>
#include <lowp/kernel/gemm_tile.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_BF16_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512_bf16 {

LOWP_ALWAYS_INLINE __m512bh broadcast(std::uint8_t const* word) noexcept {
  std::int32_t value;
  std::memcpy(&value, word, 4);
  return reinterpret_cast<__m512bh>(_mm512_set1_epi32(value));
}

/// R rows from a panel of pairs.
template <std::size_t R>
void panel_tile(gemm_tile const& t) noexcept {
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    std::size_t const pairs = (t.segments[s].length + 1) / 2;
    std::uint8_t const* w = t.weights + first * 16 * panel::columns;
    auto const* a = reinterpret_cast<std::uint8_t const*>(t.activations + first * t.activation_step_bytes);
    __m512 sums[R][4];
    avx512::begin_sums(t, sums);
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      __m512bh b[4];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) {
        b[v] = reinterpret_cast<__m512bh>(_mm512_load_si512(w + 64 * v));
      }
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
        __m512bh const x = broadcast(a + 4 * r);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < 4; ++v) {
          sums[r][v] = _mm512_dpbf16_ps(sums[r][v], b[v], x);
        }
      }
      w += 4 * panel::columns;
      a += 4 * R;
    }
    avx512::end_sums(t, s, sums);
  }
}

/// R rows and V vectors of 16 columns from `first_vector` on, weights decoded in registers. The pairs that fill the last
/// step multiply +0 by a finite number: a sum that cannot underflow is not -0, and does not change.
template <std::size_t R, std::size_t V>
LOWP_ALWAYS_INLINE void nibble_columns(gemm_tile const& t, std::size_t s, std::size_t first_vector,
                                       __m512i table) noexcept {
  std::size_t const first = t.segments[s].first_step;
  std::size_t const steps = (t.segments[s].length + panel::step - 1) / panel::step;
  std::uint8_t const* w = t.weights + first * panel::step_bytes(panel::width::nibble) + 64 * first_vector;
  auto const* a = reinterpret_cast<std::uint8_t const*>(t.activations + first * t.activation_step_bytes);
  __m512 sums[R][V];
  avx512::begin_sums(t, sums);
  for (std::size_t i = 0; i < steps; ++i) {
    __m512i codes[V];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      codes[v] = _mm512_load_si512(w + 64 * v);
    }
#pragma GCC unroll 4
    for (unsigned pair = 0; pair < 4; ++pair) {
      __m512bh b[V];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v) {
        b[v] = reinterpret_cast<__m512bh>(_mm512_permutexvar_epi16(_mm512_srli_epi16(codes[v], 4 * pair), table));
      }
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
        __m512bh const x = broadcast(a + (pair * R + r) * 4);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < V; ++v) {
          sums[r][v] = _mm512_dpbf16_ps(sums[r][v], b[v], x);
        }
      }
    }
    w += panel::step_bytes(panel::width::nibble);
    a += 16 * R;
  }
  avx512::end_sums(t, s, sums, first_vector);
}

/// R rows; more than four in two halves of the columns, so that the sums fit the registers.
template <std::size_t R>
void nibble_tile(gemm_tile const& t) noexcept {
  __m512i const table = _mm512_load_si512(t.tables->bfloat16_pairs.data());
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    if constexpr (R <= 4) {
      nibble_columns<R, 4>(t, s, 0, table);
    } else {
      nibble_columns<R, 2>(t, s, 0, table);
      nibble_columns<R, 2>(t, s, 2, table);
    }
  }
}

inline void nibbles_to_pairs(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                             std::byte* panel, std::uint8_t const* next) noexcept {
  __m512i const table = _mm512_load_si512(tables.bfloat16_pairs.data());
  for (std::size_t i = 0; i < steps; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      __m512i const codes = _mm512_load_si512(weights + 64 * v);
#pragma GCC unroll 4
      for (std::size_t pair = 0; pair < 4; ++pair) {
        _mm512_store_si512(panel + pair * 256 + 64 * v,
                           _mm512_permutexvar_epi16(_mm512_srli_epi16(codes, 4 * static_cast<unsigned>(pair)), table));
      }
    }
    next = avx512::ask_for(next, panel::step_bytes(panel::width::nibble));
    weights += panel::step_bytes(panel::width::nibble);
    panel += 16 * panel::columns;
  }
}

inline void bytes_to_pairs(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                           std::byte* panel, std::uint8_t const* next) noexcept {
  auto const table = avx512_vbmi::bfloat16_table::load(tables);
  for (std::size_t i = 0; i < steps; ++i) {
#pragma GCC unroll 2
    for (std::size_t half = 0; half < 2; ++half) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) {
        __m512i pairs[2];
        table(_mm512_load_si512(weights + (half * 4 + v) * 64), pairs);
        _mm512_store_si512(panel + half * 256 + 64 * v, pairs[0]);
        _mm512_store_si512(panel + (half + 2) * 256 + 64 * v, pairs[1]);
      }
    }
    next = avx512::ask_for(next, panel::step_bytes(panel::width::byte));
    weights += panel::step_bytes(panel::width::byte);
    panel += 16 * panel::columns;
  }
}

inline constexpr gemm_kernels kernels = [] {
  gemm_kernels k{};
  k.isa = isa::avx512_bf16::name;
  k.instruction = "vdpbf16ps zmm";
  k.step_bytes = 16 * panel::columns;
  k.planes[0].from_panel[1] = &panel_tile<1>;
  k.planes[0].from_panel[2] = &panel_tile<2>;
  k.planes[0].from_panel[4] = &panel_tile<4>;
  k.planes[0].from_panel[6] = &panel_tile<6>;
  k.planes[0].from_nibbles[1] = &nibble_tile<1>;
  k.planes[0].from_nibbles[2] = &nibble_tile<2>;
  k.planes[0].from_nibbles[4] = &nibble_tile<4>;
  k.planes[0].from_nibbles[8] = &nibble_tile<8>;
  k.decode_nibbles = &nibbles_to_pairs;
  k.decode_bytes = &bytes_to_pairs;
  return k;
}();

inline constexpr gemm_kernels kernels_of_slow_dots = [] {
  gemm_kernels k = kernels;
  k.most_rows = 1;
  return k;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::avx512_bf16

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct gemm_slot<isa::avx512_bf16, operand::bfloat16> {
  using served_by = isa::avx512_bf16;
  static gemm_kernels const* kernels() noexcept {
    return cpu_features::get().slow_bfloat16_dots ? &avx512_bf16::kernels_of_slow_dots : &avx512_bf16::kernels;
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
