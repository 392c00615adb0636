// SPDX-License-Identifier: Apache-2.0
//
// The oracle against numbers that others published or measured: value tables, format limits, vendors' conversions,
// counts over all 2^32 floats. Nothing of the library is included here.

#include "support/oracle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace oracle_test {

namespace {

using oracle::by_name;
using oracle::code;
using oracle::dyadic;
using oracle::encoder;
using oracle::family;
using oracle::overflow;
using oracle::rounding;
using oracle::sign_bit;
using oracle::variant;
using mode = oracle::rounding_mode;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();

constexpr auto all_modes = oracle::deterministic_modes;
constexpr auto all_overflows = oracle::all_overflows;

double pow2(int k) { return std::ldexp(1.0, k); }

double max_of(const oracle::format& f) {
  return oracle::to_double(oracle::number::finite(oracle::find_extremes(f).max));
}
double min_positive_of(const oracle::format& f) {
  return oracle::to_double(oracle::number::finite(oracle::find_extremes(f).min_positive));
}
/// The smallest value from which on the next ones grow by binades: exponent field 1, fraction 0.
double min_normal_of(const oracle::format& f) { return oracle::value_as_double(f, code{1} << f.mantissa_bits); }

/// The length of the runs of `map` whose code differs from that of `other`.
std::uint64_t count_differences(const std::vector<oracle::interval>& map, const std::vector<oracle::interval>& other) {
  std::uint64_t differing = 0;
  std::size_t j = 0;
  for (const auto& run : map) {
    std::uint64_t at = run.first;
    while (at <= run.last) {
      while (other[j].last < at) ++j;
      const std::uint64_t end = std::min<std::uint64_t>(run.last, other[j].last);
      if (other[j].c != run.c) differing += end - at + 1;
      at = end + 1;
    }
  }
  return differing;
}

/// The map of float -> middle -> to, from the map of float -> middle.
std::vector<oracle::interval> through(const std::vector<oracle::interval>& first, const oracle::format& middle,
                                      const encoder& to, const rounding& r, overflow o) {
  std::vector<oracle::interval> map = first;
  for (auto& run : map) run.c = to(oracle::value(middle, run.c), r, o);
  return map;
}

}  // namespace

TEST_CASE("oracle: exact numbers") {
  CHECK(oracle::to_double(oracle::number_of(0.1)) == 0.1);
  CHECK(oracle::number_of(0.1F).value == dyadic(oracle::sign::plus, 13421773, -27));
  CHECK(oracle::number_of(-3.0).value == dyadic(oracle::sign::minus, 3, 0));
  CHECK(oracle::number_of(-0.0).is_zero());
  CHECK(oracle::number_of(-0.0).is_negative());
  CHECK(oracle::number_of(0x1p-149F).value == dyadic::power_of_two(-149));
  CHECK(oracle::number_of(0x1p-1074).value == dyadic::power_of_two(-1074));
  CHECK(oracle::number_of(std::numeric_limits<double>::max()).value ==
        dyadic(oracle::sign::plus, (std::uint64_t{1} << 53) - 1, 971));
  CHECK(oracle::number_of(infinity).is_infinite());
  CHECK(oracle::number_of(quiet_nan).is_nan());

  const dyadic third = oracle::number_of(1.0 / 3).value;
  CHECK(third + third.negated() == dyadic{});
  CHECK((third - dyadic::integer(1)).is_negative());
  CHECK(dyadic::integer(-5) < dyadic::integer(-4));
  CHECK(dyadic::integer(-5) < dyadic{});
  CHECK(dyadic::power_of_two(-1074) < dyadic::power_of_two(1000));
  CHECK(dyadic::integer(7).times(3) == dyadic::integer(21));
  CHECK_THROWS_AS(dyadic::power_of_two(100) + dyadic::power_of_two(-100), std::overflow_error);
  CHECK_THROWS_AS(oracle::to_float(oracle::number_of(0.1)), std::domain_error);

  // Reading and writing are inverse on patterns spread over all binades, and "not above" is not above.
  for (std::uint64_t bits = 0; bits < oracle::binary32.infinity(); bits += 65521) {
    const auto v = oracle::read(oracle::binary32, bits);
    REQUIRE(oracle::write(oracle::binary32, v) == bits);
    const dyadic above = v.value + v.value.scaled(-40);
    REQUIRE(oracle::magnitude_bits_not_above(oracle::binary32, above) == bits);
    if (bits == 0) continue;
    const dyadic below = v.value - v.value.scaled(-40);
    REQUIRE(oracle::magnitude_bits_not_above(oracle::binary32, below) == bits - 1);
  }
}

TEST_CASE("oracle: limits of the named formats") {
  struct row {
    const char* name;
    int bits;
    double max, min_normal, min_subnormal;
    std::vector<code> nans;
    std::vector<code> infinities;
  };
  const std::vector<row> rows{
      {"e5m2", 8, 57344, pow2(-14), pow2(-16), {0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff}, {0x7c, 0xfc}},
      {"e4m3fn", 8, 448, pow2(-6), pow2(-9), {0x7f, 0xff}, {}},
      {"e4m3",
       8,
       240,
       pow2(-6),
       pow2(-9),
       {0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff},
       {0x78, 0xf8}},
      {"e3m4fn", 8, 30, pow2(-2), pow2(-6), {0x7f, 0xff}, {}},
      {"e5m2fnuz", 8, 57344, pow2(-15), pow2(-17), {0x80}, {}},
      {"e4m3fnuz", 8, 240, pow2(-7), pow2(-10), {0x80}, {}},
      {"e4m3b11fnuz", 8, 30, pow2(-10), pow2(-13), {0x80}, {}},
      {"e3m2fn", 6, 28, pow2(-2), pow2(-4), {}, {}},
      {"e2m3fn", 6, 7.5, 1, 0.125, {}, {}},
      {"e2m1fn", 4, 6, 1, 0.5, {}, {}},
      {"ue4m3", 7, 448, pow2(-6), pow2(-9), {0x7f}, {}},
      {"ue5m3", 8, 114688, pow2(-14), pow2(-17), {0xff}, {}},
      {"e3m0fn", 4, 16, 0.25, 0.25, {}, {}},
  };
  for (const auto& r : rows) {
    const auto f = by_name(r.name);
    INFO(r.name);
    CHECK(f.bits == r.bits);
    CHECK(max_of(f) == r.max);
    CHECK(min_normal_of(f) == r.min_normal);
    CHECK(min_positive_of(f) == r.min_subnormal);
    std::vector<code> nans;
    std::vector<code> infinities;
    for (code c = 0; c < f.code_count(); ++c) {
      if (oracle::value(f, c).is_nan()) nans.push_back(c);
      if (oracle::value(f, c).is_infinite()) infinities.push_back(c);
    }
    CHECK(nans == r.nans);
    CHECK(infinities == r.infinities);
  }

  const auto e3m4 = by_name("e3m4");
  CHECK(max_of(e3m4) == 15.5);
  CHECK(min_normal_of(e3m4) == 0.25);
  CHECK(min_positive_of(e3m4) == pow2(-6));
  CHECK(oracle::value(e3m4, 0x70).is_infinite());
  for (code c = 0x71; c <= 0x7f; ++c) CHECK(oracle::value(e3m4, c).is_nan());
  CHECK(oracle::value_as_double(e3m4, 0x0f) == 15 * pow2(-6));

  const auto scale = by_name("e8m0fnu");
  CHECK(max_of(scale) == pow2(127));
  CHECK(min_positive_of(scale) == pow2(-127));
  CHECK(oracle::value_as_double(scale, 127) == 1);
  CHECK(oracle::value(scale, 0xff).is_nan());
  CHECK(oracle::find_extremes(scale).finite_codes == 255);

  const auto half = by_name("float16");
  CHECK(max_of(half) == 65504);
  CHECK(min_normal_of(half) == pow2(-14));
  CHECK(min_positive_of(half) == pow2(-24));
  const auto brain = by_name("bfloat16");
  CHECK(max_of(brain) == (2 - pow2(-7)) * pow2(127));
  CHECK(min_normal_of(brain) == pow2(-126));
  CHECK(min_positive_of(brain) == pow2(-133));
  const auto tf32 = oracle::minifloat("tf32", 8, 10, 127, family::ieee);
  CHECK(max_of(tf32) == (2 - pow2(-10)) * pow2(127));
  CHECK(min_positive_of(tf32) == pow2(-136));

  // bfloat16 is the upper half of binary32.
  for (code c = 0; c < 0x10000; ++c) {
    REQUIRE(oracle::value(brain, c) == oracle::read(oracle::binary32, std::uint64_t{c} << 16));
  }
}

