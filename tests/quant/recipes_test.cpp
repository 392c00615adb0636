// SPDX-License-Identifier: Apache-2.0
//
// Every recipe by its own numbers, written out here: scales, zero points, offsets, codes and values in plain double arithmetic. Only
// the formats' codes come from tests/support; nothing of the library is used to expect anything.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <lowp/quant/parse_scheme.hpp>
#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace recipes_test {

namespace {

namespace qo = quantize_oracle;

enum class rule { absmax, floor, rceil, rfloor, mse, minmax, signed_absmax, offset, gaudi };
enum class outer { none, range, unit, fireq };
enum class beyond { fails, clamped };

/// A recipe as its source has it. Extents of 0 are the whole axis; no stored type is float.
struct recipe {
  char const* name;
  char const* element;
  std::size_t rows;
  std::size_t cols;
  rule how;
  char const* stored;
  beyond unfit = beyond::fails;
  outer second = outer::none;
  std::size_t outer_rows = 0;
  std::size_t outer_cols = 0;
};

std::vector<recipe> const recipes{
    {"int8_per_tensor", "int8", 0, 0, rule::absmax, ""},
    {"int8_per_channel", "int8", 1, 0, rule::absmax, ""},
    {"fp8_per_channel", "e4m3fn", 1, 0, rule::absmax, ""},
    {"w8a8_int8", "int8", 1, 0, rule::absmax, ""},
    {"w8a8_fp8", "e4m3fn", 1, 0, rule::absmax, ""},
    {"int4_g128", "int4", 1, 128, rule::absmax, "float16"},
    {"int4_g32", "int4", 1, 32, rule::absmax, "float16"},
    {"int4_g128_mse", "int4", 1, 128, rule::mse, "float16"},
    {"int4_g128_affine", "uint4", 1, 128, rule::minmax, "float16"},
    {"int4_g32_affine", "uint4", 1, 32, rule::minmax, "float16"},
    {"uint8_affine", "uint8", 0, 0, rule::minmax, ""},
    {"mxfp8_e4m3", "e4m3fn", 1, 32, rule::floor, "e8m0fnu"},
    {"mxfp8_e5m2", "e5m2", 1, 32, rule::floor, "e8m0fnu"},
    {"mxfp6_e2m3", "e2m3fn", 1, 32, rule::floor, "e8m0fnu"},
    {"mxfp6_e3m2", "e3m2fn", 1, 32, rule::floor, "e8m0fnu"},
    {"mxfp4", "e2m1fn", 1, 32, rule::floor, "e8m0fnu"},
    {"mxint8", "int8", 1, 32, rule::floor, "e8m0fnu"},
    {"nvfp4", "e2m1fn", 1, 16, rule::absmax, "e4m3fn", beyond::clamped, outer::range, 0, 0},
    {"nvfp4_ue5m3", "e2m1fn", 1, 16, rule::absmax, "ue5m3", beyond::clamped},
    {"q8_0", "int8", 1, 32, rule::absmax, "float16"},
    {"q4_1", "uint4", 1, 32, rule::offset, "float16"},
    {"q4_0", "int4", 1, 32, rule::signed_absmax, "float16"},
    {"nf4_g64", "nf4", 1, 64, rule::absmax, ""},
    {"nf4_nested", "nf4", 1, 64, rule::absmax, "e4m3fn", beyond::clamped, outer::range, 1, 16384},
    {"fp8_block128", "e4m3fn", 128, 128, rule::absmax, ""},
    {"fp8_g128", "e4m3fn", 1, 128, rule::absmax, ""},
    {"fireq", "int4", 1, 128, rule::absmax, "e4m3fn", beyond::clamped, outer::fireq, 0, 0},
    {"vllm_w4a8", "int4", 1, 128, rule::absmax, "e4m3fn", beyond::clamped, outer::range, 1, 0},
    {"fp4_m1", "e2m1fn", 1, 256, rule::rceil, ""},
    {"fp4_m2", "e2m1fn", 1, 256, rule::rfloor, "e8m0fnu", beyond::fails, outer::unit, 1, 0},
    {"fp4_m2_up", "e2m1fn", 1, 256, rule::rceil, "e8m0fnu", beyond::fails, outer::unit, 1, 0},
    {"gaudi2_fp8", "e4m3", 0, 0, rule::gaudi, ""},
    // No recipes, but what they are near to: an outer scale a row over other types, zero points beside narrow scales.
    {"e2m1fn/g16/f16:clamped+f32:row", "e2m1fn", 1, 16, rule::absmax, "float16", beyond::clamped, outer::range, 1, 0},
    {"int4/g32/ue5m3+f32:row", "int4", 1, 32, rule::absmax, "ue5m3", beyond::clamped, outer::range, 1, 0},
    {"int8/g16/e8m0:absmax+f32:row", "int8", 1, 16, rule::absmax, "e8m0fnu", beyond::clamped, outer::range, 1, 0},
    {"uint4/g32/e4m3fn:minmax", "uint4", 1, 32, rule::minmax, "e4m3fn"},
    {"uint8/row/bf16:minmax", "uint8", 1, 0, rule::minmax, "bfloat16"},
    {"int8/g16/e5m2:minmax", "int8", 1, 16, rule::minmax, "e5m2"},
    {"uint8/row/f32:offset", "uint8", 1, 0, rule::offset, ""},
    {"uint3/16x2/bf16:offset", "uint3", 16, 2, rule::offset, "bfloat16"},
};

oracle::format element_of(std::string const& name) {
  static std::map<std::string, oracle::format> made;
  auto const found = made.find(name);
  if (found != made.end()) return found->second;
  // QLoRA's table, as it is printed in arXiv 2305.14314, appendix E, to the float.
  std::vector<double> const nf4{-1.0,
                                static_cast<double>(-0.6961928009986877F),
                                static_cast<double>(-0.5250730514526367F),
                                static_cast<double>(-0.39491748809814453F),
                                static_cast<double>(-0.28444138169288635F),
                                static_cast<double>(-0.18477343022823334F),
                                static_cast<double>(-0.09105003625154495F),
                                0.0,
                                static_cast<double>(0.07958029955625534F),
                                static_cast<double>(0.16093020141124725F),
                                static_cast<double>(0.24611230194568634F),
                                static_cast<double>(0.33791524171829224F),
                                static_cast<double>(0.44070982933044434F),
                                static_cast<double>(0.5626170039176941F),
                                static_cast<double>(0.7229568362236023F),
                                1.0};
  return made.emplace(name, name == "nf4" ? oracle::codebook("nf4", nf4) : oracle::by_name(name)).first->second;
}

struct element {
  oracle::format format;
  double max;
  double lowest;

