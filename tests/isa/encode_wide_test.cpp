// SPDX-License-Identifier: Apache-2.0
// also built: fast_math
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>

using namespace isa_test;
using lowp::bit_order::padded;

TEST_CASE("encode float16: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::float16, padded>("float16", encoder_of<Tag>()); });
}

TEST_CASE("encode bfloat16: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::bfloat16, padded>("bfloat16", encoder_of<Tag>()); });
}
