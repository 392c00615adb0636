// SPDX-License-Identifier: Apache-2.0
//
// Rules that look at all values, zero points and two levels: the run-time scheme against definitions in plain double
// arithmetic, the type against the run-time scheme bit for bit, on every ISA.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <lowp/lowp.hpp>
#include <lowp/text.hpp>

#include "support/catch.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace scale_stage_test {

namespace {

namespace qo = quantize_oracle;
namespace scale = lowp::scale;
using lowp::matrix_view;

/// What a scheme made of a matrix, in numbers that can be compared.
struct outcome {
  std::string failure;
  std::vector<std::uint8_t> codes;
  std::vector<float> scales;  // the factor of each block
  std::vector<float> outer;
  std::vector<int> zeros;
  std::vector<std::uint32_t> values;
};

std::vector<std::uint32_t> bits_of(std::vector<float> const& x) {
  std::vector<std::uint32_t> bits;
  for (float const& v : x) bits.push_back(std::bit_cast<std::uint32_t>(v));
  return bits;
}

template <class Q>
outcome outcome_of(Q const& q) {
  outcome o;
  o.codes = q.codes();
  for (std::size_t i = 0; i < q.size().block_rows; ++i) {
    for (std::size_t j = 0; j < q.size().block_cols; ++j) o.scales.push_back(q.block_scale(i, j));
  }
  o.outer = q.outer_scales();
  for (auto const z : q.zero_points()) o.zeros.push_back(static_cast<int>(static_cast<float>(z)));
  std::vector<float> values(q.rows() * q.cols());
  lowp::dequantize_into(q, matrix_view<float>(values.data(), q.rows(), q.cols()));
  o.values = bits_of(values);
  return o;
}

template <class Make>
outcome attempt(Make const& make) {
  try {
    return outcome_of(make());
  } catch (lowp::error const& e) {
    outcome o;
    o.failure = e.what();
    return o;
  }
}

struct subject {
  std::string name;
  lowp::any_scheme twin;
  outcome (*by_type)(matrix_view<float const>);
};

template <class S>
subject make(std::string name) {
  return {std::move(name), lowp::as_any_scheme<S>(),
          [](matrix_view<float const> x) { return attempt([&] { return lowp::quantize<S>(x, lowp::nan::zero{}); }); }};
}

std::vector<subject> subjects() {
  using namespace lowp;  // NOLINT: a list of its names
  return {
      make<scheme<int4, per_group<32>, scale::mse<>>>("mse"),
      make<scheme<e2m1fn, per_channel<1>, scale::mse<scale::norm::power_2_4, 20, 60, float16>>>("mse 2.4 by column"),
      make<scheme<int3, per_group<16>, scale::mse<scale::norm::absolute, 10, 50, e8m0fnu>>>("mse of powers of two"),
      make<scheme<int8, per_channel<0>, scale::percentile<99, 100>>>("percentile"),
      make<scheme<e4m3fn, per_block<2, 32>, scale::deviation<bfloat16>>>("deviation"),
      make<scheme<uint4, per_group<32>, scale::minmax<float16>>>("uint4 with zero points"),
      make<scheme<int8, per_tensor, scale::minmax<>>>("int8 with a zero point"),
      make<scheme<uint2, per_block<2, 3>, scale::minmax<>, rounding::toward_zero>>("uint2 with zero points"),
      make<nvfp4>("nvfp4"),
      make<fireq>("fireq"),
      make<vllm_w4a8>("vllm_w4a8"),
      make<fp4_m2>("fp4_m2"),
      make<scheme<e2m1fn, per_group<16>,
                  scale::two_level<scale::power_of_two<scale::pow2::rfloor>, per_block<2, 64>, scale::outer::unit>>>(
          "m2, rounded down"),
      make<scheme<int4, per_group<32>, scale::two_level<scale::absmax<e4m3fn>, per_channel<0>>>>(
          "two levels that may fail"),
      make<scheme<int4, per_group<16>, scale::two_level<scale::mse<scale::norm::squared, 16, 50, float16>>>>(
          "two levels and mse"),
      make<nvfp4_ue5m3>("clamped"),
      make<scheme<int8, per_group<32>, scale::clamped<scale::absmax<float>>>>("clamped floats"),
      make<scheme<nf4, per_group<32>, scale::clamped<scale::absmax<e8m0fnu>>>>("clamped powers of two"),
      make<scheme<e2m1fn, per_group<16>, scale::two_level<scale::absmax<float>>>>("two levels of floats"),
      make<scheme<e2m1fn, per_group<32>, scale::two_level<scale::power_of_two<scale::pow2::rceil>>>>(
          "e8m0 and a float"),
      make<scheme<int4, per_group<32>, scale::mse<>, rounding::any>>("rounding at run time"),
      make<scheme<int4, per_group<32>, scale::mse<scale::norm::squared, 10, 50>, rounding::stochastic>>(
          "mse, stochastic"),
      make<scheme<float16, per_group<32>, scale::deviation<>>>("deviation of float16"),
  };
}

std::vector<qo::matrix> matrices() {
  std::vector<qo::matrix> all;
  std::uint64_t seed = 1;
  for (auto const kind :
       {qo::data::bell, qo::data::heavy_tail, qo::data::constant, qo::data::zero, qo::data::subnormal,
        qo::data::outlier, qo::data::infinities, qo::data::nans, qo::data::powers, qo::data::any_bits}) {
    for (auto const& [rows, cols] : {std::pair<std::size_t, std::size_t>{3, 172}, {1, 1}, {5, 33}, {2, 64}, {0, 4}}) {
      all.push_back(qo::make_matrix(kind, rows, cols, cols + 3, seed++));
    }
  }
  return all;
}

/// The finite values of block (i, j), and where they are.
struct block_values {
  std::vector<double> finite;
  double greatest = 0;
  double low = 0;
  double high = 0;
};

block_values values_of(qo::matrix const& x, lowp::block_shape b, std::size_t i, std::size_t j) {
  block_values v;
  for (std::size_t r = i * b.rows; r < std::min(x.rows, (i + 1) * b.rows); ++r) {
    for (std::size_t c = j * b.cols; c < std::min(x.cols, (j + 1) * b.cols); ++c) {
      auto const n = oracle::number_of(x.at(r, c));
      if (!n.is_finite()) continue;
      double const value = oracle::to_double(n);
      v.finite.push_back(value);
      v.greatest = std::max(v.greatest, std::fabs(value));
      v.low = std::min(v.low, value);
      v.high = std::max(v.high, value);
    }
  }
  return v;
}

double nearest_even(double x) {
  double const below = std::floor(x);
  double const rest = x - below;
  return rest > 0.5 || (rest == 0.5 && std::fmod(below, 2.0) != 0) ? below + 1 : below;
}

}  // namespace

