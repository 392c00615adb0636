// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/isa/neon/target.hpp>

#if LOWP_NEON

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/isa/neon/encode.hpp>
#include <lowp/isa/neon/quantize.hpp>
#include <lowp/isa/portable/row.hpp>
#include <lowp/kernel/nonlinear.hpp>
#include <lowp/kernel/slots.hpp>

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct row_slot<isa::neon> {
  using served_by = isa::neon;
  using tail = row_slot<isa::portable>;

  static void add(float* x, float const* y, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      vst1q_f32(x + i, neon::opaque(vaddq_f32(vld1q_f32(x + i), vld1q_f32(y + i))));
    }
    tail::add(x + i, y + i, n - i);
  }
  static void multiply(float* x, float const* y, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      vst1q_f32(x + i, neon::opaque(vmulq_f32(vld1q_f32(x + i), vld1q_f32(y + i))));
    }
    tail::multiply(x + i, y + i, n - i);
  }
  static void scale(float* x, float factor, std::size_t n) noexcept {
    float32x4_t const f = vdupq_n_f32(factor);
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      vst1q_f32(x + i, neon::opaque(vmulq_f32(vld1q_f32(x + i), f)));
    }
    tail::scale(x + i, factor, n - i);
  }
  static void divide(float* x, float divisor, std::size_t n) noexcept {
    float32x4_t const d = vdupq_n_f32(divisor);
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      vst1q_f32(x + i, neon::divide(vld1q_f32(x + i), d));
    }
    tail::divide(x + i, divisor, n - i);
  }
  static void scale_limited(float* x, float factor, std::size_t n) noexcept {
    float32x4_t const f = vdupq_n_f32(factor);
    uint32x4_t const least = neon::splat(detail::bits_of(0x1p-126F));
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      uint32x4_t const product = neon::bits_of(vmulq_f32(vld1q_f32(x + i), f));
      vst1q_f32(x + i, vreinterpretq_f32_u32(vmaxq_u32(product, least)));
    }
    tail::scale_limited(x + i, factor, n - i);
  }
  static void divide_kept(float* x, float divisor, std::size_t n) noexcept {
    float32x4_t const d = vdupq_n_f32(divisor);
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      float32x4_t const dividend = vld1q_f32(x + i);
      uint32x4_t const least = vminq_u32(neon::bits_of(dividend), neon::splat(1));
      uint32x4_t const quotient = neon::bits_of(neon::divide(dividend, d));
      vst1q_f32(x + i, vreinterpretq_f32_u32(vmaxq_u32(quotient, least)));
    }
    tail::divide_kept(x + i, divisor, n - i);
  }
  static void extend(magnitude_range& range, float const* x, std::size_t n) noexcept {
    uint32x4_t least = neon::splat(~std::uint32_t{0});
    uint32x4_t most = neon::splat(0);
    uint32x4_t lowest = least;
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      uint32x4_t const bits = neon::bits_of(vld1q_f32(x + i));
      least = vminq_u32(least, vsubq_u32(bits, neon::splat(1)));
      most = vmaxq_u32(most, bits);
      lowest = vminq_u32(lowest, bits);
    }
    std::uint32_t const low = vminvq_u32(least);
    std::uint32_t const high = vmaxvq_u32(most);
    range.least = low < range.least ? low : range.least;
    range.most = high > range.most ? high : range.most;
    range.zero = range.zero || vminvq_u32(lowest) == 0;
    tail::extend(range, x + i, n - i);
  }
  static void store(float const* x, float* out, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      uint32x4_t const bits = neon::bits_of(vld1q_f32(x + i));
      // Doubled, magnitudes keep their order and lose the sign.
      uint32x4_t const is_nan = vcgtq_u32(vaddq_u32(bits, bits), neon::splat(2 * detail::float_infinity));
      vst1q_f32(out + i, vreinterpretq_f32_u32(vbslq_u32(is_nan, neon::splat(detail::float_quiet_nan), bits)));
    }
    tail::store(x + i, out + i, n - i);
  }
};

/// Four elements at a time, two in each of two registers of doubles: the operations of detail::silu one by one, hence its
/// bits.
template <>
struct silu_slot<isa::neon> {
  using served_by = isa::neon;

