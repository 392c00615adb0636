// SPDX-License-Identifier: Apache-2.0
//
// NEON: 16 scales at a time from the greatest magnitudes of 16 blocks.
//
//   instruction   what it gives
//   fdiv (2D)     absmax / max in double
//   fcvtn         to float, to nearest even
//   fcvtxn        to float, to odd: to be rounded once more, to at most 22 bits
//   fcvtn (4H)    float16
//
// Against portable: no branches.
#pragma once

#include <lowp/isa/neon/target.hpp>

#if LOWP_NEON

#include <arm_neon.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/neon/decode.hpp>
#include <lowp/isa/neon/encode.hpp>
#include <lowp/isa/portable/scales.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI::kernel::neon {

/// Types a scale is rounded to here. A format of at most 8 bits needs a code that says overflow.
template <class Stored>
concept stores_scale = std::same_as<Stored, float> || std::same_as<Stored, float16> || std::same_as<Stored, bfloat16> ||
    (encodes_minifloat<Stored>&& decodes<Stored, bit_order::padded> &&
     (Stored::layout.has_infinity() || (Stored::layout.has_nan() && Stored::layout.special != specials::p3109_finite)));

template <class Rule>
inline constexpr bool divides_by_max = std::same_as<Rule, scale::absmax<typename Rule::stored_type>>;

template <class Rule>
concept scales = steps_exponent<Rule>::value ||(divides_by_max<Rule>&& stores_scale<typename Rule::stored_type>);

/// 16 scales: codes of the stored type (float: its bits) and values.
struct scale_lanes {
  uint32x4_t codes[4];
  float32x4_t values[4];
};

/// max(x / target, 2^-126) of two floats in double precision; 1 for x = 0. (The instruction itself: see divide.)
inline float64x2_t double_quotients(float32x2_t x, float64x2_t target) noexcept {
  float64x2_t const wide = vcvt_f64_f32(x);
  float64x2_t q;
  __asm__("fdiv %0.2d, %1.2d, %2.2d" : "=w"(q) : "w"(wide), "w"(target));
  uint64x2_t const is_zero = vceqzq_u64(vreinterpretq_u64_f64(wide));
  return vbslq_f64(is_zero, vdupq_n_f64(1.0), vmaxq_f64(q, vdupq_n_f64(0x1p-126)));
}

/// The scales of 16 blocks, none of whose magnitudes is a subnormal float where the rule is a power of two.
template <class Rule>
inline scale_lanes scales_of(Rule const& rule, float32x4_t const (&greatest)[4], format_facts const& element) noexcept {
  using stored_type = typename Rule::stored_type;
  scale_lanes s;
  if constexpr (steps_exponent<Rule>::value) {
    pow2_step const step = pow2_step::of(rule.rule, element);
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      uint32x4_t const bits = bits_of(greatest[j]);
      uint32x4_t const mantissa = vandq_u32(bits, splat(0x007f'ffffU));
      uint32x4_t const above = vcgtq_u32(mantissa, splat(step.last));  // -1
      int32x4_t const field = vreinterpretq_s32_u32(vsubq_u32(vshrq_n_u32(bits, 23), above));
      int32x4_t const biased = vsubq_s32(field, vdupq_n_s32(step.exponent));
      int32x4_t const limited = vmaxq_s32(vminq_s32(biased, vdupq_n_s32(254)), vdupq_n_s32(1));
      // A block without a nonzero element has the scale 1.
      uint32x4_t const exponent =
          vbslq_u32(vceqzq_u32(bits), splat(detail::float_bias), vreinterpretq_u32_s32(limited));
      uint32x4_t const value = vshlq_n_u32(exponent, 23);
      s.values[j] = vreinterpretq_f32_u32(value);
      s.codes[j] = std::same_as<stored_type, float>      ? value
                   : std::same_as<stored_type, bfloat16> ? vshlq_n_u32(exponent, 7)
                                                         : exponent;
    }
  } else {
    float64x2_t const target = vdupq_n_f64(static_cast<double>(element.max));
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      float64x2_t const low = double_quotients(vget_low_f32(greatest[j]), target);
      float64x2_t const high = double_quotients(vget_high_f32(greatest[j]), target);
      if constexpr (std::same_as<stored_type, float>) {
        s.values[j] = opaque(vcvt_high_f32_f64(vcvt_f32_f64(low), high));
        s.codes[j] = vreinterpretq_u32_f32(s.values[j]);
      } else {
        float32x4_t const odd = vcvtx_high_f32_f64(vcvtx_f32_f64(low), high);
        if constexpr (std::same_as<stored_type, float16>) {
          float16x4_t const half = vcvt_f16_f32(odd);
          s.codes[j] = vmovl_u16(vreinterpret_u16_f16(half));
          s.values[j] = vcvt_f32_f16(half);
        } else if constexpr (std::same_as<stored_type, bfloat16>) {
          // The upper half of a float, rounded to even; positive and finite.
          uint32x4_t const bits = bits_of(odd);
          uint32x4_t const last = vandq_u32(vshrq_n_u32(bits, 16), splat(1));
          s.codes[j] = vshrq_n_u32(vaddq_u32(bits, vaddq_u32(last, splat(0x7fff))), 16);
          s.values[j] = vreinterpretq_f32_u32(vshlq_n_u32(s.codes[j], 16));
        } else {
          s.codes[j] = encode_lanes<stored_type, rounding::nearest_even, overflow::nonsaturating>(odd, splat(0));
        }
      }
    }
    if constexpr (!std::same_as<stored_type, float> && !std::same_as<stored_type, float16> &&
                  !std::same_as<stored_type, bfloat16>) {
      decode_16<stored_type>(low_bytes(s.codes[0], s.codes[1], s.codes[2], s.codes[3]), s.values);
    }
  }
  return s;
}

}  // namespace lowp::inline LOWP_ABI::kernel::neon

