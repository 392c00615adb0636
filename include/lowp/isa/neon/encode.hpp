// SPDX-License-Identifier: Apache-2.0
//
// NEON encode: 16 floats to 16 codes at a time.
//
//   instruction        what it gives
//   umin, umax         magnitudes order like their bits, so clamping needs no float compare (and no NaN rule)
//   fmla               nearest_even: 2^e + x 2^(M - 23) rounds normals and subnormals alike
//   ushl               the other roundings, in integers, a shift of its own for each element, to the left or to the right
//   fcvtns and its like  integers: rounded as the name says and limited to 32 bits, NaN to 0; sqxtn limits further
//   uzp1, uzp2         the low bytes (codes) and the top bytes (signs) of 16 floats into one register
//
// Against portable: sixteen elements a step; the one branch is on a NaN among them.
#pragma once

#include <lowp/isa/neon/target.hpp>

#if LOWP_NEON

#include <arm_neon.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/isa/neon/random.hpp>
#include <lowp/isa/portable/encode.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

namespace lowp::inline LOWP_ABI::kernel::neon {

template <class F, class Order, class R, class O>
concept encodes = encodes_in_lanes<F, Order, R, O> || encodes_two_bytes<F, Order, R, O>;

/// The bits of floats; integer tests on them stay integer tests (see LOWP_LAUNDER_BITS).
inline uint32x4_t bits_of(float32x4_t x) noexcept {
  uint32x4_t bits = vreinterpretq_u32_f32(x);
  __asm__("" : "+w"(bits));
  return bits;
}

/// The same float, of which the compiler has forgotten how it was made: the intrinsics are plain operators to it, to be
/// contracted and, under -ffast-math, rearranged.
inline float32x4_t opaque(float32x4_t x) noexcept { return vreinterpretq_f32_u32(bits_of(x)); }

/// x << count, a negative count shifting to the right; |count| < 128, and 0 from 32 on.
inline uint32x4_t shift(uint32x4_t x, uint32x4_t count) noexcept { return vshlq_u32(x, vreinterpretq_s32_u32(count)); }

/// x >> count.
inline uint32x4_t shift_down(uint32x4_t x, uint32x4_t count) noexcept {
  return vshlq_u32(x, vnegq_s32(vreinterpretq_s32_u32(count)));
}

/// What add_places adds to the count.
template <int M, std::uint32_t Lowest>
inline constexpr std::uint32_t places_offset = Lowest << M;

/// 4 magnitudes counted in last places of a grid, to nearest even, plus places_offset.
template <int M, std::uint32_t Lowest>
inline uint32x4_t add_places(uint32x4_t bits) noexcept {
  // 1. The binade's power of two 2^e; that of the subnormals below it.
  uint32x4_t const binade = vandq_u32(vmaxq_u32(bits, splat(Lowest << 23U)), splat(detail::float_infinity));
  // 2. 2^e + x 2^(M - 23), rounded once: x in last places, 2^(e - M) each, stands in the low bits of a float.
  uint32x4_t const sum = bits_of(
      vfmaq_f32(vreinterpretq_f32_u32(binade), vreinterpretq_f32_u32(bits), vdupq_n_f32(detail::power_of_two(M - 23))));
  // 3. The implicit bit is among them; 2^M more for each binade above the lowest.
  return vsraq_n_u32(vsubq_u32(sum, binade), binade, 23 - M);
}

/// 4 magnitudes counted in last places of a grid, as isa/avx512's function of the same name.
template <int M, std::uint32_t Lowest, class Rounding>
inline uint32x4_t count_places(uint32x4_t bits, uint32x4_t below, uint32x4_t random) noexcept {
  if constexpr (std::same_as<Rounding, rounding::nearest_even>) {
    return vsubq_u32(add_places<M, Lowest>(bits), splat(places_offset<M, Lowest>));
  } else {
    // 1. Significand, and how many of its bits to drop; see isa/avx512. All 24 are gone at 31, and at 63 nothing is left of
    //    32 places below them either.
    uint32x4_t const exponent = vshrq_n_u32(bits, 23);
    uint32x4_t const binade = vmaxq_u32(exponent, splat(Lowest));
    uint32x4_t const implicit = vminq_u32(exponent, splat(1));
    uint32x4_t significand = vsliq_n_u32(bits, implicit, 23);  // keeps the 23 bits below
    uint32x4_t drop = vaddq_u32(vsubq_u32(binade, vmaxq_u32(exponent, splat(1))), splat(23U - M));
    drop = vminq_u32(drop, splat(draws_bits<Rounding> ? 63 : 31));
    uint32x4_t const offset = vshlq_n_u32(vsubq_u32(binade, splat(Lowest)), M);
    // 2. Round.
    if constexpr (std::same_as<Rounding, rounding::nearest_away>) {
      uint32x4_t const half = shift(splat(1), vsubq_u32(drop, splat(1)));
      return vaddq_u32(shift_down(vaddq_u32(significand, half), drop), offset);
    } else if constexpr (draws_bits<Rounding>) {
      // StochasticA: one place up where the dropped fraction, in 32 bits, and the random bits carry.
      uint32x4_t const fraction = shift(significand, vsubq_u32(splat(32), drop));
      uint32x4_t const sum = vaddq_u32(fraction, vshlq_n_u32(random, 32 - random_bits<Rounding>));
      uint32x4_t const carries = vcltq_u32(sum, fraction);  // a mask is -1
      return vsubq_u32(vaddq_u32(shift_down(significand, drop), offset), carries);
    } else {
      uint32x4_t const kept = shift_down(significand, drop);
      uint32x4_t const code = vaddq_u32(kept, offset);
      if constexpr (std::same_as<Rounding, rounding::toward_zero>) {
        return code;
      } else {
        uint32x4_t const inexact = vmvnq_u32(vceqq_u32(shift(kept, drop), significand));
        if constexpr (std::same_as<Rounding, rounding::to_odd>) {
          return vorrq_u32(code, vandq_u32(inexact, splat(1)));
        } else if constexpr (std::same_as<Rounding, rounding::up>) {
          return vsubq_u32(code, vbicq_u32(inexact, below));  // a mask is -1
        } else {
          return vsubq_u32(code, vandq_u32(inexact, below));
        }
      }
    }
  }
}

/// Codes of exponent-only minifloats; see isa/avx512.
template <encodes_exponent F, class Rounding, class Overflow>
inline uint32x4_t exponent_lanes(float32x4_t x, uint32x4_t random) noexcept {
  constexpr format_facts f = facts<F>::all;
  constexpr edge_codes edge = edge_codes::of<F, Overflow>();
  uint32x4_t const raw = bits_of(x);
  uint32x4_t const bits = vandq_u32(raw, splat(~detail::float_sign));
  // 1. The exponent field and what lies above its power of two; 2^-127 is field 0. (The subtraction stops at 0.)
  constexpr std::uint32_t one = 0x0080'0000U;
  uint32x4_t y = vbslq_u32(vcltq_u32(bits, splat(one)), vqsubq_u32(vaddq_u32(bits, bits), splat(one)), bits);
  if constexpr (F::layout.bias < 127) {
    y = vqsubq_u32(y, splat(static_cast<std::uint32_t>(127 - F::layout.bias) << 23U));
  }
  // 2. Round.
  uint32x4_t code = vshrq_n_u32(y, 23);
  if constexpr (draws_bits<Rounding>) {
    uint32x4_t const fraction = vshlq_n_u32(y, 9);
    uint32x4_t const sum = vaddq_u32(fraction, vshlq_n_u32(random, 32 - random_bits<Rounding>));
    code = vsubq_u32(code, vcltq_u32(sum, fraction));  // a mask is -1
  } else if constexpr (std::same_as<Rounding, rounding::to_odd>) {
    code = vorrq_u32(code, vandq_u32(vtstq_u32(y, splat(one - 1U)), splat(1)));
  } else {
    code = vshrq_n_u32(vaddq_u32(y, splat(binade_bias<Rounding>)), 23);
  }
  // 3. Overflow.
  if constexpr (lowers_positives<Rounding> || edge.finite == f.max_code) {
    code = vminq_u32(code, splat(f.max_code));
  } else {
    code = vbslq_u32(vcgtq_u32(code, splat(f.max_code)), splat(edge.finite), code);
  }
  code = vbslq_u32(vceqq_u32(bits, splat(detail::float_infinity)), splat(edge.infinite), code);
  // 4. What is not above zero has no place; NaN.
  uint32x4_t const above = vcgtzq_s32(vreinterpretq_s32_u32(raw));
  code = vbslq_u32(above, code, splat(edge.below_is_nan ? f.nan_code : 0U));
  return vbslq_u32(vcgtq_u32(bits, splat(detail::float_infinity)), splat(f.nan_code), code);
}

/// Codes of minifloats and integers.
template <class F, class Rounding, class Overflow>
inline uint32x4_t count_lanes(float32x4_t x, uint32x4_t random) noexcept {
  constexpr format_facts f = facts<F>::all;
  uint32x4_t const raw = bits_of(x);
  uint32x4_t const bits = vbicq_u32(raw, splat(detail::float_sign));
  uint32x4_t const below = vreinterpretq_u32_s32(vshrq_n_s32(vreinterpretq_s32_u32(raw), 31));
  uint32x4_t const is_nan = vcgtq_u32(bits, splat(detail::float_infinity));
  if constexpr (IntegerFormat<F>) {
    constexpr auto max = static_cast<std::uint32_t>(F::layout.max());
    constexpr auto min = static_cast<std::uint32_t>(-F::layout.min());
    // Every policy saturates: counted up to 512, beyond every integer here, then limited on either side. A NaN gives 0.
    uint32x4_t const limited = vminq_u32(bits, splat(detail::bits_of(512.0F)));
    uint32x4_t magnitude = count_places<9, 127 + 9, Rounding>(limited, below, random);
    magnitude = vminq_u32(magnitude, vbslq_u32(below, splat(min), splat(max)));
    magnitude = vbicq_u32(magnitude, is_nan);
    // Two's complement: (m ^ -1) + 1 where negative.
    uint32x4_t const value = vsubq_u32(veorq_u32(magnitude, below), below);
    return vandq_u32(value, splat(F::code_mask));
  } else {
    constexpr float_layout l = F::layout;
    constexpr edge_codes edge = edge_codes::of<F, Overflow>();
    constexpr bool finite_saturates = !std::same_as<Overflow, overflow::nonsaturating>;
    constexpr std::uint32_t max_bits = detail::bits_of(f.max);
    constexpr std::uint32_t above_bits = static_cast<std::uint32_t>(l.max_exponent() + 1 + detail::float_bias) << 23U;
    constexpr auto lowest = static_cast<std::uint32_t>(l.min_exponent() + detail::float_bias);
    // 1. Limit the magnitude: to max where a larger one gives max anyway, else to the power of two above max, from which
    //    every rounding exceeds max.
    uint32x4_t const limited = vminq_u32(bits, splat(finite_saturates ? max_bits : above_bits));
    uint32x4_t code = count_places<l.mantissa_bits, lowest, Rounding>(limited, below, random);
    uint32x4_t const infinite = vceqq_u32(bits, splat(detail::float_infinity));
    // 2. Overflow.
    uint32x4_t unsigned_nan = splat(0);  // lanes whose code takes no sign
    if constexpr (!finite_saturates) {
      uint32x4_t const exceeds = vcgtq_u32(code, splat(f.max_code));
      uint32x4_t const beyond = vcgtq_u32(bits, splat(max_bits));
      uint32x4_t clamped = splat(0);  // by rounding alone, never an overflow
      if constexpr (std::same_as<Rounding, rounding::toward_zero> ||
                    (std::same_as<Rounding, rounding::to_odd> && (f.max_code & 1U) != 0)) {
        clamped = beyond;
      } else if constexpr (std::same_as<Rounding, rounding::up>) {
        clamped = vandq_u32(beyond, below);
      } else if constexpr (std::same_as<Rounding, rounding::down>) {
        clamped = vbicq_u32(beyond, below);
      }
      code = vbslq_u32(exceeds, splat(edge.finite), code);
      code = vbslq_u32(clamped, splat(f.max_code), code);
      if constexpr (edge.finite_is_nan) {
        unsigned_nan = vbicq_u32(exceeds, clamped);
      }
    }
    if constexpr (edge.infinite != edge.finite || !finite_saturates) {
      code = vbslq_u32(infinite, splat(edge.infinite), code);
      if constexpr (edge.infinite_is_nan) {
        unsigned_nan = vorrq_u32(unsigned_nan, infinite);
      } else {
        unsigned_nan = vbicq_u32(unsigned_nan, infinite);
      }
    }
    // 3. Sign, or what is below an unsigned range.
    uint32x4_t const is_zero = vceqzq_u32(code);
    if constexpr (l.is_signed()) {
      uint32x4_t signs = vbicq_u32(below, unsigned_nan);
      if constexpr (!l.has_negative_zero()) {
        signs = vbicq_u32(signs, is_zero);
      }
      code = vorrq_u32(code, vandq_u32(signs, splat(f.sign_mask)));
    } else {
      constexpr bool towards_zero =
          std::same_as<Rounding, rounding::toward_zero> || std::same_as<Rounding, rounding::up>;
      code = vbicq_u32(code, below);
      if constexpr (edge.below_is_nan) {
        uint32x4_t const outside = towards_zero ? vandq_u32(below, infinite) : vbicq_u32(below, is_zero);
        code = vbslq_u32(outside, splat(f.nan_code), code);
      }
    }
    // 4. NaN.
    return vbslq_u32(is_nan, splat(f.has_nan ? f.nan_code : f.max_code), code);
  }
}

/// 4 floats to 4 codes of a minifloat or an integer, one in each 32-bit lane.
template <class F, class Rounding, class Overflow>
inline uint32x4_t encode_lanes(float32x4_t x, uint32x4_t random) noexcept {
  if constexpr (encodes_exponent<F>) {
    return exponent_lanes<F, Rounding, Overflow>(x, random);
  } else {
    return count_lanes<F, Rounding, Overflow>(x, random);
  }
}

/// The lowest bytes of 16 lanes.
inline uint8x16_t low_bytes(uint32x4_t a, uint32x4_t b, uint32x4_t c, uint32x4_t d) noexcept {
  uint16x8_t const ab = vuzp1q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b));
  uint16x8_t const cd = vuzp1q_u16(vreinterpretq_u16_u32(c), vreinterpretq_u16_u32(d));
  return vuzp1q_u8(vreinterpretq_u8_u16(ab), vreinterpretq_u8_u16(cd));
}

