// SPDX-License-Identifier: Apache-2.0
#include "im2col.hpp"

#include <algorithm>

namespace lab {

std::vector<float> im2col(std::vector<float> const& images, std::size_t items, convolution const& c) {
  std::vector<float> out(items * c.positions() * c.inputs());
  float* to = out.data();
  for (std::size_t item = 0; item < items; ++item) {
    float const* const image = images.data() + item * c.rows * c.cols * c.channels;
    for (std::size_t y = 0; y < c.out_rows(); ++y) {
      for (std::size_t x = 0; x < c.out_cols(); ++x) {
        for (std::size_t ky = 0; ky < c.kernel_rows; ++ky) {
          for (std::size_t kx = 0; kx < c.kernel_cols; ++kx) {
            std::size_t const col = x * c.stride + kx;  // counted from the first zero of the padding
            if (col < c.padding_cols || col >= c.padding_cols + c.cols) {
              continue;
            }
            std::size_t const row = y * c.stride + ky;
            float const* const from = image + (row * c.cols + col - c.padding_cols) * c.channels;
            float* const at = to + ky * c.kernel_cols + kx;
            for (std::size_t channel = 0; channel < c.channels; ++channel) {
              at[channel * c.kernel_rows * c.kernel_cols] = from[channel];
            }
          }
        }
        to += c.inputs();
      }
    }
  }
  return out;
}

std::vector<float> max_pool_2x2(std::vector<float> const& images, std::size_t items, std::size_t rows, std::size_t cols,
                                std::size_t channels) {
  std::vector<float> out(items * (rows / 2) * (cols / 2) * channels);
  float* to = out.data();
  for (std::size_t item = 0; item < items; ++item) {
    for (std::size_t y = 0; y < rows / 2; ++y) {
      for (std::size_t x = 0; x < cols / 2; ++x) {
        float const* const upper = images.data() + ((item * rows + 2 * y) * cols + 2 * x) * channels;
        float const* const lower = upper + cols * channels;
        for (std::size_t c = 0; c < channels; ++c) {
          *to++ = std::max(std::max(upper[c], upper[channels + c]), std::max(lower[c], lower[channels + c]));
        }
      }
    }
  }
  return out;
}

std::vector<float> channels_first(std::vector<float> const& images, std::size_t items, std::size_t positions,
                                  std::size_t channels) {
  std::vector<float> out(images.size());
  for (std::size_t item = 0; item < items; ++item) {
    float const* const from = images.data() + item * positions * channels;
    float* const to = out.data() + item * positions * channels;
    for (std::size_t p = 0; p < positions; ++p) {
      for (std::size_t c = 0; c < channels; ++c) {
        to[c * positions + p] = from[p * channels + c];
      }
    }
  }
  return out;
}

void relu(std::vector<float>& values) {
  for (float& x : values) {
    x = x < 0.0F ? 0.0F : x;  // a NaN stays
  }
}

}  // namespace lab
