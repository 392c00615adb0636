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

namespace {

/// Widths that share bytes: packed by byte permutes, else in words.
template <class Tag>
constexpr char const* packer_of() {
  return std::string_view(Tag::name) == "avx512" ? "avx2" : Tag::name;
}

template <class Tag, class F>
void check_dense(char const* format) {
  namespace r = lowp::rounding;
  namespace o = lowp::overflow;
  check_policies<Tag, F, low_first, r::nearest_even, o::saturate>(format, "nearest_even saturate", packer_of<Tag>());
  check_policies<Tag, F, low_first, r::stochastic_hash, o::saturate>(format, "stochastic_hash saturate",
                                                                     packer_of<Tag>());
}

}  // namespace

TEST_CASE("encode to dense codes of 1, 2, 3, 5, 6 and 7 bits equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) {
    check_dense<Tag, lowp::uint1>("uint1");
    check_dense<Tag, lowp::int2>("int2");
    check_dense<Tag, lowp::int3>("int3");
    check_dense<Tag, lowp::int5>("int5");
    check_dense<Tag, lowp::e3m2fn>("e3m2fn");
    check_dense<Tag, lowp::int7>("int7");
  });
}
