// SPDX-License-Identifier: Apache-2.0
//
// compare(): its rows, and figures that follow from mathematics alone.

#include <bit>
#include <cfenv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <lowp/compare.hpp>

#include "support/catch.hpp"

namespace compare_test {

namespace {

using lowp::any_format;
using lowp::any_scheme;
using lowp::matrix_view;
using lowp::named;

std::vector<float> noise(std::size_t n, std::uint32_t state = 7) {
  std::vector<float> x;
  for (std::size_t i = 0; i < n; ++i) {
    state = state * 1664525U + 1013904223U;
    x.push_back(static_cast<float>(static_cast<std::int32_t>(state) >> 8) * 0x1p-23F);
  }
  return x;
}

void check_same(lowp::error_stats const& a, lowp::error_stats const& b) {
  CHECK(a.count == b.count);
  CHECK(a.not_finite == b.not_finite);
  CHECK(a.signal_power == b.signal_power);
  CHECK(a.mse == b.mse);
  CHECK(a.bias == b.bias);
  CHECK(a.max_error == b.max_error);
  CHECK(a.max_reference == b.max_reference);
  CHECK(a.share_to_zero == b.share_to_zero);
  CHECK(a.share_saturated == b.share_saturated);
}

/// Points of [0, 8) in cells of equal width; within a cell they stand evenly.
struct cells {
  static constexpr std::size_t count = 512;
  static constexpr std::size_t points = 96;
  std::vector<float> x;
  std::vector<double> weight;  // of each cell and its mirror image, under the normal distribution
};

cells normal_cells() {
  cells all;
  for (std::size_t k = 0; k < cells::count; ++k) {
    double const left = static_cast<double>(k) / 64;
    double const right = static_cast<double>(k + 1) / 64;
    all.weight.push_back(std::erfc(left * 0.7071067811865476) - std::erfc(right * 0.7071067811865476));
    for (std::size_t i = 0; i < cells::points; ++i) {
      all.x.push_back(static_cast<float>(left + (static_cast<double>(i) + 0.5) / (64 * cells::points)));
    }
  }
  return all;
}

/// -10 log10 of the mean square error of a normal variable with unit variance, quantized with the scale of amax.
double bulk_noise_db(any_format const& f, float amax, cells const& normal) {
  std::vector<float> clipped;
  for (float const x : normal.x) {
    clipped.push_back(x < amax ? x : amax);
  }
  clipped.push_back(amax);  // the element that drives the scale
  auto const q = lowp::quantize(any_scheme{f}, {clipped.data(), 1, clipped.size()});
  std::vector<float> values(clipped.size());
  lowp::dequantize_into(q, matrix_view<float>(values.data(), 1, values.size()));
  double power = 0;
  for (std::size_t k = 0; k < cells::count; ++k) {
    auto const cell = [k](std::vector<float> const& all) {
      return std::span<float const>(all).subspan(k * cells::points, cells::points);
    };
    power += normal.weight[k] * lowp::compare_values(cell(normal.x), cell(values)).mse;
  }
  return -10 * std::log10(power);
}

}  // namespace

TEST_CASE("compare gives a row a scheme, in order, equal to doing it by hand") {
  std::vector<float> const padded = noise(5 * 80);
  matrix_view<float const> const w(padded.data(), 5, 70, 80);
  auto const rows = lowp::compare(w, named<lowp::int4_g32>{"int4/g32"}, named<lowp::mxfp4>{"mxfp4"},
                                  named<lowp::int8_per_channel>{"int8"});
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].name == "int4/g32");
  CHECK(rows[1].name == "mxfp4");
  CHECK(rows[2].name == "int8");

  auto const q = lowp::quantize<lowp::int4_g32>(w);
  std::vector<float> dense;
  for (std::size_t i = 0; i < 5; ++i) {
    dense.insert(dense.end(), w.row(i).begin(), w.row(i).end());
  }
  std::vector<float> values(dense.size());
  lowp::dequantize_into(q, matrix_view<float>(values.data(), 5, 70));
  lowp::error_stats const by_hand = lowp::compare_values(dense, values);
  CHECK(rows[0].bits_per_element == q.bits_per_element());
  CHECK(rows[0].stats.mse == by_hand.mse);
  CHECK(rows[0].stats.max_error == by_hand.max_error);
  CHECK(rows[0].stats.bias == by_hand.bias);
  CHECK(rows[0].stats.count == 350);

  auto const twins = lowp::compare(
      w, std::vector<std::pair<std::string, any_scheme>>{{"int4/g32", lowp::as_any_scheme<lowp::int4_g32>()},
                                                         {"mxfp4", lowp::as_any_scheme<lowp::mxfp4>()},
                                                         {"int8", lowp::as_any_scheme<lowp::int8_per_channel>()}});
  REQUIRE(twins.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    INFO(rows[i].name);
    CHECK(twins[i].name == rows[i].name);
    CHECK(twins[i].bits_per_element == rows[i].bits_per_element);
    check_same(twins[i].stats, rows[i].stats);
  }
  CHECK(lowp::compare(w, std::vector<std::pair<std::string, any_scheme>>{}).empty());
}