TEST_CASE("oracle: maxima and minima that Brevitas pins in its tests") {
  struct row {
    oracle::format f;
    double max, min;
  };
  const auto plain = [](int e, int m) {
    return oracle::minifloat("plain", e, m, oracle::ieee_bias(e), family::finite);
  };
  const std::vector<row> rows{{by_name("e5m2"), 57344, pow2(-16)},    {by_name("e4m3fn"), 448, pow2(-9)},
                              {plain(4, 3), 480, pow2(-9)},           {plain(5, 2), 114688, pow2(-16)},
                              {by_name("e4m3fnuz"), 240, pow2(-10)},  {by_name("e5m2fnuz"), 57344, pow2(-17)},
                              {plain(6, 1), 6442450944.0, pow2(-31)}, {plain(3, 4), 31, pow2(-6)},
                              {plain(2, 5), 7.875, pow2(-5)},         {plain(1, 6), 3.96875, pow2(-5)}};
  for (const auto& r : rows) {
    INFO(r.f.name << " e" << r.f.exponent_bits << "m" << r.f.mantissa_bits);
    CHECK(max_of(r.f) == r.max);
    CHECK(min_positive_of(r.f) == r.min);
  }
  // E7M0: only the maximum is common ground. Brevitas's 2^-63 counts a value at exponent field 0, ours is zero there.
  CHECK(max_of(plain(7, 0)) == pow2(64));
  CHECK(min_positive_of(plain(7, 0)) == pow2(-62));
}

TEST_CASE("oracle: one ExMy name under the conventions of the field") {
  const auto make = [](int e, int m, family k, int shift) {
    return max_of(oracle::minifloat("x", e, m, oracle::ieee_bias(e) + shift, k));
  };
  CHECK(make(5, 2, family::finite, 0) == 114688);
  CHECK(make(4, 3, family::finite, 0) == 480);
  CHECK(make(3, 4, family::finite, 0) == 31);
  CHECK(make(2, 5, family::finite, 0) == 7.875);
  CHECK(make(5, 2, family::ieee, 0) == 57344);
  CHECK(make(4, 3, family::ieee, 0) == 240);
  CHECK(make(3, 4, family::ieee, 0) == 15.5);
  CHECK(make(2, 5, family::ieee, 0) == 3.9375);
  CHECK(make(4, 3, family::fn, 0) == 448);
  CHECK(make(3, 4, family::fn, 0) == 30);
  CHECK(make(2, 5, family::fn, 0) == 7.75);
  CHECK(make(5, 2, family::fnuz, 1) == 57344);
  CHECK(make(4, 3, family::fnuz, 1) == 240);
  CHECK(make(4, 3, family::finite, 1) == 240);

  // Intel's FP8 emulation toolkit: largest subnormals 0.75 * 2^-14, 0.875 * 2^-6, 0.9375 * 2^-2.
  CHECK(oracle::value_as_double(by_name("e5m2"), 0x03) == 0.75 * pow2(-14));
  CHECK(oracle::value_as_double(by_name("e4m3fn"), 0x07) == 0.875 * pow2(-6));
  CHECK(oracle::value_as_double(by_name("e3m4fn"), 0x0f) == 0.9375 * pow2(-2));
}

TEST_CASE("oracle: value lists below 8 bits") {
  const auto values = [](const oracle::format& f) {
    std::vector<double> v;
    for (code c = 0; c < f.magnitude_count(); ++c) v.push_back(oracle::value_as_double(f, c));
    return v;
  };
  CHECK(values(by_name("e2m1fn")) == std::vector<double>{0, 0.5, 1, 1.5, 2, 3, 4, 6});
  CHECK(values(by_name("e3m0fn")) == std::vector<double>{0, 0.25, 0.5, 1, 2, 4, 8, 16});
  CHECK(values(oracle::minifloat("e1m2", 1, 2, 1, family::finite)) ==
        std::vector<double>{0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75});
  CHECK(values(oracle::minifloat("e2m3fn", 2, 3, 1, family::finite)).size() == 32);
  for (code c = 0; c < 16; ++c) {
    CHECK(oracle::value_as_double(by_name("int4"), c) == (c < 8 ? c : c - 16.0));
    CHECK(oracle::value_as_double(by_name("uint4"), c) == c);
  }
  CHECK(oracle::value_as_double(by_name("int2"), 2) == -2);
  CHECK(oracle::value_as_double(by_name("int8"), 0x80) == -128);
  CHECK(oracle::value_as_double(by_name("uint1"), 1) == 1);
  CHECK(oracle::value_as_double(by_name("e2m1fn"), 0xf) == -6);
  CHECK(oracle::value(by_name("e2m1fn"), 0x8) == oracle::number::zero(oracle::sign::minus));
}

TEST_CASE("oracle: counts and moments of the codes") {
  struct row {
    const char* name;
    code positive;
  };
  for (const auto& r : {row{"e4m3fn", 126}, row{"e5m2", 123}, row{"e3m4fn", 126}, row{"e3m4", 111}, row{"e2m1fn", 7},
                        row{"e2m3fn", 31}, row{"e3m2fn", 31}}) {
    INFO(r.name);
    CHECK(oracle::find_extremes(by_name(r.name)).positive_codes == r.positive);
  }
  const auto in_lower_half = [](const oracle::format& f) {
    int count = 0;
    for (code c = 0; c < f.magnitude_count(); ++c) {
      const auto v = oracle::value(f, c);
      if (v.is_finite() && v.value <= dyadic::power_of_two(-1)) ++count;
    }
    return count;
  };
  CHECK(in_lower_half(by_name("e4m3fn")) == 49);
  CHECK(in_lower_half(by_name("e5m2")) == 57);

  // ONNX Runtime's standard-deviation scale: the 254 finite codes of E4M3FN have population deviation 100.0577.
  double sum_of_squares = 0;
  int n = 0;
  for (code c = 0; c < 256; ++c) {
    const auto v = oracle::value(by_name("e4m3fn"), c);
    if (!v.is_finite()) continue;
    sum_of_squares += oracle::to_double(v) * oracle::to_double(v);
    ++n;
  }
  CHECK(n == 254);
  CHECK(std::abs(std::sqrt(sum_of_squares / n) - 100.0577) < 5e-5);
  CHECK(std::abs(1 / std::sqrt(sum_of_squares / n) - 0.00999423) < 5e-9);
}