  explicit element(char const* name) : format(element_of(name)), max(0), lowest(0) {
    for (oracle::code c = 0; c < (oracle::code{1} << format.bits); ++c) {
      auto const n = oracle::value(format, c);
      if (!n.is_finite()) continue;
      max = std::max(max, oracle::to_double(n));
      lowest = std::min(lowest, oracle::to_double(n));
    }
  }
  oracle::code encode(float x) const {
    return qo::encoder_of(format)(oracle::number_of(x), oracle::rounding_mode::nearest_even,
                                  oracle::overflow::saturate);
  }
  double decode(oracle::code c) const { return oracle::value_as_double(format, c); }
};

double to_float(double x) { return static_cast<double>(static_cast<float>(x)); }

/// What is stored for a scale: to the nearest, not below the normal floats.
double stored_as(recipe const& r, double ideal) {
  double const kept = std::fabs(ideal) < 0x1p-126 ? std::copysign(0x1p-126, ideal) : ideal;
  if (*r.stored == 0) return to_float(kept);
  element const type(r.stored);
  auto const code = qo::encoder_of(type.format)(
      oracle::number_of(kept), oracle::rounding_mode::nearest_even,
      r.unfit == beyond::clamped ? oracle::overflow::saturate : oracle::overflow::nonsaturating);
  double value = type.decode(code);
  if (value == 0 && r.unfit == beyond::clamped) {
    value = std::numeric_limits<double>::max();
    for (oracle::code c = 0; c < (oracle::code{1} << type.format.bits); ++c) {
      auto const n = oracle::value(type.format, c);
      if (n.is_finite() && oracle::to_double(n) > 0) value = std::min(value, oracle::to_double(n));
    }
  }
  return value;
}

double power(double x, int limit_low = -126, int limit_high = 127) {
  return std::ldexp(1.0, std::clamp(static_cast<int>(x), limit_low, limit_high));
}

/// GPTQ's search: the candidates in order; the error as it says.
double gptq(recipe const& r, element const& e, std::vector<double> const& x, double greatest) {
  double best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 80; ++i) {
    double const ideal =
        static_cast<double>(static_cast<long double>(greatest / e.max) * static_cast<long double>(100 - i) / 100);
    double const s = stored_as(r, ideal);
    double sum = 0;
    for (double const v : x) {
      double const back = to_float(e.decode(e.encode(static_cast<float>(v / s))) * s);
      sum += std::pow(std::fabs(back - v), 2.4);
    }
    if (sum < least * (1 - 1e-9)) {
      least = sum;
      best = s;
    }
  }
  return best;
}

