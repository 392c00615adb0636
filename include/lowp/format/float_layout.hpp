// SPDX-License-Identifier: Apache-2.0
//
// A binary floating-point format as data. Everything else (masks, limits, decode, encode, text) is derived from these
// five numbers, by the same functions at compile time (minifloat<...>) and at run time (any_format).
#pragma once

#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI {

/// Which codes of a format are not ordinary numbers.
///
///                   infinity            NaN                         -0     example
///   ieee            top exponent, 0     top exponent, not 0         yes    E5M2 (OCP OFP8 1.0), binary16
///   fn              none                all ones below the sign     yes    E4M3 (OCP OFP8 1.0), UE4M3
///   fnuz            none                the code that would be -0   no     E4M3FNUZ
///   finite          none                none                        yes    E2M1, E3M2 (OCP MX 1.0)
///   exponent        none                all ones; no zero either    no     E8M0 (OCP MX 1.0); unsigned, M = 0
///   p3109_extended  just below NaN      (see below)                 no     binary8p3se (IEEE P3109 v4.0)
///   p3109_finite    none                (see below)                 no     binary8p3sf (IEEE P3109 v4.0)
///
/// P3109 has one NaN: the code that would be -0 where there is a sign, all ones where there is none.
enum class specials : std::uint8_t { ieee, fn, fnuz, finite, exponent, p3109_extended, p3109_finite };

enum class sign_bit : std::uint8_t { present, absent };

/// A layout of `S EEEE MMM`, the sign at the top where there is one.
///
/// A code's magnitude c (the code without its sign) has the value
///   c >> M == 0  ->  c * 2^(1 - bias - M)                              zero and the subnormals
///   else         ->  (2^M + (c & (2^M-1))) * 2^((c >> M) - bias - M)
/// (specials::exponent: 2^(c - bias) for every c) unless `special` claims the code.
struct float_layout {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  specials special;
  sign_bit sign;

  friend constexpr bool operator==(float_layout const&, float_layout const&) = default;

  constexpr bool is_signed() const noexcept { return sign == sign_bit::present; }
  constexpr bool is_p3109() const noexcept {
    return special == specials::p3109_extended || special == specials::p3109_finite;
  }
  constexpr int magnitude_bits() const noexcept { return exponent_bits + mantissa_bits; }
  constexpr int bits() const noexcept { return magnitude_bits() + (is_signed() ? 1 : 0); }
  constexpr std::uint32_t code_mask() const noexcept { return detail::low_mask(bits()); }
  constexpr std::uint32_t magnitude_mask() const noexcept { return detail::low_mask(magnitude_bits()); }
  constexpr std::uint32_t mantissa_mask() const noexcept { return detail::low_mask(mantissa_bits); }
  constexpr std::uint32_t sign_mask() const noexcept { return code_mask() & ~magnitude_mask(); }

  constexpr bool has_zero() const noexcept { return special != specials::exponent; }
  constexpr bool has_negative_zero() const noexcept {
    return is_signed() && (special == specials::ieee || special == specials::fn || special == specials::finite);
  }
  constexpr bool has_infinity() const noexcept {
    return special == specials::ieee || special == specials::p3109_extended;
  }
  constexpr bool has_nan() const noexcept { return special != specials::finite; }
  /// Where the NaN sits on the code that would be -0.
  constexpr bool nan_is_negative_zero() const noexcept {
    return special == specials::fnuz || (is_p3109() && is_signed());
  }

  /// Exponent of the last place of zero, the subnormals and the first binade.
  constexpr int quantum_exponent() const noexcept { return 1 - bias - mantissa_bits; }
  /// Exponent of the smallest normal value.
  constexpr int min_exponent() const noexcept { return special == specials::exponent ? -bias : 1 - bias; }
  /// Exponent of the greatest finite value.
  constexpr int max_exponent() const noexcept {
    return static_cast<int>(max_code() >> mantissa_bits) == 0 ? detail::floor_log2(max_code()) + quantum_exponent()
                                                              : static_cast<int>(max_code() >> mantissa_bits) - bias;
  }

  /// Magnitude of the greatest finite value: as many codes are special at the top of the magnitudes as the kind says.
  constexpr std::uint32_t max_code() const noexcept {
    std::uint32_t const top = magnitude_mask();
    switch (special) {
      case specials::ieee:
        return (detail::low_mask(exponent_bits) << mantissa_bits) - 1U;
      case specials::fn:
      case specials::exponent:
        return top - 1U;
      case specials::fnuz:
      case specials::finite:
        return top;
      case specials::p3109_extended:
        return is_signed() ? top - 1U : top - 2U;
      case specials::p3109_finite:
        return is_signed() ? top : top - 1U;
    }
    return top;
  }
  /// Magnitude code of infinity; requires has_infinity().
  constexpr std::uint32_t infinity_code() const noexcept { return max_code() + 1U; }
  /// The canonical NaN: positive, quiet (top mantissa bit) where there is a choice. Requires has_nan().
  constexpr std::uint32_t nan_code() const noexcept {
    if (nan_is_negative_zero()) {
      return sign_mask();
    }
    if (special == specials::ieee) {
      return infinity_code() | (std::uint32_t{1} << (mantissa_bits - 1));
    }
    return magnitude_mask();
  }

