// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>

namespace lowp::inline LOWP_ABI {

/// A number between computing and rounding: what every source is turned into before it is encoded once.
///
/// Meaning  of a finite one: (-1)^negative * significand * 2^(exponent - 63), where bit 63 of significand is set; with
///          `sticky` the value lies strictly between that and the next multiple of the last bit (away from zero).
struct exact {
  enum class kind : std::uint8_t { zero, finite, infinity, nan };
  kind what = kind::zero;
  bool negative = false;
  bool sticky = false;
  int exponent = 0;  ///< floor(log2 |value|)
  std::uint64_t significand = 0;

  static constexpr exact make(kind what, bool negative) noexcept {
    exact x;
    x.what = what;
    x.negative = negative;
    return x;
  }

  /// (-1)^negative * significand * 2^exponent, and more than that below the last place where `sticky`.
  /// significand == 0 gives zero (a caller with sticky bits keeps some significand).
  static constexpr exact scaled(bool negative, std::uint64_t significand, int exponent, bool sticky = false) noexcept {
    exact x;
    x.negative = negative;
    if (significand == 0) {
      return x;
    }
    int const shift = std::countl_zero(significand);
    x.what = kind::finite;
    x.significand = significand << shift;
    x.exponent = exponent + 63 - shift;
    x.sticky = sticky;
    return x;
  }

  static constexpr exact from_float_bits(std::uint32_t bits) noexcept {
    bool const negative = (bits & detail::float_sign) != 0;
    std::uint32_t const magnitude = bits & ~detail::float_sign;
    if (magnitude >= detail::float_infinity) {
      return make(magnitude == detail::float_infinity ? kind::infinity : kind::nan, negative);
    }
    std::uint32_t const field = magnitude >> detail::float_mantissa_bits;
    if (field != 0) {  // the common case needs no count of leading zeros
      exact x;
      x.what = kind::finite;
      x.negative = negative;
      x.exponent = static_cast<int>(field) - detail::float_bias;
      x.significand = std::uint64_t{(magnitude << 8U) | 0x8000'0000U} << 32U;
      return x;
    }
    return scaled(negative, magnitude, -149);
  }

  static constexpr exact from(float value) noexcept { return from_float_bits(detail::bits_of(value)); }

  static constexpr exact from(double value) noexcept {
    std::uint64_t const bits = detail::bits_of(value);
    bool const negative = (bits >> 63U) != 0;
    std::uint64_t const magnitude = bits & ~(std::uint64_t{1} << 63U);
    if (magnitude >= detail::double_infinity) {
      return make(magnitude == detail::double_infinity ? kind::infinity : kind::nan, negative);
    }
    std::uint64_t const field = magnitude >> detail::double_mantissa_bits;
    std::uint64_t const fraction = magnitude & ((std::uint64_t{1} << detail::double_mantissa_bits) - 1U);
    if (field != 0) {
      return scaled(negative, fraction | (std::uint64_t{1} << detail::double_mantissa_bits),
                    static_cast<int>(field) - detail::double_bias - detail::double_mantissa_bits);
    }
    return scaled(negative, fraction, -1074);
  }

  template <std::integral T>
  static constexpr exact from(T value) noexcept {
    static_assert(sizeof(T) <= 8, "lowp: integers of at most 64 bits");
    auto const bits = static_cast<std::uint64_t>(value);  // NOLINT(bugprone-signed-char-misuse): an int8_t is a number
    bool const negative = value < T{};
    return scaled(negative, negative ? ~bits + 1U : bits, 0);
  }

  template <Format F>
  static constexpr exact from(F value) noexcept {
    return from(static_cast<float>(value));
  }
};

}  // namespace lowp::inline LOWP_ABI
