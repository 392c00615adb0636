// SPDX-License-Identifier: Apache-2.0
//
// SiLU and GELU, eight elements at a time in two registers of doubles, so that one works while the other waits: the operations
// of kernel/nonlinear.hpp one by one, hence their bits.
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/isa/avx2/opaque.hpp>
#include <lowp/kernel/nonlinear.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// Eight doubles. Each operation is the instruction: no flag fuses, folds or reorders it.
struct doubles {
  __m256d low;
  __m256d high;

  LOWP_ALWAYS_INLINE static doubles splat(double x) noexcept { return {_mm256_set1_pd(x), _mm256_set1_pd(x)}; }
  LOWP_ALWAYS_INLINE static doubles add(doubles a, doubles b) noexcept {
    doubles r;
    __asm__("vaddpd %2, %1, %0" : "=x"(r.low) : "x"(a.low), "x"(b.low));
    __asm__("vaddpd %2, %1, %0" : "=x"(r.high) : "x"(a.high), "x"(b.high));
    return r;
  }
  LOWP_ALWAYS_INLINE static doubles multiply(doubles a, doubles b) noexcept {
    doubles r;
    __asm__("vmulpd %2, %1, %0" : "=x"(r.low) : "x"(a.low), "x"(b.low));
    __asm__("vmulpd %2, %1, %0" : "=x"(r.high) : "x"(a.high), "x"(b.high));
    return r;
  }
  LOWP_ALWAYS_INLINE static doubles divide(doubles a, doubles b) noexcept {
    doubles r;
    __asm__("vdivpd %2, %1, %0" : "=x"(r.low) : "x"(a.low), "x"(b.low));
    __asm__("vdivpd %2, %1, %0" : "=x"(r.high) : "x"(a.high), "x"(b.high));
    return r;
  }
  /// a * b + c, the product rounded too.
  LOWP_ALWAYS_INLINE static doubles multiply_add(doubles a, doubles b, doubles c) noexcept {
    return add(multiply(a, b), c);
  }
  LOWP_ALWAYS_INLINE static doubles flipped(doubles x) noexcept {
    __m256d const sign = _mm256_set1_pd(-0.0);
    return {_mm256_xor_pd(x.low, sign), _mm256_xor_pd(x.high, sign)};
  }
  /// b where the mask's sign is set, else a.
  LOWP_ALWAYS_INLINE static doubles select(doubles a, doubles b, doubles mask) noexcept {
    return {_mm256_blendv_pd(a.low, b.low, mask.low), _mm256_blendv_pd(a.high, b.high, mask.high)};
  }
  LOWP_ALWAYS_INLINE static doubles wide(__m256 x) noexcept {
    return {_mm256_cvtps_pd(_mm256_castps256_ps128(x)), _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1))};
  }
  LOWP_ALWAYS_INLINE static doubles wide_mask(__m256i mask) noexcept {
    return {_mm256_castsi256_pd(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(mask))),
            _mm256_castsi256_pd(_mm256_cvtepi32_epi64(_mm256_extracti128_si256(mask, 1)))};
  }

  template <std::size_t N>
  LOWP_ALWAYS_INLINE static doubles polynomial(double const (&coefficients)[N], doubles x) noexcept {
    doubles p = splat(coefficients[N - 1]);
#pragma GCC unroll 16
    for (std::size_t i = 1; i < N; ++i) {
      p = multiply_add(p, x, splat(coefficients[N - 1 - i]));
    }
    return p;
  }

  LOWP_ALWAYS_INLINE static __m256d times_power(__m256d p, __m256d shifted) noexcept {
    __m256i const exponent = _mm256_slli_epi64(_mm256_castpd_si256(shifted), 52);
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(p), exponent));
  }
  LOWP_ALWAYS_INLINE static doubles exp_of_nonpositive(doubles x) noexcept {
    using constant = detail::exponential;
    doubles const shifted = multiply_add(x, splat(constant::log2e), splat(constant::shift));
    doubles const minus_k = flipped(add(shifted, splat(-constant::shift)));
    doubles const high = multiply_add(minus_k, splat(constant::ln2_high), x);
    doubles const r = multiply_add(minus_k, splat(constant::ln2_low), high);
    doubles const p = polynomial(constant::taylor, r);
    return {times_power(p.low, shifted.low), times_power(p.high, shifted.high)};
  }
};

/// Eight floats, and what of them is told by bits: -ffast-math answers comparisons as if there were no NaN.
struct eight_floats {
  __m256 x;
  __m256i magnitude;

