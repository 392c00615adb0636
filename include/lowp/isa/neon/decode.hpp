// SPDX-License-Identifier: Apache-2.0
//
// NEON decode: 16 codes to 16 floats at a time.
//
// Every number of a minifloat of at most 8 bits is a float whose lower 16 bits are zero. So its two upper bytes are made
// for 16 codes at once, one register each, and put together at the end.
//
//   instruction    what it gives
//   tbl            up to 5 bits: the bytes of the floats by table; codebooks, which need all four bytes, as well
//   shl, usra      wider minifloats: exponent and mantissa fields moved into a float's upper bytes and rebiased
//   tbx            their subnormals, by table; indices beyond it leave the register as it is
//   zip1, zip2     bytes to halves, halves to floats
//   scvtf          wider integers
//
// Against portable: 16 elements a step, no branches, about one instruction an element and the stores.
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
#include <lowp/format/catalog.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/isa/portable/decode.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>

namespace lowp::inline LOWP_ABI::kernel::neon {

template <class F>
concept decodes_by_table = (F::bits <= 5);

/// Magnitudes below this come from a table: a whole register of them, and all subnormals.
template <MinifloatFormat F>
inline constexpr std::uint32_t first_by_fields = F::layout.mantissa_bits <= 4 ? 16U : 1U << F::layout.mantissa_bits;

/// What is added to an exponent field, in the exponent's last place, to make it a float's.
template <MinifloatFormat F>
inline constexpr int rebias = detail::float_bias - F::layout.bias;

/// Whether moving the fields gives all other numbers, and no number needs more than a float's upper half.
template <class F>
inline constexpr bool fields_fit = [] {
  if constexpr (MinifloatFormat<F>) {
    constexpr float_layout l = F::layout;
    auto const& floats = portable_kernels::decode_table<F>;
    for (std::uint32_t magnitude = 0; magnitude <= l.max_code(); ++magnitude) {
      std::uint32_t const moved =
          (magnitude << (23 - l.mantissa_bits)) + (static_cast<std::uint32_t>(rebias<F>) << 23U);
      if (magnitude >= first_by_fields<F> && moved != floats[magnitude]) {
        return false;
      }
      if ((floats[magnitude] & 0xffffU) != 0) {
        return false;
      }
    }
    return true;
  } else {
    return false;
  }
}();

template <class F>
concept decodes_by_moving = F::bits <= 8 && fields_fit<F>;

template <class F, class Order>
concept decodes_bytes = bytes_or_nibbles<F, Order> &&(decodes_by_table<F> || decodes_by_moving<F> || IntegerFormat<F>);

template <class F, class Order>
concept decodes = decodes_bytes<F, Order> ||(in_two_bytes<F, Order>&& decodes_by_fields<F>);

/// Byte p of the float of code i (by fields: of magnitude i) in bytes[p][i]; codes repeat where there are fewer than 16.
template <Format F, std::size_t Size>
struct byte_planes {
  alignas(16) std::uint8_t bytes[4][Size];

