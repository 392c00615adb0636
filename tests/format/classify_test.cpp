// SPDX-License-Identifier: Apache-2.0
//
// Questions about one number, asked of every code of every format.

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <lowp/format.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/format_types.hpp"
#include "support/oracle.hpp"

namespace classify_test {

namespace {

using oracle::code;
using oracle::family;

/// The questions about one format, asked by raw code.
struct row {
  std::string name;
  bool (*is_nan)(code);
  bool (*is_infinite)(code);
  bool (*is_finite)(code);
  bool (*sign)(code);
  code (*magnitude)(code);
  code (*negated)(code);          // null: no unary minus
  code (*with_sign)(code, code);  // copysign; null with it
  code (*next)(code, code);
  std::strong_ordering (*order)(code, code);

  template <class F>
  static row of(std::string_view name) {
    row r{std::string(name),
          [](code c) { return isnan(lowp::from_bits<F>(c)); },
          [](code c) { return isinf(lowp::from_bits<F>(c)); },
          [](code c) { return isfinite(lowp::from_bits<F>(c)); },
          [](code c) { return signbit(lowp::from_bits<F>(c)); },
          [](code c) -> code { return lowp::to_bits(abs(lowp::from_bits<F>(c))); },
          nullptr,
          nullptr,
          [](code a, code b) -> code { return lowp::to_bits(nextafter(lowp::from_bits<F>(a), lowp::from_bits<F>(b))); },
          [](code a, code b) { return total_order(lowp::from_bits<F>(a), lowp::from_bits<F>(b)); }};
    if constexpr (requires(F x) { -x; }) {
      r.negated = [](code c) -> code { return lowp::to_bits(-lowp::from_bits<F>(c)); };
    }
    if constexpr (requires(F x) { copysign(x, x); }) {
      r.with_sign = [](code a, code b) -> code {
        return lowp::to_bits(copysign(lowp::from_bits<F>(a), lowp::from_bits<F>(b)));
      };
    }
    return r;
  }
};

std::vector<row> const& minifloats() {
  static std::vector<row> const all = lowp_test::rows_of<row>(lowp_test::all_minifloats);
  return all;
}
std::vector<row> const& integers() {
  static std::vector<row> const all = lowp_test::rows_of<row>(lowp_test::integers);
  return all;
}

bool has_negative_zero(oracle::format const& f) {
  return f.is_signed() && (f.kind == family::ieee || f.kind == family::fn || f.kind == family::finite);
}

/// The order IEEE 754-2019 5.10 puts all codes in, found without their values: the signed ones from the greatest
/// magnitude down, then the others upwards; the single NaN of FNUZ and P3109 before them all.
std::vector<code> total_order_of(oracle::format const& f) {
  code const half = f.magnitude_count();
  std::vector<code> order;
  if (f.is_signed()) {
    for (code m = half; m-- > 0;) order.push_back(half + m);
  }
  for (code m = 0; m < half; ++m) order.push_back(m);
  if (f.kind == family::fnuz || f.is_p3109()) {
    auto const nan = std::find_if(order.begin(), order.end(), [&](code c) { return oracle::value(f, c).is_nan(); });
    std::rotate(order.begin(), nan, nan + 1);
  }
  return order;
}

/// The numbers of a format in ascending order, infinities included; of two zeros only the positive one.
std::vector<code> ascending(oracle::format const& f) {
  std::vector<std::pair<double, code>> numbers;
  for (code c = 0; c < f.code_count(); ++c) {
    oracle::number const v = oracle::value(f, c);
    if (!v.is_nan() && !(v.is_zero() && v.is_negative())) numbers.emplace_back(oracle::value_as_double(f, c), c);
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<code> codes;
  for (auto const& [value, c] : numbers) codes.push_back(c);
  return codes;
}

}  // namespace

TEST_CASE("isnan, isinf, isfinite, signbit, abs, negation and copysign on every code") {
  for (row const& r : minifloats()) {
    oracle::format const f = oracle::by_name(r.name);
    REQUIRE((r.negated != nullptr) == f.is_signed());
    REQUIRE((r.with_sign != nullptr) == f.is_signed());
    int wrong = 0;
    for (code c = 0; c < f.code_count(); ++c) {
      oracle::number const v = oracle::value(f, c);
      wrong += r.is_nan(c) != v.is_nan() ? 1 : 0;
      wrong += r.is_infinite(c) != v.is_infinite() ? 1 : 0;
      wrong += r.is_finite(c) != v.is_finite() ? 1 : 0;
      bool const one_nan = v.is_nan() && (f.kind == family::fnuz || f.is_p3109());
      bool const sign = f.is_signed() && c >= f.magnitude_count() && !one_nan;
      wrong += r.sign(c) != sign ? 1 : 0;

      // abs: a NaN stays one; of all others the magnitude.
      code const magnitude = r.magnitude(c);
      oracle::number const absolute{v.cls, oracle::sign::plus, v.value.magnitude()};
      wrong += v.is_nan() ? !r.is_nan(magnitude) : oracle::value(f, magnitude) != absolute;
      if (!f.is_signed()) continue;

      // Negation and copysign change the sign bit where both signs exist: not of the only NaN, not of an unsigned zero.
      bool const mirrored = !one_nan && (!v.is_zero() || has_negative_zero(f));
      code const negated = r.negated(c);
      wrong += negated != (mirrored ? c ^ f.magnitude_count() : c) ? 1 : 0;
      wrong += r.negated(negated) != c ? 1 : 0;
      for (code const other : {code{1}, f.magnitude_count() + 1}) {
        bool const change = mirrored && sign != (other > f.magnitude_count());
        wrong += r.with_sign(c, other) != (change ? negated : c) ? 1 : 0;
      }
    }
    INFO(r.name);
    CHECK(wrong == 0);
  }
}

TEST_CASE("two's complement: abs and negation saturate at the end without a mirror image") {
  for (row const& r : integers()) {
    oracle::format const f = oracle::by_name(r.name);
    REQUIRE((r.negated != nullptr) == f.is_signed());
    int const max = static_cast<int>(f.magnitude_count()) - 1;
    int const lowest = f.is_signed() ? -max - 1 : 0;
    auto const code_of = [&](int i) { return static_cast<code>(i) & (f.code_count() - 1); };
    int wrong = 0;
    for (int i = lowest; i <= max; ++i) {
      code const c = code_of(i);
      wrong += r.magnitude(c) != code_of(std::min(std::abs(i), max)) ? 1 : 0;
      wrong += r.sign(c) != (i < 0) || r.is_nan(c) || r.is_infinite(c) || !r.is_finite(c) ? 1 : 0;
      if (r.negated != nullptr) wrong += r.negated(c) != code_of(std::min(-i, max)) ? 1 : 0;
    }
    INFO(r.name);
    CHECK(wrong == 0);
  }
}

TEST_CASE("nextafter walks through a whole format, up and down, and stops at the ends") {
  auto const check = [](row const& r) {
    oracle::format const f = oracle::by_name(r.name);
    std::vector<code> const order = ascending(f);
    int wrong = 0;
    code x = order.front();
    for (std::size_t i = 1; i < order.size(); ++i) {
      x = r.next(x, order.back());
      // A zero reached from below is -0 where there is one.
      bool const from_below = oracle::value(f, order[i]).is_zero() && i > 0 && has_negative_zero(f);
      wrong += x != (from_below ? f.magnitude_count() : order[i]) ? 1 : 0;
    }
    wrong += r.next(x, order.back()) != order.back() ? 1 : 0;
    for (std::size_t i = order.size() - 1; i-- > 0;) {
      x = r.next(x, order.front());
      wrong += x != order[i] ? 1 : 0;
    }
    wrong += r.next(x, order.front()) != order.front() ? 1 : 0;
    INFO(r.name);
    CHECK(wrong == 0);
  };
  for (row const& r : minifloats()) check(r);
  for (row const& r : integers()) check(r);
}

TEST_CASE("nextafter of zeros, NaNs and equal numbers is std::nextafter's") {
  for (row const& r : minifloats()) {
    oracle::format const f = oracle::by_name(r.name);
    std::vector<code> const order = ascending(f);
    code const first = order.front();
    code const last = order.back();
    int wrong = 0;
    for (code c = 0; c < f.code_count(); ++c) {
      wrong += r.next(c, c) != c && !oracle::value(f, c).is_nan() ? 1 : 0;
      if (!oracle::value(f, c).is_nan()) continue;
      for (code const other : {first, last, c}) {
        wrong += !r.is_nan(r.next(c, other)) || !r.is_nan(r.next(other, c)) ? 1 : 0;
      }
    }
    if (f.is_signed()) {
      code const minus = f.magnitude_count();
      // From either zero one goes on alike; equal numbers give the second.
      wrong += r.next(0, last) != 1 || r.next(0, first) != (minus | 1) ? 1 : 0;
      if (has_negative_zero(f)) {
        wrong += r.next(minus, last) != 1 || r.next(minus, first) != (minus | 1) ? 1 : 0;
        wrong += r.next(0, minus) != minus || r.next(minus, 0) != 0 ? 1 : 0;
        wrong += r.next(1, minus) != 0 || r.next(minus | 1, 0) != minus ? 1 : 0;
      }
    }
    INFO(r.name);
    CHECK(wrong == 0);
  }
}

TEST_CASE("total_order puts every code in its place") {
  for (row const& r : minifloats()) {
    oracle::format const f = oracle::by_name(r.name);
    std::vector<code> const order = total_order_of(f);
    REQUIRE(order.size() == f.code_count());
    int wrong = 0;
    auto const compare = [&](std::size_t i, std::size_t j) {
      wrong += r.order(order[i], order[j]) != (i <=> j) ? 1 : 0;
    };
    std::mt19937 random(2);
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (order.size() <= 256) {
        for (std::size_t j = i % lowp_test::thin; j < order.size(); j += lowp_test::thin) compare(i, j);
      } else {
        compare(i, i);
        compare(i, (i + 1) % order.size());
        compare(i, static_cast<std::size_t>(random()) % order.size());
      }
    }
    // It refines the comparison by value.
    for (std::size_t i = 1; i < order.size(); ++i) {
      wrong += oracle::value_as_double(f, order[i - 1]) > oracle::value_as_double(f, order[i]) ? 1 : 0;
    }
    INFO(r.name);
    CHECK(wrong == 0);
  }
  for (row const& r : integers()) {
    oracle::format const f = oracle::by_name(r.name);
    int wrong = 0;
    for (code a = 0; a < f.code_count(); ++a) {
      for (code b = a % lowp_test::thin; b < f.code_count(); b += lowp_test::thin) {
        wrong += r.order(a, b) != (oracle::value(f, a).value <=> oracle::value(f, b).value) ? 1 : 0;
      }
    }
    INFO(r.name);
    CHECK(wrong == 0);
  }
}

}  // namespace classify_test
