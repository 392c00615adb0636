// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// std::numeric_limits of a minifloat, every member derived from F::layout.
///
/// epsilon() and round_error() are numbers of F; in a format where 2^-M or 1/2 is not representable (an unusual bias)
/// they are the nearest power of two that is. min() is the smallest positive normal number, or the smallest positive
/// number where none is normal.
template <class F>
struct minifloat_limits {
 private:
  static constexpr float_layout l = F::layout;
  static constexpr bool has_normals = l.max_exponent() >= l.min_exponent();

  /// 2^exponent as a number of F, clamped to the powers of two that F has.
  static constexpr F power(int exponent) noexcept {
    int const lowest = l.special == specials::exponent ? -l.bias : l.quantum_exponent();
    int const clamped = exponent < lowest ? lowest : exponent > l.max_exponent() ? l.max_exponent() : exponent;
    if (l.special == specials::exponent) {
      return from_bits<F>(static_cast<unsigned>(clamped + l.bias));
    }
    if (clamped >= l.min_exponent()) {
      return from_bits<F>(static_cast<unsigned>(clamped + l.bias) << l.mantissa_bits);
    }
    return from_bits<F>(1U << (clamped - l.quantum_exponent()));
  }

 public:
  static constexpr bool is_specialized = true;
  static constexpr bool is_signed = l.is_signed();
  static constexpr bool is_integer = false;
  static constexpr bool is_exact = false;
  static constexpr bool has_infinity = l.has_infinity();
  static constexpr bool has_quiet_NaN = l.has_nan();
  static constexpr bool has_signaling_NaN = false;
  static constexpr std::float_denorm_style has_denorm = l.mantissa_bits > 0 ? std::denorm_present : std::denorm_absent;
  static constexpr bool has_denorm_loss = false;
  static constexpr std::float_round_style round_style = std::round_to_nearest;
  static constexpr bool is_iec559 = false;
  static constexpr bool is_bounded = true;
  static constexpr bool is_modulo = false;
  static constexpr int radix = 2;
  static constexpr int digits = l.mantissa_bits + 1;
  // floor((p-1) log10 2) and ceil(1 + p log10 2), C++ [numeric.limits.members]; log10 2 = 0.30103 to 5 places,
  // which decides both correctly for every p below 1000.
  static constexpr int digits10 = (digits - 1) * 30103 / 100000;
  static constexpr int max_digits10 = (digits * 30103 + 99999) / 100000 + 1;
  static constexpr int min_exponent = l.min_exponent() + 1;
  static constexpr int max_exponent = l.max_exponent() + 1;
  /// Least n such that 10^n is normal: ceil(log10(min)). Division truncates towards zero, which rounds a negative
  /// logarithm up; a positive one needs the rest added.
  static constexpr int min_exponent10 =
      l.min_exponent() <= 0 ? l.min_exponent() * 30103 / 100000 : (l.min_exponent() * 30103 + 99999) / 100000;
  /// Greatest n such that 10^n is finite in range.
  static constexpr int max_exponent10 = [] {
    int n = 0;
    double power = 10.0;
    double const greatest = static_cast<double>(std::bit_cast<float>(l.to_float_bits(l.max_code())));
    if (greatest < 1.0) {
      for (n = -1, power = 0.1; power > greatest; power /= 10.0) {
        --n;
      }
      return n;
    }
    for (; power <= greatest; power *= 10.0) {
      ++n;
    }
    return n;
  }();
  static constexpr bool traps = false;
  static constexpr bool tinyness_before = false;

  static constexpr F min() noexcept { return has_normals ? power(l.min_exponent()) : denorm_min(); }
  static constexpr F max() noexcept { return from_bits<F>(l.max_code()); }
  static constexpr F lowest() noexcept {
    return l.is_signed() ? from_bits<F>(l.sign_mask() | l.max_code()) : from_bits<F>(0);
  }
  static constexpr F epsilon() noexcept { return power(-l.mantissa_bits); }
  static constexpr F round_error() noexcept { return power(-1); }
  static constexpr F infinity() noexcept { return l.has_infinity() ? from_bits<F>(l.infinity_code()) : F{}; }
  static constexpr F quiet_NaN() noexcept { return l.has_nan() ? from_bits<F>(l.nan_code()) : F{}; }
  static constexpr F signaling_NaN() noexcept { return F{}; }
  static constexpr F denorm_min() noexcept { return l.has_zero() ? from_bits<F>(1) : from_bits<F>(0); }
};

