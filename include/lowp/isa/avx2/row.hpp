// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/isa/avx2/opaque.hpp>
#include <lowp/isa/portable/row.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct row_slot<isa::avx2> {
  using served_by = isa::avx2;
  using tail = row_slot<isa::portable>;

  static void add(float* x, float const* y, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      store_once(x + i, _mm256_add_ps(_mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i)));
    }
    tail::add(x + i, y + i, n - i);
  }
  static void multiply(float* x, float const* y, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      store_once(x + i, _mm256_mul_ps(_mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i)));
    }
    tail::multiply(x + i, y + i, n - i);
  }
  static void scale(float* x, float factor, std::size_t n) noexcept {
    __m256 const f = _mm256_set1_ps(factor);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      store_once(x + i, _mm256_mul_ps(_mm256_loadu_ps(x + i), f));
    }
    tail::scale(x + i, factor, n - i);
  }
  static void divide(float* x, float divisor, std::size_t n) noexcept {
    __m256 const d = _mm256_set1_ps(divisor);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256 quotient;  // as an intrinsic it is a / b, which -ffast-math turns into a product
      __asm__("vdivps %2, %1, %0" : "=x"(quotient) : "x"(_mm256_loadu_ps(x + i)), "x"(d));
      _mm256_storeu_ps(x + i, quotient);
    }
    tail::divide(x + i, divisor, n - i);
  }
  static void scale_limited(float* x, float factor, std::size_t n) noexcept {
    __m256 const f = _mm256_set1_ps(factor);
    __m256i const least = _mm256_castps_si256(_mm256_set1_ps(0x1p-126F));
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256 const product = avx2::opaque(_mm256_mul_ps(_mm256_loadu_ps(x + i), f));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(x + i), _mm256_max_epu32(_mm256_castps_si256(product), least));
    }
    tail::scale_limited(x + i, factor, n - i);
  }
  static void divide_kept(float* x, float divisor, std::size_t n) noexcept {
    __m256 const d = _mm256_set1_ps(divisor);
    __m256i const one = _mm256_set1_epi32(1);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256 const dividend = _mm256_loadu_ps(x + i);
      __m256i const least = _mm256_min_epu32(_mm256_castps_si256(dividend), one);
      __m256 quotient;
      __asm__("vdivps %2, %1, %0" : "=x"(quotient) : "x"(dividend), "x"(d));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(x + i), _mm256_max_epu32(_mm256_castps_si256(quotient), least));
    }
    tail::divide_kept(x + i, divisor, n - i);
  }
  static void extend(magnitude_range& range, float const* x, std::size_t n) noexcept {
    __m256i const all = _mm256_set1_epi32(-1);
    __m256i least = all;
    __m256i most = _mm256_setzero_si256();
    __m256i zero = most;
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256i const bits = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(x + i));
      zero = _mm256_or_si256(zero, _mm256_cmpeq_epi32(bits, _mm256_setzero_si256()));
      least = _mm256_min_epu32(least, _mm256_add_epi32(bits, all));
      most = _mm256_max_epu32(most, bits);
    }
    alignas(32) std::uint32_t low[8];
    alignas(32) std::uint32_t high[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(low), least);
    _mm256_store_si256(reinterpret_cast<__m256i*>(high), most);
    for (std::size_t k = 0; k < 8; ++k) {
      range.least = low[k] < range.least ? low[k] : range.least;
      range.most = high[k] > range.most ? high[k] : range.most;
    }
    range.zero = range.zero || _mm256_testz_si256(zero, zero) == 0;
    tail::extend(range, x + i, n - i);
  }
  static void store(float const* x, float* out, std::size_t n) noexcept {
    __m256i const magnitude = _mm256_set1_epi32(static_cast<int>(~detail::float_sign));
    __m256i const infinity = _mm256_set1_epi32(static_cast<int>(detail::float_infinity));
    __m256i const nan = _mm256_set1_epi32(static_cast<int>(detail::float_quiet_nan));
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256i const bits = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(x + i));
      __m256i const is_nan = _mm256_cmpgt_epi32(_mm256_and_si256(bits, magnitude), infinity);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_blendv_epi8(bits, nan, is_nan));
    }
    tail::store(x + i, out + i, n - i);
  }

 private:
  /// The result as it was rounded: the barrier keeps it from being fused with, or folded into, what comes next.
  static void store_once(float* out, __m256 x) noexcept { _mm256_storeu_ps(out, avx2::opaque(x)); }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
