// SPDX-License-Identifier: Apache-2.0
//
// Every format against the oracle through the run-time entry points: decode of all codes, encode at every boundary
// between neighbouring codes from float and from double, under every rounding and overflow; the catalogue, P3109 of 3
// to 8 bits, formats that only a user would define, codebooks.

#include <lowp/codec/encode.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <lowp/codec/any_format.hpp>
#include <lowp/codec/exact.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/oracle.hpp"
#include "support/oracle_twin.hpp"

namespace encode_test {

namespace {

using oracle::code;
using oracle::encoder;
using oracle::family;
using oracle::rounding;
using oracle::sign_bit;
using oracle::variant;
using mode = oracle::rounding_mode;

struct policy {
  rounding theirs;
  oracle::overflow their_overflow;
  lowp::rounding::any r;
  lowp::overflow::any o;

  std::string text() const { return describe(theirs) + " " + describe(their_overflow); }
};

/// Every rounding with every overflow. Stochastic: each variant with few and with many random bits.
std::vector<policy> make_policies() {
  std::vector<rounding> roundings(oracle::deterministic_modes.begin(), oracle::deterministic_modes.end());
  for (const variant v : {variant::a, variant::b, variant::c}) {
    roundings.push_back(rounding::stochastic(v, 3, 4));
    roundings.push_back(rounding::stochastic(v, 32, 0x7fffffff));
  }
  std::vector<policy> all;
  for (const auto& r : roundings) {
    for (const auto o : oracle::all_overflows) all.push_back({r, o, oracle::twin(r), oracle::twin(o)});
  }
  return all;
}

/// The same without stochastic rounding.
std::vector<policy> deterministic_policies() {
  auto all = make_policies();
  std::erase_if(all, [](const policy& p) { return p.theirs.mode == mode::stochastic; });
  return all;
}

/// Formats of a user's invention, each here for one peculiarity.
std::vector<oracle::format> user_formats() {
  using oracle::minifloat;
  constexpr auto absent = sign_bit::absent;
  return {
      minifloat("e4m4, bias 0, finite", 4, 4, 0, family::finite),
      minifloat("e2m5, ieee", 2, 5, 1, family::ieee),
      minifloat("e2m5, fn", 2, 5, 1, family::fn),
      minifloat("e1m2, finite", 1, 2, 1, family::finite),
      minifloat("e1m6, finite", 1, 6, 0, family::finite),
      minifloat("e1m2, ieee: subnormals only", 1, 2, 0, family::ieee),
      minifloat("e1m1, fn", 1, 1, 0, family::fn),
      minifloat("e1m1, fnuz", 1, 1, 1, family::fnuz),
      minifloat("e1m0, finite: zero and one value", 1, 0, 0, family::finite),
      minifloat("e2m0, fn", 2, 0, 1, family::fn),
      minifloat("e4m0, fnuz", 4, 0, 8, family::fnuz),
      minifloat("e7m0, finite", 7, 0, 63, family::finite),
      minifloat("e7m0, fn, unsigned", 7, 0, 63, family::fn, absent),
      minifloat("e6m1, finite", 6, 1, 31, family::finite),
      minifloat("e3m2, finite, unsigned", 3, 2, 3, family::finite, absent),
      minifloat("e5m2, ieee, unsigned", 5, 2, 15, family::ieee, absent),
      minifloat("e3m4, fnuz", 3, 4, 4, family::fnuz),
      minifloat("e4m3, finite, bias 8", 4, 3, 8, family::finite),
      minifloat("e4m3, ieee, far below 1", 4, 3, 147, family::ieee),
      minifloat("e4m3, fn, far above 1", 4, 3, -112, family::fn),
      minifloat("e4m3, fnuz, far below 1, unsigned finite", 4, 3, 147, family::finite, absent),
      minifloat("e8m1, ieee: as wide as float", 8, 1, 127, family::ieee),
      minifloat("e8m2, fn, bias 129", 8, 2, 129, family::fn),
      minifloat("e5m3, ieee, 9 bits", 5, 3, 15, family::ieee),
      minifloat("e6m9, ieee, 16 bits", 6, 9, 31, family::ieee),
      minifloat("e5m11, fn, unsigned, 16 bits", 5, 11, 15, family::fn, absent),
      minifloat("e5m10, fnuz, 16 bits", 5, 10, 16, family::fnuz),
      minifloat("e2m13, finite, 16 bits", 2, 13, 1, family::finite),
      minifloat("e4m0, exponents only", 4, 0, 7, family::exponent_only, absent),
      minifloat("e7m0, exponents only, from 2^-149", 7, 0, 149, family::exponent_only, absent),
      minifloat("e2m0, exponents only, to 2^127", 2, 0, -125, family::exponent_only, absent),
      oracle::by_name("binary9p2uf"),
      oracle::by_name("binary10p4se"),
      oracle::by_name("binary12p12ue"),
      oracle::by_name("binary16p8sf"),
      oracle::by_name("binary16p16uf"),
  };
}

std::vector<oracle::format> codebooks() {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto from_floats = [](std::string name, const auto& values) {
    return oracle::codebook(std::move(name), std::vector<double>(std::begin(values), std::end(values)));
  };
  return {
      from_floats("nf4", lowp::nf4_table::values),
      from_floats("af4", lowp::af4_table::values),
      from_floats("bnb_fp4", lowp::bnb_fp4_table::values),
      oracle::codebook("two values around zero", {-1, 1}),
      oracle::codebook("no zero, uneven", {3, -1}),
      oracle::codebook("no zero, near one above", {-3, 1}),
      oracle::codebook("repeats and a NaN", {0.5, 3, -1, 0, -2, 0.5, nan, 3}),
      oracle::codebook("both zeros, -0 first", {-0.0, 2, 0.0, -0.5}),
      oracle::codebook("-0 only", {-0.0, 1, 2, 4}),
      oracle::codebook("one value", {0.75, 0.75}),
      oracle::codebook("all positive", {0x1p-20, 1, 1.5, 0x1.8p20}),
      oracle::codebook("all negative", {-4, -1, -0x1p-10, -0.25}),
      oracle::codebook("infinities and a NaN", {infinity, 1, -2, nan, 0.25, -infinity, 7, -0.125}),
      oracle::codebook("+infinity only", {infinity, 1, -2, 0}),
      oracle::codebook("subnormals", {0x1p-149, 0x1p-140, -0x1.8p-147, 0}),
      oracle::codebook("large", {0x1.fffffep127, 0x1p127, -0x1.fffffep127, 0x1p100}),
  };
}

/// All formats: the catalogue, P3109 of 3 to 7 bits (8 is in the catalogue), the user's, codebooks.
std::vector<oracle::format> all_formats() {
  auto all = oracle::catalogue();
  const auto append = [&all](std::vector<oracle::format> more) {
    for (auto& f : more) all.push_back(std::move(f));
  };
  for (int k = 3; k < 8; ++k) append(oracle::p3109_formats(k));
  append(user_formats());
  append(codebooks());
  return all;
}

std::string spelled(float x) { return "float " + oracle::hexadecimal(std::bit_cast<std::uint32_t>(x)); }
std::string spelled(double x) { return "double " + oracle::hexadecimal(std::bit_cast<std::uint64_t>(x)); }

/// Not inlined: one copy of the run-time encoder serves every comparison of this file.
[[gnu::noinline]] code encode(const lowp::any_format& f, const lowp::exact& x, const policy& p) {
  return f.encode(x, p.r, p.o);
}

template <class T>
void compare_one(oracle::disagreements& found, const encoder& e, const lowp::any_format& f, T x,
                 const std::vector<policy>& policies) {
  const auto located = e.locate(oracle::number_of(x));
  const auto exact = lowp::exact::from(x);
  for (const auto& p : policies) {
    found.compare(encode(f, exact, p), e.judge(located, p.theirs, p.their_overflow),
                  [&] { return e.described().name + " " + p.text() + " " + spelled(x); });
  }
}

/// All boundaries of a format, from float and from double; with a stride, one in so many of them.
void compare_boundaries(oracle::disagreements& found, const oracle::format& described,
                        const std::vector<policy>& policies, std::size_t stride = 1) {
  const encoder e(described);
  const auto f = oracle::twin(described);
  auto inputs = oracle::boundaries(e);
  const auto thin = [stride](auto& list) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < list.size(); i += stride * (2 * lowp_test::thin - 1)) list[kept++] = list[i];
    list.resize(kept);
  };
  thin(inputs.floats);
  thin(inputs.doubles);
  for (const auto bits : inputs.floats) compare_one(found, e, f, std::bit_cast<float>(bits), policies);
  for (const auto bits : inputs.doubles) compare_one(found, e, f, std::bit_cast<double>(bits), policies);
}

