// SPDX-License-Identifier: Apache-2.0
//
// error_stats against a computation of its own, and what it says of special cases.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <lowp/compare.hpp>

#include "support/catch.hpp"

namespace error_stats_test {

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// The documented sum: partial sums by index mod 16, then ((0 + 8) + (4 + 12)) + ... as a tree of halves.
double tree_sum(std::vector<double> const& terms) {
  double lane[16] = {};
  for (std::size_t i = 0; i < terms.size(); ++i) {
    lane[i % 16] += terms[i];
  }
  double eight[8];
  double four[4];
  double two[2];
  for (int i = 0; i < 8; ++i) {
    eight[i] = lane[i] + lane[i + 8];
  }
  for (int i = 0; i < 4; ++i) {
    four[i] = eight[i] + eight[i + 4];
  }
  for (int i = 0; i < 2; ++i) {
    two[i] = four[i] + four[i + 2];
  }
  return two[0] + two[1];
}

double plain_sum(std::vector<double> const& terms) {
  double sum = 0;
  for (double const t : terms) {
    sum += t;
  }
  return sum;
}

struct pairs {
  std::vector<float> x;
  std::vector<float> y;
};

/// Values of all sizes, and approximations with 8 bits left; both by integer arithmetic.
pairs sample(std::size_t n) {
  pairs p;
  std::uint32_t state = 12345;
  for (std::size_t i = 0; i < n; ++i) {
    state = state * 1664525U + 1013904223U;
    std::uint32_t const bits = (state & 0x807fffffU) | (110U + (state >> 24) % 30U) << 23;
    p.x.push_back(std::bit_cast<float>(bits));
    p.y.push_back(std::bit_cast<float>(bits & 0xffff0000U));
  }
  return p;
}

std::uint64_t bits_of(double x) { return std::bit_cast<std::uint64_t>(x); }

}  // namespace

TEST_CASE("sums are 16 partial sums by index mod 16 and a fixed tree") {
  for (std::size_t const n : {1U, 2U, 15U, 16U, 17U, 31U, 33U, 100U, 1000U, 4099U}) {
    pairs const p = sample(n);
    std::vector<double> signal;
    std::vector<double> noise;
    std::vector<double> bias;
    for (std::size_t i = 0; i < n; ++i) {
      double const x = p.x[i];
      double const e = static_cast<double>(p.y[i]) - x;
      signal.push_back(x * x);
      noise.push_back(e * e);
      bias.push_back(e);
    }
    lowp::error_stats const s = lowp::compare_values(p.x, p.y);
    auto const count = static_cast<double>(n);
    INFO(n << " elements");
    CHECK(s.count == n);
    CHECK(bits_of(s.signal_power) == bits_of(tree_sum(signal) / count));
    CHECK(bits_of(s.mse) == bits_of(tree_sum(noise) / count));
    CHECK(bits_of(s.bias) == bits_of(tree_sum(bias) / count));
    if (n >= 1000) {  // another order would give other bits: the checks above can fail
      CHECK(plain_sum(signal) != tree_sum(signal));
      CHECK(plain_sum(noise) != tree_sum(noise));
    }
  }
}

TEST_CASE("an element that is not finite is counted and leaves the others in their lanes") {
  pairs p = sample(200);
  std::vector<double> noise;
  std::size_t skipped = 0;
  for (std::size_t i = 0; i < p.x.size(); ++i) {
    float const special = i % 3 == 0 ? infinite : i % 3 == 1 ? -infinite : not_a_number;
    if (i % 7 == 2) {
      p.x[i] = special;
    }
    if (i % 11 == 5) {
      p.y[i] = special;
    }
    bool const kept = i % 7 != 2 && i % 11 != 5;
    double const e = static_cast<double>(p.y[i]) - static_cast<double>(p.x[i]);
    noise.push_back(kept ? e * e : 0.0);
    skipped += kept ? 0U : 1U;
  }
  lowp::error_stats const s = lowp::compare_values(p.x, p.y);
  CHECK(s.not_finite == skipped);
  CHECK(s.count == 200 - skipped);
  CHECK(bits_of(s.mse) == bits_of(tree_sum(noise) / static_cast<double>(s.count)));
  CHECK(std::isfinite(s.max_error));
  CHECK(std::isfinite(s.max_reference));
}

