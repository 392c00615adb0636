// SPDX-License-Identifier: Apache-2.0

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <random>

#include <lowp/base/bits.hpp>

#include "support/catch.hpp"

namespace {

namespace detail = lowp::detail;

constexpr std::uint32_t interesting[] = {0x00000000U, 0x00000001U, 0x00000002U, 0x00400000U, 0x007fffffU,
                                         0x00800000U, 0x00800001U, 0x3f800000U, 0x7f7fffffU, 0x7f800000U,
                                         0x7f800001U, 0x7fbfffffU, 0x7fc00000U, 0x7fffffffU};

template <class Function>
void for_each_pattern(Function&& f) {
  for (std::uint32_t const bits : interesting) {
    f(bits);
    f(bits | 0x80000000U);
  }
  std::mt19937 random(9);
  for (int i = 0; i < 200000; ++i) f(static_cast<std::uint32_t>(random()));
}

}  // namespace

TEST_CASE("classification on bits is the standard library's") {
  int wrong = 0;
  for_each_pattern([&](std::uint32_t bits) {
    auto const x = std::bit_cast<float>(bits);
    wrong += detail::is_nan(x) != std::isnan(x) ? 1 : 0;
    wrong += detail::is_infinity(x) != std::isinf(x) ? 1 : 0;
    wrong += detail::is_finite(x) != std::isfinite(x) ? 1 : 0;
    wrong += detail::is_negative(x) != std::signbit(x) ? 1 : 0;
    wrong += detail::bits_of(detail::magnitude(x)) != (bits & 0x7fffffffU) ? 1 : 0;
  });
  CHECK(wrong == 0);
}

TEST_CASE("widen is the conversion to double, subnormals included") {
  int wrong = 0;
  for_each_pattern([&](std::uint32_t bits) {
    auto const x = std::bit_cast<float>(bits);
    if (std::isnan(x)) {
      wrong += !std::isnan(detail::widen(bits)) || std::signbit(detail::widen(bits)) != std::signbit(x) ? 1 : 0;
      return;
    }
    double const expected = static_cast<double>(x);
    wrong += detail::bits_of(detail::widen(bits)) != detail::bits_of(expected) ? 1 : 0;
  });
  CHECK(wrong == 0);
}

TEST_CASE("compose_float is significand times a power of two, wherever that is exact") {
  int wrong = 0;
  int tried = 0;
  std::mt19937 random(10);
  for (int exponent = -149; exponent <= 127; ++exponent) {
    for (int i = 0; i < 300; ++i) {
      std::uint32_t const significand = static_cast<std::uint32_t>(random()) >> (8 + random() % 24);
      double const value = std::ldexp(static_cast<double>(significand), exponent);
      if (value > static_cast<double>(FLT_MAX)) continue;
      ++tried;
      auto const expected = static_cast<float>(value);
      wrong +=
          detail::bits_of(detail::compose_float(false, significand, exponent)) != detail::bits_of(expected) ? 1 : 0;
      wrong +=
          detail::bits_of(detail::compose_float(true, significand, exponent)) != detail::bits_of(-expected) ? 1 : 0;
    }
  }
  // A significand with trailing zeros may have its last place below 2^-149.
  for (int zeros = 1; zeros <= 20; ++zeros) {
    float const value = detail::compose_float(false, 5U << zeros, -149 - zeros);
    wrong += detail::bits_of(value) != 5 ? 1 : 0;
  }
  CHECK(wrong == 0);
  CHECK(tried > 50000);
}

TEST_CASE("masks, logarithms and powers of two") {
  CHECK(detail::low_mask(0) == 0);
  CHECK(detail::low_mask(1) == 1);
  CHECK(detail::low_mask(31) == 0x7fffffffU);
  CHECK(detail::low_mask(32) == 0xffffffffU);
  for (int i = 0; i < 64; ++i) {
    CHECK(detail::floor_log2(std::uint64_t{1} << i) == i);
    CHECK(detail::floor_log2((std::uint64_t{2} << i) - 1) == i);
  }
  for (int i = -149; i <= 127; ++i) CHECK(detail::power_of_two(i) == std::ldexp(1.0F, i));
}