/// The highest bytes of 16 lanes.
inline uint8x16_t top_bytes(uint32x4_t a, uint32x4_t b, uint32x4_t c, uint32x4_t d) noexcept {
  uint16x8_t const ab = vuzp2q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b));
  uint16x8_t const cd = vuzp2q_u16(vreinterpretq_u16_u32(c), vreinterpretq_u16_u32(d));
  return vuzp2q_u8(vreinterpretq_u8_u16(ab), vreinterpretq_u8_u16(cd));
}

/// Roundings to an integer that are one instruction, whatever FPCR says.
template <class R>
concept converts = std::same_as<R, rounding::nearest_even> || std::same_as<R, rounding::nearest_away> ||
    std::same_as<R, rounding::toward_zero> || std::same_as<R, rounding::up> || std::same_as<R, rounding::down>;

template <converts Rounding>
inline int32x4_t round_to_integer(float32x4_t x) noexcept {
  if constexpr (std::same_as<Rounding, rounding::nearest_even>) {
    return vcvtnq_s32_f32(x);
  } else if constexpr (std::same_as<Rounding, rounding::nearest_away>) {
    return vcvtaq_s32_f32(x);
  } else if constexpr (std::same_as<Rounding, rounding::up>) {
    return vcvtpq_s32_f32(x);
  } else if constexpr (std::same_as<Rounding, rounding::down>) {
    return vcvtmq_s32_f32(x);
  } else {
    return vcvtq_s32_f32(opaque(x));  // a C++ conversion to Clang, undefined out of range if it knows the range
  }
}

