// SPDX-License-Identifier: Apache-2.0
// also built: fast_math native
//
// Casts from everything that can be cast, and the promise that nothing around them changes a bit: not the thread's
// rounding mode, not FTZ or DAZ, not -Ofast (this file is compiled once more with it). The expected codes come from the
// oracle, which computes in integers alone. Floats travel as bit patterns: under fast-math a compiler may believe
// that there is no NaN.

#include <array>
#include <bit>
#include <cfenv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <lowp/cast.hpp>
#include <lowp/codec/any_format.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/format_types.hpp"
#include "support/oracle.hpp"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace cast_test {

namespace {

using lowp_test::named_format;
using oracle::code;
namespace rounding = lowp::rounding;
namespace overflow = lowp::overflow;

constexpr std::array<rounding::any, 6> roundings{rounding::nearest_even{}, rounding::nearest_away{},
                                                 rounding::toward_zero{},  rounding::up{},
                                                 rounding::down{},         rounding::to_odd{}};
constexpr std::array<overflow::any, 3> overflows{overflow::saturate{}, overflow::nonsaturating{},
                                                 overflow::saturate_finite{}};

/// Casts to one format and back, by bit pattern.
struct row {
  using policy = rounding::any const&;
  using bounds = overflow::any const&;
  std::string name;
  code (*from_float)(std::uint32_t, policy, bounds);
  code (*from_double)(std::uint64_t, policy, bounds);
  std::uint32_t (*to_float)(code);
  std::uint64_t (*to_double)(code);
  /// Bits: isnan, isinf, isfinite, signbit.
  unsigned (*classes)(code);

  template <class F>
  static row of(std::string_view name) {
    return {
        std::string(name),
        [](std::uint32_t x, policy r, bounds o) -> code { return bits(lowp::cast<F>(std::bit_cast<float>(x), r, o)); },
        [](std::uint64_t x, policy r, bounds o) -> code { return bits(lowp::cast<F>(std::bit_cast<double>(x), r, o)); },
        [](code c) { return std::bit_cast<std::uint32_t>(lowp::decode(lowp::from_bits<F>(c))); },
        [](code c) { return std::bit_cast<std::uint64_t>(static_cast<double>(lowp::from_bits<F>(c))); },
        [](code c) {
          F const x = lowp::from_bits<F>(c);
          return (isnan(x) ? 1U : 0U) | (isinf(x) ? 2U : 0U) | (isfinite(x) ? 4U : 0U) | (signbit(x) ? 8U : 0U);
        }};
  }

 private:
  template <class F>
  static code bits(F x) {
    return lowp::to_bits(x);
  }
};

/// Casts from integers.
struct integer_row {
  std::string name;
  code (*from_signed)(std::int64_t, row::policy, row::bounds);
  code (*from_unsigned)(std::uint64_t, row::policy, row::bounds);

  template <class F>
  static integer_row of(std::string_view name) {
    return {
        std::string(name),
        [](std::int64_t x, row::policy r, row::bounds o) -> code { return lowp::to_bits(lowp::cast<F>(x, r, o)); },
        [](std::uint64_t x, row::policy r, row::bounds o) -> code { return lowp::to_bits(lowp::cast<F>(x, r, o)); }};
  }
};

struct subnormal_table {
  static constexpr float values[8] = {0x1p-140F, 0x1p-138F, -0x1.8p-147F, -0.0F,
                                      0.0F,      0x1p-126F, -0x1p-130F,   0x1p-149F};
};

constexpr std::tuple targets{
    named_format<lowp::e5m2>{"e5m2"},
    named_format<lowp::e4m3fn>{"e4m3fn"},
    named_format<lowp::e4m3b11fnuz>{"e4m3b11fnuz"},
    named_format<lowp::e8m0fnu>{"e8m0fnu"},
    named_format<lowp::ue5m3>{"ue5m3"},
    named_format<lowp::e2m1fn>{"e2m1fn"},
    named_format<lowp::p3109::binary8p1se>{"binary8p1se"},
    named_format<lowp::p3109::binary8p4uf>{"binary8p4uf"},
    named_format<lowp::bfloat16>{"bfloat16"},
    named_format<lowp::float16>{"float16"},
    named_format<lowp::int8>{"int8"},
    named_format<lowp::uint4>{"uint4"},
};

oracle::format meaning_of(row const& r) {
  if (r.name != "subnormal table") return oracle::by_name(r.name);
  std::vector<double> values;
  for (float const v : subnormal_table::values) {
    values.push_back(std::bit_cast<double>(oracle::write(oracle::binary64, oracle::number_of(v))));
  }
  return oracle::codebook(r.name, std::move(values));
}

std::vector<row> rows() {
  std::vector<row> all = lowp_test::rows_of<row>(targets);
  all.push_back(row::of<lowp::codebook<subnormal_table>>("subnormal table"));
  return all;
}

/// Of the boundaries of a format a sanitized build takes fewer.
constexpr std::size_t few = lowp_test::sanitized ? 8 : 1;

/// Boundaries of a format, thinned to at most a few thousand; every special value stays.
template <class Bits>
std::vector<Bits> thinned(std::vector<Bits> const& all, std::size_t most) {
  std::size_t const step = all.size() / most + 1;
  std::vector<Bits> some;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % step == 0 || i < 12 || i + 12 >= all.size()) some.push_back(all[i]);
  }
  // Subnormals, infinities and NaNs of both signs, whatever the step.
  constexpr oracle::interchange layout = sizeof(Bits) == 4 ? oracle::binary32 : oracle::binary64;
  auto const sign = static_cast<Bits>(layout.sign_mask());
  auto const infinity = static_cast<Bits>(layout.infinity());
  Bits const one_ulp = Bits{1} << layout.fraction_bits;  // also the smallest normal number
  for (Bits const x : {Bits{0}, Bits{1}, Bits{3}, one_ulp - 1, one_ulp, infinity - 1, infinity, infinity + 1,
                       infinity + one_ulp / 2, infinity + one_ulp - 1}) {
    some.push_back(x);
    some.push_back(x | sign);
  }
  return some;
}

