// SPDX-License-Identifier: Apache-2.0
#include <lowp/io/tensor.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace tensor_test {

namespace st = lowp::safetensors;
using lowp::error_code;

namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  auto const bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

st::tensor tensor_of(st::dtype type, std::vector<std::size_t> shape, std::vector<std::byte> const& data) {
  return {"t", type, std::move(shape), data};
}

}  // namespace

TEST_CASE("every dtype has its name, its width and its meaning", "[io]") {
  CHECK(std::size(st::known_dtypes) == static_cast<std::size_t>(st::dtype::unknown));
  for (st::dtype_facts const& row : st::known_dtypes) {
    CHECK(st::dtype_named(row.name) == row.type);
    CHECK(st::name_of(row.type) == row.name);
    CHECK(st::bits_of(row.type) == row.bits);
  }
  // Typed from the format's own list.
  std::string names;
  for (st::dtype_facts const& row : st::known_dtypes) {
    names.append(row.name).append(" ");
  }
  CHECK(names ==
        "BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ I16 U16 F16 BF16 I32 U32 F32 "
        "C64 F64 "
        "I64 U64 ");
  CHECK(st::dtype_named("f32") == st::dtype::unknown);
  CHECK(st::bits_of(st::dtype::unknown) == 0);

  auto const floats = [](st::dtype type, std::size_t count, std::string_view data) {
    auto const bytes = bytes_of(data);
    return st::to_float(tensor_of(type, {count}, bytes));
  };
  using namespace std::string_view_literals;
  float const inf = std::numeric_limits<float>::infinity();
  CHECK(floats(st::dtype::boolean, 2, "\x00\x01"sv) == std::vector<float>{0, 1});
  CHECK(floats(st::dtype::u8, 2, "\x00\xff"sv) == std::vector<float>{0, 255});
  CHECK(floats(st::dtype::i8, 2, "\x80\xff"sv) == std::vector<float>{-128, -1});
  CHECK(floats(st::dtype::i16, 2, "\x00\x80\xfe\xff"sv) == std::vector<float>{-32768, -2});
  CHECK(floats(st::dtype::u16, 2, "\x00\x80\xfe\xff"sv) == std::vector<float>{32768, 65534});
  CHECK(floats(st::dtype::f16, 3, "\x00\x3c\x01\x00\x00\xfc"sv) == std::vector<float>{1, std::ldexp(1.0F, -24), -inf});
  CHECK(floats(st::dtype::bf16, 2, "\x80\x3f\xc0\xc0"sv) == std::vector<float>{1, -6});
  CHECK(floats(st::dtype::f32, 1, "\xdb\x0f\x49\x40"sv) == std::vector<float>{3.14159274F});
  CHECK(floats(st::dtype::f8_e4m3, 4, "\x38\x7e\xfe\x01"sv) == std::vector<float>{1, 448, -448, std::ldexp(1.0F, -9)});
  CHECK(floats(st::dtype::f8_e5m2, 4, "\x3c\x7b\x7c\x01"sv) ==
        std::vector<float>{1, 57344, inf, std::ldexp(1.0F, -16)});
  CHECK(floats(st::dtype::f8_e8m0, 3, "\x7f\x00\xfe"sv) ==
        std::vector<float>{1, std::ldexp(1.0F, -127), std::ldexp(1.0F, 127)});
  CHECK(floats(st::dtype::f8_e4m3fnuz, 2, "\x40\x7f"sv) == std::vector<float>{1, 240});
  CHECK(floats(st::dtype::f8_e5m2fnuz, 2, "\x40\x7f"sv) == std::vector<float>{1, 57344});
  CHECK(std::isnan(floats(st::dtype::f8_e4m3, 1, "\x7f"sv)[0]));
  CHECK(std::isnan(floats(st::dtype::f8_e4m3fnuz, 1, "\x80"sv)[0]));
  CHECK(std::isnan(floats(st::dtype::f8_e8m0, 1, "\xff"sv)[0]));
  // Two a byte, low nibble first: codes 1 2 7 15 of 0 .5 1 1.5 2 3 4 6 and their negatives.
  CHECK(floats(st::dtype::f4, 4, "\x21\xf7"sv) == std::vector<float>{0.5F, 1, 6, -6});
  // Four in three bytes: codes 1, 31, 32, 63 = 000001 011111 100000 111111 from the lowest bit up.
  CHECK(floats(st::dtype::f6_e2m3, 4, "\xc1\x07\xfe"sv) == std::vector<float>{0.125F, 7.5F, 0, -7.5F});
  CHECK(floats(st::dtype::f6_e3m2, 4, "\xc1\x07\xfe"sv) == std::vector<float>{0.0625F, 28, 0, -28});
  // Integers beyond 2^24 go to the nearest float, ties to even: 2^24 + 1 down, 2^24 + 3 up, and 2^32 - 1, 2^64 - 1 up.
  CHECK(floats(st::dtype::i32, 3, "\x01\x00\x00\x01\x03\x00\x00\x01\x00\x00\x00\x80"sv) ==
        std::vector<float>{16777216, 16777220, -2147483648.0F});
  CHECK(floats(st::dtype::u32, 1, "\xff\xff\xff\xff"sv) == std::vector<float>{4294967296.0F});
  CHECK(floats(st::dtype::u64, 1, "\xff\xff\xff\xff\xff\xff\xff\xff"sv) == std::vector<float>{18446744073709551616.0F});
  CHECK(floats(st::dtype::i64, 2, "\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x80"sv) ==
        std::vector<float>{-1, -9223372036854775808.0F});
}