/// t of FireQ, as 1 / t.
double prescale(std::vector<double> const& blocks, double max) {
  double const floor = max * 0x1p-9;
  double best = 1;
  double least = std::numeric_limits<double>::infinity();
  for (double t = 1; t <= 16384; t *= 2) {
    double slack = 0;
    double top = 0;
    for (double const b : blocks) {
      slack += std::max(0.0, (floor - t * b) / floor);
      top = std::max(top, t * b);
    }
    if (t == 1 || (top <= 448 && slack < least * (1 - 1e-12))) {
      least = slack;
      best = t;
    }
  }
  return 1 / best;
}

struct block {
  std::vector<double> values;
  double greatest = 0;
  double low = 0;
  double high = 0;
  double peak = 0;
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
};

/// Compares q with the recipe's own arithmetic; the number of differences.
std::size_t differences(recipe const& r, lowp::any_quantized_matrix const& q, qo::matrix const& x) {
  element const e(r.element);
  std::size_t const height = r.rows == 0 ? x.rows : r.rows;
  std::size_t const width = r.cols == 0 ? x.cols : r.cols;
  std::size_t const down = (x.rows + height - 1) / height;
  std::size_t const across = (x.cols + width - 1) / width;
  if (q.size().block_rows != down || q.size().block_cols != across) return 1'000'000;
  // 1. Blocks and their magnitudes.
  std::vector<block> blocks(down * across);
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.cols; ++j) {
      block& b = blocks[i / height * across + j / width];
      auto const v = static_cast<double>(x.at(i, j));
      b.values.push_back(v);
      b.peak = std::fabs(v) > b.greatest ? v : b.peak;
      b.greatest = std::max(b.greatest, std::fabs(v));
      b.least = std::min(b.least, v);
      b.most = std::max(b.most, v);
      b.low = std::min(b.low, v);
      b.high = std::max(b.high, v);
    }
  }
  // 2. Outer scales.
  std::size_t const box_rows = r.outer_rows == 0 ? x.rows : r.outer_rows;
  std::size_t const box_cols = r.outer_cols == 0 ? x.cols : r.outer_cols;
  std::size_t const boxes_across = (x.cols + box_cols - 1) / box_cols;
  std::vector<std::vector<double>> of_box((x.rows + box_rows - 1) / box_rows * boxes_across);
  auto const box_of = [&](std::size_t b) {
    return b / across * height / box_rows * boxes_across + b % across * width / box_cols;
  };
  for (std::size_t b = 0; b < blocks.size(); ++b) of_box[box_of(b)].push_back(blocks[b].greatest);
  std::vector<double> outer_scale(of_box.size(), 1.0);
  std::vector<double> top(of_box.size(), 1.0);
  std::size_t wrong = 0;
  for (std::size_t k = 0; k < of_box.size() && r.second != outer::none; ++k) {
    double const greatest = *std::max_element(of_box[k].begin(), of_box[k].end());
    if (greatest != 0) {
      double const most = *r.stored == 0 ? 0x1p15 : std::min(element(r.stored).max, 0x1p15);
      double const ideal = r.second == outer::range  ? greatest / (e.max * most)
                           : r.second == outer::unit ? greatest / e.max
                                                     : prescale(of_box[k], e.max);
      outer_scale[k] = std::max(to_float(ideal), 0x1p-126);
      top[k] = greatest;
    }
    wrong += static_cast<double>(q.outer_scales()[k]) != outer_scale[k] ? 1 : 0;
  }
  // 3. Scales and zero points.
  std::vector<double> factor(blocks.size());
  std::vector<double> zero(blocks.size(), 0.0);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    block const& v = blocks[b];
    double const outer_of_block = outer_scale[box_of(b)];
    double relative = v.greatest;
    if (r.second != outer::none) {
      relative = r.second == outer::unit ? to_float(v.greatest * e.max / top[box_of(b)])
                                         : to_float(v.greatest / outer_of_block);
      relative = v.greatest != 0 && relative == 0 ? 0x1p-149 : relative;
    }
    double ideal = 1;
    if (relative != 0) {
      switch (r.how) {
        case rule::absmax:
          ideal = relative / e.max;
          break;
        case rule::floor:
          ideal = power(std::floor(std::log2(relative)) - std::floor(std::log2(e.max)));
          break;
        case rule::rceil:
          ideal = power(std::ceil(std::log2(relative / e.max)));
          break;
        case rule::rfloor:
          ideal = power(std::floor(std::log2(relative / e.max)));
          break;
        case rule::mse:
          ideal = gptq(r, e, v.values, v.greatest);
          break;
        case rule::minmax:
          ideal = (v.high - v.low) / (e.max - e.lowest);
          break;
        case rule::signed_absmax:
          ideal = v.peak / e.lowest;
          break;
        case rule::gaudi:  // 2^(7 - bias) for exponent biases of 15, 11, 7 and 3
          ideal = relative <= 240 * 0x1p-8 ? 0x1p-8 : relative <= 240 * 0x1p-4 ? 0x1p-4 : relative <= 240 ? 1 : 0x1p4;
          break;
        case rule::offset:
          ideal = v.least == v.most ? 1 : (v.most - v.least) / e.max;
          break;
      }
    }
    double const stored = stored_as(r, ideal);
    factor[b] = r.second == outer::none ? stored : std::max(to_float(outer_of_block * stored), 0x1p-126);
    wrong += static_cast<double>(q.block_scale(b / across, b % across)) != factor[b] ? 1 : 0;
    if (r.how == rule::offset) {
      zero[b] =
          *r.stored == 0
              ? v.least
              : element(r.stored).decode(qo::encoder_of(element_of(r.stored))(
                    oracle::number_of(v.least), oracle::rounding_mode::nearest_even, oracle::overflow::nonsaturating));
      wrong += static_cast<double>(q.offset(b / across, b % across)) != zero[b] ? 1 : 0;
    }
    if (r.how == rule::minmax) {
      zero[b] = std::clamp(std::nearbyint(e.lowest - v.low / stored), e.lowest, e.max);
      // low / stored is a quotient: a double that looks like a half may be none.
      double const apart = std::fabs(static_cast<double>(q.zero_points()[b]) - zero[b]);
      bool const near_half = std::fabs(std::fabs(v.low / stored - std::round(v.low / stored)) - 0.5) < 1e-9;
      wrong += apart > (near_half ? 1 : 0) ? 1 : 0;
      zero[b] = static_cast<double>(q.zero_points()[b]);
    }
  }
  // 4. Codes and values.
  std::vector<float> values(x.rows * x.cols);
  lowp::dequantize_into(q, lowp::matrix_view<float>(values.data(), x.rows, x.cols));
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.cols; ++j) {
      std::size_t const b = i / height * across + j / width;
      auto const ratio = static_cast<float>(static_cast<double>(x.at(i, j)) / factor[b]);
      double expected = 0;
      if (r.how == rule::offset) {
        double const distance = to_float(static_cast<double>(x.at(i, j)) - zero[b]);
        double const code = std::clamp(std::nearbyint(to_float(distance / factor[b])), 0.0, e.max);
        wrong += e.decode(q.code(i, j)) != code ? 1 : 0;
        expected = to_float(code * factor[b]) + zero[b];
      } else if (r.how == rule::minmax) {
        double const code = std::clamp(std::nearbyint(static_cast<double>(ratio)) + zero[b], e.lowest, e.max);
        wrong += e.decode(q.code(i, j)) != code ? 1 : 0;
        expected = (code - zero[b]) * factor[b];
      } else {
        auto const code = e.encode(ratio);
        wrong += q.code(i, j) != code ? 1 : 0;
        expected = e.decode(code) * factor[b];
      }
      wrong += static_cast<double>(values[i * x.cols + j]) != to_float(expected) ? 1 : 0;
    }
  }
  return wrong;
}