TEST_CASE("oracle: the 8-bit formats of P3109") {
  struct row {
    int precision;
    const char* kind;
    double max, min_normal, min_subnormal;
  };
  // formats.md, table "P3109": se, sf, ue, uf for p1 .. p8; the finite domain shares the minima of the extended one.
  const std::vector<row> rows{
      {1, "se", pow2(62), pow2(-63), pow2(-63)},
      {2, "se", pow2(31), pow2(-31), pow2(-32)},
      {3, "se", 49152, pow2(-15), pow2(-17)},
      {4, "se", 224, pow2(-7), pow2(-10)},
      {5, "se", 15, pow2(-3), pow2(-7)},
      {6, "se", 3.875, 0.5, pow2(-6)},
      {7, "se", 1.96875, 1, pow2(-6)},
      {1, "sf", pow2(63), pow2(-63), pow2(-63)},
      {2, "sf", 1.5 * pow2(31), pow2(-31), pow2(-32)},
      {3, "sf", 57344, pow2(-15), pow2(-17)},
      {4, "sf", 240, pow2(-7), pow2(-10)},
      {5, "sf", 15.5, pow2(-3), pow2(-7)},
      {6, "sf", 3.9375, 0.5, pow2(-6)},
      {7, "sf", 1.984375, 1, pow2(-6)},
      {1, "ue", pow2(125), pow2(-127), pow2(-127)},
      {2, "ue", 1.5 * pow2(62), pow2(-63), pow2(-64)},
      {3, "ue", 1.25 * pow2(31), pow2(-31), pow2(-33)},
      {4, "ue", 53248, pow2(-15), pow2(-18)},
      {5, "ue", 232, pow2(-7), pow2(-11)},
      {6, "ue", 15.25, pow2(-3), pow2(-8)},
      {7, "ue", 3.90625, 0.5, pow2(-7)},
      {1, "uf", pow2(126), pow2(-127), pow2(-127)},
      {2, "uf", pow2(63), pow2(-63), pow2(-64)},
      {3, "uf", 1.5 * pow2(31), pow2(-31), pow2(-33)},
      {4, "uf", 57344, pow2(-15), pow2(-18)},
      {5, "uf", 240, pow2(-7), pow2(-11)},
      {6, "uf", 15.5, pow2(-3), pow2(-8)},
      {7, "uf", 3.9375, 0.5, pow2(-7)},
      {8, "ue", 1.9765625, 1, pow2(-7)},
      {8, "uf", 1.984375, 1, pow2(-7)},
  };
  CHECK(rows.size() == oracle::p3109_formats(8).size());
  for (const auto& r : rows) {
    const auto f = by_name("binary8p" + std::to_string(r.precision) + r.kind);
    INFO(f.name);
    CHECK(f.bits == 8);
    CHECK(max_of(f) == r.max);
    CHECK(min_normal_of(f) == r.min_normal);
    CHECK(min_positive_of(f) == r.min_subnormal);
    const auto e = oracle::find_extremes(f);
    CHECK(e.nan_codes == 1);
    const bool is_signed = f.is_signed();
    const bool extended = f.kind == family::p3109_extended;
    CHECK(e.infinity_codes == (extended ? (is_signed ? 2 : 1) : 0));
    CHECK(oracle::value(f, is_signed ? 0x80 : 0xff).is_nan());
    if (extended) CHECK(oracle::value(f, is_signed ? 0x7f : 0xfe).is_infinite());
    for (code c = 1; c < 256; ++c) CHECK_FALSE(oracle::value(f, c).is_zero());
  }
  // Every K: one NaN, one zero, the rest numbers (and infinities).
  for (int k = 3; k <= 8; ++k) {
    for (const auto& f : oracle::p3109_formats(k)) {
      const auto e = oracle::find_extremes(f);
      CHECK(f.bits == k);
      CHECK(e.finite_codes + e.nan_codes + e.infinity_codes == f.code_count());
      CHECK(e.nan_codes == 1);
    }
  }
  CHECK(oracle::p3109_formats(8).size() == 30);
  CHECK_THROWS_AS(oracle::p3109(8, 8, sign_bit::present, oracle::domain::finite), std::invalid_argument);
}

TEST_CASE("oracle: decode identities used by fast kernels") {
  // E4M3FN code -> (code & 7f) << 7 read as binary16, times 256; E5M2 -> one byte up; bfloat16 with 2^120 and 2^112.
  const auto e4m3fn = by_name("e4m3fn");
  const auto e5m2 = by_name("e5m2");
  const auto half = by_name("float16");
  const auto brain = by_name("bfloat16");
  for (code c = 0; c < 0x7f; ++c) {
    CHECK(oracle::value(half, c << 7).value.scaled(8) == oracle::value(e4m3fn, c).value);
    CHECK(oracle::value(brain, c << 4).value.scaled(120) == oracle::value(e4m3fn, c).value);
  }
  CHECK(oracle::value(half, 0x7fU << 7).value.scaled(8) == dyadic::integer(480));
  for (code c = 0; c < 256; ++c) CHECK(oracle::value(half, c << 8) == oracle::value(e5m2, c));
  for (code c = 0; c < 0x7c; ++c) CHECK(oracle::value(brain, c << 5).value.scaled(112) == oracle::value(e5m2, c).value);
}

