// SPDX-License-Identifier: Apache-2.0
//
// Signed scales: against double arithmetic, against ggml's Q4_0, type against run time.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lowp/ggml/q4_0.hpp>
#include <lowp/quant/parse_scheme.hpp>
#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace signed_absmax_test {

namespace {

namespace qo = quantize_oracle;
using lowp::matrix_view;

/// The first element of the greatest magnitude of 32.
float peak_of(float const* x) {
  float found = 0;
  for (std::size_t j = 0; j < 32; ++j) found = std::fabs(x[j]) > std::fabs(found) ? x[j] : found;
  return found;
}

/// Numbers whose blocks of 32 have a peak of either sign, of 8 times a float16.
std::vector<float> with_half_steps(std::uint64_t seed, std::size_t rows) {
  std::vector<float> x = qo::make_matrix(qo::data::bell, rows, 32, 32, seed).data;
  for (std::size_t i = 0; i < rows; ++i) {
    float* const block = x.data() + i * 32;
    float const peak = peak_of(block);
    float const step = static_cast<float>(lowp::cast<lowp::float16>(peak * 0.1251F));  // a little more than an eighth
    *std::find(block, block + 32, peak) = 8 * step;
  }
  return x;
}

}  // namespace

TEST_CASE("q4_0: ggml's scales always, its codes where float16 holds the scale") {
  std::size_t const rows = 4000;
  auto const x = with_half_steps(3, rows);
  auto const q = lowp::quantize<lowp::q4_0>({x.data(), rows, 32});
  std::size_t ties = 0;
  std::size_t negative = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    auto const block = lowp::ggml::q4_0::quantize(std::span<float const, 32>(x.data() + i * 32, 32));
    REQUIRE(static_cast<float>(q.scale(i, 0)) == block.scale());
    negative += block.scale() < 0 ? 1 : 0;
    for (std::size_t j = 0; j < 32; ++j) {
      // ggml rounds (x / d + 8.5) down, where the sum is a float: halves go up, and what lies within 2^-20 of them anywhere.
      double const ratio = static_cast<double>(x[i * 32 + j]) / static_cast<double>(block.scale());
      if (std::fabs(ratio - std::floor(ratio) - 0.5) < 0x1p-20) {
        ++ties;
        continue;
      }
      int const code = static_cast<int>(static_cast<float>(q.code(i, j)));
      REQUIRE(code + 8 == static_cast<int>(static_cast<float>(block.code(j))));
    }
  }
  CHECK(negative > rows / 4);
  CHECK(negative < rows * 3 / 4);
  CHECK(ties < 40);
}

TEST_CASE("q4_0 of any floats: ggml's scales, values never farther from x than ggml's") {
  std::size_t const rows = 2000;
  auto const x = qo::make_matrix(qo::data::bell, rows, 32, 32, 8).data;
  auto const q = lowp::quantize<lowp::q4_0>({x.data(), rows, 32});
  std::vector<float> values(x.size());
  lowp::dequantize_into(q, matrix_view<float>(values.data(), rows, 32));
  std::size_t other = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    std::span<float const, 32> const in(x.data() + i * 32, 32);
    auto const block = lowp::ggml::q4_0::quantize(in);
    REQUIRE(static_cast<float>(q.scale(i, 0)) == block.scale());
    float ggml[32];
    block.dequantize(std::span<float, 32>(ggml, 32));
    for (std::size_t j = 0; j < 32; ++j) {
      double const ours = std::fabs(static_cast<double>(values[i * 32 + j]) - static_cast<double>(in[j]));
      double const theirs = std::fabs(static_cast<double>(ggml[j]) - static_cast<double>(in[j]));
      REQUIRE(ours <= theirs + std::fabs(static_cast<double>(block.scale())) * 0x1p-22);  // a tie
      other += values[i * 32 + j] != ggml[j] ? 1 : 0;
    }
  }
  CHECK(other < rows * 32 / 500);  // the rounding of d to 11 bits moves few of them
}

