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
                           std::byte* panel) noexcept {
  byte_table const table = byte_table::load(tables.integers.data());
  for (std::size_t i = 0; i < steps * 8 * panel::columns; i += 64) {
    _mm512_store_si512(panel + i, table(_mm512_load_si512(weights + i)));
  }
}

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

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