void check(const oracle::disagreements& found) {
  INFO(found.text());
  CHECK(found.count() == 0);
}

}  // namespace

TEST_CASE("decode: all codes of all formats") {
  oracle::disagreements found;
  for (const auto& described : all_formats()) {
    const auto f = oracle::twin(described);
    REQUIRE(f.bits() == described.bits);
    for (code c = 0; c < described.code_count(); c += c < 256 ? 1 : lowp_test::thin) {
      const auto expected = oracle::write(oracle::binary32, oracle::value(described, c));
      found.compare(std::bit_cast<std::uint32_t>(f.decode(c)), expected,
                    [&] { return described.name + " code " + oracle::hexadecimal(c); });
    }
  }
  check(found);
}

TEST_CASE("facts: found by walking through all codes") {
  for (const auto& described : all_formats()) {
    INFO(described.name);
    const auto e = oracle::find_extremes(described);
    const auto facts = oracle::twin(described).facts();
    const auto as_float = [](const oracle::dyadic& d) { return oracle::to_float(oracle::number::finite(d)); };
    CHECK(facts.bits == described.bits);
    CHECK(facts.max == as_float(e.max));
    CHECK(facts.lowest == as_float(e.lowest));
    if (e.positive_codes != 0) CHECK(facts.min_subnormal == as_float(e.min_positive));
    CHECK(facts.has_nan == (e.nan_codes != 0));
    CHECK(facts.has_infinity == (e.infinity_codes != 0));
    CHECK(facts.nan_count == static_cast<int>(e.nan_codes));
    CHECK(facts.finite_count == static_cast<int>(e.finite_codes));
    if (described.is_minifloat() && described.kind != family::exponent_only) {
      const auto first_normal = oracle::value(described, code{1} << described.mantissa_bits);
      if (first_normal.is_finite()) CHECK(facts.min_normal == oracle::to_float(first_normal));
    }
    if (facts.has_nan) CHECK(facts.nan_code == encoder(described).nan_code());
  }
}

