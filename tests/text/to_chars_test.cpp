// SPDX-License-Identifier: Apache-2.0
//
// The texts of all numbers of all formats. What they are held against: exact digits as snprintf writes them for the
// double of the same value, midpoints and ties from the oracle, std::to_chars for binary32.

#include <lowp/text/to_chars.hpp>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <lowp/format.hpp>
#include <lowp/text/any_format_chars.hpp>
#include <lowp/text/from_chars.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/oracle_twin.hpp"

namespace to_chars_test {

namespace {

using lowp::text_form;
using oracle::code;
using oracle::dyadic;

/// 0.digits * 10^point, without leading or trailing zeros.
struct number_text {
  std::string digits;
  int point = 0;

  friend bool operator==(number_text const&, number_text const&) = default;
  friend bool operator<(number_text const& a, number_text const& b) {
    if (a.digits.empty() || b.digits.empty()) return a.digits.size() < b.digits.size();
    return a.point != b.point ? a.point < b.point : a.digits < b.digits;
  }
};

/// Reads "123.45" and "1.2e-03" without sign.
number_text read(std::string_view text) {
  number_text n;
  std::size_t const e = text.find('e');
  if (e != text.npos) n.point = std::stoi(std::string(text.substr(e + 1)));
  std::string_view const mantissa = text.substr(0, e);
  n.point += static_cast<int>(mantissa.substr(0, mantissa.find('.')).size());
  for (char const c : mantissa) {
    if (c != '.') n.digits += c;
  }
  while (!n.digits.empty() && n.digits.back() == '0') n.digits.pop_back();
  while (!n.digits.empty() && n.digits.front() == '0') {
    n.digits.erase(n.digits.begin());
    --n.point;
  }
  return n;
}

/// Every digit of the magnitude: 160 places reach below the quarters of 2^-149.
number_text digits_of(double x) {
  char text[256];
  std::snprintf(text, sizeof(text), "%.160f", std::fabs(x));
  return read(text);
}

double to_double(dyadic const& x) { return oracle::to_double(oracle::number::finite(x)); }

/// The two n-digit numbers around one with more digits.
struct neighbours {
  number_text below;
  number_text above;
};

neighbours cut(number_text const& n, std::size_t digits) {
  std::string kept = n.digits.substr(0, digits);
  neighbours both{read("0." + kept), {}};
  both.below.point += n.point;
  std::size_t i = digits;
  while (i > 0 && kept[i - 1] == '9') kept[--i] = '0';
  if (i > 0) {
    ++kept[i - 1];
    both.above = read("0." + kept);
  } else {
    both.above = read("1");
  }
  both.above.point += n.point;
  return both;
}

/// The distance to 0.digits * 10^point decides by what is left of n: below, a tie, above the middle.
int compare_rest_with_half(number_text const& n, std::size_t digits) {
  std::string const rest = n.digits.substr(digits);
  return rest == "5" ? 0 : rest < "5" ? -1 : 1;
}

/// The interval that reads as one number: by the oracle's values, ties and rounding.
struct interval {
  number_text low;
  number_text high;
  bool low_inside;
  bool high_inside;

