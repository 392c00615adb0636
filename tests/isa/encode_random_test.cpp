// SPDX-License-Identifier: Apache-2.0
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>

using namespace isa_test;
using lowp::bit_order::low_first;
using lowp::bit_order::padded;

TEST_CASE("random bits are those of the scalar cast, whatever their number and generator", "[isa]") {
  for_each_isa([]<class Tag>(Tag) {
    check_random<Tag, lowp::e4m3fn, padded>("e4m3fn", encoder_of<Tag>());
    check_random<Tag, lowp::int4, low_first>("int4", encoder_of<Tag>());
  });
}