TEST_CASE("oracle: what vendors do at 464, 465, 480 and infinity") {
  const auto e4m3fn = by_name("e4m3fn");
  const auto e5m2 = by_name("e5m2");
  const auto to = [](const oracle::format& f, double x, overflow o) { return oracle::encode(f, x, {}, o); };
  // OCP SAT = CUDA SATFINITE = P3109 SatFinite.
  for (const double x : {448.0, 449.0, 464.0, 465.0, 480.0, 1e30, infinity}) {
    CHECK(to(e4m3fn, x, overflow::saturate) == 0x7e);
    CHECK(to(e4m3fn, -x, overflow::saturate) == 0xfe);
  }
  // OCP NONSAT: above 464 is NaN, the tie at 464 goes to the even 448.
  CHECK(to(e4m3fn, 464, overflow::nonsaturating) == 0x7e);
  CHECK(to(e4m3fn, std::nextafter(464.0, 500), overflow::nonsaturating) == 0x7f);
  for (const double x : {465.0, 480.0, 1e30, infinity}) {
    CHECK(to(e4m3fn, x, overflow::nonsaturating) == 0x7f);
    CHECK(to(e4m3fn, -x, overflow::nonsaturating) == 0x7f);
  }
  // AVX10.2 S and ml_dtypes kSaturate: finite values clamp, infinity is kept: NaN where there is none.
  for (const double x : {464.0, 465.0, 480.0, 1e30}) CHECK(to(e4m3fn, x, overflow::saturate_finite) == 0x7e);
  CHECK(to(e4m3fn, infinity, overflow::saturate_finite) == 0x7f);
  CHECK(to(e5m2, infinity, overflow::saturate_finite) == 0x7c);
  CHECK(to(e5m2, -infinity, overflow::saturate_finite) == 0xfc);
  CHECK(to(e5m2, 1e30, overflow::saturate_finite) == 0x7b);
  // E5M2: 61440 and above overflow.
  CHECK(to(e5m2, std::nextafter(61440.0, 0), overflow::nonsaturating) == 0x7b);
  CHECK(to(e5m2, 61440, overflow::nonsaturating) == 0x7c);
  CHECK(to(e5m2, 61440, overflow::saturate) == 0x7b);
  CHECK(to(e5m2, infinity, overflow::saturate) == 0x7b);
  // Gaudi hf8: an E4M3 of maximum 240 that saturates infinity too.
  for (const double x : {250.0, 300.0, infinity}) CHECK(to(by_name("e4m3"), x, overflow::saturate) == 0x77);
  // FNUZ has no infinity: NaN.
  CHECK(to(by_name("e4m3fnuz"), infinity, overflow::nonsaturating) == 0x80);
  CHECK(to(by_name("e4m3fnuz"), 1000, overflow::nonsaturating) == 0x80);
  CHECK(to(by_name("e4m3fnuz"), 1000, overflow::saturate) == 0x7f);
  // FP6 and FP4 give their maximum whatever the policy; NaN as PTX does.
  for (const overflow o : all_overflows) {
    CHECK(to(by_name("e2m1fn"), infinity, o) == 0x7);
    CHECK(to(by_name("e2m1fn"), -1e9, o) == 0xf);
    CHECK(to(by_name("e2m1fn"), quiet_nan, o) == 0x7);
    CHECK(to(by_name("e3m2fn"), -infinity, o) == 0x3f);
    CHECK(to(by_name("e2m3fn"), -quiet_nan, o) == 0x1f);
  }
  // Canonical NaNs, sign dropped.
  struct row {
    const char* name;
    code nan;
  };
  for (const auto& r : {row{"e5m2", 0x7e}, row{"e4m3", 0x7c}, row{"e3m4", 0x78}, row{"bfloat16", 0x7fc0},
                        row{"float16", 0x7e00}, row{"e4m3fn", 0x7f}, row{"e3m4fn", 0x7f}, row{"ue4m3", 0x7f},
                        row{"ue5m3", 0xff}, row{"e5m2fnuz", 0x80}, row{"e4m3b11fnuz", 0x80}, row{"e8m0fnu", 0xff},
                        row{"binary8p3se", 0x80}, row{"binary8p4uf", 0xff}, row{"int8", 0}, row{"uint4", 0}}) {
    INFO(r.name);
    for (const overflow o : all_overflows) {
      CHECK(to(by_name(r.name), quiet_nan, o) == r.nan);
      CHECK(to(by_name(r.name), -quiet_nan, o) == r.nan);
    }
  }
}

TEST_CASE("oracle: ties and single roundings that others got wrong") {
  const auto nearest = [](const char* name, double x) { return oracle::encode(by_name(name), x); };
  // ggml's UE4M3: half rounds to even, 7.7 subnormal steps make 8, and 256 .. 416 are not 448.
  CHECK(oracle::value_as_double(by_name("ue4m3"), nearest("ue4m3", 1.0625)) == 1.0);
  CHECK(nearest("ue4m3", 7.7 * pow2(-9)) == 8);
  for (code c = 0x78; c <= 0x7d; ++c) CHECK(nearest("ue4m3", oracle::value_as_double(by_name("ue4m3"), c)) == c);
  // Brevitas #1126: E4M4 with bias 0 has step 2^-3 near zero, so 0.3125 is 2.5 steps and goes to 0.25.
  const auto e4m4 = oracle::minifloat("e4m4", 4, 4, 0, family::finite);
  CHECK(oracle::value_as_double(e4m4, oracle::encode(e4m4, 0.3125)) == 0.25);
  // ml_dtypes' float8_e8m0fnu rounds 2,097,151 floats of (2^-127, 1.5 * 2^-127) up; all of them belong to code 00.
  const auto map = oracle::interval_map(encoder(by_name("e8m0fnu")), mode::nearest_even, overflow::saturate);
  CHECK(map[1].first == 1);
  CHECK(map[1].last == 0x005fffff);
  CHECK(map[1].c == 0);
  CHECK(map[1].last - 0x00400000 == 2097151);
  CHECK(map[2].c == 1);
  // ... and its saturating -infinity must not be a NaN when other negatives are 00.
  CHECK(oracle::encode(by_name("e8m0fnu"), -infinity) == 0);
  // A double must not be rounded to float first: 1.0625 is a tie of e4m3fn, one double ulp above is not.
  CHECK(oracle::encode(by_name("e4m3fn"), std::nextafter(1.0625, 2)) == nearest("e4m3fn", 1.125));
  CHECK(oracle::encode(by_name("e4m3fn"), 1.0625) == nearest("e4m3fn", 1.0));
}

TEST_CASE("oracle: the products of FireQ's weight table") {
  const encoder e4m3fn(by_name("e4m3fn"));
  int overflowing = 0;
  int inexact = 0;
  std::array<int, 9> inexact_of{};
  double worst = 0;
  dyadic largest_safe{};
  for (code c = 1; c <= 126; ++c) {
    const dyadic sigma = oracle::value(e4m3fn.described(), c).value;
    if (sigma.times(8) <= dyadic::integer(448)) largest_safe = sigma;
    for (unsigned q = 1; q <= 8; ++q) {
      const dyadic product = sigma.times(q);
      if (product > dyadic::integer(448)) {
        ++overflowing;
        continue;
      }
      const auto rounded = oracle::value(
          e4m3fn.described(), e4m3fn(oracle::number::finite(product), mode::nearest_even, overflow::saturate));
      if (rounded.value == product) continue;
      ++inexact;
      ++inexact_of[q];
      const double exact = oracle::to_double(oracle::number::finite(product));
      worst = std::max(worst, std::abs(oracle::to_double(rounded) - exact) / exact);
    }
  }
  CHECK(overflowing == 123);
  CHECK(inexact == 294);
  CHECK(inexact_of == std::array<int, 9>{0, 0, 0, 67, 0, 77, 62, 88, 0});
  CHECK(std::abs(worst - 1.0 / 21) < 1e-12);
  CHECK(largest_safe == dyadic::integer(56));
  const auto rounded = [&](double x) {
    return oracle::value_as_double(e4m3fn.described(), e4m3fn(x, mode::nearest_even, overflow::saturate));
  };
  CHECK(rounded(3.375) == 3.5);
  CHECK(rounded(5.625) == 5.5);
  CHECK(rounded(6.875) == 7);
  CHECK(rounded(7.875) == 8);
  CHECK(rounded(13.125) == 13);
}

TEST_CASE("oracle: which shifted 4-bit values a wider format holds") {
  const auto all_exact = [](const oracle::format& from, const encoder& to, int k) {
    for (code c = 0; c < from.code_count(); ++c) {
      const dyadic x = oracle::value(from, c).value.scaled(k);
      const auto there =
          oracle::value(to.described(), to(oracle::number::finite(x), mode::nearest_even, overflow::saturate));
      if (there.value != x) return false;
    }
    return true;
  };
  const auto range = [&](const char* from, const char* to) {
    const encoder e(by_name(to));
    std::array<int, 2> limits{99, -99};
    for (int k = -40; k <= 40; ++k) {
      if (!all_exact(by_name(from), e, k)) continue;
      limits = {std::min(limits[0], k), std::max(limits[1], k)};
    }
    return limits;
  };
  CHECK(range("e2m1fn", "e4m3fn") == std::array{-8, 6});
  CHECK(range("e2m1fn", "e5m2") == std::array{-15, 13});
  CHECK(range("int4", "e4m3fn") == std::array{-9, 5});
  // INT8 with step 4 holds every E4M3FN value from 32 on: 39 of the 127 non-negative codes are multiples of 4 there.
  int multiples = 0;
  for (code c = 0; c <= 0x7e; ++c) {
    const double v = oracle::value_as_double(by_name("e4m3fn"), c);
    if (std::fmod(v, 4) == 0) ++multiples;
    if (v >= 32) CHECK(std::fmod(v, 4) == 0);
  }
  CHECK(multiples == 39);
}

