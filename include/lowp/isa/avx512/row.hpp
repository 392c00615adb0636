// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/kernel/nonlinear.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct row_slot<isa::avx512> {
  using served_by = isa::avx512;

  static void add(float* x, float const* y, std::size_t n) noexcept {
    each_16(n, [=](std::size_t i, __mmask16 m) {
      __m512 const sum =
          _mm512_add_round_ps(_mm512_maskz_loadu_ps(m, x + i), _mm512_maskz_loadu_ps(m, y + i), rounding);
      _mm512_mask_storeu_ps(x + i, m, sum);
    });
  }
  static void multiply(float* x, float const* y, std::size_t n) noexcept {
    each_16(n, [=](std::size_t i, __mmask16 m) {
      __m512 const product =
          _mm512_mul_round_ps(_mm512_maskz_loadu_ps(m, x + i), _mm512_maskz_loadu_ps(m, y + i), rounding);
      _mm512_mask_storeu_ps(x + i, m, product);
    });
  }
  static void scale(float* x, float factor, std::size_t n) noexcept {
    __m512 const f = _mm512_set1_ps(factor);
    each_16(n, [=](std::size_t i, __mmask16 m) {
      _mm512_mask_storeu_ps(x + i, m, _mm512_mul_round_ps(_mm512_maskz_loadu_ps(m, x + i), f, rounding));
    });
  }
  static void divide(float* x, float divisor, std::size_t n) noexcept {
    __m512 const d = _mm512_set1_ps(divisor);
    each_16(n, [=](std::size_t i, __mmask16 m) {
      _mm512_mask_storeu_ps(x + i, m, _mm512_div_round_ps(_mm512_maskz_loadu_ps(m, x + i), d, rounding));
    });
  }
  static void scale_limited(float* x, float factor, std::size_t n) noexcept {
    __m512 const f = _mm512_set1_ps(factor);
    __m512i const least = _mm512_castps_si512(_mm512_set1_ps(0x1p-126F));
    each_16(n, [=](std::size_t i, __mmask16 m) {
      __m512 const product = _mm512_mul_round_ps(_mm512_maskz_loadu_ps(m, x + i), f, rounding);
      _mm512_mask_storeu_epi32(x + i, m, _mm512_max_epu32(_mm512_castps_si512(product), least));
    });
  }
  static void divide_kept(float* x, float divisor, std::size_t n) noexcept {
    __m512 const d = _mm512_set1_ps(divisor);
    __m512i const one = _mm512_set1_epi32(1);
    each_16(n, [=](std::size_t i, __mmask16 m) {
      __m512 const dividend = _mm512_maskz_loadu_ps(m, x + i);
      __m512i const least = _mm512_min_epu32(_mm512_castps_si512(dividend), one);
      __m512 const quotient = _mm512_div_round_ps(dividend, d, rounding);
      _mm512_mask_storeu_epi32(x + i, m, _mm512_max_epu32(_mm512_castps_si512(quotient), least));
    });
  }
  static void extend(magnitude_range& range, float const* x, std::size_t n) noexcept {
    __m512i const all = _mm512_set1_epi32(-1);
    __m512i least = all;
    __m512i most = _mm512_setzero_si512();
    for (std::size_t i = 0; i < n; i += 16) {
      auto const m = static_cast<__mmask16>(n - i >= 16 ? 0xffffU : (1U << (n - i)) - 1U);
      __m512i const bits = _mm512_maskz_loadu_epi32(m, x + i);
      range.zero = range.zero || _mm512_mask_testn_epi32_mask(m, bits, bits) != 0;
      least = _mm512_min_epu32(least, _mm512_add_epi32(bits, all));  // 0, beyond the end too, becomes the greatest
      most = _mm512_max_epu32(most, bits);
    }
    std::uint32_t const low = _mm512_reduce_min_epu32(least);
    std::uint32_t const high = _mm512_reduce_max_epu32(most);
    range.least = low < range.least ? low : range.least;
    range.most = high > range.most ? high : range.most;
  }
  static void store(float const* x, float* out, std::size_t n) noexcept {
    __m512i const magnitude = _mm512_set1_epi32(static_cast<int>(~detail::float_sign));
    __m512i const infinity = _mm512_set1_epi32(static_cast<int>(detail::float_infinity));
    __m512i const nan = _mm512_set1_epi32(static_cast<int>(detail::float_quiet_nan));
    each_16(n, [=](std::size_t i, __mmask16 m) {
      __m512i const bits = _mm512_maskz_loadu_epi32(m, x + i);
      __mmask16 const is_nan = _mm512_cmpgt_epu32_mask(_mm512_and_si512(bits, magnitude), infinity);
      _mm512_mask_storeu_epi32(out + i, m, _mm512_mask_mov_epi32(bits, is_nan, nan));
    });
  }

 private:
  static constexpr int rounding = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

  template <class F>
  static void each_16(std::size_t n, F const& f) noexcept {
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
      f(i, static_cast<__mmask16>(0xffffU));
    }
    if (i < n) {
      f(i, static_cast<__mmask16>((1U << (n - i)) - 1U));
    }
  }
};

