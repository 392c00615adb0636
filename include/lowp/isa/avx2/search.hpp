// SPDX-License-Identifier: Apache-2.0
//
// AVX2: estimates of a block's errors under candidate scales.
//
//   instruction   what it gives
//   vroundps      a code; vfnmadd its error
//   vgatherdps    2^(2.4 k), from a table of 32 binades
//   vfmaddps      m^2.4, a polynomial
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/isa/avx2/encode.hpp>
#include <lowp/isa/avx2/scales.hpp>
#include <lowp/isa/portable/search.hpp>
#include <lowp/kernel/search.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/scale/trial.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// |e|^p added to a sum. Requires |e| < 2, hence no NaN.
template <scale::norm P>
inline __m256 add_error(__m256 sum, __m256 e) noexcept {
  if constexpr (P == scale::norm::squared) {
    return _mm256_fmadd_ps(e, e, sum);
  } else {
    __m256i const magnitude = _mm256_and_si256(_mm256_castps_si256(e), splat(~detail::float_sign));
    if constexpr (P == scale::norm::absolute) {
      return _mm256_add_ps(sum, _mm256_castsi256_ps(magnitude));
    } else {
      __m256i const t = _mm256_max_epi32(magnitude, splat(detail::bits_of(search::least_error)));
      __m256i const index = _mm256_and_si256(_mm256_srli_epi32(t, 23), _mm256_set1_epi32(31));
      __m256 const binade = _mm256_i32gather_ps(search::binades_2_4.data(), index, 4);
      __m256 const m =
          _mm256_castsi256_ps(_mm256_or_si256(_mm256_and_si256(t, splat(0x007f'ffffU)), splat(detail::bits_of(1.0F))));
      __m256 power = _mm256_set1_ps(search::power_2_4[5]);
#pragma GCC unroll 8
      for (std::size_t i = 1; i <= 5; ++i) {
        power = _mm256_fmadd_ps(power, m, _mm256_set1_ps(search::power_2_4[5 - i]));
      }
      return _mm256_fmadd_ps(power, binade, sum);
    }
  }
}

inline double sum_of(__m256 x) noexcept {
  alignas(32) float each[8];
  _mm256_store_ps(each, x);
  double sum = 0.0;
  for (float const e : each) {
    sum += static_cast<double>(e);
  }
  return sum;
}

/// The first `count` <= 8 floats, zeros after them.
inline __m256 load_8(float const* in, std::size_t count) noexcept {
  if (count >= 8) {
    return _mm256_loadu_ps(in);
  }
  alignas(32) float values[8] = {};
  std::memcpy(values, in, count * sizeof(float));
  return _mm256_load_ps(values);
}

template <scale::norm P>
inline double estimate_error(float const* x, float const* values, std::size_t n, float per_unit) noexcept {
  constexpr std::size_t piece = 512;
  __m256 const unit = _mm256_set1_ps(per_unit);
  double total = 0.0;
  for (std::size_t start = 0; start < n; start += piece) {
    std::size_t const end = n - start < piece ? n : start + piece;
    __m256 sum = _mm256_setzero_ps();
    for (std::size_t i = start; i < end; i += 8) {
      __m256 const e = _mm256_sub_ps(load_8(values + i, end - i), load_8(x + i, end - i));
      sum = add_error<P>(sum, _mm256_mul_ps(e, unit));
    }
    total += sum_of(sum);
  }
  return total;
}

template <IntegerFormat F, scale::norm P>
inline void estimate_trials(float const* x, std::size_t n, float const* scales, std::size_t count, float per_unit,
                            double* estimates) noexcept {
  constexpr std::size_t piece = 512;
  alignas(32) float scaled[piece];
  __m256 const unit = _mm256_set1_ps(per_unit);
  __m256 const most = _mm256_set1_ps(static_cast<float>(F::layout.max()));
  __m256 const least = _mm256_set1_ps(static_cast<float>(F::layout.min()));
  for (std::size_t i = 0; i < count; ++i) {
    estimates[i] = 0.0;
  }
  for (std::size_t start = 0; start < n; start += piece) {
    std::size_t const in_piece = n - start < piece ? n - start : piece;
    std::size_t const vectors = (in_piece + 7) / 8;
    for (std::size_t v = 0; v < vectors; ++v) {
      _mm256_store_ps(scaled + 8 * v, _mm256_mul_ps(load_8(x + start + 8 * v, in_piece - 8 * v), unit));
    }
    for (std::size_t i = 0; i < count; ++i) {
      __m256 const s = _mm256_mul_ps(_mm256_set1_ps(scales[i]), unit);
      __m256 const reciprocal = _mm256_div_ps(_mm256_set1_ps(1.0F), s);
      __m256 sum = _mm256_setzero_ps();
      for (std::size_t v = 0; v < vectors; ++v) {
        __m256 const t = _mm256_load_ps(scaled + 8 * v);
        __m256 const k = _mm256_round_ps(_mm256_mul_ps(t, reciprocal), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        __m256 const code = _mm256_max_ps(_mm256_min_ps(k, most), least);
        sum = add_error<P>(sum, _mm256_fnmadd_ps(code, s, t));
      }
      estimates[i] += sum_of(sum);
    }
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

namespace lowp::inline LOWP_ABI::kernel {

template <class Stored>
  requires avx2::stores_scale<Stored>
struct rounded_scales_slot<isa::avx2, Stored> {
  using served_by = isa::avx2;
  static void run(double const* ideal, std::size_t n, float* values) noexcept {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256d const least = _mm256_set1_pd(0x1p-126);
      _mm256_storeu_ps(values + i, avx2::stored_lanes<Stored>(_mm256_max_pd(_mm256_loadu_pd(ideal + i), least),
                                                              _mm256_max_pd(_mm256_loadu_pd(ideal + i + 4), least))
                                       .values);
    }
    rounded_scales_slot<isa::portable, Stored>::run(ideal + i, n - i, values + i);
  }
};

template <>
struct error_estimate_slot<isa::avx2> {
  using served_by = isa::avx2;
  static constexpr bool is_quick = true;
  static double run(float const* x, float const* values, std::size_t n, scale::norm p, float per_unit) noexcept {
    return p == scale::norm::squared    ? avx2::estimate_error<scale::norm::squared>(x, values, n, per_unit)
           : p == scale::norm::absolute ? avx2::estimate_error<scale::norm::absolute>(x, values, n, per_unit)
                                        : avx2::estimate_error<scale::norm::power_2_4>(x, values, n, per_unit);
  }
};

template <IntegerFormat F>
struct trial_slot<isa::avx2, F> {
  using served_by = isa::avx2;
  static constexpr bool is_quick = true;
  static void run(float const* x, std::size_t n, float const* scales, std::size_t count, scale::norm p, float per_unit,
                  double* estimates) noexcept {
    if (p == scale::norm::squared) {
      avx2::estimate_trials<F, scale::norm::squared>(x, n, scales, count, per_unit, estimates);
    } else if (p == scale::norm::absolute) {
      avx2::estimate_trials<F, scale::norm::absolute>(x, n, scales, count, per_unit, estimates);
    } else {
      avx2::estimate_trials<F, scale::norm::power_2_4>(x, n, scales, count, per_unit, estimates);
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
