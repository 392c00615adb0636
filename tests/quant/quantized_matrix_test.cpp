// SPDX-License-Identifier: Apache-2.0
//
// Sizes, views and accessors of quantized matrices.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"

namespace quantized_matrix_test {

namespace {

using lowp::quantized_size;

using three_bits = lowp::scheme<lowp::int3, lowp::per_block<2, 4>, lowp::scale::absmax<lowp::float16>>;
using two_bytes = lowp::scheme<lowp::p3109::binary10p4se, lowp::per_channel<1>>;

}  // namespace

TEST_CASE("a quantized matrix takes whole bytes a row and one scale a block") {
  for (std::size_t rows = 0; rows <= 5; ++rows) {
    for (std::size_t cols = 0; cols <= 20; ++cols) {
      for (int bits = 1; bits <= 16; ++bits) {
        quantized_size const s = quantized_size::of(rows, cols, bits, {2, 3});
        std::size_t const row_bytes = bits > 8 ? 2 * cols : (cols * static_cast<std::size_t>(bits) + 7) / 8;
        REQUIRE(s.row_bytes == row_bytes);
        REQUIRE(s.code_bytes == rows * row_bytes);
        REQUIRE(s.block_rows == (rows + 1) / 2);
        REQUIRE(s.block_cols == (cols + 2) / 3);
        REQUIRE(s.scale_count == s.block_rows * s.block_cols);
      }
    }
  }
  quantized_size const s = quantized_size::of<three_bits>(5, 9);
  CHECK(s.row_bytes == 4);
  CHECK(s.block_rows == 3);
  CHECK(s.block_cols == 3);
  // Whole axes of an empty matrix.
  CHECK(quantized_size::of<lowp::int8_per_tensor>(0, 7).scale_count == 0);
  CHECK(quantized_size::of<lowp::int8_per_tensor>(7, 0).scale_count == 0);
  CHECK(quantized_size::of<lowp::int8_per_tensor>(7, 7).scale_count == 1);
}

TEST_CASE("elements and scales by row and column, the same through codes, views and the run-time twin") {
  std::vector<float> x;
  for (int i = 0; i < 5 * 9; ++i) {
    x.push_back(static_cast<float>(i * 37 % 91) - 45.0F);
  }
  auto q = lowp::quantize<three_bits>({x.data(), 5, 9});
  auto const twin = lowp::quantize(lowp::as_any_scheme<three_bits>(), {x.data(), 5, 9});
  auto const view = std::as_const(q).view();
  static_assert(std::same_as<std::remove_const_t<decltype(view)>, lowp::const_quantized_view<three_bits>>);
  CHECK(q.block() == lowp::block_shape{2, 4});
  CHECK(view.block() == q.block());
  CHECK(view.size().code_bytes == q.codes().size());
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(view.row(i) == q.codes().data() + 4 * i);
    for (std::size_t j = 0; j < 9; ++j) {
      lowp::packed_span<lowp::int3 const> const row(view.row(i), 9);
      CHECK(to_bits(q.code(i, j)) == to_bits(row[j]));
      CHECK(to_bits(q.code(i, j)) == twin.code(i, j));
      CHECK(to_bits(q.scale(i, j)) == to_bits(q.scales()[i / 2 * 3 + j / 4]));
      CHECK(static_cast<float>(q.scale(i, j)) == twin.block_scale(i / 2, j / 4));
    }
  }
  CHECK(q.bits_per_element() == (5 * 9 * 3 + 9 * 16) / 45.0);
  // A writable view writes the matrix.
  q.view().row(4)[0] = 0xff;
  CHECK(to_bits(q.code(4, 0)) == 7);

  auto const wide = lowp::quantize<two_bytes>({x.data(), 5, 9});
  CHECK(wide.size().row_bytes == 18);
  CHECK(wide.scales().size() == 9);
  CHECK(wide.bits_per_element() == 10 + 9 * 32 / 45.0);
  for (std::size_t j = 0; j < 9; ++j) {
    std::uint16_t stored = 0;
    std::memcpy(&stored, wide.codes().data() + 2 * (27 + j), sizeof stored);
    CHECK(to_bits(wide.code(3, j)) == stored);
  }
}

TEST_CASE("a matrix of nothing") {
  lowp::quantized_matrix<three_bits> const none;
  CHECK(none.rows() == 0);
  CHECK(none.cols() == 0);
  CHECK(none.codes().empty());
  CHECK(none.scales().empty());
  CHECK(none.bits_per_element() == 0.0);
  float* const nowhere = nullptr;
  CHECK_NOTHROW(lowp::dequantize_into(none, lowp::matrix_view<float>(nowhere, 0, 0)));
}

static_assert(std::same_as<lowp::row_order<lowp::int8>, lowp::bit_order::low_first>);
static_assert(std::same_as<lowp::row_order<lowp::bfloat16>, lowp::bit_order::padded>);

}  // namespace quantized_matrix_test
