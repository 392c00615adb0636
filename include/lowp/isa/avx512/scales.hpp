// SPDX-License-Identifier: Apache-2.0
//
// AVX-512: 16 scales at a time from the greatest magnitudes of 16 blocks.
//
//   instruction           what it gives
//   vmulpd                absmax / max in double, eight a step; where scales are stored as floats vdivpd
//   vcvtpd2ps {rz}        with the inexact bit or'ed in: a float that one more rounding takes where one rounding of the
//                         double would have gone
//   vcvtps2ph             float16
//   vgetexpps/vgetmantps  exponent and mantissa, of subnormals too, for the powers of two
//
// Against avx2: twice the width, subnormals without a second look.
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
#include <lowp/format/facts.hpp>
#include <lowp/isa/avx2/scales.hpp>
#include <lowp/isa/avx512/decode.hpp>
#include <lowp/isa/avx512/encode.hpp>
#include <lowp/isa/avx512/opaque.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/rule.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// 16 scales: codes of the stored type (float: its bits) and values.
struct scale_lanes {
  __m512i codes;
  __m512 values;
};

/// max(x / target, 2^-126) of eight floats in double precision; 1 for x = 0.
inline __m512d double_quotients(__m256 x, __m512d target) noexcept {
  __m512d const wide = _mm512_cvt_roundps_pd(x, _MM_FROUND_NO_EXC);
  __m512i const bits = _mm512_castpd_si512(wide);
  __m512i const q = _mm512_castpd_si512(_mm512_div_round_pd(wide, target, nearest));
  // Positive doubles order like their bits.
  __m512i const limited = _mm512_max_epu64(q, _mm512_castpd_si512(_mm512_set1_pd(0x1p-126)));
  __m512i const one = _mm512_castpd_si512(_mm512_set1_pd(1.0));
  return _mm512_castsi512_pd(_mm512_mask_mov_epi64(one, _mm512_test_epi64_mask(bits, bits), limited));
}

/// The same but for 2^-44 of it, and on the same side of every number of at most 12 bits: enough for a stored type of 11.
///
/// RN(x RN(1/t)) is within 2^-51 of x / t; rounding it to 45 bits moves it by at most 2^-45. Where x / t is a number of
/// 12 bits, the rounding gives it; any other such number m lies at least 2^-36 of itself away from x / t, for x and m t have at most 24 and 36 bits, and
/// differ by one in the last place of one of them or more.
inline __m512d rounded_quotients(__m256 x, __m512d reciprocal) noexcept {
  __m512d const wide = _mm512_cvt_roundps_pd(x, _MM_FROUND_NO_EXC);
  __m512i const q = _mm512_castpd_si512(_mm512_mul_round_pd(wide, reciprocal, nearest));
  __m512i const rounded =
      _mm512_and_si512(_mm512_add_epi64(q, _mm512_set1_epi64(0x80)), _mm512_set1_epi64(~std::int64_t{0xff}));
  __m512i const limited = _mm512_max_epu64(rounded, _mm512_castpd_si512(_mm512_set1_pd(0x1p-126)));
  __m512i const one = _mm512_castpd_si512(_mm512_set1_pd(1.0));
  return _mm512_castsi512_pd(_mm512_mask_mov_epi64(one, _mm512_test_epi64_mask(q, q), limited));
}

/// Toward zero to float, the last bit set where that is inexact: to be rounded once more, to at most 22 bits.
inline __m256 round_to_odd(__m512d x) noexcept {
  __m256 const truncated = _mm512_cvt_roundpd_ps(x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  __m512d const back = _mm512_cvt_roundps_pd(truncated, _MM_FROUND_NO_EXC);
  __mmask8 const inexact = _mm512_cmpneq_epi64_mask(_mm512_castpd_si512(back), _mm512_castpd_si512(x));
  __m256i const bits = _mm256_castps_si256(truncated);
  return _mm256_castsi256_ps(_mm256_mask_or_epi32(bits, inexact, bits, _mm256_set1_epi32(1)));
}

inline __m512 join(__m256 low, __m256 high) noexcept {
  return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(low)), _mm256_castps_pd(high), 1));
}

/// 16 scales, positive, normal and finite as floats or too large for one, rounded to their stored type.
template <class Stored>
inline scale_lanes stored_lanes(__m512d low, __m512d high) noexcept {
  if constexpr (std::same_as<Stored, float>) {
    __m512 const value = join(_mm512_cvt_roundpd_ps(low, nearest), _mm512_cvt_roundpd_ps(high, nearest));
    return {_mm512_castps_si512(value), value};
  } else {
    __m512 const odd = join(round_to_odd(low), round_to_odd(high));
    if constexpr (std::same_as<Stored, float16>) {
      __m256i const half = _mm512_cvt_roundps_ph(odd, nearest);
      return {_mm512_cvtepu16_epi32(half), _mm512_cvt_roundph_ps(half, _MM_FROUND_NO_EXC)};
    } else if constexpr (std::same_as<Stored, bfloat16>) {
      // The upper half of a float, rounded to even; positive and finite.
      __m512i const bits = _mm512_castps_si512(odd);
      __m512i const last = _mm512_and_si512(_mm512_srli_epi32(bits, 16), splat(1));
      __m512i const code = _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(last, splat(0x7fff))), 16);
      return {code, _mm512_castsi512_ps(_mm512_slli_epi32(code, 16))};
    } else {
      __m512i const code =
          encode_lanes<Stored, rounding::nearest_even, overflow::nonsaturating>(odd, _mm512_setzero_si512());
      return {code, decode_lanes<Stored>(code)};
    }
  }
}

