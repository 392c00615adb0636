// SPDX-License-Identifier: Apache-2.0
//
// Blocks with NaN, infinities or zeros only under each convention: which are special, what is stored for them, and that
// all others are as without one.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <lowp/quant/parse_scheme.hpp>
#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace convention_test {

namespace {

namespace qo = quantize_oracle;
namespace scale = lowp::scale;
using lowp::convention::max_abs_finite;
using lowp::convention::whole_block;

struct subject {
  char const* with;       // a scheme with special blocks
  char const* without;    // the same without
  std::size_t block;      // elements
  std::uint32_t nan;      // the stored NaN; 0 where NaN stays in its element
  std::uint32_t inf;      // the same for infinities
  std::uint32_t of_zero;  // what is stored for zeros
};

std::vector<subject> const subjects{
    {"e2m1fn/g32/e8m0:floor:nan-block:inf-block:zero-least", "e2m1fn/g32/e8m0", 32, 0xff, 0xff, 0x00},
    {"e4m3fn/g32/e8m0:even:nan-block:inf-block:zero-least", "e4m3fn/g32/e8m0:even", 32, 0xff, 0xff, 0x00},
    {"int8/g16/e8m0:rceil:nan-block", "int8/g16/e8m0:rceil", 16, 0xff, 0, 127},
    {"e5m2/g8/e8m0:inf-block", "e5m2/g8/e8m0", 8, 0, 0xff, 127},
    {"e5m2/g8/bf16:zero-zero", "e5m2/g8/bf16", 8, 0, 0, 0x0000},
    {"e2m1fn/g16/f32:nan-block:zero-least", "e2m1fn/g16/f32", 16, 0x7fc00000, 0, 0x00800000},
    {"binary8p3se/g16/f32:zero-zero", "binary8p3se/g16/f32", 16, 0, 0, 0},
    {"e2m1fn/g16/e4m3fn:clamped:nan-block:inf-block:zero-zero+f32", "e2m1fn/g16/e4m3fn+f32", 16, 0x7f, 0x7f, 0},
    {"int4/g16/bf16:mse:nan-block:zero-least", "int4/g16/bf16:mse", 16, 0x7fc0, 0, 0x0001},
};

std::vector<qo::matrix> matrices() {
  std::vector<qo::matrix> all;
  std::uint64_t seed = 1;
  for (auto const kind : {qo::data::bell, qo::data::zero, qo::data::subnormal, qo::data::infinities, qo::data::nans}) {
    all.push_back(qo::make_matrix(kind, 3, 172, 180, seed++));
  }
  // Each kind of block beside an ordinary one: zeros with NaN, zeros with infinity, both, -0.
  qo::matrix x = qo::make_matrix(qo::data::bell, 2, 200, 200, seed);
  auto const inf = std::numeric_limits<float>::infinity();
  auto const nan = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t i = 32; i < 128; ++i) x.data[i] = i % 2 == 0 ? 0.0F : -0.0F;
  x.data[40] = nan;
  x.data[70] = -inf;
  x.data[100] = inf;
  x.data[101] = -nan;
  x.data[199] = inf;
  x.data[203] = nan;
  all.push_back(x);
  return all;
}

struct poisoned {
  static constexpr lowp::block_convention choice{lowp::block_convention::of_nan::block,
                                                 lowp::block_convention::of_infinity::block,
                                                 lowp::block_convention::of_zero::zero};
};

struct searched {
  static constexpr lowp::block_convention choice{
      lowp::block_convention::of_nan::block, {}, lowp::block_convention::of_zero::least};
};

struct outcome {
  std::string failure;
  std::vector<std::uint8_t> codes;
  std::vector<std::uint32_t> scales;
  std::vector<float> outer;
  std::vector<std::uint32_t> values;
};

outcome outcome_of(lowp::any_quantized_matrix const& q) {
  std::vector<float> values(q.rows() * q.cols());
  lowp::dequantize_into(q, lowp::matrix_view<float>(values.data(), q.rows(), q.cols()));
  return {"", q.codes(), q.scale_codes(), q.outer_scales(), qo::bits_of(values)};
}

template <class F>
outcome attempt(F const& make) {
  try {
    return make();
  } catch (lowp::error const& e) {
    return {e.what(), {}, {}, {}, {}};
  }
}

