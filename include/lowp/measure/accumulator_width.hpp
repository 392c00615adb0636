// SPDX-License-Identifier: Apache-2.0
//
// How wide an integer accumulator must be for a dot product to be exact.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/float_layout.hpp>

namespace lowp::inline LOWP_ABI {

/// What an exact accumulator has to know of an operand format. NaN and infinities are left out: no integer holds them.
///
/// Meaning  every finite value is a multiple of 2^quantum; the largest positive and the largest negative one are
///          positive * 2^positive_exponent and -(negative * 2^negative_exponent), where 0 means that there is none.
struct accumulator_operand {
  enum class kind : std::uint8_t { integer, minifloat, table };

  kind what = kind::integer;
  int formula_width = 0;  ///< integer: its bits; minifloat: 2^E + M (see accumulator_width); table: 0
  bool is_signed = true;
  int quantum = 0;
  std::uint32_t positive = 0;
  int positive_exponent = 0;
  std::uint32_t negative = 0;
  int negative_exponent = 0;

  static constexpr accumulator_operand of(float_layout const& f) noexcept {
    accumulator_operand a;
    a.what = kind::minifloat;
    a.formula_width = (1 << f.exponent_bits) + f.mantissa_bits;
    a.is_signed = f.is_signed();
    a.quantum = f.special == specials::exponent ? -f.bias : f.quantum_exponent();
    a.positive = f.significand_of(f.max_code());
    a.positive_exponent = f.exponent_of(f.max_code());
    if (f.is_signed()) {
      a.negative = a.positive;
      a.negative_exponent = a.positive_exponent;
    }
    return a;
  }

  static constexpr accumulator_operand of(integer_layout const& f) noexcept {
    accumulator_operand a;
    a.formula_width = f.width;
    a.is_signed = f.is_signed();
    a.positive = static_cast<std::uint32_t>(f.max());
    a.negative = static_cast<std::uint32_t>(-f.min());
    return a;
  }

  /// A format given by the values of its codes. The quantum is the largest power of two that divides them all.
  static constexpr accumulator_operand of(float const* values, std::size_t count) noexcept {
    accumulator_operand a;
    a.what = kind::table;
    std::uint32_t greatest[2] = {};  // magnitudes of the extreme values, as float bits: +, -
    bool first = true;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t const bits = detail::bits_of(values[i]);
      std::uint32_t const magnitude = bits & ~detail::float_sign;
      if (magnitude == 0 || magnitude >= detail::float_infinity) {
        continue;
      }
      std::uint32_t& extreme = greatest[magnitude == bits ? 0 : 1];
      extreme = magnitude > extreme ? magnitude : extreme;
      auto const [significand, exponent] = odd_part(magnitude);
      a.quantum = first || exponent < a.quantum ? exponent : a.quantum;
      first = false;
    }
    if (greatest[0] != 0) {
      a.positive = odd_part(greatest[0]).significand;
      a.positive_exponent = odd_part(greatest[0]).exponent;
    }
    a.is_signed = greatest[1] != 0;
    if (a.is_signed) {
      a.negative = odd_part(greatest[1]).significand;
      a.negative_exponent = odd_part(greatest[1]).exponent;
    }
    return a;
  }

  /// A format known at run time: any_format.
  template <class RunTimeFormat>
    requires requires(RunTimeFormat const& f) {
      of(f.layout());
      of(f.integer());
      of(f.values().data(), f.values().size());
    }
  static constexpr accumulator_operand of(RunTimeFormat const& f) noexcept {
    return f.is_minifloat() ? of(f.layout())
           : f.is_integer() ? of(f.integer())
                            : of(f.values().data(), f.values().size());
  }

  template <Format F>
  static constexpr accumulator_operand of() noexcept {
    if constexpr (CodebookFormat<F>) {
      return of(F::table::values, F::size);
    } else {
      return of(F::layout);
    }
  }

 private:
  struct scaled {
    std::uint32_t significand;
    int exponent;
  };
  /// The value of a positive finite float as an odd integer times a power of two.
  static constexpr scaled odd_part(std::uint32_t magnitude) noexcept {
    std::uint32_t const field = magnitude >> detail::float_mantissa_bits;
    std::uint32_t const hidden = field != 0 ? std::uint32_t{1} << detail::float_mantissa_bits : 0U;
    std::uint32_t const significand = (magnitude & detail::low_mask(detail::float_mantissa_bits)) | hidden;
    int const exponent = (field != 0 ? static_cast<int>(field) : 1) - detail::float_bias - detail::float_mantissa_bits;
    int const zeros = std::countr_zero(significand);
    return {significand >> zeros, exponent + zeros};
  }
};

/// Bits of a two's complement accumulator, the sign included.
struct accumulator_bits {
  int bound;  ///< by the published formulas
  int tight;  ///< the fewest that hold every sum

  friend constexpr bool operator==(accumulator_bits const&, accumulator_bits const&) = default;
};

