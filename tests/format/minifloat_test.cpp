// SPDX-License-Identifier: Apache-2.0
//
// All codes of all formats (of 16 bits too): what they mean, how they compare. The oracle says what a code means.

#include <bit>
#include <cmath>
#include <compare>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <lowp/format.hpp>

#include "support/catch.hpp"
#include "support/format_types.hpp"
#include "support/oracle.hpp"

namespace minifloat_test {

namespace {

using oracle::code;

/// The conversions and comparisons of one format on raw codes.
struct row {
  std::string name;
  std::uint32_t (*float_bits)(code);
  std::uint64_t (*double_bits)(code);
  code (*round_trip)(code);
  /// Bit i of the answer: ==, !=, <, <=, >, >=.
  unsigned (*relations)(code, code);
  std::partial_ordering (*order)(code, code);

  template <class F>
  static row of(std::string_view name) {
    return {std::string(name),
            [](code c) { return std::bit_cast<std::uint32_t>(static_cast<float>(lowp::from_bits<F>(c))); },
            [](code c) { return std::bit_cast<std::uint64_t>(static_cast<double>(lowp::from_bits<F>(c))); },
            [](code c) -> code { return lowp::to_bits(lowp::from_bits<F>(c)); },
            [](code a, code b) { return relations_of(lowp::from_bits<F>(a), lowp::from_bits<F>(b)); },
            [](code a, code b) { return std::partial_ordering(lowp::from_bits<F>(a) <=> lowp::from_bits<F>(b)); }};
  }