// --- what surrounds a cast ---------------------------------------------------------------------------------------

struct ambient {
  char const* name;
  int rounding_mode;
  bool flush;
};

std::vector<ambient> ambients() {
  std::vector<ambient> all{{"default", FE_TONEAREST, false},
                           {"upward", FE_UPWARD, false},
                           {"downward", FE_DOWNWARD, false},
                           {"toward zero", FE_TOWARDZERO, false}};
#if defined(__SSE__)
  all.push_back({"FTZ and DAZ", FE_TONEAREST, true});
  all.push_back({"FTZ, DAZ and upward", FE_UPWARD, true});
#endif
  return all;
}

/// Sets the thread's floating-point environment for a scope.
class scoped_ambient {
 public:
  explicit scoped_ambient(ambient const& a) {
    std::fegetenv(&before_);
    std::fesetround(a.rounding_mode);
#if defined(__SSE__)
    constexpr unsigned ftz_and_daz = 0x8040;
    _mm_setcsr(a.flush ? _mm_getcsr() | ftz_and_daz : _mm_getcsr() & ~ftz_and_daz);
#endif
  }
  ~scoped_ambient() { std::fesetenv(&before_); }
  scoped_ambient(scoped_ambient const&) = delete;
  scoped_ambient& operator=(scoped_ambient const&) = delete;

 private:
  std::fenv_t before_{};
};

}  // namespace

TEST_CASE("the environments of this test are real") {
  // 1 + 2^-30 as a float: the rounding mode shows; a subnormal times 1: DAZ shows.
  float const volatile one = 1.0F;
  float const volatile tiny = 0x1p-30F;
  double const volatile subnormal = 0x1p-1060;
  double const volatile big = 0x1p60;
  for (ambient const& a : ambients()) {
    bool above = false;
    bool flushed = false;
    {
      scoped_ambient const scope(a);
      float const volatile sum = one + tiny;
      double const volatile product = subnormal * big;
      above = std::bit_cast<std::uint32_t>(float{sum}) != 0x3f800000U;
      flushed = std::bit_cast<std::uint64_t>(double{product}) == 0;
    }
    INFO(a.name);
    CHECK(above == (a.rounding_mode == FE_UPWARD));
#if defined(__SSE2__) && !defined(__FAST_MATH__)
    CHECK(flushed == a.flush);
#else
    static_cast<void>(flushed);
#endif
  }
}