/// The scales of 16 blocks.
template <class Rule>
inline scale_lanes scales_of(Rule const& rule, __m512 greatest, format_facts const& element) noexcept {
  using stored_type = typename Rule::stored_type;
  if constexpr (steps_exponent<Rule>::value) {
    pow2_step const step = pow2_step::of(rule.rule, element);
    __m512i const bits = _mm512_castps_si512(greatest);
    __m512i const exponent = _mm512_cvt_roundps_epi32(_mm512_getexp_round_ps(greatest, _MM_FROUND_NO_EXC), nearest);
    __m512i const mantissa = _mm512_and_si512(_mm512_castps_si512(_mm512_getmant_round_ps(
                                                  greatest, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero, _MM_FROUND_NO_EXC)),
                                              splat(0x007f'ffffU));
    __m512i const wanted = _mm512_sub_epi32(exponent, _mm512_set1_epi32(step.exponent));
    __m512i const stepped = _mm512_mask_add_epi32(wanted, _mm512_cmpgt_epu32_mask(mantissa, splat(step.last)), wanted,
                                                  _mm512_set1_epi32(1));
    __m512i const limited =
        _mm512_max_epi32(_mm512_min_epi32(stepped, _mm512_set1_epi32(127)), _mm512_set1_epi32(-126));
    // A block without a nonzero element has the scale 1.
    __m512i const biased = _mm512_add_epi32(_mm512_maskz_mov_epi32(_mm512_test_epi32_mask(bits, bits), limited),
                                            _mm512_set1_epi32(detail::float_bias));
    __m512i const value = _mm512_slli_epi32(biased, 23);
    if constexpr (std::same_as<stored_type, float>) {
      return {value, _mm512_castsi512_ps(value)};
    } else {
      return {std::same_as<stored_type, bfloat16> ? _mm512_slli_epi32(biased, 7) : biased, _mm512_castsi512_ps(value)};
    }
  } else {
    __m256 const low = _mm512_castps512_ps256(greatest);
    __m256 const high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(greatest), 1));
    if constexpr (std::same_as<stored_type, float>) {
      __m512d const target = _mm512_set1_pd(static_cast<double>(element.max));
      return stored_lanes<stored_type>(double_quotients(low, target), double_quotients(high, target));
    } else {
      __m512d const reciprocal = _mm512_set1_pd(1.0 / static_cast<double>(element.max));
      return stored_lanes<stored_type>(rounded_quotients(low, reciprocal), rounded_quotients(high, reciprocal));
    }
  }
}

/// Stores the first n <= 16 codes.
template <class Stored>
inline void store_scales(Stored* out, __m512i codes, __mmask16 present) noexcept {
  if constexpr (sizeof(Stored) == 4) {
    _mm512_mask_storeu_epi32(out, present, codes);
  } else if constexpr (sizeof(Stored) == 2) {
    _mm512_mask_cvtepi32_storeu_epi16(out, present, codes);
  } else {
    _mm512_mask_cvtepi32_storeu_epi8(out, present, codes);
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

namespace lowp::inline LOWP_ABI::kernel {

template <class Rule>
  requires avx2::scales<Rule>
struct scales_slot<isa::avx512, Rule> {
  using served_by = isa::avx512;
  using stored_type = typename Rule::stored_type;

  static void run(Rule rule, format_facts const& element, float const* greatest, std::size_t n, stored_type* stored,
                  float* values) noexcept {
    for (std::size_t i = 0; i < n; i += 16) {
      auto const present = static_cast<__mmask16>(n - i >= 16 ? 0xffffU : (1U << (n - i)) - 1U);
      avx512::scale_lanes const s = avx512::scales_of(rule, _mm512_maskz_loadu_ps(present, greatest + i), element);
      avx512::store_scales(stored + i, s.codes, present);
      _mm512_mask_storeu_ps(values + i, present, s.values);
    }
  }

  static bool fit(Rule rule, format_facts const& element, float const* greatest, std::size_t n) noexcept {
    __mmask16 outside = 0;
    for (std::size_t i = 0; i < n; i += 16) {
      auto const present = static_cast<__mmask16>(n - i >= 16 ? 0xffffU : (1U << (n - i)) - 1U);
      avx512::scale_lanes const s = avx512::scales_of(rule, _mm512_maskz_loadu_ps(present, greatest + i), element);
      // Neither zero nor infinite nor NaN: less 1, zero is the greatest.
      __m512i const bits = _mm512_sub_epi32(avx512::bits_of(s.values), avx512::splat(1));
      outside =
          _kor_mask16(outside, _mm512_mask_cmpge_epu32_mask(present, bits, avx512::splat(detail::float_infinity - 1U)));
    }
    return outside == 0;
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