  static constexpr byte_planes make() noexcept {
    byte_planes made{};
    for (std::uint32_t i = 0; i < Size; ++i) {
      std::uint32_t const bits = portable_kernels::decode_table<F>[i & detail::low_mask(F::bits)];
      for (std::uint32_t p = 0; p < 4; ++p) {
        made.bytes[p][i] = static_cast<std::uint8_t>(bits >> 8U * p);
      }
    }
    return made;
  }
};

template <Format F, std::size_t Size>
inline constexpr auto planes = byte_planes<F, Size>::make();

/// table[index], or 0 for an index beyond its 16 or 32 bytes.
template <std::size_t Size>
inline uint8x16_t look_up(std::uint8_t const (&table)[Size], uint8x16_t index) noexcept {
  static_assert(Size == 16 || Size == 32);
  if constexpr (Size == 16) {
    return vqtbl1q_u8(vld1q_u8(table), index);
  } else {
    return vqtbl2q_u8({{vld1q_u8(table), vld1q_u8(table + 16)}}, index);
  }
}

/// table[index], or what is in `bytes` for an index beyond the table.
template <std::size_t Size>
inline uint8x16_t look_up_or(uint8x16_t bytes, std::uint8_t const (&table)[Size], uint8x16_t index) noexcept {
  static_assert(Size == 16 || Size == 32 || Size == 64 || Size == 128);
  if constexpr (Size == 16) {
    return vqtbx1q_u8(bytes, vld1q_u8(table), index);
  } else if constexpr (Size == 32) {
    return vqtbx2q_u8(bytes, {{vld1q_u8(table), vld1q_u8(table + 16)}}, index);
  } else {
    for (std::size_t first = 0; first < Size; first += 64) {
      uint8x16x4_t const part{{vld1q_u8(table + first), vld1q_u8(table + first + 16), vld1q_u8(table + first + 32),
                               vld1q_u8(table + first + 48)}};
      bytes = vqtbx4q_u8(bytes, part, vsubq_u8(index, vdupq_n_u8(static_cast<std::uint8_t>(first))));
    }
    return bytes;
  }
}

/// Floats from registers that hold their bytes, the lower half of each zero.
inline void join(uint8x16_t top, uint8x16_t second, float32x4_t (&x)[4]) noexcept {
  uint16x8_t const zero = vdupq_n_u16(0);
  uint16x8_t const a = vreinterpretq_u16_u8(vzip1q_u8(second, top));
  uint16x8_t const b = vreinterpretq_u16_u8(vzip2q_u8(second, top));
  x[0] = vreinterpretq_f32_u16(vzip1q_u16(zero, a));
  x[1] = vreinterpretq_f32_u16(vzip2q_u16(zero, a));
  x[2] = vreinterpretq_f32_u16(vzip1q_u16(zero, b));
  x[3] = vreinterpretq_f32_u16(vzip2q_u16(zero, b));
}

/// The same from all four bytes.
inline void join(uint8x16_t top, uint8x16_t second, uint8x16_t third, uint8x16_t last, float32x4_t (&x)[4]) noexcept {
  uint16x8_t const upper_a = vreinterpretq_u16_u8(vzip1q_u8(second, top));
  uint16x8_t const upper_b = vreinterpretq_u16_u8(vzip2q_u8(second, top));
  uint16x8_t const lower_a = vreinterpretq_u16_u8(vzip1q_u8(last, third));
  uint16x8_t const lower_b = vreinterpretq_u16_u8(vzip2q_u8(last, third));
  x[0] = vreinterpretq_f32_u16(vzip1q_u16(lower_a, upper_a));
  x[1] = vreinterpretq_f32_u16(vzip2q_u16(lower_a, upper_a));
  x[2] = vreinterpretq_f32_u16(vzip1q_u16(lower_b, upper_b));
  x[3] = vreinterpretq_f32_u16(vzip2q_u16(lower_b, upper_b));
}

/// The upper bytes of 16 floats.
struct upper_bytes {
  uint8x16_t top;
  uint8x16_t second;
};

/// 16 codes to floats by moving their fields.
template <MinifloatFormat F>
inline upper_bytes decode_fields(uint8x16_t codes) noexcept {
  constexpr float_layout l = F::layout;
  auto const splat = [](std::uint32_t byte) { return vdupq_n_u8(static_cast<std::uint8_t>(byte)); };
  uint8x16_t const magnitude = l.magnitude_bits() == 8 ? codes : vandq_u8(codes, splat(l.magnitude_mask()));
  // 1. A float's upper bytes are S EEEEEEE and E MMMMMMM: the magnitude moves left by 7 - M within 16 bits, and the
  //    exponent grows by `rebias`. An odd one flips the E of the lower byte, and where that carries, adds one above: the
  //    rounding shift does so.
  constexpr int above = l.mantissa_bits + 1;
  uint8x16_t second = vshlq_n_u8(magnitude, 7 - l.mantissa_bits);
  uint8x16_t top = splat(static_cast<std::uint32_t>(rebias<F> >> 1));  // rounds down where negative
  if constexpr (rebias<F> % 2 == 0) {
    top = vsraq_n_u8(top, magnitude, above);
  } else {
    top = vrsraq_n_u8(top, magnitude, above);
    second = veorq_u8(second, splat(0x80));
  }
  // 2. Zero and the subnormals.
  auto const& table = planes<F, first_by_fields<F>>.bytes;
  top = look_up_or(top, table[3], magnitude);
  second = look_up_or(second, table[2], magnitude);
  // 3. Everything above max_code is infinity or NaN.
  if constexpr (l.has_infinity()) {
    uint8x16_t const special = vcgtq_u8(magnitude, splat(l.max_code()));
    top = vbslq_u8(special, splat(0x7f), top);
    second = vbslq_u8(special, splat(0x80), second);
  }
  if constexpr (l.is_signed()) {
    top = vbslq_u8(splat(0x80), vshlq_n_u8(codes, 8 - l.bits()), top);
  }
  // 4. NaNs, without their sign.
  if constexpr (l.has_nan()) {
    uint8x16_t nan;
    if constexpr (l.nan_is_negative_zero()) {
      nan = vceqq_u8(vandq_u8(codes, splat(l.code_mask())), splat(l.sign_mask()));
    } else {
      nan = vcgtq_u8(magnitude, splat(l.has_infinity() ? l.infinity_code() : l.max_code()));
    }
    top = vbslq_u8(nan, splat(0x7f), top);
    second = vbslq_u8(nan, splat(0xc0), second);
  }
  return {top, second};
}

/// 16 integers of 6 to 8 bits to floats.
template <IntegerFormat F>
inline void decode_integers(uint8x16_t codes, float32x4_t (&x)[4]) noexcept {
  uint8x16_t const at_top = vshlq_n_u8(codes, 8 - F::bits);
  if constexpr (F::layout.is_signed()) {
    int8x16_t const values = F::bits == 8 ? vreinterpretq_s8_u8(codes)
                                          : vshrq_n_s8(vreinterpretq_s8_u8(at_top), F::bits == 8 ? 1 : 8 - F::bits);
    int16x8_t const a = vmovl_s8(vget_low_s8(values));
    int16x8_t const b = vmovl_high_s8(values);
    x[0] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(a)));
    x[1] = vcvtq_f32_s32(vmovl_high_s16(a));
    x[2] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(b)));
    x[3] = vcvtq_f32_s32(vmovl_high_s16(b));
  } else {
    uint8x16_t const values = F::bits == 8 ? codes : vshrq_n_u8(at_top, F::bits == 8 ? 1 : 8 - F::bits);
    uint16x8_t const a = vmovl_u8(vget_low_u8(values));
    uint16x8_t const b = vmovl_high_u8(values);
    x[0] = vcvtq_f32_u32(vmovl_u16(vget_low_u16(a)));
    x[1] = vcvtq_f32_u32(vmovl_high_u16(a));
    x[2] = vcvtq_f32_u32(vmovl_u16(vget_low_u16(b)));
    x[3] = vcvtq_f32_u32(vmovl_high_u16(b));
  }
}

