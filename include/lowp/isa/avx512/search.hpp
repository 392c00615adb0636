// SPDX-License-Identifier: Apache-2.0
//
// AVX-512: estimates of a block's errors under candidate scales.
//
//   instruction    what it gives
//   vrndscaleps    a code; vfnmadd its error
//   vrangeps       the error's magnitude, kept above the least that the table has, in one step
//   vpermt2ps      2^(2.4 k), a table of 32 binades in two registers, by the low bits of the exponent
//   vfmaddps       m^2.4, a polynomial
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/isa/avx2/search.hpp>
#include <lowp/isa/avx512/encode_nearest.hpp>
#include <lowp/isa/avx512/scales.hpp>
#include <lowp/kernel/search.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/scale/trial.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// |e|^p added to a sum. Requires |e| < 2, hence no NaN.
template <scale::norm P>
inline __m512 add_error(__m512 sum, __m512 e) noexcept {
  if constexpr (P == scale::norm::squared) {
    return _mm512_fmadd_round_ps(e, e, sum, nearest);
  } else if constexpr (P == scale::norm::absolute) {
    __m512i const magnitude = _mm512_and_si512(_mm512_castps_si512(e), splat(~detail::float_sign));
    return _mm512_add_round_ps(sum, _mm512_castsi512_ps(magnitude), nearest);
  } else {
    // 11: the greater magnitude, without a sign.
    __m512i const t =
        _mm512_castps_si512(_mm512_range_round_ps(e, _mm512_set1_ps(search::least_error), 11, _MM_FROUND_NO_EXC));
    __m512 const low = _mm512_loadu_ps(search::binades_2_4.data());
    __m512 const high = _mm512_loadu_ps(search::binades_2_4.data() + 16);
    __m512 const binade = _mm512_permutex2var_ps(low, _mm512_srli_epi32(t, 23), high);
    // (t & mantissa) | 1.0
    __m512 const m =
        _mm512_castsi512_ps(_mm512_ternarylogic_epi32(t, splat(0x007f'ffffU), splat(detail::bits_of(1.0F)), 0xea));
    __m512 power = _mm512_set1_ps(search::power_2_4[5]);
#pragma GCC unroll 8
    for (std::size_t i = 1; i <= 5; ++i) {
      power = _mm512_fmadd_round_ps(power, m, _mm512_set1_ps(search::power_2_4[5 - i]), nearest);
    }
    return _mm512_fmadd_round_ps(power, binade, sum, nearest);
  }
}

template <scale::norm P>
inline double estimate_error(float const* x, float const* values, std::size_t n, float per_unit) noexcept {
  constexpr std::size_t piece = 1024;
  __m512 const unit = _mm512_set1_ps(per_unit);
  double total = 0.0;
  for (std::size_t start = 0; start < n; start += piece) {
    std::size_t const end = n - start < piece ? n : start + piece;
    __m512 sum = _mm512_setzero_ps();
    for (std::size_t i = start; i < end; i += 16) {
      auto const mask = static_cast<__mmask16>(end - i >= 16 ? 0xffffU : (1U << (end - i)) - 1U);
      __m512 const e =
          _mm512_sub_round_ps(_mm512_maskz_loadu_ps(mask, values + i), _mm512_maskz_loadu_ps(mask, x + i), nearest);
      sum = add_error<P>(sum, _mm512_mul_round_ps(e, unit, nearest));
    }
    total += static_cast<double>(_mm512_reduce_add_ps(sum));
  }
  return total;
}

/// Codes as floats, kept within the format.
template <IntegerFormat F>
inline __m512 code_of(__m512 quotient) noexcept {
  __m512 const k = _mm512_roundscale_round_ps(quotient, 0, _MM_FROUND_NO_EXC);
  return _mm512_max_round_ps(
      _mm512_min_round_ps(k, _mm512_set1_ps(static_cast<float>(F::layout.max())), _MM_FROUND_NO_EXC),
      _mm512_set1_ps(static_cast<float>(F::layout.min())), _MM_FROUND_NO_EXC);
}

template <IntegerFormat F, scale::norm P>
inline void estimate_trials(float const* x, std::size_t n, float const* scales, std::size_t count, float per_unit,
                            double* estimates) noexcept {
  constexpr std::size_t piece = 512;
  alignas(64) float scaled[piece];
  __m512 const unit = _mm512_set1_ps(per_unit);
  for (std::size_t i = 0; i < count; ++i) {
    estimates[i] = 0.0;
  }
  for (std::size_t start = 0; start < n; start += piece) {
    std::size_t const in_piece = n - start < piece ? n - start : piece;
    std::size_t const vectors = (in_piece + 15) / 16;
    for (std::size_t v = 0; v < vectors; ++v) {
      std::size_t const left = in_piece - 16 * v;
      auto const mask = static_cast<__mmask16>(left >= 16 ? 0xffffU : (1U << left) - 1U);
      _mm512_store_ps(scaled + 16 * v,
                      _mm512_mul_round_ps(_mm512_maskz_loadu_ps(mask, x + start + 16 * v), unit, nearest));
    }
    for (std::size_t i = 0; i < count; ++i) {
      __m512 const s = _mm512_mul_round_ps(_mm512_set1_ps(scales[i]), unit, nearest);
      __m512 const reciprocal = _mm512_div_round_ps(_mm512_set1_ps(1.0F), s, nearest);
      __m512 sum = _mm512_setzero_ps();
      for (std::size_t v = 0; v < vectors; ++v) {
        __m512 const t = _mm512_load_ps(scaled + 16 * v);
        __m512 const k = code_of<F>(_mm512_mul_round_ps(t, reciprocal, nearest));
        sum = add_error<P>(sum, _mm512_fnmadd_round_ps(k, s, t, nearest));
      }
      estimates[i] += static_cast<double>(_mm512_reduce_add_ps(sum));
    }
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

namespace lowp::inline LOWP_ABI::kernel {

template <class Stored>
  requires avx2::stores_scale<Stored>
struct rounded_scales_slot<isa::avx512, Stored> {
  using served_by = isa::avx512;
  static void run(double const* ideal, std::size_t n, float* values) noexcept {
    for (std::size_t i = 0; i < n; i += 16) {
      std::size_t const left = n - i;
      auto const mask = static_cast<__mmask16>(left >= 16 ? 0xffffU : (1U << left) - 1U);
      double const* const second = ideal + i + (left > 8 ? 8 : 0);
      __m512 const v = avx512::stored_lanes<Stored>(limited(ideal + i, static_cast<__mmask8>(mask)),
                                                    limited(second, static_cast<__mmask8>(mask >> 8U)))
                           .values;
      _mm512_mask_storeu_ps(values + i, mask, v);
    }
  }

 private:
  static __m512d limited(double const* in, __mmask8 mask) noexcept {
    // Positive doubles order like their bits.
    __m512i const x = _mm512_maskz_loadu_epi64(mask, in);
    return _mm512_castsi512_pd(_mm512_max_epu64(x, _mm512_castpd_si512(_mm512_set1_pd(0x1p-126))));
  }
};

template <>
struct error_estimate_slot<isa::avx512> {
  using served_by = isa::avx512;
  static constexpr bool is_quick = true;
  static double run(float const* x, float const* values, std::size_t n, scale::norm p, float per_unit) noexcept {
    return p == scale::norm::squared    ? avx512::estimate_error<scale::norm::squared>(x, values, n, per_unit)
           : p == scale::norm::absolute ? avx512::estimate_error<scale::norm::absolute>(x, values, n, per_unit)
                                        : avx512::estimate_error<scale::norm::power_2_4>(x, values, n, per_unit);
  }
};

template <IntegerFormat F>
struct trial_slot<isa::avx512, F> {
  using served_by = isa::avx512;
  static constexpr bool is_quick = true;
  static void run(float const* x, std::size_t n, float const* scales, std::size_t count, scale::norm p, float per_unit,
                  double* estimates) noexcept {
    if (p == scale::norm::squared) {
      avx512::estimate_trials<F, scale::norm::squared>(x, n, scales, count, per_unit, estimates);
    } else if (p == scale::norm::absolute) {
      avx512::estimate_trials<F, scale::norm::absolute>(x, n, scales, count, per_unit, estimates);
    } else {
      avx512::estimate_trials<F, scale::norm::power_2_4>(x, n, scales, count, per_unit, estimates);
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
