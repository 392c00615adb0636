// SPDX-License-Identifier: Apache-2.0
//
// SiLU and GELU, eight elements at a time in double: the operations of kernel/nonlinear.hpp one by one, hence their bits.
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/isa/avx512/opaque.hpp>
#include <lowp/kernel/nonlinear.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// Doubles, every operation rounded once to nearest even, which no flag changes.
struct doubles {
  static constexpr int nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

  static __m512d add(__m512d a, __m512d b) noexcept { return _mm512_add_round_pd(a, b, nearest); }
  static __m512d multiply(__m512d a, __m512d b) noexcept { return _mm512_mul_round_pd(a, b, nearest); }
  static __m512d divide(__m512d a, __m512d b) noexcept { return _mm512_div_round_pd(a, b, nearest); }
  /// a * b + c, the product rounded too.
  static __m512d multiply_add(__m512d a, __m512d b, __m512d c) noexcept { return add(multiply(a, b), c); }
  static __m512d negative_of(__m512d size) noexcept { return _mm512_or_pd(size, _mm512_set1_pd(-0.0)); }

  template <std::size_t N>
  static __m512d polynomial(double const (&coefficients)[N], __m512d x) noexcept {
    __m512d p = _mm512_set1_pd(coefficients[N - 1]);
#pragma GCC unroll 16
    for (std::size_t i = 1; i < N; ++i) {
      p = multiply_add(p, x, _mm512_set1_pd(coefficients[N - 1 - i]));
    }
    return p;
  }

  static __m512d exp_of_nonpositive(__m512d x) noexcept {
    using constant = detail::exponential;
    __m512d const shift = _mm512_set1_pd(constant::shift);
    __m512d const shifted = multiply_add(x, _mm512_set1_pd(constant::log2e), shift);
    __m512d const k = _mm512_sub_round_pd(shifted, shift, nearest);
    __m512d const minus_k = _mm512_xor_pd(k, _mm512_set1_pd(-0.0));
    __m512d const high = multiply_add(minus_k, _mm512_set1_pd(constant::ln2_high), x);
    __m512d const r = multiply_add(minus_k, _mm512_set1_pd(constant::ln2_low), high);
    __m512d const p = polynomial(constant::taylor, r);
    __m512i const exponent = _mm512_slli_epi64(_mm512_castpd_si512(shifted), 52);
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(p), exponent));
  }
};

/// Eight floats, and what of them is told by bits: -ffast-math answers comparisons as if there were no NaN.
struct eight_floats {
  __m256 x;
  __m256i magnitude;
  __mmask8 negative;

  static eight_floats of(__m256 x) noexcept {
    __m256i const bits = bits_of(x);
    return {x, _mm256_and_si256(bits, _mm256_set1_epi32(static_cast<int>(~detail::float_sign))),
            _mm256_movepi32_mask(bits)};
  }
  __mmask8 beyond(float size) const noexcept {
    return _mm256_cmpgt_epi32_mask(magnitude, _mm256_castps_si256(_mm256_set1_ps(size)));
  }
  __m512d wide() const noexcept { return _mm512_cvt_roundps_pd(x, _MM_FROUND_NO_EXC); }
  __m512d size() const noexcept { return _mm512_cvt_roundps_pd(_mm256_castsi256_ps(magnitude), _MM_FROUND_NO_EXC); }
  /// y rounded to float; NaNs as they came.
  __m256 narrow(__m512d y) const noexcept {
    __m256i const infinity = _mm256_set1_epi32(static_cast<int>(detail::float_infinity));
    __m256i const rounded = _mm256_castps_si256(_mm512_cvt_roundpd_ps(y, doubles::nearest));
    return _mm256_castsi256_ps(
        _mm256_mask_mov_epi32(rounded, _mm256_cmpgt_epi32_mask(magnitude, infinity), _mm256_castps_si256(x)));
  }
  /// x / (1 + exp(-size)) or, for a negative x, x / (1 + exp(size)).
  __m256 times_sigmoid(__m512d minus_size) const noexcept {
    __m512d const t = doubles::exp_of_nonpositive(minus_size);
    __m512d const whole = doubles::add(_mm512_set1_pd(1.0), t);
    __mmask8 const infinite =
        _mm256_cmpeq_epi32_mask(magnitude, _mm256_set1_epi32(static_cast<int>(detail::float_infinity)));
    __m512d const limited = _mm512_mask_mov_pd(wide(), infinite, _mm512_set1_pd(-1.0));
    __m512d const top = _mm512_mask_mov_pd(wide(), negative, doubles::multiply(limited, t));
    return narrow(doubles::divide(top, whole));
  }
};