  LOWP_ALWAYS_INLINE static eight_floats of(__m256 x) noexcept {
    return {x, _mm256_and_si256(bits_of(x), _mm256_set1_epi32(static_cast<int>(~detail::float_sign)))};
  }
  LOWP_ALWAYS_INLINE doubles negative() const noexcept { return doubles::wide_mask(_mm256_castps_si256(x)); }
  LOWP_ALWAYS_INLINE doubles wide() const noexcept { return doubles::wide(x); }
  LOWP_ALWAYS_INLINE doubles size() const noexcept { return doubles::wide(_mm256_castsi256_ps(magnitude)); }
  /// size(), `most` where it is more.
  LOWP_ALWAYS_INLINE doubles limited(float most) const noexcept {
    __m256 const limit = _mm256_set1_ps(most);
    __m256i const far = _mm256_cmpgt_epi32(magnitude, _mm256_castps_si256(limit));
    return doubles::wide(_mm256_blendv_ps(_mm256_castsi256_ps(magnitude), limit, _mm256_castsi256_ps(far)));
  }
  /// y rounded to float; NaNs as they came.
  LOWP_ALWAYS_INLINE __m256 narrow(doubles y) const noexcept {
    __m256i const rounded = _mm256_castps_si256(_mm256_set_m128(_mm256_cvtpd_ps(y.high), _mm256_cvtpd_ps(y.low)));
    __m256i const infinity = _mm256_set1_epi32(static_cast<int>(detail::float_infinity));
    return _mm256_castsi256_ps(
        _mm256_blendv_epi8(rounded, _mm256_castps_si256(x), _mm256_cmpgt_epi32(magnitude, infinity)));
  }
  /// x / (1 + exp(-size)) or, for a negative x, x / (1 + exp(size)).
  LOWP_ALWAYS_INLINE __m256 times_sigmoid(doubles size) const noexcept {
    doubles const t = doubles::exp_of_nonpositive(doubles::flipped(size));
    doubles const whole = doubles::add(doubles::splat(1.0), t);
    __m256i const infinite = _mm256_cmpeq_epi32(magnitude, _mm256_set1_epi32(static_cast<int>(detail::float_infinity)));
    doubles const finite = doubles::select(wide(), doubles::splat(-1.0), doubles::wide_mask(infinite));
    return narrow(doubles::divide(doubles::select(wide(), doubles::multiply(finite, t), negative()), whole));
  }
};

struct silu {
  LOWP_ALWAYS_INLINE static __m256 of(__m256 in) noexcept {
    eight_floats const x = eight_floats::of(in);
    return x.times_sigmoid(x.limited(200.0F));
  }
};

struct gelu_tanh {
  LOWP_ALWAYS_INLINE static __m256d at_most_200(__m256d z) noexcept {
    __m256d const limit = _mm256_set1_pd(200.0);
    return _mm256_blendv_pd(
        z, limit, _mm256_castsi256_pd(_mm256_cmpgt_epi64(_mm256_castpd_si256(z), _mm256_castpd_si256(limit))));
  }
  LOWP_ALWAYS_INLINE static __m256 of(__m256 in) noexcept {
    eight_floats const x = eight_floats::of(in);
    doubles const y = x.limited(16.0F);
    doubles const slope = doubles::multiply_add(doubles::multiply(y, y), doubles::splat(detail::tanh_argument::cubic),
                                                doubles::splat(detail::tanh_argument::linear));
    doubles const z = doubles::multiply(y, slope);
    return x.times_sigmoid({at_most_200(z.low), at_most_200(z.high)});
  }
};

struct gelu {
  LOWP_ALWAYS_INLINE static __m256 of(__m256 in) noexcept {
    using constant = detail::scaled_erfc;
    eight_floats const x = eight_floats::of(in);
    doubles const y = x.limited(16.0F);
    doubles const z = doubles::multiply(y, doubles::splat(constant::root_half));
    doubles const t = doubles::divide(doubles::add(z, doubles::splat(-4.0)), doubles::add(z, doubles::splat(4.0)));
    doubles const scaled = doubles::multiply(doubles::polynomial(constant::coefficients, t),
                                             doubles::exp_of_nonpositive(doubles::multiply(doubles::flipped(z), z)));
    doubles const one = doubles::splat(1.0);
    doubles const tail = doubles::multiply(doubles::splat(0.5),
                                           doubles::divide(scaled, doubles::multiply_add(doubles::splat(2.0), z, one)));
    doubles const inside = doubles::multiply(doubles::flipped(y), tail);
    doubles const outside = doubles::multiply(x.wide(), doubles::add(one, doubles::flipped(tail)));
    return x.narrow(doubles::select(outside, inside, x.negative()));
  }
};

template <class Curve>
void each_eight(float* x, std::size_t n) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    _mm256_storeu_ps(x + i, Curve::of(_mm256_loadu_ps(x + i)));
  }
  if (i < n) {
    alignas(32) float last[8] = {};
    std::memcpy(last, x + i, (n - i) * sizeof(float));
    _mm256_store_ps(last, Curve::of(_mm256_load_ps(last)));
    std::memcpy(x + i, last, (n - i) * sizeof(float));
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct silu_slot<isa::avx2> {
  using served_by = isa::avx2;
  static void run(float* x, std::size_t n) noexcept { avx2::each_eight<avx2::silu>(x, n); }
};

template <>
struct gelu_slot<isa::avx2> {
  using served_by = isa::avx2;
  static void run(float* x, std::size_t n) noexcept { avx2::each_eight<avx2::gelu>(x, n); }
};

template <>
struct gelu_tanh_slot<isa::avx2> {
  using served_by = isa::avx2;
  static void run(float* x, std::size_t n) noexcept { avx2::each_eight<avx2::gelu_tanh>(x, n); }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