/// 16 floats to integers of at most 8 bits.
template <IntegerFormat F, class Rounding>
inline uint8x16_t encode_integers(float32x4_t const (&x)[4]) noexcept {
  int32x4_t const a = round_to_integer<Rounding>(x[0]);
  int32x4_t const b = round_to_integer<Rounding>(x[1]);
  int32x4_t const c = round_to_integer<Rounding>(x[2]);
  int32x4_t const d = round_to_integer<Rounding>(x[3]);
  // Narrowing saturates.
  if constexpr (F::layout.is_signed()) {
    int16x8_t const ab = vqmovn_high_s32(vqmovn_s32(a), b);
    int16x8_t const cd = vqmovn_high_s32(vqmovn_s32(c), d);
    int8x16_t value = vqmovn_high_s16(vqmovn_s16(ab), cd);
    if constexpr (F::bits < 8) {
      value = vmaxq_s8(value, vdupq_n_s8(static_cast<std::int8_t>(F::layout.min())));
      value = vminq_s8(value, vdupq_n_s8(static_cast<std::int8_t>(F::layout.max())));
    }
    return vandq_u8(vreinterpretq_u8_s8(value), vdupq_n_u8(static_cast<std::uint8_t>(F::code_mask)));
  } else {
    uint16x8_t const ab = vqmovun_high_s32(vqmovun_s32(a), b);
    uint16x8_t const cd = vqmovun_high_s32(vqmovun_s32(c), d);
    uint8x16_t const value = vqmovn_high_u16(vqmovn_u16(ab), cd);
    return vminq_u8(value, vdupq_n_u8(static_cast<std::uint8_t>(F::layout.max())));
  }
}

