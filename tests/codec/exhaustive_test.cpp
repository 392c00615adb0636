// SPDX-License-Identifier: Apache-2.0
//
// The proof by exhaustion for every named format of at most 8 bits: all 2^32 floats under nearest_even/saturate and one
// further pair of policies each; over the formats all 27 pairs (six roundings and three stochastic ones by three
// overflows) are met.

#include <tuple>

#include <lowp/codec/cast.hpp>

#include "support/catch.hpp"
#include "support/exhaustive.hpp"
#include "support/format_types.hpp"
#include "support/oracle_policies.hpp"

namespace exhaustive_test {

namespace exhaustive = oracle::exhaustive;

namespace {

constexpr auto named_formats = std::tuple_cat(lowp_test::narrow_minifloats, lowp_test::integers);

}  // namespace

TEST_CASE("exhaustive: 2^32 floats, every named format of at most 8 bits", "[long]") {
  exhaustive::prove_all(exhaustive::make_jobs(named_formats));
}

TEST_CASE("exhaustive: the ends of every run and a stride, every named format of at most 8 bits") {
  for (const auto& j : exhaustive::make_jobs(named_formats)) exhaustive::sample(j);
}

// Optimised builds take seconds; unoptimised and sanitized ones minutes.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED_BUILD
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED_BUILD
#endif
#if defined(__OPTIMIZE__) && !defined(SANITIZED_BUILD)
TEST_CASE("exhaustive: 2^32 floats, e4m3fn") {
  exhaustive::prove(exhaustive::make_job<lowp::e4m3fn>("e4m3fn", oracle::rotated_policy<0>()), [](double) {});
}
#endif

}  // namespace exhaustive_test