TEST_CASE("small numbers by hand") {
  std::vector<float> const x{1.0F, -2.0F, 3.0F, 0.5F};
  std::vector<float> const y{1.5F, -2.0F, 2.0F, 0.0F};
  lowp::error_stats const s = lowp::compare_values(x, y);
  CHECK(s.count == 4);
  CHECK(s.not_finite == 0);
  CHECK(s.signal_power == (1.0 + 4.0 + 9.0 + 0.25) / 4);
  CHECK(s.mse == (0.25 + 1.0 + 0.25) / 4);
  CHECK(s.bias == (0.5 - 1.0 - 0.5) / 4);
  CHECK(s.max_error == 1.0);
  CHECK(s.max_reference == 3.0);
  CHECK(s.share_to_zero == 0.25);
  CHECK(s.share_saturated == 0.0);
  CHECK(s.sqnr_db() == lowp_test::approx(10 * std::log10(14.25 / 1.5)));
}

TEST_CASE("signal to noise without noise, without signal, without elements") {
  std::vector<float> const x{1.0F, -2.0F};
  CHECK(lowp::compare_values(x, x).sqnr_db() == std::numeric_limits<double>::infinity());
  std::vector<float> const zero(2, 0.0F);
  CHECK(lowp::compare_values(zero, x).sqnr_db() == -std::numeric_limits<double>::infinity());
  CHECK(lowp::compare_values(zero, zero).sqnr_db() == std::numeric_limits<double>::infinity());
  std::vector<float> const none;
  lowp::error_stats const nothing = lowp::compare_values(none, none);
  CHECK(nothing.count == 0);
  CHECK(std::isnan(nothing.sqnr_db()));
  CHECK(nothing.mse == 0.0);
  CHECK(nothing.share_to_zero == 0.0);
  CHECK(nothing.share_saturated == 0.0);
  std::vector<float> const nans(3, not_a_number);
  std::vector<float> const ones(3, 1.0F);
  lowp::error_stats const only_nans = lowp::compare_values(nans, ones);
  CHECK(only_nans.not_finite == 3);
  CHECK(std::isnan(only_nans.sqnr_db()));
  CHECK(!std::isnan(only_nans.mse));
}

TEST_CASE("what counts as rounded to zero") {
  // Of the nonzero references, whatever the sign of the zero; subnormal is not zero.
  std::vector<float> const x{0.0F, -0.0F, 0x1p-149F, -1.0F, 1.0F, 2.0F, infinite, 1.0F};
  std::vector<float> const y{0.0F, 1.0F, 0.0F, -0.0F, 0x1p-149F, 2.0F, 0.0F, not_a_number};
  lowp::error_stats const s = lowp::compare_values(x, y);
  CHECK(s.count == 6);
  CHECK(s.share_to_zero == 2.0 / 4.0);
}

TEST_CASE("extremes of float neither overflow nor vanish") {
  float const max = std::numeric_limits<float>::max();
  std::vector<float> const x{max, -max, 0x1p-149F};
  std::vector<float> const y{-max, max, -0x1p-149F};
  lowp::error_stats const s = lowp::compare_values(x, y);
  CHECK(s.max_error == 2.0 * static_cast<double>(max));
  CHECK(std::isfinite(s.mse));
  std::vector<float> const tiny{0x1p-149F};
  std::vector<float> const zero{0.0F};
  CHECK(lowp::compare_values(tiny, zero).mse == 0x1p-298);
  CHECK(lowp::compare_values(tiny, zero).signal_power == 0x1p-298);
}

TEST_CASE("spans of different lengths are refused") {
  std::vector<float> const three(3, 1.0F);
  std::vector<float> const four(4, 1.0F);
  try {
    (void)lowp::compare_values(three, four);
    FAIL("no error");
  } catch (lowp::error const& e) {
    CHECK(e.code() == lowp::error_code::size);
    CHECK(e.argument() == "approximation");
    CHECK(e.index() == 4);
  }
}

}  // namespace error_stats_test