TEST_CASE("oracle: rounding twice, counted over all floats") {
  // formats.md: f32 -> f16 -> f8 is wrong on 1,040,384 (E4M3FN), 1,114,112 (E5M2), 57,344 (E2M1) of 2^32 inputs.
  const encoder half(by_name("float16"));
  const auto to_half = oracle::interval_map(half, mode::nearest_even, overflow::nonsaturating);
  struct row {
    const char* name;
    std::uint64_t wrong;
  };
  for (const auto& r : {row{"e4m3fn", 1040384}, row{"e5m2", 1114112}, row{"e2m1fn", 57344}}) {
    INFO(r.name);
    const encoder e(by_name(r.name));
    const auto direct = oracle::interval_map(e, mode::nearest_even, overflow::nonsaturating);
    const auto twice = through(to_half, half.described(), e, mode::nearest_even, overflow::nonsaturating);
    CHECK(count_differences(direct, twice) == r.wrong);
  }
  // Rounding to odd first is harmless (Boldo and Melquiond): binary16 has two bits more and a wider range.
  for (const overflow o : all_overflows) {
    const auto odd = oracle::interval_map(half, mode::to_odd, overflow::saturate_finite);
    for (const char* name : {"e4m3fn", "e5m2", "e3m4", "e2m1fn", "e4m3fnuz"}) {
      const encoder e(by_name(name));
      const auto direct = oracle::interval_map(e, mode::nearest_even, o);
      CHECK(count_differences(direct, through(odd, half.described(), e, mode::nearest_even, o)) == 0);
    }
  }
}

TEST_CASE("oracle: bfloat16 against the integer additions everybody uses") {
  const encoder brain(by_name("bfloat16"));
  const auto nearest = oracle::interval_map(brain, mode::nearest_even, overflow::nonsaturating);
  const auto truncated = oracle::interval_map(brain, mode::toward_zero, overflow::nonsaturating);
  const auto away = oracle::interval_map(brain, mode::nearest_away, overflow::nonsaturating);
  const auto check = [](const std::vector<oracle::interval>& map, auto formula) {
    std::uint64_t wrong = 0;
    for (const auto& run : map) {
      if ((run.first & 0x7fffffff) > 0x7f800000) continue;
      // A run is right if its two ends are: the formulas are monotone.
      if (formula(run.first) != run.c || formula(run.last) != run.c) ++wrong;
    }
    return wrong;
  };
  CHECK(check(nearest, [](std::uint32_t b) { return (b + 0x7fff + ((b >> 16) & 1)) >> 16; }) == 0);
  CHECK(check(truncated, [](std::uint32_t b) { return b >> 16; }) == 0);
  CHECK(check(away, [](std::uint32_t b) { return (b + 0x8000) >> 16; }) == 0);
}

TEST_CASE("oracle: nearest even against the local-step formula") {
  // s = 2^max(floor(log2 |x|) - M, 1 - bias - M), then s * rint(x / s): exact in double, its own way of rounding.
  for (const char* name : {"e4m3fn", "e5m2", "e3m4", "e2m3fn", "e2m1fn", "e4m3b11fnuz", "float16"}) {
    const encoder e(by_name(name));
    const auto& f = e.described();
    const double max = max_of(f);
    std::uint32_t bits = 12345;
    for (int i = 0; i < 20000; ++i) {
      bits = bits * 1664525U + 1013904223U;
      const double x = std::bit_cast<float>(bits);
      if (!(std::abs(x) <= max)) continue;
      const int exponent = x == 0 ? -1000 : std::ilogb(x);
      const double step = pow2(std::max(exponent - f.mantissa_bits, 1 - f.bias - f.mantissa_bits));
      const double expected = step * std::nearbyint(x / step);
      if (std::abs(expected) > max) continue;
      REQUIRE(oracle::value_as_double(f, e(x, mode::nearest_even, overflow::saturate)) == expected);
    }
  }
}

TEST_CASE("oracle: no mantissa bits") {
  // Two powers of two: the tie goes up; 0 and the smallest value: to 0.
  const auto to = [](const char* name, double x) { return oracle::encode(by_name(name), x); };
  CHECK(to("e3m0fn", 1.5) == to("e3m0fn", 2));
  CHECK(to("e3m0fn", 3) == to("e3m0fn", 4));
  CHECK(to("e3m0fn", -3) == to("e3m0fn", -4));
  CHECK(to("e3m0fn", 0.125) == 0);
  CHECK(to("e3m0fn", std::nextafter(0.125, 1)) == 1);
  CHECK(to("e3m0fn", std::nextafter(1.5, 0)) == to("e3m0fn", 1));
  // e8m0fnu: up.
  CHECK(to("e8m0fnu", 1.5) == 128);
  CHECK(to("e8m0fnu", 3.0) == 129);
  CHECK(to("e8m0fnu", std::nextafter(1.5, 0)) == 127);
  // P3109, P = 1: to the even code. Code of 2^k in binary8p1se is k + 64.
  CHECK(to("binary8p1se", 1) == 64);
  CHECK(to("binary8p1se", 1.5) == 64);
  CHECK(to("binary8p1se", 3) == 66);
  CHECK(to("binary8p1se", pow2(-64)) == 0);
  CHECK(to("binary8p1se", -1.5) == 192);
  // Beyond max the codes go on counting: p1se max 2^62 is code 126 (even), p1sf max 2^63 is code 127 (odd).
  const auto nonsaturating = [](const char* name, double x) {
    return oracle::encode(by_name(name), x, mode::nearest_even, overflow::nonsaturating);
  };
  CHECK(nonsaturating("binary8p1se", 1.5 * pow2(62)) == 126);
  CHECK(nonsaturating("binary8p1se", 1.6 * pow2(62)) == 127);
  CHECK(nonsaturating("binary8p1sf", 1.6 * pow2(63)) == 127);
}