  static void run(float* x, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      vst1q_f32(x + i, of(vld1q_f32(x + i)));
    }
    silu_slot<isa::portable>::run(x + i, n - i);
  }

 private:
  /// Two registers of doubles, so that one works while the other waits.
  struct doubles {
    float64x2_t low;
    float64x2_t high;
  };

  static float64x2_t once(float64x2_t x) noexcept {
    __asm__("" : "+w"(x));
    return x;
  }
  static doubles splat(double x) noexcept { return {vdupq_n_f64(x), vdupq_n_f64(x)}; }
  static doubles add(doubles a, doubles b) noexcept {
    return {once(vaddq_f64(once(a.low), b.low)), once(vaddq_f64(once(a.high), b.high))};
  }
  static doubles multiply(doubles a, doubles b) noexcept {
    return {once(vmulq_f64(once(a.low), b.low)), once(vmulq_f64(once(a.high), b.high))};
  }
  /// The product rounded too.
  static doubles multiply_add(doubles a, doubles b, doubles c) noexcept { return add(multiply(a, b), c); }
  /// The instruction itself: -ffast-math would multiply by a reciprocal.
  static float64x2_t divide(float64x2_t a, float64x2_t b) noexcept {
    __asm__("fdiv %0.2d, %0.2d, %1.2d" : "+w"(a) : "w"(b));
    return a;
  }
  static doubles widen(float32x4_t x) noexcept {
    return {once(vcvt_f64_f32(vget_low_f32(x))), once(vcvt_high_f64_f32(x))};
  }
  /// a where the float's mask says so, else b.
  static doubles select(uint32x4_t mask, doubles a, doubles b) noexcept {
    uint64x2_t const low = vreinterpretq_u64_u32(vzip1q_u32(mask, mask));
    uint64x2_t const high = vreinterpretq_u64_u32(vzip2q_u32(mask, mask));
    return {vbslq_f64(low, a.low, b.low), vbslq_f64(high, a.high, b.high)};
  }
  static float64x2_t times_power(float64x2_t p, float64x2_t shifted) noexcept {
    int64x2_t const exponent = vshlq_n_s64(vreinterpretq_s64_f64(shifted), 52);
    return vreinterpretq_f64_s64(vaddq_s64(vreinterpretq_s64_f64(p), exponent));
  }

  static doubles exp_of_nonpositive(doubles x) noexcept {
    using constant = detail::exponential;
    doubles const shifted = multiply_add(x, splat(constant::log2e), splat(constant::shift));
    doubles const k = add(shifted, splat(-constant::shift));
    doubles const minus_k = {vnegq_f64(k.low), vnegq_f64(k.high)};
    doubles const high = multiply_add(minus_k, splat(constant::ln2_high), x);
    doubles const r = multiply_add(minus_k, splat(constant::ln2_low), high);
    constexpr std::size_t terms = sizeof constant::taylor / sizeof constant::taylor[0];
    doubles p = splat(constant::taylor[terms - 1]);
#pragma GCC unroll 16
    for (std::size_t i = terms - 1; i-- > 0;) {
      p = multiply_add(p, r, splat(constant::taylor[i]));
    }
    return {times_power(p.low, once(shifted.low)), times_power(p.high, once(shifted.high))};
  }

  static float32x4_t of(float32x4_t x) noexcept {
    // NaN and signs by bits: -ffast-math answers comparisons as if there were no NaN.
    uint32x4_t const bits = neon::bits_of(x);
    uint32x4_t const magnitude = vbicq_u32(bits, neon::splat(detail::float_sign));
    uint32x4_t const is_nan = vcgtq_u32(magnitude, neon::splat(detail::float_infinity));
    uint32x4_t const infinite = vceqq_u32(magnitude, neon::splat(detail::float_infinity));
    uint32x4_t const far = vcgtq_u32(magnitude, neon::splat(0x43480000U));  // 200
    uint32x4_t const negative = vreinterpretq_u32_s32(vshrq_n_s32(vreinterpretq_s32_u32(bits), 31));
    doubles const wide = widen(vreinterpretq_f32_u32(bits));
    doubles const minus_size = widen(vreinterpretq_f32_u32(vorrq_u32(magnitude, neon::splat(detail::float_sign))));
    doubles const t = exp_of_nonpositive(select(far, splat(-200.0), minus_size));
    doubles const whole = add(splat(1.0), t);
    doubles const limited = select(infinite, splat(-1.0), wide);
    doubles const top = select(negative, multiply(limited, t), wide);
    float64x2_t const low = divide(top.low, whole.low);
    float64x2_t const high = divide(top.high, whole.high);
    uint32x4_t const y = neon::bits_of(vcvt_high_f32_f64(vcvt_f32_f64(low), high));
    return vreinterpretq_f32_u32(vbslq_u32(is_nan, bits, y));
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

#endif