namespace detail {

/// Bits of p * n; p and n below 2^64.
constexpr int product_width(std::uint64_t p, std::uint64_t n) noexcept {
  if (p == 0 || n == 0) {
    return 0;
  }
  // Schoolbook in halves: p * n = high * 2^64 + low.
  std::uint64_t const p0 = p & 0xffff'ffffU;
  std::uint64_t const p1 = p >> 32U;
  std::uint64_t const n0 = n & 0xffff'ffffU;
  std::uint64_t const n1 = n >> 32U;
  std::uint64_t const middle = p1 * n0 + (p0 * n0 >> 32U);  // below 2^64: (2^32 - 1)^2 + 2^32 - 1
  std::uint64_t const carry = p0 * n1 + (middle & 0xffff'ffffU);
  std::uint64_t const high = p1 * n1 + (middle >> 32U) + (carry >> 32U);
  return high != 0 ? 64 + floor_log2(high) + 1 : floor_log2(p * n) + 1;
}

/// One end of a sum of n products, n * a * b * 2^exponent in units of the quantum.
struct accumulator_end {
  std::uint64_t significand = 0;
  int exponent = 0;

  static constexpr accumulator_end of(std::uint32_t a, int a_exponent, std::uint32_t b, int b_exponent) noexcept {
    return {std::uint64_t{a} * b, a_exponent + b_exponent};
  }
  /// Bits of n times this magnitude.
  constexpr int width(std::uint64_t n) const noexcept {
    int const bits = product_width(significand, n);
    return bits == 0 ? 0 : bits + exponent;
  }
  /// Whether n times this magnitude is a power of two: two's complement reaches -2^w with w + 1 bits.
  constexpr bool is_power_of_two(std::uint64_t n) const noexcept {
    return std::has_single_bit(significand) && std::has_single_bit(n);
  }
};

}  // namespace detail

/// How wide a two's complement accumulator must be to hold every dot product of n elements of a with n of b exactly, and
/// every partial sum of it, in units of the product of the two smallest steps.
///
/// Meaning  tight: the fewest bits that hold n * the most positive and n * the most negative product.
///          bound, with w = the bits of an integer or 2^E + M of a minifloat (its fixed-point width, sign included, as if
///          no code were special):
///            integer x integer      w_a + w_b + ceil(log2 n) + 1
///            minifloat x minifloat  w_a + w_b + ceil(log2 n) - 1
///            integer x minifloat    w_a + w_b + ceil(log2 n) - 1, of an unsigned integer one more
///          A table of values has no formula: bound is tight. bound >= tight always.
/// Requires n >= 1 (n = 0 is taken for 1).
/// Exact    integer only, for every n below 2^64.
/// Source   Aggarwal et al., "Shedding the Bits", arXiv 2311.12359 v3: the first two formulas. Ours: unsigned formats,
///          tables, and integer x minifloat: |integer| <= 2^(w_a - 1) and |minifloat| < 2^(w_b - 1) quanta, so that a
///          product stays below 2^(w_a + w_b - 2).
constexpr accumulator_bits accumulator_width(accumulator_operand const& a, accumulator_operand const& b,
                                             std::uint64_t n) noexcept {
  using kind = accumulator_operand::kind;
  std::uint64_t const count = n == 0 ? 1 : n;
  // 1. The four candidates for the extreme products, in units of 2^(quantum_a + quantum_b).
  int const a_plus = a.positive_exponent - a.quantum;
  int const a_minus = a.negative_exponent - a.quantum;
  int const b_plus = b.positive_exponent - b.quantum;
  int const b_minus = b.negative_exponent - b.quantum;
  using end = detail::accumulator_end;
  end const upper[2] = {end::of(a.positive, a_plus, b.positive, b_plus),
                        end::of(a.negative, a_minus, b.negative, b_minus)};
  end const lower[2] = {end::of(a.positive, a_plus, b.negative, b_minus),
                        end::of(a.negative, a_minus, b.positive, b_plus)};
  // 2. [-2^(w-1), 2^(w-1)) holds them: one bit for the sign, none of it for a negative power of two.
  int tight = 1;
  for (end const& e : upper) {
    int const bits = e.width(count) + 1;
    tight = bits > tight ? bits : tight;
  }
  for (end const& e : lower) {
    int const bits = e.width(count) + (e.is_power_of_two(count) ? 0 : 1);
    tight = bits > tight ? bits : tight;
  }
  // 3. The formulas.
  if (a.what == kind::table || b.what == kind::table) {
    return {tight, tight};
  }
  auto const log_count = static_cast<int>(std::bit_width(count - 1));  // ceil(log2 n)
  int const width = a.formula_width + b.formula_width + log_count;
  if (a.what == b.what) {
    return {width + (a.what == kind::integer ? 1 : -1), tight};
  }
  accumulator_operand const& integer = a.what == kind::integer ? a : b;
  return {width + (integer.is_signed ? -1 : 0), tight};
}

/// The same for two formats: `lowp::accumulator_width<lowp::int4, lowp::e4m3fn>(128).tight == 29`.
template <Format A, Format B>
constexpr accumulator_bits accumulator_width(std::uint64_t n) noexcept {
  return accumulator_width(accumulator_operand::of<A>(), accumulator_operand::of<B>(), n);
}

}  // namespace lowp::inline LOWP_ABI
