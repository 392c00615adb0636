// SPDX-License-Identifier: Apache-2.0

#include <lowp/policy/overflow.hpp>

#include "support/catch.hpp"

namespace {

namespace overflow = lowp::overflow;
using overflow::outcome;
using overflow::target;

/// What the format has beyond its greatest value: nothing, NaN, infinity, both.
constexpr target nothing{false, false};
constexpr target only_nan{false, true};
constexpr target only_infinity{true, false};
constexpr target both{true, true};

struct expected {
  target t;
  outcome finite;
  outcome infinite;
};

template <class Policy>
void check(Policy policy, expected const (&table)[4]) {
  overflow::any const any = policy;
  for (expected const& e : table) {
    INFO("infinity " << e.t.has_infinity << " NaN " << e.t.has_nan);
    CHECK(policy.finite(e.t) == e.finite);
    CHECK(policy.infinite(e.t) == e.infinite);
    CHECK(any.finite(e.t) == e.finite);
    CHECK(any.infinite(e.t) == e.infinite);
  }
}

}  // namespace

TEST_CASE("the three overflow policies on everything a format may have") {
  check(overflow::saturate{}, {{nothing, outcome::max, outcome::max},
                               {only_nan, outcome::max, outcome::max},
                               {only_infinity, outcome::max, outcome::max},
                               {both, outcome::max, outcome::max}});
  check(overflow::nonsaturating{}, {{nothing, outcome::max, outcome::max},
                                    {only_nan, outcome::nan, outcome::nan},
                                    {only_infinity, outcome::infinity, outcome::infinity},
                                    {both, outcome::infinity, outcome::infinity}});
  check(overflow::saturate_finite{}, {{nothing, outcome::max, outcome::max},
                                      {only_nan, outcome::max, outcome::nan},
                                      {only_infinity, outcome::max, outcome::infinity},
                                      {both, outcome::max, outcome::infinity}});
  CHECK(overflow::any{}.which == overflow::any::kind::saturate);
}