/// Overflow policies that send every magnitude from max on, infinity too, to max.
template <class F, class Overflow>
inline constexpr bool clamps = [] {
  if constexpr (MinifloatFormat<F>) {
    constexpr edge_codes edge = edge_codes::of<F, Overflow>();
    return edge.finite == facts<F>::max_code && edge.infinite == facts<F>::max_code && !edge.below_is_nan;
  } else {
    return false;
  }
}();

/// 16 floats, none a NaN, to a minifloat: what encode_lanes does for nearest_even where overflow clamps, with the signs put
/// in after packing. `bits` is `raw` without its signs.
template <MinifloatFormat F>
inline uint8x16_t encode_clamped(uint32x4_t const (&raw)[4], uint32x4_t const (&bits)[4]) noexcept {
  constexpr format_facts f = facts<F>::all;
  constexpr float_layout l = F::layout;
  constexpr auto lowest = static_cast<std::uint32_t>(l.min_exponent() + detail::float_bias);
  uint32x4_t counted[4];
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    counted[j] = add_places<l.mantissa_bits, lowest>(vminq_u32(bits[j], splat(detail::bits_of(f.max))));
  }
  // Of the constant only the lowest byte is left.
  uint8x16_t code = vsubq_u8(low_bytes(counted[0], counted[1], counted[2], counted[3]),
                             vdupq_n_u8(static_cast<std::uint8_t>(places_offset<l.mantissa_bits, lowest>)));
  uint8x16_t const tops = top_bytes(raw[0], raw[1], raw[2], raw[3]);
  if constexpr (!l.is_signed()) {
    return vbicq_u8(code, vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(tops), 7)));
  } else if constexpr (l.has_negative_zero()) {
    // The sign goes above the magnitude: shifted down and inserted, or selected where it stands right already.
    if constexpr (l.bits() == 8) {
      return vbslq_u8(vdupq_n_u8(0x80), tops, code);
    } else {
      return vorrq_u8(code,
                      vandq_u8(vshrq_n_u8(tops, 8 - l.bits()), vdupq_n_u8(static_cast<std::uint8_t>(f.sign_mask))));
    }
  } else {
    uint8x16_t const below = vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(tops), 7));
    uint8x16_t const signs = vandq_u8(below, vtstq_u8(code, code));
    return vorrq_u8(code, vandq_u8(signs, vdupq_n_u8(static_cast<std::uint8_t>(f.sign_mask))));
  }
}

