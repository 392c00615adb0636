// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/format/float_layout.hpp>

namespace lowp::inline LOWP_ABI {

/// A two's complement or unsigned integer format as data.
struct integer_layout {
  int width;
  sign_bit sign;

  friend constexpr bool operator==(integer_layout const&, integer_layout const&) = default;

  constexpr bool is_signed() const noexcept { return sign == sign_bit::present; }
  constexpr int bits() const noexcept { return width; }
  constexpr std::uint32_t code_mask() const noexcept { return detail::low_mask(width); }
  constexpr std::int32_t max() const noexcept {
    return static_cast<std::int32_t>(detail::low_mask(is_signed() ? width - 1 : width));
  }
  constexpr std::int32_t min() const noexcept { return is_signed() ? -max() - 1 : 0; }
  /// The integer that `code` (right-aligned; bits above are ignored) means.
  constexpr std::int32_t value(std::uint32_t code) const noexcept {
    auto const raw = static_cast<std::int32_t>(code & code_mask());
    return is_signed() && raw > max() ? raw - (std::int32_t{1} << width) : raw;
  }
};

/// Storage of a code: the smallest unsigned type that holds it.
template <int Bits>
using code_storage = std::conditional_t<Bits <= 8, std::uint8_t, std::uint16_t>;

/// Binary floating point: F::layout is a float_layout, F's one member is its code.
template <class F>
concept MinifloatFormat = std::is_trivial_v<F> && requires {
  { F::layout } -> std::same_as<float_layout const&>;
  requires std::unsigned_integral<decltype(F::code)>;
};

/// Integers: F::layout is an integer_layout.
template <class F>
concept IntegerFormat = std::is_trivial_v<F> && requires {
  { F::layout } -> std::same_as<integer_layout const&>;
  requires std::unsigned_integral<decltype(F::code)>;
};

/// A table of values: F::table::values[code] is a float.
template <class F>
concept CodebookFormat = std::is_trivial_v<F> && requires {
  { F::table::values[0] } -> std::convertible_to<float>;
  requires std::unsigned_integral<decltype(F::code)>;
};

/// Anything lowp can decode, cast to, quantize to and pack.
template <class F>
concept Format = MinifloatFormat<F> || IntegerFormat<F> || CodebookFormat<F>;

/// The raw code, right-aligned.
template <Format F>
constexpr unsigned to_bits(F x) noexcept {
  return x.code & F::code_mask;
}

/// The number with that raw code. Bits above the format's width are ignored.
template <Format F>
constexpr F from_bits(unsigned code) noexcept {
  F x{};
  x.code = static_cast<decltype(x.code)>(code & F::code_mask);
  return x;
}

}  // namespace lowp::inline LOWP_ABI