template <class S>
void check_type(char const* name) {
  auto const scheme = lowp::parse_scheme(name);
  for (qo::matrix const& x : matrices()) {
    auto const expected =
        attempt([&] { return outcome_of(lowp::quantize(scheme, qo::view_of(x), lowp::nan::zero{})); });
    qo::on_every_isa([&](auto isa) {
      INFO(name << " on " << isa.name);
      std::vector<float> values(x.rows * x.cols);
      auto const got = attempt([&] {
        auto const q = lowp::quantize<S>(qo::view_of(x), lowp::nan::zero{});
        lowp::dequantize_into(q, lowp::matrix_view<float>(values.data(), x.rows, x.cols));
        return outcome_of(lowp::as_any_quantized(q));
      });
      CHECK(got.failure == expected.failure);
      CHECK(got.codes == expected.codes);
      CHECK(got.scales == expected.scales);
      CHECK(got.outer == expected.outer);
      CHECK(got.values == expected.values);
      CHECK((got.failure.empty() ? qo::bits_of(values) : got.values) == expected.values);
    });
  }
}

}  // namespace

TEST_CASE("special blocks are stored as the convention says, all others as ever") {
  std::size_t special = 0;
  std::size_t ordinary = 0;
  for (subject const& s : subjects) {
    auto const scheme = lowp::parse_scheme(s.with);
    auto const plain = lowp::parse_scheme(s.without);
    for (qo::matrix const& x : matrices()) {
      INFO(s.with);
      auto const expected = lowp::try_quantize(plain, qo::view_of(x), lowp::nan::zero{});
      auto const got = lowp::try_quantize(scheme, qo::view_of(x), lowp::nan::zero{});
      if (!expected) {  // a scale that does not fit: of a block that is ordinary
        CHECK(!got);
        continue;
      }
      REQUIRE(got.has_value());
      std::vector<float> values(x.rows * x.cols);
      lowp::dequantize_into(*got, lowp::matrix_view<float>(values.data(), x.rows, x.cols));
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < x.rows; ++i) {
        for (std::size_t first = 0; first < x.cols; first += s.block) {
          bool nan = false;
          bool inf = false;
          bool zero = true;
          std::size_t const end = std::min(x.cols, first + s.block);
          for (std::size_t c = first; c < end; ++c) {
            auto const n = oracle::number_of(x.at(i, c));
            nan = nan || n.is_nan();
            inf = inf || (!n.is_nan() && !n.is_finite());
            zero = zero && (!n.is_finite() || n.is_zero());
          }
          std::size_t const at = i * got->size().block_cols + first / s.block;
          bool const is_nan = (nan && s.nan != 0) || (inf && s.inf != 0);
          bool const is_zero = !is_nan && zero && s.of_zero == 0 &&
                               scheme.scale.convention.zero == lowp::block_convention::of_zero::zero;
          std::uint32_t const stored = is_nan ? (nan && s.nan != 0 ? s.nan : s.inf)
                                       : zero ? s.of_zero
                                              : expected->scale_codes()[at];
          wrong += got->scale_codes()[at] != stored ? 1 : 0;
          for (std::size_t c = first; c < end; ++c) {
            bool const cleared = is_nan || is_zero;
            wrong += got->code(i, c) != (cleared ? scheme.element.encode(0.0F) : expected->code(i, c)) ? 1 : 0;
            auto const bits = std::bit_cast<std::uint32_t>(values[i * x.cols + c]);
            wrong += (is_nan && bits != 0x7fc00000U) || (is_zero && bits != 0) ? 1 : 0;
          }
          (is_nan || zero ? special : ordinary) += 1;
        }
      }
      CHECK(wrong == 0);
    }
  }
  CHECK(special > 300);
  CHECK(ordinary > 300);
}