  template <class T>
  static unsigned relations_of(T a, T b) {
    return (a == b ? 1U : 0U) | (a != b ? 2U : 0U) | (a < b ? 4U : 0U) | (a <= b ? 8U : 0U) | (a > b ? 16U : 0U) |
           (a >= b ? 32U : 0U);
  }
};

std::vector<row> const& rows() {
  static std::vector<row> const all =
      lowp_test::rows_of<row>(std::tuple_cat(lowp_test::all_minifloats, lowp_test::integers));
  return all;
}

/// Pairs of codes: all of them up to 8 bits; beyond, neighbours, mirrored codes and a fixed random sample.
template <class Function>
void for_each_pair(code codes, Function&& f) {
  if (codes <= 256) {
    for (code a = 0; a < codes; ++a) {
      for (code b = 0; b < codes; ++b) f(a, b);
    }
    return;
  }
  std::mt19937 random(1);
  for (code a = 0; a < codes; ++a) {
    f(a, a);
    f(a, (a + 1) % codes);
    f((a + 1) % codes, a);
    f(a, a ^ (codes / 2));
    f(a, static_cast<code>(random()) % codes);
  }
}

}  // namespace

TEST_CASE("every code decodes to its meaning, in float and in double") {
  for (row const& r : rows()) {
    oracle::format const meaning = oracle::by_name(r.name);
    int wrong = 0;
    for (code c = 0; c < meaning.code_count(); ++c) {
      oracle::number const expected = oracle::value(meaning, c);
      wrong += r.float_bits(c) != oracle::write(oracle::binary32, expected) ? 1 : 0;
      wrong += r.double_bits(c) != oracle::write(oracle::binary64, expected) ? 1 : 0;
      wrong += r.round_trip(c) != c ? 1 : 0;
    }
    INFO(r.name);
    CHECK(wrong == 0);
  }
}

TEST_CASE("comparisons are by value: -0 equals 0, NaN is unordered") {
  for (row const& r : rows()) {
    oracle::format const meaning = oracle::by_name(r.name);
    std::vector<double> values;
    for (code c = 0; c < meaning.code_count(); ++c) values.push_back(oracle::value_as_double(meaning, c));
    int wrong = 0;
    for_each_pair(meaning.code_count(), [&](code a, code b) {
      wrong += r.relations(a, b) != row::relations_of(values[a], values[b]) ? 1 : 0;
      wrong += r.order(a, b) != (values[a] <=> values[b]) ? 1 : 0;
    });
    INFO(r.name);
    CHECK(wrong == 0);
  }
}

TEST_CASE("bits above the width are ignored") {
  lowp::int4 sign_extended{};
  sign_extended.code = 0xf9;  // -7 as ml_dtypes stores it
  CHECK(static_cast<int>(sign_extended) == -7);
  CHECK(lowp::to_bits(sign_extended) == 0x9);
  CHECK(sign_extended == lowp::from_bits<lowp::int4>(0x9));
  CHECK(std::hash<lowp::int4>{}(sign_extended) == std::hash<lowp::int4>{}(lowp::from_bits<lowp::int4>(0x9)));
  CHECK(lowp::from_bits<lowp::int4>(0xfff9) == sign_extended);

  lowp::e2m1fn padded{};
  padded.code = 0x3a;  // -1 in the low four bits
  CHECK(static_cast<float>(padded) == -1.0F);
  CHECK(padded == lowp::from_bits<lowp::e2m1fn>(0xa));
  CHECK(signbit(padded));
  CHECK(static_cast<float>(-padded) == 1.0F);
  CHECK(static_cast<float>(abs(padded)) == 1.0F);
  CHECK(lowp::to_bits(nextafter(padded, lowp::from_bits<lowp::e2m1fn>(0))) == 0x9);
  CHECK(std::hash<lowp::e2m1fn>{}(padded) == std::hash<lowp::e2m1fn>{}(lowp::from_bits<lowp::e2m1fn>(0xa)));

  lowp::ue4m3 high{};
  high.code = 0xff;  // 7 bits: the NaN
  CHECK(isnan(high));
  CHECK_FALSE(high == high);
  lowp::p3109::binary6p3sf nan{};
  nan.code = 0xe0;  // 0x20 in six bits
  CHECK(isnan(nan));
  CHECK(lowp::to_bits(abs(nan)) == 0x20);

  lowp::nf4 index{};
  index.code = 0x17;
  CHECK(static_cast<float>(index) == 0.0F);
  CHECK(index == lowp::from_bits<lowp::nf4>(7));
}

TEST_CASE("a layout that describes no format says why") {
  using lowp::float_layout;
  using lowp::sign_bit;
  using lowp::specials;
  auto const mentions = [](float_layout const& l, char const* word) {
    char const* const defect = l.defect();
    INFO((defect == nullptr ? "no defect" : defect));
    CHECK((defect != nullptr && std::string(defect).find(word) != std::string::npos));
  };
  mentions({0, 3, 0, specials::finite, sign_bit::present}, "exponent bit");
  mentions({4, -1, 7, specials::finite, sign_bit::present}, "mantissa");
  mentions({8, 8, 127, specials::ieee, sign_bit::present}, "2 to 16 bits");
  mentions({1, 0, 0, specials::finite, sign_bit::absent}, "2 to 16 bits");
  mentions({4, 0, 7, specials::ieee, sign_bit::present}, "no NaN");
  mentions({4, 3, 7, specials::fnuz, sign_bit::absent}, "-0");
  mentions({7, 0, 63, specials::exponent, sign_bit::present}, "neither sign nor mantissa");
  mentions({4, 3, 7, specials::exponent, sign_bit::absent}, "neither sign nor mantissa");
  mentions({5, 2, 149, specials::ieee, sign_bit::present}, "exact in float");
  mentions({8, 3, 120, specials::finite, sign_bit::present}, "exact in float");
  mentions({1, 0, 0, specials::fn, sign_bit::present}, "no positive number");

  // The widest that fit: the last place at 2^-149, the greatest value just below 2^128.
  CHECK(float_layout{5, 2, 148, specials::ieee, sign_bit::present}.quantum_exponent() == -149);
  CHECK(float_layout{5, 2, 148, specials::ieee, sign_bit::present}.defect() == nullptr);
  CHECK(float_layout{8, 7, 127, specials::ieee, sign_bit::present}.max_exponent() == 127);
  CHECK(float_layout{8, 7, 127, specials::ieee, sign_bit::present}.defect() == nullptr);
  CHECK(float_layout{8, 7, 126, specials::ieee, sign_bit::present}.defect() != nullptr);
}

}  // namespace minifloat_test
