// SPDX-License-Identifier: Apache-2.0
//
// AVX-VNNI tiles of bytes; all else is the parent's.
//
//   instruction      what it gives
//   vpdpbusd ymm     32 products of unsigned weights and signed activations in 8 sums, 2 a clock; it wraps
#pragma once

#include <lowp/isa/avx_vnni/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/isa/avx2/gemm.hpp>
#include <lowp/kernel/gemm_tile.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX_VNNI_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx_vnni {

/// R rows in P planes from a panel of bytes.
template <std::size_t R, std::size_t P>
void byte_tile(gemm_tile const& t) noexcept {
  constexpr std::size_t n = R * P;
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    std::size_t const steps = (t.segments[s].length + panel::step - 1) / panel::step;
    for (std::size_t column = 0; column < panel::columns; column += 16) {
      auto const* a = reinterpret_cast<std::uint8_t const*>(t.activations + first * t.activation_step_bytes);
      std::uint8_t const* w = t.weights + first * 8 * panel::columns + 4 * column;
      __m256i sums[n][2];
      avx2::begin_bytes<R>(t, s, column, sums);
      for (std::size_t step = 0; step < steps; ++step) {
#pragma GCC unroll 2
        for (std::size_t quad = 0; quad < 2; ++quad) {
          std::uint8_t const* const at = w + quad * 4 * panel::columns;
          __m256i const b[2] = {avx2::load(at), avx2::load(at + 32)};
#pragma GCC unroll 8
          for (std::size_t i = 0; i < n; ++i) {
            __m256i const x = avx2::broadcast(a + (quad * n + i) * 4);
#pragma GCC unroll 2
            for (std::size_t v = 0; v < 2; ++v) {
              sums[i][v] = _mm256_dpbusd_avx_epi32(sums[i][v], b[v], x);
            }
          }
        }
        w += 8 * panel::columns;
        a += t.activation_step_bytes;
      }
      avx2::end_bytes<R>(t, s, column, sums);
    }
  }
}

inline constexpr gemm_kernels kernels = [] {
  gemm_kernels k = avx2::byte_kernels;
  k.isa = isa::avx_vnni::name;
  k.instruction = "vpdpbusd ymm";
  k.planes[0].from_panel[1] = &byte_tile<1, 1>;
  k.planes[0].from_panel[2] = &byte_tile<2, 1>;
  k.planes[0].from_panel[3] = &byte_tile<3, 1>;
  k.planes[0].from_panel[6] = &byte_tile<6, 1>;
  k.planes[1].from_panel[1] = &byte_tile<1, 2>;
  k.planes[1].from_panel[2] = &byte_tile<2, 2>;
  k.planes[1].from_panel[3] = &byte_tile<3, 2>;
  k.planes[2].from_panel[1] = &byte_tile<1, 3>;
  k.planes[2].from_panel[2] = &byte_tile<2, 3>;
  return k;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::avx_vnni

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct gemm_slot<isa::avx_vnni, operand::int8> {
  using served_by = isa::avx_vnni;
  static constexpr gemm_kernels const* kernels() noexcept { return &avx_vnni::kernels; }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
