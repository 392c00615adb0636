// SPDX-License-Identifier: Apache-2.0
#include <lowp/gemm/epilogue.hpp>
#include <lowp/kernel/fp_env.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/effort.hpp"

namespace epilogue_test {

namespace {

/// The distance from a float to the true value in units of the float's last place (at least that of the least float).
long double units(float got, long double want) {
  int exponent = 0;
  std::frexp(got, &exponent);
  long double const unit = std::ldexp(1.0L, std::max(exponent - 24, -149));
  return std::abs(static_cast<long double>(got) - want) / unit;
}

template <class F, class G>
long double worst(F&& f, G&& reference) {
  long double most = 0;
  constexpr bool slow = lowp_test::emulated || lowp_test::sanitized;
  constexpr std::uint32_t step = slow ? 40961 : 1709;  // primes: all kinds of last digits
  for (std::uint32_t bits = 0; bits < 0x7f800000U; bits += step) {
    for (std::uint32_t const sign : {0U, 0x80000000U}) {
      float const x = std::bit_cast<float>(bits | sign);
      float y = x;
      f.apply(0, 0, &y, 1);
      long double const want = reference(static_cast<long double>(x));
      if (std::abs(want) < static_cast<long double>(std::numeric_limits<float>::max())) {
        most = std::max(most, units(y, want));
      }
    }
  }
  return most;
}

std::uint32_t bits_after(auto f, float x) {
  f.apply(0, 0, &x, 1);
  return std::bit_cast<std::uint32_t>(x);
}

}  // namespace

TEST_CASE("SiLU and GELU are within 0.5000001 units of the last place", "[gemm]") {
  CHECK(worst(lowp::epilogue::silu{}, [](long double x) { return x / (1 + std::exp(-x)); }) < 0.5000001L);
  CHECK(worst(lowp::epilogue::gelu{}, [](long double x) { return x * std::erfc(-x / std::sqrt(2.0L)) / 2; }) <
        0.5000001L);
  CHECK(worst(lowp::epilogue::gelu_tanh{}, [](long double x) {
          long double const u = std::sqrt(2 / std::acos(-1.0L)) * (x + 0.044715L * x * x * x);
          return x / (1 + std::exp(-2 * u));
        }) < 0.5000001L);
}

TEST_CASE("Ends of the line", "[gemm]") {
  float const inf = std::numeric_limits<float>::infinity();
  auto const check = [&](auto f) {
    CHECK(bits_after(f, inf) == 0x7f800000U);
    CHECK(bits_after(f, -inf) == 0x80000000U);
    CHECK(bits_after(f, 0.0F) == 0U);
    CHECK(bits_after(f, -0.0F) == 0x80000000U);
    CHECK(bits_after(f, std::numeric_limits<float>::quiet_NaN()) == 0x7fc00000U);
    CHECK(bits_after(f, std::numeric_limits<float>::max()) == 0x7f7fffffU);
  };
  check(lowp::epilogue::silu{});
  check(lowp::epilogue::gelu{});
  check(lowp::epilogue::gelu_tanh{});
  CHECK(bits_after(lowp::epilogue::relu{}, -inf) == 0U);
  CHECK(bits_after(lowp::epilogue::relu{}, -0.0F) == 0U);
  CHECK(bits_after(lowp::epilogue::relu{}, -std::numeric_limits<float>::quiet_NaN()) == 0xffc00000U);  // gemm's store
  CHECK(bits_after(lowp::epilogue::relu{}, 3.0F) == std::bit_cast<std::uint32_t>(3.0F));
}

TEST_CASE("SiLU and GELU have the same bits on every ISA and at every place in a row", "[gemm]") {
  std::vector<float> x;
  for (std::uint32_t bits = 0; bits < 0x7f900000U; bits += 40961) {
    x.push_back(std::bit_cast<float>(bits));
    x.push_back(std::bit_cast<float>(bits | 0x80000000U));
  }
  lowp::kernel::fp_env const environment;
  using curve = void (*)(std::size_t, std::size_t, float*, std::size_t) noexcept;
  for (curve const f : {curve{&lowp::epilogue::silu::apply}, curve{&lowp::epilogue::gelu::apply},
                        curve{&lowp::epilogue::gelu_tanh::apply}}) {
    std::vector<float> const want = [&] {
      auto const pin = lowp::with_isa(lowp::isa::portable{});
      std::vector<float> y = x;
      f(0, 0, y.data(), y.size());
      return y;
    }();
    auto const check = [&] {
      std::vector<float> y = x;
      f(0, 0, y.data(), y.size() - 3);
      f(0, 0, y.data() + y.size() - 3, 3);
      CHECK(std::memcmp(y.data(), want.data(), 4 * y.size()) == 0);
    };
    check();
#if LOWP_X86
    if (lowp::isa::avx2::available()) {
      auto const pin = lowp::with_isa(lowp::isa::avx2{});
      check();
    }
#endif
  }
}

}  // namespace epilogue_test
