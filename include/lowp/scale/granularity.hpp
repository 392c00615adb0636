// SPDX-License-Identifier: Apache-2.0
//
// How much of a matrix shares one scale.
#pragma once

#include <concepts>
#include <cstddef>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI {

/// How the rows of a matrix that are the positions of frames, frame by frame and line by line, fall into tiles: those of
/// height x width positions share a scale. All 0 where rows are just rows.
struct tile_shape {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t frame_height = 0;
  std::size_t frame_width = 0;

  friend constexpr bool operator==(tile_shape const&, tile_shape const&) = default;
};

/// A matrix cut into boxes of `rows` x `cols` elements, each with a scale of its own; boxes at the right and lower edge
/// may be smaller. Both are at least 1. Blocks in a column of boxes are counted from above: a block row each.
///
/// With a tile, `rows` are those of whole frames, and each box falls apart into one block row a tile: the rows of its
/// positions in all these frames, which is an index set and no run. Tiles at the edges of a frame may be smaller.
struct block_shape {
  std::size_t rows;
  std::size_t cols;
  tile_shape tile = {};

  friend constexpr bool operator==(block_shape const&, block_shape const&) = default;

  /// Boxes along an extent.
  static constexpr std::size_t count(std::size_t extent, std::size_t block) noexcept {
    return extent / block + (extent % block != 0 ? 1 : 0);
  }

  constexpr bool is_tiled() const noexcept { return tile.width != 0; }
  constexpr std::size_t frame_rows() const noexcept { return tile.frame_height * tile.frame_width; }
  constexpr std::size_t tiles_across() const noexcept { return count(tile.frame_width, tile.width); }
  constexpr std::size_t tiles_in_frame() const noexcept {
    return count(tile.frame_height, tile.height) * tiles_across();
  }

  /// Block rows of a matrix of that many rows.
  constexpr std::size_t block_rows(std::size_t matrix_rows) const noexcept {
    return count(matrix_rows, rows) * (is_tiled() ? tiles_in_frame() : 1);
  }
  /// The block row that a row belongs to.
  constexpr std::size_t block_row_of(std::size_t row) const noexcept {
    if (!is_tiled()) {
      return row / rows;
    }
    std::size_t const position = row % frame_rows();
    std::size_t const line = position / tile.frame_width / tile.height;
    return row / rows * tiles_in_frame() + line * tiles_across() + position % tile.frame_width / tile.width;
  }
  /// The first row of a block row.
  constexpr std::size_t first_row_of(std::size_t block_row) const noexcept {
    if (!is_tiled()) {
      return block_row * rows;
    }
    std::size_t const of_frame = block_row % tiles_in_frame();
    return block_row / tiles_in_frame() * rows + of_frame / tiles_across() * tile.height * tile.frame_width +
           of_frame % tiles_across() * tile.width;
  }
  /// Rows [first, last) that follow each other.
  struct row_run {
    std::size_t first;
    std::size_t last;
    constexpr bool empty() const noexcept { return first >= last; }
  };
  /// The rows of a block row in a matrix of that many rows are runs: one, or those of a tile's lines, frame by frame.
  constexpr row_run first_run(std::size_t block_row, std::size_t matrix_rows) const noexcept {
    std::size_t const first = first_row_of(block_row);
    if (!is_tiled()) {
      return {first, matrix_rows - first < rows ? matrix_rows : first + rows};
    }
    return line_from(first, matrix_rows);
  }
  /// The run behind `run`, empty at the end.
  constexpr row_run next_run(row_run run, std::size_t matrix_rows) const noexcept {
    if (!is_tiled()) {
      return {run.last, run.last};
    }
    std::size_t const line = run.first % frame_rows() / tile.frame_width;
    std::size_t const top = line / tile.height * tile.height;
    bool const ends = line + 1 == tile.frame_height || line + 1 == top + tile.height;
    std::size_t const next =
        ends ? run.first + frame_rows() - (line - top) * tile.frame_width : run.first + tile.frame_width;
    std::size_t const box_end = (run.first / rows + 1) * rows;
    return next < box_end ? line_from(next, matrix_rows) : row_run{run.last, run.last};
  }
  /// Calls f(row) for all of them, from above.
  template <class F>
  constexpr void for_each_row(std::size_t block_row, std::size_t matrix_rows, F&& f) const {
    for (row_run run = first_run(block_row, matrix_rows); !run.empty(); run = next_run(run, matrix_rows)) {
      for (std::size_t row = run.first; row < run.last; ++row) {
        f(row);
      }
    }
  }