TEST_CASE("compare of an empty matrix, and of one that holds a NaN") {
  auto const rows = lowp::compare(matrix_view<float const>(nullptr, 0, 4), named<lowp::int8_per_tensor>{"int8"});
  CHECK(rows[0].stats.count == 0);
  CHECK(rows[0].bits_per_element == 0.0);
  std::vector<float> x = noise(8);
  x[5] = std::numeric_limits<float>::quiet_NaN();
  matrix_view<float const> const w(x.data(), 2, 4);
  CHECK_THROWS_AS(lowp::compare(w, named<lowp::int8_per_tensor>{"int8"}), lowp::error);
  auto const fp8 = lowp::compare(w, named<lowp::fp8_per_channel>{"fp8"});
  CHECK(fp8[0].stats.not_finite == 1);
  CHECK(fp8[0].stats.count == 7);
}

TEST_CASE("nothing saturates where the scale fits the greatest element") {
  // Scales are rounded, so that max * scale may lie below the greatest element by half a unit in its last place; the
  // element still gets the code of max without being clipped.
  std::size_t reported = 0;
  for (int i = 1; i < 2000; ++i) {
    std::vector<float> w(16, 0.25F);
    w[3] = 1.0F + static_cast<float>(i) * 0x1.8p-11F;
    w[9] = -w[3];
    matrix_view<float const> const view(w.data(), 1, 16);
    auto const rows = lowp::compare(
        view, std::vector<std::pair<std::string, any_scheme>>{
                  {"int8", any_scheme{any_format::of<lowp::int8>()}},
                  {"e4m3fn", any_scheme{any_format::of<lowp::e4m3fn>()}},
                  {"rceil", lowp::as_any_scheme<lowp::scheme<lowp::e2m1fn, lowp::per_tensor,
                                                             lowp::scale::power_of_two<lowp::scale::pow2::rceil>>>()}});
    for (auto const& row : rows) {
      reported += row.stats.share_saturated > 0 ? 1U : 0U;
    }
  }
  CHECK(reported == 0);
}

TEST_CASE("elements that the format cannot reach are reported as saturated") {
  // floor, e2m1fn: absmax 7.75 gives scale 1, max 6. Beyond 7 an element would round to 8: those are clipped.
  std::vector<float> const w{7.75F, -7.5F, 6.0F, -6.0F, 5.0F, 0.1F, 0.0F, -7.25F};
  auto const rows = lowp::compare(matrix_view<float const>(w.data(), 1, 8), named<lowp::mxfp4>{"mxfp4"});
  CHECK(rows[0].stats.share_saturated == 3.0 / 8);
  // An integer reaches one further below: -8 is a code of int4, 8 is not. Scale 1 by the rule (absmax 9, emax 2: 2).
  using ints = lowp::scheme<lowp::int4, lowp::per_tensor, lowp::scale::power_of_two<lowp::scale::pow2::floor>>;
  std::vector<float> const v{15.9F, -15.9F, 3.0F, 1.0F};  // scale 2: 7.95 -> 8 is clipped, -7.95 -> -8 is not
  auto const integer = lowp::compare(matrix_view<float const>(v.data(), 1, 4), named<ints>{"int4"});
  CHECK(integer[0].stats.share_saturated == 0.25);
  // Nothing negative has a place in an unsigned format.
  using unsigned_ints = lowp::scheme<lowp::uint4, lowp::per_tensor>;
  std::vector<float> const u{15.0F, -1.0F, -3.0F, 2.0F};
  auto const natural = lowp::compare(matrix_view<float const>(u.data(), 1, 4), named<unsigned_ints>{"uint4"});
  CHECK(natural[0].stats.share_saturated == 0.5);
}

