// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <lowp/cast.hpp>

#include "support/catch.hpp"
#include "support/format_types.hpp"
#include "support/oracle.hpp"

namespace codebook_test {

namespace {

using lowp::cast;
using lowp::from_bits;
using lowp::to_bits;
namespace rounding = lowp::rounding;
namespace overflow = lowp::overflow;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN();

/// NaN and infinities anywhere, repeated values, both zeros, no order.
struct messy_table {
  static constexpr float values[16] = {3.0F,      quiet_nan, -0.0F, 1.0F, 1.0F,  infinity, 0.0F,  -2.0F,
                                       -infinity, 0.0F,      -0.0F, 3.0F, -2.0F, 0.5F,     1e-4F, infinity};
};
using messy = lowp::codebook<messy_table>;

/// The same without infinities: what the oracle takes.
struct finite_table {
  static constexpr float values[16] = {3.0F,  quiet_nan, -0.0F, 1.0F, 1.0F,  7.0F, 0.0F,  -2.0F,
                                       -9.5F, 0.0F,      -0.0F, 3.0F, -2.0F, 0.5F, 1e-4F, 0x1p-20F};
};
struct subnormal_table {
  static constexpr float values[4] = {0x1p-140F, 0x1p-138F, -0x1.8p-147F, 0.0F};
};
struct no_zero_table {
  static constexpr float values[4] = {2.0F, 0.75F, -0.5F, 16.0F};
};
struct negative_zero_table {
  static constexpr float values[4] = {-0.0F, 1.0F, 3.0F, 2.0F};
};
struct one_bit_table {
  static constexpr float values[2] = {1.0F, -1.0F};
};
struct all_negative_table {
  static constexpr float values[2] = {-1.0F, -4.0F};
};

/// The quantile of the normal distribution, by bisection of its cumulative function.
double normal_quantile(double p) {
  double low = -10;
  double high = 10;
  for (int i = 0; i < 200; ++i) {
    double const middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

template <class Table>
oracle::format as_oracle(std::string name) {
  std::vector<double> values;
  for (float const v : Table::values) values.push_back(static_cast<double>(v));
  return oracle::codebook(std::move(name), std::move(values));
}

constexpr rounding::any roundings[] = {rounding::nearest_even{}, rounding::nearest_away{}, rounding::toward_zero{},
                                       rounding::up{},           rounding::down{},         rounding::to_odd{}};
constexpr overflow::any overflows[] = {overflow::saturate{}, overflow::nonsaturating{}, overflow::saturate_finite{}};

/// Every boundary of the table from float and from double under every deterministic policy, and a few stochastic ones.
template <class Table>
int wrong_casts(std::string name) {
  using F = lowp::codebook<Table>;
  oracle::encoder const encode(as_oracle<Table>(std::move(name)));
  oracle::inputs const inputs = oracle::boundaries(encode);
  int wrong = 0;
  auto const check = [&](auto x) {
    auto const at = encode.locate(oracle::number_of(x));
    for (std::size_t r = 0; r < std::size(roundings); ++r) {
      for (std::size_t o = 0; o < std::size(overflows); ++o) {
        auto const expected = encode.judge(at, oracle::deterministic_modes[r], oracle::all_overflows[o]);
        wrong += to_bits(cast<F>(x, roundings[r], overflows[o])) != expected ? 1 : 0;
      }
    }
    for (std::uint32_t const r : {0U, 3U, 8U, 15U}) {
      rounding::any const given = rounding::stochastic_given<rounding::variant::c, 4>{r};
      auto const expected =
          encode.judge(at, oracle::rounding::stochastic(oracle::variant::c, 4, r), oracle::overflow::saturate);
      wrong += to_bits(cast<F>(x, given, overflow::any{})) != expected ? 1 : 0;
    }
  };
  for (std::uint32_t const bits : inputs.floats) check(std::bit_cast<float>(bits));
  for (std::uint64_t const bits : inputs.doubles) check(std::bit_cast<double>(bits));
  return wrong;
}

}  // namespace

TEST_CASE("NF4 is the table of normal quantiles it claims to be") {
  // QLoRA's construction: 8 and 9 evenly spaced probabilities between 1 - offset and offset, one shared zero, scaled to 1.
  constexpr double offset = 0.9677083;
  std::vector<double> expected{0.0};
  for (int i = 0; i < 8; ++i) expected.push_back(normal_quantile(offset + (0.5 - offset) * i / 8));
  for (int i = 0; i < 7; ++i) expected.push_back(-normal_quantile(offset + (0.5 - offset) * i / 7));
  std::sort(expected.begin(), expected.end());
  double const scale = expected.back();
  for (unsigned code = 0; code < 16; ++code) {
    INFO("code " << code);
    // The published table was computed in float: seven digits.
    CHECK(std::fabs(static_cast<double>(from_bits<lowp::nf4>(code)) - expected[code] / scale) < 1e-6);
  }
  CHECK(static_cast<float>(from_bits<lowp::nf4>(0)) == -1.0F);
  CHECK(static_cast<float>(from_bits<lowp::nf4>(7)) == 0.0F);
  CHECK(static_cast<float>(from_bits<lowp::nf4>(15)) == 1.0F);
}

TEST_CASE("bitsandbytes FP4: a sign over twelfths, not in E2M1's order") {
  constexpr double twelfths[8] = {0.0, 0.0625, 8.0, 12.0, 4.0, 6.0, 2.0, 3.0};
  for (unsigned code = 0; code < 16; ++code) {
    INFO("code " << code);
    auto const expected = static_cast<float>(twelfths[code % 8] / 12.0);
    auto const value = static_cast<float>(from_bits<lowp::bnb_fp4>(code));
    CHECK(value == (code < 8 ? expected : -expected));
    CHECK(signbit(from_bits<lowp::bnb_fp4>(code)) == (code >= 8));
  }
}

TEST_CASE("AF4 ascends from -1 to 1 through 0 at code 7") {
  for (unsigned code = 1; code < 16; ++code) {
    CHECK(from_bits<lowp::af4>(code - 1) < from_bits<lowp::af4>(code));
  }
  CHECK(static_cast<float>(from_bits<lowp::af4>(0)) == -1.0F);
  CHECK(static_cast<float>(from_bits<lowp::af4>(7)) == 0.0F);
  CHECK(static_cast<float>(from_bits<lowp::af4>(15)) == 1.0F);
}

TEST_CASE("facts of a codebook") {
  using facts = lowp::facts<messy>;
  CHECK(facts::bits == 4);
  CHECK(facts::digits == 0);
  CHECK(facts::max == 3.0F);
  CHECK(facts::lowest == -2.0F);
  CHECK(facts::min_normal == 1e-4F);
  CHECK(facts::min_subnormal == 1e-4F);
  CHECK(facts::max_code == 0);
  CHECK(facts::has_nan);
  CHECK(facts::nan_code == 1);
  CHECK(facts::nan_count == 1);
  CHECK(facts::has_infinity);
  CHECK(facts::infinity_code == 5);
  CHECK(facts::finite_count == 12);
  CHECK(facts::value_count == 6);  // -2, 0, 1e-4, 0.5, 1, 3
  CHECK(facts::is_signed);
  CHECK(facts::has_zero);
  CHECK(facts::has_negative_zero);
  CHECK_FALSE(facts::is_integer);
  CHECK(facts::max_exponent == 1);
  CHECK(facts::min_exponent == -14);

  CHECK(lowp::facts<lowp::nf4>::max == 1.0F);
  CHECK(lowp::facts<lowp::nf4>::value_count == 16);
  CHECK(lowp::facts<lowp::nf4>::min_normal == 0.07958029955625534F);
  CHECK_FALSE(lowp::facts<lowp::nf4>::has_nan);
  CHECK(lowp::facts<lowp::bnb_fp4>::value_count == 15);
  CHECK(lowp::facts<lowp::bnb_fp4>::has_negative_zero);
  // A -0 alone makes no negative value.
  CHECK_FALSE(lowp::facts<lowp::codebook<negative_zero_table>>::is_signed);
  CHECK(lowp::facts<lowp::codebook<all_negative_table>>::max == -1.0F);
  CHECK(lowp::facts<lowp::codebook<all_negative_table>>::is_signed);
}

TEST_CASE("numeric_limits of a codebook: its extreme values and special codes") {
  using limits = std::numeric_limits<messy>;
  CHECK(limits::is_specialized);
  CHECK(limits::is_signed);
  CHECK_FALSE(limits::is_integer);
  CHECK(limits::has_infinity);
  CHECK(limits::has_quiet_NaN);
  CHECK(to_bits(limits::max()) == 0);
  CHECK(to_bits(limits::lowest()) == 7);
  CHECK(to_bits(limits::min()) == 14);
  CHECK(to_bits(limits::infinity()) == 5);
  CHECK(to_bits(limits::quiet_NaN()) == 1);
  CHECK(static_cast<float>(std::numeric_limits<lowp::nf4>::max()) == 1.0F);
  CHECK(static_cast<float>(std::numeric_limits<lowp::nf4>::lowest()) == -1.0F);
  CHECK_FALSE(std::numeric_limits<lowp::nf4>::has_quiet_NaN);
  CHECK_FALSE(std::numeric_limits<lowp::codebook<negative_zero_table>>::is_signed);
  CHECK(to_bits(std::numeric_limits<lowp::codebook<all_negative_table>>::max()) == 0);
}

TEST_CASE("casts to codebooks at every boundary, from float and double") {
  CHECK(wrong_casts<lowp::nf4_table>("nf4") == 0);
  CHECK(wrong_casts<lowp::af4_table>("af4") == 0);
  CHECK(wrong_casts<lowp::bnb_fp4_table>("bnb_fp4") == 0);
  CHECK(wrong_casts<finite_table>("finite") == 0);
  CHECK(wrong_casts<no_zero_table>("no zero") == 0);
  CHECK(wrong_casts<negative_zero_table>("negative zero") == 0);
  CHECK(wrong_casts<subnormal_table>("subnormal") == 0);
  CHECK(wrong_casts<one_bit_table>("one bit") == 0);
  CHECK(wrong_casts<all_negative_table>("all negative") == 0);
}

TEST_CASE("a table's NaN, infinities, repetitions and zeros have their own codes") {
  auto const code = [](auto x, overflow::any o = overflow::saturate{}) {
    return to_bits(cast<messy>(x, rounding::nearest_even{}, o));
  };
  CHECK(code(quiet_nan) == 1);
  CHECK(code(-quiet_nan) == 1);
  CHECK(code(3.0F) == 0);   // the first of 0 and 11
  CHECK(code(1.0F) == 3);   // the first of 3 and 4
  CHECK(code(-2.0F) == 7);  // the first of 7 and 12
  CHECK(code(0.0F) == 6);
  CHECK(code(-0.0F) == 2);
  CHECK(code(-1e-30F) == 2);
  CHECK(code(1e-30F) == 6);
  // Finite values end at the ends, whatever the overflow policy; infinities follow it.
  for (overflow::any const o : overflows) {
    CHECK(code(1e30F, o) == 0);
    CHECK(code(-1e30F, o) == 7);
  }
  CHECK(code(infinity) == 0);
  CHECK(code(-infinity) == 7);
  CHECK(code(infinity, overflow::nonsaturating{}) == 5);
  CHECK(code(-infinity, overflow::nonsaturating{}) == 8);
  CHECK(code(infinity, overflow::saturate_finite{}) == 5);
  CHECK(code(-infinity, overflow::saturate_finite{}) == 8);
  // Without infinities a NaN entry takes them; without either the ends do.
  using finite = lowp::codebook<finite_table>;
  CHECK(to_bits(cast<finite>(infinity, rounding::nearest_even{}, overflow::nonsaturating{})) == 1);
  CHECK(to_bits(cast<finite>(infinity)) == 5);
  CHECK(to_bits(cast<lowp::nf4>(infinity, rounding::nearest_even{}, overflow::nonsaturating{})) == 15);
  CHECK(to_bits(cast<lowp::nf4>(-infinity, rounding::nearest_even{}, overflow::saturate_finite{})) == 0);
  // No NaN entry: the value nearest zero.
  CHECK(to_bits(cast<lowp::nf4>(quiet_nan)) == 7);
  CHECK(to_bits(cast<lowp::codebook<no_zero_table>>(quiet_nan)) == 2);
}

TEST_CASE("a codebook's numbers compare by value and know what they are") {
  auto const number = [](unsigned code) { return from_bits<messy>(code); };
  CHECK(number(3) == number(4));
  CHECK(number(2) == number(6));
  CHECK(number(7) < number(2));
  CHECK(number(5) > number(0));
  CHECK(number(8) < number(7));
  CHECK_FALSE(number(1) == number(1));
  CHECK((number(1) <=> number(0)) == std::partial_ordering::unordered);
  CHECK(isnan(number(1)));
  CHECK(isinf(number(8)));
  CHECK(isfinite(number(14)));
  CHECK(signbit(number(2)));
  CHECK_FALSE(signbit(number(6)));
  // A subnormal entry keeps its value in float and in double.
  CHECK(static_cast<double>(from_bits<lowp::codebook<subnormal_table>>(0)) == 0x1p-140);
}

TEST_CASE("nextafter and total_order of codebooks walk through the table") {
  // NF4 ascends: the neighbours are the codes beside.
  using lowp::nf4;
  for (unsigned c = 0; c < 16; ++c) {
    nf4 const x = from_bits<nf4>(c);
    CHECK(to_bits(nextafter(x, from_bits<nf4>(15))) == (c == 15 ? 15 : c + 1));
    CHECK(to_bits(nextafter(x, from_bits<nf4>(0))) == (c == 0 ? 0 : c - 1));
    CHECK(to_bits(nextafter(x, x)) == c);
    for (unsigned d = 0; d < 16; ++d) CHECK(total_order(x, from_bits<nf4>(d)) == (c <=> d));
  }
  // A messy one: from one end to the other every distinct value once, in order, by the codes that casts give.
  auto const number = [](unsigned code) { return from_bits<messy>(code); };
  messy lowest = number(0);
  messy greatest = number(0);
  std::vector<float> values;
  for (unsigned c = 0; c < messy::size; ++c) {
    if (isnan(number(c))) {
      CHECK(isnan(nextafter(number(c), number(0))));
      CHECK(isnan(nextafter(number(0), number(c))));
      CHECK(total_order(number(c), number(0)) == std::strong_ordering::greater);
      continue;
    }
    values.push_back(static_cast<float>(number(c)));
    lowest = number(c) < lowest ? number(c) : lowest;
    greatest = number(c) > greatest ? number(c) : greatest;
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());  // -0 == 0
  std::size_t steps = 0;
  for (messy x = lowest; x != greatest; x = nextafter(x, greatest)) {
    REQUIRE(steps < values.size());
    CHECK(static_cast<float>(x) == values[steps]);
    // + 0: of the two zeros, 0
    if (isfinite(x) && steps != 0) CHECK(to_bits(x) == to_bits(cast<messy>(values[steps] + 0.0F)));
    ++steps;
  }
  CHECK(steps == values.size() - 1);
  // The total order is one: codes sorted by it ascend in value, and no two are equal.
  for (unsigned a = 0; a < messy::size; ++a) {
    for (unsigned b = 0; b < messy::size; ++b) {
      CHECK((total_order(number(a), number(b)) == std::strong_ordering::equal) == (a == b));
      CHECK((total_order(number(a), number(b)) < 0) == (total_order(number(b), number(a)) > 0));
      if (number(a) < number(b)) CHECK(total_order(number(a), number(b)) == std::strong_ordering::less);
    }
  }
}

}  // namespace codebook_test
