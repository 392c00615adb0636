// SPDX-License-Identifier: Apache-2.0
//
// From an observer to a static scheme.

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

#include <lowp/calibrate.hpp>
#include <lowp/quantize.hpp>

#include "support/catch.hpp"

namespace {

namespace calibrate = lowp::calibrate;
namespace scale = lowp::scale;

std::vector<float> sample(std::size_t count, float size) {
  std::mt19937 random(21);
  std::vector<float> x(count);
  for (float& v : x) v = size * (static_cast<float>(random() >> 8U) * 0x1p-23F - 1.0F);
  return x;
}

}  // namespace

TEST_CASE("a static scheme with the range of the data quantizes as the dynamic one") {
  using static_int8 = lowp::scheme<lowp::int8, lowp::per_tensor, scale::fixed>;
  using dynamic_int8 = lowp::scheme<lowp::int8, lowp::per_tensor, scale::absmax<>>;
  auto const x = sample(std::size_t{64} * 43, 3.7F);
  calibrate::minmax_observer observer;
  for (std::size_t row = 0; row < 64; ++row) observer.observe(std::span(x).subspan(43 * row, 43));
  auto const rule = calibrate::fixed_scale<lowp::int8>(observer.range());
  lowp::matrix_view<float const> const view(x.data(), 64, 43);
  auto const fixed = lowp::quantize<static_int8>(view, {}, {}, rule);
  auto const dynamic = lowp::quantize<dynamic_int8>(view);
  std::vector<float> a(x.size());
  std::vector<float> b(x.size());
  lowp::dequantize_into(fixed, lowp::matrix_view<float>(a.data(), 64, 43));
  lowp::dequantize_into(dynamic, lowp::matrix_view<float>(b.data(), 64, 43));
  CHECK(a == b);
  // A range that was cut clips: nothing lies beyond it, but for int8's one code more below.
  calibrate::histogram_observer histogram;
  histogram.observe(x);
  auto const cut = histogram.range(calibrate::percentile{90});
  auto const clipped = lowp::quantize<static_int8>(view, {}, {}, calibrate::fixed_scale<lowp::int8>(cut));
  lowp::dequantize_into(clipped, lowp::matrix_view<float>(a.data(), 64, 43));
  int beyond = 0;
  int at_the_end = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    beyond += a[i] > cut.max * 1.0001F || a[i] < cut.min * 1.0001F * 128 / 127 ? 1 : 0;
    at_the_end += x[i] > cut.max && a[i] < 0.999F * cut.max ? 1 : 0;
  }
  CHECK(beyond == 0);
  CHECK(at_the_end == 0);
}

TEST_CASE("fixed scales: other rules, zeros, what does not fit") {
  CHECK(calibrate::fixed_scale<lowp::int8>({-12.7F, 3.0F}).scale == 12.7F / 127);
  CHECK(calibrate::fixed_scale<lowp::e4m3fn>(calibrate::range::symmetric(0.0F)).scale == 1.0F);
  auto const power =
      calibrate::fixed_scale<lowp::e4m3fn>({0.0F, 500.0F}, scale::power_of_two<scale::pow2::rceil, lowp::e8m0fnu>{});
  CHECK(power.scale == 2.0F);
  STATIC_REQUIRE(std::is_same_v<decltype(power)::stored_type, lowp::e8m0fnu>);
  // 448 * 6 is the most that an e4m3fn scale reaches with E2M1.
  CHECK(calibrate::fixed_scale<lowp::e2m1fn>({0.0F, 2688.0F}, scale::absmax<lowp::e4m3fn>{}).scale == 448.0F);
  CHECK_THROWS_AS(calibrate::fixed_scale<lowp::e2m1fn>({0.0F, 1e6F}, scale::absmax<lowp::e4m3fn>{}), lowp::error);
  CHECK_THROWS_AS(calibrate::fixed_scale<lowp::e2m1fn>({0.0F, 1e-9F}, scale::absmax<lowp::e4m3fn>{}), lowp::error);
}
