// SPDX-License-Identifier: Apache-2.0
//
// Products of operands whose schemes were chosen at run time: the bits of their typed twins, and the same on every ISA for
// formats that no type was made of.

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <lowp/gemm.hpp>
#include <lowp/quant/as_any.hpp>
#include <lowp/quant/parse_scheme.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace any_packed_test {

namespace {

namespace qo = quantize_oracle;
using lowp::matrix_view;

struct shape {
  std::size_t m, n, k;
};
constexpr shape shapes[] = {{1, 1, 1}, {1, 5, 172}, {3, 70, 300}, {9, 64, 128}, {0, 3, 8}, {2, 0, 8}, {2, 3, 0}};

template <class X, class W, class A = lowp::accumulate::float32>
std::vector<float> product(X const& x, W const& w, A accumulate = {}) {
  std::vector<float> y(x.rows() * w.rows(), -1.0F);
  lowp::gemm(x, w, matrix_view<float>(y.data(), x.rows(), w.rows()), accumulate);
  return y;
}

template <class W, class X>
void check_twin(char const* name) {
  for (shape const s : shapes) {
    INFO(name << ", " << s.m << " x " << s.n << " x " << s.k);
    auto const wq = lowp::quantize<W>(qo::view_of(qo::make_matrix(qo::data::bell, s.n, s.k, s.k, s.n + s.k)));
    auto const xq = lowp::quantize<X>(qo::view_of(qo::make_matrix(qo::data::bell, s.m, s.k, s.k, 7)));
    auto const any_w = lowp::as_any_quantized(wq);
    auto const any_x = lowp::as_any_quantized(xq);
    auto const expected = qo::bits_of(product(xq, lowp::pack(wq)));
    qo::on_every_isa([&](auto isa) {
      INFO(isa.name);
      lowp::any_packed const packed = lowp::pack(any_w);
      CHECK(packed.layout() == lowp::pack(wq).layout());
      CHECK(qo::bits_of(product(any_x, packed)) == expected);
      CHECK(qo::bits_of(product(xq, packed)) == expected);
      CHECK(qo::bits_of(product(any_x, lowp::pack(wq))) == expected);
    });
    CHECK(qo::bits_of(product(any_x, lowp::pack<lowp::isa::portable>(any_w))) == expected);
  }
}

lowp::any_quantized_matrix quantized(std::string const& scheme, qo::matrix const& m) {
  return lowp::quantize(lowp::parse_scheme(scheme), qo::view_of(m));
}

}  // namespace

TEST_CASE("run-time operands multiply to the bits of their twins") {
  check_twin<lowp::int4_g128, lowp::fp8_per_channel>("int4_g128 x fp8");
  check_twin<lowp::nvfp4, lowp::int8_per_channel>("nvfp4 x int8");
  check_twin<lowp::vllm_w4a8, lowp::fp8_per_channel>("vllm_w4a8 x fp8");
  check_twin<lowp::scheme<lowp::uint4, lowp::per_group<32>, lowp::scale::minmax<float>>, lowp::int8_per_channel>(
      "affine uint4 x int8");
  check_twin<lowp::scheme<lowp::float16, lowp::per_tensor>, lowp::scheme<lowp::int8, lowp::per_group<32>>>(
      "float16 x int8 in groups");
  check_twin<lowp::scheme<lowp::int8, lowp::per_channel<0>>, lowp::scheme<lowp::bfloat16, lowp::per_group<64>>>(
      "int8 x bfloat16 in groups");
}

