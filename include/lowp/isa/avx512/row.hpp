// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
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

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
