// SPDX-License-Identifier: Apache-2.0
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>
#include <lowp/format/p3109.hpp>

using namespace isa_test;
using lowp::bit_order::padded;

TEST_CASE("encode e4m3fnuz: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::e4m3fnuz, padded>("e4m3fnuz", encoder_of<Tag>()); });
}

TEST_CASE("encode binary8p3se: every rounding and overflow equals portable", "[isa]") {
  for_each_isa(
      []<class Tag>(Tag) { check_roundings<Tag, lowp::p3109::binary8p3se, padded>("binary8p3se", encoder_of<Tag>()); });
}

TEST_CASE("encode to great numbers alone: almost every float is far below the smallest", "[isa]") {
  using great = lowp::minifloat<4, 3, -80, lowp::specials::fnuz>;
  namespace r = lowp::rounding;
  using nonsaturating = lowp::overflow::nonsaturating;
  for_each_isa([]<class Tag>(Tag) {
    check_policies<Tag, great, padded, r::nearest_even, nonsaturating>("bias -80", "nearest_even", encoder_of<Tag>());
    check_policies<Tag, great, padded, r::nearest_away, nonsaturating>("bias -80", "nearest_away", encoder_of<Tag>());
    check_policies<Tag, great, padded, r::up, nonsaturating>("bias -80", "up", encoder_of<Tag>());
    check_policies<Tag, great, padded, r::stochastic_hash, nonsaturating>("bias -80", "hash", encoder_of<Tag>());
  });
}

TEST_CASE("encode to few powers of two and to small numbers alone: words that start below zero", "[isa]") {
  // In AVX-512 a negative number that rounds to -2^128 leaves a word of 0, which these formats take for another number.
  using small = lowp::minifloat<4, 3, 120, lowp::specials::fn>;
  namespace r = lowp::rounding;
  using lowp::overflow::saturate;
  for_each_isa([]<class Tag>(Tag) {
    check_policies<Tag, lowp::e3m0fn, padded, r::nearest_even, saturate>("e3m0fn", "nearest_even", encoder_of<Tag>());
    check_policies<Tag, small, padded, r::nearest_even, saturate>("bias 120", "nearest_even", encoder_of<Tag>());
  });
}
