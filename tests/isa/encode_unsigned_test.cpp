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
