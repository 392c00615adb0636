// SPDX-License-Identifier: Apache-2.0
//
// percentile, kl_divergence and mse against brute force over the data: Gaussian, uniform, Laplace, and one with outliers.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <lowp/calibrate.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"

namespace {

namespace calibrate = lowp::calibrate;
using calibrate::histogram_observer;
using calibrate::range_of;
using calibrate::side;

struct sample {
  std::string name;
  std::vector<float> x;
};

std::vector<sample> distributions(std::size_t count) {
  std::mt19937 random(11);
  auto const unit = [&random] { return (static_cast<double>(random()) + 0.5) * 0x1p-32; };
  auto const gaussian = [&] { return std::sqrt(-2 * std::log(unit())) * std::cos(6.283185307179586 * unit()); };
  std::vector<sample> all = {{"Gaussian", {}}, {"uniform", {}}, {"Laplace", {}}, {"outliers", {}}};
  for (std::size_t i = 0; i < count; ++i) {
    all[0].x.push_back(static_cast<float>(gaussian()));
    all[1].x.push_back(static_cast<float>(3 * (2 * unit() - 1)));
    double const sign = unit() < 0.5 ? -1 : 1;
    all[2].x.push_back(static_cast<float>(-sign * std::log(unit())));
    all[3].x.push_back(i % 1000 == 17 ? static_cast<float>(20 * gaussian()) : static_cast<float>(gaussian()));
    if (i % 50 == 0) all[3].x.back() = 0.0F;
  }
  return all;
}

/// The definitions below take the square of it.
constexpr std::size_t some_bins = lowp_test::sanitized ? 512 : 2048;

histogram_observer observed(std::vector<float> const& x, std::size_t bins) {
  histogram_observer h(bins);
  for (std::size_t i = 0; i < x.size(); i += 999) {
    h.observe(std::span(x).subspan(i, std::min<std::size_t>(999, x.size() - i)));
  }
  return h;
}

/// numpy.percentile(x, p, method="linear").
double linear_percentile(std::vector<double> x, double p) {
  std::sort(x.begin(), x.end());
  double const h = p / 100 * static_cast<double>(x.size() - 1);
  auto const below = static_cast<std::size_t>(std::floor(h));
  std::size_t const above = std::min(below + 1, x.size() - 1);
  return x[below] + (x[above] - x[below]) * (h - std::floor(h));
}

/// The bins of one side, counted from the data.
std::vector<double> counts_of(std::vector<float> const& x, side of, std::size_t bins) {
  double most = 0;
  for (float const v : x) most = std::max(most, std::fabs(static_cast<double>(v)));
  int e = 0;
  std::frexp(most, &e);
  double const width = std::ldexp(1.0, e) / static_cast<double>(bins);
  std::vector<double> c(bins);
  for (float const v : x) {
    bool const wanted = of == side::magnitude ? v != 0 : of == side::negative ? v < 0 : v > 0;
    if (wanted) c[static_cast<std::size_t>(std::fabs(static_cast<double>(v)) / width)] += 1;
  }
  while (!c.empty() && c.back() == 0) c.pop_back();
  return c;
}

/// D(i) straight from the definition: explicit P and Q.
double divergence(std::vector<double> const& c, std::size_t i, std::size_t levels, double empty_bin) {
  std::vector<double> p(c.begin(), c.begin() + static_cast<std::ptrdiff_t>(i));
  std::vector<double> q(i);
  for (std::size_t k = i; k < c.size(); ++k) p[i - 1] += c[k];
  std::map<std::size_t, std::pair<double, double>> level;  // sum, bins that are not empty
  for (std::size_t k = 0; k < i; ++k) {
    if (c[k] != 0) {
      level[k * levels / i].first += c[k];
      level[k * levels / i].second += 1;
    }
  }
  for (std::size_t k = 0; k < i; ++k) {
    if (c[k] != 0) q[k] = level[k * levels / i].first / level[k * levels / i].second;
  }
  double p_sum = 0;
  double q_sum = 0;
  for (std::size_t k = 0; k < i; ++k) {
    p[k] = p[k] == 0 ? empty_bin : p[k];
    q[k] = q[k] == 0 ? empty_bin : q[k];
    p_sum += p[k];
    q_sum += q[k];
  }
  double d = 0;
  for (std::size_t k = 0; k < i; ++k) d += p[k] / p_sum * std::log(p[k] / p_sum / (q[k] / q_sum));
  return d;
}

/// E(t) in double, int8 in [-127, 127] by rounding half to even.
double int8_error(std::vector<double> const& c, double width, double greatest, double t) {
  double sum = 0;
  for (std::size_t k = 0; k < c.size(); ++k) {
    double const middle = std::min((static_cast<double>(k) + 0.5) * width, greatest);
    auto const s = static_cast<double>(static_cast<float>(t) / 127.0F);
    double const q = std::min(std::nearbyint(middle / s), 127.0);
    sum += c[k] * (middle - q * s) * (middle - q * s);
  }
  return sum;
}
/// The same for e2m1fn: the nearest of eight values.
double e2m1_error(std::vector<double> const& c, double width, double greatest, double t) {
  double sum = 0;
  auto const s = static_cast<double>(static_cast<float>(t) / 6.0F);
  for (std::size_t k = 0; k < c.size(); ++k) {
    double const middle = std::min((static_cast<double>(k) + 0.5) * width, greatest);
    double least = 1e300;
    for (double const v : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0}) least = std::min(least, std::fabs(middle - v * s));
    sum += c[k] * least * least;
  }
  return sum;
}

}  // namespace