/// 16 floats to codes of a codebook: how many thresholds are not above.
template <CodebookFormat F, class Rounding, class Overflow>
inline uint8x16_t search_16(float32x4_t const (&x)[4]) noexcept {
  auto const& table = portable_kernels::codebook_lanes<F, Rounding, Overflow>::get();
  uint32x4_t bits[4];
  uint32x4_t run[4];
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    bits[j] = bits_of(x[j]);
    // 1. Integers in the order of the floats: the magnitude bits of a negative one turned over.
    int32x4_t const signed_bits = vreinterpretq_s32_u32(bits[j]);
    int32x4_t const turned = vandq_s32(vshrq_n_s32(signed_bits, 31), vdupq_n_s32(INT32_MAX));
    int32x4_t const key = veorq_s32(signed_bits, turned);
    // 2. Thresholds not above; a mask is -1.
    run[j] = splat(0);
#pragma GCC unroll 15
    for (std::size_t i = 1; i < 16; ++i) {
      run[j] = vsubq_u32(run[j], vcgeq_s32(key, vdupq_n_s32(table.first[i])));
    }
  }
  uint32x4_t codes[4];
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    codes[j] = vld1q_u32(table.codes + 4 * j);
  }
  uint8x16_t code =
      vqtbl1q_u8(low_bytes(codes[0], codes[1], codes[2], codes[3]), low_bytes(run[0], run[1], run[2], run[3]));
  // 3. What is not finite: magnitudes, doubled, from infinity's on.
  uint32x4_t unusual[4];
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    unusual[j] = vcgeq_u32(vaddq_u32(bits[j], bits[j]), splat(2 * detail::float_infinity));
  }
  if (vmaxvq_u32(vorrq_u32(vorrq_u32(unusual[0], unusual[1]), vorrq_u32(unusual[2], unusual[3]))) != 0) [[unlikely]] {
    auto const put = [&](auto const& is_it, std::uint32_t what) {
      uint8x16_t const mask = low_bytes(is_it(0), is_it(1), is_it(2), is_it(3));
      code = vbslq_u8(mask, vdupq_n_u8(static_cast<std::uint8_t>(what)), code);
    };
    put([&](std::size_t j) { return unusual[j]; }, table.nan);
    put([&](std::size_t j) { return vceqq_u32(bits[j], splat(detail::float_infinity)); }, table.infinity);
    put([&](std::size_t j) { return vceqq_u32(bits[j], splat(detail::float_infinity | detail::float_sign)); },
        table.negative_infinity);
  }
  return code;
}

