// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// A signed fixed-point number wide enough for every float and for comparing doubles with floats: multiples of 2^-192
/// below 2^190, two's complement in six limbs, least significant first. What lies below 2^-192 survives as one bit at
/// the bottom (a double there differs from every float and from every midpoint of two floats, 2^-150 at the least).
struct wide_fixed {
  static constexpr int limbs = 6;
  static constexpr int point = 192;
  std::uint64_t limb[limbs] = {};

  static constexpr wide_fixed from(exact const& x) noexcept {
    wide_fixed w;
    if (x.what != exact::kind::finite) {
      return w;
    }
    // Beyond every float: any value above 2^128 compares alike.
    int const exponent = x.exponent > 180 ? 180 : x.exponent;
    int const low = exponent - 63 + point;  // bit position of significand's bit 0
    if (low <= -64) {
      w.limb[0] = 1;
    } else if (low < 0) {
      w.limb[0] = (x.significand >> -low) | ((x.significand << (64 + low)) != 0 || x.sticky ? 1U : 0U);
    } else {
      int const index = low / 64;
      int const shift = low % 64;
      w.limb[index] = x.significand << shift;
      if (shift != 0 && index + 1 < limbs) {
        w.limb[index + 1] = x.significand >> (64 - shift);
      }
      w.limb[0] |= x.sticky ? 1U : 0U;
    }
    return x.negative ? w.negated() : w;
  }
  static constexpr wide_fixed from(float x) noexcept { return from(exact::from(x)); }

  constexpr wide_fixed negated() const noexcept {
    wide_fixed w;
    std::uint64_t carry = 1;
    for (int i = 0; i < limbs; ++i) {
      w.limb[i] = ~limb[i] + carry;
      carry = carry != 0 && w.limb[i] == 0 ? 1U : 0U;
    }
    return w;
  }
  friend constexpr wide_fixed operator-(wide_fixed const& a, wide_fixed const& b) noexcept {
    wide_fixed w;
    std::uint64_t borrow = 0;
    for (int i = 0; i < limbs; ++i) {
      std::uint64_t const partial = a.limb[i] - b.limb[i];
      w.limb[i] = partial - borrow;
      borrow = a.limb[i] < b.limb[i] || partial < borrow ? 1U : 0U;
    }
    return w;
  }
  constexpr wide_fixed doubled() const noexcept {
    wide_fixed w;
    std::uint64_t carry = 0;
    for (int i = 0; i < limbs; ++i) {
      w.limb[i] = (limb[i] << 1U) | carry;
      carry = limb[i] >> 63U;
    }
    return w;
  }
  constexpr bool is_negative() const noexcept { return (limb[limbs - 1] >> 63U) != 0; }
  constexpr bool is_zero() const noexcept {
    std::uint64_t all = 0;
    for (std::uint64_t const part : limb) {
      all |= part;
    }
    return all == 0;
  }

  friend constexpr bool operator==(wide_fixed const&, wide_fixed const&) = default;
  friend constexpr std::strong_ordering operator<=>(wide_fixed const& a, wide_fixed const& b) noexcept {
    constexpr std::uint64_t flip = std::uint64_t{1} << 63U;  // orders the signed top limb as an unsigned one
    for (int i = limbs - 1; i >= 0; --i) {
      std::uint64_t const x = a.limb[i] ^ (i == limbs - 1 ? flip : 0U);
      std::uint64_t const y = b.limb[i] ^ (i == limbs - 1 ? flip : 0U);
      if (x != y) {
        return x <=> y;
      }
    }
    return std::strong_ordering::equal;
  }
};

struct gap_position {
  std::uint64_t fraction;
  bool sticky;
};

/// (x - from) / (to - from) as 64 bits of fraction and a sticky bit. Requires x strictly between the two.
constexpr gap_position gap_fraction(wide_fixed const& x, wide_fixed const& from, wide_fixed const& to) noexcept {
  bool const downward = to < from;
  wide_fixed rest = downward ? from - x : x - from;
  wide_fixed const gap = downward ? from - to : to - from;
  std::uint64_t fraction = 0;
  for (int i = 0; i < 64; ++i) {  // long division, one bit a step
    rest = rest.doubled();
    fraction <<= 1U;
    if (!(rest < gap)) {
      rest = rest - gap;
      fraction |= 1U;
    }
  }
  return {fraction, !rest.is_zero()};
}

}  // namespace lowp::inline LOWP_ABI::detail