TEST_CASE("encode: every boundary of the catalogue") {
  oracle::disagreements found;
  const auto policies = make_policies();
  for (const auto& f : oracle::catalogue()) {
    if (f.bits <= 8) compare_boundaries(found, f, policies);
  }
  check(found);
}

TEST_CASE("encode: every boundary of bfloat16 and float16") {
  oracle::disagreements found;
  for (const char* name : {"bfloat16", "float16"}) {
    compare_boundaries(found, oracle::by_name(name), deterministic_policies());
  }
  check(found);
}

TEST_CASE("encode: every boundary of P3109 from 3 to 8 bits") {
  oracle::disagreements found;
  const auto policies = make_policies();
  for (int k = 3; k <= 8; ++k) {
    for (const auto& f : oracle::p3109_formats(k)) {
      if (k < 8) compare_boundaries(found, f, policies);  // 8 bits: in the catalogue
    }
  }
  check(found);
}

TEST_CASE("encode: every boundary of formats that a user defines") {
  oracle::disagreements found;
  const auto policies = make_policies();
  const auto few = deterministic_policies();
  for (const auto& f : user_formats()) {
    if (f.bits <= 10) {
      compare_boundaries(found, f, policies);
    } else {
      compare_boundaries(found, f, few, 9);  // 9: no multiple of the patterns around a point
    }
  }
  check(found);
}

TEST_CASE("encode: every boundary of codebooks") {
  oracle::disagreements found;
  const auto policies = make_policies();
  for (const auto& f : codebooks()) compare_boundaries(found, f, policies);
  check(found);
}