TEST_CASE("casts from float and double are the oracle's in every environment, NaN and subnormals included") {
  for (row const& r : rows()) {
    oracle::encoder const encode(meaning_of(r));
    oracle::inputs const all = oracle::boundaries(encode);
    std::vector<std::uint32_t> const floats = thinned(all.floats, 1200 / few);
    std::vector<std::uint64_t> const doubles = thinned(all.doubles, 1200 / few);
    // The expected code of each (input, rounding, overflow).
    std::vector<code> expected;
    auto const expect = [&](oracle::number const& x) {
      auto const at = encode.locate(x);
      for (auto const mode : oracle::deterministic_modes) {
        for (auto const o : oracle::all_overflows) expected.push_back(encode.judge(at, mode, o));
      }
    };
    for (std::uint32_t const x : floats) expect(oracle::read(oracle::binary32, x));
    for (std::uint64_t const x : doubles) expect(oracle::read(oracle::binary64, x));
    for (ambient const& a : ambients()) {
      std::size_t wrong = 0;
      std::size_t i = 0;
      {
        scoped_ambient const scope(a);
        auto const compare = [&](auto const& from, auto x) {
          for (rounding::any const& mode : roundings) {
            for (overflow::any const& o : overflows) wrong += from(x, mode, o) != expected[i++] ? 1 : 0;
          }
        };
        for (std::uint32_t const x : floats) compare(r.from_float, x);
        for (std::uint64_t const x : doubles) compare(r.from_double, x);
      }
      INFO(r.name << ", " << a.name);
      CHECK(wrong == 0);
      CHECK(i == expected.size());
    }
  }
}