TEST_CASE("a signed scale: the first of the greatest magnitudes over the far end of the range") {
  for (char const* name : {"int4/g32/f32:signed", "int8/g32/f32:signed", "int3/g32/bf16:signed",
                           "e4m3fn/g32/f32:signed", "uint4/g32/f32:signed"}) {
    auto const scheme = lowp::parse_scheme(name);
    CHECK(lowp::name_of(lowp::parse_scheme(lowp::name_of(scheme))) == lowp::name_of(scheme));
    lowp::format_facts const& f = scheme.element.facts();
    auto const end = static_cast<double>(f.is_integer && f.is_signed ? f.lowest : f.is_signed ? -f.max : f.max);
    for (auto const kind : {qo::data::bell, qo::data::powers, qo::data::zero, qo::data::constant}) {
      qo::matrix const x = qo::make_matrix(kind, 3, 96, 96, 5);
      auto const q = lowp::quantize(scheme, qo::view_of(x));
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t b = 0; b < 3; ++b) {
          auto const peak = static_cast<double>(peak_of(x.data.data() + i * 96 + b * 32));
          double const ideal = peak == 0 ? 1.0 : peak / end;
          float const stored = !scheme.scale.stored ? static_cast<float>(ideal)
                                                    : scheme.scale.stored->decode(scheme.scale.stored->encode(ideal));
          INFO(name << ", block " << i << ", " << b);
          REQUIRE(q.block_scale(i, b) == stored);
          for (std::size_t j = b * 32; j < b * 32 + 32 && f.is_integer; ++j) {
            double const code = std::nearbyint(
                static_cast<double>(static_cast<float>(static_cast<double>(x.at(i, j)) / static_cast<double>(stored))));
            double const kept = std::clamp(code, static_cast<double>(f.lowest), static_cast<double>(f.max));
            REQUIRE(static_cast<double>(scheme.element.decode(q.code(i, j))) == kept);
          }
        }
      }
    }
  }
}

TEST_CASE("the type equals the run-time scheme, on every ISA") {
  using lowp::scheme;
  auto const check = [](auto s) {
    using S = decltype(s);
    for (auto const kind : {qo::data::bell, qo::data::zero, qo::data::infinities, qo::data::powers}) {
      qo::matrix const x = qo::make_matrix(kind, 3, 172, 175, 4);
      auto const expected = lowp::try_quantize(lowp::as_any_scheme<S>(), qo::view_of(x));
      qo::on_every_isa([&](auto isa) {
        INFO(isa.name);
        auto const got = lowp::try_quantize<S>(qo::view_of(x));
        REQUIRE(got.has_value() == expected.has_value());
        if (!got) return;
        CHECK(got->codes() == expected->codes());
        CHECK(lowp::as_any_quantized(*got).scale_codes() == expected->scale_codes());
        std::vector<float> a(3 * 172);
        std::vector<float> b(3 * 172);
        lowp::dequantize_into(*got, matrix_view<float>(a.data(), 3, 172));
        lowp::dequantize_into(*expected, matrix_view<float>(b.data(), 3, 172));
        CHECK(qo::bits_of(a) == qo::bits_of(b));
      });
    }
  };
  check(lowp::q4_0{});
  check(scheme<lowp::e2m1fn, lowp::per_channel<0>, lowp::scale::clamped<lowp::scale::signed_absmax<lowp::e4m3fn>>>{});
}

TEST_CASE("a signed scale beyond its type, either way") {
  using S = lowp::scheme<lowp::int4, lowp::per_group<2>, lowp::scale::signed_absmax<lowp::e4m3fn>>;
  using clamped =
      lowp::scheme<lowp::int4, lowp::per_group<2>, lowp::scale::clamped<lowp::scale::signed_absmax<lowp::e4m3fn>>>;
  using finite = lowp::scheme<lowp::int4, lowp::per_group<2>, lowp::scale::signed_absmax<lowp::e2m1fn>>;
  struct {
    float peak;
    char const* what;
    float kept;
  } const cases[] = {{8.0F * 500, "overflows", -448.0F},
                     {-8.0F * 500, "overflows", 448.0F},
                     {8.0F * 0x1p-11F, "underflows", -0x1p-9F},
                     {-8.0F * 0x1p-11F, "underflows", 0x1p-9F}};
  for (auto const& c : cases) {
    float const x[] = {c.peak, c.peak / 8};
    INFO(c.peak);
    for (auto const& got : {lowp::try_quantize(lowp::as_any_scheme<S>(), {x, 1, 2})}) {
      REQUIRE(!got);
      CHECK(std::string(got.error().what()).find(c.what) != std::string::npos);
    }
    CHECK_FALSE(lowp::try_quantize<S>({x, 1, 2}));
    CHECK(lowp::quantize<clamped>({x, 1, 2}).block_scale(0, 0) == c.kept);
    CHECK(lowp::quantize(lowp::as_any_scheme<clamped>(), {x, 1, 2}).block_scale(0, 0) == c.kept);
  }
  for (float const peak : {56.0F, -56.0F}) {  // 7 in a type that ends at 6 and has no infinity
    float const x[] = {peak, 0};
    CHECK_FALSE(lowp::try_quantize<finite>({x, 1, 2}));
    CHECK_FALSE(lowp::try_quantize(lowp::as_any_scheme<finite>(), {x, 1, 2}));
  }
  CHECK_FALSE(lowp::try_parse_scheme("int4/g32/ue4m3:signed"));
  CHECK_FALSE(lowp::try_parse_scheme("int4/g32/f16:signed+f32"));
}

}  // namespace signed_absmax_test
