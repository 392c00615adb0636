// SPDX-License-Identifier: Apache-2.0
// also built: fast_math
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>
#include <lowp/format/p3109.hpp>

using namespace isa_test;
using lowp::bit_order::high_first;
using lowp::bit_order::low_first;
using lowp::bit_order::padded;

namespace {

template <class Tag, class F>
void check_orders(char const* format) {
  constexpr bool vbmi = std::string_view(Tag::name) == "avx512_vbmi";
  constexpr char const* plain = encoder_of<Tag>();
  constexpr bool nibbles = F::bits == 4;
  // Bytes: the byte tables where there are byte permutes. Nibbles stay with the register table of 16 floats. Dense codes
  // of other widths are unpacked by byte permutes, else in words.
  constexpr char const* bytes = vbmi && !nibbles ? "avx512_vbmi" : plain;
  check(decode_row_of<Tag, F, padded>(format), bytes);
  constexpr char const* words = std::string_view(plain) == "avx512" ? "avx2" : plain;
  constexpr char const* dense = nibbles || F::bits == 8 ? bytes : vbmi ? "avx512_vbmi" : words;
  check(decode_row_of<Tag, F, low_first>(format), dense);
  check(decode_row_of<Tag, F, high_first>(format), nibbles || F::bits == 8 ? bytes : "portable");
}

}  // namespace

TEST_CASE("decode of minifloats equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) {
    check_orders<Tag, lowp::e4m3fn>("e4m3fn");
    check_orders<Tag, lowp::e5m2>("e5m2");
    check_orders<Tag, lowp::e3m4>("e3m4");
    check_orders<Tag, lowp::e4m3fnuz>("e4m3fnuz");
    check_orders<Tag, lowp::ue4m3>("ue4m3");
    check_orders<Tag, lowp::ue5m3>("ue5m3");
    check_orders<Tag, lowp::e3m2fn>("e3m2fn");
    check_orders<Tag, lowp::e2m1fn>("e2m1fn");
    check_orders<Tag, lowp::p3109::binary8p3se>("binary8p3se");
    check_orders<Tag, lowp::p3109::binary8p5ue>("binary8p5ue");
    check_orders<Tag, lowp::p3109::binary6p2sf>("binary6p2sf");
    // Few exponents and many subnormals; an odd distance of the biases; exponents at either end of a float's.
    check_orders<Tag, lowp::minifloat<2, 5>>("e2m5");
    check_orders<Tag, lowp::minifloat<1, 6, 0, lowp::specials::finite>>("e1m6");
    check_orders<Tag, lowp::minifloat<1, 7, 2, lowp::specials::fn, lowp::sign_bit::absent>>("u1m7");
    check_orders<Tag, lowp::minifloat<4, 3, 127, lowp::specials::fn>>("e4m3 bias 127");
    check_orders<Tag, lowp::minifloat<4, 3, -112, lowp::specials::fnuz>>("e4m3 bias -112");
    check_orders<Tag, lowp::minifloat<3, 0, 4, lowp::specials::fn>>("e3m0");
  });
}

TEST_CASE("decode of integers and codebooks equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) {
    check_orders<Tag, lowp::int8>("int8");
    check_orders<Tag, lowp::int7>("int7");
    check_orders<Tag, lowp::int6>("int6");
    check_orders<Tag, lowp::int4>("int4");
    check_orders<Tag, lowp::int3>("int3");
    check_orders<Tag, lowp::uint8>("uint8");
    check_orders<Tag, lowp::uint1>("uint1");
    check_orders<Tag, lowp::nf4>("nf4");
  });
}

TEST_CASE("E8M0 decodes through byte tables or NEON's fields, else by the portable kernel", "[isa]") {
  for_each_isa([]<class Tag>(Tag) {
    constexpr std::string_view name = Tag::name;
    constexpr bool served = name == "avx512_vbmi" || name == "neon";
    check(decode_row_of<Tag, lowp::e8m0fnu, padded>("e8m0fnu"), served ? Tag::name : "portable");
  });
}

namespace {

/// All 65,536 codes, then every length at every misalignment through check().
template <class Tag, class F>
void check_two_bytes(char const* format) {
  constexpr char const* expected = encoder_of<Tag>();
  decode_row const row = decode_row_of<Tag, F, padded>(format);
  check(row, expected);
  std::vector<std::uint16_t> codes(std::size_t{1} << F::bits);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    codes[i] = static_cast<std::uint16_t>(i);
  }
  std::vector<float> got(codes.size());
  std::vector<float> want(codes.size());
  lowp::kernel::fp_env const environment;
  row.kernel(reinterpret_cast<std::uint8_t const*>(codes.data()), got.data(), codes.size());
  row.portable(reinterpret_cast<std::uint8_t const*>(codes.data()), want.data(), codes.size());
  CHECK(std::memcmp(got.data(), want.data(), 4 * got.size()) == 0);
}

template <class Tag, class F, class Order>
void check_bfloat16(char const* format, char const* expected) {
  using slot = lowp::kernel::decode_bfloat16_slot<Tag, F, Order>;
  using to_float = lowp::kernel::decode_slot<lowp::isa::portable, F, Order>;
  INFO(format << " to bfloat16 on " << Tag::name);
  CHECK(std::string(slot::served_by::name) == expected);
  static guarded source(4096);
  static guarded target(4096);
  std::mt19937 random(8);
  std::size_t wrong = 0;
  for (std::size_t n = 0; n <= 300; ++n) {
    std::size_t const bytes = std::same_as<Order, padded> ? n : (n * static_cast<std::size_t>(F::bits) + 7) / 8;
    for (std::uint8_t* in : {source.last(bytes), source.first() + n % 64}) {
      for (std::size_t i = 0; i < bytes; ++i) {
        in[i] = static_cast<std::uint8_t>(n == 256 ? i : random());
      }
      std::vector<float> want(n);
      to_float::run(in, want.data(), n);
      for (std::uint8_t* out : {target.last(2 * n), target.first() + 2 * (n % 32)}) {
        slot::run(in, reinterpret_cast<std::uint16_t*>(out), n);
        for (std::size_t i = 0; i < n; ++i) {
          std::uint16_t got = 0;
          std::memcpy(&got, out + 2 * i, 2);
          wrong += std::uint32_t{got} << 16U == std::bit_cast<std::uint32_t>(want[i]) ? 0U : 1U;
        }
      }
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("decode of float16 and bfloat16 equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) {
    check_two_bytes<Tag, lowp::float16>("float16");
    check_two_bytes<Tag, lowp::bfloat16>("bfloat16");
    check_two_bytes<Tag, lowp::minifloat<6, 9>>("minifloat<6, 9>");
  });
}

TEST_CASE("decode to bfloat16 is the upper half of decode to float", "[isa]") {
  for_each_isa([]<class Tag>(Tag) {
    constexpr bool vbmi = std::string_view(Tag::name) == "avx512_vbmi";
    constexpr char const* plain = encoder_of<Tag>();
    constexpr char const* bytes = vbmi ? "avx512_vbmi" : plain;
    check_bfloat16<Tag, lowp::e4m3fn, padded>("e4m3fn", bytes);
    check_bfloat16<Tag, lowp::e5m2, low_first>("e5m2", bytes);
    check_bfloat16<Tag, lowp::e2m1fn, low_first>("e2m1fn", bytes);
    check_bfloat16<Tag, lowp::int4, high_first>("int4", plain);
    check_bfloat16<Tag, lowp::int8, padded>("int8", bytes);
    check_bfloat16<Tag, lowp::e3m2fn, low_first>("e3m2fn", vbmi ? "avx512_vbmi" : "portable");
  });
}
