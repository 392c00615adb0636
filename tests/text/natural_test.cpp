// SPDX-License-Identifier: Apache-2.0

#include <lowp/text/natural.hpp>

#include <cstdint>
#include <random>
#include <string>

#include <lowp/codec/exact.hpp>

#include "support/catch.hpp"

namespace natural_test {

namespace {

using lowp::exact;
using lowp::detail::natural;
__extension__ typedef unsigned __int128 wide;

/// The decimal digits of n, by repeated division.
std::string text_of(natural n) {
  std::string text;
  while (!n.is_zero()) text.insert(text.begin(), static_cast<char>('0' + n.divide(10)));
  return text.empty() ? "0" : text;
}

std::string text_of(wide n) {
  std::string text;
  for (; n != 0; n /= 10) text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(n % 10)));
  return text.empty() ? "0" : text;
}

natural natural_of(wide n) {
  natural high(static_cast<std::uint64_t>(n >> 64));
  high.shift_left(64);
  high += natural(static_cast<std::uint64_t>(n));
  return high;
}

}  // namespace

TEST_CASE("natural: equals 128-bit arithmetic") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    auto const a = static_cast<wide>(random()) << 64 >> (4 + random() % 124);
    auto const b = static_cast<wide>(random()) << 64 >> (4 + random() % 124);
    auto const small = static_cast<std::uint32_t>(random() >> (32 + random() % 32));
    natural const x = natural_of(a);
    natural const y = natural_of(b);
    REQUIRE(text_of(x) == text_of(a));
    REQUIRE((x < y) == (a < b));
    int width = 0;
    while (width < 128 && a >> width != 0) ++width;
    REQUIRE(x.bit_width() == width);
    natural sum = x;
    sum += y;
    REQUIRE(text_of(sum) == text_of(a + b));
    natural difference = a < b ? y : x;
    difference -= a < b ? x : y;
    REQUIRE(text_of(difference) == text_of(a < b ? b - a : a - b));
    if (a >> 90 == 0) {
      natural product = x;
      product.multiply_add(small, 7);
      REQUIRE(text_of(product) == text_of(a * small + 7));
    }
    natural quotient = x;
    REQUIRE(quotient.divide(small | 1U) == static_cast<std::uint32_t>(a % (small | 1U)));
    REQUIRE(text_of(quotient) == text_of(a / (small | 1U)));
  }
}

TEST_CASE("natural: shifts and powers of five") {
  // 5^k 2^k is 10^k.
  for (int k = 0; k <= 300; ++k) {
    natural n(1);
    n.multiply_by_power_of_five(k);
    n.shift_left(k);
    REQUIRE(text_of(n) == "1" + std::string(static_cast<std::size_t>(k), '0'));
    natural back = n;
    REQUIRE_FALSE(back.divide_by_power_of_five(k));
    REQUIRE(back.bit_width() == k + 1);
    if (k > 0) {
      n.multiply_add(1, 1);
      REQUIRE(n.divide_by_power_of_five(k));
    }
  }
  natural zero;
  zero.shift_left(1000);
  CHECK(zero.is_zero());
  CHECK(zero.bit_width() == 0);
}

TEST_CASE("natural: to exact, with a sticky bit for what does not fit") {
  for (int shift = 0; shift <= 900; ++shift) {
    natural n(0x8000'0000'0000'0003U);
    n.shift_left(shift);
    exact const x = n.to_exact(true, -7, false);
    REQUIRE(x.what == exact::kind::finite);
    REQUIRE(x.negative);
    REQUIRE(x.significand == 0x8000'0000'0000'0003U);
    REQUIRE(x.exponent == 63 + shift - 7);
    REQUIRE_FALSE(x.sticky);
    n.multiply_add(1, 1);
    exact const more = n.to_exact(false, 0, false);
    REQUIRE(more.sticky == (shift > 0));
    REQUIRE(more.significand == 0x8000'0000'0000'0003U + (shift > 0 ? 0U : 1U));
    REQUIRE(n.to_exact(false, 0, true).sticky);
  }
  CHECK(natural(5).to_exact(false, 3, false).exponent == 5);
  CHECK(natural().to_exact(true, 3, false).what == exact::kind::zero);
  CHECK(natural().to_exact(true, 3, false).negative);
}

}  // namespace natural_test
