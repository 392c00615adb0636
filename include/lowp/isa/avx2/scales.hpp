// SPDX-License-Identifier: Apache-2.0
//
// AVX2: 8 scales at a time from the greatest magnitudes of 8 blocks.
//
//   instruction   what it gives
//   vdivpd        absmax / max in double, four a step
//   vcvtpd2ps     to float; corrected to round to odd where the stored type is narrower
//   vcvtps2ph     float16
//
// Against portable: no branches.
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/avx2/decode.hpp>
#include <lowp/isa/avx2/encode.hpp>
#include <lowp/isa/avx2/opaque.hpp>
#include <lowp/isa/portable/scales.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// Types a scale is rounded to here. A format of at most 8 bits needs a code that says overflow.
template <class Stored>
concept stores_scale = std::same_as<Stored, float> || std::same_as<Stored, float16> || std::same_as<Stored, bfloat16> ||
    (encodes_minifloat<Stored> &&
     (Stored::layout.has_infinity() || (Stored::layout.has_nan() && Stored::layout.special != specials::p3109_finite)));

template <class Rule>
inline constexpr bool divides_by_max = std::same_as<Rule, scale::absmax<typename Rule::stored_type>>;

template <class Rule>
concept scales = steps_exponent<Rule>::value ||(divides_by_max<Rule>&& stores_scale<typename Rule::stored_type>);

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// 8 scales: codes of the stored type (float: its bits) and values.
struct scale_lanes {
  __m256i codes;
  __m256 values;
};

/// max(x / target, 2^-126) of four floats in double precision; 1 for x = 0. (Barrier: see divide.)
inline __m256d double_quotients(__m128 x, __m256d target) noexcept {
  __m256d const wide = _mm256_cvtps_pd(x);
  __m256d q;
  __asm__("vdivpd %2, %1, %0" : "=x"(q) : "x"(wide), "x"(target));
  q = _mm256_max_pd(q, _mm256_set1_pd(0x1p-126));
  __m256i const is_zero = _mm256_cmpeq_epi64(_mm256_castpd_si256(wide), _mm256_setzero_si256());
  return _mm256_blendv_pd(q, _mm256_set1_pd(1.0), _mm256_castsi256_pd(is_zero));
}

/// The lower halves of four 64-bit masks.
inline __m128i narrow_mask(__m256i mask) noexcept {
  return _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(mask, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6)));
}

/// Toward zero to float, the last bit set where that is inexact: to be rounded once more, to at most 22 bits.
inline __m128i round_to_odd(__m256d x) noexcept {
  __m128 const rounded = opaque(_mm256_cvtpd_ps(x));  // or the conversion there and back is taken for nothing
  // Positive doubles order like their bits.
  __m256i const back = _mm256_castpd_si256(_mm256_cvtps_pd(rounded));
  __m256i const bits = _mm256_castpd_si256(x);
  __m128i const too_great = narrow_mask(_mm256_cmpgt_epi64(back, bits));  // -1: one last place down
  __m128i const exact = narrow_mask(_mm256_cmpeq_epi64(back, bits));
  __m128i const truncated = _mm_add_epi32(_mm_castps_si128(rounded), too_great);
  return _mm_or_si128(truncated, _mm_andnot_si128(exact, _mm_set1_epi32(1)));
}

