// SPDX-License-Identifier: Apache-2.0
//
// The walk over blocks that quantize and its run-time twin share.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"

namespace blocks_test {

namespace {

using lowp::block_shape;
using lowp::matrix_view;

}  // namespace

TEST_CASE("every block is asked for its scale once, with its absmax, before its rows are encoded with that scale") {
  std::size_t const sizes[] = {1, 2, 3, 5, 8, 63, 64, 65, 127, 128, 129, 200};
  for (std::size_t const rows : {1U, 2U, 3U, 7U}) {
    for (std::size_t const cols : sizes) {
      for (block_shape const block :
           {block_shape{1, 1}, {1, 2}, {1, 3}, {1, 64}, {1, 500}, {2, 1}, {2, 3}, {7, 200}, {9, 1}, {3, 65}}) {
        std::size_t const stride = cols + 3;
        std::vector<float> x(rows * stride, 1e30F);  // never seen: between the rows
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < cols; ++j) {
            x[i * stride + j] = static_cast<float>((i * 31 + j * 17) % 101) - 50.0F;
          }
        }
        matrix_view<float const> const view(x.data(), rows, cols, stride);
        std::size_t const across = block_shape::count(cols, block.cols);
        std::size_t const down = block_shape::count(rows, block.rows);
        std::vector<int> asked(down * across, 0);
        std::vector<int> covered(rows * cols, 0);
        bool absmax_right = true;
        bool order_right = true;
        bool scales_right = true;
        bool starts_on_bytes = true;
        lowp::detail::for_each_block(
            view, block,
            [&](std::size_t bi, std::size_t bj, float greatest) {
              float expected = 0;
              for (std::size_t i = bi * block.rows; i < std::min(rows, (bi + 1) * block.rows); ++i) {
                for (std::size_t j = bj * block.cols; j < std::min(cols, (bj + 1) * block.cols); ++j) {
                  expected = std::max(expected, std::fabs(view(i, j)));
                  order_right = order_right && covered[i * cols + j] == 0;
                }
              }
              absmax_right = absmax_right && greatest == expected;
              ++asked[bi * across + bj];
              return static_cast<float>(bi * across + bj + 1);
            },
            [&](std::size_t row, std::size_t col, std::size_t count, float const* scales) {
              starts_on_bytes = starts_on_bytes && col % 8 == 0;
              for (std::size_t k = 0; k < count; ++k) {
                std::size_t const block_index = row / block.rows * across + (col + k) / block.cols;
                scales_right = scales_right && asked[block_index] == 1 &&
                               scales[k / block.cols] == static_cast<float>(block_index + 1);
                ++covered[row * cols + col + k];
              }
            });
        INFO(rows << " x " << cols << " in blocks of " << block.rows << " x " << block.cols);
        REQUIRE(absmax_right);
        REQUIRE(order_right);
        REQUIRE(scales_right);
        REQUIRE(starts_on_bytes);
        REQUIRE(std::all_of(asked.begin(), asked.end(), [](int n) { return n == 1; }));
        REQUIRE(std::all_of(covered.begin(), covered.end(), [](int n) { return n == 1; }));
      }
    }
  }
}

TEST_CASE("a matrix without elements has no blocks") {
  auto const never = [](auto...) {
    FAIL("called");
    return 0.0F;
  };
  lowp::detail::for_each_block(matrix_view<float const>(nullptr, 0, 5), {1, 2}, never, never);
  lowp::detail::for_each_block(matrix_view<float const>(nullptr, 0, 0), {1, 1}, never, never);
  SUCCEED();
}

}  // namespace blocks_test
