// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/view.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/scale/granularity.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// Blocks of one row that are handled together: their scales fit on the stack, and their codes start on a byte whatever
/// the element's width and the block's length (64 is a multiple of 8).
inline constexpr std::size_t blocks_at_once = 64;

/// Walks a matrix in panels: the greatest finite magnitude of each block first, its scale, then its rows.
///
/// Meaning   store(block_row, first_block_col, count, scales) turns the magnitudes of `count` blocks into their scales, in
///           place; encode(row, first_col, count, scales) turns `count` elements, a whole number of blocks but for the end
///           of the row, into codes. A magnitude is +0 for a block without a nonzero finite element.
/// Cost      two passes over each panel, no allocation.
template <class Store, class Encode>
void for_each_panel(matrix_view<float const> x, block_shape block, Store&& store, Encode&& encode) {
  std::size_t const block_rows = block_shape::count(x.rows(), block.rows);
  std::size_t const block_cols = block_shape::count(x.cols(), block.cols);
  for (std::size_t i = 0; i < block_rows; ++i) {
    std::size_t const first_row = i * block.rows;
    std::size_t const last_row = x.rows() - first_row < block.rows ? x.rows() : first_row + block.rows;
    for (std::size_t j = 0; j < block_cols; j += blocks_at_once) {
      std::size_t const blocks = block_cols - j < blocks_at_once ? block_cols - j : blocks_at_once;
      std::size_t const first_col = j * block.cols;
      std::size_t const cols = x.cols() - first_col;
      std::size_t const count = j + blocks == block_cols ? cols : blocks * block.cols;
      float scales[blocks_at_once] = {};  // the magnitudes at first
      for (std::size_t row = first_row; row < last_row; ++row) {
        float const* const from = x.row(row).data() + first_col;
        kernel::absmax(from, count, block.cols < count ? block.cols : count, scales);
      }
      store(i, j, blocks, static_cast<float*>(scales));
      for (std::size_t row = first_row; row < last_row; ++row) {
        encode(row, first_col, count, static_cast<float const*>(scales));
      }
    }
  }
}

/// The same with one block a call: store(block_row, block_col, absmax) gives the scale as a float.
template <class Store, class Encode>
void for_each_block(matrix_view<float const> x, block_shape block, Store&& store, Encode&& encode) {
  for_each_panel(
      x, block,
      [&](std::size_t i, std::size_t j, std::size_t blocks, float* scales) {
        for (std::size_t k = 0; k < blocks; ++k) {
          scales[k] = store(i, j + k, scales[k]);
        }
      },
      encode);
}

/// Raises for the first NaN, naming row and column.
inline void check_no_nan(matrix_view<float const> x, char const* function) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    if (!kernel::contains_nan(x.row(i).data(), x.cols())) {
      continue;
    }
    for (std::size_t j = 0; j < x.cols(); ++j) {
      if (is_nan(x(i, j))) {
        raise(error(error_code::value, "x", 0, i,
                    std::string(function) + ": x is NaN at row " + std::to_string(i) + ", column " + std::to_string(j) +
                        ", and the element format has no NaN (nan::zero and nan::as_cast name what "
                        "else to do)"));
      }
    }
  }
}

/// Raises where a scale did not fit its stored type.
inline void check_scale(scale::storing status, char const* function, std::size_t block_row, std::size_t block_col,
                        float absmax) {
  if (status != scale::storing::exact_or_rounded) {
    bool const under = status == scale::storing::underflow;
    char text[32];
    std::snprintf(text, sizeof text, "%g", static_cast<double>(absmax));
    raise(error(error_code::value, "x", 0, block_row,
                std::string(function) + ": the scale of block (" + std::to_string(block_row) + ", " +
                    std::to_string(block_col) + "), whose greatest magnitude is " + text + ", " +
                    (under ? "underflows to zero" : "overflows") + " in the type that scales are stored as"));
  }
}

}  // namespace lowp::inline LOWP_ABI::detail
