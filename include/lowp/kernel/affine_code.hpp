// SPDX-License-Identifier: Apache-2.0
//
// Codes beside a zero point or an offset: what an element becomes, one by one.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/pack/bit_writer.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/minmax.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// The integers that a format holds.
struct integer_range {
  std::int32_t min;
  std::int32_t max;
};

template <IntegerFormat F>
constexpr integer_range integers_of() noexcept {
  return {static_cast<std::int32_t>(facts<F>::lowest), static_cast<std::int32_t>(facts<F>::max)};
}

/// A float to an integer; what is large, infinities with it, to one beyond all codes, NaN to 0. Needs fp_env.
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
constexpr std::int32_t zero_of(float zero) noexcept { return static_cast<std::int32_t>(zero); }
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

}  // namespace detail

namespace kernel {

/// What stands beside the scales of a shifted_quantize_slot.
namespace shift {

/// Integers z: code = round(x / scale) + z, value = (code - z) * scale.
struct zero_point {};
/// Floats b: code = round((x - b) / scale), value = code * scale + b.
struct offset {};

}  // namespace shift

/// Integers of at most 8 bits, to nearest even, a byte or a nibble an element.
template <class F, class Order>
concept shifted_in_lanes = IntegerFormat<F> && F::bits <= 8 &&
                           (std::same_as<Order, bit_order::padded> ||
                            ((F::bits == 8 || F::bits == 4) && (std::same_as<Order, bit_order::low_first> ||
                                                                std::same_as<Order, bit_order::high_first>)));

}  // namespace kernel

}  // namespace lowp::inline LOWP_ABI
