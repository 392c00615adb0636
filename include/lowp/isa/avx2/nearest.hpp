// SPDX-License-Identifier: Apache-2.0
//
// AVX2 encode and quantize under nearest_even and saturate, the policies of almost every call: 32 floats to 32 codes.
//
//   instruction          what it gives
//   vfmaddps             x 2^-(23 - M) + 2^e: the rounding, and a number whose fields already are those of the code
//   vpmaddwd             exponent and last places side by side in a word
//   vpackssdw/vpackuswb  32 codes into one register, limited to max on the way
//   vcvtps2dq            integers
//
// The algorithms and their proofs are those of isa/avx512/encode_nearest.hpp and quantize_nearest.hpp, with magnitudes and
// signs apart, as there is no vrangeps.
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/avx2/opaque.hpp>
#include <lowp/isa/avx2/random.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx2 {

template <class F>
concept nearest_element = IntegerFormat<F> ||(encodes_minifloat<F>&& F::layout.is_signed());

/// What encode_nearest serves.
template <class F, class R, class O>
concept encodes_nearest =
    nearest_element<F> && std::same_as<R, rounding::nearest_even> && std::same_as<O, overflow::saturate>;

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// Whether a or b holds a NaN, lane by lane. As an intrinsic it is a float compare, which -ffast-math answers with no.
inline __m256i either_is_nan(__m256 a, __m256 b) noexcept {
  __m256i unordered;
  __asm__("vcmpps $3, %2, %1, %0" : "=x"(unordered) : "x"(a), "x"(b));
  return unordered;
}

/// Double words of four vectors, narrowed pairwise to 32 bytes by packs: back in order.
inline __m256i in_order(__m256i packed) noexcept {
  // The packs work within 128-bit lanes: double word 4 l + v holds lane l of vector v.
  return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/// 32 codes, a byte each. False where one of the elements needs encode_block: a NaN, an integer beyond 16 bits.
template <nearest_element F>
inline bool encode_nearest(__m256 const (&x)[4], __m256i& codes) noexcept {
  if constexpr (IntegerFormat<F>) {
    __m256i const low = _mm256_packs_epi32(_mm256_cvtps_epi32(x[0]), _mm256_cvtps_epi32(x[1]));
    __m256i const high = _mm256_packs_epi32(_mm256_cvtps_epi32(x[2]), _mm256_cvtps_epi32(x[3]));
    // The conversion gives -2^31 for a NaN and for what does not fit, hence -2^15 here.
    __m256i const least = _mm256_set1_epi16(INT16_MIN);
    __m256i const rare = _mm256_or_si256(_mm256_cmpeq_epi16(low, least), _mm256_cmpeq_epi16(high, least));
    if constexpr (F::layout.is_signed()) {
      codes = in_order(_mm256_packs_epi16(low, high));
      if constexpr (F::bits < 8) {
        codes = _mm256_min_epi8(codes, _mm256_set1_epi8(static_cast<char>(F::layout.max())));
        codes = _mm256_max_epi8(codes, _mm256_set1_epi8(static_cast<char>(F::layout.min())));
        codes = _mm256_and_si256(codes, _mm256_set1_epi8(static_cast<char>(F::code_mask)));
      }
    } else {
      codes = in_order(_mm256_packus_epi16(low, high));
      if constexpr (F::bits < 8) {
        codes = _mm256_min_epu8(codes, _mm256_set1_epi8(static_cast<char>(F::layout.max())));
      }
    }
    return _mm256_testz_si256(rare, rare) != 0;
  } else {
    constexpr format_facts f = facts<F>::all;
    constexpr float_layout l = F::layout;
    constexpr int mantissa = l.mantissa_bits;
    constexpr auto lowest = static_cast<std::uint32_t>(l.min_exponent() + detail::float_bias);
    __m256 const last_place = _mm256_set1_ps(detail::power_of_two(mantissa - 23));
    __m256i const weights = splat(1U << 16U | 1U << static_cast<unsigned>(7 - mantissa));
    __m256i c[4];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      // 1. The binade's power of two; that of the subnormals below it.
      __m256i const bits = _mm256_and_si256(_mm256_castps_si256(x[j]), splat(~detail::float_sign));
      __m256i const binade =
          _mm256_and_si256(_mm256_max_epi32(bits, splat(lowest << 23U)), splat(detail::float_infinity));
      // 2. |x| 2^-(23 - M) + 2^e counts |x| in last places below 2^e, rounded to even, subnormals alike.
      __m256 const sum = _mm256_fmadd_ps(_mm256_castsi256_ps(bits), last_place, _mm256_castsi256_ps(binade));
      // 3. 2^(7-M) (2^M E + places)
      c[j] = _mm256_madd_epi16(_mm256_castps_si256(sum), weights);
    }
    __m256i const nan = _mm256_or_si256(either_is_nan(x[0], x[1]), either_is_nan(x[2], x[3]));
    // 4. Magnitudes such that max becomes 255, where the packing stops, and back.
    constexpr auto spare = static_cast<int>(255U - f.max_code);
    __m256i const base = _mm256_set1_epi16(static_cast<short>((static_cast<int>(lowest) << mantissa) - spare));
    __m256i const low = _mm256_sub_epi16(_mm256_srli_epi16(_mm256_packs_epi32(c[0], c[1]), 7 - mantissa), base);
    __m256i const high = _mm256_sub_epi16(_mm256_srli_epi16(_mm256_packs_epi32(c[2], c[3]), 7 - mantissa), base);
    __m256i bytes = _mm256_sub_epi8(_mm256_packus_epi16(low, high), _mm256_set1_epi8(static_cast<char>(spare)));
    // 5. Signs: the packing keeps them.
    __m256i const low_signs = _mm256_packs_epi32(_mm256_castps_si256(x[0]), _mm256_castps_si256(x[1]));
    __m256i const high_signs = _mm256_packs_epi32(_mm256_castps_si256(x[2]), _mm256_castps_si256(x[3]));
    __m256i signs = _mm256_packs_epi16(low_signs, high_signs);
    if constexpr (F::bits < 8) {
      signs = _mm256_srli_epi16(signs, 8 - F::bits);
    }
    signs = _mm256_and_si256(signs, _mm256_set1_epi8(static_cast<char>(f.sign_mask)));
    if constexpr (!l.has_negative_zero()) {
      signs = _mm256_andnot_si256(_mm256_cmpeq_epi8(bytes, _mm256_setzero_si256()), signs);
    }
    codes = in_order(_mm256_or_si256(bytes, signs));
    return _mm256_testz_si256(nan, nan) != 0;
  }
}

