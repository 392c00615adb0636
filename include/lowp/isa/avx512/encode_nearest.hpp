// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 encode under nearest_even and saturate, the policies of almost every call: 64 floats to 64 codes.
//
//   instruction        what it gives
//   vrangeps           the greater of |x| and the smallest normal, with x's sign, in one step
//   vfmadd             x 2^-(23 - M) + 2^e: the rounding, and a number whose fields already are those of the code
//   vpmaddwd           exponent and last places side by side in a word
//   vpackssdw/vpackuswb  64 codes into one register, limited to max on the way
//   vcvtps2dq          integers
//
// Against encode.hpp: 8 instructions for 16 elements instead of 15. On cores with two 512-bit ports (Intel) the casts are
// bound by their number, not by memory. What is rare (NaN, integers beyond 16 bits) is detected here and done there.
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/avx2/target.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx512 {

template <class F>
concept nearest_element = IntegerFormat<F> ||(encodes_minifloat<F>&& F::layout.is_signed());

/// Formats of two bytes with an encoder of their own.
template <class F>
concept nearest_half = std::same_as<F, float16> || std::same_as<F, bfloat16>;

/// What encode_nearest serves.
template <class F, class R, class O>
concept encodes_nearest =
    nearest_element<F> && std::same_as<R, rounding::nearest_even> && std::same_as<O, overflow::saturate>;

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

inline __m512i splat(std::uint32_t x) noexcept { return _mm512_set1_epi32(static_cast<int>(x)); }

/// Every float operation names its rounding. Those forms are also opaque to the optimisers: the plain ones are a * b and
/// a / b on vectors, which -ffast-math rewrites.
inline constexpr int nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

/// Whether a or b holds a NaN, lane by lane. As an intrinsic it is a float compare, which -ffast-math answers with no.
inline __mmask16 either_is_nan(__m512 a, __m512 b) noexcept {
  __mmask16 unordered;
  __asm__("vcmpps $3, %2, %1, %0" : "=k"(unordered) : "v"(a), "v"(b));
  return unordered;
}

/// Double words of four vectors, narrowed pairwise to 64 bytes by packs: back in order.
inline __m512i in_order(__m512i packed) noexcept {
  // The packs work within 128-bit lanes: double word 4 l + v holds lane l of vector v.
  return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), packed);
}

/// The same of words, in pairs of vectors: quad word 2 l + v holds lane l of vector v.
inline __m512i halves_in_order(__m512i packed) noexcept {
  return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), packed);
}

/// 64 codes of two bytes to `out`. False, and nothing is right there, where one of the elements is a NaN.
template <nearest_half F>
inline bool encode_nearest_half(__m512 const (&x)[4], std::uint8_t* out) noexcept {
  __mmask16 const nan = _kor_mask16(either_is_nan(x[0], x[1]), either_is_nan(x[2], x[3]));
  if (nan != 0) [[unlikely]] {
    return false;
  }
  __m512 const max = _mm512_set1_ps(facts<F>::max);
  // 2: the smaller magnitude, the first's sign; 3: the greater.
  if constexpr (std::same_as<F, float16>) {
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      __m512 const limited = _mm512_range_round_ps(x[j], max, 2, _MM_FROUND_NO_EXC);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32 * j), _mm512_cvt_roundps_ph(limited, nearest));
    }
  } else {
    // As encode_nearest: the upper word is S EEEEEEEE 0000000, the lower counts last places, 128 and more.
    __m512 const smallest_normal = _mm512_set1_ps(0x1p-126F);
    __m512i const ones = _mm512_set1_epi16(1);
    __m512i c[4];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      __m512 const limited = _mm512_range_round_ps(x[j], max, 2, _MM_FROUND_NO_EXC);
      __m512 const top = _mm512_range_round_ps(limited, smallest_normal, 3, _MM_FROUND_NO_EXC);
      __m512i const binade = _mm512_and_si512(_mm512_castps_si512(top), splat(0xff80'0000U));
      c[j] = _mm512_madd_epi16(_mm512_castps_si512(_mm512_fmadd_round_ps(limited, _mm512_set1_ps(0x1p-16F),
                                                                         _mm512_castsi512_ps(binade), nearest)),
                               ones);
    }
    __m512i const implicit = _mm512_set1_epi16(128);
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 4; j += 2) {
      __m512i const places = halves_in_order(_mm512_packs_epi32(c[j], c[j + 1]));
      _mm512_storeu_si512(out + 32 * j, _mm512_sub_epi16(places, implicit));
    }
  }
  return true;
}

/// Words S | 2^(7-M) (2^M E + places) to the magnitude in [0, 2^15), less Base.
template <int M, int Base>
inline __m512i magnitudes(__m512i words) noexcept {
  __m512i const places =
      _mm512_srli_epi16(_mm512_and_si512(words, _mm512_set1_epi16(INT16_MAX)), static_cast<unsigned>(7 - M));
  return _mm512_sub_epi16(places, _mm512_set1_epi16(static_cast<short>(Base)));
}

