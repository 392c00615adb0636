// SPDX-License-Identifier: Apache-2.0
//
// cast_into of codebooks: the bulk kernel finds codes by a table of thresholds.

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/codes_and_floats.hpp"
#include "support/oracle.hpp"

namespace cast_into_codebook_test {

namespace {

using lowp_test::codes_of;
using lowp_test::floats_of;

namespace rounding = lowp::rounding;
using oracle::rounding_mode;

/// cast_into under one policy against the oracle (where it can hold the table) and the scalar cast.
template <class F, class Rounding = rounding::nearest_even, class Overflow = lowp::overflow::saturate>
void check(std::vector<float> const& x, oracle::encoder const* reference, oracle::rounding meaning = {},
           Rounding r = {}, Overflow o = {}, oracle::overflow overflow = oracle::overflow::saturate) {
  lowp::any_format const twin = lowp::any_format::of<F>();
  std::vector<F> out(x.size());
  lowp::cast_into(x, out, r, o);
  std::size_t different = 0;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    different += to_bits(out[i]) != twin.encode(x[i], rounding::any(r), lowp::overflow::any(o)) ? 1U : 0U;
    wrong += reference != nullptr && to_bits(out[i]) != (*reference)(x[i], meaning, overflow) ? 1U : 0U;
  }
  INFO(oracle::describe(meaning) << ", " << oracle::describe(overflow));
  CHECK(different == 0);
  CHECK(wrong == 0);
}

/// The roundings for which the table differs most: by tie, by direction, by parity.
template <class F>
void check_roundings(oracle::encoder const& reference) {
  std::vector<float> const x = floats_of(oracle::boundaries(reference).floats);
  check<F>(x, &reference);
  check<F>(x, &reference, rounding_mode::down, rounding::down{});
  check<F>(x, &reference, rounding_mode::to_odd, rounding::to_odd{});
}

template <class Table>
oracle::encoder codebook_encoder(std::string name) {
  return oracle::encoder(
      oracle::codebook(std::move(name), std::vector<double>(std::begin(Table::values), std::end(Table::values))));
}

// Tables with everything that may go wrong: order, repeats, both zeros, no zero, specials, subnormals, extremes.
constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
struct shuffled {
  static constexpr float values[8] = {3.0F, -1.0F, 0.0F, 2.0F, -0.0F, -1.0F, 3.0F, 0.5F};
};
struct only_negative_zero {
  static constexpr float values[4] = {1.0F, -0.0F, -2.0F, 4.0F};
};
struct without_zero {
  static constexpr float values[4] = {-3.0F, -1.0F, 1.0F, 2.0F};
};
struct special_entries {
  static constexpr float values[8] = {not_a_number, -infinite, -5.0F, 0.25F, 1.0F, infinite, 9.0F, -0.125F};
};
struct subnormals {
  static constexpr float values[8] = {0.0F,       0x1p-149F,  0x1p-148F, 0x1.8p-140F,
                                      -0x1p-149F, -0x1p-130F, 0x1p-126F, -0.0F};
};
struct both_ends {
  static constexpr float values[4] = {-0x1.fffffep127F, 0x1p-149F, 0x1.fffffep127F, 1.0F};
};
struct one_value {
  static constexpr float values[2] = {1.5F, 1.5F};
};
struct for_threads {
  static constexpr float values[4] = {-1.0F, 0.0F, 0.75F, 2.0F};
};

}  // namespace

