// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/quant/quantized_matrix.hpp>

namespace lowp::inline LOWP_ABI {

/// Rows [first, first + count) of a quantized matrix, in its own memory.
///
/// Requires  the slice begins and ends at a block of the scales, or ends with the matrix; of two levels, also at a box of
///           the outer scales.
/// Errors    error_code::shape, naming first or count and the block that it cuts; nothing else can go wrong, as rows start
///           on bytes.
/// Notes     of tiles, a slice begins and ends at whole tiles in time. A granularity that spans all rows (per_tensor, per_channel<1>) has one block: only the whole matrix is a slice.
template <Scheme S, class Const>
quantized_view<S, Const> slice_rows(quantized_view<S, Const> q, std::size_t first, std::size_t count) {
  auto const fail = [](char const* argument, std::size_t index, std::string const& what) {
    detail::raise(error(error_code::shape, argument, 0, index, "slice_rows: " + what));
  };
  if (first > q.rows || count > q.rows - first) {
    fail(first > q.rows ? "first" : "count", first > q.rows ? first : count,
         "rows " + std::to_string(first) + " to " + std::to_string(first + count) + " of a matrix of " +
             std::to_string(q.rows));
  }
  auto const check = [&](std::size_t height, char const* of) {
    if (first % height != 0) {
      fail("first", first,
           "row " + std::to_string(first) + " is inside a block of " + std::to_string(height) + " rows that share " +
               of);
    }
    if ((first + count) % height != 0 && first + count != q.rows) {
      fail("count", count,
           "row " + std::to_string(first + count) + " is inside a block of " + std::to_string(height) +
               " rows that share " + of);
    }
  };
  // A granularity of the caller's may cut a smaller matrix otherwise.
  auto const check_same = [&](block_shape of_whole, block_shape of_part) {
    if (count != 0 && count != q.rows && of_whole != of_part) {
      fail("count", count, "the granularity has other blocks for " + std::to_string(count) + " rows");
    }
  };
  block_shape const block = q.block();
  quantized_size const size = q.size();
  check(block.rows, "a scale");
  quantized_view<S, Const> part = q;
  part.rows = count;
  part.codes = q.codes + first * size.row_bytes;
  part.scales = q.scales + block.block_row_of(first) * size.block_cols;
  if constexpr (AffineScheme<S>) {
    part.zeros = q.zeros + block.block_row_of(first) * size.block_cols;
  }
  if constexpr (OffsetScheme<S>) {
    part.offsets = q.offsets + block.block_row_of(first) * size.block_cols;
  }
  if constexpr (TwoLevelScheme<S>) {
    block_shape const box = typename S::scale_rule::outer_granularity{}.block(q.rows, q.cols);
    check(box.rows, "an outer scale");
    part.outer = q.outer + box.block_row_of(first) * size.outer_cols;
    check_same(box, typename S::scale_rule::outer_granularity{}.block(part.rows, part.cols));
  }
  check_same(block, part.block());
  return part;
}

}  // namespace lowp::inline LOWP_ABI