 private:
  /// The rest of a tile's line.
  constexpr row_run line_from(std::size_t first, std::size_t matrix_rows) const noexcept {
    std::size_t const column = first % tile.frame_width;
    std::size_t const left = tile.frame_width - column;
    std::size_t const last = first + (left < tile.width ? left : tile.width);
    return {first, last < matrix_rows ? last : matrix_rows};
  }
};

/// A granularity has one function: the box that shares a scale in a matrix of that size.
///   block_shape block(std::size_t rows, std::size_t cols) const
template <class G>
concept Granularity = requires(G const& g, std::size_t n) {
  { g.block(n, n) } -> std::same_as<block_shape>;
};

namespace detail {
constexpr std::size_t at_least_one(std::size_t n) noexcept { return n == 0 ? 1 : n; }
}  // namespace detail

/// One scale for the whole matrix.
struct per_tensor {
  static constexpr block_shape block(std::size_t rows, std::size_t cols) noexcept {
    return {detail::at_least_one(rows), detail::at_least_one(cols)};
  }
};

/// One scale for each index of `Axis`: per_channel<0> a scale a row ("per token" of activations, "per output channel" of
/// weights n x k), per_channel<1> a scale a column. Further axes are those of a tensor_view.
template <std::size_t Axis>
struct per_channel {
  static constexpr block_shape block(std::size_t rows, std::size_t cols) noexcept {
    static_assert(Axis < 2, "lowp::per_channel: a matrix has the axes 0 (rows) and 1 (columns)");
    return Axis == 0 ? block_shape{1, detail::at_least_one(cols)} : block_shape{detail::at_least_one(rows), 1};
  }
};

/// One scale for each run of G elements of a row. The last run of a row may be short.
template <std::size_t G>
struct per_group {
  static_assert(G >= 1, "lowp::per_group: a group has at least one element");
  static constexpr block_shape block(std::size_t, std::size_t) noexcept { return {1, G}; }
};

/// One scale for each box of R x C elements (DeepSeek: 128 x 128 weights, 1 x 128 activations).
template <std::size_t R, std::size_t C>
struct per_block {
  static_assert(R >= 1 && C >= 1, "lowp::per_block: a block has at least one element");
  static constexpr block_shape block(std::size_t, std::size_t) noexcept { return {R, C}; }
};

/// What per_tile is made of: as many numbers as there are axes.
template <std::size_t... Extent>
struct extents {
  static_assert(((Extent >= 1) && ...), "lowp::extents: an extent is at least 1");
};

/// One scale for each tile of positions: a box in time, height and width of axes that were flattened into the rows.
///
/// Meaning   the rows are the positions of frames of H x W, frame by frame and line by line; Tile says how many frames,
///           lines and positions of a line share a scale. A fourth extent cuts the columns, too (a head of several); without
///           one a tile has them all. The rows of a tile are an index set, not a run. Tiles at the end of an axis may be
///           smaller.
/// Errors    of quantize: error_code::shape where the rows are no whole number of frames.
/// Example   per_tile<extents<5, 6, 10>, extents<30, 52>>: 5 frames of 6 x 10 positions, of frames of 30 x 52
/// Source    FPSAttention (arXiv 2506.04648): queries and keys of video diffusion, a scale for each 3-D tile of tokens.
template <class Tile, class Frame>
struct per_tile;

template <std::size_t T, std::size_t Y, std::size_t X, std::size_t H, std::size_t W>
struct per_tile<extents<T, Y, X>, extents<H, W>> {
  static constexpr block_shape block(std::size_t, std::size_t cols) noexcept {
    return {T * H * W, detail::at_least_one(cols), {Y, X, H, W}};
  }
};
template <std::size_t T, std::size_t Y, std::size_t X, std::size_t C, std::size_t H, std::size_t W>
struct per_tile<extents<T, Y, X, C>, extents<H, W>> {
  static constexpr block_shape block(std::size_t, std::size_t) noexcept { return {T * H * W, C, {Y, X, H, W}}; }
};

/// Any of them, chosen at run time. An extent of 0 means the whole axis. With a tile, `rows` counts frames. An axis from 2
/// on is one of a tensor_view, with a scale for each of its indices; rows are 1 and cols 0 then.
struct any_granularity {
  std::size_t rows = 0;
  std::size_t cols = 0;
  tile_shape tile = {};
  std::size_t axis = 0;

  constexpr block_shape block(std::size_t matrix_rows, std::size_t matrix_cols) const noexcept {
    std::size_t const unit = tile.width == 0 ? 1 : tile.frame_height * tile.frame_width;
    return {detail::at_least_one(rows == 0 ? matrix_rows : rows * unit),
            detail::at_least_one(cols == 0 ? matrix_cols : cols), tile};
  }
  friend constexpr bool operator==(any_granularity const&, any_granularity const&) = default;
};

}  // namespace lowp::inline LOWP_ABI