namespace lowp::inline LOWP_ABI::kernel {

template <class Rule>
  requires neon::scales<Rule>
struct scales_slot<isa::neon, Rule> {
  using served_by = isa::neon;
  using stored_type = typename Rule::stored_type;

  static void run(Rule rule, format_facts const& element, float const* greatest, std::size_t n, stored_type* stored,
                  float* values) noexcept {
    for (std::size_t i = 0; i < n; i += 16) {
      std::size_t const count = n - i < 16 ? n - i : 16;
      float32x4_t x[4];
      neon::load_some(greatest + i, count, x);
      if (!serves(x)) {
        scales_slot<isa::portable, Rule>::run(rule, element, greatest + i, count, stored + i, values + i);
        continue;
      }
      neon::scale_lanes const s = neon::scales_of(rule, x, element);
      neon::store_some(values + i, s.values, count);
      std::uint32_t codes[16];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        vst1q_u32(codes + 4 * j, s.codes[j]);
      }
      for (std::size_t k = 0; k < count; ++k) {
        if constexpr (sizeof(stored_type) == 4) {
          stored[i + k] = std::bit_cast<stored_type>(codes[k]);
        } else {
          stored[i + k] = from_bits<stored_type>(codes[k]);
        }
      }
    }
  }

  static bool fit(Rule rule, format_facts const& element, float const* greatest, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 16) {
      std::size_t const count = n - i < 16 ? n - i : 16;
      float32x4_t x[4];
      neon::load_some(greatest + i, count, x);  // zeros behind them have the scale 1, which fits
      if (!serves(x)) {
        if (!scales_slot<isa::portable, Rule>::fit(rule, element, greatest + i, count)) {
          return false;
        }
        continue;
      }
      // Positive and below infinity: none is negative, and 0 - 1 is above all.
      neon::scale_lanes const s = neon::scales_of(rule, x, element);
      uint32x4_t most = neon::splat(0);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        most = vmaxq_u32(most, vsubq_u32(neon::bits_of(s.values[j]), neon::splat(1)));
      }
      if (vmaxvq_u32(most) >= detail::float_infinity - 1U) {
        return false;
      }
    }
    return true;
  }

 private:
  /// A subnormal has no leading one where a power of two looks for it.
  static bool serves(float32x4_t const (&x)[4]) noexcept {
    if constexpr (steps_exponent<Rule>::value) {
      // 0 - 1 is above all: the least of what is left is a subnormal, if there is one.
      uint32x4_t least = neon::splat(0xffff'ffffU);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        least = vminq_u32(least, vsubq_u32(neon::bits_of(x[j]), neon::splat(1)));
      }
      return vminvq_u32(least) >= 0x007f'ffffU;
    } else {
      return true;
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

#endif