/// 16 floats to codes in 32-bit lanes.
template <class F, class Rounding, class Overflow>
inline void encode_to_lanes(float32x4_t const (&x)[4], random_stream<Rounding>& stream,
                            uint32x4_t (&codes)[4]) noexcept {
  uint32x4_t random[4];
  stream.next(random);
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    codes[j] = encode_lanes<F, Rounding, Overflow>(x[j], random[j]);
  }
}

/// 16 floats to codes, a byte each.
template <class F, class Rounding, class Overflow>
inline uint8x16_t encode_16(float32x4_t const (&x)[4], random_stream<Rounding>& stream) noexcept {
  if constexpr (CodebookFormat<F>) {
    return search_16<F, Rounding, Overflow>(x);
  } else if constexpr (IntegerFormat<F> && converts<Rounding>) {
    return encode_integers<F, Rounding>(x);
  } else {
    if constexpr (std::same_as<Rounding, rounding::nearest_even> && !encodes_exponent<F> && clamps<F, Overflow>) {
      uint32x4_t raw[4];
      uint32x4_t bits[4];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        raw[j] = vreinterpretq_u32_f32(x[j]);
        bits[j] = bits_of(vabsq_f32(x[j]));
      }
      uint32x4_t const greatest = vmaxq_u32(vmaxq_u32(bits[0], bits[1]), vmaxq_u32(bits[2], bits[3]));
      if (vmaxvq_u32(greatest) <= detail::float_infinity) [[likely]] {
        return encode_clamped<F>(raw, bits);
      }
    }
    uint32x4_t codes[4];
    encode_to_lanes<F, Rounding, Overflow>(x, stream, codes);
    return low_bytes(codes[0], codes[1], codes[2], codes[3]);
  }
}