inline __m256i join(__m128i low, __m128i high) noexcept {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/// 8 scales, positive, normal and finite as floats or too large for one, rounded to their stored type.
template <class Stored>
inline scale_lanes stored_lanes(__m256d low, __m256d high) noexcept {
  if constexpr (std::same_as<Stored, float>) {
    __m256i const value = join(_mm_castps_si128(_mm256_cvtpd_ps(low)), _mm_castps_si128(_mm256_cvtpd_ps(high)));
    return {value, _mm256_castsi256_ps(value)};
  } else {
    __m256i const odd = join(round_to_odd(low), round_to_odd(high));
    if constexpr (std::same_as<Stored, float16>) {
      __m128i const half = _mm256_cvtps_ph(_mm256_castsi256_ps(odd), _MM_FROUND_TO_NEAREST_INT);
      return {_mm256_cvtepu16_epi32(half), _mm256_cvtph_ps(half)};
    } else if constexpr (std::same_as<Stored, bfloat16>) {
      // The upper half of a float, rounded to even; positive and finite.
      __m256i const last = _mm256_and_si256(_mm256_srli_epi32(odd, 16), splat(1));
      __m256i const code = _mm256_srli_epi32(_mm256_add_epi32(odd, _mm256_add_epi32(last, splat(0x7fff))), 16);
      return {code, _mm256_castsi256_ps(_mm256_slli_epi32(code, 16))};
    } else {
      __m256i const code = encode_lanes<Stored, rounding::nearest_even, overflow::nonsaturating>(
          _mm256_castsi256_ps(odd), _mm256_setzero_si256());
      return {code, decode_lanes<Stored>(code)};
    }
  }
}

/// Stores 8 codes.
template <class Stored>
inline void store_scales(Stored* out, __m256i codes) noexcept {
  alignas(32) std::uint32_t each[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(each), codes);
  for (std::size_t k = 0; k < 8; ++k) {
    if constexpr (sizeof(Stored) == 4) {
      out[k] = std::bit_cast<Stored>(each[k]);
    } else {
      out[k] = from_bits<Stored>(each[k]);
    }
  }
}

/// The scales of 8 blocks, none of whose magnitudes is a subnormal float where the rule is a power of two.
template <class Rule>
inline scale_lanes scales_of(Rule const& rule, __m256 greatest, format_facts const& element) noexcept {
  using stored_type = typename Rule::stored_type;
  if constexpr (steps_exponent<Rule>::value) {
    pow2_step const step = pow2_step::of(rule.rule, element);
    __m256i const bits = _mm256_castps_si256(greatest);
    __m256i const mantissa = _mm256_and_si256(bits, splat(0x007f'ffffU));
    __m256i const above = _mm256_cmpgt_epi32(mantissa, splat(step.last));  // -1
    __m256i const biased =
        _mm256_sub_epi32(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(step.exponent)), above);
    __m256i const limited = _mm256_max_epi32(_mm256_min_epi32(biased, _mm256_set1_epi32(254)), _mm256_set1_epi32(1));
    // A block without a nonzero element has the scale 1.
    __m256i const is_zero = _mm256_cmpeq_epi32(bits, _mm256_setzero_si256());
    __m256i const exponent = select(is_zero, _mm256_set1_epi32(detail::float_bias), limited);
    __m256i const value = _mm256_slli_epi32(exponent, 23);
    if constexpr (std::same_as<stored_type, float>) {
      return {value, _mm256_castsi256_ps(value)};
    } else {
      return {std::same_as<stored_type, bfloat16> ? _mm256_slli_epi32(exponent, 7) : exponent,
              _mm256_castsi256_ps(value)};
    }
  } else {
    __m256d const target = _mm256_set1_pd(static_cast<double>(element.max));
    return stored_lanes<stored_type>(double_quotients(_mm256_castps256_ps128(greatest), target),
                                     double_quotients(_mm256_extractf128_ps(greatest, 1), target));
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

namespace lowp::inline LOWP_ABI::kernel {

template <class Rule>
  requires avx2::scales<Rule>
struct scales_slot<isa::avx2, Rule> {
  using served_by = isa::avx2;
  using stored_type = typename Rule::stored_type;

  static void run(Rule rule, format_facts const& element, float const* greatest, std::size_t n, stored_type* stored,
                  float* values) noexcept {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256 const x = _mm256_loadu_ps(greatest + i);
      if (!serves(x)) {
        scales_slot<isa::portable, Rule>::run(rule, element, greatest + i, 8, stored + i, values + i);
        continue;
      }
      avx2::scale_lanes const s = avx2::scales_of(rule, x, element);
      avx2::store_scales(stored + i, s.codes);
      _mm256_storeu_ps(values + i, s.values);
    }
    scales_slot<isa::portable, Rule>::run(rule, element, greatest + i, n - i, stored + i, values + i);
  }

  static bool fit(Rule rule, format_facts const& element, float const* greatest, std::size_t n) noexcept {
    __m256i all = _mm256_set1_epi32(-1);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256 const x = _mm256_loadu_ps(greatest + i);
      if (!serves(x)) {
        if (!scales_slot<isa::portable, Rule>::fit(rule, element, greatest + i, 8)) {
          return false;
        }
        continue;
      }
      // Positive and below infinity, as an integer: no value is negative.
      __m256i const bits = avx2::bits_of(avx2::scales_of(rule, x, element).values);
      __m256i const fits = _mm256_and_si256(_mm256_cmpgt_epi32(bits, _mm256_setzero_si256()),
                                            _mm256_cmpgt_epi32(avx2::splat(detail::float_infinity), bits));
      all = _mm256_and_si256(all, fits);
    }
    return _mm256_movemask_epi8(all) == -1 &&
           (i == n || scales_slot<isa::portable, Rule>::fit(rule, element, greatest + i, n - i));
  }

 private:
  /// A subnormal has no leading one where a power of two looks for it.
  static bool serves(__m256 x) noexcept {
    if constexpr (steps_exponent<Rule>::value) {
      __m256i const bits = _mm256_castps_si256(x);
      __m256i const small = _mm256_cmpgt_epi32(avx2::splat(0x0080'0000U), bits);
      __m256i const is_zero = _mm256_cmpeq_epi32(bits, _mm256_setzero_si256());
      return _mm256_testc_si256(is_zero, small) != 0;  // every small one is zero
    } else {
      return true;
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
