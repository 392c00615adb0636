// SPDX-License-Identifier: Apache-2.0
//
// Exact decimal digits, and the shortest of those that still mean the same number.
#pragma once

#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/text/natural.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// The non-negative decimal number 0.d1 d2 d3 ... * 10^point, without leading or trailing zeros; count == 0 is zero.
struct decimal {
  /// The longest comes from a codebook: a midpoint of two floats spans 10^39 down to 10^-151.
  static constexpr int capacity = 192;

  char digit[capacity];  // '0' to '9'
  int count = 0;
  int point = 0;

  /// n * 2^unit, exactly. Requires n * 2^unit < 10^39 and unit >= -151.
  static constexpr decimal from(natural n, int unit) noexcept {
    // 1. An integer times a power of ten: s * 2^-k = s * 5^k * 10^-k.
    if (unit > 0) {
      n.shift_left(unit);
    } else {
      n.multiply_by_power_of_five(-unit);
    }
    // 2. Its digits, nine at a time, the lowest first.
    char reversed[capacity + 9] = {};
    int length = 0;
    while (!n.is_zero()) {
      std::uint32_t chunk = n.divide(1'000'000'000U);
      for (int i = 0; i < 9; ++i) {
        reversed[length++] = static_cast<char>('0' + chunk % 10U);
        chunk /= 10U;
      }
    }
    while (length > 0 && reversed[length - 1] == '0') {
      --length;
    }
    int zeros = 0;
    while (zeros < length && reversed[zeros] == '0') {
      ++zeros;
    }
    // 3. The other way round.
    decimal d{};
    d.point = length == 0 ? 0 : length + (unit < 0 ? unit : 0);
    while (length > zeros) {
      d.digit[d.count++] = reversed[--length];
    }
    return d;
  }

  /// The number cut off after its first n digits; requires n >= 1.
  constexpr decimal cut(int n) const noexcept {
    decimal d = *this;
    d.count = n < count ? n : count;
    d.drop_zeros();
    return d;
  }

  /// cut(n) plus one unit of digit n; requires 1 <= n <= count.
  constexpr decimal cut_up(int n) const noexcept {
    decimal d = *this;
    d.count = n;
    while (d.count > 0 && d.digit[d.count - 1] == '9') {
      --d.count;
    }
    if (d.count == 0) {  // 9.99 -> 10
      d.digit[d.count++] = '1';
      ++d.point;
    } else {
      ++d.digit[d.count - 1];
    }
    return d;
  }

  /// -1, 0, 1 as a is less than, equal to or greater than b.
  static constexpr int compare(decimal const& a, decimal const& b) noexcept {
    if (a.count == 0 || b.count == 0) {
      return (a.count != 0 ? 1 : 0) - (b.count != 0 ? 1 : 0);
    }
    if (a.point != b.point) {
      return a.point < b.point ? -1 : 1;
    }
    for (int i = 0; i < a.count && i < b.count; ++i) {
      if (a.digit[i] != b.digit[i]) {
        return a.digit[i] < b.digit[i] ? -1 : 1;
      }
    }
    return a.count == b.count ? 0 : a.count < b.count ? -1 : 1;
  }

 private:
  constexpr void drop_zeros() noexcept {
    while (count > 0 && digit[count - 1] == '0') {
      --count;
    }
  }
};

/// A magnitude and the interval of what reads as it. The three numbers are in units of 2^unit; a bound belongs to the
/// interval where `..._inside` says so.
struct reading_interval {
  natural value;
  natural low;
  natural high;
  int unit;
  bool low_inside;
  bool high_inside;
};

/// The digits of an interval's number.
struct digits {
  decimal value;
  decimal low;
  decimal high;
  bool low_inside;
  bool high_inside;

  explicit constexpr digits(reading_interval const& in) noexcept
      : value(decimal::from(in.value, in.unit)),
        low(decimal::from(in.low, in.unit)),
        high(decimal::from(in.high, in.unit)),
        low_inside(in.low_inside),
        high_inside(in.high_inside) {}

  /// The n-digit number in the interval that is nearest to the value; on a tie the one with the even last digit. False,
  /// and `out` as it was, where no n-digit number lies in the interval. Requires n >= 1.
  constexpr bool nearest(int n, decimal& out) const noexcept {
    if (n >= value.count) {
      out = value;
      return true;
    }
    // The interval is convex and holds the value: if any n-digit number lies in it, one of the two neighbours does.
    decimal const below = value.cut(n);
    decimal const above = value.cut_up(n);
    int const from_low = decimal::compare(below, low);
    int const from_high = decimal::compare(above, high);
    bool const below_reads = from_low > 0 || (from_low == 0 && low_inside);
    bool const above_reads = from_high < 0 || (from_high == 0 && high_inside);
    if (!below_reads && !above_reads) {
      return false;
    }
    bool const tie = value.count == n + 1 && value.digit[n] == '5';
    bool const last_is_odd = ((value.digit[n - 1] - '0') & 1) != 0;
    bool const nearer_above = tie ? last_is_odd : value.digit[n] >= '5';
    out = above_reads && (nearer_above || !below_reads) ? above : below;
    return true;
  }

  constexpr decimal shortest() const noexcept {
    decimal d{};
    for (int n = 1; !nearest(n, d); ++n) {
    }
    return d;
  }
};

}  // namespace lowp::inline LOWP_ABI::detail