  bool holds(number_text const& n) const {
    return !n.digits.empty() && (low < n || (low_inside && n == low)) && (n < high || (high_inside && n == high));
  }
};

interval interval_of(oracle::encoder const& e, oracle::number const& x) {
  // 1. Neighbours in the direction of the magnitude: `grid` lists magnitudes, or for codebooks all values.
  auto const& grid = e.grid();
  bool const codebook = e.described().kind == oracle::family::codebook;
  dyadic const v = codebook ? x.value : x.value.magnitude();
  std::size_t i = 0;
  while (grid[i] != v) ++i;
  bool const up = !codebook || !x.is_negative();
  bool const has_inner = up ? i > 0 : i + 1 < grid.size();
  bool const has_outer = up ? i + 1 < grid.size() : i > 0;
  dyadic const magnitude = v.magnitude();
  auto const mirrored = [&](dyadic const& d) { return up ? d : d.negated(); };
  // 2. Midpoints; what crosses zero ends at zero, what has no outer neighbour ends as far away as on the other side.
  dyadic low;
  if (has_inner) low = (magnitude + mirrored(grid[up ? i - 1 : i + 1])).scaled(-1);
  if (low.is_negative()) low = dyadic{};
  dyadic const high =
      has_outer ? (magnitude + mirrored(grid[up ? i + 1 : i - 1])).scaled(-1) : magnitude + magnitude - low;
  // 3. Which of them read as x.
  auto const reads = [&](dyadic const& bound) {
    if (bound.is_zero()) return false;
    auto const signed_bound = oracle::number::finite(x.is_negative() ? bound.negated() : bound);
    code const c = e(signed_bound, oracle::rounding_mode::nearest_even, oracle::overflow::nonsaturating);
    return oracle::value(e.described(), c) == x;
  };
  return {digits_of(to_double(low)), digits_of(to_double(high)), reads(low), reads(high)};
}

std::vector<oracle::format> all_formats() {
  std::vector<oracle::format> all = oracle::catalogue();
  for (int k = 3; k <= 7; ++k) {
    for (auto const& f : oracle::p3109_formats(k)) all.push_back(f);
  }
  auto const add = [&](char const* name, float const* values, std::size_t count) {
    all.push_back(oracle::codebook(name, std::vector<double>(values, values + count)));
  };
  add("nf4", lowp::nf4_table::values, 16);
  add("af4", lowp::af4_table::values, 16);
  add("bnb_fp4", lowp::bnb_fp4_table::values, 16);
  float const skewed[] = {-3.0F, 0x1p-50F, 0.7F, 12.5F, -0x1p-48F, 96.0F, 997.0F, 0x1p20F};
  add("skewed", skewed, 8);
  float const above_one[] = {0x1.000002p0F, 0x1.000004p0F, 0x1.000006p0F, 1.0F};
  add("above one", above_one, 4);
  float const tiny[] = {0x1p-149F, 0x3p-149F, 0x2p-149F, -0.0F, 0.0F, -0x7p-149F, 0x5p-149F, 0x5p-149F};
  add("tiny", tiny, 8);
  float const special[] = {std::numeric_limits<float>::infinity(), -1.0F, std::numeric_limits<float>::quiet_NaN(),
                           0.25F};
  add("special", special, 4);
  return all;
}

bool reads_as(lowp::any_format const& f, std::string const& text, oracle::number const& expected,
              oracle::format const& o) {
  code c = 0;
  auto const r = lowp::from_chars(text.data(), text.data() + text.size(), f, c, lowp::rounding::nearest_even{},
                                  lowp::overflow::nonsaturating{});
  return r.ec == std::errc{} && r.ptr == text.data() + text.size() && oracle::value(o, c) == expected;
}

std::string spell(number_text const& n) { return "." + n.digits + "e" + std::to_string(n.point); }

/// Empty, or what is wrong with the texts of one code.
std::string verdict(oracle::encoder const& e, lowp::any_format const& f, code c) {
  oracle::format const& o = e.described();
  oracle::number const v = oracle::value(o, c);
  std::string const text = lowp::to_string(f, c);
  std::string const exact = lowp::to_string(f, c, text_form::exact);
  std::string const sign = v.is_negative() ? "-" : "";
  if (v.is_nan()) return text == "nan" && exact == "nan" && reads_as(f, text, v, o) ? "" : "NaN: " + text;
  if (v.is_infinite())
    return text == sign + "inf" && exact == text && reads_as(f, text, v, o) ? "" : "infinity: " + text;
  if (v.is_zero()) return text == sign + "0" && exact == text && reads_as(f, text, v, o) ? "" : "zero: " + text;
  if (!sign.empty() && (text[0] != '-' || exact[0] != '-')) return "sign: " + text;
  std::string const where = text + " for " + exact + ": ";

  // 1. The exact form has the digits of the value; both forms read back.
  number_text const own = digits_of(oracle::to_double(v));
  if (read(exact.substr(sign.size())) != own) return where + "not the exact value";
  if (!reads_as(f, exact, v, o)) return where + "the exact form does not read back";
  if (!reads_as(f, text, v, o)) return where + "does not read back";
  number_text const got = read(text.substr(sign.size()));
  interval const in = interval_of(e, v);
  if (!in.holds(got)) return where + "outside of the interval";

  // 2. No number of fewer digits reads back, except where fixed notation shows an integer's further digits.
  bool const may_saturate = !o.is_minifloat() || v.value.magnitude() == e.grid()[e.grid().size() - 2];
  std::size_t fewest = 1;
  while (fewest < own.digits.size()) {
    neighbours const n = cut(own, fewest);
    if (in.holds(n.below) || in.holds(n.above)) break;
    if (reads_as(f, sign + spell(n.below), v, o) || (!may_saturate && reads_as(f, sign + spell(n.above), v, o))) {
      return where + "the oracle's interval differs from what reads back";
    }
    ++fewest;
  }
  bool const fixed_integer = text.find_first_of(".e") == text.npos;
  std::size_t const digits =
      fixed_integer && own.point >= 1 ? std::max(fewest, static_cast<std::size_t>(own.point)) : fewest;
  if (got.digits.size() > digits) return where + "too many digits";

  // 3. Of those with as many digits the nearest, of two equally near ones the even one.
  if (digits >= own.digits.size()) return got == own ? "" : where + "not the nearest";
  neighbours const n = cut(own, digits);
  int const rest = compare_rest_with_half(own, digits);
  bool const even = ((own.digits[digits - 1] - '0') & 1) == 0;
  bool const below = !in.holds(n.above) || (in.holds(n.below) && (rest < 0 || (rest == 0 && even)));
  if (got != (below ? n.below : n.above)) return where + "not the nearest";

  // 4. The shorter notation: the other one with the same digits is not shorter (fixed: not as short).
  number_text const least = got;
  int const count = static_cast<int>(least.digits.size());
  int const fixed_size =
      least.point <= 0 ? 2 - least.point + count : std::max(least.point, count + (least.point < count ? 1 : 0));
  int const scientific_size = count + (count > 1 ? 1 : 0) + 4;
  bool const is_fixed = text.find('e') == text.npos;
  if (!is_fixed && fixed_size <= scientific_size) return where + "fixed is not longer";
  if (is_fixed && !fixed_integer && scientific_size < fixed_size) return where + "scientific is shorter";
  return "";
}

std::string shortest(float x) {
  constexpr lowp::float_layout binary32{8, 23, 127, lowp::specials::ieee, lowp::sign_bit::present};
  char text[lowp::max_text_size];
  return {text, lowp::detail::write_code(text, text + sizeof(text), binary32, std::bit_cast<std::uint32_t>(x),
                                         text_form::shortest)
                    .ptr};
}

template <class F>
std::string texts_of(std::initializer_list<double> values) {
  std::string all;
  for (double const x : values) all += (all.empty() ? "" : " ") + lowp::to_string(lowp::cast<F>(x));
  return all;
}

}  // namespace

TEST_CASE("to_chars: every code of every format, shortest and exact") {
  for (oracle::format const& o : all_formats()) {
    oracle::encoder const e(o);
    lowp::any_format const f = oracle::twin(o);
    bool const wide = o.bits > 8;
    std::string complaints;
    int count = 0;
    // Wide formats: the positive half and a part of the negative one.
    for (code c = 0; c < o.code_count(); c += wide && c >= o.magnitude_count() ? 17 : 1) {
      if (wide && c % 11 != 0 && (c & 0x3ffU) > 8) continue;  // an eleventh, and the start of every few binades
      std::string const v = verdict(e, f, c);
      if (!v.empty() && ++count <= 5) complaints += oracle::hexadecimal(c) + " " + v + "\n";
    }
    INFO(o.name << ": " << count << " wrong\n" << complaints);
    CHECK(count == 0);
  }
}

TEST_CASE("to_chars: the template is its run-time twin") {
  auto const same = [](auto zero) {
    using format = decltype(zero);
    lowp::any_format const f = lowp::any_format::of<format>();
    for (unsigned c = 0; c <= format::code_mask; c += format::bits > 8 ? 61 : 1) {
      for (text_form const form : {text_form::shortest, text_form::exact}) {
        REQUIRE(lowp::to_string(lowp::from_bits<format>(c), form) == lowp::to_string(f, c, form));
      }
    }
  };
  same(lowp::e4m3fn{});
  same(lowp::e8m0fnu{});
  same(lowp::p3109::binary6p1ue{});
  same(lowp::bfloat16{});
  same(lowp::int4{});
  same(lowp::uint1{});
  same(lowp::nf4{});
  same(lowp::bnb_fp4{});
}

TEST_CASE("to_chars: texts that people will look at") {
  CHECK(texts_of<lowp::e4m3fn>({0.3125, 448, 1, 0.001953125, -240, -0.0}) == "0.3 448 1 0.002 -240 -0");
  CHECK(texts_of<lowp::e5m2>({57344, 96, 0.0000152587890625, 1024}) == "57344 96 2e-05 1024");
  CHECK(texts_of<lowp::e2m1fn>({0, 0.5, 1, 1.5, 2, 3, 4, 6, -6}) == "0 0.5 1 1.5 2 3 4 6 -6");
  CHECK(texts_of<lowp::e8m0fnu>({16, 1024, 0x1p-127, 0x1p127}) == "16 1024 6e-39 2e+38");
  CHECK(texts_of<lowp::float16>({65504, 0.1, 1.0 / 3, 0x1p-24}) == "65504 0.1 0.3333 6e-08");
  CHECK(texts_of<lowp::bfloat16>({3.14159, 1e30, 0x1p-133}) == "3.14 1e+30 9e-41");
  CHECK(texts_of<lowp::int8>({100, -128, 0, 127}) == "100 -128 0 127");
  CHECK(lowp::to_string(lowp::cast<lowp::e4m3fn>(0.3125), text_form::exact) == "0.3125");
  CHECK(lowp::to_string(lowp::cast<lowp::e8m0fnu>(0x1p127), text_form::exact) ==
        "170141183460469231731687303715884105728");
  CHECK(lowp::to_string(lowp::cast<lowp::e8m0fnu>(0x1p-127), text_form::exact) ==
        "5.8774717541114375398436826861112283890933277838604376075437585313920862972736358642578125e-39");
}

TEST_CASE("to_chars: a table over the whole range of float") {
  lowp::any_format const f(std::vector<float>{-0x1.fffffep127F, 0x1p-149F, 0x1.fffffep127F, -0x1.8p-140F}, "extremes");
  CHECK(lowp::to_string(f, 0) == "-3e+38");
  CHECK(lowp::to_string(f, 0, text_form::exact) == "-340282346638528859811704183484516925440");
  CHECK(lowp::to_string(f, 1) == "1e-45");
  CHECK(lowp::to_string(f, 1, text_form::exact).substr(0, 20) == "1.401298464324817070");
  CHECK(lowp::to_string(f, 1, text_form::exact).size() == 110);
  CHECK(lowp::to_string(f, 3) == "-1e-42");
  lowp::any_format const single(std::vector<float>{0.7F, 0.7F}, "single");
  CHECK(lowp::to_string(single, 1) == "0.7");
}

TEST_CASE("to_chars: binary32 as std::to_chars has it") {
#if defined(__cpp_lib_to_chars) || defined(_LIBCPP_VERSION)
  auto const standard = [](float x) {
    char text[64];
    return std::string(text, std::to_chars(text, text + sizeof(text), x).ptr);
  };
  std::mt19937 random(2);
  for (int i = 0; i < 20000; ++i) {
    auto const x = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if ((std::bit_cast<std::uint32_t>(x) & 0x7fffffffU) > 0x7f800000U) continue;
    REQUIRE(shortest(x) == standard(x));
  }
  for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
    for (std::uint32_t const fraction : {0U, 1U, 2U, 0x400000U, 0x7ffffeU, 0x7fffffU}) {
      auto const x = std::bit_cast<float>(exponent << 23 | fraction);
      REQUIRE(shortest(x) == standard(x));
    }
  }
  // 3e10 and 9e9 lie midway between two floats: the shortest text of the even one alone.
  for (float const x : {29999998976.0F, 30000001024.0F, 8999999488.0F, 9000000512.0F, 10999999488.0F, 11000000512.0F}) {
    REQUIRE(shortest(x) == standard(x));
  }
  CHECK(shortest(30000001024.0F) == "3e+10");
  CHECK(shortest(8999999488.0F) == "9e+09");
  for (int i = 0; i < 200000; i += 7) REQUIRE(shortest(static_cast<float>(i)) == standard(static_cast<float>(i)));
  for (int i = 1; i < 20000; i += 3)
    REQUIRE(shortest(static_cast<float>(i) * 0.01F) == standard(static_cast<float>(i) * 0.01F));
#else
  SKIP("this standard library has no std::to_chars for float");
#endif
}

