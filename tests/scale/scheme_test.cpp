// SPDX-License-Identifier: Apache-2.0
//
// Schemes as types and as values, and the named recipes.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"

namespace scheme_test {

namespace {

namespace scale = lowp::scale;
using lowp::any_granularity;
using lowp::any_scheme;

template <class S>
double bits_per_element(std::size_t rows, std::size_t cols) {
  std::vector<float> const x(rows * cols, 1.0F);
  auto const q = lowp::quantize<S>({x.data(), rows, cols});
  auto const twin = lowp::quantize(lowp::as_any_scheme<S>(), {x.data(), rows, cols});
  CHECK(twin.bits_per_element() == q.bits_per_element());
  return q.bits_per_element();
}

}  // namespace

TEST_CASE("defaults: one float scale by absmax, nearest even, saturating") {
  using S = lowp::scheme<lowp::int8, lowp::per_tensor>;
  static_assert(std::same_as<S::scale_rule, scale::absmax<float>>);
  static_assert(std::same_as<S::stored_scale, float>);
  static_assert(std::same_as<S::rounding, lowp::rounding::nearest_even>);
  static_assert(std::same_as<S::overflow, lowp::overflow::saturate>);
  static_assert(lowp::Scheme<S> && lowp::Scheme<lowp::mxfp4> && !lowp::Scheme<lowp::int8>);
  any_scheme const twin{lowp::any_format::of<lowp::int8>()};
  CHECK(twin.granularity == any_granularity{});
  CHECK(!twin.scale.stored);
  CHECK(twin.scale.which == lowp::any_scale::kind::absmax);
  CHECK(twin.rounding.which == lowp::rounding::any::kind::nearest_even);
  CHECK(twin.overflow.which == lowp::overflow::any::kind::saturate);
}

TEST_CASE("the recipes cost what their sources say") {
  // 2411.02355: 4 bits and a 16-bit scale for 128 weights. OCP MX 1.0: 8 bits for 32 elements.
  CHECK(bits_per_element<lowp::int4_g128>(2, 512) == 4.125);
  CHECK(bits_per_element<lowp::int4_g32>(2, 512) == 4.5);
  CHECK(bits_per_element<lowp::mxfp4>(2, 512) == 4.25);
  CHECK(bits_per_element<lowp::mxfp6_e2m3>(2, 512) == 6.25);
  CHECK(bits_per_element<lowp::mxfp6_e3m2>(2, 512) == 6.25);
  CHECK(bits_per_element<lowp::mxfp8_e4m3>(2, 512) == 8.25);
  CHECK(bits_per_element<lowp::mxfp8_e5m2>(2, 512) == 8.25);
  CHECK(bits_per_element<lowp::int8_per_tensor>(2, 512) == 8.0 + 32.0 / 1024);
  CHECK(bits_per_element<lowp::int8_per_channel>(2, 512) == 8.0625);
  CHECK(bits_per_element<lowp::fp8_per_channel>(2, 512) == 8.0625);
  // Short last groups pay for a whole scale.
  CHECK(bits_per_element<lowp::int4_g128>(1, 172) == 4.0 + 2 * 16 / 172.0);
}

TEST_CASE("as_any_scheme carries every axis over") {
  using S = lowp::scheme<lowp::e4m3fn, lowp::per_block<64, 128>, scale::power_of_two<scale::pow2::even, lowp::bfloat16>,
                         lowp::rounding::stochastic, lowp::overflow::nonsaturating>;
  any_scheme const a = lowp::as_any_scheme<S>(lowp::rounding::stochastic{7, 9});
  CHECK(a.element == lowp::any_format::of<lowp::e4m3fn>());
  CHECK(a.granularity == any_granularity{64, 128});
  CHECK(a.scale.which == lowp::any_scale::kind::power_of_two);
  CHECK(a.scale.rule.which == scale::pow2::any::kind::even);
  CHECK(*a.scale.stored == lowp::any_format::of<lowp::bfloat16>());
  CHECK(a.rounding.which == lowp::rounding::any::kind::stochastic_philox);
  CHECK(a.rounding.seed == 7);
  CHECK(a.rounding.index == 9);
  CHECK(a.overflow.which == lowp::overflow::any::kind::nonsaturating);

  auto const rule_of = [](auto rule) {
    using R = scale::power_of_two<decltype(rule)>;
    return lowp::as_any_scheme<lowp::scheme<lowp::int8, lowp::per_tensor, R>>().scale.rule.which;
  };
  CHECK(rule_of(scale::pow2::floor{}) == scale::pow2::any::kind::floor);
  CHECK(rule_of(scale::pow2::ceil{}) == scale::pow2::any::kind::ceil);
  CHECK(rule_of(scale::pow2::rceil{}) == scale::pow2::any::kind::rceil);

  auto const granularity_of = [](auto g) {
    return lowp::as_any_scheme<lowp::scheme<lowp::int8, decltype(g)>>().granularity;
  };
  CHECK(granularity_of(lowp::per_tensor{}) == any_granularity{0, 0});
  CHECK(granularity_of(lowp::per_channel<0>{}) == any_granularity{1, 0});
  CHECK(granularity_of(lowp::per_channel<1>{}) == any_granularity{0, 1});
  CHECK(granularity_of(lowp::per_group<128>{}) == any_granularity{1, 128});
  // A large block is a block, not the whole axis.
  CHECK(granularity_of(lowp::per_group<1048576>{}) == any_granularity{1, 1048576});
  CHECK(granularity_of(lowp::per_block<1048576, 1048577>{}) == any_granularity{1048576, 1048577});
}

}  // namespace scheme_test
