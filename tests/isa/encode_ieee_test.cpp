// SPDX-License-Identifier: Apache-2.0
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>
#include <lowp/format/p3109.hpp>

using namespace isa_test;
using lowp::bit_order::padded;

TEST_CASE("encode e5m2: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::e5m2, padded>("e5m2", encoder_of<Tag>()); });
}

TEST_CASE("encode e3m4: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::e3m4, padded>("e3m4", encoder_of<Tag>()); });
}