TEST_CASE("oracle: directed roundings and to_odd") {
  const auto to = [](const char* name, double x, mode m, overflow o) { return oracle::encode(by_name(name), x, m, o); };
  // What is taken towards zero never overflows.
  for (const overflow o : all_overflows) {
    CHECK(to("e4m3fn", 1e30, mode::toward_zero, o) == 0x7e);
    CHECK(to("e4m3fn", 1e30, mode::down, o) == 0x7e);
    CHECK(to("e4m3fn", -1e30, mode::toward_zero, o) == 0xfe);
    CHECK(to("e4m3fn", -1e30, mode::up, o) == 0xfe);
    CHECK(to("ue4m3", -1e30, mode::toward_zero, o) == 0);
    CHECK(to("ue4m3", -1e30, mode::up, o) == 0);
    CHECK(to("e8m0fnu", 1e300, mode::toward_zero, o) == 0xfe);
    CHECK(to("e8m0fnu", 1e300, mode::down, o) == 0xfe);
  }
  CHECK(to("e4m3fn", 449, mode::up, overflow::nonsaturating) == 0x7f);
  CHECK(to("e4m3fn", 449, mode::up, overflow::saturate) == 0x7e);
  CHECK(to("e5m2", -57345, mode::down, overflow::nonsaturating) == 0xfc);
  CHECK(to("e5m2", -57345, mode::down, overflow::saturate_finite) == 0xfb);
  // Between 1 (code 38, even) and 1.125 (code 39).
  CHECK(to("e4m3fn", 1.01, mode::to_odd, overflow::saturate) == 0x39);
  CHECK(to("e4m3fn", 1.2, mode::to_odd, overflow::saturate) == 0x39);
  CHECK(to("e4m3fn", -1.2, mode::to_odd, overflow::saturate) == 0xb9);
  CHECK(to("e4m3fn", 1.25, mode::to_odd, overflow::saturate) == 0x3a);
  CHECK(to("e4m3fn", 1e-30, mode::to_odd, overflow::saturate) == 0x01);
  CHECK(to("e4m3fn", -1e-30, mode::to_odd, overflow::saturate) == 0x81);
  // Beyond max: 448 is code 7e (even), so it overflows; 57344 is 7b (odd), so it stays, 1e30 too.
  CHECK(to("e4m3fn", 449, mode::to_odd, overflow::nonsaturating) == 0x7f);
  CHECK(to("e4m3fn", 449, mode::to_odd, overflow::saturate) == 0x7e);
  CHECK(to("e5m2", 57345, mode::to_odd, overflow::nonsaturating) == 0x7b);
  CHECK(to("e5m2", 1e30, mode::to_odd, overflow::nonsaturating) == 0x7b);
  CHECK(to("e5m2", -1e300, mode::to_odd, overflow::nonsaturating) == 0xfb);
  CHECK(to("e5m2", infinity, mode::to_odd, overflow::nonsaturating) == 0x7c);
  CHECK(to("e3m0fn", 1.5, mode::to_odd, overflow::saturate) == to("e3m0fn", 1, mode::up, overflow::saturate));
  CHECK(to("e3m0fn", 1, mode::up, overflow::saturate) == 3);
  CHECK(to("e8m0fnu", 1e300, mode::to_odd, overflow::saturate) == 0xfe);
  CHECK(to("e8m0fnu", 1e300, mode::to_odd, overflow::nonsaturating) == 0xff);
  CHECK(to("e8m0fnu", 2.5, mode::to_odd, overflow::saturate) == 129);
}

TEST_CASE("oracle: formats without a sign, without zero, without -0") {
  const auto to = [](const char* name, double x, mode m, overflow o) { return oracle::encode(by_name(name), x, m, o); };
  const double tiny = pow2(-30);
  for (const char* name : {"ue4m3", "ue5m3", "binary8p3ue", "binary8p3uf"}) {
    INFO(name);
    const encoder e(by_name(name));
    CHECK(to(name, -0.0, mode::down, overflow::nonsaturating) == 0);
    for (const double x : {-1.0, -1e30, -infinity}) {
      CHECK(to(name, x, mode::nearest_even, overflow::nonsaturating) == e.nan_code());
      CHECK(to(name, x, mode::nearest_even, overflow::saturate) == 0);
      CHECK(to(name, x, mode::nearest_even, overflow::saturate_finite) == 0);
    }
  }
  CHECK(to("ue4m3", -tiny, mode::nearest_even, overflow::nonsaturating) == 0);
  CHECK(to("ue4m3", -pow2(-10), mode::nearest_even, overflow::nonsaturating) == 0);
  CHECK(to("ue4m3", -pow2(-10), mode::nearest_away, overflow::nonsaturating) == 0x7f);
  CHECK(to("ue4m3", -tiny, mode::down, overflow::nonsaturating) == 0x7f);
  CHECK(to("ue4m3", -tiny, mode::to_odd, overflow::nonsaturating) == 0x7f);
  CHECK(to("ue4m3", -tiny, mode::down, overflow::saturate) == 0);
  CHECK(to("ue4m3", -tiny, mode::up, overflow::nonsaturating) == 0);
  CHECK(oracle::encode(oracle::minifloat("ue3m2fn", 3, 2, 3, family::finite, sign_bit::absent), -5, mode::nearest_even,
                       overflow::nonsaturating) == 0);
  // P3109: the finite domain clamps under all three; extended: SatFinite, SatNone, SatPropagate.
  for (const overflow o : all_overflows) {
    CHECK(to("binary8p3sf", 1e9, mode::nearest_even, o) == 0x7f);
    CHECK(to("binary8p3sf", -infinity, mode::nearest_even, o) == 0xff);
    CHECK(to("binary8p3uf", infinity, mode::nearest_even, o) == 0xfe);
  }
  CHECK(to("binary8p3se", 1e9, mode::nearest_even, overflow::saturate) == 0x7e);
  CHECK(to("binary8p3se", 1e9, mode::nearest_even, overflow::nonsaturating) == 0x7f);
  CHECK(to("binary8p3se", -infinity, mode::nearest_even, overflow::saturate_finite) == 0xff);
  CHECK(to("binary8p3ue", infinity, mode::nearest_even, overflow::saturate) == 0xfd);
  CHECK(to("binary8p3ue", infinity, mode::nearest_even, overflow::nonsaturating) == 0xfe);
  // No -0 in FNUZ and P3109; kept elsewhere.
  for (const char* name : {"e4m3fnuz", "e5m2fnuz", "binary8p3se", "binary8p4sf"}) {
    CHECK(to(name, -0.0, mode::nearest_even, overflow::saturate) == 0);
    CHECK(to(name, -tiny * tiny, mode::nearest_even, overflow::saturate) == 0);
  }
  CHECK(to("e4m3fn", -0.0, mode::nearest_even, overflow::saturate) == 0x80);
  CHECK(to("e4m3fn", -tiny, mode::nearest_even, overflow::saturate) == 0x80);
  CHECK(to("e4m3fn", -tiny, mode::up, overflow::saturate) == 0x80);
  CHECK(to("e4m3fn", tiny, mode::down, overflow::saturate) == 0x00);
  CHECK(to("e2m1fn", -0.25, mode::nearest_even, overflow::saturate) == 0x8);
  // E8M0: what has no code.
  for (const mode m : all_modes) {
    for (const double x : {0.0, -0.0, -1.0, -1e300, -infinity}) {
      CHECK(to("e8m0fnu", x, m, overflow::saturate) == 0);
      CHECK(to("e8m0fnu", x, m, overflow::saturate_finite) == 0);
      CHECK(to("e8m0fnu", x, m, overflow::nonsaturating) == 0xff);
    }
    for (const overflow o : all_overflows) {
      CHECK(to("e8m0fnu", pow2(-127), m, o) == 0);
      CHECK(to("e8m0fnu", pow2(-128), m, o) == 0);
      CHECK(to("e8m0fnu", 0x1p-1074, m, o) == 0);
    }
    CHECK(to("e8m0fnu", infinity, m, overflow::saturate) == 0xfe);
    CHECK(to("e8m0fnu", infinity, m, overflow::saturate_finite) == 0xff);
    CHECK(to("e8m0fnu", infinity, m, overflow::nonsaturating) == 0xff);
  }
  CHECK(to("e8m0fnu", 1.5 * pow2(127), mode::nearest_even, overflow::nonsaturating) == 0xff);
  CHECK(to("e8m0fnu", 1.4 * pow2(127), mode::nearest_even, overflow::nonsaturating) == 0xfe);
  CHECK(to("e8m0fnu", 1.5 * pow2(127), mode::nearest_even, overflow::saturate_finite) == 0xfe);
}

