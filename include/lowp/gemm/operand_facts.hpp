// SPDX-License-Identifier: Apache-2.0
//
// What a matrix product must know of the numbers of an operand, as plain data, and what follows for a pair of them. Every
// choice of a path is made here and nowhere else.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/format/float_layout.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// The finite values of an operand are integer multiples of 2^quantum; `greatest` is the largest of these integers in
/// magnitude, 0 where it exceeds 2^62 (no exact sums then).
struct operand_facts {
  int bits = 32;
  int quantum = -149;
  std::uint64_t greatest = 0;
  bool all_finite = false;
  bool fits_bfloat16 = false;  ///< every value has at most 8 significant bits and is 0 or a normal bfloat16
  bool is_integer8 = false;    ///< all codes are finite and the integers lie in [-128, 127] or [0, 255]
  std::int32_t lowest = 0;     ///< least of the integers, where is_integer8
  bool is_difference = false;  ///< of two integers of at most 8 bits: code - zero point
  /// bfloat16 itself: its values may be too small for the products; a matrix that keeps within [2^-60, 2^60] may do.
  bool is_bfloat16 = false;

  friend constexpr bool operator==(operand_facts const&, operand_facts const&) = default;
};

/// binary32, for plain float matrices.
inline constexpr operand_facts binary32_facts{};

/// Facts of a format of more than 8 bits.
constexpr operand_facts operand_facts_of(float_layout const& layout) noexcept {
  operand_facts f;
  f.bits = layout.bits();
  f.quantum = layout.quantum_exponent();
  int const top = layout.max_exponent() + 1 - f.quantum;
  // max = (2^(M+1) - 1) * 2^(emax - M); 2^top bounds it, which costs a bit at most.
  f.greatest = top <= 62 ? std::uint64_t{1} << top : 0;
  f.is_bfloat16 = layout.mantissa_bits <= 7;
  return f;
}

/// Facts of a format of at most 8 bits with these values.
constexpr operand_facts operand_facts_of(int bits, float const* values) noexcept {
  std::uint32_t const codes = std::uint32_t{1} << bits;
  // value = odd * 2^low, the way to the quantum and to the digits that bfloat16 needs
  struct parts {
    std::uint32_t odd;
    int low;
  };
  auto const split = [](std::uint32_t magnitude) {
    std::uint32_t const field = magnitude >> 23U;
    std::uint32_t const significand = field == 0 ? magnitude : (magnitude & low_mask(23)) | 0x80'0000U;
    int const zeros = std::countr_zero(significand);
    return parts{significand >> zeros, (field == 0 ? 1 : static_cast<int>(field)) - 150 + zeros};
  };
  operand_facts f;
  f.bits = bits;
  f.all_finite = true;
  f.fits_bfloat16 = true;
  f.quantum = 127;
  for (std::uint32_t code = 0; code < codes; ++code) {
    std::uint32_t const magnitude = std::bit_cast<std::uint32_t>(values[code]) & ~float_sign;
    if (magnitude >= float_infinity) {
      f.all_finite = false;
    } else if (magnitude != 0) {
      parts const p = split(magnitude);
      f.quantum = p.low < f.quantum ? p.low : f.quantum;
      f.fits_bfloat16 = f.fits_bfloat16 && p.odd < 256 && (magnitude >> 23U) != 0;
    }
  }
  bool bounded = true;
  std::int64_t least = 0;
  std::int64_t most = 0;
  for (std::uint32_t code = 0; code < codes; ++code) {
    std::uint32_t const all = std::bit_cast<std::uint32_t>(values[code]);
    std::uint32_t const magnitude = all & ~float_sign;
    if (magnitude >= float_infinity || magnitude == 0) {
      continue;
    }
    parts const p = split(magnitude);
    if (floor_log2(p.odd) + p.low - f.quantum > 61) {
      bounded = false;
      continue;
    }
    auto const size = static_cast<std::int64_t>(std::uint64_t{p.odd} << (p.low - f.quantum));
    std::int64_t const value = (all & float_sign) != 0 ? -size : size;
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
  if (bounded) {
    f.greatest = static_cast<std::uint64_t>(most > -least ? most : -least);
    f.is_integer8 = f.all_finite && ((least >= -128 && most <= 127) || (least >= 0 && most <= 255));
    f.lowest = f.is_integer8 ? static_cast<std::int32_t>(least) : 0;
  }
  return f;
}

/// The value of each code of a format of at most 8 bits; codes beyond it repeat.
template <Format F>
inline constexpr auto values_by_code = [] {
  std::array<float, 256> values{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    values[i] = static_cast<float>(from_bits<F>(i & F::code_mask));
  }
  return values;
}();

template <Format F>
constexpr operand_facts operand_facts_of() noexcept {
  if constexpr (F::bits > 8) {
    return operand_facts_of(F::layout);
  } else {
    return operand_facts_of(F::bits, values_by_code<F>.data());
  }
}

template <Format F>
inline constexpr operand_facts facts_as_operand = operand_facts_of<F>();

/// code - zero point of an integer format: between -(max - lowest) and max - lowest.
constexpr operand_facts difference_facts_of(format_facts const& element) noexcept {
  auto const span = static_cast<std::int32_t>(element.max - element.lowest);
  operand_facts f;
  f.bits = element.bits + 1;
  f.quantum = 0;
  f.greatest = static_cast<std::uint64_t>(span);
  f.all_finite = true;
  f.fits_bfloat16 = true;  // at most 255: 8 digits
  f.is_difference = true;
  return f;
}

/// Both are integers of at most 8 bits, but for a power of two and a zero point: every policy means the exact sum.
constexpr bool is_integer_pair(operand_facts const& a, operand_facts const& w) noexcept {
  return a.is_integer8 && (w.is_integer8 || w.is_difference);
}

/// The longest segment whose sum of products is exact in 63 bits and a sign:
/// 1 + log2(max_a max_w / quantum) + ceil(log2 length) <= 63. 0 where not even one product is.
constexpr std::uint64_t longest_exact_segment(operand_facts const& a, operand_facts const& w) noexcept {
  if (a.greatest == 0 || w.greatest == 0 || a.quantum + w.quantum < -1000) {
    return 0;
  }
  constexpr std::uint64_t room = std::uint64_t{1} << 62U;
  std::uint64_t const fits = room / a.greatest / w.greatest;
  return fits == 0 ? 0 : std::bit_floor(fits);
}

/// Whether VDPBF16PS computes the definition: products exact, and no operand, sum or result subnormal, because all of
/// them are multiples of the product of the quanta.
constexpr bool bfloat16_computes(operand_facts const& a, operand_facts const& w) noexcept {
  return a.fits_bfloat16 && w.fits_bfloat16 && a.quantum + w.quantum >= -126;
}

/// The same for bfloat16 activations that were found to be 0 or in [2^-60, 2^60]: multiples of 2^-67.
constexpr bool bfloat16_computes_in_range(operand_facts const& a, operand_facts const& w) noexcept {
  return a.is_bfloat16 && w.fits_bfloat16 && w.quantum - 67 >= -126;
}

}  // namespace lowp::inline LOWP_ABI::detail