TEST_CASE("encode: integers are sources too") {
  // Around every power of two up to 64 bits, where float and double no longer hold the number.
  std::vector<std::int64_t> inputs{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  for (int k = 0; k < 63; ++k) {
    for (std::int64_t step = -2; step <= 2; ++step) {
      const std::int64_t n = (std::int64_t{1} << k) + step;
      inputs.push_back(n);
      inputs.push_back(-n);
      inputs.push_back(n + (std::int64_t{1} << k) / 2);
      inputs.push_back(n + (std::int64_t{1} << k) / 16);
    }
  }
  oracle::disagreements found;
  const auto policies = deterministic_policies();
  for (const char* name : {"e4m3fn", "e5m2", "e8m0fnu", "ue5m3", "bfloat16", "float16", "e2m1fn", "int8", "int4",
                           "uint8", "binary8p1se", "binary8p2uf"}) {
    const encoder e(oracle::by_name(name));
    const auto f = oracle::twin(e.described());
    for (const std::int64_t n : inputs) {
      const auto located = e.locate(oracle::number::finite(oracle::dyadic::integer(n)));
      const auto exact = lowp::exact::from(n);
      for (const auto& p : policies) {
        found.compare(encode(f, exact, p), e.judge(located, p.theirs, p.their_overflow),
                      [&] { return std::string(name) + " " + p.text() + " integer " + std::to_string(n); });
      }
    }
    const auto largest = std::numeric_limits<std::uint64_t>::max();
    const auto located = e.locate(oracle::number::finite(oracle::dyadic(oracle::sign::plus, largest, 0)));
    for (const auto& p : policies) {
      found.compare(encode(f, lowp::exact::from(largest), p), e.judge(located, p.theirs, p.their_overflow),
                    [&] { return std::string(name) + " " + p.text() + " 2^64 - 1"; });
    }
  }
  check(found);
}

TEST_CASE("encode: all pairs of formats of at most 8 bits") {
  // Every value of every format, once: what a cast between two formats sees.
  std::vector<std::uint32_t> values;
  const auto formats = all_formats();
  for (const auto& f : formats) {
    if (f.bits > 8) continue;
    for (code c = 0; c < f.code_count(); ++c) {
      values.push_back(static_cast<std::uint32_t>(oracle::write(oracle::binary32, oracle::value(f, c))));
    }
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  REQUIRE(values.size() > 1000);

  oracle::disagreements found;
  const auto policies = deterministic_policies();
  for (const auto& described : formats) {
    if (described.bits > 8) continue;
    const encoder e(described);
    const auto f = oracle::twin(described);
    for (const std::uint32_t bits : lowp_test::thinned(values))
      compare_one(found, e, f, std::bit_cast<float>(bits), policies);
  }
  check(found);
}

TEST_CASE("encode: a value of the format is a fixed point of every cast") {
  oracle::disagreements found;
  const auto policies = make_policies();
  for (const auto& described : oracle::catalogue()) {
    const encoder e(described);
    const auto f = oracle::twin(described);
    for (code c = 0; c < described.code_count(); c += c < 256 ? 1 : lowp_test::thin) {
      const float x = f.decode(c);
      const bool nan = oracle::value(described, c).is_nan();
      const bool infinity = oracle::value(described, c).is_infinite();
      for (const auto& p : policies) {
        if (infinity && p.their_overflow == oracle::overflow::saturate) continue;
        found.compare(encode(f, lowp::exact::from(x), p), nan ? e.nan_code() : c,
                      [&] { return described.name + " " + p.text() + " code " + oracle::hexadecimal(c); });
      }
    }
  }
  check(found);
}

TEST_CASE("encode: monotone and symmetric on inputs spread over all floats") {
  // 1. Magnitudes of an odd stride through all float patterns, ascending.
  std::vector<float> magnitudes;
  for (std::uint64_t bits = 0; bits <= 0x7f800000; bits += 65521 * lowp_test::thin) {
    magnitudes.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  const auto mirrored = [](mode m) { return m == mode::up ? mode::down : m == mode::down ? mode::up : m; };
  for (const auto& described : oracle::catalogue()) {
    const auto f = oracle::twin(described);
    const bool has_minus_zero = f.facts().has_negative_zero;
    std::uint64_t falling = 0;
    std::uint64_t asymmetric = 0;
    for (const mode m : oracle::deterministic_modes) {
      const policy p{m, oracle::overflow::saturate, oracle::twin(rounding(m)),
                     oracle::twin(oracle::overflow::saturate)};
      const policy q{mirrored(m), oracle::overflow::saturate, oracle::twin(rounding(mirrored(m))), p.o};
      float last_up = f.facts().lowest;
      float last_down = f.facts().max;
      for (const float x : magnitudes) {
        const code positive = encode(f, lowp::exact::from(x), p);
        const code negative = encode(f, lowp::exact::from(-x), q);
        // 2. Decoded values never fall as x rises, nor rise as -x falls.
        if (f.decode(positive) < last_up) ++falling;
        if (f.decode(negative) > last_down) ++falling;
        last_up = f.decode(positive);
        last_down = f.decode(negative);
        // 3. cast(-x) is -cast(x), codes included; two's complement has one value more below.
        if (!described.is_signed()) continue;
        const bool one_more_below = described.kind == family::integer && -f.decode(negative) > f.facts().max;
        const float expected = f.decode(positive);
        if (-f.decode(negative) != expected && !one_more_below) ++asymmetric;
        if (has_minus_zero && negative != (positive | f.facts().sign_mask)) ++asymmetric;
      }
    }
    INFO(described.name);
    CHECK(falling == 0);
    CHECK(asymmetric == 0);
  }
}

TEST_CASE("encode: stochastic rounding has the exact probabilities of P3109") {
  // All R of every N up to 10 at positions k / 2^12 of a cell; the counts in closed form:
  //   A: floor(nu 2^N);  B: floor((floor(nu 2^(N+1)) + 1) / 2);  C: nu 2^N rounded to nearest even.
  struct cell {
    const char* name;
    double from, gap;
  };
  for (const auto& c : {cell{"e4m3fn", 1.125, 0.125}, cell{"e4m3fn", 0, 0x1p-9}, cell{"e5m2", -12, -2},
                        cell{"int4", -3, -1}, cell{"e8m0fnu", 8, 8}, cell{"e2m1fn", 4, 2},
                        cell{"binary8p1se", 0x1p-5, 0x1p-5}, cell{"bfloat16", 0x1p-133, 0x1p-133}}) {
    const auto f = oracle::twin(oracle::by_name(c.name));
    const code base = encode(f, lowp::exact::from(c.from), make_policies()[0]);
    INFO(c.name << " from " << c.from);
    REQUIRE(f.decode(base) == c.from);
    std::uint64_t wrong = 0;
    for (int n = 1; n <= 10; ++n) {
      for (std::uint64_t k = 0; k < 4096; k += 37 * lowp_test::thin) {
        const auto x = lowp::exact::from(c.from + c.gap * (static_cast<double>(k) / 4096));
        const std::uint64_t twice = (k << (n + 1)) >> 12;  // floor(nu 2^(N+1))
        const std::uint64_t rest = (k << n) & 4095;
        const std::uint64_t down = (k << n) >> 12;
        const std::uint64_t nearest = down + (rest > 2048 || (rest == 2048 && (down & 1) != 0) ? 1 : 0);
        const std::array<std::uint64_t, 3> expected{down, (twice + 1) / 2, nearest};
        for (const variant v : {variant::a, variant::b, variant::c}) {
          std::uint64_t up = 0;
          policy p{rounding::stochastic(v, n, 0), oracle::overflow::saturate, {}, {}};
          p.r = oracle::twin(p.theirs);
          for (std::uint32_t r = 0; r < (1U << n); ++r) {
            p.r.r = r;
            up += encode(f, x, p) != base ? 1 : 0;
          }
          if (up != expected[static_cast<std::size_t>(v)]) ++wrong;
        }
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("encode: stochastic rounding decides as the oracle at the points of its own division") {
  oracle::disagreements found;
  std::uint32_t random = 1;
  for (const char* name :
       {"e4m3fn", "e5m2", "e3m0fn", "e8m0fnu", "ue4m3", "int4", "uint2", "binary8p3se", "binary8p1uf"}) {
    const encoder e(oracle::by_name(name));
    const auto f = oracle::twin(e.described());
    const auto& grid = e.grid();
    for (const int n : {1, 2, 4, 8, 16, 24, 32}) {
      for (unsigned i = 0; i < 300 / lowp_test::thin; ++i) {
        // 1. A cell of the grid and R; often the cell above zero (where doubles have digits below 2^-64 of the cell)
        //    and the largest or smallest R. The positions where (nu, R) turns over, and doubles around them.
        random = random * 1664525U + 1013904223U;
        const std::size_t cell = i % 3 == 0 ? 0 : (random >> 8) % (grid.size() - 1);
        random = random * 1664525U + 1013904223U;
        const std::uint64_t mask = (std::uint64_t{1} << n) - 1;
        const std::uint64_t r = i % 4 == 0 ? mask : i % 4 == 1 ? mask - 1 : i % 20 == 2 ? 0 : random & mask;
        const auto gap = grid[cell + 1] - grid[cell];
        const auto turn = grid[cell].scaled(n + 1) + gap.times(2 * ((std::uint64_t{1} << n) - r) - 1);
        const double x =
            std::bit_cast<double>(oracle::magnitude_bits_not_above(oracle::binary64, turn.scaled(-(n + 1))));
        std::vector<policy> policies;
        for (const variant v : {variant::a, variant::b, variant::c}) {
          const auto drawn = rounding::stochastic(v, n, r);
          for (const auto o : oracle::all_overflows) {
            policies.push_back({drawn, o, oracle::twin(drawn), oracle::twin(o)});
          }
        }
        const double half_step = oracle::to_double(oracle::number::finite(gap.scaled(-(n + 1))));
        for (const double y : {x, x - half_step, x + half_step}) {
          const auto bits = std::bit_cast<std::uint64_t>(y);
          for (const std::uint64_t near : {bits - 1, bits, bits + 1}) {
            if (bits == 0 && near != 0) continue;
            compare_one(found, e, f, std::bit_cast<double>(near), policies);
            compare_one(found, e, f, -std::bit_cast<double>(near), policies);
          }
        }
      }
    }
  }
  check(found);
}

}  // namespace encode_test