TEST_CASE("codebooks: the table of thresholds equals the scalar cast and the oracle around every boundary") {
  SECTION("nf4") {
    using F = lowp::nf4;
    oracle::encoder const reference = codebook_encoder<lowp::nf4_table>("nf4");
    std::vector<float> const x = floats_of(oracle::boundaries(reference).floats);
    check_roundings<F>(reference);
    check<F>(x, &reference, rounding_mode::nearest_away, rounding::nearest_away{});
    check<F>(x, &reference, rounding_mode::toward_zero, rounding::toward_zero{});
    check<F>(x, &reference, rounding_mode::up, rounding::up{});
  }
  SECTION("af4") { check_roundings<lowp::af4>(codebook_encoder<lowp::af4_table>("af4")); }
  SECTION("bnb_fp4") { check_roundings<lowp::bnb_fp4>(codebook_encoder<lowp::bnb_fp4_table>("bnb_fp4")); }
  SECTION("order, repeats, both zeros") {
    check_roundings<lowp::codebook<shuffled>>(codebook_encoder<shuffled>("shuffled"));
  }
  SECTION("only -0") {
    check_roundings<lowp::codebook<only_negative_zero>>(codebook_encoder<only_negative_zero>("only -0"));
  }
  SECTION("no zero") { check_roundings<lowp::codebook<without_zero>>(codebook_encoder<without_zero>("no zero")); }
  SECTION("NaN and infinities") {
    using F = lowp::codebook<special_entries>;
    oracle::encoder const reference = codebook_encoder<special_entries>("specials");
    std::vector<float> const x = floats_of(oracle::boundaries(reference).floats);
    check_roundings<F>(reference);
    check<F>(x, &reference, rounding_mode::up, rounding::up{}, lowp::overflow::nonsaturating{},
             oracle::overflow::nonsaturating);
    check<F>(x, &reference, {}, rounding::nearest_even{}, lowp::overflow::saturate_finite{},
             oracle::overflow::saturate_finite);
  }
  SECTION("subnormals") { check_roundings<lowp::codebook<subnormals>>(codebook_encoder<subnormals>("subnormals")); }
  SECTION("one value") { check<lowp::codebook<one_value>>({-2.0F, 0.0F, 1.5F, 3.0F, infinite, not_a_number}, nullptr); }
  SECTION("both ends of float: more than the oracle's arithmetic holds") {
    std::vector<std::uint32_t> bits;
    for (std::uint32_t const sign : {0U, 0x80000000U}) {
      for (std::uint32_t const m : {0U, 1U, 0x3f000000U, 0x3f800000U, 0x7effffffU, 0x7f7fffffU, 0x7f800000U}) {
        for (std::uint32_t const step : {0U, 1U, 2U, 3U, 4U}) {
          bits.push_back(sign | (m < 2 ? m + step : m - 2 + step));
        }
      }
    }
    using F = lowp::codebook<both_ends>;
    check<F>(floats_of(bits), nullptr);
    // The midpoints are -max/2 + 2^-150, 0.5 + 2^-150 and (max + 1) / 2: no float, and these lie just below.
    std::vector<F> out(5);
    lowp::cast_into(std::vector<float>{-0x1.fffffep126F, 0x1.fffffcp126F, 0.5F, 0x1p126F, 0x1.2p127F}, out);
    CHECK(codes_of(out) == std::vector<unsigned>{0, 3, 1, 3, 2});
  }
}

TEST_CASE("the table of thresholds is made once, also where threads meet at its first use") {
  using F = lowp::codebook<for_threads>;
  constexpr std::size_t count = 4;
  std::vector<float> x;
  for (int i = -300; i < 300; ++i) {
    x.push_back(static_cast<float>(i) * 0.01F);
  }
  std::vector<std::vector<F>> out(count, std::vector<F>(x.size()));
  std::atomic<std::size_t> arrived{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      ++arrived;
      while (arrived.load() < count) {
      }
      lowp::cast_into(x, out[t], lowp::rounding::nearest_away{});
    });
  }
  for (std::thread& t : threads) {
    t.join();
  }
  std::vector<F> expected;
  for (float const v : x) {
    expected.push_back(lowp::cast<F>(v, lowp::rounding::nearest_away{}));
  }
  for (auto const& one : out) {
    CHECK(codes_of(one) == codes_of(expected));
  }
}

}  // namespace cast_into_codebook_test
