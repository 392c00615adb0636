// SPDX-License-Identifier: Apache-2.0
//
// Products of weights with two levels of scales and with zero points.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <lowp/gemm.hpp>

#include "support/catch.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace schemes_test {

namespace {

namespace qo = quantize_oracle;
using lowp::matrix_view;

struct shape {
  std::size_t m, n, k;
};
constexpr shape shapes[] = {{1, 1, 1}, {1, 5, 172}, {3, 70, 300}, {9, 64, 128}, {2, 3, 33}};

template <class T>
std::vector<float> floats_of(T const& q) {
  std::vector<float> out(q.rows() * q.cols());
  lowp::dequantize_into(q, matrix_view<float>(out.data(), q.rows(), q.cols()));
  return out;
}

/// On every ISA the same bits, close to the product of the dequantized operands in double.
template <class W, class X>
void check_product(char const* name) {
  for (shape const s : shapes) {
    qo::matrix const w = qo::make_matrix(qo::data::heavy_tail, s.n, s.k, s.k, s.n + s.k);
    qo::matrix const x = qo::make_matrix(qo::data::bell, s.m, s.k, s.k, 7);
    auto const wq = lowp::quantize<W>(qo::view_of(w));
    auto const xq = lowp::quantize<X>(qo::view_of(x));
    std::vector<float> expected(s.m * s.n);
    {
      auto const pin = lowp::with_isa(lowp::isa::portable{});
      lowp::gemm(xq, lowp::pack(wq), matrix_view<float>(expected.data(), s.m, s.n));
    }
    INFO(name << ", " << s.m << " x " << s.n << " x " << s.k);
    auto const wd = floats_of(wq);
    auto const xd = floats_of(xq);
    for (std::size_t i = 0; i < s.m; ++i) {
      for (std::size_t j = 0; j < s.n; ++j) {
        double sum = 0;
        double size = 0;
        for (std::size_t l = 0; l < s.k; ++l) {
          double const product = static_cast<double>(xd[i * s.k + l]) * static_cast<double>(wd[j * s.k + l]);
          sum += product;
          size += std::fabs(product);
        }
        // Each of at most k + 10 roundings is off by 2^-24 of the sum of magnitudes at the most.
        double const bound = size * (static_cast<double>(s.k) + 10) * 0x1p-24;
        CHECK(std::fabs(static_cast<double>(expected[i * s.n + j]) - sum) <= bound);
      }
    }
    qo::on_every_isa([&](auto isa) {
      INFO(isa.name);
      std::vector<float> y(s.m * s.n, -1.0F);
      lowp::gemm(xq, lowp::pack(wq), matrix_view<float>(y.data(), s.m, s.n));
      CHECK(qo::bits_of(y) == qo::bits_of(expected));
    });
  }
}

}  // namespace

TEST_CASE("two levels: the outer scale of a tensor, of rows, and one that changes along k") {
  check_product<lowp::nvfp4, lowp::fp8_per_channel>("nvfp4");
  check_product<lowp::fireq, lowp::fp8_per_channel>("fireq");
  check_product<lowp::vllm_w4a8, lowp::fp8_per_channel>("vllm_w4a8");
  check_product<lowp::fp4_m2, lowp::int8_per_channel>("fp4_m2");
  using along_k = lowp::scheme<
      lowp::nf4, lowp::per_group<32>,
      lowp::scale::two_level<lowp::scale::clamped<lowp::scale::absmax<lowp::e4m3fn>>, lowp::per_block<1, 64>>>;
  check_product<along_k, lowp::fp8_per_channel>("nf4, nested along k");
}

TEST_CASE("two levels on both sides: NVFP4 x NVFP4") { check_product<lowp::nvfp4, lowp::nvfp4>("nvfp4 x nvfp4"); }

TEST_CASE("zero points: groups, rows, a tensor") {
  check_product<lowp::int4_g32_affine, lowp::fp8_per_channel>("uint4/g32");
  check_product<lowp::int4_g128_affine, lowp::int8_per_channel>("uint4/g128");
  check_product<lowp::uint8_affine, lowp::int8_per_channel>("uint8");
  check_product<lowp::scheme<lowp::int8, lowp::per_channel<0>, lowp::scale::minmax<>>, lowp::int8_per_channel>(
      "int8/row");
}

