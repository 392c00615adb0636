// SPDX-License-Identifier: Apache-2.0
//
// cast_into and decode_into over dense spans, at positions that stochastic rounding sees, and for run-time formats.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/error_of.hpp"

namespace cast_into_packed_test {

namespace {

using lowp::error_code;
using lowp::packed_span;
using lowp_test::error_of;
namespace bit_order = lowp::bit_order;

template <class F>
std::vector<unsigned> codes_of(std::vector<F> const& numbers) {
  std::vector<unsigned> all;
  for (F const& x : numbers) {
    all.push_back(to_bits(x));
  }
  return all;
}

/// Small, large, halfway and special values.
std::vector<float> mixture(std::size_t n) {
  constexpr float some[] = {0.0F, -0.0F,  0.5F,  -1.5F,   2.5F,     6.0F,     -7.25F, 0x1p-149F,
                            1e9F, -3e38F, 0.07F, 127.51F, 0x1p-10F, -448.01F, 463.9F, 0x1.8p-7F};
  std::vector<float> x;
  for (std::size_t i = 0; i < n; ++i) {
    float v = some[i * 7 % 16];
    v = i % 29 == 11 ? std::numeric_limits<float>::infinity() : v;
    v = i % 31 == 17 ? std::numeric_limits<float>::quiet_NaN() : v;
    x.push_back(v);
  }
  return x;
}

/// Bit j of the stream of dense codes, by the definition of the order.
template <class Order>
bool stream_bit(std::vector<std::uint8_t> const& bytes, std::size_t first_byte, std::size_t j) {
  unsigned const byte = bytes[first_byte + j / 8];
  return ((byte >> (std::is_same_v<Order, bit_order::low_first> ? j % 8 : 7 - j % 8)) & 1U) != 0;
}

/// Code i of the stream: low_first has a code's lowest bit first, high_first its highest.
template <class Order>
unsigned stream_code(std::vector<std::uint8_t> const& bytes, std::size_t first_byte, std::size_t i, int bits) {
  auto const width = static_cast<std::size_t>(bits);
  unsigned code = 0;
  for (std::size_t b = 0; b < width; ++b) {
    bool const set = stream_bit<Order>(bytes, first_byte, i * width + b);
    std::size_t const place = std::is_same_v<Order, bit_order::low_first> ? b : width - 1 - b;
    code |= set ? 1U << place : 0U;
  }
  return code;
}

/// Casts `in` into a packed span with guard bytes around it and looks at every bit.
template <class F, class Order, class From, class Rounding = lowp::rounding::nearest_even,
          class Overflow = lowp::overflow::saturate>
bool packs_like_the_scalar_cast(std::vector<From> const& in, std::uint8_t poison, Rounding r = {}, Overflow o = {}) {
  constexpr std::size_t guard = 3;
  std::size_t const used_bits = in.size() * static_cast<std::size_t>(F::bits);
  std::size_t const bytes = (used_bits + 7) / 8;
  static lowp::any_format const twin = lowp::any_format::of<F>();
  std::vector<std::uint8_t> memory(bytes + 2 * guard, poison);
  packed_span<F, Order> const out(memory.data() + guard, in.size());
  lowp::cast_into(in, out, r, o);
  bool same = out.size_bytes() == bytes;
  for (std::size_t i = 0; i < in.size(); ++i) {
    unsigned const expected = twin.encode(in[i], lowp::rounding::any(r).at(i), lowp::overflow::any(o));
    same = same && stream_code<Order>(memory, guard, i, F::bits) == expected;
  }
  // What was not ours to write: guards, and the bits of the last byte beyond the last code.
  std::vector<std::uint8_t> const before(memory.size(), poison);
  for (std::size_t j = used_bits; j < 8 * bytes; ++j) {
    same = same && stream_bit<Order>(memory, guard, j) == stream_bit<Order>(before, guard, j);
  }
  for (std::size_t i = 0; i < guard; ++i) {
    same = same && memory[i] == poison && memory[memory.size() - 1 - i] == poison;
  }
  // And back, from memory that may not be written.
  std::vector<float> values(in.size() + 2, -77.0F);
  lowp::decode_into(packed_span<F const, Order>(memory.data() + guard, in.size()),
                    std::span(values).subspan(1, in.size()));
  for (std::size_t i = 0; i < in.size(); ++i) {
    float const expected = twin.decode(stream_code<Order>(memory, guard, i, F::bits));
    same = same && std::bit_cast<std::uint32_t>(values[1 + i]) == std::bit_cast<std::uint32_t>(expected);
  }
  return same && values.front() == -77.0F && values.back() == -77.0F;
}

template <class F>
void check_packing(std::string_view name) {
  INFO(name);
  for (std::size_t n = 0; n <= 40; ++n) {
    std::vector<float> const x = mixture(n);
    std::vector<double> const wide(x.begin(), x.end());
    for (int const poison : {0x00, 0xff, 0xa5}) {
      auto const p = static_cast<std::uint8_t>(poison);
      INFO(n << " elements");
      REQUIRE(packs_like_the_scalar_cast<F, bit_order::low_first>(x, p));
      REQUIRE(packs_like_the_scalar_cast<F, bit_order::high_first>(x, p));
      REQUIRE(packs_like_the_scalar_cast<F, bit_order::low_first>(wide, p));
    }
  }
  for (std::size_t const n : {63U, 64U, 65U, 127U, 128U, 129U, 1000U}) {  // whole vectors and their tails
    INFO(n << " elements");
    REQUIRE(packs_like_the_scalar_cast<F, bit_order::low_first>(mixture(n), 0x5a));
    REQUIRE(packs_like_the_scalar_cast<F, bit_order::high_first>(mixture(n), 0x5a));
  }
}

}  // namespace

TEST_CASE("dense spans of 1 to 8 bits, both orders, every length") {
  check_packing<lowp::uint1>("uint1");
  check_packing<lowp::int2>("int2");
  check_packing<lowp::int3>("int3");
  check_packing<lowp::e2m1fn>("e2m1fn");
  check_packing<lowp::int5>("int5");
  check_packing<lowp::e3m2fn>("e3m2fn");
  check_packing<lowp::ue4m3>("ue4m3");
  check_packing<lowp::e4m3fn>("e4m3fn");
  check_packing<lowp::nf4>("nf4");
}

TEST_CASE("integers and numbers of a format into a dense span") {
  std::vector<int> const x{-9, -8, -1, 0, 3, 7, 8, 100, -100};
  CHECK(packs_like_the_scalar_cast<lowp::int4, bit_order::low_first>(x, 0xa5));
  CHECK(packs_like_the_scalar_cast<lowp::int4, bit_order::high_first>(x, 0x5a));
  std::vector<lowp::e4m3fn> every;
  for (unsigned c = 0; c < 256; ++c) {
    every.push_back(lowp::from_bits<lowp::e4m3fn>(c));
  }
  CHECK(packs_like_the_scalar_cast<lowp::e3m2fn, bit_order::low_first>(every, 0xa5));
}

TEST_CASE("stochastic cast_into: element i takes the bits of index + i, whatever the destination or the split") {
  lowp::rounding::stochastic const policy{0xabcdef, 5};
  std::vector<float> x;
  for (int i = 0; i < 300; ++i) {
    x.push_back(static_cast<float>(i % 13) * 0.37F);
  }
  std::vector<lowp::e2m1fn> whole(x.size());
  lowp::cast_into(x, whole, policy);
  bool differs = false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    REQUIRE(to_bits(whole[i]) == to_bits(lowp::cast<lowp::e2m1fn>(x[i], lowp::rounding::stochastic{0xabcdef, 5 + i})));
    differs = differs || whole[i] != lowp::cast<lowp::e2m1fn>(x[i]);
  }
  CHECK(differs);
  CHECK(packs_like_the_scalar_cast<lowp::e2m1fn, bit_order::low_first>(x, 0, policy));
  std::vector<double> const wide(x.begin(), x.end());
  CHECK(packs_like_the_scalar_cast<lowp::e2m1fn, bit_order::high_first>(wide, 0, policy));
  CHECK(packs_like_the_scalar_cast<lowp::nf4, bit_order::low_first>(x, 0, policy));
  for (std::size_t const cut : {1U, 7U, 8U, 64U, 299U}) {
    std::vector<lowp::e2m1fn> parts(x.size());
    lowp::cast_into(std::span(x).first(cut), std::span(parts).first(cut), policy);
    lowp::cast_into(std::span(x).subspan(cut), std::span(parts).subspan(cut), policy.at(cut));
    CHECK(codes_of(parts) == codes_of(whole));
  }
}

