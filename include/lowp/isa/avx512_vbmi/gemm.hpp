// SPDX-License-Identifier: Apache-2.0
//
// Bytes through tables of 256 entries; the tiles are the parent's.
//
//   instruction      what it gives
//   vpermi2b         64 lookups in 128 entries: two of them and a blend by the highest bit
#pragma once

#include <lowp/isa/avx512_vbmi/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/isa/avx512/gemm.hpp>
#include <lowp/isa/avx512_vnni/gemm.hpp>
#include <lowp/kernel/gemm_tile.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_VBMI_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512_vbmi {

/// A table of 256 bytes in four registers.
struct byte_table {
  __m512i parts[4];

  LOWP_ALWAYS_INLINE static byte_table load(std::uint8_t const* bytes) noexcept {
    return {{_mm512_load_si512(bytes), _mm512_load_si512(bytes + 64), _mm512_load_si512(bytes + 128),
             _mm512_load_si512(bytes + 192)}};
  }
  LOWP_ALWAYS_INLINE __m512i operator()(__m512i index) const noexcept {
    __m512i const low = _mm512_permutex2var_epi8(parts[0], index, parts[1]);
    __m512i const high = _mm512_permutex2var_epi8(parts[2], index, parts[3]);
    return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(index), high);
  }
};

inline void bytes_to_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                           std::byte* panel, std::uint8_t const*) noexcept {
  byte_table const table = byte_table::load(tables.integers.data());
  for (std::size_t i = 0; i < steps * 8 * panel::columns; i += 64) {
    _mm512_store_si512(panel + i, table(_mm512_load_si512(weights + i)));
  }
}

/// Words k0 k4 k1 k5 and k2 k6 k3 k7 as bfloat16 pairs: even bytes are pairs 0 and 1, odd ones 2 and 3.
struct bfloat16_table {
  byte_table low;
  byte_table high;

  LOWP_ALWAYS_INLINE static bfloat16_table load(weight_tables const& tables) noexcept {
    return {byte_table::load(tables.bfloat16_low.data()), byte_table::load(tables.bfloat16_high.data())};
  }
  /// pairs[0] of the even bytes, pairs[1] of the odd ones.
  LOWP_ALWAYS_INLINE void operator()(__m512i codes, __m512i (&pairs)[2]) const noexcept {
    constexpr __mmask64 upper = 0xaaaa'aaaa'aaaa'aaaaU;
    __m512i const lower_bytes = low(codes);
    __m512i const upper_bytes = high(codes);
    pairs[0] = _mm512_mask_mov_epi8(lower_bytes, upper, _mm512_slli_epi16(upper_bytes, 8));
    pairs[1] = _mm512_mask_mov_epi8(_mm512_srli_epi16(lower_bytes, 8), upper, upper_bytes);
  }
};

/// Values that bfloat16 holds, without a gather.
inline void bytes_to_floats(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                            std::byte* panel, std::uint8_t const* next) noexcept {
  if (!tables.fit_bfloat16) {
    avx512::bytes_to_floats(weights, steps, tables, panel, next);
    return;
  }
  auto const table = bfloat16_table::load(tables);
  __m512i const upper = _mm512_set1_epi32(static_cast<int>(0xffff'0000U));
  for (std::size_t i = 0; i < steps; ++i) {
#pragma GCC unroll 2
    for (std::size_t half = 0; half < 2; ++half) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) {
        __m512i pairs[2];
        table(_mm512_load_si512(weights + (half * 4 + v) * 64), pairs);
#pragma GCC unroll 2
        for (std::size_t j = 0; j < 2; ++j) {
          std::byte* const at = panel + (2 * half + 4 * j) * 4 * panel::columns + 64 * v;
          _mm512_store_si512(at, _mm512_slli_epi32(pairs[j], 16));
          _mm512_store_si512(at + 4 * panel::columns, _mm512_and_si512(pairs[j], upper));
        }
      }
    }
    next = avx512::ask_for(next, panel::step_bytes(panel::width::byte));
    weights += panel::step_bytes(panel::width::byte);
    panel += panel::step * 4 * panel::columns;
  }
}

inline constexpr gemm_kernels float_kernels = [] {
  gemm_kernels k = avx512::float_kernels;
  k.decode_bytes = &bytes_to_floats;
  return k;
}();

inline constexpr gemm_kernels kernels = [] {
  gemm_kernels k = avx512_vnni::kernels;
  k.decode_bytes = &bytes_to_bytes;
  return k;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::avx512_vbmi

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct gemm_slot<isa::avx512_vbmi, operand::int8> {
  using served_by = isa::avx512_vbmi;
  static constexpr gemm_kernels const* kernels() noexcept { return &avx512_vbmi::kernels; }
};

template <>
struct gemm_slot<isa::avx512_vbmi, operand::float32> {
  using served_by = isa::avx512_vbmi;
  static constexpr gemm_kernels const* kernels() noexcept { return &avx512_vbmi::float_kernels; }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