/// std::numeric_limits of int_n and uint_n.
template <class F>
struct integer_limits {
 private:
  static constexpr integer_layout l = F::layout;
  static constexpr F number(std::int32_t value) noexcept { return from_bits<F>(static_cast<unsigned>(value)); }

 public:
  static constexpr bool is_specialized = true;
  static constexpr bool is_signed = l.is_signed();
  static constexpr bool is_integer = true;
  static constexpr bool is_exact = true;
  static constexpr bool has_infinity = false;
  static constexpr bool has_quiet_NaN = false;
  static constexpr bool has_signaling_NaN = false;
  static constexpr std::float_denorm_style has_denorm = std::denorm_absent;
  static constexpr bool has_denorm_loss = false;
  static constexpr std::float_round_style round_style = std::round_to_nearest;
  static constexpr bool is_iec559 = false;
  static constexpr bool is_bounded = true;
  static constexpr bool is_modulo = false;
  static constexpr int radix = 2;
  static constexpr int digits = l.is_signed() ? l.width - 1 : l.width;
  static constexpr int digits10 = digits * 30103 / 100000;
  static constexpr int max_digits10 = 0;
  static constexpr int min_exponent = 0;
  static constexpr int max_exponent = 0;
  static constexpr int min_exponent10 = 0;
  static constexpr int max_exponent10 = 0;
  static constexpr bool traps = false;
  static constexpr bool tinyness_before = false;

  static constexpr F min() noexcept { return number(l.min()); }
  static constexpr F max() noexcept { return number(l.max()); }
  static constexpr F lowest() noexcept { return number(l.min()); }
  static constexpr F epsilon() noexcept { return F{}; }
  static constexpr F round_error() noexcept { return F{}; }
  static constexpr F infinity() noexcept { return F{}; }
  static constexpr F quiet_NaN() noexcept { return F{}; }
  static constexpr F signaling_NaN() noexcept { return F{}; }
  static constexpr F denorm_min() noexcept { return F{}; }
};

/// std::numeric_limits of a codebook: what a table without a grid can say. There is no precision and no exponent range;
/// min() and denorm_min() are its smallest positive value.
template <class F>
struct codebook_limits {
 private:
  static constexpr F number(std::uint32_t code) noexcept { return from_bits<F>(code); }
  static constexpr auto none = F::order.none;
  static constexpr std::size_t first_positive() noexcept {
    std::size_t rank = 0;
    while (rank + 1 < F::order.size && order_key(F::order.values[rank]) <= 0) {
      ++rank;
    }
    return rank;
  }

 public:
  static constexpr bool is_specialized = true;
  static constexpr bool is_signed = order_key(F::order.values[0]) < 0;
  static constexpr bool is_integer = false;
  static constexpr bool is_exact = false;
  static constexpr bool has_infinity = F::order.infinity != none;
  static constexpr bool has_quiet_NaN = F::order.nan != none;
  static constexpr bool has_signaling_NaN = false;
  static constexpr std::float_denorm_style has_denorm = std::denorm_absent;
  static constexpr bool has_denorm_loss = false;
  static constexpr std::float_round_style round_style = std::round_to_nearest;
  static constexpr bool is_iec559 = false;
  static constexpr bool is_bounded = true;
  static constexpr bool is_modulo = false;
  static constexpr int radix = 2;
  static constexpr int digits = 0;
  static constexpr int digits10 = 0;
  static constexpr int max_digits10 = 9;  // its values are floats
  static constexpr int min_exponent = 0;
  static constexpr int max_exponent = 0;
  static constexpr int min_exponent10 = 0;
  static constexpr int max_exponent10 = 0;
  static constexpr bool traps = false;
  static constexpr bool tinyness_before = false;

  static constexpr F min() noexcept { return number(F::order.codes[first_positive()]); }
  static constexpr F max() noexcept { return number(F::order.codes[F::order.size - 1]); }
  static constexpr F lowest() noexcept { return number(F::order.codes[0]); }
  static constexpr F epsilon() noexcept { return number(0); }
  static constexpr F round_error() noexcept { return number(0); }
  static constexpr F infinity() noexcept { return number(has_infinity ? F::order.infinity : 0U); }
  static constexpr F quiet_NaN() noexcept { return number(has_quiet_NaN ? F::order.nan : 0U); }
  static constexpr F signaling_NaN() noexcept { return number(0); }
  static constexpr F denorm_min() noexcept { return min(); }
};

}  // namespace lowp::inline LOWP_ABI::detail