TEST_CASE("oracle: integers") {
  const auto to = [](const char* name, double x, mode m) {
    const auto c = oracle::encode(by_name(name), x, m, overflow::nonsaturating);
    CHECK(oracle::encode(by_name(name), x, m, overflow::saturate) == c);
    return oracle::value_as_double(by_name(name), c);
  };
  CHECK(to("int4", 2.5, mode::nearest_even) == 2);
  CHECK(to("int4", 3.5, mode::nearest_even) == 4);
  CHECK(to("int4", -2.5, mode::nearest_even) == -2);
  CHECK(to("int4", -2.5, mode::nearest_away) == -3);
  CHECK(to("int4", -2.5, mode::up) == -2);
  CHECK(to("int4", -2.5, mode::down) == -3);
  CHECK(to("int4", -2.9, mode::toward_zero) == -2);
  CHECK(to("int4", -2.1, mode::to_odd) == -3);
  CHECK(to("int4", 2.9, mode::to_odd) == 3);
  CHECK(to("int4", 4, mode::to_odd) == 4);
  CHECK(to("int4", -0.1, mode::to_odd) == -1);
  CHECK(to("int4", 7.4, mode::up) == 7);
  CHECK(to("int4", 7.5, mode::nearest_even) == 7);
  CHECK(to("int4", -8.5, mode::nearest_even) == -8);
  CHECK(to("int4", -8.1, mode::to_odd) == -8);
  CHECK(to("int4", -8, mode::to_odd) == -8);
  CHECK(to("int4", -7.5, mode::nearest_even) == -8);
  for (const mode m : all_modes) {
    CHECK(to("int4", 1e300, m) == 7);
    CHECK(to("int4", infinity, m) == 7);
    CHECK(to("int4", -infinity, m) == -8);
    CHECK(to("int8", -1e9, m) == -128);
    CHECK(to("uint4", -3.7, m) == 0);
    CHECK(to("uint4", -infinity, m) == 0);
    CHECK(to("uint4", 99, m) == 15);
    CHECK(to("int4", -0.0, m) == 0);
    CHECK(to("uint1", 1.7, m) == 1);
  }
  CHECK(to("int8", 126.5, mode::nearest_even) == 126);
  CHECK(to("int8", 127.5, mode::nearest_away) == 127);
  CHECK(to("uint1", 0.5, mode::nearest_even) == 0);
  CHECK(to("uint1", 0.5, mode::nearest_away) == 1);
}

TEST_CASE("oracle: codebooks") {
  // The order and the signs of bitsandbytes' FP4: +0 first, -0 in the middle.
  std::vector<double> fp4;
  for (const double s : {1.0, -1.0}) {
    for (const double v : {0.0, 0.0625, 8.0, 12.0, 4.0, 6.0, 2.0, 3.0}) fp4.push_back(s * v / 12);
  }
  const encoder e(oracle::codebook("fp4", fp4));
  CHECK(e.described().bits == 4);
  CHECK(e.grid().size() == 15);
  const auto to = [](const encoder& to_format, double x, mode m) { return to_format(x, m, overflow::saturate); };
  CHECK(to(e, 1.0, mode::nearest_even) == 3);
  CHECK(to(e, 5, mode::nearest_even) == 3);
  CHECK(to(e, -infinity, mode::nearest_even) == 11);
  CHECK(to(e, 0.0, mode::nearest_even) == 0);
  CHECK(to(e, -0.0, mode::nearest_even) == 8);
  CHECK(to(e, -1e-9, mode::nearest_even) == 8);
  CHECK(to(e, 1e-9, mode::up) == 1);
  CHECK(to(e, -1e-9, mode::down) == 9);
  CHECK(to(e, -1e-9, mode::up) == 8);
  CHECK(to(e, quiet_nan, mode::nearest_even) == 0);
  CHECK(to(e, 0.26, mode::nearest_even) == 7);

  // Ranks: -2 0, -1 1, 0 2, 0.5 3, 3 4. Code 5 repeats 0.5, code 6 is NaN.
  const encoder t(oracle::codebook("t", {0.5, 3, -1, 0, -2, 0.5, quiet_nan}));
  CHECK(to(t, 0.25, mode::nearest_even) == 3);
  CHECK(to(t, 0.25, mode::nearest_away) == 0);
  CHECK(to(t, 1.75, mode::nearest_even) == 1);
  CHECK(to(t, -1.5, mode::nearest_even) == 4);
  CHECK(to(t, -1.5, mode::nearest_away) == 4);
  CHECK(to(t, -0.5, mode::nearest_even) == 3);
  CHECK(to(t, -0.5, mode::nearest_away) == 2);
  CHECK(to(t, 1, mode::toward_zero) == 0);
  CHECK(to(t, -1.9, mode::toward_zero) == 2);
  CHECK(to(t, -1.9, mode::down) == 4);
  CHECK(to(t, 0.6, mode::to_odd) == 0);
  CHECK(to(t, 2.9, mode::to_odd) == 0);
  CHECK(to(t, 3, mode::to_odd) == 1);
  CHECK(to(t, 7, mode::to_odd) == 1);
  CHECK(to(t, -9, mode::up) == 4);
  CHECK(to(t, quiet_nan, mode::up) == 6);
  CHECK(t(infinity, mode::up, overflow::saturate) == 1);
  CHECK(t(infinity, mode::up, overflow::nonsaturating) == 6);
  CHECK(t(-infinity, mode::up, overflow::saturate_finite) == 6);
  CHECK(t(1e30, mode::up, overflow::nonsaturating) == 1);
  const encoder with_infinity(oracle::codebook("i", {infinity, 1, -2, quiet_nan}));
  CHECK(with_infinity(infinity, mode::nearest_even, overflow::saturate) == 1);
  CHECK(with_infinity(infinity, mode::nearest_even, overflow::saturate_finite) == 0);
  CHECK(with_infinity(-infinity, mode::nearest_even, overflow::saturate_finite) == 3);
  CHECK(with_infinity(-infinity, mode::nearest_even, overflow::saturate) == 2);
  CHECK(with_infinity(1e30, mode::nearest_even, overflow::nonsaturating) == 1);
  CHECK(to(t, -0.0, mode::nearest_even) == 3);

  // Neighbours that straddle zero: the nearer to zero is -1, so nu runs from -1 (0) to 3 (1).
  const encoder s(oracle::codebook("s", {-1, 3}));
  CHECK(to(s, quiet_nan, mode::up) == 0);
  CHECK(to(encoder(oracle::codebook("pair", {1, -1})), quiet_nan, mode::up) == 1);
  CHECK(to(s, 0.5, mode::toward_zero) == 0);
  CHECK(to(s, 2.9, mode::toward_zero) == 0);
  CHECK(to(s, 1, mode::nearest_even) == 0);
  CHECK(to(s, 1, mode::nearest_away) == 1);
  int up = 0;
  for (std::uint64_t r = 0; r < 16; ++r) {
    up += s(0.0, rounding::stochastic(variant::a, 4, r), overflow::saturate) == 1 ? 1 : 0;
  }
  CHECK(up == 4);
  CHECK(s(1e-300, rounding::stochastic(variant::a, 4, 12), overflow::saturate) == 1);
  CHECK(s(-1e-300, rounding::stochastic(variant::a, 4, 12), overflow::saturate) == 0);

  // NF4 (bitsandbytes): ascending, code 7 is zero.
  const std::vector<double> nf4{-1.0,
                                -0.6961928009986877,
                                -0.5250730514526367,
                                -0.39491748809814453,
                                -0.28444138169288635,
                                -0.18477343022823334,
                                -0.09105003625154495,
                                0.0,
                                0.07958029955625534,
                                0.16093020141124725,
                                0.24611230194568634,
                                0.33791524171829224,
                                0.44070982933044434,
                                0.5626170039176941,
                                0.7229568362236023,
                                1.0};
  const encoder n(oracle::codebook("nf4", nf4));
  for (code c = 0; c < 16; ++c) CHECK(n(nf4[c], mode::nearest_even, overflow::saturate) == c);
  for (code c = 0; c < 15; ++c) {
    const double middle = (nf4[c] + nf4[c + 1]) / 2;
    CHECK(n(std::nextafter(middle, -2.0) - 1e-9, mode::nearest_even, overflow::saturate) == c);
    CHECK(n(std::nextafter(middle, 2.0) + 1e-9, mode::nearest_even, overflow::saturate) == c + 1);
  }
}