/// Writes 16 codes.
template <class F, class Order>
inline void store_codes(std::uint8_t* out, uint8x16_t bytes) noexcept {
  if constexpr (F::bits == 4 && !std::same_as<Order, bit_order::padded>) {
    // Neighbours into one byte: a pair is 0000 cccc 0000 cccc, the first code on the right.
    uint16x8_t const pairs = vreinterpretq_u16_u8(bytes);
    if constexpr (std::same_as<Order, bit_order::low_first>) {
      vst1_u8(out, vmovn_u16(vsraq_n_u16(pairs, pairs, 4)));
    } else {
      vst1_u8(out, vmovn_u16(vorrq_u16(vshlq_n_u16(pairs, 4), vshrq_n_u16(pairs, 8))));
    }
  } else {
    vst1q_u8(out, bytes);
  }
}

/// 16 elements to codes at `out`.
template <class F, class Order, class Rounding, class Overflow>
inline void encode_block(float32x4_t const (&x)[4], std::uint8_t* out, random_stream<Rounding>& stream) noexcept {
  if constexpr (F::bits > 8) {
    uint32x4_t codes[4];
    encode_to_lanes<F, Rounding, Overflow>(x, stream, codes);
    for (std::size_t j = 0; j < 4; j += 2) {
      uint16x8_t const both = vuzp1q_u16(vreinterpretq_u16_u32(codes[j]), vreinterpretq_u16_u32(codes[j + 1]));
      vst1q_u8(out + 8 * j, vreinterpretq_u8_u16(both));
    }
  } else {
    store_codes<F, Order>(out, encode_16<F, Rounding, Overflow>(x, stream));
  }
}

/// Encodes the first `count` <= 16 of the elements in x.
template <class F, class Order, class Rounding, class Overflow>
inline void encode_some(float32x4_t const (&x)[4], std::uint8_t* out, std::size_t count,
                        random_stream<Rounding>& stream) noexcept {
  std::uint8_t bytes[32];
  encode_block<F, Order, Rounding, Overflow>(x, count == 16 ? out : bytes, stream);
  if (count != 16) {
    if constexpr (F::bits > 8) {
      std::memcpy(out, bytes, 2 * count);
    } else {
      store_tail<F, Order>(out, bytes, count);
    }
  }
}

inline void load_16(float const* in, float32x4_t (&x)[4]) noexcept {
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    x[j] = vld1q_f32(in + 4 * j);
  }
}

/// The first `count` <= 16 floats, zeros after them.
inline void load_some(float const* in, std::size_t count, float32x4_t (&x)[4]) noexcept {
  if (count == 16) [[likely]] {
    load_16(in, x);
  } else {
    float values[16] = {};
    std::memcpy(values, in, count * sizeof(float));
    load_16(values, x);
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::neon

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order, class Rounding, class Overflow>
  requires neon::encodes<F, Order, Rounding, Overflow>
struct encode_slot<isa::neon, F, Order, Rounding, Overflow> {
  using served_by = isa::neon;
  static void run(float const* in, std::uint8_t* out, std::size_t n, Rounding r, Overflow) noexcept {
    neon::random_stream<Rounding> stream(r);
    for (std::size_t i = 0; i < n; i += 16) {
      std::size_t const count = n - i < 16 ? n - i : 16;
      float32x4_t x[4];
      neon::load_some(in + i, count, x);
      neon::encode_some<F, Order, Rounding, Overflow>(x, out, count, stream);
      out += F::bits > 8 ? 32 : packed_block_bytes<F, Order>(16);
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

#endif
