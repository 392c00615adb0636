// SPDX-License-Identifier: Apache-2.0
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>
#include <lowp/format/p3109.hpp>

using namespace isa_test;
using lowp::bit_order::padded;

TEST_CASE("encode int8: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::int8, padded>("int8", encoder_of<Tag>()); });
}

TEST_CASE("encode uint5: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::uint5, padded>("uint5", encoder_of<Tag>()); });
}