/// How to divide by a scale; see isa/avx512/quantize_nearest.hpp.
enum class division : std::uint8_t { by_product, by_correction, by_quotient };

/// Up to 16 scales, their reciprocals toward zero and the rest of those.
template <int TieBits>
struct divisors {
  alignas(32) float value[16];
  alignas(32) float reciprocal[16];
  alignas(32) float rest[16];
  division how;

  divisors(float const* scales, std::size_t count) noexcept {
    for (std::size_t i = 0; i < 16; ++i) {
      value[i] = i < count ? scales[i] : 1.0F;
    }
    __m256i unfit = _mm256_setzero_si256();
    __m256i broad = unfit;
    __m256 const one = _mm256_set1_ps(1.0F);
    for (std::size_t i = 0; i < 16; i += 8) {
      __m256 const s = _mm256_load_ps(value + i);
      __m256 y;
      __asm__("vdivps %2, %1, %0" : "=x"(y) : "x"(one), "x"(s));
      // One last place down where it was rounded up: the sign of what is left tells.
      __m256 const excess = _mm256_fnmadd_ps(s, y, one);
      __m256i const down = _mm256_srai_epi32(_mm256_castps_si256(excess), 31);
      y = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(y), down));
      __m256 const left = opaque(_mm256_fnmadd_ps(s, y, one));
      _mm256_store_ps(reciprocal + i, y);
      _mm256_store_ps(rest + i, _mm256_mul_ps(left, y));
      __m256i const bits = _mm256_and_si256(_mm256_castps_si256(s), splat(~detail::float_sign));
      __m256i const immoderate = _mm256_or_si256(_mm256_cmpgt_epi32(splat(detail::bits_of(0x1p-64F)), bits),
                                                 _mm256_cmpgt_epi32(bits, splat(detail::bits_of(0x1p64F))));
      // 31 from such a multiple on either side, but for the multiple itself.
      __m256i const distance = _mm256_and_si256(_mm256_add_epi32(bits, splat(31)), splat((1U << (23 - TieBits)) - 1U));
      __m256i const close =
          _mm256_andnot_si256(_mm256_cmpeq_epi32(distance, splat(31)), _mm256_cmpgt_epi32(splat(63), distance));
      unfit = _mm256_or_si256(unfit, _mm256_or_si256(immoderate, close));
      broad = _mm256_or_si256(broad, _mm256_and_si256(bits, splat(0x007f'ffffU)));
    }
    how = _mm256_testz_si256(unfit, unfit) == 0   ? division::by_quotient
          : _mm256_testz_si256(broad, broad) == 0 ? division::by_correction
                                                  : division::by_product;
  }
};

/// 8 quotients by the scale i of s, for encode_nearest.
template <class Divisors, class ByProduct>
inline __m256 quotient_for_code(__m256 x, Divisors const& s, std::size_t i, ByProduct) noexcept {
  __m256 const high = _mm256_broadcast_ss(s.reciprocal + i);
  if constexpr (ByProduct::value) {
    return opaque(_mm256_mul_ps(x, high));
  } else {
    __m256 const low = opaque(_mm256_mul_ps(x, _mm256_broadcast_ss(s.rest + i)));  // or x is taken out of both products
    return _mm256_fmadd_ps(x, high, low);
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

LOWP_TARGET_END

#endif
