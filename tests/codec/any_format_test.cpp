// SPDX-License-Identifier: Apache-2.0
//
// The run-time twin of every format does what the type does. (What the type does is the other tests' business.)

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <lowp/cast.hpp>
#include <lowp/codec/any_format.hpp>
#include <lowp/codec/nearest_encoder.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/format_types.hpp"

namespace any_format_test {

namespace {

using lowp::any_format;
namespace rounding = lowp::rounding;
namespace overflow = lowp::overflow;

struct messy_table {
  static constexpr float values[8] = {3.0F, std::numeric_limits<float>::quiet_NaN(), -0.0F, 1.0F,
                                      1.0F, std::numeric_limits<float>::infinity(),  0.0F,  -2.0F};
};
using messy = lowp::codebook<messy_table>;

struct row {
  std::string name;
  lowp::format_facts facts;
  any_format twin;
  unsigned (*cast_double)(double, rounding::any const&, overflow::any const&);
  float (*decode)(unsigned);

  template <class F>
  static row of(std::string_view name) {
    return {
        std::string(name), lowp::facts<F>::all, any_format::of<F>(std::string(name)),
        [](double x, rounding::any const& r, overflow::any const& o) { return lowp::to_bits(lowp::cast<F>(x, r, o)); },
        [](unsigned c) { return lowp::decode(lowp::from_bits<F>(c)); }};
  }
};

std::vector<row> const& rows() {
  static std::vector<row> const all = [] {
    std::vector<row> list = lowp_test::rows_of<row>(lowp_test::all_formats);
    list.push_back(row::of<messy>("messy"));
    return list;
  }();
  return all;
}

std::vector<rounding::any> roundings() {
  return {rounding::nearest_even{},
          rounding::nearest_away{},
          rounding::toward_zero{},
          rounding::up{},
          rounding::down{},
          rounding::to_odd{},
          rounding::stochastic_given<rounding::variant::a, 16>{0x8123},
          rounding::stochastic_given<rounding::variant::c, 5>{17},
          rounding::stochastic{99, 12345},
          rounding::stochastic_hash{99, 12345}};
}

constexpr std::array<overflow::any, 3> overflows{overflow::saturate{}, overflow::nonsaturating{},
                                                 overflow::saturate_finite{}};

lowp::error_code code_of_error(auto&& make) {
  try {
    make();
  } catch (lowp::error const& e) {
    return e.code();
  }
  FAIL("no error was raised");
  throw;
}

}  // namespace

TEST_CASE("facts, widths, values and names are the type's") {
  for (row const& r : rows()) {
    INFO(r.name);
    CHECK((r.twin.facts() == r.facts));
    CHECK(r.twin.bits() == r.facts.bits);
    CHECK(r.twin.name() == r.name);
    CHECK(r.twin.values().size() == std::size_t{1} << r.facts.bits);
    CHECK(static_cast<int>(r.twin.is_minifloat()) + static_cast<int>(r.twin.is_integer()) +
              static_cast<int>(r.twin.is_codebook()) ==
          1);
    int wrong = 0;
    for (unsigned c = 0; c <= r.facts.code_mask; ++c) {
      auto const expected = std::bit_cast<std::uint32_t>(r.decode(c));
      wrong += std::bit_cast<std::uint32_t>(r.twin.decode(c)) != expected ? 1 : 0;
      wrong += std::bit_cast<std::uint32_t>(r.twin.values()[c]) != expected ? 1 : 0;
      wrong += std::bit_cast<std::uint32_t>(r.twin.decode(c | ~r.facts.code_mask)) != expected ? 1 : 0;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("every cast equals the type's: all float16 values, random floats and doubles") {
  // The type is asked in double, the twin in the type of x: a float's own path is the same for all formats (see below).
  // All values of float16 under every rounding, the overflow policies in turn; specials and random numbers under all.
  std::vector<float> halves;
  for (unsigned c = 0; c < 0x10000; ++c) halves.push_back(lowp::decode(lowp::from_bits<lowp::float16>(c)));
  std::vector<float> floats;
  std::vector<double> doubles;
  std::mt19937_64 random(15);
  for (unsigned i = 0; i < 1500 / lowp_test::thin; ++i) {
    floats.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
    doubles.push_back(std::bit_cast<double>(random()));
    // Within reach of 8-bit formats: exponents -20 to 20.
    doubles.push_back(std::bit_cast<double>((random() & 0x800fffffffffffffU) | ((1003 + random() % 41) << 52)));
  }
  for (std::uint32_t const bits : {0U, 1U, 0x7fffffU, 0x800000U, 0x7f7fffffU, 0x7f800000U, 0x7f800001U, 0x7fc00000U}) {
    floats.push_back(std::bit_cast<float>(bits));
    floats.push_back(std::bit_cast<float>(bits | 0x80000000U));
  }
  std::vector<rounding::any> const modes = roundings();
  for (row const& r : rows()) {
    std::size_t wrong = 0;
    // A codebook's exact comparison costs a hundred times more.
    std::size_t const step = r.twin.is_codebook() ? 61 : 2 * lowp_test::thin - 1;
    for (std::size_t i = 0; i < halves.size(); i += step) {
      float const x = halves[i];
      rounding::any const& mode = modes[i % modes.size()];
      for (overflow::any const& o : overflows) {
        wrong += r.twin.encode(x, mode, o) != r.cast_double(static_cast<double>(x), mode, o) ? 1 : 0;
      }
      for (std::size_t m = 0; m < 6; ++m) {
        overflow::any const& o = overflows[i % 3];
        wrong += r.twin.encode(x, modes[m], o) != r.cast_double(static_cast<double>(x), modes[m], o) ? 1 : 0;
      }
    }
    auto const check = [&](auto x) {
      for (rounding::any const& mode : modes) {
        for (overflow::any const& o : overflows) {
          wrong += r.twin.encode(x, mode, o) != r.cast_double(static_cast<double>(x), mode, o) ? 1 : 0;
        }
      }
    };
    for (std::size_t i = 0; i < floats.size(); i += r.twin.is_codebook() ? 7 : 1) check(floats[i]);
    for (std::size_t i = 0; i < doubles.size(); i += r.twin.is_codebook() ? 7 : 1) check(doubles[i]);
    INFO(r.name);
    CHECK(wrong == 0);
  }
}

TEST_CASE("static policies and the default ones go through the same code") {
  any_format const f = any_format::of<lowp::e4m3fn>();
  any_format const g = any_format::of<lowp::int5>();
  for (double const x : {1.0625, 1.1875, -1.0625, 449.0, 464.0, 465.0, 1e9, -1e9, 0.0, -0.0, 3.7, 15.5, -16.5}) {
    INFO(x);
    CHECK(f.encode(x) == lowp::to_bits(lowp::cast<lowp::e4m3fn>(x)));
    auto const y = static_cast<float>(x);
    CHECK(f.encode(y) == lowp::to_bits(lowp::cast<lowp::e4m3fn>(y)));
    CHECK(f.encode(x, rounding::up{}) == lowp::to_bits(lowp::cast<lowp::e4m3fn>(x, rounding::up{})));
    CHECK(f.encode(x, rounding::down{}, overflow::nonsaturating{}) ==
          lowp::to_bits(lowp::cast<lowp::e4m3fn>(x, rounding::down{}, overflow::nonsaturating{})));
    CHECK(std::bit_cast<std::uint32_t>(f.round(x)) ==
          std::bit_cast<std::uint32_t>(lowp::decode(lowp::cast<lowp::e4m3fn>(x))));
    CHECK(g.encode(x, rounding::stochastic{1, 2}) ==
          lowp::to_bits(lowp::cast<lowp::int5>(x, rounding::stochastic{1, 2})));
  }
  CHECK(f.encode(17) == lowp::to_bits(lowp::cast<lowp::e4m3fn>(17)));
  CHECK(f.encode(std::numeric_limits<std::int64_t>::min()) == 0xfe);
  CHECK(f.encode(lowp::cast<lowp::bfloat16>(1.25)) == 0x3a);
  CHECK(f.encode(lowp::exact::scaled(false, 5, -2)) == 0x3a);
}

TEST_CASE("equality is about codes and their meaning, not about names") {
  any_format const f = any_format::of<lowp::e4m3fn>("e4m3fn");
  any_format const copy = f;
  CHECK(copy == f);
  CHECK(any_format::of<lowp::e4m3fn>("another name") == f);
  CHECK(any_format(lowp::float_layout{4, 3, 7, lowp::specials::fn, lowp::sign_bit::present}) == f);
  for (row const& a : rows()) {
    for (row const& b : rows()) {
      if ((a.twin == b.twin) != (a.name == b.name)) FAIL_CHECK(a.name << " and " << b.name);
    }
  }
  // NaN entries of a table are equal to themselves here.
  CHECK(any_format::of<messy>("a") == any_format::of<messy>("b"));
  any_format const bits(std::vector<float>{0.0F, 1.0F}, "a");
  CHECK_FALSE(bits == any_format(std::vector<float>{-0.0F, 1.0F}, "a"));
  CHECK_FALSE(bits == any_format::of<lowp::uint1>("a"));
}

TEST_CASE("made from text-like data: layouts, widths and tables that make no sense are errors") {
  using lowp::error_code;
  using lowp::float_layout;
  using lowp::integer_layout;
  using lowp::sign_bit;
  using lowp::specials;
  CHECK(code_of_error([] {
          any_format(float_layout{8, 8, 127, specials::ieee, sign_bit::present});
        }) == error_code::value);
  CHECK(code_of_error([] {
          any_format(float_layout{4, 0, 7, specials::ieee, sign_bit::present});
        }) == error_code::value);
  CHECK(code_of_error([] { any_format(integer_layout{9, sign_bit::present}); }) == error_code::value);
  CHECK(code_of_error([] { any_format(integer_layout{1, sign_bit::present}); }) == error_code::value);
  CHECK(code_of_error([] { any_format(integer_layout{0, sign_bit::absent}); }) == error_code::value);
  CHECK(code_of_error([] { any_format(std::vector<float>{}, "t"); }) == error_code::size);
  CHECK(code_of_error([] { any_format(std::vector<float>(1), "t"); }) == error_code::size);
  CHECK(code_of_error([] { any_format(std::vector<float>(3), "t"); }) == error_code::size);
  CHECK(code_of_error([] { any_format(std::vector<float>(512), "t"); }) == error_code::size);
  float const nan = std::numeric_limits<float>::quiet_NaN();
  float const infinity = std::numeric_limits<float>::infinity();
  CHECK(code_of_error([&] { any_format(std::vector<float>{nan, infinity}, "t"); }) == error_code::value);
  CHECK_NOTHROW(any_format(std::vector<float>{nan, 1.0F}, "t"));

  // Every float_layout of a small box either has a defect or makes a format whose facts are sane.
  int made = 0;
  for (int e = 0; e <= 9; ++e) {
    for (int m = -1; m <= 8; ++m) {
      for (int const bias : {-140, -20, 0, 1, 7, 100, 127, 150, 200}) {
        for (int kind = 0; kind < 7; ++kind) {
          for (sign_bit const sign : {sign_bit::present, sign_bit::absent}) {
            float_layout const l{e, m, bias, static_cast<specials>(kind), sign};
            if (l.defect() != nullptr) continue;
            any_format const f(l);
            ++made;
            bool const sane = f.facts().max > 0 && f.facts().min_subnormal > 0 &&
                              f.facts().max >= f.facts().min_normal &&
                              f.facts().min_normal >= f.facts().min_subnormal && f.facts().lowest <= f.facts().max &&
                              f.decode(f.facts().max_code) == f.facts().max && f.facts().max < infinity &&
                              f.encode(f.facts().max) == f.facts().max_code;
            if (!sane) FAIL_CHECK("E " << e << " M " << m << " bias " << bias << " kind " << kind);
          }
        }
      }
    }
  }
  CHECK(made > 1000);
}

TEST_CASE("a twin is cheap to copy and safe to keep") {
  any_format outlived = any_format::of<lowp::e2m1fn>("first");
  {
    any_format const other = any_format::of<lowp::nf4>("nf4");
    outlived = other;
  }
  CHECK(outlived.name() == "nf4");
  CHECK(outlived.decode(15) == 1.0F);
  CHECK(outlived.values().size() == 16);
}

TEST_CASE("nearest_encoder gives the codes of encode wherever it serves") {
  std::size_t served = 0;
  std::mt19937 random(21);
  std::vector<float> wide;
  for (unsigned i = 0; i < 20000 / lowp_test::thin; ++i) {
    wide.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
  }
  for (row const& r : rows()) {
    lowp::detail::nearest_encoder const nearest(r.twin, 1000000);
    if (!nearest.serves()) {
      continue;
    }
    ++served;
    // Every value of the format, the numbers half way between neighbours and the floats beside them, of both signs.
    std::vector<float> xs = wide;
    std::uint32_t const step = r.facts.code_mask > 255 ? 37 : 1;
    for (std::uint32_t c = 0; c <= r.facts.max_code; c += step) {
      float const a = r.twin.decode(c);
      float const b = r.twin.decode(c == r.facts.max_code ? c : c + 1);
      for (float const x : {a, b, 0.5F * a + 0.5F * b}) {
        for (std::uint32_t const bits : {std::bit_cast<std::uint32_t>(x) - 1U, std::bit_cast<std::uint32_t>(x),
                                         std::bit_cast<std::uint32_t>(x) + 1U}) {
          xs.push_back(std::bit_cast<float>(bits));
          xs.push_back(std::bit_cast<float>(bits ^ 0x80000000U));
        }
      }
    }
    for (std::uint32_t const bits : {0U, 1U, 0x7fffffU, 0x7f7fffffU, 0x7f800000U, 0x7f800001U, 0x7fc00000U}) {
      xs.push_back(std::bit_cast<float>(bits));
      xs.push_back(std::bit_cast<float>(bits | 0x80000000U));
    }
    std::size_t wrong = 0;
    // A codebook's exact comparison costs a hundred times more.
    std::size_t const every = r.twin.is_codebook() ? 7 : 1;
    std::vector<float> const some = lowp_test::thinned(xs);
    for (std::size_t i = 0; i < some.size(); i += every) {
      float const x = some[i];
      wrong += nearest(x) == r.twin.encode(x) ? 0 : 1;
    }
    INFO(r.name);
    CHECK(wrong == 0);
  }
  CHECK(served > 40);
}

}  // namespace any_format_test
