// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/float_layout.hpp>

namespace lowp::inline LOWP_ABI {

/// What is true of a format, as plain data: the same struct at compile time (facts<F>) and at run time
/// (any_format::facts()). All values are exact.
struct format_facts {
  int bits;             ///< width of a code
  int digits;           ///< binary digits of precision, the hidden one included (numeric_limits::digits); 0: codebook
  float max;            ///< greatest finite value
  float lowest;         ///< least finite value
  float min_normal;     ///< smallest positive normal value; the smallest positive value of integers and codebooks
  float min_subnormal;  ///< smallest positive value
  float epsilon;        ///< 2^-M, the gap above 1 relative to 1; 0 for integers and codebooks
  int min_exponent;     ///< floor(log2 min_normal)
  int max_exponent;     ///< floor(log2 max)
  std::uint32_t code_mask;
  std::uint32_t sign_mask;      ///< 0 where there is no sign bit
  std::uint32_t max_code;       ///< code of max
  std::uint32_t nan_code;       ///< canonical NaN; meaningless unless has_nan
  std::uint32_t infinity_code;  ///< meaningless unless has_infinity
  int finite_count;             ///< codes with a finite value (both zeros count)
  int value_count;              ///< distinct finite values
  int nan_count;                ///< codes that are NaN
  bool is_signed;               ///< has negative values
  bool is_integer;
  bool has_nan;
  bool has_infinity;
  bool has_zero;
  bool has_negative_zero;

