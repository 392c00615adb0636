// SPDX-License-Identifier: Apache-2.0
//
// The public cast<F> of every type in the catalogue against the oracle, with policies as types (they rotate over the
// formats), and between types. encode_test.cpp runs all policies through the same function with run-time arguments.

#include <lowp/codec/encode.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include <lowp/codec/any_format.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/decode.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/format_types.hpp"
#include "support/oracle.hpp"
#include "support/oracle_policies.hpp"
#include "support/oracle_random.hpp"
#include "support/oracle_twin.hpp"

namespace encode_types_test {

namespace {

using oracle::code;
using oracle::encoder;

/// The oracle's format by the type's name; codebooks by the type's table, which is data.
template <class F>
oracle::format described(std::string_view name) {
  if constexpr (lowp::CodebookFormat<F>) {
    return oracle::codebook(std::string(name),
                            std::vector<double>(std::begin(F::table::values), std::end(F::table::values)));
  } else {
    return oracle::by_name(name);
  }
}

template <class T>
using cast_function = code (*)(T x);

/// Compares a cast of a type with the oracle at all boundaries.
template <class T>
void compare(oracle::disagreements& found, const encoder& e, const oracle::rounding& r, oracle::overflow o,
             cast_function<T> cast) {
  const auto inputs = oracle::boundaries(e);
  const auto each = [&](const auto& list) {
    for (const auto bits : lowp_test::thinned(list)) {
      const T x = std::bit_cast<T>(bits);
      found.compare(cast(x), e(x, r, o), [&] {
        return e.described().name + " " + describe(r) + " " + describe(o) + " " + oracle::hexadecimal(bits);
      });
    }
  };
  if constexpr (std::is_same_v<T, float>) {
    each(inputs.floats);
  } else {
    each(inputs.doubles);
  }
}

template <class F, std::size_t I, class T>
void compare_rotated(oracle::disagreements& found, const encoder& e) {
  constexpr auto p = oracle::rotated_policy<I>();
  compare<T>(found, e, p.theirs, p.their_overflow, [](T x) {
    constexpr auto q = oracle::rotated_policy<I>();
    return code{lowp::to_bits(lowp::cast<F>(x, q.r, q.o))};
  });
}

/// The type's run-time twin is the oracle's format, and its codes mean what the oracle says.
void compare_type(const oracle::format& expected, const lowp::any_format& type, std::uint32_t (*decode)(code)) {
  INFO(expected.name);
  CHECK(type == oracle::twin(expected));
  std::uint32_t wrong = 0;
  for (code c = 0; c < expected.code_count(); ++c) {
    if (decode(c) != oracle::write(oracle::binary32, oracle::value(expected, c))) ++wrong;
  }
  CHECK(wrong == 0);
}

void check(const oracle::disagreements& found) {
  INFO(found.text());
  CHECK(found.count() == 0);
}

}  // namespace

TEST_CASE("cast: the types are the formats of their names") {
  lowp_test::for_each_format(lowp_test::all_formats, []<class F>(lowp_test::named_format<F> f) {
    compare_type(described<F>(f.name), lowp::any_format::of<F>(),
                 [](code c) { return std::bit_cast<std::uint32_t>(lowp::decode(lowp::from_bits<F>(c))); });
  });
}

// P3109 as types: exhaustive_p3109_test.cpp.
TEST_CASE("cast: every boundary from float, policies as types") {
  oracle::disagreements found;
  oracle::for_each_indexed(lowp_test::catalogue, [&]<class F, std::size_t I>(lowp_test::named_format<F> f,
                                                                             std::integral_constant<std::size_t, I>) {
    compare_rotated<F, I % 27, float>(found, encoder(described<F>(f.name)));
  });
  check(found);
}

TEST_CASE("cast: every boundary from double, policies as types") {
  oracle::disagreements found;
  oracle::for_each_indexed(lowp_test::catalogue, [&]<class F, std::size_t I>(lowp_test::named_format<F> f,
                                                                             std::integral_constant<std::size_t, I>) {
    compare_rotated<F, (I + 14) % 27, double>(found, encoder(described<F>(f.name)));
  });
  check(found);
}

TEST_CASE("cast: between types") {
  constexpr std::tuple types{lowp_test::named_format<lowp::e5m2>{"e5m2"},
                             lowp_test::named_format<lowp::e4m3fnuz>{"e4m3fnuz"},
                             lowp_test::named_format<lowp::e8m0fnu>{"e8m0fnu"},
                             lowp_test::named_format<lowp::e2m1fn>{"e2m1fn"},
                             lowp_test::named_format<lowp::int8>{"int8"},
                             lowp_test::named_format<lowp::p3109::binary8p3se>{"binary8p3se"}};
  oracle::disagreements found;
  lowp_test::for_each_format(types, [&]<class To>(lowp_test::named_format<To> to) {
    const encoder e(oracle::by_name(to.name));
    lowp_test::for_each_format(types, [&]<class From>(lowp_test::named_format<From> from) {
      const auto source = oracle::by_name(from.name);
      for (code c = 0; c < source.code_count(); ++c) {
        const auto result =
            lowp::cast<To>(lowp::from_bits<From>(c), lowp::rounding::nearest_even{}, lowp::overflow::saturate_finite{});
        const auto expected =
            e(oracle::value(source, c), oracle::rounding_mode::nearest_even, oracle::overflow::saturate_finite);
        found.compare(lowp::to_bits(result), expected, [&] {
          return std::string(from.name) + " " + oracle::hexadecimal(c) + " to " + std::string(to.name);
        });
      }
    });
  });
  check(found);
}

TEST_CASE("cast: the defaults are nearest_even and saturate") {
  oracle::disagreements found;
  const encoder e4m3fn(oracle::by_name("e4m3fn"));
  const encoder e5m2(oracle::by_name("e5m2"));
  constexpr oracle::rounding nearest = oracle::rounding_mode::nearest_even;
  compare<float>(found, e4m3fn, nearest, oracle::overflow::saturate,
                 [](float x) { return code{lowp::to_bits(lowp::cast<lowp::e4m3fn>(x))}; });
  compare<double>(found, e5m2, nearest, oracle::overflow::saturate,
                  [](double x) { return code{lowp::to_bits(lowp::cast<lowp::e5m2>(x))}; });
  compare<float>(found, e5m2, oracle::rounding_mode::up, oracle::overflow::saturate,
                 [](float x) { return code{lowp::to_bits(lowp::cast<lowp::e5m2>(x, lowp::rounding::up{}))}; });
  check(found);
}

TEST_CASE("cast: stochastic draws its bits by seed and index") {
  // Known answers of Random123 for philox4x32 with 10 rounds.
  CHECK(oracle::philox({0, 0, 0, 0}, {0, 0}) == oracle::philox_words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(oracle::philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        oracle::philox_words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(oracle::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        oracle::philox_words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

  oracle::disagreements found;
  const encoder e(oracle::by_name("e4m3fn"));
  const auto compare_element = [&](std::uint64_t seed, std::uint64_t index) {
    const float x = 1.0F + 0x1p-12F * static_cast<float>(1 + index % 511);
    const auto expected = [&](unsigned n) {
      const auto r =
          oracle::rounding::stochastic(oracle::variant::a, static_cast<int>(n), oracle::random_bits_of(seed, index, n));
      return e(x, r, oracle::overflow::saturate);
    };
    const auto text = [&] { return "seed " + oracle::hexadecimal(seed) + " index " + oracle::hexadecimal(index); };
    using lowp::cast;
    using lowp::e4m3fn;
    found.compare(lowp::to_bits(cast<e4m3fn>(x, lowp::rounding::stochastic{seed, index})), expected(16), text);
    found.compare(lowp::to_bits(cast<e4m3fn>(x, lowp::rounding::stochastic_8{seed, index})), expected(8), text);
    found.compare(lowp::to_bits(cast<e4m3fn>(x, lowp::rounding::stochastic_32{seed, index})), expected(32), text);
    const lowp::rounding::any at_run_time(lowp::rounding::stochastic{seed, index});
    found.compare(lowp::to_bits(cast<e4m3fn>(x, at_run_time)), expected(16), text);
    found.compare(lowp::to_bits(cast<e4m3fn>(x, lowp::rounding::stochastic{seed}.at(index))), expected(16), text);
  };
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{42}, std::uint64_t{0x123456789abcdef0}}) {
    for (std::uint64_t index = 0; index < 2000; ++index) {
      compare_element(seed, index);
      compare_element(seed, (std::uint64_t{1} << 35) - 1000 + index);  // across block 2^32: its second counter word
    }
  }
  check(found);
}

}  // namespace encode_types_test
