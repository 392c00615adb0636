// SPDX-License-Identifier: Apache-2.0
//
// The folder to copy for a new ISA: in a list of its own it serves what it improves, and its parent the rest.
#include "isa/agreement.hpp"

#include <lowp/format/catalog.hpp>
#include <lowp/isa/template/decode.hpp>

using namespace isa_test;
using lowp::bit_order::padded;

namespace {

using list = lowp::isa::tag_list<lowp::isa::skeleton, lowp::isa::portable>;
static_assert(lowp::isa::detail::children_first(list{}));
static_assert(!lowp::isa::detail::children_first(lowp::isa::tag_list<lowp::isa::portable, lowp::isa::skeleton>{}));

}  // namespace

TEST_CASE("a new ISA's kernel equals portable", "[isa]") {
  using tag = lowp::isa::skeleton;
  namespace r = lowp::rounding;
  REQUIRE(tag::available());
  check(decode_row_of<tag, lowp::int8, padded>("int8"), "skeleton");
  check(decode_row_of<tag, lowp::e4m3fn, padded>("e4m3fn"), "portable");
  check_policies<tag, lowp::int8, padded, r::nearest_even, lowp::overflow::saturate>("int8", "nearest_even",
                                                                                     "portable");
}
