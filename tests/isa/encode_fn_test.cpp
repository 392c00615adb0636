// SPDX-License-Identifier: Apache-2.0
// also built: fast_math
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>
#include <lowp/format/p3109.hpp>

using namespace isa_test;
using lowp::bit_order::padded;

TEST_CASE("encode e4m3fn: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::e4m3fn, padded>("e4m3fn", encoder_of<Tag>()); });
}

TEST_CASE("encode ue5m3: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::ue5m3, padded>("ue5m3", encoder_of<Tag>()); });
}
