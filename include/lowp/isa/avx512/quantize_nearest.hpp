// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 quotients for codes under nearest_even and saturate.
//
//   instruction   what it gives
//   vmulps        x / s for a power of two
//   vmulps, vfmadd  elsewhere a quotient that rounds to the same code
//   vdivps        what is left: a third of the speed
//
// Against quantize.hpp's divide: one instruction more than a product, not eight. It is no correctly rounded quotient; that the
// code is the same is proven below, for all but a few scales, which are recognised.
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/isa/avx2/target.hpp>
#include <lowp/isa/avx512/encode_nearest.hpp>
#include <lowp/kernel/vectorizable.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// How to divide by a scale so that the codes of nearest_element formats of at most 8 bits come out right.
enum class division : std::uint8_t { by_product, by_correction, by_quotient };

/// Up to 16 scales and their reciprocals, and the cheapest division that serves all of them.
///
/// by_correction is q = RN(x h + RN(x l)), where h is 1/s toward zero and l = RN(RN(1 - s h) h) the rest of it, at least 0.
/// h + l is 1/s but for 2^-46 of it, x l is rounded at 2^-47 of x/s: q is x/s + d rounded once, |d| < 2^-45 |x/s|. It
/// differs from RN(x/s) only where x/s lies that close to a number m half way between two floats, and the code only if one
/// of those two is T, where nearest_even changes codes: half a last place of the format, TieBits significant bits at most
/// (int8: 9), T a multiple of 2^(24 - TieBits) in units of its own last place as a float. With X, S the 24-bit significands,
/// |X 2^24 - m S| < 16 (or 2^25), and m = 2 T +- 1 in half units is +-1 modulo that power: so S itself lies within 16 of a
/// multiple of it without being one (at a multiple the left side is one, too; it is not 0, as m has 25 significant bits). It
/// does happen (int8, s = 0x1.23fffep0, x one last place above 100.5 s). The test below takes half of that power and 31; a
/// scale of few bits (float16, bfloat16, E4M3) always passes.
/// Scales in [2^-64, 2^64] keep all of this clear of subnormals where a code is not 0: |x/s| >= 2^-36. An infinity gives
/// itself or NaN, which encode_nearest reports where it matters. Zeros keep theirs because l has the sign of h. A
/// negative scale mirrors all of this.
template <int TieBits>
struct divisors {
  alignas(64) float value[16];
  alignas(64) float reciprocal[16];
  alignas(64) float rest[16];
  division how;

  divisors(float const* scales, std::size_t count) noexcept {
    auto const present = static_cast<__mmask16>(count >= 16 ? 0xffffU : (1U << count) - 1U);
    __m512 const one = _mm512_set1_ps(1.0F);
    __m512 const s = _mm512_mask_loadu_ps(one, present, scales);
    _mm512_store_ps(value, s);
    __m512 const high = _mm512_div_round_ps(one, s, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    _mm512_store_ps(reciprocal, high);
    _mm512_store_ps(rest, _mm512_mul_round_ps(_mm512_fnmadd_round_ps(s, high, one, nearest), high, nearest));
    __m512i const bits = _mm512_and_si512(_mm512_castps_si512(s), splat(~detail::float_sign));
    constexpr std::uint32_t least = detail::bits_of(0x1p-64F);
    constexpr std::uint32_t most = detail::bits_of(0x1p64F);
    __mmask16 const immoderate = _mm512_cmpgt_epu32_mask(_mm512_sub_epi32(bits, splat(least)), splat(most - least));
    // 31 from such a multiple on either side, but for the multiple itself.
    __m512i const distance = _mm512_and_si512(_mm512_add_epi32(bits, splat(31)), splat((1U << (23 - TieBits)) - 1U));
    __mmask16 const close =
        _mm512_mask_cmpneq_epi32_mask(_mm512_cmple_epu32_mask(distance, splat(62)), distance, splat(31));
    __mmask16 const broad = _mm512_test_epi32_mask(bits, splat(0x007f'ffffU));
    how = (immoderate | close) != 0 ? division::by_quotient
          : broad != 0              ? division::by_correction
                                    : division::by_product;
  }
};

/// 16 quotients by the scale i of s, for encode_nearest.
template <class Divisors, class ByProduct>
inline __m512 quotient_for_code(__m512 x, Divisors const& s, std::size_t i, ByProduct) noexcept {
  __m512 const high = _mm512_set1_ps(s.reciprocal[i]);
  if constexpr (ByProduct::value) {
    return _mm512_mul_round_ps(x, high, nearest);
  } else {
    return _mm512_fmadd_round_ps(x, high, _mm512_mul_round_ps(x, _mm512_set1_ps(s.rest[i]), nearest), nearest);
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

LOWP_TARGET_END

#endif