TEST_CASE("zero points x INT8: the integer sum of a segment is exact, then rounded step by step") {
  for (shape const s : shapes) {
    qo::matrix const w = qo::make_matrix(qo::data::bell, s.n, s.k, s.k, 3);
    qo::matrix const x = qo::make_matrix(qo::data::bell, s.m, s.k, s.k, 4);
    auto const wq = lowp::quantize<lowp::int4_g128_affine>(qo::view_of(w));
    auto const xq = lowp::quantize<lowp::int8_per_channel>(qo::view_of(x));
    std::vector<float> y(s.m * s.n);
    lowp::gemm(xq, lowp::pack(wq), matrix_view<float>(y.data(), s.m, s.n));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < s.m; ++i) {
      for (std::size_t j = 0; j < s.n; ++j) {
        float acc = 0;
        for (std::size_t g = 0; g * 128 < s.k; ++g) {
          std::int64_t sum = 0;
          for (std::size_t l = g * 128; l < s.k && l < (g + 1) * 128; ++l) {
            auto const code = static_cast<std::int64_t>(to_bits(wq.code(j, l))) - to_bits(wq.zero_point(j, l));
            sum += code * static_cast<std::int64_t>(static_cast<float>(xq.code(i, l)));
          }
          acc = std::fma(static_cast<float>(sum), wq.block_scale(j, g), acc);
        }
        wrong += acc * xq.block_scale(i, 0) != y[i * s.n + j] ? 1 : 0;
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("tiles: a product as with a scale a row, whichever operand has them") {
  using tiled = lowp::scheme<lowp::int8, lowp::per_tile<lowp::extents<2, 2, 2>, lowp::extents<4, 5>>>;
  using by_row = lowp::scheme<lowp::int8, lowp::per_channel<0>>;
  qo::matrix const x = qo::make_matrix(qo::data::bell, 3 * 20, 32, 32, 3);
  auto const q = lowp::quantize<tiled>(qo::view_of(x));
  lowp::quantized_matrix<by_row> rows(60, 32);
  for (std::size_t i = 0; i < 60; ++i) {
    rows.view().scales[i] = q.scale(i, 0);
    std::copy_n(q.view().row(i), 32, rows.view().row(i));
  }
  CHECK(q.scale(0, 0) != q.scale(2, 0));
  std::vector<float> expected(60 * 60);
  std::vector<float> y(60 * 60);
  lowp::gemm(rows, lowp::pack(rows), matrix_view<float>(expected.data(), 60, 60));
  lowp::gemm(q, lowp::pack(rows), matrix_view<float>(y.data(), 60, 60));
  CHECK(qo::bits_of(y) == qo::bits_of(expected));
  lowp::gemm(rows, lowp::pack(q), matrix_view<float>(y.data(), 60, 60));
  CHECK(qo::bits_of(y) == qo::bits_of(expected));
  auto const any = lowp::as_any_quantized(q);
  lowp::gemm(any, lowp::pack(any), matrix_view<float>(y.data(), 60, 60));
  CHECK(qo::bits_of(y) == qo::bits_of(expected));
}

TEST_CASE("float zero points are refused by name") {
  qo::matrix const x = qo::make_matrix(qo::data::bell, 2, 64, 64, 3);
  auto const q = lowp::quantize(lowp::as_any_scheme<lowp::q4_1>(), qo::view_of(x));
  auto const plain = lowp::quantize(lowp::as_any_scheme<lowp::int8_per_channel>(), qo::view_of(x));
  std::vector<float> y(4);
  CHECK_THROWS_AS(lowp::pack(q), lowp::error);
  CHECK_THROWS_AS(lowp::gemm(q, lowp::pack(plain), matrix_view<float>(y.data(), 2, 2)), lowp::error);
}

}  // namespace schemes_test
