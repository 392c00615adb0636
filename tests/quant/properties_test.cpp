// SPDX-License-Identifier: Apache-2.0
//
// What must hold for every scheme, whatever the numbers.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace properties_test {

namespace {

namespace qo = quantize_oracle;
using kind = lowp::scale::pow2::any::kind;
using lowp::any_format;
using lowp::any_scheme;
using lowp::matrix_view;

any_scheme power_of_two(any_format element, lowp::any_granularity g, kind rule) {
  any_scheme s{std::move(element), g};
  s.scale.which = lowp::any_scale::kind::power_of_two;
  s.scale.rule.which = rule;
  s.scale.stored = any_format::of<lowp::e8m0fnu>();
  return s;
}

std::vector<float> values_of(any_scheme const& s, matrix_view<float const> x) {
  auto const q = lowp::quantize(s, x);
  std::vector<float> values(x.size());
  lowp::dequantize_into(q, matrix_view<float>(values.data(), x.rows(), x.cols()));
  return values;
}

qo::matrix bell(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  return qo::make_matrix(qo::data::bell, rows, cols, cols, seed);
}

/// Finite values times scales as doubles: both have at most 24 bits, the products are exact.
std::vector<double> reachable(any_format const& f, float scale) {
  std::vector<double> all;
  for (float const v : f.values()) {
    if (oracle::number_of(v).is_finite()) {
      all.push_back(static_cast<double>(v) * static_cast<double>(scale));
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

TEST_CASE("scaling the input by a power of two scales the scales and leaves the codes") {
  std::vector<any_scheme> schemes{any_scheme{any_format::of<lowp::int8>(), {1, 16}},
                                  any_scheme{any_format::of<lowp::e4m3fn>(), {0, 0}},
                                  any_scheme{any_format::of<lowp::nf4>(), {1, 0}}};
  for (kind const rule : {kind::floor, kind::ceil, kind::even, kind::rceil}) {
    schemes.push_back(power_of_two(any_format::of<lowp::e2m1fn>(), {1, 32}, rule));
    schemes.push_back(power_of_two(any_format::of<lowp::int4>(), {2, 5}, rule));
    schemes.push_back(power_of_two(any_format::of<lowp::e5m2>(), {0, 1}, rule));
  }
  qo::matrix const x = bell(4, 70, 1);
  for (any_scheme const& s : schemes) {
    auto const q = lowp::quantize(s, qo::view_of(x));
    for (int const k : {-60, -7, 1, 30, 90}) {
      qo::matrix scaled = x;
      for (float& v : scaled.data) {
        v = std::ldexp(v, k);
      }
      auto const p = lowp::quantize(s, qo::view_of(scaled));
      REQUIRE(p.codes() == q.codes());
      for (std::size_t i = 0; i < q.size().block_rows; ++i) {
        for (std::size_t j = 0; j < q.size().block_cols; ++j) {
          REQUIRE(p.block_scale(i, j) == std::ldexp(q.block_scale(i, j), k));
        }
      }
    }
  }
}

TEST_CASE("negating the input negates the values, where the format is symmetric") {
  qo::matrix const x = bell(3, 50, 2);
  qo::matrix minus = x;
  for (float& v : minus.data) {
    v = -v;
  }
  for (any_format const& f : {any_format::of<lowp::e4m3fn>(), any_format::of<lowp::e2m1fn>(),
                              any_format::of<lowp::e5m2fnuz>(), any_format::of<lowp::int5>()}) {
    any_scheme const s{f, {1, 16}};
    std::vector<float> const a = values_of(s, qo::view_of(x));
    std::vector<float> const b = values_of(s, qo::view_of(minus));
    for (std::size_t i = 0; i < a.size(); ++i) {
      REQUIRE(a[i] == -b[i]);
    }
  }
}

TEST_CASE("permuting rows permutes rows: no row knows another, unless they share a scale") {
  std::size_t const rows = 9;
  std::size_t const cols = 83;
  qo::matrix const x = bell(rows, cols, 3);
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::rotate(order.begin(), order.begin() + 4, order.end());
  std::swap(order[1], order[7]);
  qo::matrix y = x;
  for (std::size_t i = 0; i < rows; ++i) {
    std::copy_n(x.data.begin() + static_cast<std::ptrdiff_t>(order[i] * cols), cols,
                y.data.begin() + static_cast<std::ptrdiff_t>(i * cols));
  }
  for (lowp::any_granularity const g : {lowp::any_granularity{1, 0}, {1, 1}, {1, 7}, {1, 32}, {1, 200}}) {
    any_scheme const s{any_format::of<lowp::int3>(), g};
    auto const p = lowp::quantize(s, qo::view_of(x));
    auto const q = lowp::quantize(s, qo::view_of(y));
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < cols; ++j) {
        REQUIRE(q.code(i, j) == p.code(order[i], j));
      }
      for (std::size_t j = 0; j < q.size().block_cols; ++j) {
        REQUIRE(q.block_scale(i, j) == p.block_scale(order[i], j));
      }
    }
  }
}

TEST_CASE("the granularities that cut a matrix alike give the same codes") {
  qo::matrix const x = bell(5, 48, 4);
  auto const codes = [&](lowp::any_granularity g) {
    return lowp::quantize(any_scheme{any_format::of<lowp::int6>(), g}, qo::view_of(x)).codes();
  };
  CHECK(codes({0, 0}) == codes({5, 48}));
  CHECK(codes({0, 0}) == codes({100, 1000}));
  CHECK(codes({1, 0}) == codes({1, 48}));
  CHECK(codes({1, 0}) == codes({1, 4096}));
  CHECK(codes({0, 1}) == codes({5, 1}));
  CHECK(codes({1, 0}) != codes({0, 0}));
}

TEST_CASE("quantizing what was dequantized changes nothing, for powers of two and significands without gaps at max") {
  // The scale found for the values is the old one or a smaller power of two, and every value times that power fits,
  // because max has an all-ones significand.
  std::uint64_t seed = 50;
  for (any_format const& f : {any_format::of<lowp::e2m1fn>(), any_format::of<lowp::e3m2fn>(),
                              any_format::of<lowp::e2m3fn>(), any_format::of<lowp::e5m2>()}) {
    for (kind const rule : {kind::floor, kind::ceil, kind::even, kind::rceil}) {
      for (lowp::any_granularity const g : {lowp::any_granularity{1, 32}, {0, 0}, {1, 5}}) {
        qo::matrix const x = qo::make_matrix(seed % 2 == 0 ? qo::data::bell : qo::data::heavy_tail, 4, 77, 77, seed);
        ++seed;
        any_scheme const s = power_of_two(f, g, rule);
        std::vector<float> const once = values_of(s, qo::view_of(x));
        std::vector<float> const twice = values_of(s, {once.data(), 4, 77});
        REQUIRE(qo::bits_of(twice) == qo::bits_of(once));
      }
    }
  }
}

TEST_CASE("power-of-two scales: no reachable value lies nearer than the one taken") {
  // x / s and decode * s are exact here, so the only rounding is that of the cast.
  for (any_format const& f :
       {any_format::of<lowp::e4m3fn>(), any_format::of<lowp::e2m1fn>(), any_format::of<lowp::int8>(),
        any_format::of<lowp::int3>(), any_format::of<lowp::uint4>(), any_format::of<lowp::nf4>()}) {
    for (kind const rule : {kind::floor, kind::rceil}) {
      any_scheme const s = power_of_two(f, {1, 16}, rule);
      qo::matrix const x = bell(3, 75, 6);
      auto const q = lowp::quantize(s, qo::view_of(x));
      std::vector<float> const values = values_of(s, qo::view_of(x));
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 75; ++j) {
          auto const wanted = static_cast<double>(x.at(i, j));
          double const error = std::fabs(static_cast<double>(values[i * 75 + j]) - wanted);
          for (double const other : reachable(f, q.block_scale(i, j / 16))) {
            REQUIRE(std::fabs(other - wanted) >= error);
          }
        }
      }
    }
  }
}

