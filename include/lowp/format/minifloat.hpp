// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <limits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/format/hash.hpp>
#include <lowp/format/limits.hpp>

namespace lowp::inline LOWP_ABI {

/// A binary floating-point number of 2 to 16 bits: E exponent bits, M mantissa bits, subnormals always.
///
/// Meaning   float_layout says what each code stands for. Default-initialised it is indeterminate like a float,
///           value-initialised (`minifloat<4, 3>{}`) it is code 0.
/// Requires  every finite value exact in float: the static_assert says what is wrong with the numbers otherwise.
/// Exact     conversion to float and double, comparisons (by value: -0 == 0, NaN is unordered).
/// Notes     From a float: lowp::cast. From a code: lowp::from_bits. There is no implicit conversion either way.
///           Trivial, standard-layout, structural (usable as a template argument); `code` is right-aligned.
template <int E, int M, int Bias = default_bias(E), specials Specials = specials::ieee,
          sign_bit Sign = sign_bit::present>
struct minifloat {
  static constexpr float_layout layout{E, M, Bias, Specials, Sign};

  static_assert(E >= 1 && M >= 0, "lowp::minifloat: at least one exponent bit, no negative number of mantissa bits");
  static_assert(layout.bits() >= 2 && layout.bits() <= 16, "lowp::minifloat: 2 to 16 bits in all");
  static_assert(!(Specials == specials::ieee && M == 0),
                "lowp::minifloat: IEEE-like specials need a mantissa bit, without one there is no NaN");
  static_assert(!(Specials == specials::fnuz && Sign == sign_bit::absent),
                "lowp::minifloat: fnuz puts its NaN on the code of -0 and needs a sign bit");
  static_assert(!(Specials == specials::exponent && (Sign == sign_bit::present || M != 0)),
                "lowp::minifloat: an exponent-only format has neither sign nor mantissa");
  static_assert(layout.bits() < 2 || layout.bits() > 16 || layout.defect() == nullptr,
                "lowp::minifloat: every finite value must be exact in float (exponent range too wide), and the "
                "special codes must leave a positive number");

  static constexpr int bits = layout.bits();
  static constexpr std::uint32_t code_mask = layout.code_mask();

  code_storage<layout.bits()> code;

  minifloat() = default;  // declared, so that this is no aggregate: minifloat{1} must not mean "code 1"

  explicit constexpr operator float() const noexcept { return std::bit_cast<float>(layout.to_float_bits(code)); }
  explicit constexpr operator double() const noexcept {
    // The widening conversion would quiet nothing here (NaNs are canonical) but under DAZ it would flush a subnormal
    // float, so the fields are rebuilt instead.
    return detail::widen(layout.to_float_bits(code));
  }

  friend constexpr bool operator==(minifloat a, minifloat b) noexcept {
    return !layout.is_nan(a.code) && !layout.is_nan(b.code) && layout.order_key(a.code) == layout.order_key(b.code);
  }
  friend constexpr std::partial_ordering operator<=>(minifloat a, minifloat b) noexcept {
    if (layout.is_nan(a.code) || layout.is_nan(b.code)) {
      return std::partial_ordering::unordered;
    }
    return layout.order_key(a.code) <=> layout.order_key(b.code);
  }
};

}  // namespace lowp::inline LOWP_ABI

template <int E, int M, int Bias, lowp::specials Specials, lowp::sign_bit Sign>
struct std::numeric_limits<lowp::minifloat<E, M, Bias, Specials, Sign>>
    : lowp::detail::minifloat_limits<lowp::minifloat<E, M, Bias, Specials, Sign>> {};

template <int E, int M, int Bias, lowp::specials Specials, lowp::sign_bit Sign>
struct std::hash<lowp::minifloat<E, M, Bias, Specials, Sign>>
    : lowp::detail::format_hash<lowp::minifloat<E, M, Bias, Specials, Sign>> {};