std::vector<qo::matrix> matrices(recipe const& r) {
  std::vector<qo::matrix> all;
  std::uint64_t seed = 1;
  for (auto const kind : {qo::data::bell, qo::data::heavy_tail, qo::data::constant, qo::data::zero, qo::data::outlier,
                          qo::data::powers, qo::data::subnormal}) {
    all.push_back(qo::make_matrix(kind, lowp_test::sanitized ? 1 : 3, 172, 172, seed++));
  }
  all.push_back(qo::make_matrix(qo::data::bell, 1, 1, 1, 3));
  if (lowp_test::sanitized) return all;  // the rest makes the same reads, a hundred times as often
  all.push_back(qo::make_matrix(qo::data::heavy_tail, 2, 4 * (r.cols == 0 ? 40 : r.cols) + 9, 1100, 6));
  if (r.rows > 1) all.push_back(qo::make_matrix(qo::data::bell, 131, 130, 130, 4));
  if (r.outer_cols > 1) all.push_back(qo::make_matrix(qo::data::bell, 1, r.outer_cols + 70, r.outer_cols + 70, 5));
  return all;
}

recipe const& by_name(char const* name) {
  return *std::find_if(recipes.begin(), recipes.end(), [&](recipe const& r) { return r.name == std::string(name); });
}

}  // namespace