TEST_CASE("percentile: within one bin of numpy's, for every count") {
  int wrong = 0;
  double worst = 0;
  auto const all = distributions(3000);
  for (auto const& [name, x] : all) {
    for (std::size_t n : {1U, 2U, 3U, 4U, 7U, 10U, 33U, 100U, 257U, 3000U}) {
      std::vector<float> const part(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n));
      for (std::size_t bins : {16U, 2048U}) {
        auto const h = observed(part, bins);
        auto const near = [&h](double off) { return off == 0 || off < h.bin_width(); };
        std::vector<double> numbers(part.begin(), part.end());
        std::vector<double> magnitudes;
        magnitudes.reserve(numbers.size());
        for (double const v : numbers) magnitudes.push_back(std::fabs(v));
        for (double const p : {0.0, 1.0, 25.0, 50.0, 66.6, 90.0, 99.0, 99.9, 99.99, 100.0}) {
          auto const symmetric = h.range(calibrate::percentile{p});
          double const off = std::fabs(static_cast<double>(symmetric.max) - linear_percentile(magnitudes, p));
          worst = std::max(worst, off == 0 ? 0 : off / h.bin_width());
          wrong += near(off) && symmetric.min == -symmetric.max ? 0 : 1;
          if (p < 50) continue;
          auto const both = h.range(calibrate::percentile{p, range_of::numbers});
          double const high = std::fabs(static_cast<double>(both.max) - linear_percentile(numbers, p));
          double const low = std::fabs(static_cast<double>(both.min) - linear_percentile(numbers, 100 - p));
          wrong += near(high) && near(low) ? 0 : 1;
        }
        // The extremes themselves at the ends.
        auto const [a, b] = std::minmax_element(part.begin(), part.end());
        wrong += h.range(calibrate::percentile{100, range_of::numbers}) == calibrate::range{*a, *b} ? 0 : 1;
        wrong += h.range(calibrate::percentile{100}).max == h.range().absmax() ? 0 : 1;
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(worst > 0.1);  // the bound is not idle
}

TEST_CASE("percentile by hand: 0, and places between elements") {
  histogram_observer h(4);
  h.observe(std::vector<float>{0.0F, 0.0F, 0.0F, 4.0F});  // width 2, 4 in bin 2
  CHECK(h.range(calibrate::percentile{50}).max == 0.0F);
  CHECK(h.range(calibrate::percentile{100}).max == 4.0F);
  CHECK(h.range(calibrate::percentile{(2 + 0.25) / 3 * 100}).max == lowp_test::approx(1.0));
  histogram_observer two(8);
  two.observe(std::vector<float>{7.0F, -7.5F, 7.9F, -4.0F});  // width 1
  // sorted: -7.5, -4 (taken as -4.5), 7 (as 7.25 of two in bin 7), 7.9
  CHECK(two.range(calibrate::percentile{100.0 / 3 * 2, range_of::numbers}).max == lowp_test::approx(7.25));
  CHECK(two.range(calibrate::percentile{100.0 / 3 * 2, range_of::numbers}).min == lowp_test::approx(-4.5));
  histogram_observer three(8);
  three.observe(std::vector<float>{-7.1F, -7.5F, -7.9F, 1.0F, 2.0F, 3.0F, 4.0F});
  // sorted element 2 of 7 is the innermost of three in bin 7: 7 + 1/6
  CHECK(three.range(calibrate::percentile{100.0 / 3 * 2, range_of::numbers}).min == lowp_test::approx(-43.0 / 6));
}

TEST_CASE("kl_divergence: D(i) and its least, against the definition") {
  for (auto const& [name, x] : distributions(20000)) {
    INFO(name);
    auto const h = observed(x, some_bins);
    calibrate::kl_divergence const rule;
    for (side const of : {side::magnitude, side::negative, side::positive}) {
      auto const c = counts_of(x, of, some_bins);
      REQUIRE(h.used_bins(of) == c.size());
      std::size_t best = 128;
      double least = divergence(c, 128, 128, 1e-4);
      for (std::size_t i = 129; i <= c.size(); ++i) {
        double const d = divergence(c, i, 128, 1e-4);
        if (d <= least) {
          least = d;
          best = i;
        }
      }
      for (std::size_t i = 1; i <= c.size(); i += i < 140 ? 13 : 311) {
        CHECK(rule.divergence(h, of, i) == lowp_test::approx(divergence(c, i, 128, 1e-4)).epsilon(1e-9));
      }
      double const greatest = of == side::magnitude  ? static_cast<double>(h.range().absmax())
                              : of == side::negative ? -static_cast<double>(h.range().min)
                                                     : static_cast<double>(h.range().max);
      auto const expected = static_cast<float>(std::min(static_cast<double>(best) * h.bin_width(), greatest));
      if (of == side::magnitude) {
        CHECK(h.range(rule) == calibrate::range::symmetric(expected));
      } else {
        auto const both = h.range(calibrate::kl_divergence{128, range_of::numbers});
        CHECK((of == side::negative ? -both.min : both.max) == expected);
      }
    }
  }
}

TEST_CASE("kl_divergence clips outliers and keeps a uniform range") {
  auto const all = distributions(20000);
  auto const uniform = observed(all[1].x, some_bins);
  CHECK(uniform.range(calibrate::kl_divergence{}).max > 2.8F);
  auto const outliers = observed(all[3].x, some_bins);
  CHECK(outliers.range(calibrate::kl_divergence{}).max < 0.5F * outliers.range().absmax());
  // As few bins as levels: nothing to choose.
  auto const few = observed(all[0].x, 128);
  CHECK(few.range(calibrate::kl_divergence{}).max == few.range().absmax());
  // One sign only: the other end is 0.
  histogram_observer positive(256);
  positive.observe(std::vector<float>{1.0F, 2.0F, 3.0F});
  CHECK(positive.range(calibrate::kl_divergence{128, range_of::numbers}).min == 0.0F);
  CHECK(positive.range(calibrate::mse<lowp::int8>{128, range_of::numbers}).min == 0.0F);
  // Zeros alone.
  histogram_observer zeros;
  zeros.observe(std::vector<float>{0.0F});
  CHECK(zeros.range(calibrate::kl_divergence{}).max == 0.0F);
  CHECK(zeros.range(calibrate::mse<lowp::int8>{}).max == 0.0F);
  CHECK(zeros.range(calibrate::percentile{}).max == 0.0F);
}

TEST_CASE("mse: the threshold of least error, against brute force") {
  constexpr std::size_t bins = 512;
  constexpr std::size_t first = 32;
  for (auto const& [name, x] : distributions(20000)) {
    INFO(name);
    auto const h = observed(x, bins);
    auto const c = counts_of(x, side::magnitude, bins);
    auto const greatest = static_cast<double>(h.range().absmax());
    auto const check = [&](auto const& rule, auto const& error) {
      double least = error(c, h.bin_width(), greatest, greatest);
      double best = greatest;
      for (std::size_t i = c.size(); i-- > first;) {
        double const t = static_cast<double>(i) * h.bin_width();
        double const e = error(c, h.bin_width(), greatest, t);
        if (i % 37 == 0) {
          CHECK(rule.error_of(h, side::magnitude, h.range().absmax(), static_cast<float>(t)) ==
                lowp_test::approx(e).epsilon(1e-5));
        }
        if (e < least) {
          least = e;
          best = t;
        }
      }
      auto const found = h.range(rule);
      CHECK(found == calibrate::range::symmetric(static_cast<float>(best)));
      // The lowest candidate is one.
      if (best < greatest) {
        auto from_best = rule;
        from_best.first_bin = static_cast<std::size_t>(best / h.bin_width());
        CHECK(h.range(from_best) == found);
        ++from_best.first_bin;
        CHECK(h.range(from_best).max > found.max);
      }
      // Never worse than the whole range.
      CHECK(rule.error_of(h, side::magnitude, h.range().absmax(), found.max) <=
            rule.error_of(h, side::magnitude, h.range().absmax(), h.range().absmax()));
    };
    check(calibrate::mse<lowp::int8>{first}, int8_error);
    check(calibrate::mse<lowp::e2m1fn>{first}, e2m1_error);
  }
  // int8 keeps a uniform range whole, E2M1 cuts a Gaussian.
  auto const all = distributions(20000);
  CHECK(observed(all[1].x, bins).range(calibrate::mse<lowp::int8>{first}).max > 2.9F);
  auto const gaussian = observed(all[0].x, bins);
  CHECK(gaussian.range(calibrate::mse<lowp::e2m1fn>{first}).max < 0.9F * gaussian.range().absmax());
}
