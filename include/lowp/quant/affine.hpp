// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/pack/bit_writer.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/minmax.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// The integers that a format holds.
struct integer_range {
  std::int32_t min;
  std::int32_t max;
};

/// A float to an integer; infinities to the ends of int32's range, NaN to 0, as round_to_integer has it. Needs fp_env.
template <RoundingPolicy Rounding>
std::int32_t rounded_integer(float x, Rounding const& r) noexcept {
  bool to_nearest = std::same_as<Rounding, rounding::nearest_even>;
  if constexpr (std::same_as<Rounding, rounding::any>) {
    to_nearest = r.which == rounding::any::kind::nearest_even;
  }
  if (to_nearest && (bits_of(x) & ~float_sign) < bits_of(0x1p22F)) {
    // Within 2^22 of 1.5 * 2^23 the last place of a float is 1: the addition rounds, the bits count.
    float const shifted = add_once(x, 0x1.8p23F);
    return static_cast<std::int32_t>(bits_of(shifted)) - static_cast<std::int32_t>(bits_of(0x1.8p23F));
  }
  return round_to_integer(exact::from(x), r);
}

/// q = round(x / scale) + zero, kept in the range; infinities go to its ends, NaN to zero. Needs fp_env.
template <RoundingPolicy Rounding>
std::int32_t affine_code(float x, float scale, std::int32_t zero, integer_range range, Rounding const& r) noexcept {
  std::int32_t const q = rounded_integer(divide_once(x, scale), r) + zero;
  return q < range.min ? range.min : q > range.max ? range.max : q;
}

constexpr std::int32_t zero_of(std::int32_t zero) noexcept { return zero; }
template <IntegerFormat F>
constexpr std::int32_t zero_of(F zero) noexcept {
  return F::layout.value(zero.code);
}

/// A row of n floats to codes; blocks of `group` share a scale and a zero point. Needs fp_env.
template <class Order, class Integer, RoundingPolicy Rounding>
void affine_encode(float const* in, std::uint8_t* out, std::size_t n, float const* scales, Integer const* zeros,
                   std::size_t group, int bits, integer_range range, Rounding const& r) noexcept {
  bit_writer<Order> writer(out, bits);
  for (std::size_t i = 0; i < n; ++i) {
    auto const zero = zero_of(zeros[i / group]);
    std::int32_t const code = affine_code(in[i], scales[i / group], zero, range, rounding::at(r, i));
    writer.put(static_cast<std::uint32_t>(code) & low_mask(bits));
  }
  writer.finish();
}

/// The way back: (code - zero) * scale, rounded once. Needs fp_env.
template <IntegerFormat F>
void affine_decode(std::uint8_t const* in, float* out, std::size_t n, float const* scales, F const* zeros,
                   std::size_t group) noexcept {
  kernel::decode<F, bit_order::low_first>(in, out, n);  // integers, exact in float; their differences, too
  for (std::size_t start = 0; start < n; start += group) {
    std::size_t const end = n - start < group ? n : start + group;
    auto const zero = static_cast<float>(zeros[start / group]);
    for (std::size_t i = start; i < end; ++i) {
      out[i] = multiply_once(out[i] - zero, scales[start / group]);
    }
  }
}

/// A row of n floats to codes; blocks of `group` share a scale and an offset. Needs fp_env.
template <class Order, RoundingPolicy Rounding>
void offset_encode(float const* in, std::uint8_t* out, std::size_t n, float const* scales, float const* offsets,
                   std::size_t group, int bits, integer_range range, Rounding const& r) noexcept {
  bit_writer<Order> writer(out, bits);
  for (std::size_t i = 0; i < n; ++i) {
    float const distance = add_once(in[i], -offsets[i / group]);
    auto const code = affine_code(distance, scales[i / group], 0, range, rounding::at(r, i));
    writer.put(static_cast<std::uint32_t>(code) & low_mask(bits));
  }
  writer.finish();
}

/// The way back: code * scale + offset, each rounded once. Needs fp_env.
template <IntegerFormat F>
void offset_decode(std::uint8_t const* in, float* out, std::size_t n, float const* scales, float const* offsets,
                   std::size_t group) noexcept {
  kernel::decode<F, bit_order::low_first>(in, out, n);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = add_once(multiply_once(out[i], scales[i / group]), offsets[i / group]);
  }
}

}  // namespace lowp::inline LOWP_ABI::detail