TEST_CASE("compare does not depend on the caller's rounding mode") {
  std::vector<float> const w = noise(3 * 50, 3);
  matrix_view<float const> const view(w.data(), 3, 50);
  auto const expected = lowp::compare(view, named<lowp::int8_per_channel>{"int8"}, named<lowp::mxfp6_e3m2>{"fp6"});
  for (int const mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    REQUIRE(std::fesetround(mode) == 0);
    auto const rows = lowp::compare(view, named<lowp::int8_per_channel>{"int8"}, named<lowp::mxfp6_e3m2>{"fp6"});
    int const after = std::fegetround();
    std::fesetround(FE_TONEAREST);
    CHECK(after == mode);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(rows[i].bits_per_element == expected[i].bits_per_element);
      check_same(rows[i].stats, expected[i].stats);
    }
  }
}

TEST_CASE("uniform noise through a uniform quantizer: step^2 / 12") {
  // 254,000 points evenly over [-127, 127], 1000 of them to a step, at odd multiples of half their distance. Within a
  // step the mean square of (k + 1/2) / 1000 - 1/2 is (1 - 1/1000^2) / 12, exactly; so is that of the half steps at the
  // ends. With scale 1 nothing else is rounded but the points themselves (2^-18 at most).
  constexpr int points = 254'000;
  std::vector<float> x;
  for (int i = 0; i < points; ++i) {
    x.push_back(static_cast<float>(-127.0 + (i + 0.5) / 1000));
  }
  x.push_back(127.0F);
  x.push_back(-127.0F);
  auto const q = lowp::quantize<lowp::int8_per_tensor>({x.data(), 1, x.size()});
  CHECK(q.scale(0, 0) == 1.0F);
  std::vector<float> y(x.size());
  lowp::dequantize_into(q, matrix_view<float>(y.data(), 1, y.size()));
  x.resize(points);
  y.resize(points);
  lowp::error_stats const s = lowp::compare_values(x, y);
  CHECK(std::fabs(s.mse - (1 - 1e-6) / 12) < 0x1p-18);  // |2 e d| <= 2 * 1/2 * 2^-18
  CHECK(std::fabs(s.bias) < 0x1p-18);
  CHECK(s.max_error <= 0.5);
  CHECK(s.sqnr_db() == lowp_test::approx(20 * std::log10(2 * 127.0)).margin(0.001));
}

TEST_CASE("normal data with an outlier: the published noise figures to 0.01 dB") {
  // Scale from amax = 4 standard deviations, elements beyond it clipped to it. The figures are a quadrature of
  // (x - Q(x))^2 against the normal density; here the library quantizes and measures, cell by cell. Cells of 1/64 hold the
  // density constant to 1 part in 1000 where (x - 4)^2 of the clipped tail depends on it, and 96 points resolve the step.
  cells const normal = normal_cells();
  struct {
    char const* name;
    any_format format;
    double db;
  } const at_four[] = {
      {"e5m2", any_format::of<lowp::e5m2>(), 25.56},     {"e4m3fn", any_format::of<lowp::e4m3fn>(), 31.51},
      {"e3m4fn", any_format::of<lowp::e3m4fn>(), 37.39}, {"int8", any_format::of<lowp::int8>(), 40.51},
      {"int6", any_format::of<lowp::int6>(), 28.56},     {"int4", any_format::of<lowp::int4>(), 15.65},
      {"e2m1fn", any_format::of<lowp::e2m1fn>(), 18.35},
  };
  for (auto const& row : at_four) {
    INFO(row.name);
    CHECK(std::fabs(bulk_noise_db(row.format, 4.0F, normal) - row.db) < 0.01);
  }
  // Outliers are what integers cannot stand.
  any_format const int8 = any_format::of<lowp::int8>();
  any_format const e4m3fn = any_format::of<lowp::e4m3fn>();
  double before = 1000;
  for (float const amax : {4.0F, 10.0F, 100.0F, 1000.0F}) {
    double const db = bulk_noise_db(int8, amax, normal);
    CHECK(db < before);
    before = db;
    CHECK(bulk_noise_db(e4m3fn, amax, normal) > 31.0);
  }
  CHECK(std::fabs(bulk_noise_db(int8, 10'000.0F, normal)) < 0.01);  // every element is 0
}

}  // namespace compare_test
