// SPDX-License-Identifier: Apache-2.0
//
// quantize<Scheme>: against the oracle and the run-time twin, in the caller's memory, and what it refuses.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/guarded_quantized.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace quantize_test {

namespace {

namespace qo = quantize_oracle;
using lowp::matrix_view;
using lowp_test::guarded;
using qo::rule;

oracle::format nf4_format() {
  return oracle::codebook("nf4",
                          std::vector<double>(std::begin(lowp::nf4_table::values), std::end(lowp::nf4_table::values)));
}

/// A scheme type, and the oracle's words for it.
struct subject {
  std::string name;
  qo::scheme meaning;
  qo::on_nan nan;
  qo::produced (*by_type)(matrix_view<float const>);
  qo::produced (*by_twin)(matrix_view<float const>);
};

template <class S, class Nan>
subject make(std::string name, qo::scheme meaning, Nan, qo::on_nan nan) {
  return {std::move(name), std::move(meaning), nan, [](matrix_view<float const> x) { return qo::run<S>(x, Nan{}); },
          [](matrix_view<float const> x) { return qo::run(lowp::as_any_scheme<S>(), x, Nan{}); }};
}

std::vector<subject> subjects() {
  using namespace lowp;  // NOLINT: a list of its names
  auto const f = [](char const* name) { return oracle::by_name(name); };
  auto const error = nan::error{};
  auto const e = qo::on_nan::error;
  return {
      make<int8_per_tensor>("int8_per_tensor", {f("int8")}, error, e),
      make<int8_per_channel>("int8_per_channel", {f("int8"), 1, 0}, nan::zero{}, qo::on_nan::zero),
      make<fp8_per_channel>("fp8_per_channel", {f("e4m3fn"), 1, 0}, error, e),
      make<int4_g128>("int4_g128", {f("int4"), 1, 128, rule::absmax, f("float16")}, error, e),
      make<int4_g32>("int4_g32", {f("int4"), 1, 32, rule::absmax, f("float16")}, nan::as_cast{}, qo::on_nan::as_cast),
      make<mxfp8_e4m3>("mxfp8_e4m3", {f("e4m3fn"), 1, 32, rule::floor, f("e8m0fnu")}, error, e),
      make<mxfp6_e3m2>("mxfp6_e3m2", {f("e3m2fn"), 1, 32, rule::floor, f("e8m0fnu")}, nan::zero{}, qo::on_nan::zero),
      make<mxfp4>("mxfp4", {f("e2m1fn"), 1, 32, rule::floor, f("e8m0fnu")}, nan::as_cast{}, qo::on_nan::as_cast),
      make<scheme<e2m1fn, per_group<16>, scale::absmax<ue4m3>>>(
          "e2m1fn/g16/ue4m3", {f("e2m1fn"), 1, 16, rule::absmax, f("ue4m3")}, error, e),
      make<scheme<nf4, per_group<64>>>("nf4/g64", {nf4_format(), 1, 64}, error, e),
      make<scheme<nf4, per_group<32>, scale::absmax<e8m0fnu>>>(
          "nf4/g32/e8m0fnu", {nf4_format(), 1, 32, rule::absmax, f("e8m0fnu")}, nan::as_cast{}, qo::on_nan::as_cast),
      make<scheme<bfloat16, per_channel<1>, scale::absmax<float>, rounding::toward_zero, overflow::nonsaturating>>(
          "bfloat16/columns",
          {f("bfloat16"),
           0,
           1,
           rule::absmax,
           {},
           oracle::rounding_mode::toward_zero,
           {},
           oracle::overflow::nonsaturating},
          error, e),
      make<scheme<uint4, per_block<2, 3>, scale::absmax<e4m3fn>>>(
          "uint4/2x3/e4m3fn", {f("uint4"), 2, 3, rule::absmax, f("e4m3fn")}, error, e),
      make<scheme<int3, per_group<1>, scale::absmax<ue5m3>>>("int3/g1/ue5m3",
                                                             {f("int3"), 1, 1, rule::absmax, f("ue5m3")}, error, e),
      make<scheme<e5m2, per_group<3>, scale::power_of_two<scale::pow2::rceil, bfloat16>, rounding::nearest_even,
                  overflow::saturate_finite>>(
          "e5m2/g3/rceil", {f("e5m2"), 1, 3, rule::rceil, f("bfloat16"), {}, {}, oracle::overflow::saturate_finite},
          error, e),
  };
}

template <class S>
qo::produced from_memory(guarded<S>& memory) {
  qo::produced out;
  auto const view = memory.view();
  out.block_rows = memory.size.block_rows;
  out.block_cols = memory.size.block_cols;
  for (std::size_t i = 0; i < view.rows; ++i) {
    for (std::size_t j = 0; j < view.cols; ++j) {
      out.codes.push_back(lowp::row_order<typename S::element>::get(view.row(i), j, S::element::bits));
    }
  }
  for (std::size_t i = 0; i < memory.size.scale_count; ++i) {
    if constexpr (std::same_as<typename S::stored_scale, float>) {
      out.scales.push_back(std::bit_cast<std::uint32_t>(view.scales[i]));
    } else {
      out.scales.push_back(to_bits(view.scales[i]));
    }
  }
  std::vector<float> values(view.rows * view.cols);
  lowp::dequantize_into(lowp::const_quantized_view<S>{view.rows, view.cols, view.codes, view.scales},
                        matrix_view<float>(values.data(), view.rows, view.cols));
  out.values = qo::bits_of(values);
  return out;
}

}  // namespace