/// 64 codes, a byte each. False where one of the elements needs encode_block: a NaN, an integer beyond 16 bits.
template <nearest_element F>
inline bool encode_nearest(__m512 const (&x)[4], __m512i& codes) noexcept {
  if constexpr (IntegerFormat<F>) {
    __m512i n[4];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      n[j] = _mm512_cvt_roundps_epi32(x[j], nearest);
    }
    __m512i const low = _mm512_packs_epi32(n[0], n[1]);
    __m512i const high = _mm512_packs_epi32(n[2], n[3]);
    // The conversion gives -2^31 for a NaN and for what does not fit, hence -2^15 here.
    __m512i const least = _mm512_set1_epi16(INT16_MIN);
    bool const usual =
        _kortestz_mask32_u8(_mm512_cmpeq_epi16_mask(low, least), _mm512_cmpeq_epi16_mask(high, least)) != 0;
    if constexpr (F::layout.is_signed()) {
      codes = in_order(_mm512_packs_epi16(low, high));
      if constexpr (F::bits < 8) {
        codes = _mm512_min_epi8(codes, _mm512_set1_epi8(static_cast<char>(F::layout.max())));
        codes = _mm512_max_epi8(codes, _mm512_set1_epi8(static_cast<char>(F::layout.min())));
        codes = _mm512_and_si512(codes, _mm512_set1_epi8(static_cast<char>(F::code_mask)));
      }
    } else {
      codes = in_order(_mm512_packus_epi16(low, high));
      if constexpr (F::bits < 8) {
        codes = _mm512_min_epu8(codes, _mm512_set1_epi8(static_cast<char>(F::layout.max())));
      }
    }
    return usual;
  } else {
    constexpr format_facts f = facts<F>::all;
    constexpr float_layout l = F::layout;
    constexpr int mantissa = l.mantissa_bits;
    constexpr auto lowest = static_cast<std::uint32_t>(l.min_exponent() + detail::float_bias);
    __m512 const smallest_normal = _mm512_castsi512_ps(splat(lowest << 23U));
    __m512 const last_place = _mm512_set1_ps(detail::power_of_two(mantissa - 23));
    // The upper word of a float holds S EEEEEEEE 0000000 once step 2 has left only last places below: weight 1, and the last
    // places so that they continue the exponent field.
    __m512i const weights = splat(1U << 16U | 1U << (7U - mantissa));
    __m512i c[4];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      // 1. The binade's power of two with x's sign; that of the subnormals below it. (3: greater magnitude, first's sign.)
      __m512 const top = _mm512_range_round_ps(x[j], smallest_normal, 3, _MM_FROUND_NO_EXC);
      __m512i const binade = _mm512_and_si512(_mm512_castps_si512(top), splat(0xff80'0000U));
      // 2. x 2^-(23 - M) + 2^e counts |x| in last places below 2^e, rounded to even, subnormals alike.
      __m512 const sum = _mm512_fmadd_round_ps(x[j], last_place, _mm512_castsi512_ps(binade), nearest);
      // 3. S | 2^(7-M) (2^M E + places)
      c[j] = _mm512_madd_epi16(_mm512_castps_si512(sum), weights);
    }
    __mmask16 const nan = _kor_mask16(either_is_nan(x[0], x[1]), either_is_nan(x[2], x[3]));
    __m512i const low = _mm512_packs_epi32(c[0], c[1]);
    __m512i const high = _mm512_packs_epi32(c[2], c[3]);
    // 4. Magnitudes such that max becomes 255, where the packing stops, and back.
    constexpr auto spare = static_cast<int>(255U - f.max_code);
    constexpr int base = (static_cast<int>(lowest) << mantissa) - spare;
    __m512i bytes = _mm512_packus_epi16(magnitudes<mantissa, base>(low), magnitudes<mantissa, base>(high));
    // What rounds to -2^128 carries out of its word and leaves 0; nothing else does: every other word holds `lowest`, 1 or
    // more. Where 0 is below the base its byte is 0, too, and no other byte is, as max_code is below 255.
    bool usual;
    if constexpr (base > 0) {
      usual = _kortestz_mask64_u8(_mm512_testn_epi8_mask(bytes, bytes), nan) != 0;
    } else {
      __mmask32 const carried = _kor_mask32(_mm512_testn_epi16_mask(low, low), _mm512_testn_epi16_mask(high, high));
      usual = _kortestz_mask32_u8(carried, nan) != 0;
    }
    bytes = _mm512_sub_epi8(bytes, _mm512_set1_epi8(static_cast<char>(spare)));
    // 5. Signs: the packing keeps them.
    __m512i signs = _mm512_packs_epi16(low, high);
    if constexpr (F::bits < 8) {
      signs = _mm512_srli_epi16(signs, 8 - F::bits);
    }
    __m512i const sign_bit = _mm512_set1_epi8(static_cast<char>(f.sign_mask));
    if constexpr (l.has_negative_zero()) {
      bytes = _mm512_ternarylogic_epi32(bytes, signs, sign_bit, 0xf8);  // bytes | (signs & bit)
    } else {
      __mmask64 const nonzero = _mm512_test_epi8_mask(bytes, bytes);
      bytes = _mm512_or_si512(bytes, _mm512_maskz_mov_epi8(nonzero, _mm512_and_si512(signs, sign_bit)));
    }
    codes = in_order(bytes);
    return usual;
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

LOWP_TARGET_END

#endif