TEST_CASE("every recipe of the catalog is its source's arithmetic, to the last bit") {
  for (auto const& entry : lowp::scheme_catalog()) {
    bool const known =
        std::any_of(recipes.begin(), recipes.end(), [&](recipe const& r) { return r.name == entry.name; });
    INFO(entry.name);
    CHECK(known);
  }
  for (recipe const& r : recipes) {
    if (lowp_test::sanitized && r.how == rule::mse) {
      continue;  // a search of 80 candidates an element, by the oracle, too
    }
    std::size_t done = 0;
    for (qo::matrix const& x : matrices(r)) {
      auto const q = lowp::try_quantize(lowp::parse_scheme(r.name), qo::view_of(x));
      if (!q) {  // only where the stored type is narrow and nothing clamps
        CHECK(*r.stored != 0);
        CHECK(r.unfit == beyond::fails);
        continue;
      }
      INFO(r.name << ", " << x.rows << " x " << x.cols << ", first " << x.data[0]);
      CHECK(differences(r, *q, x) == 0);
      ++done;
    }
    INFO(r.name);
    CHECK(done >= (r.how == rule::mse ? 4 : 5));
  }
}

TEST_CASE("an offset and its scale that do not fit, an offset where there can be none") {
  float const far[] = {70000.0F, 70001.0F, 1.0F, 2.0F};
  for (auto const& failed :
       {lowp::try_quantize(lowp::parse_scheme("uint4/g2/f16:offset"), {far, 1, 4}),
        lowp::try_quantize(
            lowp::as_any_scheme<lowp::scheme<lowp::uint4, lowp::per_group<2>, lowp::scale::offset<lowp::float16>>>(),
            {far, 1, 4})}) {
    REQUIRE(!failed);
    CHECK(failed.error().index() == 0);
    CHECK(std::string(failed.error().what()).find("offset of block (0, 0)") != std::string::npos);
  }
  for (char const* name :
       {"int4/g32/f16:offset", "e4m3fn/g32/f16:offset", "uint4/g32/ue4m3:offset", "uint4/g32/f16:offset:clamped",
        "uint4/g32/f16:offset+f32", "uint4/g32/f16:offset:nan-block"}) {
    INFO(name);
    CHECK_FALSE(lowp::try_parse_scheme(name));
  }
}

