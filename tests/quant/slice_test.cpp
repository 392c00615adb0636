// SPDX-License-Identifier: Apache-2.0
//
// Views of rows, other schemes of the same values, and fake quantization.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace slice_test {

namespace {

namespace qo = quantize_oracle;
using lowp::matrix_view;

template <class View>
std::vector<float> values_of(View q) {
  std::vector<float> values(q.rows * q.cols);
  lowp::dequantize_into(q, matrix_view<float>(values.data(), q.rows, q.cols));
  return values;
}

template <class S>
void check_slices(std::size_t height) {
  qo::matrix const x = qo::make_matrix(qo::data::bell, 9, 171, 171, 5);
  auto const q = lowp::quantize<S>(qo::view_of(x));
  std::vector<float> const all = values_of(q.view());
  for (std::size_t first = 0; first <= 9; ++first) {
    for (std::size_t count = 0; first + count <= 9; ++count) {
      INFO("rows " << first << " to " << first + count);
      bool const cuts = first % height != 0 || ((first + count) % height != 0 && first + count != 9);
      if (cuts) {
        CHECK_THROWS_AS(lowp::slice_rows(q.view(), first, count), lowp::error);
        continue;
      }
      std::vector<float> const expected(all.begin() + static_cast<std::ptrdiff_t>(first * 171),
                                        all.begin() + static_cast<std::ptrdiff_t>((first + count) * 171));
      CHECK(values_of(lowp::slice_rows(q.view(), first, count)) == expected);
    }
  }
  CHECK_THROWS_AS(lowp::slice_rows(q.view(), 10, 0), lowp::error);
  CHECK_THROWS_AS(lowp::slice_rows(q.view(), 4, 6), lowp::error);
  CHECK_THROWS_AS(lowp::slice_rows(q.view(), 1, static_cast<std::size_t>(-1)), lowp::error);
}

}  // namespace

TEST_CASE("slices of rows are the rows; those that cut a block are refused") {
  check_slices<lowp::int4_g32>(1);
  check_slices<lowp::int4_g32_affine>(1);
  check_slices<lowp::scheme<lowp::e3m2fn, lowp::per_block<2, 16>>>(2);
  check_slices<lowp::vllm_w4a8>(1);
  check_slices<lowp::scheme<
      lowp::e2m1fn, lowp::per_group<16>,
      lowp::scale::two_level<lowp::scale::clamped<lowp::scale::absmax<lowp::e4m3fn>>, lowp::per_block<3, 64>>>>(3);
}

TEST_CASE("a slice that cuts a block names the row and what is shared") {
  auto const q =
      lowp::quantize<lowp::fp8_block128>(matrix_view<float const>(std::vector<float>(300, 1.0F).data(), 300, 1));
  try {
    static_cast<void>(lowp::slice_rows(q.view(), 130, 10));
    FAIL("row 130 is inside a block");
  } catch (lowp::error const& e) {
    CHECK(e.code() == lowp::error_code::shape);
    CHECK(e.argument() == "first");
    CHECK(e.index() == 130);
    CHECK(std::string(e.what()).find("inside a block of 128 rows") != std::string::npos);
  }
}

TEST_CASE("a granularity of the caller's that cuts a smaller matrix otherwise is refused") {
  struct halves {
    static constexpr lowp::block_shape block(std::size_t rows, std::size_t cols) noexcept {
      return {rows > 1 ? rows / 2 : 1, cols == 0 ? 1 : cols};
    }
  };
  qo::matrix const x = qo::make_matrix(qo::data::bell, 16, 4, 4, 1);
  auto const q = lowp::quantize<lowp::scheme<lowp::int8, halves>>(qo::view_of(x));
  CHECK_THROWS_AS(lowp::slice_rows(q.view(), 0, 8), lowp::error);
  CHECK(values_of(lowp::slice_rows(q.view(), 0, 16)) == values_of(q.view()));
}

TEST_CASE("views without their memory are refused, also for reading") {
  std::vector<float> out(32);
  lowp::quantized_view<lowp::int4_g32> const nothing{1, 32};
  CHECK_THROWS_AS(lowp::dequantize_into(nothing, matrix_view<float>(out.data(), 1, 32)), lowp::error);
  CHECK_THROWS_AS(lowp::dequantize_into(nothing.as_const(), matrix_view<float>(out.data(), 1, 32)), lowp::error);
}

TEST_CASE("requantize: an FP8 matrix as INT8 is its values quantized as INT8") {
  qo::matrix const x = qo::make_matrix(qo::data::heavy_tail, 4, 100, 100, 3);
  auto const fp8 = lowp::quantize<lowp::fp8_per_channel>(qo::view_of(x));
  auto const as_int8 = lowp::requantize<lowp::int8_per_channel>(fp8);
  std::vector<float> const values = values_of(fp8.view());
  auto const expected = lowp::quantize<lowp::int8_per_channel>({values.data(), 4, 100});
  CHECK(as_int8.codes() == expected.codes());
  CHECK(as_int8.scales() == expected.scales());
}

