// SPDX-License-Identifier: Apache-2.0
//
// The derived facts and std::numeric_limits against a walk through all codes.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <set>
#include <string>

#include <lowp/format.hpp>

#include "support/catch.hpp"
#include "support/format_types.hpp"
#include "support/oracle.hpp"

namespace facts_test {

namespace {

using oracle::code;

/// Facts and limits of one format as values.
struct row {
  std::string name;
  lowp::format_facts facts;
  // std::numeric_limits
  float max, lowest, min, denorm_min, epsilon, round_error;
  code quiet_nan, infinity;
  int digits, digits10, max_digits10, min_exponent, max_exponent, min_exponent10, max_exponent10;
  bool has_infinity, has_quiet_nan, is_signed, is_integer, is_exact, is_specialized;

  template <class F>
  static row of(std::string_view name) {
    using l = std::numeric_limits<F>;
    constexpr auto value = [](F x) { return static_cast<float>(x); };
    return {std::string(name),
            lowp::facts<F>::all,
            value(l::max()),
            value(l::lowest()),
            value(l::min()),
            value(l::denorm_min()),
            value(l::epsilon()),
            value(l::round_error()),
            lowp::to_bits(l::quiet_NaN()),
            lowp::to_bits(l::infinity()),
            l::digits,
            l::digits10,
            l::max_digits10,
            l::min_exponent,
            l::max_exponent,
            l::min_exponent10,
            l::max_exponent10,
            l::has_infinity,
            l::has_quiet_NaN,
            l::is_signed,
            l::is_integer,
            l::is_exact,
            l::is_specialized};
  }
};

struct counted {
  double max = -std::numeric_limits<double>::infinity();
  double lowest = std::numeric_limits<double>::infinity();
  double min_positive = std::numeric_limits<double>::infinity();
  double next_above_one = std::numeric_limits<double>::infinity();
  bool has_one = false;
  int finite = 0;
  int nan = 0;
  int infinite = 0;
  int positive_zero = 0;
  int negative_zero = 0;
  std::map<double, int> values;  // finite ones; both zeros are one key
};

counted walk(oracle::format const& f) {
  counted n;
  for (code c = 0; c < f.code_count(); ++c) {
    oracle::number const v = oracle::value(f, c);
    n.nan += v.is_nan() ? 1 : 0;
    n.infinite += v.is_infinite() ? 1 : 0;
    if (!v.is_finite()) continue;
    double const x = oracle::value_as_double(f, c);
    ++n.finite;
    ++n.values[x];
    n.max = std::fmax(n.max, x);
    n.lowest = std::fmin(n.lowest, x);
    if (x > 0) n.min_positive = std::fmin(n.min_positive, x);
    if (x > 1) n.next_above_one = std::fmin(n.next_above_one, x);
    n.has_one = n.has_one || x == 1;
    (v.is_negative() ? n.negative_zero : n.positive_zero) += v.is_zero() ? 1 : 0;
  }
  return n;
}

/// The smallest positive value from which on neighbours differ by a factor of at most 1 + 2^-M: full precision begins.
/// Infinity if no value has it.
double first_of_full_precision(oracle::format const& f) {
  if (f.kind == oracle::family::exponent_only) return oracle::value_as_double(f, 0);
  code const c = code{1} << f.mantissa_bits;
  return oracle::value(f, c).is_finite() && c < f.magnitude_count() ? oracle::value_as_double(f, c)
                                                                    : std::numeric_limits<double>::infinity();
}

}  // namespace

TEST_CASE("facts are what a walk through all codes finds") {
  for (row const& r : lowp_test::rows_of<row>(std::tuple_cat(lowp_test::all_minifloats, lowp_test::integers))) {
    lowp::format_facts const& facts = r.facts;
    oracle::format const f = oracle::by_name(r.name);
    counted const n = walk(f);
    INFO(r.name);
    CHECK(facts.bits == f.bits);
    CHECK(static_cast<double>(facts.max) == n.max);
    CHECK(static_cast<double>(facts.lowest) == n.lowest);
    CHECK(static_cast<double>(facts.min_subnormal) == n.min_positive);
    CHECK(facts.finite_count == n.finite);
    CHECK(facts.value_count == static_cast<int>(n.values.size()));
    CHECK(facts.nan_count == n.nan);
    CHECK(facts.has_nan == (n.nan > 0));
    CHECK(facts.has_infinity == (n.infinite > 0));
    CHECK(facts.has_zero == (n.positive_zero > 0));
    CHECK(facts.has_negative_zero == (n.negative_zero > 0));
    CHECK(facts.is_signed == (n.lowest < 0));
    CHECK(oracle::value_as_double(f, facts.max_code) == n.max);
    CHECK((!facts.has_nan || oracle::value(f, facts.nan_code).is_nan()));
    CHECK(
        (!facts.has_infinity || oracle::value(f, facts.infinity_code) == oracle::number::infinity(oracle::sign::plus)));
    CHECK(facts.max_exponent == std::ilogb(n.max));
    CHECK(facts.code_mask + 1 == f.code_count());
    CHECK(facts.sign_mask == (f.is_signed() ? f.magnitude_count() : 0U));
    CHECK(facts.is_integer == (f.kind == oracle::family::integer));
    if (facts.is_integer) continue;
    double const normal = first_of_full_precision(f);
    CHECK(static_cast<double>(facts.min_normal) == (normal <= n.max ? normal : n.min_positive));
    CHECK(facts.min_exponent == std::ilogb(static_cast<double>(facts.min_normal)));
    CHECK(facts.digits == f.mantissa_bits + 1);
    CHECK(static_cast<double>(facts.epsilon) == std::ldexp(1.0, -f.mantissa_bits));
    if (n.has_one && normal <= 1 && n.next_above_one <= n.max) {
      CHECK(static_cast<double>(facts.epsilon) == n.next_above_one - 1);
    }
  }
}

TEST_CASE("numeric_limits say what the facts say") {
  for (row const& r : lowp_test::rows_of<row>(lowp_test::all_minifloats)) {
    INFO(r.name);
    oracle::format const f = oracle::by_name(r.name);
    CHECK(r.max == r.facts.max);
    CHECK(r.lowest == r.facts.lowest);
    CHECK(r.min == r.facts.min_normal);
    CHECK(r.denorm_min == r.facts.min_subnormal);
    CHECK(r.digits == r.facts.digits);
    CHECK(r.has_infinity == r.facts.has_infinity);
    CHECK(r.has_quiet_nan == r.facts.has_nan);
    CHECK(r.is_signed == r.facts.is_signed);
    CHECK((r.is_specialized && !r.is_integer && !r.is_exact));
    CHECK((!r.has_quiet_nan || oracle::value(f, r.quiet_nan).is_nan()));
    CHECK((!r.has_infinity || oracle::value(f, r.infinity) == oracle::number::infinity(oracle::sign::plus)));
    // <limits> counts exponents of 0.5 <= x < 1.
    CHECK(std::ldexp(1.0F, r.min_exponent - 1) == r.min);
    CHECK(std::ilogb(r.max) + 1 == r.max_exponent);
    // Powers of ten in the normal range. Those below 1 are not exact, but no bound is near one.
    CHECK(std::pow(10.0L, r.min_exponent10) >= static_cast<long double>(r.min));
    CHECK(std::pow(10.0L, r.min_exponent10 - 1) < static_cast<long double>(r.min));
    CHECK(std::pow(10.0L, r.max_exponent10) <= static_cast<long double>(r.max));
    CHECK(std::pow(10.0L, r.max_exponent10 + 1) > static_cast<long double>(r.max));
    CHECK(r.digits10 == static_cast<int>(std::floor((r.digits - 1) * std::log10(2.0L))));
    CHECK(r.max_digits10 == static_cast<int>(std::ceil(1 + r.digits * std::log10(2.0L))));
    // epsilon and round_error are numbers of the format: 2^-M and 1/2 where it has them, else the nearest power of two.
    float const epsilon = std::ldexp(1.0F, 1 - r.digits);
    float const greatest_power = std::ldexp(1.0F, std::ilogb(r.max));
    CHECK(r.epsilon == std::fmin(std::fmax(epsilon, r.denorm_min), greatest_power));
    CHECK(r.round_error == std::fmin(std::fmax(0.5F, r.denorm_min), greatest_power));
  }
}

TEST_CASE("max_digits10 digits tell all neighbours of a format apart") {
  // The definition behind the formula, tried on formats of few and of many digits.
  for (row const& r : lowp_test::rows_of<row>(lowp_test::minifloats)) {
    oracle::format const f = oracle::by_name(r.name);
    std::set<std::string> texts;
    std::set<double> values;
    for (code c = 0; c < f.code_count(); ++c) {
      if (!oracle::value(f, c).is_finite()) continue;
      double const x = oracle::value_as_double(f, c) + 0.0;  // -0 + 0 is 0
      char text[64];
      std::snprintf(text, sizeof text, "%.*e", r.max_digits10 - 1, x);
      texts.insert(text);
      values.insert(x);
    }
    INFO(r.name);
    CHECK(texts.size() == values.size());
  }
}

}  // namespace facts_test