TEST_CASE("offsets go with their blocks: slices, both kinds of matrix, the mask of what was cut off") {
  qo::matrix const x = qo::make_matrix(qo::data::bell, 6, 100, 100, 12);
  auto const q = lowp::quantize<lowp::q4_1>(qo::view_of(x));
  CHECK(q.bits_per_element() == 4 + 2 * 4 * 16 / 100.0);
  auto const back = lowp::as_quantized<lowp::q4_1>(lowp::as_any_quantized(q));
  CHECK(back.codes() == q.codes());
  CHECK(back.scales() == q.scales());
  CHECK(back.offsets() == q.offsets());
  CHECK_THROWS_AS(lowp::as_quantized<lowp::int4_g32_affine>(lowp::as_any_quantized(q)), lowp::error);
  std::vector<float> all(600);
  std::vector<float> some(300);
  lowp::dequantize_into(q, lowp::matrix_view<float>(all.data(), 6, 100));
  lowp::dequantize_into(lowp::slice_rows(q.view(), 2, 3), lowp::matrix_view<float>(some.data(), 3, 100));
  CHECK(std::equal(some.begin(), some.end(), all.begin() + 200));
  qo::matrix y = x;
  y.data[5] = 100.0F;
  y.data[7] = -100.0F;
  std::vector<float> mask(600);
  lowp::fake_quantize_mask_into(qo::view_of(y), q, lowp::matrix_view<float>(mask.data(), 6, 100));
  for (std::size_t i = 0; i < 600; ++i) CHECK(mask[i] == (i == 5 || i == 7 ? 0.0F : 1.0F));
}

TEST_CASE("two levels by row and narrow zero-point schemes by type") {
  using namespace lowp;  // NOLINT: a list of its names
  auto const check = [](auto s, char const* name) {
    using S = decltype(s);
    recipe const& r = by_name(name);
    for (qo::matrix const& x : matrices(r)) {
      INFO(name << ", " << x.rows << " x " << x.cols << ", first " << x.data[0]);
      if (auto const q = try_quantize<S>(qo::view_of(x))) CHECK(differences(r, as_any_quantized(*q), x) == 0);
    }
  };
  check(vllm_w4a8{}, "vllm_w4a8");
  check(scheme<e2m1fn, per_group<16>, scale::two_level<scale::clamped<scale::absmax<float16>>, per_channel<0>>>{},
        "e2m1fn/g16/f16:clamped+f32:row");
  check(int4_g128_affine{}, "int4_g128_affine");
  check(q4_1{}, "q4_1");
  check(scheme<uint4, per_group<32>, scale::minmax<e4m3fn>>{}, "uint4/g32/e4m3fn:minmax");
}

}  // namespace recipes_test