TEST_CASE("cast_into and decode_into of a format chosen at run time") {
  std::vector<float> const x = mixture(100);
  lowp::any_format const e4m3fn = lowp::any_format::of<lowp::e4m3fn>();
  std::vector<std::uint8_t> bytes(x.size());
  lowp::cast_into(e4m3fn, x, bytes, lowp::rounding::stochastic{3, 10}, lowp::overflow::nonsaturating{});
  std::vector<std::uint32_t> words(x.size());
  lowp::cast_into(e4m3fn, x, words, lowp::rounding::stochastic{3, 10}, lowp::overflow::nonsaturating{});
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto const expected =
        lowp::cast<lowp::e4m3fn>(x[i], lowp::rounding::stochastic{3, 10 + i}, lowp::overflow::nonsaturating{});
    REQUIRE(bytes[i] == to_bits(expected));
    REQUIRE(words[i] == to_bits(expected));
  }
  std::vector<float> values(x.size());
  lowp::decode_into(e4m3fn, bytes, values);
  for (std::size_t i = 0; i < x.size(); ++i) {
    REQUIRE(std::bit_cast<std::uint32_t>(values[i]) ==
            std::bit_cast<std::uint32_t>(lowp::decode(lowp::from_bits<lowp::e4m3fn>(bytes[i]))));
  }
  // Sixteen bits do not fit a byte.
  lowp::any_format const half = lowp::any_format::of<lowp::float16>();
  std::vector<std::uint8_t> const before = bytes;
  auto const e = error_of([&] { lowp::cast_into(half, x, bytes); });
  CHECK(e.code() == error_code::size);
  CHECK(e.argument() == "out");
  CHECK(bytes == before);
  std::vector<std::uint16_t> sixteen(x.size());
  std::vector<double> const wide(x.begin(), x.end());
  lowp::cast_into(half, wide, sixteen);
  for (std::size_t i = 0; i < x.size(); ++i) {
    REQUIRE(sixteen[i] == to_bits(lowp::cast<lowp::float16>(x[i])));
  }
  CHECK(error_of([&] { lowp::cast_into(half, std::span(x).first(3), sixteen); }).code() == error_code::size);
  CHECK(error_of([&] { lowp::decode_into(half, sixteen, std::span(values).first(3)); }).code() == error_code::size);
}

}  // namespace cast_into_packed_test
