// SPDX-License-Identifier: Apache-2.0
//
// Reading: decimal text written exactly on, and a last digit beside, every point where a cast changes its mind, against
// the oracle; random text against strtod and strtof.

#include <lowp/text/from_chars.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <lowp/format.hpp>
#include <lowp/text/any_format_chars.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/oracle.hpp"
#include "support/oracle_twin.hpp"

namespace from_chars_test {

namespace {

using oracle::code;
using oracle::dyadic;
using oracle::number;

/// All digits of a non-negative value, in fixed notation with `places` after the point.
std::string fixed_text(dyadic const& x, int places) {
  char text[400];
  std::snprintf(text, sizeof(text), "%.*f", places, oracle::to_double(number::finite(x)));
  return text;
}

/// One unit of the last place less; the text is of a positive value.
std::string one_less(std::string text) {
  std::size_t i = text.size() - 1;
  while (text[i] == '0' || text[i] == '.') {
    if (text[i] == '0') text[i] = '9';
    --i;
  }
  --text[i];
  return text;
}

std::string one_more(std::string text) {  // of texts that end in 0
  ++text.back();
  return text;
}

/// A magnitude on or beside a point: the text, and a binary number that every rounding treats alike.
struct probe {
  std::string text;
  dyadic twin;
};

/// Around `point`: `gap` is less than the distance to any other point where a cast changes.
std::vector<probe> around(dyadic const& point, dyadic const& gap) {
  // As many places as the value has, and sixty more for the digit that makes the difference.
  int const own_places = point.exponent() < 0 ? -point.exponent() : 0;
  std::string const text = fixed_text(point, own_places + 60);
  std::vector<probe> all{{text, point}, {one_more(text), point + gap.scaled(-40)}};
  if (!point.is_zero()) all.push_back({one_less(text), point - gap.scaled(-40)});
  return all;
}

code read(lowp::any_format const& f, std::string const& text, oracle::rounding const& r, oracle::overflow o) {
  code c = 0xdead;
  auto const result = lowp::from_chars(text.data(), text.data() + text.size(), f, c, oracle::twin(r), oracle::twin(o));
  return result.ec == std::errc{} && result.ptr == text.data() + text.size() ? c : 0xbad;
}

std::vector<oracle::format> narrow_formats() {
  std::vector<oracle::format> all;
  for (auto const& f : oracle::catalogue()) {
    if (f.bits <= 8) all.push_back(f);
  }
  for (int k = 3; k <= 7; ++k) {
    for (auto const& f : oracle::p3109_formats(k)) all.push_back(f);
  }
  all.push_back(oracle::codebook("nf4", std::vector<double>(lowp::nf4_table::values, lowp::nf4_table::values + 16)));
  all.push_back(
      oracle::codebook("bnb_fp4", std::vector<double>(lowp::bnb_fp4_table::values, lowp::bnb_fp4_table::values + 16)));
  return all;
}

void check_around_points(oracle::format const& o, std::size_t step) {
  oracle::encoder const e(o);
  lowp::any_format const f = oracle::twin(o);
  auto const& grid = e.grid();
  oracle::disagreements wrong;
  bool const codebook = o.kind == oracle::family::codebook;
  for (std::size_t i = 0; i < grid.size(); i += step) {
    if (codebook && grid[i].is_negative()) continue;  // both signs are tried below
    // 1. The value itself, and the midpoint to the next one.
    dyadic const gap = i + 1 < grid.size() ? grid[i + 1] - grid[i] : grid[i] - grid[i - 1];
    std::vector<probe> probes = around(grid[i], gap);
    for (probe& p : around((grid[i] + grid[i] + gap).scaled(-1), gap)) probes.push_back(std::move(p));
    // 2. In both signs; overflow policies differ near the end and below zero only.
    bool const near_end = i + 4 > grid.size();
    for (probe const& p : probes) {
      for (bool const negative : {false, true}) {
        number x = number::finite(negative ? p.twin.negated() : p.twin);
        if (p.twin.is_zero()) x = number::zero(negative ? oracle::sign::minus : oracle::sign::plus);
        std::string const text = (negative ? "-" : "") + p.text;
        auto const at = e.locate(x);
        for (oracle::rounding const r : oracle::deterministic_modes) {
          for (oracle::overflow const v : oracle::all_overflows) {
            bool const matters = near_end || (negative && !o.is_signed()) || i < 2;
            if (!matters && v != oracle::overflow::nonsaturating) continue;
            wrong.compare(read(f, text, r, v), e.judge(at, r, v),
                          [&] { return text + " " + oracle::describe(r) + " " + oracle::describe(v); });
          }
        }
      }
    }
  }
  INFO(o.name << ": " << wrong.count() << " wrong\n" << wrong.text());
  CHECK(wrong.count() == 0);
}

/// A random decimal number, of 1 to `digits` digits, with its exponent in [-range, range].
std::string random_text(std::mt19937& random, unsigned digits, int range) {
  std::string text = random() % 2 == 0 ? "-" : "";
  unsigned const count = 1 + static_cast<unsigned>(random() % digits);
  unsigned const point = static_cast<unsigned>(random() % (count + 1));
  for (unsigned i = 0; i < count; ++i) {
    if (i == point) text += '.';
    text += static_cast<char>('0' + random() % 10);
  }
  int const exponent = static_cast<int>(random() % static_cast<unsigned>(2 * range + 1)) - range;
  return text + (random() % 4 != 0 ? "e" + std::to_string(exponent) : "");
}

float read_float(std::string const& text) {
  constexpr lowp::float_layout binary32{8, 23, 127, lowp::specials::ieee, lowp::sign_bit::present};
  lowp::exact x;
  char const* const end = lowp::detail::read_number(text.data(), text.data() + text.size(), x);
  if (end != text.data() + text.size()) return std::numeric_limits<float>::quiet_NaN();
  return std::bit_cast<float>(
      lowp::encode(binary32, x, lowp::rounding::nearest_even{}, lowp::overflow::nonsaturating{}));
}

struct reading {
  double value;
  std::size_t length;
  std::errc ec;
};

/// Reads into float16, which holds all values of the tables below.
reading read_half(std::string_view text) {
  auto out = lowp::from_bits<lowp::float16>(0x5a5aU);
  auto const r = lowp::from_chars(text.data(), text.data() + text.size(), out);
  return {static_cast<double>(out), static_cast<std::size_t>(r.ptr - text.data()), r.ec};
}

}  // namespace

TEST_CASE("from_chars: on and beside every value and midpoint, all roundings") {
  for (oracle::format const& o : narrow_formats()) check_around_points(o, lowp_test::sanitized ? 7 : 1);
}

TEST_CASE("from_chars: on and beside values and midpoints of 16-bit formats") {
  for (char const* name : {"float16", "bfloat16", "binary16p8se", "binary16p16uf"}) {
    check_around_points(oracle::by_name(name), lowp_test::sanitized ? 7 * 397 : 397);
  }
}

TEST_CASE("from_chars: stochastic rounding of text") {
  oracle::format const o = oracle::by_name("e4m3fn");
  oracle::encoder const e(o);
  lowp::any_format const f = oracle::twin(o);
  // 1 + k/64 lies k/8 of the way from 1 to 1.125.
  for (int k = 0; k < 8; ++k) {
    dyadic const x = dyadic::integer(64 + k).scaled(-6);
    for (auto const v : {oracle::variant::a, oracle::variant::b, oracle::variant::c}) {
      for (std::uint64_t r = 0; r < 16; ++r) {
        auto const rounding = oracle::rounding::stochastic(v, 4, r);
        auto const expected = e(number::finite(x), rounding, oracle::overflow::saturate);
        REQUIRE(read(f, fixed_text(x, 6), rounding, oracle::overflow::saturate) == expected);
      }
    }
  }
  // The position in a tensor counts as in a cast.
  for (std::uint64_t i = 0; i < 64; ++i) {
    lowp::rounding::stochastic const policy{7, i};
    lowp::e4m3fn out{};
    std::string_view const text = "1.046875";
    lowp::from_chars(text.data(), text.data() + text.size(), out, policy);
    REQUIRE(lowp::to_bits(out) == lowp::to_bits(lowp::cast<lowp::e4m3fn>(1.046875, policy)));
  }
}

TEST_CASE("from_chars: random text as strtod and strtof read it") {
  std::mt19937 random(3);
  std::vector<lowp::any_format> const formats{lowp::any_format::of<lowp::float16>(),
                                              lowp::any_format::of<lowp::bfloat16>()};
  for (int i = 0; i < (lowp_test::sanitized ? 2000 : 20000); ++i) {
    std::string const text = random_text(random, i % 10 == 0 ? 300 : 20, i % 3 == 0 ? 8 : 48);
    // 1. A double between two other doubles of the same code: rounding twice did no harm.
    double const x = std::strtod(text.c_str(), nullptr);
    for (auto const& f : formats) {
      double const infinity = std::numeric_limits<double>::infinity();
      auto const expected = f.encode(x);
      bool const clear =
          f.encode(std::nextafter(x, -infinity)) == expected && f.encode(std::nextafter(x, infinity)) == expected;
      code got = 0;
      auto const r = lowp::from_chars(text.data(), text.data() + text.size(), f, got, lowp::rounding::nearest_even{},
                                      lowp::overflow::saturate{});
      REQUIRE(r.ptr == text.data() + text.size());
      if (clear) {
        INFO(text);
        REQUIRE(got == expected);
      }
    }
    // 2. All the way to binary32.
    INFO(text);
    REQUIRE(std::bit_cast<std::uint32_t>(read_float(text)) ==
            std::bit_cast<std::uint32_t>(std::strtof(text.c_str(), nullptr)));
  }
}

TEST_CASE("from_chars: what is a number and where it ends") {
  struct row {
    std::string_view text;
    double value;
    std::size_t length;
  };
  double const infinity = std::numeric_limits<double>::infinity();
  std::vector<row> const rows{
      {"0", 0, 1},
      {"12", 12, 2},
      {"1.25", 1.25, 4},
      {".5", 0.5, 2},
      {"5.", 5, 2},
      {"-.5e1", -5, 5},
      {"+1.5", 1.5, 4},
      {"00012.500", 12.5, 9},
      {"1e3", 1000, 3},
      {"1E+3", 1000, 4},
      {"1.e-1x", 0.0999755859375, 5},
      {"1e", 1, 1},
      {"1e+", 1, 1},
      {"1e+x", 1, 1},
      {"1.2.3", 1.2001953125, 3},
      {"1,5", 1, 1},
      {"7 ", 7, 1},
      {"1_000", 1, 1},
      {"0x1.8p3", 12, 7},
      {"-0X1.8P+3", -12, 9},
      {"0xff", 255, 4},
      {"0xFFp-4", 15.9375, 7},
      {"0x.8", 0.5, 4},
      {"0x1.p1", 2, 6},
      {"0x1p", 1, 3},
      {"0x", 0, 1},
      {"0xg", 0, 1},
      {"0x.p1", 0, 1},
      {"inf", infinity, 3},
      {"-INF", -infinity, 4},
      {"Infinity", infinity, 8},
      {"infinit", infinity, 3},
      {"+inf,", infinity, 4},
      {"65504", 65504, 5},
      {"1e999999999999999999999999", 65504, 26},
      {"-1e999999999999999999999999", -65504, 27},
      {"1e-999999999999999999999999", 0, 27},
      {"0e999999999999999999999999", 0, 26},
      {"0x1p99999999999999999999", 65504, 24},
      {"0x1p-99999999999999999999", 0, 25},
      {"0x0p99999999999999999999", 0, 24},
  };
  for (row const& r : rows) {
    INFO(r.text);
    reading const got = read_half(r.text);
    CHECK(got.ec == std::errc{});
    CHECK(got.length == r.length);
    CHECK(got.value == r.value);
  }
  for (std::string_view const text : {"nan", "NaN", "-nan", "nan()", "nan(0x7_f)", "nan("}) {
    INFO(text);
    reading const got = read_half(text);
    CHECK(std::isnan(got.value));
    CHECK(got.ec == std::errc{});
    CHECK(got.length == (text == "nan(" ? 3 : text.size()));
  }
  CHECK(std::signbit(read_half("-0").value));
  CHECK(std::signbit(read_half("-0.000e5").value));
  CHECK(std::signbit(read_half("-1e-400").value));
  CHECK(std::signbit(read_half("-0x0p0").value));
  CHECK_FALSE(std::signbit(read_half("0").value));
}

TEST_CASE("from_chars: what is no number leaves everything as it was") {
  for (std::string_view const text : {"", " 1", "+", "-", ".", "-.", "e5", ".e5", "x1", "--1", "+-1", "in", "i", "na",
                                      "n", "\t1", "abc", "p3", "$5"}) {
    INFO('"' << text << '"');
    auto out = lowp::from_bits<lowp::e4m3fn>(0x55U);
    auto const r = lowp::from_chars(text.data(), text.data() + text.size(), out);
    CHECK(r.ec == std::errc::invalid_argument);
    CHECK(r.ptr == text.data());
    CHECK(lowp::to_bits(out) == 0x55U);
    code c = 0x55U;
    auto const any = lowp::from_chars(text.data(), text.data() + text.size(), lowp::any_format::of<lowp::e5m2>(), c);
    CHECK(any.ec == std::errc::invalid_argument);
    CHECK(any.ptr == text.data());
    CHECK(c == 0x55U);
  }
}

TEST_CASE("from_chars: digits without end") {
  auto const zeros = [](std::size_t n) { return std::string(n, '0'); };
  CHECK(read_half("0." + zeros(1000) + "1e1001").value == 1);
  CHECK(read_half("1" + zeros(1000) + "e-1000").value == 1);
  CHECK(read_half(zeros(5000) + "1." + zeros(5000)).value == 1);
  CHECK(read_half("0x" + zeros(500) + "1" + zeros(500) + "p-2000").value == 1);
  CHECK(read_half("0x." + zeros(500) + "1p2004").value == 1);
  CHECK(read_half(std::string(300, '9') + "e-300").value == 1);
  // A tie of float16 (1 + 2^-11) and one digit beside it, thousands of digits out.
  CHECK(read_half("1.00048828125").value == 1);
  CHECK(read_half("1.00048828125" + zeros(3000)).value == 1);
  CHECK(read_half("1.00048828125" + zeros(3000) + "1").value == 1.0009765625);
  CHECK(read_half("1.00048828124" + std::string(3000, '9')).value == 1);
  CHECK(read_half("0x1.002").value == 1);
  CHECK(read_half("0x1.002" + zeros(3000) + "1").value == 1.0009765625);
  CHECK(read_half("0x1.001" + std::string(3000, 'f')).value == 1);
  lowp::float16 out{};
  std::string const tiny = "0." + zeros(4000) + "1";
  lowp::from_chars(tiny.data(), tiny.data() + tiny.size(), out, lowp::rounding::up{});
  CHECK(lowp::to_bits(out) == 1);
}

TEST_CASE("from_chars: 64 bits of the value, and whether there is more") {
  // 1e60 and 1e-70: from the integers 10^60 and 2^296 / 10^70.
  struct row {
    std::string text;
    std::uint64_t significand;
    int exponent;
    bool sticky;
  };
  for (row const& r : std::vector<row>{
           {"0x123456789abcdef0", 0x91a2b3c4d5e6f780U, 60, false},
           {"0x123456789abcdef01", 0x91a2b3c4d5e6f780U, 64, true},
           {"0x1.0000000000000002", 0x8000000000000001U, 0, false},
           {"0x1.0000000000000003", 0x8000000000000001U, 0, true},
           {"0x1." + std::string(200, '0') + "1", 0x8000000000000000U, 0, true},
           {"18446744073709551615", 0xffffffffffffffffU, 63, false},
           {"18446744073709551615.5", 0xffffffffffffffffU, 63, true},
           {"36893488147419103231", 0xffffffffffffffffU, 64, true},
           {"0.5", 0x8000000000000000U, -1, false},
           {"0.1", 0xccccccccccccccccU, -4, true},
           {"1e60", 0x9f4f2726179a2245U, 199, true},
           {"1e-70", 0xb0af48ec79ace837U, -233, true},
           {"1.5" + std::string(400, '0') + "1", 0xc000000000000000U, 0, true},
       }) {
    INFO(r.text);
    lowp::exact x;
    REQUIRE(lowp::detail::read_number(r.text.data(), r.text.data() + r.text.size(), x) ==
            r.text.data() + r.text.size());
    CHECK(x.significand == r.significand);
    CHECK(x.exponent == r.exponent);
    CHECK(x.sticky == r.sticky);
  }
}

TEST_CASE("from_chars: out of range is the overflow policy's business") {
  auto const read_as = [](auto zero, std::string_view text, auto overflow) {
    auto r = lowp::from_chars(text.data(), text.data() + text.size(), zero, lowp::rounding::nearest_even{}, overflow);
    CHECK(r.ec == std::errc{});
    return static_cast<double>(zero);
  };
  double const infinity = std::numeric_limits<double>::infinity();
  CHECK(read_as(lowp::e5m2{}, "1e9", lowp::overflow::saturate{}) == 57344);
  CHECK(read_as(lowp::e5m2{}, "1e9", lowp::overflow::saturate_finite{}) == 57344);
  CHECK(read_as(lowp::e5m2{}, "1e9", lowp::overflow::nonsaturating{}) == infinity);
  CHECK(read_as(lowp::e5m2{}, "inf", lowp::overflow::saturate{}) == 57344);
  CHECK(read_as(lowp::e5m2{}, "-inf", lowp::overflow::saturate_finite{}) == -infinity);
  CHECK(std::isnan(read_as(lowp::e4m3fn{}, "465", lowp::overflow::nonsaturating{})));
  CHECK(read_as(lowp::e4m3fn{}, "464", lowp::overflow::nonsaturating{}) == 448);
  CHECK(std::isnan(read_as(lowp::e4m3fn{}, "inf", lowp::overflow::saturate_finite{})));
  CHECK(read_as(lowp::e2m1fn{}, "nan", lowp::overflow::saturate{}) == 6);
  CHECK(read_as(lowp::int4{}, "7.5", lowp::overflow::saturate{}) == 7);
  CHECK(read_as(lowp::int4{}, "-8.4", lowp::overflow::saturate{}) == -8);
  CHECK(read_as(lowp::int4{}, "2.5", lowp::overflow::saturate{}) == 2);
  CHECK(read_as(lowp::uint8{}, "1e2", lowp::overflow::saturate{}) == 100);
  CHECK(read_as(lowp::uint8{}, "-1", lowp::overflow::saturate{}) == 0);
  CHECK(read_as(lowp::nf4{}, "0.9", lowp::overflow::saturate{}) == 1);
  // The default keeps an infinity where cast's default does not: it reads what to_chars wrote.
  lowp::e5m2 x{};
  std::string_view const text = "inf";
  lowp::from_chars(text.data(), text.data() + text.size(), x);
  CHECK(isinf(x));
}

TEST_CASE("from_chars: constant expressions") {
  constexpr auto read_e4m3fn = [](std::string_view text) {
    lowp::e4m3fn x{};
    lowp::from_chars(text.data(), text.data() + text.size(), x);
    return x;
  };
  STATIC_REQUIRE(lowp::to_bits(read_e4m3fn("0.3125")) == 0x2a);
  STATIC_REQUIRE(lowp::to_bits(read_e4m3fn("-0x1.cp8")) == 0xfe);
  STATIC_REQUIRE(lowp::to_bits(read_e4m3fn("nan")) == 0x7f);
}

}  // namespace from_chars_test
