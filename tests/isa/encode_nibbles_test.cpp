// SPDX-License-Identifier: Apache-2.0
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>
#include <lowp/format/p3109.hpp>

using namespace isa_test;
using lowp::bit_order::high_first;
using lowp::bit_order::low_first;

TEST_CASE("encode e2m1fn: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::e2m1fn, low_first>("e2m1fn", encoder_of<Tag>()); });
}

TEST_CASE("encode int4: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::int4, high_first>("int4", encoder_of<Tag>()); });
}