/// Formats of which decode_upper gives all.
template <class F>
inline constexpr bool has_upper_bytes = exact_in_bfloat16<F> && !(IntegerFormat<F> && F::bits > 5);

/// 16 codes, a byte each (bits above the width are ignored), to the upper halves of floats.
template <class F>
inline upper_bytes decode_upper(uint8x16_t codes) noexcept {
  if constexpr (decodes_by_table<F>) {
    auto const &table = planes < F, F::bits == 5 ? 32 : 16 >.bytes;
    uint8x16_t const index = vandq_u8(codes, vdupq_n_u8(static_cast<std::uint8_t>(detail::low_mask(F::bits))));
    return {look_up(table[3], index), look_up(table[2], index)};
  } else {
    return decode_fields<F>(codes);
  }
}

/// 16 codes, a byte each (bits above the width are ignored), to floats in order.
template <class F>
inline void decode_16(uint8x16_t codes, float32x4_t (&x)[4]) noexcept {
  if constexpr (has_upper_bytes<F>) {
    upper_bytes const upper = decode_upper<F>(codes);
    join(upper.top, upper.second, x);
  } else if constexpr (IntegerFormat<F>) {
    decode_integers<F>(codes, x);
  } else {
    auto const &table = planes < F, F::bits == 5 ? 32 : 16 >.bytes;
    uint8x16_t const index = vandq_u8(codes, vdupq_n_u8(static_cast<std::uint8_t>(detail::low_mask(F::bits))));
    join(look_up(table[3], index), look_up(table[2], index), look_up(table[1], index), look_up(table[0], index), x);
  }
}

