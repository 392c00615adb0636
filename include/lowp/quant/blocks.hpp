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

/// Most blocks of one row that are handled together: their scales fit on the stack.
inline constexpr std::size_t blocks_at_once = 256;

/// How many of `cols` columns are: as many as stay in the nearest cache with their elements, or 64. Their codes start on a byte
/// whatever the element's width and the block's length, for 64 is a multiple of 8.
constexpr std::size_t panel_blocks(std::size_t cols) noexcept {
  std::size_t const fit = 4096 / cols / 64 * 64;
  return fit < 64 ? 64 : fit > blocks_at_once ? blocks_at_once : fit;
}

/// Blocks of one block row that are handled together: `blocks` of them, `cols` columns, `group` columns a block.
struct block_panel {
  std::size_t block_row;
  std::size_t block_col;
  std::size_t blocks;
  std::size_t first_col;
  std::size_t cols;
  std::size_t group;
  block_shape block;
  std::size_t matrix_rows;

  /// Their rows, run by run.
  block_shape::row_run first_run() const noexcept { return block.first_run(block_row, matrix_rows); }
  block_shape::row_run next_run(block_shape::row_run run) const noexcept { return block.next_run(run, matrix_rows); }
};

/// Walks a matrix from panel to panel, row by row of blocks.
template <class Visit>
void for_each_panel(std::size_t rows, std::size_t cols, block_shape block, Visit&& visit) {
  std::size_t const block_rows = block.block_rows(rows);
  std::size_t const block_cols = block_shape::count(cols, block.cols);
  for (std::size_t i = 0; i < block_rows; ++i) {
    block_panel p{};
    p.block_row = i;
    p.block = block;
    p.matrix_rows = rows;
    std::size_t const at_once = panel_blocks(block.cols);
    for (std::size_t j = 0; j < block_cols; j += at_once) {
      p.block_col = j;
      p.blocks = block_cols - j < at_once ? block_cols - j : at_once;
      p.first_col = j * block.cols;
      p.cols = j + p.blocks == block_cols ? cols - p.first_col : p.blocks * block.cols;
      p.group = block.cols < p.cols ? block.cols : p.cols;
      visit(static_cast<block_panel const&>(p));
    }
  }
}

/// The greatest finite magnitude of each block of a panel, +0 for a block without a nonzero finite element. Returns whether
/// there is a NaN in it.
inline bool find_magnitudes(matrix_view<float const> x, block_panel const& p, float* greatest) noexcept {
  for (std::size_t k = 0; k < p.blocks; ++k) {
    greatest[k] = 0.0F;
  }
  bool has_nan = false;
  for (auto run = p.first_run(); !run.empty(); run = p.next_run(run)) {
    for (std::size_t row = run.first; row < run.last; ++row) {
      has_nan = kernel::absmax(x.row(row).data() + p.first_col, p.cols, p.group, greatest) || has_nan;
    }
  }
  return has_nan;
}

/// Walks a matrix in panels: the greatest finite magnitude of each block first, its scale, then its rows.
///
/// Meaning   store(block_row, block_col, absmax) gives the scale of a block; encode(row, first_col, count, scales) turns
///           `count` elements, a whole number of blocks but for the end of the row, into codes.
/// Cost      two passes over each panel, no allocation.
template <class Store, class Encode>
void for_each_block(matrix_view<float const> x, block_shape block, Store&& store, Encode&& encode) {
  for_each_panel(x.rows(), x.cols(), block, [&](block_panel const& p) {
    float scales[blocks_at_once];
    static_cast<void>(find_magnitudes(x, p, scales));
    for (std::size_t k = 0; k < p.blocks; ++k) {
      scales[k] = store(p.block_row, p.block_col + k, scales[k]);
    }
    p.block.for_each_row(p.block_row, p.matrix_rows,
                         [&](std::size_t row) { encode(row, p.first_col, p.cols, static_cast<float const*>(scales)); });
  });
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
                    (under ? "underflows to zero" : "overflows") +
                    " in the type that scales are stored as (a wider one, or scale::clamped, takes it)"));
  }
}

}  // namespace lowp::inline LOWP_ABI::detail