TEST_CASE("F64 goes to the nearest float as the hardware rounds it", "[io]") {
  std::vector<double> values = {0.0,
                                -0.0,
                                1.0,
                                -1.0 / 3.0,
                                1e300,
                                -1e300,
                                5e-324,
                                std::ldexp(1.0, -149),
                                std::ldexp(1.0, -150),
                                std::nextafter(std::ldexp(1.0, -150), 1.0),
                                std::ldexp(3.0, -150),
                                std::ldexp(1.0, -126),
                                std::nextafter(std::ldexp(1.0, -126), 0.0),
                                16777217.0,
                                16777219.0,
                                static_cast<double>(std::numeric_limits<float>::max()),
                                3.4028235677973366e38,
                                std::nextafter(3.4028235677973366e38, 0.0),
                                std::numeric_limits<double>::infinity()};
  std::mt19937_64 random(20240601);
  for (int i = 0; i < 20000; ++i) {
    // Exponents around float's whole range, mantissas with runs of zeros so that ties happen.
    std::uint64_t const sign = random() & 0x8000'0000'0000'0000U;
    std::uint64_t const exponent = 1023 - 155 + random() % 290;
    std::uint64_t const mantissa = (random() & 0xf'ffff'ffff'ffffU) & (~std::uint64_t{0} << (random() % 53));
    values.push_back(std::bit_cast<double>(sign | exponent << 52 | mantissa));
  }
  auto const data = std::as_bytes(std::span(values));
  st::tensor const t{"t", st::dtype::f64, {values.size()}, data};
  std::vector<float> const got = st::to_float(t);
  REQUIRE(got.size() == values.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    volatile double const value = values[i];  // converted at run time, whatever the optimiser thinks of it
    INFO(value);
    REQUIRE(std::bit_cast<std::uint32_t>(got[i]) == std::bit_cast<std::uint32_t>(static_cast<float>(value)));
  }
  double const nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::bit_cast<std::uint32_t>(st::to_float({"t", st::dtype::f64, {1}, std::as_bytes(std::span(&nan, 1))})[0]) ==
        0x7fc00000U);
}

TEST_CASE("F32 keeps its bits", "[io]") {
  std::vector<std::uint32_t> const bits = {0x7fa00001U, 0xffc12345U, 0x80000000U, 1U};
  std::vector<float> const got = st::to_float({"t", st::dtype::f32, {4}, std::as_bytes(std::span(bits))});
  REQUIRE(got.size() == 4);
  std::vector<std::uint32_t> kept(4);
  std::memcpy(kept.data(), got.data(), 16);
  CHECK(kept == bits);
}

TEST_CASE("to_float refuses what does not fit together", "[io]") {
  auto const bytes = bytes_of("\x01\x02\x01\x00");
  auto const code = [&](st::dtype type, std::vector<std::size_t> shape) {
    auto const got = st::try_to_float(tensor_of(type, std::move(shape), bytes));
    REQUIRE(!got);
    return got.error().code();
  };
  CHECK(code(st::dtype::f32, {2}) == error_code::size);
  CHECK(code(st::dtype::f32, {}) == error_code::size);  // 3 bytes there
  CHECK(code(st::dtype::f4, {7}) == error_code::shape);
  CHECK(code(st::dtype::u8, {~std::size_t{0}, 2}) == error_code::shape);
  auto const flags = st::try_to_float(tensor_of(st::dtype::boolean, {3}, bytes));
  REQUIRE(!flags);
  CHECK(flags.error().code() == error_code::value);
  CHECK(flags.error().index() == 1);
  CHECK_THROWS_AS(st::to_float(tensor_of(st::dtype::boolean, {3}, bytes)), lowp::error);
}

}  // namespace tensor_test