TEST_CASE("to_chars: a buffer of exactly the right size, and one too small") {
  for (char const* name : {"bfloat16", "e5m2", "int8", "e8m0fnu"}) {
    lowp::any_format const f = oracle::twin(oracle::by_name(name));
    for (code c = 0; c <= f.facts().code_mask; c += f.bits() > 8 ? 331 : 1) {
      for (text_form const form : {text_form::shortest, text_form::exact}) {
        std::string const text = lowp::to_string(f, c, form);
        REQUIRE(text.size() <= lowp::max_text_size);
        std::string buffer(text.size(), '#');
        auto r = lowp::to_chars(buffer.data(), buffer.data() + buffer.size(), f, c, form);
        REQUIRE(r.ec == std::errc{});
        REQUIRE(r.ptr == buffer.data() + buffer.size());
        REQUIRE(buffer == text);
        std::string guarded(text.size(), '#');
        char* const last = guarded.data() + text.size() - 1;
        r = lowp::to_chars(guarded.data(), last, f, c, form);
        REQUIRE(r.ec == std::errc::value_too_large);
        REQUIRE(r.ptr == last);
        REQUIRE(guarded.back() == '#');
      }
    }
  }
  char one[1];
  CHECK(lowp::to_chars(one, one, lowp::int4{}).ec == std::errc::value_too_large);
}

TEST_CASE("to_chars: constant expressions") {
  constexpr auto is = [](auto x, std::string_view expected) {
    char text[lowp::max_text_size] = {};
    auto const r = lowp::to_chars(text, text + sizeof(text), x);
    return std::string_view(text, static_cast<std::size_t>(r.ptr - text)) == expected;
  };
  STATIC_REQUIRE(is(lowp::cast<lowp::e4m3fn>(0.3125), "0.3"));
  STATIC_REQUIRE(is(lowp::cast<lowp::int5>(-16), "-16"));
  STATIC_REQUIRE(is(lowp::cast<lowp::nf4>(0.08), "0.08"));
}

}  // namespace to_chars_test