  /// Whether `code` (right-aligned; bits above are ignored) is a NaN.
  constexpr bool is_nan(std::uint32_t code) const noexcept {
    if (!has_nan()) {
      return false;
    }
    if (nan_is_negative_zero()) {
      return (code & code_mask()) == sign_mask();
    }
    std::uint32_t const magnitude = code & magnitude_mask();
    return special == specials::ieee ? magnitude > infinity_code() : magnitude == magnitude_mask();
  }
  constexpr bool is_infinity(std::uint32_t code) const noexcept {
    return has_infinity() && !is_nan(code) && (code & magnitude_mask()) == infinity_code();
  }
  constexpr bool is_finite(std::uint32_t code) const noexcept { return !is_nan(code) && !is_infinity(code); }
  constexpr bool is_negative(std::uint32_t code) const noexcept { return (code & sign_mask()) != 0; }

  /// Integer significand of a finite magnitude; its value is significand * 2^exponent_of(magnitude).
  constexpr std::uint32_t significand_of(std::uint32_t magnitude) const noexcept {
    bool const subnormal = has_zero() && (magnitude >> mantissa_bits) == 0;
    std::uint32_t const implicit = subnormal ? 0U : std::uint32_t{1} << mantissa_bits;
    return implicit | (magnitude & mantissa_mask());
  }
  constexpr int exponent_of(std::uint32_t magnitude) const noexcept {
    int const field = static_cast<int>(magnitude >> mantissa_bits);
    return (has_zero() && field == 0 ? 1 : field) - bias - mantissa_bits;
  }

  /// Bits of the float that `code` means; 0x7fc00000 for a NaN. Integer only, exact.
  constexpr std::uint32_t to_float_bits(std::uint32_t code) const noexcept {
    if (is_nan(code)) {
      return detail::float_quiet_nan;
    }
    bool const negative = is_negative(code);
    std::uint32_t const magnitude = code & magnitude_mask();
    if (is_infinity(code)) {
      return detail::float_infinity | (negative ? detail::float_sign : 0U);
    }
    return detail::compose_float_bits(negative, significand_of(magnitude), exponent_of(magnitude));
  }

  /// Position of a number among all numbers of the format: -infinity first, both zeros 0. Requires !is_nan(code).
  constexpr std::int32_t order_key(std::uint32_t code) const noexcept {
    auto const magnitude = static_cast<std::int32_t>(code & magnitude_mask());
    return is_negative(code) ? -magnitude : magnitude;
  }

  /// Why these numbers do not describe a format lowp can hold; nullptr if they do.
  constexpr char const* defect() const noexcept {
    if (exponent_bits < 1 || mantissa_bits < 0) {
      return "a minifloat needs at least one exponent bit and no negative number of mantissa bits";
    }
    if (bits() < 2 || bits() > 16) {
      return "a minifloat has 2 to 16 bits";
    }
    if (special == specials::ieee && mantissa_bits == 0) {
      return "IEEE-like specials need a mantissa bit: without one there is no NaN";
    }
    if (special == specials::fnuz && !is_signed()) {
      return "fnuz puts its NaN on the code of -0 and needs a sign bit";
    }
    if (special == specials::exponent && (is_signed() || mantissa_bits != 0)) {
      return "an exponent-only format has neither sign nor mantissa";
    }
    if (special != specials::exponent && (max_code() == 0 || max_code() > magnitude_mask())) {
      return "the special codes leave no positive number";
    }
    // Exact in binary32: last place not below 2^-149, greatest value below 2^128. (Significands are at most 16 bits.)
    int const lowest_place = special == specials::exponent ? -bias : quantum_exponent();
    if (lowest_place < -149 || max_exponent() > 127) {
      return "every finite value must be exact in float: the exponent range of this format is too wide";
    }
    return nullptr;
  }
};

/// The bias of IEEE 754 for an exponent field of that width: 2^(E-1) - 1, hence 0 for one exponent bit.
constexpr int default_bias(int exponent_bits) noexcept { return (1 << (exponent_bits - 1)) - 1; }

}  // namespace lowp::inline LOWP_ABI