TEST_CASE("run-time formats that are no types: every ISA, both policies") {
  char const* const weights[] = {"int4/g32",
                                 "int3/row",
                                 "int6/g16",
                                 "e2m1fn/g32/e8m0",
                                 "e3m2fn/g128",
                                 "e2m3fn/row",
                                 "e4m3fn/g64",
                                 "e5m2/row",
                                 "nf4/g64",
                                 "mxfp4",
                                 "uint8/g32",
                                 "int2/row",
                                 "minifloat:e3m1:b3:fn/g32",
                                 "int5/tensor",
                                 "int4/g7"};
  char const* const activations[] = {"int8/row", "e4m3fn/row", "e5m2/row", "e3m4fn/row",
                                     "int4/g32", "e2m1fn/g16", "f16/row"};
  shape const s{5, 67, 172};
  qo::matrix const w = qo::make_matrix(qo::data::heavy_tail, s.n, s.k, s.k, 3);
  qo::matrix const x = qo::make_matrix(qo::data::bell, s.m, s.k, s.k, 4);
  for (char const* const wn : weights) {
    auto const wq = quantized(wn, w);
    std::vector<float> wd(s.n * s.k);
    lowp::dequantize_into(wq, matrix_view<float>(wd.data(), s.n, s.k));
    for (char const* const xn : activations) {
      INFO(wn << " x " << xn);
      auto const xq = quantized(xn, x);
      std::vector<float> xd(s.m * s.k);
      lowp::dequantize_into(xq, matrix_view<float>(xd.data(), s.m, s.k));
      auto const definition = product(xq, lowp::pack<lowp::isa::portable>(wq));
      std::size_t far = 0;
      for (std::size_t i = 0; i < s.m * s.n; ++i) {
        double sum = 0;
        double size = 0;
        for (std::size_t l = 0; l < s.k; ++l) {
          double const one = static_cast<double>(xd[i / s.n * s.k + l]) * static_cast<double>(wd[i % s.n * s.k + l]);
          sum += one;
          size += std::fabs(one);
        }
        // Each of at most k + 10 roundings is off by 2^-24 of the sum of magnitudes at the most.
        double const bound = size * (static_cast<double>(s.k) + 10) * 0x1p-24;
        far += std::fabs(static_cast<double>(definition[i]) - sum) <= bound ? 0U : 1U;
      }
      CHECK(far == 0);
      bool const too_long = std::string(xn).starts_with("e5m2");  // with some weights sums need more than 63 bits
      bool const wide = xq.scheme().element.bits() > 8;
      qo::on_every_isa([&](auto isa) {
        INFO(isa.name);
        CHECK(qo::bits_of(product(xq, lowp::pack(wq))) == qo::bits_of(definition));
        if (!wide && !too_long) {
          auto const exact = lowp::accumulate::exact{};
          CHECK(qo::bits_of(product(xq, lowp::pack(wq), exact)) ==
                qo::bits_of(product(xq, lowp::pack<lowp::isa::portable>(wq), exact)));
        }
      });
    }
  }
}

TEST_CASE("many rows are the bits of few") {
  // Seven rows at a time where blocks of them have kernels of their own; groups of whole, half and broken tiles.
  char const* const weights[] = {"int4/g32", "int4/g128", "int8/row", "int5/g100", "e2m1fn/g40", "uint8/row"};
  char const* const activations[] = {"int8/row", "int4/g32", "e3m4fn/row", "e4m3fn/row"};
  struct rows {
    std::size_t m, k;
  };
  for (rows const s : {rows{12, 392}, rows{17, 172}, rows{48, 8}, rows{lowp_test::sanitized ? 35U : 105U, 136}}) {
    constexpr std::size_t n = 70;
    qo::matrix const w = qo::make_matrix(qo::data::heavy_tail, n, s.k, s.k, 3);
    qo::matrix const x = qo::make_matrix(qo::data::bell, s.m, s.k, s.k, 4);
    for (char const* const wn : weights) {
      lowp::any_packed const wp = lowp::pack(quantized(wn, w));
      for (char const* const xn : activations) {
        auto const xq = quantized(xn, x);
        constexpr lowp::accumulate::exact exact{};
        std::vector<float> expected(s.m * n);
        matrix_view<float> const few(expected.data(), s.m, n);
        for (std::size_t row = 0; row < s.m; row += 7) {
          lowp::gemm_options options;
          options.rows = {row, row + 7 < s.m ? row + 7 : s.m};
          lowp::gemm(xq, wp, few, exact, lowp::epilogue::none{}, lowp::serial{}, options);
        }
        qo::on_every_isa([&](auto isa) {
          if (std::string(isa.name) != "portable") {
            INFO(isa.name << ", " << wn << " x " << xn << ", " << s.m << " rows, k = " << s.k);
            CHECK(qo::bits_of(product(xq, wp, exact)) == qo::bits_of(expected));
          }
        });
      }
    }
  }
}

TEST_CASE("run-time operands that no product serves are named errors") {
  qo::matrix const m = qo::make_matrix(qo::data::bell, 4, 64, 64, 5);
  auto const w = lowp::pack(quantized("int4/g32", m));
  auto const refused = [&](std::string const& scheme) {
    try {
      static_cast<void>(product(quantized(scheme, m), w));
    } catch (lowp::error const& e) {
      CHECK(e.argument() == "x");
      return std::string(e.what());
    }
    return std::string("served");
  };
  CHECK(refused("int8/g32/f32:minmax").find("zero points") != std::string::npos);
  CHECK(refused("e2m1fn/g16/e4m3fn+f32:row").find("spans the tensor") != std::string::npos);
  CHECK_THROWS_AS(lowp::pack(quantized("e2m1fn/tensor/e4m3fn+f32", m)), lowp::error);
  // A longer sum than 63 bits hold is refused by both formats' names.
  qo::matrix const one = qo::make_matrix(qo::data::bell, 1, 64, 64, 5);
  auto const wide = quantized("e5m2/row", one);
  std::string told;
  try {
    static_cast<void>(product(wide, lowp::pack(wide), lowp::accumulate::exact{}));
  } catch (lowp::error const& e) {
    told = e.what();
  }
  CHECK(told.find("8-bit activations and e5m2 weights in 63 bits") != std::string::npos);
}

}  // namespace any_packed_test