/// 4 codes of a minifloat of two bytes, one in each 32-bit lane, to floats.
template <MinifloatFormat F>
inline float32x4_t decode_wide(uint32x4_t codes) noexcept {
  constexpr float_layout l = F::layout;
  auto const splat = [](std::uint32_t x) { return vdupq_n_u32(x); };
  if constexpr (std::same_as<F, float16> || std::same_as<F, bfloat16>) {
    uint32x4_t bits = vshlq_n_u32(codes, 16);
    if constexpr (std::same_as<F, float16>) {
      bits = vreinterpretq_u32_f32(vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(codes))));
    }
    // NaNs without sign and payload: doubled, magnitudes keep their order.
    uint32x4_t const nan = vcgtq_u32(vaddq_u32(bits, bits), splat(2 * detail::float_infinity));
    return vreinterpretq_f32_u32(vbslq_u32(nan, splat(detail::float_quiet_nan), bits));
  }
  uint32x4_t const magnitude = vandq_u32(codes, splat(l.magnitude_mask()));
  // 1. E and M fields into place, exponent rebiased: right for normals.
  uint32x4_t bits =
      vaddq_u32(vshlq_n_u32(magnitude, 23 - l.mantissa_bits), splat(static_cast<std::uint32_t>(rebias<F>) << 23U));
  // 2. Subnormals: so many last places.
  float32x4_t counted = vmulq_f32(vcvtq_f32_u32(magnitude), vdupq_n_f32(detail::power_of_two(l.quantum_exponent())));
  uint32x4_t const subnormal = vcltq_u32(magnitude, splat(1U << l.mantissa_bits));
  bits = vbslq_u32(subnormal, vreinterpretq_u32_f32(counted), bits);
  // 3. Everything above max_code is infinity or NaN.
  if constexpr (l.has_infinity()) {
    bits = vbslq_u32(vcgtq_u32(magnitude, splat(l.max_code())), splat(detail::float_infinity), bits);
  }
  if constexpr (l.is_signed()) {
    bits = vbslq_u32(splat(detail::float_sign), vshlq_n_u32(codes, 32 - l.bits()), bits);
  }
  // 4. NaNs, without their sign.
  if constexpr (l.has_nan()) {
    uint32x4_t nan;
    if constexpr (l.nan_is_negative_zero()) {
      nan = vceqq_u32(vandq_u32(codes, splat(l.code_mask())), splat(l.sign_mask()));
    } else {
      nan = vcgtq_u32(magnitude, splat(l.has_infinity() ? l.infinity_code() : l.max_code()));
    }
    bits = vbslq_u32(nan, splat(detail::float_quiet_nan), bits);
  }
  return vreinterpretq_f32_u32(bits);
}

/// 16 codes from `in`, a byte each; with garbage above the width.
template <class F, class Order>
inline uint8x16_t load_codes(std::uint8_t const* in) noexcept {
  if constexpr (F::bits == 4 && !std::same_as<Order, bit_order::padded>) {
    uint8x8_t const pairs = vld1_u8(in);
    uint8x16_t const lower = vcombine_u8(pairs, pairs);
    uint8x16_t const upper = vshrq_n_u8(lower, 4);
    return std::same_as<Order, bit_order::low_first> ? vzip1q_u8(lower, upper) : vzip1q_u8(upper, lower);
  } else {
    return vld1q_u8(in);
  }
}

/// Bytes that 16 codes take.
template <class F, class Order>
inline constexpr std::size_t bytes_of_16 = F::bits > 8 ? 32 : packed_block_bytes<F, Order>(16);

