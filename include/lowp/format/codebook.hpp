// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/hash.hpp>
#include <lowp/format/limits.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// A table of at most Capacity values with what encoding needs: its distinct finite values in ascending order.
///
/// -0 and 0 are one value here; `codes` holds the smallest code of each value (of a zero: the smallest code of +0 if
/// there is one).
template <std::size_t Capacity>
struct codebook_order {
  static constexpr std::uint32_t none = 0xffff'ffffU;

  float values[Capacity] = {};
  std::uint16_t codes[Capacity] = {};
  std::size_t size = 0;                    // distinct finite values
  std::uint32_t negative_zero = none;      // smallest code of -0
  std::uint32_t nan = none;                // smallest code of a NaN
  std::uint32_t infinity = none;           // smallest code of +infinity
  std::uint32_t negative_infinity = none;  // smallest code of -infinity

  /// Requires count <= Capacity.
  constexpr codebook_order(float const* table, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      float const x = table[i];
      auto const code = static_cast<std::uint32_t>(i);
      if (is_nan(x)) {
        keep_first(nan, code);
      } else if (is_infinity(x)) {
        keep_first(is_negative(x) ? negative_infinity : infinity, code);
      } else {
        insert(x, code);
      }
    }
  }

 private:
  static constexpr void keep_first(std::uint32_t& slot, std::uint32_t code) noexcept {
    slot = slot == none ? code : slot;
  }

  constexpr void insert(float x, std::uint32_t code) noexcept {
    bool const zero = is_zero(x);
    if (zero && is_negative(x)) {
      keep_first(negative_zero, code);
    }
    std::size_t at = 0;
    while (at < size && order_key(values[at]) < order_key(x)) {
      ++at;
    }
    if (at < size && order_key(values[at]) == order_key(x)) {
      if (zero && !is_negative(x) && is_negative(values[at])) {
        values[at] = x;
        codes[at] = static_cast<std::uint16_t>(code);
      }
      return;
    }
    for (std::size_t i = size; i > at; --i) {
      values[i] = values[i - 1];
      codes[i] = codes[i - 1];
    }
    values[at] = x;
    codes[at] = static_cast<std::uint16_t>(code);
    ++size;
  }
};

template <class Table>
inline constexpr std::size_t table_size = std::extent_v<std::remove_reference_t<decltype(Table::values)>>;

}  // namespace detail

/// A number given by a table: the escape hatch for every format that no formula describes.
///
/// Meaning   Table::values is a static constexpr float[2^n], n from 1 to 8: the value of each code, in any order. NaN
///           and infinite entries are allowed anywhere. Casts go to the nearest value; a tie goes to the value of even
///           rank among the distinct finite values in ascending order.
/// Example   struct my_table { static constexpr float values[] = {-1.0F, -0.25F, 0.25F, 1.0F}; };
///           using my2 = lowp::codebook<my_table>;
template <class Table>
struct codebook {
  using table = Table;
  static constexpr std::size_t size = detail::table_size<Table>;
  static_assert(std::has_single_bit(size) && size >= 2 && size <= 256,
                "lowp::codebook: Table::values has 2, 4, 8, ... or 256 entries");
  static constexpr int bits = std::bit_width(size) - 1;
  static constexpr std::uint32_t code_mask = detail::low_mask(bits);
  static constexpr detail::codebook_order<size> order{Table::values, size};
  static_assert(order.size > 0, "lowp::codebook: Table::values needs a finite value");

  std::uint8_t code;

  codebook() = default;

  explicit constexpr operator float() const noexcept {
    float const x = Table::values[code & code_mask];
    return detail::is_nan(x) ? std::bit_cast<float>(detail::float_quiet_nan) : x;
  }
  explicit constexpr operator double() const noexcept {
    return detail::widen(detail::bits_of(static_cast<float>(*this)));
  }

  friend constexpr bool operator==(codebook a, codebook b) noexcept { return (a <=> b) == 0; }
  friend constexpr std::partial_ordering operator<=>(codebook a, codebook b) noexcept {
    auto const x = static_cast<float>(a);
    auto const y = static_cast<float>(b);
    if (detail::is_nan(x) || detail::is_nan(y)) {
      return std::partial_ordering::unordered;
    }
    return detail::order_key(x) <=> detail::order_key(y);
  }
};

/// NF4: quantiles of the normal distribution (QLoRA, arXiv 2305.14314, appendix E; the table bitsandbytes ships).
struct nf4_table {
  static constexpr float values[16] = {-1.0F,
                                       -0.6961928009986877F,
                                       -0.5250730514526367F,
                                       -0.39491748809814453F,
                                       -0.28444138169288635F,
                                       -0.18477343022823334F,
                                       -0.09105003625154495F,
                                       0.0F,
                                       0.07958029955625534F,
                                       0.16093020141124725F,
                                       0.24611230194568634F,
                                       0.33791524171829224F,
                                       0.44070982933044434F,
                                       0.5626170039176941F,
                                       0.7229568362236023F,
                                       1.0F};
};

/// AF4 for blocks of 64: abnormal floats (arXiv 2306.06965, table of the 64 block size), in ascending order.
/// bitsandbytes stores the same values in descending order.
struct af4_table {
  static constexpr float values[16] = {
      -1.0F,       -0.69441008F, -0.51243739F, -0.3736951F, -0.25607552F, -0.14982478F, -0.04934812F, 0.0F,
      0.04273164F, 0.12934483F,  0.21961274F,  0.31675666F, 0.42563882F,  0.55496234F,  0.72424863F,  1.0F};
};

/// bitsandbytes' FP4: a sign bit above a 3-bit lookup, twelfths of {0, 1/16, 8, 12, 4, 6, 2, 3}. Not E2M1 order.
struct bnb_fp4_table {
  static constexpr float values[16] = {
      0.0F,  0.005208333333F,  0.66666667F,  1.0F,  0.33333333F,  0.5F,  0.16666667F,  0.25F,
      -0.0F, -0.005208333333F, -0.66666667F, -1.0F, -0.33333333F, -0.5F, -0.16666667F, -0.25F};
};

}  // namespace lowp::inline LOWP_ABI

template <class Table>
struct std::numeric_limits<lowp::codebook<Table>> : lowp::detail::codebook_limits<lowp::codebook<Table>> {};

template <class Table>
struct std::hash<lowp::codebook<Table>> : lowp::detail::format_hash<lowp::codebook<Table>> {};