  friend constexpr bool operator==(format_facts const&, format_facts const&) = default;
};

constexpr format_facts facts_of(float_layout const& l) noexcept {
  auto const decoded = [&](std::uint32_t code) { return std::bit_cast<float>(l.to_float_bits(code)); };
  auto const codes = static_cast<int>(l.code_mask()) + 1;
  int const infinities = l.has_infinity() ? (l.is_signed() ? 2 : 1) : 0;
  int nans = 0;
  if (l.nan_is_negative_zero()) {
    nans = 1;
  } else if (l.has_nan()) {
    auto const first = l.has_infinity() ? l.infinity_code() + 1U : l.max_code() + 1U;
    nans = static_cast<int>(l.magnitude_mask() - first + 1U) * (l.is_signed() ? 2 : 1);
  }
  std::uint32_t const smallest = l.has_zero() ? 1U : 0U;
  std::uint32_t const first_normal = l.has_zero() ? std::uint32_t{1} << l.mantissa_bits : 0U;
  format_facts f{};
  f.bits = l.bits();
  f.digits = l.mantissa_bits + 1;
  f.max = decoded(l.max_code());
  f.lowest = l.is_signed() ? decoded(l.sign_mask() | l.max_code()) : decoded(0);
  f.min_normal = decoded(first_normal <= l.max_code() ? first_normal : smallest);
  f.min_subnormal = decoded(smallest);
  f.epsilon = detail::power_of_two(-l.mantissa_bits);
  f.min_exponent = first_normal <= l.max_code() ? l.min_exponent() : l.quantum_exponent();
  f.max_exponent = l.max_exponent();
  f.code_mask = l.code_mask();
  f.sign_mask = l.sign_mask();
  f.max_code = l.max_code();
  f.nan_code = l.has_nan() ? l.nan_code() : 0U;
  f.infinity_code = l.has_infinity() ? l.infinity_code() : 0U;
  f.nan_count = nans;
  f.finite_count = codes - nans - infinities;
  f.value_count = f.finite_count - (l.has_negative_zero() ? 1 : 0);
  f.is_signed = l.is_signed();
  f.is_integer = false;
  f.has_nan = l.has_nan();
  f.has_infinity = l.has_infinity();
  f.has_zero = l.has_zero();
  f.has_negative_zero = l.has_negative_zero();
  return f;
}

constexpr format_facts facts_of(integer_layout const& l) noexcept {
  format_facts f{};
  f.bits = l.bits();
  f.digits = l.is_signed() ? l.width - 1 : l.width;
  f.max = static_cast<float>(l.max());
  f.lowest = static_cast<float>(l.min());
  f.min_normal = 1.0F;
  f.min_subnormal = 1.0F;
  f.epsilon = 0.0F;
  f.min_exponent = 0;
  f.max_exponent = detail::floor_log2(static_cast<std::uint32_t>(l.max()));
  f.code_mask = l.code_mask();
  f.sign_mask = l.is_signed() ? std::uint32_t{1} << (l.width - 1) : 0U;
  f.max_code = static_cast<std::uint32_t>(l.max());
  f.finite_count = 1 << l.width;
  f.value_count = f.finite_count;
  f.is_signed = l.is_signed();
  f.is_integer = true;
  f.has_zero = true;
  return f;
}

/// Requires a table of 2^bits entries.
template <class Order>
constexpr format_facts facts_of_codebook(Order const& order, float const* table, int bits) noexcept {
  int const codes = 1 << bits;
  format_facts f{};
  f.bits = bits;
  f.max = order.values[order.size - 1];
  f.lowest = order.values[0];
  f.code_mask = detail::low_mask(bits);
  f.max_code = order.codes[order.size - 1];
  f.min_normal = 0.0F;  // stays 0 where nothing is positive
  for (std::size_t i = order.size; i-- > 0;) {
    if (!detail::is_negative(order.values[i]) && !detail::is_zero(order.values[i])) {
      f.min_normal = order.values[i];
    }
    f.has_zero = f.has_zero || detail::is_zero(order.values[i]);
  }
  f.min_subnormal = f.min_normal;
  auto const exponent = [](float x) {
    std::uint32_t const bits_of_x = detail::bits_of(detail::magnitude(x));
    return bits_of_x == 0             ? 0
           : (bits_of_x >> 23U) == 0U ? detail::floor_log2(bits_of_x) - 149
                                      : static_cast<int>(bits_of_x >> 23U) - detail::float_bias;
  };
  f.min_exponent = exponent(f.min_normal);
  f.max_exponent = exponent(f.max);
  for (int code = 0; code < codes; ++code) {
    f.nan_count += detail::is_nan(table[code]) ? 1 : 0;
    f.finite_count += detail::is_finite(table[code]) ? 1 : 0;
  }
  f.value_count = static_cast<int>(order.size);
  f.nan_code = order.nan != Order::none ? order.nan : 0U;
  f.infinity_code = order.infinity != Order::none ? order.infinity : 0U;
  f.is_signed = detail::order_key(f.lowest) < 0;
  f.has_nan = order.nan != Order::none;
  f.has_infinity = order.infinity != Order::none;
  f.has_negative_zero = order.negative_zero != Order::none;
  return f;
}

namespace detail {

template <class F>
constexpr format_facts facts_for() noexcept {
  if constexpr (CodebookFormat<F>) {
    return facts_of_codebook(F::order, F::table::values, F::bits);
  } else {
    return facts_of(F::layout);
  }
}

}  // namespace detail

/// The facts of a format as constants: `lowp::facts<lowp::e4m3fn>::max == 448`. Members as in format_facts.
template <Format F>
struct facts {
  static constexpr format_facts all = detail::facts_for<F>();
  static constexpr int bits = all.bits;
  static constexpr int digits = all.digits;
  static constexpr float max = all.max;
  static constexpr float lowest = all.lowest;
  static constexpr float min_normal = all.min_normal;
  static constexpr float min_subnormal = all.min_subnormal;
  static constexpr float epsilon = all.epsilon;
  static constexpr int min_exponent = all.min_exponent;
  static constexpr int max_exponent = all.max_exponent;
  static constexpr std::uint32_t code_mask = all.code_mask;
  static constexpr std::uint32_t sign_mask = all.sign_mask;
  static constexpr std::uint32_t max_code = all.max_code;
  static constexpr std::uint32_t nan_code = all.nan_code;
  static constexpr std::uint32_t infinity_code = all.infinity_code;
  static constexpr int finite_count = all.finite_count;
  static constexpr int value_count = all.value_count;
  static constexpr int nan_count = all.nan_count;
  static constexpr bool is_signed = all.is_signed;
  static constexpr bool is_integer = all.is_integer;
  static constexpr bool has_nan = all.has_nan;
  static constexpr bool has_infinity = all.has_infinity;
  static constexpr bool has_inf = all.has_infinity;
  static constexpr bool has_zero = all.has_zero;
  static constexpr bool has_negative_zero = all.has_negative_zero;
};

}  // namespace lowp::inline LOWP_ABI