/// Eight elements at a time in double: the operations of detail::silu one by one, hence its bits.
template <>
struct silu_slot<isa::avx512> {
  using served_by = isa::avx512;

  static void run(float* x, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 8) {
      auto const mask = static_cast<__mmask8>(n - i >= 8 ? 0xffU : (1U << (n - i)) - 1U);
      __m256 const in = _mm256_maskz_loadu_ps(mask, x + i);
      _mm256_mask_storeu_ps(x + i, mask, of(in));
    }
  }

 private:
  static constexpr int once = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

  static __m512d multiply_add(__m512d a, __m512d b, __m512d c) noexcept {
    return _mm512_add_round_pd(_mm512_mul_round_pd(a, b, once), c, once);
  }

  static __m512d exp_of_nonpositive(__m512d x) noexcept {
    using constant = detail::exponential;
    __m512d const shift = _mm512_set1_pd(constant::shift);
    __m512d const shifted = multiply_add(x, _mm512_set1_pd(constant::log2e), shift);
    __m512d const k = _mm512_sub_round_pd(shifted, shift, once);
    __m512d const minus_k = _mm512_xor_pd(k, _mm512_set1_pd(-0.0));
    __m512d const high = multiply_add(minus_k, _mm512_set1_pd(constant::ln2_high), x);
    __m512d const r = multiply_add(minus_k, _mm512_set1_pd(constant::ln2_low), high);
    constexpr std::size_t terms = sizeof constant::taylor / sizeof constant::taylor[0];
    __m512d p = _mm512_set1_pd(constant::taylor[terms - 1]);
#pragma GCC unroll 16
    for (std::size_t i = terms - 1; i-- > 0;) {
      p = multiply_add(p, r, _mm512_set1_pd(constant::taylor[i]));
    }
    __m512i const exponent = _mm512_slli_epi64(_mm512_castpd_si512(shifted), 52);
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(p), exponent));
  }

  static __m256 of(__m256 x) noexcept {
    // NaN and signs by bits: -ffast-math answers comparisons as if there were no NaN.
    __m256i const bits = _mm256_castps_si256(x);
    __m256i const magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(static_cast<int>(~detail::float_sign)));
    __m256i const infinity = _mm256_set1_epi32(static_cast<int>(detail::float_infinity));
    __mmask8 const is_nan = _mm256_cmpgt_epi32_mask(magnitude, infinity);
    __mmask8 const negative = _mm256_movepi32_mask(bits);
    __mmask8 const far = _mm256_cmpgt_epi32_mask(magnitude, _mm256_castps_si256(_mm256_set1_ps(200.0F)));
    __m512d const wide = _mm512_cvt_roundps_pd(x, _MM_FROUND_NO_EXC);
    __m512d const minus_size =
        _mm512_or_pd(_mm512_cvt_roundps_pd(_mm256_castsi256_ps(magnitude), _MM_FROUND_NO_EXC), _mm512_set1_pd(-0.0));
    __m512d const t = exp_of_nonpositive(_mm512_mask_mov_pd(minus_size, far, _mm512_set1_pd(-200.0)));
    __m512d const whole = _mm512_add_round_pd(_mm512_set1_pd(1.0), t, once);
    __mmask8 const infinite = _mm256_cmpeq_epi32_mask(magnitude, infinity);
    __m512d const limited = _mm512_mask_mov_pd(wide, infinite, _mm512_set1_pd(-1.0));
    __m512d const top = _mm512_mask_mov_pd(wide, negative, _mm512_mul_round_pd(limited, t, once));
    __m256 const y = _mm512_cvt_roundpd_ps(_mm512_div_round_pd(top, whole, once), once);
    return _mm256_mask_mov_ps(y, is_nan, x);
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