TEST_CASE("oracle: stochastic rounding, by hand") {
  // Two random bits, x = 1 + nu / 8 in e4m3fn: how many of the four R round up (P3109 v4.0 A, B, C).
  struct row {
    double nu;
    int a, b, c;
  };
  const encoder e(by_name("e4m3fn"));
  for (const auto& r : {row{0, 0, 0, 0}, row{0.125, 0, 1, 0}, row{0.25, 1, 1, 1}, row{0.375, 1, 2, 2},
                        row{0.5, 2, 2, 2}, row{0.625, 2, 3, 2}, row{0.75, 3, 3, 3}, row{0.875, 3, 4, 4}}) {
    INFO("nu " << r.nu);
    for (const double s : {1.0, -1.0}) {
      std::array<int, 3> up{};
      for (const variant v : {variant::a, variant::b, variant::c}) {
        for (std::uint64_t random = 0; random < 4; ++random) {
          const code c = e(s * (1 + r.nu / 8), rounding::stochastic(v, 2, random), overflow::saturate);
          const code base = s > 0 ? 0x38 : 0xb8;
          REQUIRE((c == base || c == base + 1));
          if (c != base) ++up[static_cast<std::size_t>(v)];
        }
      }
      CHECK(up == std::array{r.a, r.b, r.c});
    }
  }
  // AVX10.2 VCVTBIASPH2BF8: add 8 random bits to the binary16 pattern and truncate; that is StochasticA, N = 8.
  const encoder e5m2(by_name("e5m2"));
  const auto half = by_name("float16");
  for (const unsigned random : {0U, 1U, 37U, 127U, 128U, 200U, 255U}) {
    const auto r = rounding::stochastic(variant::a, 8, random);
    std::uint32_t wrong = 0;
    for (code h = 0; h < 0x7c00; ++h) {
      if (e5m2(oracle::value(half, h), r, overflow::nonsaturating) != (h + random) >> 8) ++wrong;
    }
    CHECK(wrong == 0);
  }
  // Beyond max: up is an overflow, down is max.
  CHECK(e(456.0, rounding::stochastic(variant::a, 4, 12), overflow::nonsaturating) == 0x7f);
  CHECK(e(456.0, rounding::stochastic(variant::a, 4, 11), overflow::nonsaturating) == 0x7e);
  CHECK(e(1e300, rounding::stochastic(variant::a, 4, 0), overflow::nonsaturating) == 0x7f);
}

TEST_CASE("oracle: every value is a fixed point, every cast stays between its neighbours") {
  auto formats = oracle::catalogue();
  for (int k = 3; k < 8; ++k) {
    for (const auto& f : oracle::p3109_formats(k)) formats.push_back(f);
  }
  for (const auto& f : formats) {
    INFO(f.name);
    const encoder e(f);
    int wrong = 0;
    for (code c = 0; c < f.code_count(); ++c) {
      const auto v = oracle::value(f, c);
      if (v.is_nan()) continue;
      for (const mode m : all_modes) {
        if (e(v, m, overflow::saturate_finite) != c) ++wrong;
        if (e(v, rounding::stochastic(variant::c, 8, 255), overflow::nonsaturating) != c) ++wrong;
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("oracle: the interval map is the encoder") {
  const std::array policies{rounding(mode::nearest_even), rounding(mode::down), rounding(mode::to_odd),
                            rounding::stochastic(variant::b, 3, 5)};
  for (const char* name : {"e4m3fn", "e8m0fnu", "ue4m3", "binary8p1ue", "e2m1fn", "int4", "e5m2fnuz", "uint1"}) {
    const encoder e(by_name(name));
    for (const auto& r : policies) {
      for (const overflow o : all_overflows) {
        INFO(name << " " << describe(r) << " " << describe(o));
        const auto map = oracle::interval_map(e, r, o);
        // 1. The runs cover everything, once.
        std::uint64_t next = 0;
        for (const auto& run : map) {
          REQUIRE(run.first == next);
          REQUIRE(run.last >= run.first);
          next = std::uint64_t{run.last} + 1;
        }
        REQUIRE(next == std::uint64_t{1} << 32);
        // 2. At spread-out floats the map agrees with the encoder.
        std::size_t i = 0;
        int wrong = 0;
        for (std::uint64_t bits = 0; bits < next; bits += 1046527) {
          while (map[i].last < bits) ++i;
          if (e(oracle::read(oracle::binary32, bits), r, o) != map[i].c) ++wrong;
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("oracle: boundaries hold what they promise") {
  const encoder e(by_name("e4m3fn"));
  const auto in = oracle::boundaries(e);
  const auto has_float = [&](float x) {
    return std::binary_search(in.floats.begin(), in.floats.end(), std::bit_cast<std::uint32_t>(x));
  };
  const auto has_double = [&](double x) {
    return std::binary_search(in.doubles.begin(), in.doubles.end(), std::bit_cast<std::uint64_t>(x));
  };
  for (const float s : {1.0F, -1.0F}) {
    for (const float x : {0.0F, 0x1p-10F, 0x1p-9F, 1.0F, 1.0625F, 448.0F, 464.0F, 480.0F, 496.0F, 512.0F, 0x1p-149F,
                          0x1.fffffep127F, 0x1p-126F}) {
      INFO(x);
      CHECK(has_float(s * x));
      CHECK(has_float(s * std::nextafter(x, std::numeric_limits<float>::infinity())));
      CHECK(has_double(s * static_cast<double>(x)));
      CHECK(has_double(s * std::nextafter(static_cast<double>(x), infinity)));
      if (x == 0) continue;
      CHECK(has_float(s * std::nextafter(x, 0.0F)));
      CHECK(has_double(s * std::nextafter(static_cast<double>(x), 0.0)));
    }
    CHECK(has_float(s * std::numeric_limits<float>::infinity()));
    CHECK(has_double(s * 0x1p-1074));
    CHECK(has_double(s * std::numeric_limits<double>::max()));
    CHECK(has_double(s * infinity));
  }
  CHECK(std::binary_search(in.floats.begin(), in.floats.end(), 0x7f800001U));
  CHECK(std::binary_search(in.floats.begin(), in.floats.end(), 0xffc00000U));
}

}  // namespace oracle_test