struct silu {
  static __m256 of(__m256 in) noexcept {
    eight_floats const x = eight_floats::of(in);
    return x.times_sigmoid(
        _mm512_mask_mov_pd(doubles::negative_of(x.size()), x.beyond(200.0F), _mm512_set1_pd(-200.0)));
  }
};

struct gelu_tanh {
  static __m256 of(__m256 in) noexcept {
    eight_floats const x = eight_floats::of(in);
    __m512d const y = _mm512_mask_mov_pd(x.size(), x.beyond(16.0F), _mm512_set1_pd(16.0));
    __m512d const slope = doubles::multiply_add(doubles::multiply(y, y), _mm512_set1_pd(detail::tanh_argument::cubic),
                                                _mm512_set1_pd(detail::tanh_argument::linear));
    __m512d const z = doubles::multiply(y, slope);
    __mmask8 const far = _mm512_cmpgt_epi64_mask(_mm512_castpd_si512(z), _mm512_castpd_si512(_mm512_set1_pd(200.0)));
    return x.times_sigmoid(_mm512_mask_mov_pd(doubles::negative_of(z), far, _mm512_set1_pd(-200.0)));
  }
};

struct gelu {
  static __m256 of(__m256 in) noexcept {
    using constant = detail::scaled_erfc;
    eight_floats const x = eight_floats::of(in);
    __m512d const y = _mm512_mask_mov_pd(x.size(), x.beyond(16.0F), _mm512_set1_pd(16.0));
    __m512d const z = doubles::multiply(y, _mm512_set1_pd(constant::root_half));
    __m512d const t = doubles::divide(doubles::add(z, _mm512_set1_pd(-4.0)), doubles::add(z, _mm512_set1_pd(4.0)));
    __m512d const scaled =
        doubles::multiply(doubles::polynomial(constant::coefficients, t),
                          doubles::exp_of_nonpositive(doubles::multiply(doubles::negative_of(z), z)));
    __m512d const one = _mm512_set1_pd(1.0);
    __m512d const tail = doubles::multiply(_mm512_set1_pd(0.5),
                                           doubles::divide(scaled, doubles::multiply_add(_mm512_set1_pd(2.0), z, one)));
    __m512d const inside = doubles::multiply(doubles::negative_of(y), tail);
    __m512d const rest = doubles::add(one, _mm512_xor_pd(tail, _mm512_set1_pd(-0.0)));
    return x.narrow(_mm512_mask_mov_pd(doubles::multiply(x.wide(), rest), x.negative, inside));
  }
};

template <class Curve>
void each_eight(float* x, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; i += 8) {
    auto const mask = static_cast<__mmask8>(n - i >= 8 ? 0xffU : (1U << (n - i)) - 1U);
    __m256 const in = _mm256_maskz_loadu_ps(mask, x + i);
    _mm256_mask_storeu_ps(x + i, mask, Curve::of(in));
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct silu_slot<isa::avx512> {
  using served_by = isa::avx512;
  static void run(float* x, std::size_t n) noexcept { avx512::each_eight<avx512::silu>(x, n); }
};

template <>
struct gelu_slot<isa::avx512> {
  using served_by = isa::avx512;
  static void run(float* x, std::size_t n) noexcept { avx512::each_eight<avx512::gelu>(x, n); }
};

template <>
struct gelu_tanh_slot<isa::avx512> {
  using served_by = isa::avx512;
  static void run(float* x, std::size_t n) noexcept { avx512::each_eight<avx512::gelu_tanh>(x, n); }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