TEST_CASE("decoding and classification are exact in every environment") {
  for (row const& r : rows()) {
    oracle::format const f = meaning_of(r);
    std::vector<std::uint64_t> floats;
    std::vector<std::uint64_t> doubles;
    std::vector<unsigned> classes;
    for (code c = 0; c < f.code_count(); ++c) {
      oracle::number const v = oracle::value(f, c);
      // The only NaN of P3109 and FNUZ has no sign; IEEE-like NaNs have the one of their code.
      bool const one_nan = f.kind == oracle::family::fnuz || f.is_p3109();
      bool const sign =
          v.is_nan() ? f.is_minifloat() && f.is_signed() && !one_nan && c >= f.magnitude_count() : v.is_negative();
      classes.push_back((v.is_nan() ? 1U : 0U) | (v.is_infinite() ? 2U : 0U) | (v.is_finite() ? 4U : 0U) |
                        (sign ? 8U : 0U));
      floats.push_back(oracle::write(oracle::binary32, oracle::value(f, c)));
      doubles.push_back(oracle::write(oracle::binary64, oracle::value(f, c)));
    }
    for (ambient const& a : ambients()) {
      std::size_t wrong = 0;
      {
        scoped_ambient const scope(a);
        for (code c = 0; c < f.code_count(); ++c) {
          wrong += r.to_float(c) != floats[c] || r.to_double(c) != doubles[c] ? 1 : 0;
          wrong += r.classes(c) != classes[c] ? 1 : 0;
        }
      }
      INFO(r.name << ", " << a.name);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("arithmetic and run-time formats do not hear the environment either") {
  using lowp::bfloat16;
  auto const results = [] {
    std::vector<std::uint32_t> all;
    std::mt19937 random(13);
    for (unsigned i = 0; i < 20000 / lowp_test::thin; ++i) {
      auto const a =
          lowp::from_bits<bfloat16>(static_cast<unsigned>(random()) & 0x83ff);  // small ones: subnormal results
      auto const b = lowp::from_bits<bfloat16>(static_cast<unsigned>(random()) & 0xffff);
      for (rounding::any const& mode : {roundings[0], roundings[3], roundings[4]}) {
        all.push_back(lowp::to_bits(add(a, b, mode)));
        all.push_back(lowp::to_bits(multiply(a, b, mode)));
        all.push_back(lowp::to_bits(divide(a, b, mode)));
        all.push_back(lowp::to_bits(fma(a, b, a, mode)));
        all.push_back(lowp::to_bits(sqrt(b, mode)));
      }
      all.push_back(a < b ? 1 : 0);
      all.push_back(a == b ? 1 : 0);
    }
    // A codebook made at run time, with values that DAZ would take for zero.
    std::vector<float> const table(std::begin(subnormal_table::values), std::end(subnormal_table::values));
    lowp::any_format const f(table, "subnormal");
    all.push_back(static_cast<std::uint32_t>(f.facts().value_count));
    all.push_back(f.facts().has_negative_zero ? 1 : 0);
    all.push_back(std::bit_cast<std::uint32_t>(f.facts().min_subnormal));
    all.push_back(std::bit_cast<std::uint32_t>(f.facts().max));
    for (std::uint32_t x = 0; x < 0x01000000U; x += 0x1357 * lowp_test::thin) {
      all.push_back(f.encode(std::bit_cast<float>(x)));
      all.push_back(f.encode(std::bit_cast<float>(x | 0x80000000U)));
    }
    for (code c = 0; c < 8; ++c) all.push_back(std::bit_cast<std::uint32_t>(f.decode(c)));
    return all;
  };
  std::vector<std::uint32_t> reference;
  {
    scoped_ambient const scope(ambients().front());
    reference = results();
  }
  for (ambient const& a : ambients()) {
    std::vector<std::uint32_t> got;
    {
      scoped_ambient const scope(a);
      got = results();
    }
    INFO(a.name);
    CHECK((got == reference));
  }
}

TEST_CASE("integers of every width are rounded once, from all their bits") {
  std::vector<std::int64_t> values{0,
                                   1,
                                   -1,
                                   127,
                                   -128,
                                   255,
                                   256,
                                   65535,
                                   -65536,
                                   (std::int64_t{1} << 53) + 1,
                                   std::numeric_limits<std::int64_t>::max(),
                                   std::numeric_limits<std::int64_t>::min(),
                                   std::numeric_limits<std::int64_t>::min() + 1};
  // Ties of 8 and 11 digits with one more bit at the very bottom: double (53 digits) would lose it.
  for (int top = 20; top <= 62; ++top) {
    for (int digits : {3, 4, 8, 11}) {
      std::int64_t const tie = (std::int64_t{1} << top) | (std::int64_t{1} << (top - digits));
      for (std::int64_t const x : {tie - 1, tie, tie + 1}) {
        values.push_back(x);
        values.push_back(-x);
      }
    }
  }
  std::mt19937_64 random(14);
  for (int i = 0; i < 300; ++i) values.push_back(static_cast<std::int64_t>(random() >> (random() % 63)));

  constexpr std::tuple integer_targets{named_format<lowp::e4m3fn>{"e4m3fn"},   named_format<lowp::ue5m3>{"ue5m3"},
                                       named_format<lowp::e8m0fnu>{"e8m0fnu"}, named_format<lowp::bfloat16>{"bfloat16"},
                                       named_format<lowp::float16>{"float16"}, named_format<lowp::int8>{"int8"},
                                       named_format<lowp::uint4>{"uint4"}};
  for (integer_row const& r : lowp_test::rows_of<integer_row>(integer_targets)) {
    oracle::encoder const encode(oracle::by_name(r.name));
    std::size_t wrong = 0;
    for (std::int64_t const x : values) {
      auto const at = encode.locate(oracle::number::finite(oracle::dyadic::integer(x)));
      auto const bits = static_cast<std::uint64_t>(x);
      auto const at_unsigned = encode.locate(oracle::number::finite({oracle::sign::plus, bits, 0}));
      for (std::size_t m = 0; m < roundings.size(); ++m) {
        for (std::size_t o = 0; o < overflows.size(); ++o) {
          auto const mode = oracle::deterministic_modes[m];
          wrong += r.from_signed(x, roundings[m], overflows[o]) != encode.judge(at, mode, oracle::all_overflows[o]);
          wrong += r.from_unsigned(bits, roundings[m], overflows[o]) !=
                   encode.judge(at_unsigned, mode, oracle::all_overflows[o]);
        }
      }
    }
    INFO(r.name);
    CHECK(wrong == 0);
  }

  // The narrower types agree with the widest on everything they hold.
  auto const agree = [](auto type) {
    using T = decltype(type);
    int wrong = 0;
    auto const lowest = static_cast<long>(std::numeric_limits<T>::min());
    auto const greatest = static_cast<long>(std::numeric_limits<T>::max());
    for (long x = lowest; x <= greatest; ++x) {
      auto const narrow = static_cast<T>(x);
      wrong +=
          lowp::to_bits(lowp::cast<lowp::e4m3fn>(narrow)) != lowp::to_bits(lowp::cast<lowp::e4m3fn>(std::int64_t{x}));
      wrong += lowp::to_bits(lowp::cast<lowp::int4>(narrow)) != lowp::to_bits(lowp::cast<lowp::int4>(std::int64_t{x}));
    }
    CHECK(wrong == 0);
  };
  agree(bool{});
  agree(char{});
  agree(static_cast<signed char>(0));
  agree(static_cast<unsigned char>(0));
  agree(char8_t{});
  agree(short{});
  agree(static_cast<unsigned short>(0));
  agree(char16_t{});
  CHECK(decode(lowp::cast<lowp::bfloat16>(-2147483647 - 1)) == -0x1p31F);
  CHECK(decode(lowp::cast<lowp::bfloat16>(4294967295U)) == 0x1p32F);
  CHECK(decode(lowp::cast<lowp::bfloat16>(4294967295U, rounding::toward_zero{})) == 0x1.fep31F);
  CHECK(decode(lowp::cast<lowp::uint1>(true)) == 1.0F);
}

TEST_CASE("a double is not rounded to float on the way") {
  // Just beside every midpoint, by less than a float can show: through float all of these become ties.
  std::size_t told_apart = 0;
  for (row const& r : rows()) {
    if (r.name == "subnormal table") continue;
    oracle::encoder const encode(meaning_of(r));
    std::vector<oracle::dyadic> const& grid = encode.grid();
    std::size_t wrong = 0;
    std::size_t const step = grid.size() / 500 + 1;
    for (std::size_t i = 0; i + 1 < grid.size(); i += step) {
      oracle::dyadic const middle = (grid[i] + grid[i + 1]).scaled(-1);
      oracle::dyadic const nudge = oracle::dyadic::power_of_two(middle.floor_log2() - 40);
      for (oracle::dyadic const& x : {middle - nudge, middle, middle + nudge}) {
        std::uint64_t const bits = oracle::write(oracle::binary64, oracle::number::finite(x));
        auto const at = encode.locate(oracle::number::finite(x));
        code const expected = encode.judge(at, oracle::rounding_mode::nearest_even, oracle::overflow::nonsaturating);
        code const got = r.from_double(bits, rounding::nearest_even{}, overflow::nonsaturating{});
        wrong += got != expected ? 1 : 0;
        // The same input cut to float first (float has the midpoint itself).
        auto const cut = static_cast<std::uint32_t>(oracle::write(oracle::binary32, oracle::number::finite(middle)));
        told_apart += r.from_float(cut, rounding::nearest_even{}, overflow::nonsaturating{}) != got ? 1 : 0;
      }
    }
    INFO(r.name);
    CHECK(wrong == 0);
  }
  CHECK(told_apart > 1000);
}

TEST_CASE("between formats: one rounding from the exact value") {
  struct pair {
    std::string from;
    std::string to;
    code (*cast)(code, row::policy, row::bounds);
  };
  std::vector<pair> pairs;
  auto const add = [&](auto from, auto to) {
    using From = typename decltype(from)::type;
    using To = typename decltype(to)::type;
    pairs.push_back({std::string(from.name), std::string(to.name), [](code c, row::policy r, row::bounds o) -> code {
                       return lowp::to_bits(lowp::cast<To>(lowp::from_bits<From>(c), r, o));
                     }});
  };
  constexpr std::tuple narrow{named_format<lowp::e5m2>{"e5m2"}, named_format<lowp::e4m3fnuz>{"e4m3fnuz"},
                              named_format<lowp::e8m0fnu>{"e8m0fnu"}, named_format<lowp::int8>{"int8"}};
  lowp_test::for_each_format(narrow,
                             [&](auto from) { lowp_test::for_each_format(narrow, [&](auto to) { add(from, to); }); });
  add(named_format<lowp::float16>{"float16"}, named_format<lowp::bfloat16>{"bfloat16"});
  add(named_format<lowp::bfloat16>{"bfloat16"}, named_format<lowp::float16>{"float16"});
  add(named_format<lowp::bfloat16>{"bfloat16"}, named_format<lowp::e4m3fn>{"e4m3fn"});
  add(named_format<lowp::float16>{"float16"}, named_format<lowp::e3m2fn>{"e3m2fn"});
  add(named_format<lowp::uint8>{"uint8"}, named_format<lowp::e2m1fn>{"e2m1fn"});
  for (pair const& p : pairs) {
    oracle::format const source = oracle::by_name(p.from);
    oracle::encoder const encode(oracle::by_name(p.to));
    std::size_t wrong = 0;
    for (code c = 0; c < source.code_count(); ++c) {
      auto const at = encode.locate(oracle::value(source, c));
      for (std::size_t m = 0; m < roundings.size(); ++m) {
        for (std::size_t o = 0; o < overflows.size(); ++o) {
          wrong += p.cast(c, roundings[m], overflows[o]) !=
                   encode.judge(at, oracle::deterministic_modes[m], oracle::all_overflows[o]);
        }
      }
    }
    INFO(p.from << " to " << p.to);
    CHECK(wrong == 0);
  }
}

TEST_CASE("a number cast to its own format is itself, a NaN its canonical NaN") {
  for (row const& r : rows()) {
    if (r.name == "subnormal table") continue;
    oracle::format const f = meaning_of(r);
    oracle::encoder const encode(f);
    std::size_t wrong = 0;
    for (code c = 0; c < f.code_count(); ++c) {
      code const expected = oracle::value(f, c).is_nan() ? encode.nan_code() : c;
      for (rounding::any const& mode : roundings) {
        wrong += r.from_float(r.to_float(c), mode, overflow::saturate_finite{}) != expected;
        wrong += r.from_double(r.to_double(c), mode, overflow::nonsaturating{}) != expected;
      }
    }
    INFO(r.name);
    CHECK(wrong == 0);
  }
}

}  // namespace cast_test
