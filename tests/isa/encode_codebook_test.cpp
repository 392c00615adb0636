// SPDX-License-Identifier: Apache-2.0
// also built: fast_math
#include "isa/agreement.hpp"

#include <limits>

#include <lowp/format/catalog.hpp>

using namespace isa_test;
using lowp::bit_order::high_first;
using lowp::bit_order::padded;

namespace {

struct special_entries {
  static constexpr float values[8] = {std::numeric_limits<float>::quiet_NaN(),
                                      -std::numeric_limits<float>::infinity(),
                                      -5.0F,
                                      0x1p-149F,
                                      1.0F,
                                      std::numeric_limits<float>::infinity(),
                                      9.0F,
                                      -0.125F};
};

}  // namespace

TEST_CASE("encode nf4: every rounding and overflow equals portable", "[isa]") {
  for_each_isa([]<class Tag>(Tag) { check_roundings<Tag, lowp::nf4, high_first>("nf4", encoder_of<Tag>()); });
}

TEST_CASE("encode to other tables equals portable: both zeros, specials, two values", "[isa]") {
  namespace r = lowp::rounding;
  namespace o = lowp::overflow;
  using special = lowp::codebook<special_entries>;
  for_each_isa([]<class Tag>(Tag) {
    char const* const expected = encoder_of<Tag>();
    check_policies<Tag, lowp::bnb_fp4, padded, r::nearest_even, o::saturate>("bnb_fp4", "nearest_even", expected);
    check_policies<Tag, special, padded, r::nearest_even, o::saturate>("specials", "saturate", expected);
    check_policies<Tag, special, padded, r::down, o::nonsaturating>("specials", "down nonsaturating", expected);
  });
}
