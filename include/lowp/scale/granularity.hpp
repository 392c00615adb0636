// SPDX-License-Identifier: Apache-2.0
//
// How much of a matrix shares one scale.
#pragma once

#include <concepts>
#include <cstddef>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI {

/// A matrix cut into boxes of `rows` x `cols` elements, each with a scale of its own; boxes at the right and lower edge
/// may be smaller. Both are at least 1.
struct block_shape {
  std::size_t rows;
  std::size_t cols;

  friend constexpr bool operator==(block_shape const&, block_shape const&) = default;

  /// Boxes along an extent.
  static constexpr std::size_t count(std::size_t extent, std::size_t block) noexcept {
    return extent / block + (extent % block != 0 ? 1 : 0);
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
/// weights n x k), per_channel<1> a scale a column.
template <std::size_t Axis>
struct per_channel {
  static_assert(Axis < 2, "lowp::per_channel: a matrix has the axes 0 (rows) and 1 (columns)");
  static constexpr block_shape block(std::size_t rows, std::size_t cols) noexcept {
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

/// Any of them, chosen at run time. An extent of 0 means the whole axis.
struct any_granularity {
  std::size_t rows = 0;
  std::size_t cols = 0;

  constexpr block_shape block(std::size_t matrix_rows, std::size_t matrix_cols) const noexcept {
    return {detail::at_least_one(rows == 0 ? matrix_rows : rows), detail::at_least_one(cols == 0 ? matrix_cols : cols)};
  }
  friend constexpr bool operator==(any_granularity const&, any_granularity const&) = default;
};

}  // namespace lowp::inline LOWP_ABI