/// The bytes of the last n < 16 codes: a full load would read beyond them.
template <class F, class Order>
struct tail_of_16 {
  std::uint8_t bytes[32] = {};

  tail_of_16(std::uint8_t const* in, std::size_t n) noexcept {
    constexpr std::size_t all = bytes_of_16<F, Order>;
    std::memcpy(bytes, in, all == 8 ? (n + 1) / 2 : all / 16 * n);
  }
};

/// 16 codes from `in` to floats.
template <class F, class Order>
inline void decode_block(std::uint8_t const* in, float32x4_t (&x)[4]) noexcept {
  if constexpr (F::bits > 8) {
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 4; j += 2) {
      uint16x8_t const codes = vreinterpretq_u16_u8(vld1q_u8(in + 8 * j));
      x[j] = decode_wide<F>(vmovl_u16(vget_low_u16(codes)));
      x[j + 1] = decode_wide<F>(vmovl_high_u16(codes));
    }
  } else {
    decode_16<F>(load_codes<F, Order>(in), x);
  }
}

/// The first n <= 16 codes from `in` to floats.
template <class F, class Order>
inline void decode_some(std::uint8_t const* in, std::size_t n, float32x4_t (&x)[4]) noexcept {
  if (n == 16) [[likely]] {
    decode_block<F, Order>(in, x);
  } else {
    tail_of_16<F, Order> const tail(in, n);
    decode_block<F, Order>(tail.bytes, x);
  }
}

/// Stores the first n <= 16 floats.
inline void store_some(float* out, float32x4_t const (&x)[4], std::size_t n) noexcept {
  if (n == 16) {
    vst1q_f32(out, x[0]);
    vst1q_f32(out + 4, x[1]);
    vst1q_f32(out + 8, x[2]);
    vst1q_f32(out + 12, x[3]);
  } else {
    float values[16];
    store_some(values, x, 16);
    std::memcpy(out, values, n * sizeof(float));
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::neon

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order>
  requires neon::decodes<F, Order>
struct decode_slot<isa::neon, F, Order> {
  using served_by = isa::neon;
  static void run(std::uint8_t const* in, float* out, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 16) {
      std::size_t const count = n - i < 16 ? n - i : 16;
      float32x4_t x[4];
      neon::decode_some<F, Order>(in, count, x);
      neon::store_some(out + i, x, count);
      in += neon::bytes_of_16<F, Order>;
    }
  }
};

template <class F, class Order>
  requires(neon::decodes_bytes<F, Order>&& exact_in_bfloat16<F>)
struct decode_bfloat16_slot<isa::neon, F, Order> {
  using served_by = isa::neon;
  static void run(std::uint8_t const* in, std::uint16_t* out, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
      store_16(in, out + i);
      in += neon::bytes_of_16<F, Order>;
    }
    if (i < n) {
      neon::tail_of_16<F, Order> const tail(in, n - i);
      std::uint16_t values[16];
      store_16(tail.bytes, values);
      std::memcpy(out + i, values, 2 * (n - i));
    }
  }

 private:
  static void store_16(std::uint8_t const* in, std::uint16_t* out) noexcept {
    uint8x16_t const codes = neon::load_codes<F, Order>(in);
    if constexpr (neon::has_upper_bytes<F>) {
      neon::upper_bytes const upper = neon::decode_upper<F>(codes);
      vst1q_u16(out, vreinterpretq_u16_u8(vzip1q_u8(upper.second, upper.top)));
      vst1q_u16(out + 8, vreinterpretq_u16_u8(vzip2q_u8(upper.second, upper.top)));
    } else {
      float32x4_t x[4];
      neon::decode_16<F>(codes, x);
      vst1q_u16(out, vuzp2q_u16(vreinterpretq_u16_f32(x[0]), vreinterpretq_u16_f32(x[1])));
      vst1q_u16(out + 8, vuzp2q_u16(vreinterpretq_u16_f32(x[2]), vreinterpretq_u16_f32(x[3])));
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

#endif
