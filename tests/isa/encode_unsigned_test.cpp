// SPDX-License-Identifier: Apache-2.0
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>
#include <lowp/format/p3109.hpp>

using namespace isa_test;
using lowp::bit_order::padded;

TEST_CASE("encode binary8p4uf: every rounding and overflow equals portable", "[isa]") {
  for_each_isa(
      []<class Tag>(Tag) { check_roundings<Tag, lowp::p3109::binary8p4uf, padded>("binary8p4uf", encoder_of<Tag>()); });
}

TEST_CASE("encode binary8p5ue: every rounding and overflow equals portable", "[isa]") {
  for_each_isa(
      []<class Tag>(Tag) { check_roundings<Tag, lowp::p3109::binary8p5ue, padded>("binary8p5ue", encoder_of<Tag>()); });
}

TEST_CASE("encode e8m0fnu: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) {
    using lowp::e8m0fnu;
    using random_of_32 = lowp::rounding::stochastic_32;
    using saturate = lowp::overflow::saturate;
    check_roundings<Tag, e8m0fnu, padded>("e8m0fnu", encoder_of<Tag>());
    check_policies<Tag, e8m0fnu, padded, random_of_32, saturate>("e8m0fnu", "stochastic_32", encoder_of<Tag>());
    using e5m0 = lowp::minifloat<5, 0, 15, lowp::specials::exponent, lowp::sign_bit::absent>;
    check_roundings<Tag, e5m0, padded>("e5m0", encoder_of<Tag>());
  });
}
