// SPDX-License-Identifier: Apache-2.0
//
// Convolutions as matrix products: a row of activations for each output position.
#pragma once

#include <cstddef>
#include <vector>

namespace lab {

/// A convolution of images; a sound is an image of one row. The images and what comes out lie item by item, position by
/// position, channel by channel ("channels last"): the product's rows are the next layer's positions.
struct convolution {
  std::size_t channels = 1;
  std::size_t rows = 1;
  std::size_t cols = 1;
  std::size_t kernel_rows = 1;
  std::size_t kernel_cols = 1;
  std::size_t stride = 1;        ///< of columns and of rows
  std::size_t padding_cols = 0;  ///< zeros at both ends of a row

  std::size_t out_rows() const noexcept { return (rows - kernel_rows) / stride + 1; }
  std::size_t out_cols() const noexcept { return (cols + 2 * padding_cols - kernel_cols) / stride + 1; }
  std::size_t positions() const noexcept { return out_rows() * out_cols(); }
  std::size_t inputs() const noexcept { return channels * kernel_rows * kernel_cols; }
};

/// The operand of the product: items x positions rows of `inputs` elements, in the order channel, kernel row, kernel column
/// that weights have.
std::vector<float> im2col(std::vector<float> const& images, std::size_t items, convolution const& c);

/// Max-pool 2 x 2 of images with channels last; an odd row or column at the end is dropped.
std::vector<float> max_pool_2x2(std::vector<float> const& images, std::size_t items, std::size_t rows, std::size_t cols,
                                std::size_t channels);

/// From channels last to channel, row, column: what a linear layer behind convolutions was trained with.
std::vector<float> channels_first(std::vector<float> const& images, std::size_t items, std::size_t positions,
                                  std::size_t channels);

void relu(std::vector<float>& values);

}  // namespace lab
