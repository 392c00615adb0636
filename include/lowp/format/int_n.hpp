// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/hash.hpp>
#include <lowp/format/limits.hpp>

namespace lowp::inline LOWP_ABI {

/// An integer of at most 8 bits, one in a byte (two of 4 bits in a byte: packed_span).
///
/// Meaning   `code` is the two's complement or unsigned pattern, right-aligned. Bits above the width are ignored on
///           reading, so a sign-extended int4 (as ml_dtypes stores it) reads right, and are zero on writing.
/// Notes     From a float: lowp::cast (rounds, saturates). From a code: lowp::from_bits. Trivial, standard-layout,
///           structural. Converts explicitly to int, float and double, exactly.
template <int Bits, sign_bit Sign>
struct integer {
  static_assert(Bits <= 8 && Bits >= (Sign == sign_bit::present ? 2 : 1), "lowp: int_n has 2 to 8 bits, uint_n 1 to 8");

  static constexpr integer_layout layout{Bits, Sign};
  static constexpr int bits = Bits;
  static constexpr std::uint32_t code_mask = detail::low_mask(Bits);

  std::uint8_t code;

  integer() = default;  // declared, so that this is no aggregate: int_n<4>{1} must not mean "code 1"

  explicit constexpr operator float() const noexcept { return static_cast<float>(layout.value(code)); }
  explicit constexpr operator double() const noexcept { return static_cast<double>(layout.value(code)); }
  explicit constexpr operator int() const noexcept { return layout.value(code); }

  friend constexpr bool operator==(integer a, integer b) noexcept {
    return layout.value(a.code) == layout.value(b.code);
  }
  friend constexpr std::strong_ordering operator<=>(integer a, integer b) noexcept {
    return layout.value(a.code) <=> layout.value(b.code);
  }
};

/// Two's complement, -2^(Bits-1) .. 2^(Bits-1)-1; 2 to 8 bits.
template <int Bits>
using int_n = integer<Bits, sign_bit::present>;

/// 0 .. 2^Bits-1; 1 to 8 bits.
template <int Bits>
using uint_n = integer<Bits, sign_bit::absent>;

}  // namespace lowp::inline LOWP_ABI

template <int Bits, lowp::sign_bit Sign>
struct std::numeric_limits<lowp::integer<Bits, Sign>> : lowp::detail::integer_limits<lowp::integer<Bits, Sign>> {};

template <int Bits, lowp::sign_bit Sign>
struct std::hash<lowp::integer<Bits, Sign>> : lowp::detail::format_hash<lowp::integer<Bits, Sign>> {};