TEST_CASE("fake_quantize is quantize and dequantize, also in place; its mask is 0 where the range cut") {
  qo::matrix x = qo::make_matrix(qo::data::heavy_tail, 3, 70, 70, 4);
  using clipping = lowp::scheme<lowp::int4, lowp::per_group<32>, lowp::scale::percentile<80, 100>>;
  auto const q = lowp::quantize<clipping>(qo::view_of(x));
  std::vector<float> mask(x.data.size());
  lowp::fake_quantize_mask_into(qo::view_of(x), q, matrix_view<float>(mask.data(), 3, 70));
  std::size_t cut = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 70; ++j) {
      // A half step beyond the last code: 7.5 is the tie that rounds to 8, -8.5 the one that stays.
      double const ratio = static_cast<double>(x.at(i, j) / q.view().block_scale(i, j / 32));
      bool const expected = ratio >= 7.5 || ratio < -8.5;
      CHECK(mask[i * 70 + j] == (expected ? 0.0F : 1.0F));
      cut += expected ? 1 : 0;
    }
  }
  CHECK(cut > 10);
  std::vector<float> const expected = values_of(q.view());
  lowp::fake_quantize_into<clipping>(qo::view_of(x), matrix_view<float>(x.data.data(), 3, 70));
  CHECK(x.data == expected);
  // Zero points shift the range.
  float const y[] = {-1.0F, 0.0F, 3.0F};
  auto const affine = lowp::quantize<lowp::scheme<lowp::uint4, lowp::per_tensor, lowp::scale::minmax<>>>({y, 1, 3});
  float const inside[] = {-1.1F, 3.05F, 3.1F};
  float out[3];
  lowp::fake_quantize_mask_into({inside, 1, 3}, affine, matrix_view<float>(out, 1, 3));
  CHECK(out[0] == 1.0F);  // -1.1 / 0.267 = -4.125: code 0
  CHECK(out[1] == 1.0F);  // 3.05 / 0.267 = 11.44: code 11 + 4 = 15
  CHECK(out[2] == 0.0F);  // 3.1 / 0.267 = 11.6: code 12 + 4 is one too many
}

namespace {

/// The code of the e4m3fn value nearest to x, of two the one with the even code; 448 beyond.
std::uint32_t nearest_e4m3fn(double x) {
  std::uint32_t best = 0;
  for (std::uint32_t code = 1; code <= 0x7e; ++code) {
    double const here = std::fabs(std::fabs(x) - static_cast<double>(decode(lowp::from_bits<lowp::e4m3fn>(code))));
    double const there = std::fabs(std::fabs(x) - static_cast<double>(decode(lowp::from_bits<lowp::e4m3fn>(best))));
    best = here < there || (here == there && code % 2 == 0) ? code : best;
  }
  return best | (std::signbit(x) ? 0x80U : 0U);
}

template <class S>
std::size_t check_fold(qo::matrix const& x) {
  auto const q = lowp::quantize<S>(qo::view_of(x));
  auto const folded = lowp::fold_scales<lowp::e4m3fn>(q);
  std::size_t inexact = 0;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < q.rows(); ++i) {
    for (std::size_t j = 0; j < q.cols(); ++j) {
      double const product = static_cast<double>(static_cast<float>(q.scale(i, j))) *
                             static_cast<double>(static_cast<float>(q.code(i, j)));
      wrong += lowp::to_bits(folded.code(i, j)) == nearest_e4m3fn(product) ? 0U : 1U;
      inexact += static_cast<double>(static_cast<float>(folded.code(i, j))) == product ? 0U : 1U;
      if constexpr (lowp::TwoLevelScheme<S>) {
        wrong += folded.scale(i, j) == q.outer_scales()[q.outer_scales().size() == 1 ? 0 : i] ? 0U : 1U;
      } else {
        wrong += folded.scale(i, j) == 1.0F ? 0U : 1U;
      }
    }
  }
  CHECK(wrong == 0);
  return inexact;
}

}  // namespace

TEST_CASE("fold_scales: FireQ's table of RN_E4M3(sigma q), the outer scale outside") {
  qo::matrix const x = qo::make_matrix(qo::data::bell, 7, 300, 300, 8);
  CHECK(check_fold<lowp::fireq>(x) > 100);  // some 294 of 885 products
  CHECK(check_fold<lowp::vllm_w4a8>(x) > 100);
  CHECK(check_fold<lowp::scheme<lowp::int4, lowp::per_group<32>, lowp::scale::power_of_two<lowp::scale::pow2::rceil>>>(
            x) == 0);  // powers of two lose nothing
  qo::matrix const none = qo::make_matrix(qo::data::bell, 0, 5, 5, 8);
  CHECK(check_fold<lowp::fireq>(none) == 0);
}

}  // namespace slice_test