TEST_CASE("symmetric integers: the error is half a step, and what rounding of scale and product adds") {
  // |x / s| <= max + 1/2. The quotient and the product are each rounded once (2^-24 of at most (max + 1/2) s), and the
  // scale enters both alike.
  for (any_format const& f :
       {any_format::of<lowp::int8>(), any_format::of<lowp::int4>(), any_format::of<lowp::int2>()}) {
    auto const max = static_cast<double>(f.facts().max);
    for (qo::data const d : {qo::data::bell, qo::data::heavy_tail, qo::data::outlier}) {
      qo::matrix const x = qo::make_matrix(d, 5, 60, 60, 8);
      any_scheme const s{f, {1, 12}};
      auto const q = lowp::quantize(s, qo::view_of(x));
      std::vector<float> const values = values_of(s, qo::view_of(x));
      for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < 60; ++j) {
          auto const step = static_cast<double>(q.block_scale(i, j / 12));
          double const bound = step * (0.5 + 2 * 0x1p-24 * (max + 0.5));
          REQUIRE(std::fabs(static_cast<double>(values[i * 60 + j]) - static_cast<double>(x.at(i, j))) <= bound);
        }
      }
    }
  }
}

TEST_CASE("the greatest element of a block gets the code of max, or its negative") {
  qo::matrix const x = bell(6, 64, 11);
  for (any_format const& f : {any_format::of<lowp::int8>(), any_format::of<lowp::int4>(),
                              any_format::of<lowp::e4m3fn>(), any_format::of<lowp::e2m1fn>()}) {
    auto const q = lowp::quantize(any_scheme{f, {1, 16}}, qo::view_of(x));
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t b = 0; b < 4; ++b) {
        std::size_t top = 16 * b;
        for (std::size_t j = 16 * b; j < 16 * b + 16; ++j) {
          top = std::fabs(x.at(i, j)) > std::fabs(x.at(i, top)) ? j : top;
        }
        REQUIRE(std::fabs(f.decode(q.code(i, top))) == f.facts().max);
      }
    }
  }
}

TEST_CASE("zeros: scale 1 and the codes that a cast of zero gives") {
  std::vector<float> const x{0.0F, -0.0F, 0.0F, 0.0F, std::numeric_limits<float>::infinity(), 0.0F};
  for (any_format const& f : {any_format::of<lowp::int8>(), any_format::of<lowp::e4m3fn>(),
                              any_format::of<lowp::e4m3fnuz>(), any_format::of<lowp::bnb_fp4>()}) {
    auto const q = lowp::quantize(any_scheme{f, {1, 2}}, {x.data(), 1, 6});
    for (std::size_t b = 0; b < 3; ++b) {
      CHECK(q.block_scale(0, b) == 1.0F);
    }
    for (std::size_t j = 0; j < 6; ++j) {
      CHECK(q.code(0, j) == f.encode(x[j]));
    }
  }
}

}  // namespace properties_test