TEST_CASE("the type equals the run-time scheme under every convention, on every ISA") {
  using namespace lowp;  // NOLINT: a list of its names
  using mx = scale::power_of_two<scale::pow2::floor>;
  check_type<scheme<e2m1fn, per_group<32>, scale::follow<mx, whole_block>>>(subjects[0].with);
  check_type<scheme<e5m2, per_group<8>, scale::follow<scale::absmax<bfloat16>, max_abs_finite>>>(subjects[4].with);
  using nested = scale::two_level<scale::follow<scale::clamped<scale::absmax<e4m3fn>>, poisoned>>;
  check_type<scheme<e2m1fn, per_group<16>, nested>>(subjects[7].with);
  check_type<scheme<int4, per_group<16>, scale::follow<scale::mse<scale::norm::squared, 100, 80, bfloat16>, searched>>>(
      subjects[8].with);
  CHECK(as_any_scheme<scheme<int8, per_tensor, scale::follow<mx, convention::by_element>>>().scale.convention ==
        block_convention{});
}

TEST_CASE("torchao's MX: its scale for each kind of block, by its own formula") {
  // to_mx: NaN and infinity give FF; else floor(log2 amax) - emax + 127, which exponent field 0 makes 0 - emax, kept at 0
  // or more. (From 2^-124 on: below, torchao stores 2^-127, and here scales stay normal floats, 2^-126.)
  using S = lowp::scheme<lowp::e2m1fn, lowp::per_group<4>,
                         scale::follow<scale::power_of_two<scale::pow2::floor>, whole_block>>;
  auto const inf = std::numeric_limits<float>::infinity();
  auto const nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> const x{1,   2,    3, 4,          // 4: 2^(2 - 2)
                             0,   0,    0, 0,          // zeros
                             1,   nan,  2, 3,          // NaN
                             1,   -inf, 2, 3,          // an infinity
                             nan, inf,  0, 0,          // both
                             0,   0,    0, 0x1p-124F,  // 2^(-124 - 2)
                             0,   0,    0, 0x1.fffffep127F};
  auto const q = lowp::quantize<S>({x.data(), 1, x.size()});  // nan::error: NaN has a home
  std::uint32_t const expected[] = {127, 0, 255, 255, 255, 1, 252};
  for (std::size_t b = 0; b < 7; ++b) {
    INFO("block " << b);
    CHECK(to_bits(q.scales()[b]) == expected[b]);
    float const amax = std::fmax(std::fmax(std::fabs(x[4 * b]), std::fabs(x[4 * b + 1])),
                                 std::fmax(std::fabs(x[4 * b + 2]), std::fabs(x[4 * b + 3])));
    if (expected[b] != 255) {
      int const field = static_cast<int>(std::bit_cast<std::uint32_t>(amax) >> 23U);
      CHECK(static_cast<int>(expected[b]) == std::max(0, field - 127 - 2 + 127));
    }
  }
}

TEST_CASE("a NaN is an error only where neither the element nor the scale takes it") {
  auto const nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> const x{1, nan, 2, 3};
  CHECK(lowp::try_quantize(lowp::parse_scheme("int8/g4/f32:nan-block"), {x.data(), 1, 4}).has_value());
  CHECK_FALSE(lowp::try_quantize(lowp::parse_scheme("int8/g4/f32:inf-block"), {x.data(), 1, 4}));
  CHECK(lowp::try_quantize(lowp::parse_scheme("e4m3fn/g4/f32:inf-block"), {x.data(), 1, 4}).has_value());
}

TEST_CASE("conventions as text, and types that cannot store them") {
  for (subject const& s : subjects) {
    std::string const name = lowp::name_of(lowp::parse_scheme(s.with));
    INFO(name);
    CHECK(lowp::name_of(lowp::parse_scheme(name)) == name);
    CHECK(lowp::parse_scheme(name).scale.convention == lowp::parse_scheme(s.with).scale.convention);
  }
  CHECK(lowp::name_of(lowp::parse_scheme("e2m1fn/g32/e8m0:nan-block:inf-block:zero-least")) ==
        "e2m1fn/g32/e8m0fnu:floor:nan-block:inf-block:zero-least");
  for (char const* name : {"int8/g32/e8m0:zero-zero", "int8/g32/e2m1fn:nan-block", "int8/g32/e3m2fn:inf-block",
                           "uint4/g32/f16:minmax:nan-block", "int8/g32/f32:nan-blocks"}) {
    INFO(name);
    CHECK_FALSE(lowp::try_parse_scheme(name));
  }
}

}  // namespace convention_test
