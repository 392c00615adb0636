// SPDX-License-Identifier: Apache-2.0
//
// NEON tiles of bytes with FEAT_DotProd; all else is the parent's.
//
//   instruction      what it gives
//   sdot (by lane)   16 products of signed bytes in 4 sums of 32 bits; it wraps
//
// UDOT would need unsigned activations and SUDOT is FEAT_I8MM: weights above 15 are flipped to signed ones (neon::byte_starts).
#pragma once

#include <lowp/isa/neon_dotprod/target.hpp>

#if LOWP_NEON

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include <lowp/base/config.hpp>
#include <lowp/isa/neon/gemm.hpp>
#include <lowp/kernel/gemm_tile.hpp>
#include <lowp/kernel/slots.hpp>

namespace lowp::inline LOWP_ABI::kernel::neon_dotprod {

/// sdot sum.4s, w.16b, x.4b[Lane], by its encoding (Arm ARM DDI 0487, C7.2: SDOT (by element)): assemblers know the name
/// under flags that users need not give, and a function with a target of its own inlines nothing that was compiled with
/// others, such as -mcpu=cortex-a72+crypto. Volatile keeps GCC 12 from loading weights ahead of it, and from spilling.
template <std::size_t Lane>
LOWP_ALWAYS_INLINE void dot_lane(int32x4_t& sum, int8x16_t w, uint32x4_t x) noexcept {
  constexpr std::uint32_t low = Lane % 2;
  constexpr std::uint32_t high = Lane / 2;
  __asm__ volatile(
      ".ifndef .Llowp_v0\n\t"  // the numbers of registers v0 to v31
      ".irp number,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
      ".equ .Llowp_v\\number,\\number\n\t"
      ".endr\n\t"
      ".endif\n\t"
      ".inst (%c3) | (.Llowp_%2 << 16) | (.Llowp_%1 << 5) | .Llowp_%0"
      : "+w"(sum)
      : "w"(w), "w"(x), "i"(0x4f80'e000U | low << 21U | high << 11U));
}

/// A quad: 16 columns times N rows, whose words stand from lane `First` of x on.
template <std::size_t First, std::size_t N, std::size_t X, std::size_t... I>
LOWP_ALWAYS_INLINE void dot_rows(int8x16_t const (&w)[4], uint32x4_t const (&x)[X], int32x4_t (&sums)[N][4],
                                 std::index_sequence<I...>) noexcept {
#pragma GCC unroll 4
  for (std::size_t v = 0; v < 4; ++v) {
    (dot_lane<(First + I) % 4>(sums[I][v], w[v], x[(First + I) / 4]), ...);
  }
}

/// Quads of a panel.
struct weights_as_they_are {
  LOWP_ALWAYS_INLINE void operator()(std::uint8_t const* from, int8x16_t (&w)[4]) const noexcept {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      w[v] = vreinterpretq_s8_u8(vld1q_u8(from + 16 * v));
    }
  }
};
struct weights_flipped {
  LOWP_ALWAYS_INLINE void operator()(std::uint8_t const* from, int8x16_t (&w)[4]) const noexcept {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      w[v] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(from + 16 * v), vdupq_n_u8(0x80)));
    }
  }
};

template <std::size_t N, class Load>
LOWP_ALWAYS_INLINE void products(std::uint8_t const* w, std::byte const* a, std::size_t step_bytes, std::size_t steps,
                                 int32x4_t (&sums)[N][4], Load load) noexcept {
  constexpr auto rows = std::make_index_sequence<N>{};
  for (std::size_t step = 0; step < steps; ++step) {
    uint32x4_t x[neon::activation_registers<N>];
    int8x16_t b[4];
    neon::load_activations<N>(a, x);
    load(w, b);
    dot_rows<0>(b, x, sums, rows);
    load(w + 4 * panel::columns, b);
    dot_rows<N>(b, x, sums, rows);
    w += 8 * panel::columns;
    a += step_bytes;
  }
}

/// R rows in P planes from a panel of bytes.
template <std::size_t R, std::size_t P>
void byte_tile(gemm_tile const& t) noexcept {
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    std::size_t const steps = (t.segments[s].length + panel::step - 1) / panel::step;
    neon::byte_starts<R, R * P> const start(t, s, steps);
    std::byte const* const a = t.activations + first * t.activation_step_bytes;
    for (std::size_t column = 0; column < panel::columns; column += 16) {
      std::uint8_t const* const w = t.weights + first * 8 * panel::columns + 4 * column;
      int32x4_t sums[R * P][4];
      start.load(column, sums);
      if (t.weights_are_codes && !t.tables->integers_are_small) {
        products(w, a, t.activation_step_bytes, steps, sums, weights_flipped{});
      } else {
        products(w, a, t.activation_step_bytes, steps, sums, weights_as_they_are{});
      }
      neon::end_bytes<R>(t, s, column, sums);
    }
  }
}

inline constexpr gemm_kernels kernels = [] {
  gemm_kernels k = neon::byte_kernels;
  k.isa = isa::neon_dotprod::name;
  k.instruction = "sdot";
  k.planes[0].from_panel[1] = &byte_tile<1, 1>;
  k.planes[0].from_panel[2] = &byte_tile<2, 1>;
  k.planes[0].from_panel[3] = &byte_tile<3, 1>;
  k.planes[0].from_panel[4] = &byte_tile<4, 1>;
  k.planes[0].from_panel[6] = &byte_tile<6, 1>;
  k.planes[1].from_panel[1] = &byte_tile<1, 2>;
  k.planes[1].from_panel[2] = &byte_tile<2, 2>;
  k.planes[1].from_panel[3] = &byte_tile<3, 2>;
  k.planes[2].from_panel[1] = &byte_tile<1, 3>;
  k.planes[2].from_panel[2] = &byte_tile<2, 3>;
  return k;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::neon_dotprod

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct gemm_slot<isa::neon_dotprod, operand::int8> {
  using served_by = isa::neon_dotprod;
  static constexpr gemm_kernels const* kernels() noexcept { return &neon_dotprod::kernels; }
};

}  // namespace lowp::inline LOWP_ABI::kernel

#endif
