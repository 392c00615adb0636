// SPDX-License-Identifier: Apache-2.0
//
// cast_into and decode_into over spans of one code an element: every source, equal to the oracle and the scalar cast.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/codes_and_floats.hpp"
#include "support/error_of.hpp"
#include "support/format_types.hpp"
#include "support/oracle.hpp"

namespace cast_into_test {

namespace {

using lowp_test::codes_of;
using lowp_test::error_of;
using lowp_test::floats_of;

using lowp::error_code;
using lowp::packed_span;

/// cast_into of a span of codes against the oracle and against the scalar cast at run time.
template <class F, class Rounding = lowp::rounding::nearest_even, class Overflow = lowp::overflow::saturate>
void check_against_scalar(std::vector<float> const& x, oracle::encoder const& reference, Rounding r = {},
                          Overflow o = {}, oracle::rounding meaning = {},
                          oracle::overflow overflow = oracle::overflow::saturate) {
  lowp::any_format const twin = lowp::any_format::of<F>();
  std::vector<F> out(x.size());
  lowp::cast_into(x, out, r, o);
  std::size_t different = 0;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    different += to_bits(out[i]) != twin.encode(x[i], lowp::rounding::any(r), lowp::overflow::any(o)) ? 1U : 0U;
    wrong += to_bits(out[i]) != reference(x[i], meaning, overflow) ? 1U : 0U;
  }
  INFO(oracle::describe(meaning) << ", " << oracle::describe(overflow));
  CHECK(different == 0);
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("cast_into takes any contiguous ranges") {
  using F = lowp::e4m3fn;
  std::vector<float> const x{0.3F, -500.0F, 17.0F, 1e-3F};
  std::vector<F> expected;
  for (float const v : x) {
    expected.push_back(lowp::cast<F>(v));
  }
  std::vector<F> into(4);
  lowp::cast_into(x, into);
  CHECK(codes_of(into) == codes_of(expected));

  std::array<float, 4> const array{0.3F, -500.0F, 17.0F, 1e-3F};
  std::array<F, 4> out_array{};
  lowp::cast_into(array, out_array);
  CHECK(std::equal(out_array.begin(), out_array.end(), expected.begin()));

  float const c_array[4] = {0.3F, -500.0F, 17.0F, 1e-3F};
  F out_c_array[4] = {};
  lowp::cast_into(c_array, out_c_array);
  CHECK(std::equal(std::begin(out_c_array), std::end(out_c_array), expected.begin()));

  std::vector<F> through_span(6);
  lowp::cast_into(std::span(x).subspan(1, 2), std::span(through_span).subspan(3, 2));
  CHECK(to_bits(through_span[2]) == 0);
  CHECK(to_bits(through_span[3]) == to_bits(expected[1]));
  CHECK(to_bits(through_span[4]) == to_bits(expected[2]));
  CHECK(to_bits(through_span[5]) == 0);

  std::vector<float> nothing;
  std::vector<F> nowhere;
  CHECK_NOTHROW(lowp::cast_into(nothing, nowhere));
  CHECK_NOTHROW(lowp::decode_into(nowhere, nothing));

  float back[4] = {};
  lowp::decode_into(out_c_array, back);
  CHECK(back[1] == -448.0F);
  std::array<float, 4> back_array{};
  lowp::decode_into(std::as_const(out_array), back_array);
  CHECK(std::equal(back_array.begin(), back_array.end(), std::begin(back)));
}

TEST_CASE("cast_into rounds once from double, integers and other formats") {
  using F = lowp::e4m3fn;
  // 17 is the tie between 16 and 18; a detour through float would lose the 2^-40.
  std::vector<double> const wide{17.0, 17.0 + 0x1p-40, 17.0 - 0x1p-40, 1e300, -0x1p-1074};
  std::vector<F> out(wide.size());
  lowp::cast_into(wide, out);
  CHECK(codes_of(out) == std::vector<unsigned>{0x58, 0x59, 0x58, 0x7e, 0x80});
  std::vector<int> const whole{0, -17, 463, 465, 3};
  lowp::cast_into(whole, out, lowp::rounding::nearest_even{}, lowp::overflow::nonsaturating{});
  CHECK(codes_of(out) == std::vector<unsigned>{0x00, 0xd8, 0x7e, 0x7f, 0x44});
  // 2^53 + 1 is no double.
  std::vector<std::uint64_t> const large{(std::uint64_t{1} << 63) + 1, (std::uint64_t{1} << 53) + 1};
  std::vector<lowp::bfloat16> brain(2);
  lowp::cast_into(large, brain, lowp::rounding::up{});
  CHECK(static_cast<double>(brain[0]) == 0x1.02p63);
  CHECK(static_cast<double>(brain[1]) == 0x1.02p53);
  std::vector<std::int8_t> const small{-128, 127, 0};
  std::vector<lowp::int4> four(3);
  lowp::cast_into(small, four);
  CHECK(codes_of(four) == std::vector<unsigned>{8, 7, 0});
  // Every e5m2 into e4m3fn.
  std::vector<lowp::e5m2> every;
  for (unsigned c = 0; c < 256; ++c) {
    every.push_back(lowp::from_bits<lowp::e5m2>(c));
  }
  std::vector<F> narrow(256);
  lowp::cast_into(every, narrow, lowp::rounding::toward_zero{}, lowp::overflow::nonsaturating{});
  for (unsigned c = 0; c < 256; ++c) {
    auto const expected = lowp::cast<F>(every[c], lowp::rounding::toward_zero{}, lowp::overflow::nonsaturating{});
    REQUIRE(to_bits(narrow[c]) == to_bits(expected));
  }
}

TEST_CASE("cast_into of floats equals the oracle at every boundary, in whole vectors and tails") {
  auto const check = [](auto list) {
    lowp_test::for_each_format(list, [](auto f) {
      using F = typename decltype(f)::type;
      INFO(f.name);
      oracle::encoder const reference(oracle::by_name(f.name));
      std::vector<float> const x = floats_of(oracle::boundaries(reference).floats);
      check_against_scalar<F>(x, reference);
      std::vector<F> whole(x.size());
      lowp::cast_into(x, whole);
      // Every length: what is left over after the last whole vector, and no element more.
      for (std::size_t n = 0; n <= 150; n += n < 70 ? 1 : 13) {
        std::vector<F> out(n + 1, lowp::from_bits<F>(1));
        lowp::cast_into(std::span(x).first(n), std::span(out).first(n));
        bool same = to_bits(out[n]) == 1;
        for (std::size_t i = 0; i < n; ++i) {
          same = same && to_bits(out[i]) == to_bits(whole[i]);
        }
        INFO(n << " elements");
        REQUIRE(same);
      }
    });
  };
  using lowp_test::named_format;
  check(std::tuple{
      named_format<lowp::e4m3fn>{"e4m3fn"}, named_format<lowp::e5m2>{"e5m2"}, named_format<lowp::e4m3fnuz>{"e4m3fnuz"},
      named_format<lowp::e8m0fnu>{"e8m0fnu"}, named_format<lowp::ue5m3>{"ue5m3"}, named_format<lowp::e3m2fn>{"e3m2fn"},
      named_format<lowp::e2m1fn>{"e2m1fn"}, named_format<lowp::int8>{"int8"}, named_format<lowp::int4>{"int4"},
      named_format<lowp::uint8>{"uint8"}, named_format<lowp::p3109::binary8p1se>{"binary8p1se"},
      named_format<lowp::p3109::binary8p3uf>{"binary8p3uf"}});
}

TEST_CASE("cast_into of floats equals the oracle under every rounding and overflow") {
  namespace rounding = lowp::rounding;
  namespace overflow = lowp::overflow;
  using oracle::rounding_mode;
  using F = lowp::e5m2;
  oracle::encoder const reference(oracle::by_name("e5m2"));
  std::vector<float> const x = floats_of(oracle::boundaries(reference).floats);
  overflow::saturate const clamp{};
  check_against_scalar<F>(x, reference, rounding::nearest_away{}, clamp, rounding_mode::nearest_away);
  check_against_scalar<F>(x, reference, rounding::toward_zero{}, clamp, rounding_mode::toward_zero);
  check_against_scalar<F>(x, reference, rounding::up{}, clamp, rounding_mode::up);
  check_against_scalar<F>(x, reference, rounding::down{}, clamp, rounding_mode::down);
  check_against_scalar<F>(x, reference, rounding::to_odd{}, clamp, rounding_mode::to_odd);
  check_against_scalar<F>(x, reference, rounding::nearest_even{}, overflow::nonsaturating{}, {},
                          oracle::overflow::nonsaturating);
  check_against_scalar<F>(x, reference, rounding::up{}, overflow::nonsaturating{}, rounding_mode::up,
                          oracle::overflow::nonsaturating);
  check_against_scalar<F>(x, reference, rounding::nearest_even{}, overflow::saturate_finite{}, {},
                          oracle::overflow::saturate_finite);
  using I = lowp::int4;
  oracle::encoder const integers(oracle::by_name("int4"));
  std::vector<float> const y = floats_of(oracle::boundaries(integers).floats);
  check_against_scalar<I>(y, integers, rounding::toward_zero{}, clamp, rounding_mode::toward_zero);
  check_against_scalar<I>(y, integers, rounding::to_odd{}, overflow::nonsaturating{}, rounding_mode::to_odd,
                          oracle::overflow::nonsaturating);
}

TEST_CASE("16-bit formats: two bytes an element") {
  auto const check = [](auto f) {
    using F = typename decltype(f)::type;
    INFO(f.name);
    oracle::encoder const reference(oracle::by_name(f.name));
    std::vector<std::uint32_t> bits = oracle::boundaries(reference).floats;
    std::size_t position = 0;
    std::erase_if(bits, [&](std::uint32_t b) {  // a seventh of them, and all specials
      std::uint32_t const magnitude = b & 0x7fffffffU;
      return ++position % 7 != 0 && magnitude > 0x10 && magnitude < 0x7f7ffff0U;
    });
    check_against_scalar<F>(floats_of(bits), reference);
  };
  check(lowp_test::named_format<lowp::bfloat16>{"bfloat16"});
  check(lowp_test::named_format<lowp::float16>{"float16"});
  check(lowp_test::named_format<lowp::p3109::binary10p4se>{"binary10p4se"});
  std::vector<lowp::bfloat16> every;
  for (unsigned c = 0; c < 65536; ++c) {
    every.push_back(lowp::from_bits<lowp::bfloat16>(c));
  }
  std::vector<float> out(every.size());
  lowp::decode_into(every, out);
  std::size_t wrong = 0;
  for (unsigned c = 0; c < 65536; ++c) {
    bool const nan = (c & 0x7fffU) > 0x7f80U;
    wrong += std::bit_cast<std::uint32_t>(out[c]) != (nan ? 0x7fc00000U : c << 16U) ? 1U : 0U;
  }
  CHECK(wrong == 0);
}

TEST_CASE("decode_into gives the exact value of every code, and the canonical NaN") {
  auto const check = [](auto list) {
    lowp_test::for_each_format(list, [](auto f) {
      using F = typename decltype(f)::type;
      INFO(f.name);
      oracle::format const meaning = oracle::by_name(f.name);
      std::vector<F> codes;
      for (unsigned c = 0; c < meaning.code_count(); ++c) {
        codes.push_back(lowp::from_bits<F>(c));
      }
      std::vector<float> out(codes.size());
      lowp::decode_into(codes, out);
      for (unsigned c = 0; c < meaning.code_count(); ++c) {
        REQUIRE(std::bit_cast<std::uint32_t>(out[c]) == oracle::write(oracle::binary32, oracle::value(meaning, c)));
      }
    });
  };
  using lowp_test::named_format;
  check(std::tuple{named_format<lowp::e4m3fn>{"e4m3fn"}, named_format<lowp::e5m2>{"e5m2"},
                   named_format<lowp::e8m0fnu>{"e8m0fnu"}, named_format<lowp::e4m3fnuz>{"e4m3fnuz"},
                   named_format<lowp::e2m3fn>{"e2m3fn"}, named_format<lowp::int5>{"int5"},
                   named_format<lowp::uint1>{"uint1"}, named_format<lowp::ue4m3>{"ue4m3"}});
}

TEST_CASE("lengths that differ and memory that is shared are refused, nothing is written") {
  using F = lowp::e4m3fn;
  std::vector<float> const x(9, 1.0F);
  for (std::size_t const n : {8U, 10U, 0U}) {
    std::vector<F> out(n, lowp::from_bits<F>(0x55));
    auto const e = error_of([&] { lowp::cast_into(x, out); });
    CHECK(e.code() == error_code::size);
    CHECK(e.argument() == "out");
    CHECK(e.index() == n);
    CHECK(codes_of(out) == std::vector<unsigned>(n, 0x55));
    std::vector<double> const wide(9, 1.0);
    CHECK(error_of([&] { lowp::cast_into(wide, out); }).code() == error_code::size);
    std::vector<float> values(9, 3.0F);
    CHECK(error_of([&] { lowp::decode_into(out, values); }).code() == error_code::size);
    CHECK(values == std::vector<float>(9, 3.0F));
    std::vector<std::uint8_t> bytes(16, 0xa5);
    CHECK(error_of([&] { lowp::cast_into(x, packed_span<lowp::int4>(bytes.data(), n)); }).code() == error_code::size);
    CHECK(error_of([&] { lowp::decode_into(packed_span<lowp::int4>(bytes.data(), n), values); }).code() ==
          error_code::size);
    CHECK(bytes == std::vector<std::uint8_t>(16, 0xa5));
  }
  std::vector<float> memory(16, 0.25F);
  auto* const numbers = reinterpret_cast<F*>(memory.data());
  auto* const bytes = reinterpret_cast<std::uint8_t*>(memory.data());
  for (std::size_t const at : {0U, 1U, 39U}) {
    CHECK(error_of([&] { lowp::cast_into(std::span(memory).first(10), std::span(numbers + at, 10)); }).code() ==
          error_code::overlap);
    CHECK(error_of([&] { lowp::decode_into(std::span(numbers + at, 10), std::span(memory).first(10)); }).code() ==
          error_code::overlap);
    CHECK(error_of([&] {
            lowp::cast_into(std::span(memory).first(10), packed_span<lowp::int4>(bytes + at, 10));
          }).code() == error_code::overlap);
    CHECK(error_of([&] {
            lowp::decode_into(packed_span<lowp::int4>(bytes + at, 10), std::span(memory).first(10));
          }).code() == error_code::overlap);
  }
  CHECK(memory == std::vector<float>(16, 0.25F));
  CHECK_NOTHROW(lowp::cast_into(std::span(memory).first(10), std::span(numbers + 40, 10)));  // right behind
  CHECK_NOTHROW(lowp::cast_into(std::span(memory).subspan(3, 4), std::span(numbers, 4)));    // well before
}

TEST_CASE("cast_into from numbers of a format: several pieces, every position") {
  // More than two pieces of 1024, an odd rest; stochastic decisions belong to positions in the whole span.
  std::size_t const n = 2500;
  std::vector<lowp::bfloat16> wide(n);
  std::vector<lowp::float16> half(n);
  for (std::size_t i = 0; i < n; ++i) {
    wide[i] = lowp::from_bits<lowp::bfloat16>(static_cast<std::uint16_t>(i * 26U + 7U));
    half[i] = lowp::from_bits<lowp::float16>(static_cast<std::uint16_t>(i * 26U + 7U));
  }
  lowp::rounding::stochastic const r{11, 5};
  std::vector<lowp::e4m3fn> from_wide(n);
  std::vector<std::uint8_t> nibbles(n / 2);
  lowp::cast_into(wide, from_wide, r);
  lowp::packed_span<lowp::int4> const packed(nibbles.data(), n);
  lowp::cast_into(half, packed, r, lowp::overflow::nonsaturating{});
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < n; ++i) {
    wrong += to_bits(from_wide[i]) != to_bits(lowp::cast<lowp::e4m3fn>(wide[i], r.at(i))) ? 1U : 0U;
    lowp::int4 const expected = lowp::cast<lowp::int4>(half[i], r.at(i), lowp::overflow::nonsaturating{});
    wrong += to_bits(lowp::int4(packed[i])) != to_bits(expected) ? 1U : 0U;
  }
  CHECK(wrong == 0);
}

TEST_CASE("decode_into bfloat16 where it holds every value") {
  std::vector<lowp::e4m3fn> codes(256);
  std::vector<std::uint8_t> dense(192);
  for (std::size_t i = 0; i < 256; ++i) {
    codes[i] = lowp::from_bits<lowp::e4m3fn>(static_cast<unsigned>(i));
  }
  for (std::size_t i = 0; i < dense.size(); ++i) {
    dense[i] = static_cast<std::uint8_t>(i * 37U);
  }
  std::vector<lowp::bfloat16> out(256);
  lowp::decode_into(codes, out);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    wrong += to_bits(out[i]) != to_bits(lowp::cast<lowp::bfloat16>(codes[i])) ? 1U : 0U;
  }
  lowp::packed_span<lowp::e3m2fn const> const six(dense.data(), 256);
  lowp::decode_into(six, out);
  for (std::size_t i = 0; i < 256; ++i) {
    wrong += to_bits(out[i]) != to_bits(lowp::cast<lowp::bfloat16>(lowp::e3m2fn(six[i]))) ? 1U : 0U;
  }
  CHECK(wrong == 0);
  CHECK(error_of([&] { lowp::decode_into(codes, std::span(out).first(3)); }).code() == error_code::size);
  static_assert(!lowp::kernel::exact_in_bfloat16<lowp::nf4> && !lowp::kernel::exact_in_bfloat16<lowp::float16>);
}

}  // namespace cast_into_test
