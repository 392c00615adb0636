// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace lab {

/// Keys and values that a block has read so far: a row for each of their elements, in it one number a position.
class attention_memory {
 public:
  /// Requires: one head has `head` elements; rows of `elements` in all, room for `positions`.
  attention_memory(std::size_t elements, std::size_t positions);

  /// Requires a position below `positions`.
  void put(std::size_t position, std::span<float const> keys, std::span<float const> values);

  /// softmax(query . keys * scale) . values over the first `seen` positions, for the elements [first, first + query.size()).
  ///
  /// Meaning  the weights exp(.) have 24 significant bits, so that their products with values are exact in double; sums run in
  ///          8 lanes by position modulo 8, then in a fixed order. exp is within 1e-9.
  /// Exact    the same bits on every ISA.
  void attend(std::span<float const> query, std::size_t first, std::size_t seen, double scale,
              std::span<float> out) const;

 private:
  std::size_t elements_;
  std::size_t stride_;
  std::vector<double> keys_;
  std::vector<double> values_;
  mutable std::vector<double> weights_;
};

}  // namespace lab