TEST_CASE("the type equals the run-time scheme, whatever the rule, on every ISA") {
  auto const all = matrices();
  for (subject const& s : subjects()) {
    for (qo::matrix const& x : all) {
      outcome const expected = attempt([&] { return lowp::quantize(s.twin, qo::view_of(x), lowp::nan::zero{}); });
      qo::on_every_isa([&](auto isa) {
        INFO(s.name << ", " << x.rows << " x " << x.cols << " on " << isa.name);
        outcome const got = s.by_type(qo::view_of(x));
        CHECK(got.failure == expected.failure);
        CHECK(got.scales == expected.scales);
        CHECK(got.outer == expected.outer);
        CHECK(got.zeros == expected.zeros);
        CHECK(got.codes == expected.codes);
        CHECK(got.values == expected.values);
      });
    }
  }
}

TEST_CASE("minmax: scale and zero point are ONNX's, values lie within half a step") {
  struct range {
    char const* element;
    double min, max;
  };
  for (auto const& e :
       {range{"uint4", 0, 15}, range{"int8", -128, 127}, range{"uint8", 0, 255}, range{"int3", -4, 3}}) {
    auto const scheme = lowp::parse_scheme(std::string(e.element) + "/g16/f32:minmax");
    for (qo::matrix const& x : matrices()) {
      if (x.rows == 0) continue;
      auto const q = lowp::quantize(scheme, qo::view_of(x), lowp::nan::zero{});
      std::vector<float> out(x.rows * x.cols);
      lowp::dequantize_into(q, matrix_view<float>(out.data(), x.rows, x.cols));
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < q.size().block_rows; ++i) {
        for (std::size_t j = 0; j < q.size().block_cols; ++j) {
          auto const v = values_of(x, q.block(), i, j);
          double const range = v.high - v.low;
          double ideal = v.greatest == 0 ? 1.0 : range / (e.max - e.min);
          ideal = std::max(ideal, 0x1p-126);
          double const s = static_cast<double>(static_cast<float>(ideal));
          wrong += s != static_cast<double>(q.block_scale(i, j)) ? 1 : 0;
          double const z = std::clamp(nearest_even(e.min - v.low / s), e.min, e.max);
          int const zero = q.zero_points()[i * q.size().block_cols + j];
          // e.min - low / s is a tie only where double rounds to one; there both neighbours are right.
          wrong +=
              std::fabs(static_cast<double>(zero) - z) > (std::fabs(v.low / s - std::round(v.low / s)) > 0.4999 ? 1 : 0)
                  ? 1
                  : 0;
          for (std::size_t c = j * 16; c < std::min(x.cols, (j + 1) * 16); ++c) {
            auto const n = oracle::number_of(x.at(i, c));
            double const got = static_cast<double>(out[i * x.cols + c]);
            if (n.is_nan()) {
              wrong += got != 0 ? 1 : 0;
              continue;
            }
            double const ratio = n.is_finite() ? static_cast<double>(static_cast<float>(oracle::to_double(n) / s))
                                 : n.s == oracle::sign::minus ? -1e9
                                                              : 1e9;
            double const code = std::clamp(nearest_even(ratio) + zero, e.min, e.max);
            wrong += got != static_cast<double>(static_cast<float>((code - zero) * s)) ? 1 : 0;
          }
        }
      }
      INFO(e.element << ", " << x.rows << " x " << x.cols);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("minmax: worked examples of the ONNX specification") {
  // DynamicQuantizeLinear, its two test vectors: scale 0.0196078438, zero point 153; all positive: zero point 0.
  float const x[] = {0.0F, 2.0F, -3.0F, -2.5F, 1.34F, 0.5F};
  auto const q = lowp::quantize<lowp::uint8_affine>({x, 1, 6});
  CHECK(q.block_scale(0, 0) == 0.0196078438F);
  CHECK(to_bits(q.zero_point(0, 0)) == 153);
  unsigned const codes[] = {153, 255, 0, 26, 221, 179};
  for (std::size_t i = 0; i < 6; ++i) CHECK(to_bits(q.code(0, i)) == codes[i]);
  float const positive[] = {1.0F, 2.1F, 1.3F, 2.5F, 3.34F, 4.0F, 1.5F, 2.6F, 3.9F, 4.0F, 3.0F, 2.345F};
  auto const p = lowp::quantize<lowp::uint8_affine>({positive, 1, 12});
  CHECK(p.block_scale(0, 0) == 0.0156862754F);
  CHECK(to_bits(p.zero_point(0, 0)) == 0);
  unsigned const more[] = {64, 134, 83, 159, 213, 255, 96, 166, 249, 255, 191, 149};
  for (std::size_t i = 0; i < 12; ++i) CHECK(to_bits(p.code(0, i)) == more[i]);
}

TEST_CASE("mse: the candidate with the least error, never worse than absmax in its own norm") {
  struct setting {
    char const* rule;
    double power;
  };
  for (char const* element : {"int4", "e2m1fn", "int3", "e4m3fn"}) {
    for (setting const& tried : {setting{"mse", 2.0}, setting{"mse1", 1.0}, setting{"mse2.4", 2.4}}) {
      auto const scheme = lowp::parse_scheme(std::string(element) + "/g32/f32:" + tried.rule);
      auto const format = oracle::by_name(element);
      double const max = oracle::to_double(oracle::number::finite(qo::extremes_of(format).max));
      for (std::uint64_t seed = 1; seed < 3; ++seed) {
        qo::matrix const x = qo::make_matrix(seed == 1 ? qo::data::bell : qo::data::heavy_tail, 2, 72, 72, seed);
        auto const q = lowp::quantize(scheme, qo::view_of(x));
        for (std::size_t i = 0; i < 2; ++i) {
          for (std::size_t j = 0; j < 3; ++j) {
            auto const v = values_of(x, q.block(), i, j);
            auto const error_at = [&](float s) {
              double sum = 0;
              for (double const value : v.finite) {
                auto const ratio = oracle::number_of(static_cast<float>(value / static_cast<double>(s)));
                auto const code =
                    qo::encoder_of(format)(ratio, oracle::rounding_mode::nearest_even, oracle::overflow::saturate);
                double const back = static_cast<double>(
                    static_cast<float>(oracle::value_as_double(format, code) * static_cast<double>(s)));
                sum += std::pow(std::fabs(back - value), tried.power);
              }
              return sum;
            };
            double least = std::numeric_limits<double>::infinity();
            bool is_candidate = false;
            for (int k = 0; k < 80; ++k) {
              // 53 + 7 bits fit in a long double of 64; a second rounding could differ by one float at the most.
              auto const s =
                  static_cast<float>(static_cast<double>(static_cast<long double>(v.greatest / max) * (100 - k) / 100));
              least = std::min(least, error_at(s));
              is_candidate = is_candidate || s == q.block_scale(i, j);
            }
            INFO(element << " " << tried.rule << " block " << i << ", " << j);
            CHECK(is_candidate);
            CHECK(error_at(q.block_scale(i, j)) <= least * (1 + 1e-12));
            CHECK(error_at(q.block_scale(i, j)) <= error_at(static_cast<float>(v.greatest / max)) * (1 + 1e-12));
          }
        }
      }
    }
  }
}

TEST_CASE("percentile: numpy's linear interpolation between magnitudes") {
  std::array<std::size_t, 3> const percents{99, 50, 100};
  std::array<char const*, 3> const names{"p99", "p50", "p100"};
  for (std::size_t k = 0; k < 3; ++k) {
    auto const scheme = lowp::parse_scheme(std::string("int8/row/f32:") + names[k]);
    for (qo::matrix const& x : matrices()) {
      if (x.rows == 0) continue;
      auto const q = lowp::quantize(scheme, qo::view_of(x), lowp::nan::zero{});
      for (std::size_t i = 0; i < x.rows; ++i) {
        auto v = values_of(x, q.block(), i, 0);
        for (double& value : v.finite) value = std::fabs(value);
        std::sort(v.finite.begin(), v.finite.end());
        double found = 0;
        if (!v.finite.empty()) {
          std::size_t const position = (v.finite.size() - 1) * percents[k];  // in hundredths of an element
          std::size_t const at = position / 100;
          found = v.finite[at];
          if (position % 100 != 0) {
            double const weight = static_cast<double>(position % 100) / 100;
            double const step = weight * (v.finite[at + 1] - v.finite[at]);
            found = found + step;
          }
        }
        double const ideal = found == 0 ? 1.0 : std::max(found / 127, 0x1p-126);
        INFO(names[k] << ", row " << i << " of " << x.rows << " x " << x.cols);
        CHECK(q.block_scale(i, 0) == static_cast<float>(ideal));
      }
    }
  }
}

TEST_CASE("deviation: that of the data over that of the format's values") {
  // int2 holds -2, -1, 0, 1: deviation sqrt(5) / 2. The data -3, -1, 1, 3: sqrt(5).
  float const x[] = {-3.0F, -1.0F, 1.0F, 3.0F};
  auto const q = lowp::quantize<lowp::scheme<lowp::int2, lowp::per_tensor, scale::deviation<>>>({x, 1, 4});
  CHECK(q.block_scale(0, 0) == 2.0F);
  // A constant block has no deviation: absmax.
  float const same[] = {5.0F, 5.0F};
  auto const c = lowp::quantize<lowp::scheme<lowp::int8, lowp::per_tensor, scale::deviation<>>>({same, 1, 2});
  CHECK(c.block_scale(0, 0) == static_cast<float>(5.0 / 127));
}

TEST_CASE("two levels: NVFP4 by its recipe") {
  for (qo::matrix const& x : matrices()) {
    if (x.rows == 0) continue;
    auto const q = lowp::quantize<lowp::nvfp4>(qo::view_of(x), lowp::nan::zero{});
    auto const all = values_of(x, {x.rows, x.cols}, 0, 0);
    double const ideal = all.greatest == 0 ? 1.0 : std::max(all.greatest / 2688, 0x1p-126);
    auto const outer = static_cast<float>(ideal);
    REQUIRE(q.outer_scales().size() == 1);
    CHECK(q.outer_scales()[0] == outer);
    auto const stored = oracle::by_name("e4m3fn");
    for (std::size_t i = 0; i < q.size().block_rows; ++i) {
      for (std::size_t j = 0; j < q.size().block_cols; ++j) {
        auto const v = values_of(x, q.block(), i, j);
        auto const relative = static_cast<float>(v.greatest / static_cast<double>(outer));
        double const wanted = v.greatest == 0 ? 1.0 : static_cast<double>(relative) / 6;
        double value = oracle::value_as_double(
            stored, qo::encoder_of(stored)(oracle::number_of(std::max(wanted, 0x1p-126)),
                                           oracle::rounding_mode::nearest_even, oracle::overflow::saturate));
        if (value == 0) value = 0x1p-9;  // clamped
        INFO("block " << i << ", " << j);
        CHECK(static_cast<double>(static_cast<float>(q.scale(i * q.block().rows, j * q.block().cols))) == value);
        CHECK(static_cast<double>(q.block_scale(i, j)) ==
              std::max(static_cast<double>(static_cast<float>(static_cast<double>(outer) * value)), 0x1p-126));
      }
    }
  }
}

TEST_CASE("two levels over a stored type of any range lose nothing against one") {
  qo::matrix const x = qo::make_matrix(qo::data::bell, 4, 64, 64, 8);
  for (char const* stored : {"f32", "bf16", "f16", "e5m2", "e4m3fn"}) {
    auto const two =
        lowp::compare(qo::view_of(x), {{"two", lowp::parse_scheme(std::string("e2m1fn/g16/") + stored + "+f32")},
                                       {"one", lowp::parse_scheme("e2m1fn/g16/f32")}});
    INFO(stored << " " << two[0].stats.sqnr_db() << " against " << two[1].stats.sqnr_db());
    CHECK(two[0].stats.sqnr_db() > two[1].stats.sqnr_db() - (std::string(stored) == "e5m2" ? 1.5 : 0.7));
  }
  auto const powers = lowp::compare(qo::view_of(x), {{"two", lowp::parse_scheme("e2m1fn/g16/e8m0:rceil+f32")},
                                                     {"one", lowp::parse_scheme("e2m1fn/g16/e8m0:rceil")}});
  CHECK(powers[0].stats.sqnr_db() > powers[1].stats.sqnr_db() - 2);
}

TEST_CASE("rules of a user's: a scale that is no number is refused, a negative one keeps its sign") {
  struct nothing {
    using stored_type = float;
    static lowp::exact search(scale::block_trial const&) { return lowp::exact::make(lowp::exact::kind::nan, false); }
  };
  struct below {
    using stored_type = lowp::e4m3fn;
    static lowp::exact search(scale::block_trial const& b) { return lowp::exact::from(-1000.0F * b.greatest()); }
  };
  struct third {
    using stored_type = float;
    lowp::exact ideal(lowp::exact const& absmax, lowp::format_facts const&) const {
      return lowp::detail::round_to_double_precision(lowp::detail::exact_quotient(absmax, lowp::exact::from(3.0F)));
    }
  };
  float const x[] = {1.0F, -3.0F};
  CHECK_THROWS_AS((lowp::quantize<lowp::scheme<lowp::int4, lowp::per_tensor, nothing>>({x, 1, 2})), lowp::error);
  CHECK_THROWS_AS((lowp::quantize<lowp::scheme<lowp::int4, lowp::per_tensor, scale::clamped<nothing>>>({x, 1, 2})),
                  lowp::error);
  auto const q = lowp::quantize<lowp::scheme<lowp::int4, lowp::per_tensor, scale::clamped<below>>>({x, 1, 2});
  CHECK(static_cast<float>(q.scale(0, 0)) == -448.0F);
  auto const t = lowp::quantize<lowp::scheme<lowp::int4, lowp::per_tensor, third>>({x, 1, 2});
  CHECK(t.scale(0, 0) == 1.0F);
  for (float const scale : {0.0F, -1.0F, std::numeric_limits<float>::infinity()}) {
    using S = lowp::scheme<lowp::int8, lowp::per_tensor, scale::fixed>;
    CHECK_THROWS_AS(lowp::quantize<S>({x, 1, 2}, {}, {}, lowp::scale::fixed{scale}), lowp::error);
  }
}

TEST_CASE("run-time rules whose numbers make no sense are refused") {
  float const x[] = {1.0F, -3.0F};
  auto const refused = [&](auto change) {
    lowp::any_scheme s = lowp::parse_scheme("int8/row/f32");
    change(s.scale);
    CHECK_THROWS_AS(lowp::quantize(s, {x, 1, 2}), lowp::error);
  };
  using kind = lowp::any_scale::kind;
  refused([](lowp::any_scale& s) { s.which = kind::percentile, s.numerator = 200, s.denominator = 100; });
  refused([](lowp::any_scale& s) { s.which = kind::percentile, s.denominator = 0; });
  refused([](lowp::any_scale& s) { s.which = kind::mse, s.grid = 50; });
  refused([](lowp::any_scale& s) { s.which = kind::mse, s.grid = 0, s.steps = 0; });
  refused([](lowp::any_scale& s) { s.which = kind::fixed, s.fixed = -1.0F; });
}

TEST_CASE("M1 and M2 of ZeroQuant-FP: the worked vectors") {
  // Blocks of one element whose scales are the vector's entries: absmax = 6 * S.
  using lowp::e2m1fn;
  using m1 = lowp::scheme<e2m1fn, lowp::per_group<1>, scale::power_of_two<scale::pow2::rceil, float>>;
  using not_above =
      lowp::scheme<e2m1fn, lowp::per_group<1>,
                   scale::two_level<scale::power_of_two<scale::pow2::rfloor>, lowp::per_tensor, scale::outer::unit>>;
  using not_below =
      lowp::scheme<e2m1fn, lowp::per_group<1>,
                   scale::two_level<scale::power_of_two<scale::pow2::rceil>, lowp::per_tensor, scale::outer::unit>>;
  float const first[] = {6 * 0.3F, 6 * 0.05F, 6 * 1.0F, 6 * 0.0123F};
  auto const powers = lowp::quantize<m1>({first, 1, 4});
  float const expected[] = {0.5F, 0.0625F, 1.0F, 0.015625F};
  for (std::size_t j = 0; j < 4; ++j) CHECK(powers.block_scale(0, j) == expected[j]);
  // The exponent of S_max / S_i rounded up makes the scale smaller, hence rfloor; rounded down, rceil.
  float const second[] = {6 * 0.3F, 6 * 0.2F, 6 * 0.1F, 6 * 0.05F};
  auto const ceil = lowp::quantize<not_above>({second, 1, 4});
  auto const floor = lowp::quantize<not_below>({second, 1, 4});
  float const s = ceil.outer_scales()[0];
  CHECK(s == lowp_test::approx(0.3).epsilon(1e-6));
  float const ceil_expected[] = {s, s / 2, s / 4, s / 8};
  float const floor_expected[] = {s, s, s / 2, s / 4};
  for (std::size_t j = 0; j < 4; ++j) {
    CHECK(ceil.block_scale(0, j) == ceil_expected[j]);
    CHECK(floor.block_scale(0, j) == floor_expected[j]);
  }
}

TEST_CASE("FireQ: the prescale that loses least, scales kept at 2^-9") {
  // One block's scale fits E4M3 as it is, that of the other (0.001 / 7 = 2^-12.8) only after a prescale. 448 / 3 allows t
  // up to 2^7; 0.001 * 2^4 = 0.016 is above the floor 7 * 2^-9 = 0.0137, 0.008 is below: t = 16.
  std::vector<float> x(256, 0.0F);
  x[0] = 3.0F;
  x[128] = -0.001F;
  auto const q = lowp::quantize<lowp::fireq>({x.data(), 1, 256});
  CHECK(q.outer_scales()[0] == 1.0F / 16);
  // A block of 0.001 under t = 1 gets the smallest E4M3 number instead of 0.
  x[0] = 440.0F;  // t = 1 is the only one that keeps it below 448
  auto const clamped = lowp::quantize<lowp::fireq>({x.data(), 1, 256});
  CHECK(clamped.outer_scales()[0] == 1.0F);
  CHECK(static_cast<float>(clamped.scale(0, 128)) == 0x1p-9F);
}

TEST_CASE("Gaudi 2: the least hardware scale that does not clip") {
  using set = scale::pow2::set<-8, -4, 0, 4>;
  auto const exponent = [](float greatest) {
    return set::exponent(lowp::exact::from(greatest), lowp::facts<lowp::e4m3>::all);
  };
  CHECK(exponent(240.0F) == 0);
  CHECK(exponent(240.1F) == 4);
  CHECK(exponent(15.0F) == -4);
  CHECK(exponent(15.1F) == 0);
  CHECK(exponent(0.9375F) == -8);
  CHECK(exponent(1e-20F) == -8);
  CHECK(exponent(1e9F) == 4);  // nothing is enough: elements saturate
  auto const q = lowp::quantize<lowp::gaudi2_fp8>({std::array{100.0F, -3.0F}.data(), 1, 2});
  CHECK(q.scale(0, 0) == 1.0F);
}

TEST_CASE("a fixed scale is used as it is, also for zeros") {
  float const x[] = {0.0F, 0.3F, -2.0F, 900.0F};
  using S = lowp::scheme<lowp::int8, lowp::per_group<2>, scale::fixed>;
  auto const q = lowp::quantize<S>({x, 1, 4}, {}, {}, scale::fixed{0.5F});
  CHECK(q.block_scale(0, 0) == 0.5F);
  CHECK(q.block_scale(0, 1) == 0.5F);
  int const codes[] = {0, 1, -4, 127};
  for (std::size_t j = 0; j < 4; ++j) CHECK(static_cast<float>(q.code(0, j)) == static_cast<float>(codes[j]));
  auto const twin = lowp::quantize(lowp::as_any_scheme<S>({}, scale::fixed{0.5F}), {x, 1, 4});
  CHECK(twin.codes() == q.codes());
}

TEST_CASE("scales that fail are named, and nothing is written") {
  // Two levels without clamping: the second block's scale, 1e-6 of the first, underflows E4M3.
  using S = lowp::scheme<lowp::int4, lowp::per_group<4>, scale::two_level<scale::absmax<lowp::e4m3fn>>>;
  float const x[] = {1, 1, 1, 1, 1e-9F, 0, 0, 0};
  std::vector<std::uint8_t> codes(4, 0xa5);
  std::vector<lowp::e4m3fn> scales(2, lowp::from_bits<lowp::e4m3fn>(0x5a));
  std::vector<float> outer(1, -1.0F);
  std::string message;
  try {
    lowp::quantize_into<S>({x, 1, 8}, {1, 8, codes.data(), scales.data(), outer.data()});
  } catch (lowp::error const& e) {
    message = e.what();
    CHECK(e.code() == lowp::error_code::value);
  }
  CHECK(message.find("block (0, 1)") != std::string::npos);
  CHECK(message.find("underflows") != std::string::npos);
  CHECK(codes == std::vector<std::uint8_t>(4, 0xa5));
  CHECK(to_bits(scales[0]) == 0x5a);
  CHECK(outer[0] == -1.0F);
  // Memory that is missing.
  CHECK_THROWS_AS((lowp::quantize_into<S>({x, 1, 8}, {1, 8, codes.data(), scales.data()})), lowp::error);
  // Boxes of an outer scale that cut blocks.
  using cut =
      lowp::scheme<lowp::int4, lowp::per_group<4>, scale::two_level<scale::absmax<float>, lowp::per_block<1, 6>>>;
  try {
    static_cast<void>(lowp::quantize<cut>({x, 1, 8}));
    FAIL("an outer box of 6 columns cuts blocks of 4");
  } catch (lowp::error const& e) {
    CHECK(e.code() == lowp::error_code::shape);
    CHECK(e.axis() == 1);
  }
  // Run-time combinations that no type can have.
  auto affine_float = lowp::parse_scheme("e4m3fn/tensor");
  affine_float.scale.which = lowp::any_scale::kind::minmax;
  CHECK_THROWS_AS(lowp::quantize(affine_float, {x, 1, 8}), lowp::error);
  auto two_level_percentile = lowp::parse_scheme("int8/g4/e4m3fn+f32");
  two_level_percentile.scale.which = lowp::any_scale::kind::percentile;
  CHECK_THROWS_AS(lowp::quantize(two_level_percentile, {x, 1, 8}), lowp::error);
}

}  // namespace scale_stage_test
