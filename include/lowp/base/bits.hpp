// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::detail {

// Fields of binary32 and binary64 (IEEE 754-2019, table 3.5).
inline constexpr std::uint32_t float_sign = 0x8000'0000U;
inline constexpr std::uint32_t float_infinity = 0x7f80'0000U;
inline constexpr std::uint32_t float_quiet_nan = 0x7fc0'0000U;
inline constexpr int float_mantissa_bits = 23;
inline constexpr int float_bias = 127;
inline constexpr std::uint64_t double_infinity = 0x7ff0'0000'0000'0000U;
inline constexpr std::uint64_t double_quiet_nan = 0x7ff8'0000'0000'0000U;
inline constexpr int double_mantissa_bits = 52;
inline constexpr int double_bias = 1023;

/// The low `count` bits set; count in [0, 32].
constexpr std::uint32_t low_mask(int count) noexcept {
  return count >= 32 ? 0xffff'ffffU : (std::uint32_t{1} << count) - 1U;
}

constexpr std::uint32_t bits_of(float x) noexcept {
  auto bits = std::bit_cast<std::uint32_t>(x);
  if (!std::is_constant_evaluated()) {
    LOWP_LAUNDER_BITS(bits);
  }
  return bits;
}
constexpr std::uint64_t bits_of(double x) noexcept {
  auto bits = std::bit_cast<std::uint64_t>(x);
  if (!std::is_constant_evaluated()) {
    LOWP_LAUNDER_BITS(bits);
  }
  return bits;
}

// Classification on the bits: under -ffast-math a compiler may answer false to x != x and isnan(x).
constexpr bool is_nan(float x) noexcept { return (bits_of(x) & ~float_sign) > float_infinity; }
constexpr bool is_infinity(float x) noexcept { return (bits_of(x) & ~float_sign) == float_infinity; }
constexpr bool is_finite(float x) noexcept { return (bits_of(x) & ~float_sign) < float_infinity; }
constexpr bool is_zero(float x) noexcept { return (bits_of(x) & ~float_sign) == 0; }  // DAZ: x == 0 lies
constexpr bool is_negative(float x) noexcept { return (bits_of(x) & float_sign) != 0; }
/// Floats as integers in the same order, both zeros 0. (A comparison of floats flushes subnormals under DAZ.)
constexpr std::int64_t order_key(float x) noexcept {
  auto const size = static_cast<std::int64_t>(bits_of(x) & ~float_sign);
  return is_negative(x) ? -size : size;
}
constexpr float magnitude(float x) noexcept { return std::bit_cast<float>(bits_of(x) & ~float_sign); }

/// floor(log2(x)); requires x > 0.
template <std::unsigned_integral T>
constexpr int floor_log2(T x) noexcept {
  return static_cast<int>(std::bit_width(x)) - 1;
}

/// Bits of the float (-1)^negative * significand * 2^exponent.
///
/// Requires the value to be exact in float: significand < 2^24, the value within [2^-149, 2^128) or zero.
/// Integer only, so float subnormals come out whatever FTZ/DAZ say.
constexpr std::uint32_t compose_float_bits(bool negative, std::uint32_t significand, int exponent) noexcept {
  const std::uint32_t sign = negative ? float_sign : 0U;
  if (significand == 0) {
    return sign;
  }
  const int top = floor_log2(significand);  // the value lies in [2^(top+exponent), 2^(top+exponent+1))
  const int biased = top + exponent + float_bias;
  if (biased >= 1) {
    const std::uint32_t fraction = (significand << (float_mantissa_bits - top)) & low_mask(float_mantissa_bits);
    return sign | (static_cast<std::uint32_t>(biased) << float_mantissa_bits) | fraction;
  }
  // A float subnormal counts quanta of 2^-149.
  const int shift = exponent + 149;
  return sign | (shift >= 0 ? significand << shift : significand >> -shift);
}

constexpr float compose_float(bool negative, std::uint32_t significand, int exponent) noexcept {
  return std::bit_cast<float>(compose_float_bits(negative, significand, exponent));
}

/// The double with the value of the float whose bits are given. Integer only: a conversion instruction would flush
/// subnormal floats under DAZ.
constexpr double widen(std::uint32_t float_bits) noexcept {
  std::uint64_t const sign = static_cast<std::uint64_t>(float_bits & float_sign) << 32;
  std::uint32_t const magnitude = float_bits & ~float_sign;
  if (magnitude >= float_infinity) {
    return std::bit_cast<double>(sign | double_infinity | static_cast<std::uint64_t>(magnitude - float_infinity) << 29);
  }
  if (magnitude == 0) {
    return std::bit_cast<double>(sign);
  }
  // value = significand * 2^exponent; normal in binary64 whatever it was in binary32
  std::uint32_t const field = magnitude >> float_mantissa_bits;
  std::uint64_t const significand =
      (magnitude & low_mask(float_mantissa_bits)) | (field != 0 ? std::uint32_t{1} << float_mantissa_bits : 0U);
  int const exponent = (field != 0 ? static_cast<int>(field) : 1) - float_bias - float_mantissa_bits;
  int const top = floor_log2(significand);
  std::uint64_t const fraction = (significand << (double_mantissa_bits - top)) & ((std::uint64_t{1} << 52) - 1U);
  return std::bit_cast<double>(sign | static_cast<std::uint64_t>(top + exponent + double_bias) << double_mantissa_bits |
                               fraction);
}

/// The float 2^exponent; requires exponent in [-149, 127].
constexpr float power_of_two(int exponent) noexcept { return compose_float(false, 1, exponent); }

}  // namespace lowp::inline LOWP_ABI::detail