TEST_CASE("quantize<Scheme> equals the oracle and its run-time twin") {
  std::uint64_t seed = 0;
  for (subject const& s : subjects()) {
    std::vector<std::pair<std::size_t, std::size_t>> shapes{{0, 7}, {7, 0}, {1, 1}, {3, 172}, {5, 33}, {2, 63}};
    if (s.meaning.block_cols != 0 && s.meaning.block_cols <= 3) {
      shapes.emplace_back(3, 64 * s.meaning.block_cols);
      shapes.emplace_back(3, 130 * s.meaning.block_cols + 1);
    } else if (s.meaning.block_cols != 0) {
      shapes.emplace_back(1, 65 * s.meaning.block_cols + 1);
    }
    for (auto const& [rows, cols] : shapes) {
      for (qo::data const d : qo::all_data) {
        if (rows * cols > 2000 && d != qo::data::bell && d != qo::data::heavy_tail) {
          continue;
        }
        ++seed;
        qo::matrix const x = qo::make_matrix(d, rows, cols, cols + seed % 4, seed);
        INFO(s.name << ", " << rows << " x " << cols << " " << qo::describe(d));
        qo::outcome const expected = qo::quantize(s.meaning, x, s.nan);
        REQUIRE(qo::difference(s.by_twin(qo::view_of(x)), expected) == "");
        qo::on_every_isa([&](auto isa) {
          INFO(isa.name);
          REQUIRE(qo::difference(s.by_type(qo::view_of(x)), expected) == "");
        });
      }
    }
  }
}

TEMPLATE_TEST_CASE("quantize_into writes its own memory and nothing else", "", lowp::int8_per_channel, lowp::mxfp4,
                   lowp::mxfp6_e2m3, (lowp::scheme<lowp::int3, lowp::per_group<3>, lowp::scale::absmax<lowp::float16>>),
                   (lowp::scheme<lowp::bfloat16, lowp::per_block<2, 7>>)) {
  using S = TestType;
  constexpr int bits = S::element::bits;
  for (std::size_t const cols : {1U, 2U, 7U, 8U, 9U, 31U, 32U, 33U, 172U, 200U}) {
    qo::matrix const x = qo::make_matrix(qo::data::bell, 3, cols, cols + 5, cols);
    guarded<S> memory(3, cols);
    lowp::quantize_into<S>(qo::view_of(x), memory.view());
    INFO(cols << " columns");
    CHECK(memory.guards_untouched());
    // Bits of a row's last byte beyond its last code are kept.
    if (std::size_t const used = cols * bits % 8; bits <= 8 && used != 0) {
      auto const beyond = static_cast<std::uint8_t>(0xffU << used);
      for (std::size_t i = 0; i < 3; ++i) {
        std::uint8_t const last = memory.view().row(i)[memory.size.row_bytes - 1];
        CHECK((last & beyond) == (0xa5 & beyond));
      }
    }
    qo::produced const owned = qo::run<S>(qo::view_of(x));
    qo::produced const mine = from_memory<S>(memory);
    CHECK(mine.codes == owned.codes);
    CHECK(mine.scales == owned.scales);
    CHECK(mine.values == owned.values);
  }
}

TEST_CASE("stochastic rounding by type: the seed and index of the policy, plus row * cols + column") {
  using S = lowp::scheme<lowp::int4, lowp::per_group<8>, lowp::scale::absmax<float>, lowp::rounding::stochastic>;
  qo::matrix const x = qo::make_matrix(qo::data::bell, 5, 70, 73, 9);
  lowp::rounding::stochastic const policy{0xfeedU, 1000};
  auto const q = lowp::quantize<S>(qo::view_of(x), lowp::nan::error{}, policy);
  auto const twin = lowp::quantize(lowp::as_any_scheme<S>(policy), qo::view_of(x));
  bool differs_from_nearest = false;
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 70; ++j) {
      float const quotient = x.at(i, j) / q.scale(i, j);
      auto const expected = lowp::cast<lowp::int4>(quotient, policy.at(i * 70 + j));
      REQUIRE(to_bits(q.code(i, j)) == to_bits(expected));
      REQUIRE(twin.code(i, j) == to_bits(expected));
      differs_from_nearest = differs_from_nearest || expected != lowp::cast<lowp::int4>(quotient);
    }
  }
  CHECK(differs_from_nearest);
}

}  // namespace quantize_test
