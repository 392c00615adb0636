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
  constexpr char const* plain = std::string_view(Tag::name) == "avx2" ? "avx2" : "avx512";
  constexpr bool nibbles = F::bits == 4;
  // Bytes: the byte tables where there are byte permutes. Nibbles stay with the register table of 16 floats. Dense codes
  // of other widths are unpacked by byte permutes alone.
  constexpr char const* bytes = vbmi && !nibbles ? "avx512_vbmi" : plain;
  check(decode_row_of<Tag, F, padded>(format), bytes);
  constexpr char const* dense = nibbles || F::bits == 8 ? bytes : vbmi ? "avx512_vbmi" : "portable";
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

TEST_CASE("E8M0 decodes through byte tables where they are, else by the portable kernel", "[isa]") {
  for_each_isa([]<class Tag>(Tag) {
    constexpr bool vbmi = std::string_view(Tag::name) == "avx512_vbmi";
    check(decode_row_of<Tag, lowp::e8m0fnu, padded>("e8m0fnu"), vbmi ? "avx512_vbmi" : "portable");
  });
}
