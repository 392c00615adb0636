// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/view.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/measure/error_stats.hpp>
#include <lowp/quant/any_quantize.hpp>
#include <lowp/quant/quantize.hpp>

namespace lowp::inline LOWP_ABI {

/// A scheme and the name it goes by in a table.
template <Scheme S>
struct named {
  using scheme = S;
  std::string name;
};

/// What one scheme does to one tensor.
struct comparison {
  std::string name;
  double bits_per_element = 0;  ///< scales included
  error_stats stats;
};

namespace detail {

/// The matrix's elements row by row without its row padding.
inline std::vector<float> dense_copy(matrix_view<float const> x) {
  std::vector<float> dense;
  dense.reserve(x.size());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    dense.insert(dense.end(), x.row(i).begin(), x.row(i).end());
  }
  return dense;
}

template <class Quantized>
comparison measure(std::string name, std::vector<float> const& dense, Quantized const& q, float max, float lowest) {
  std::vector<float> values(dense.size());
  dequantize_into(q, matrix_view<float>(values.data(), q.rows(), q.cols()));
  // An element saturates where |x / scale| exceeds the format: seen from x, the limit is max * scale.
  std::vector<float> limits(dense.size());
  block_shape const block = q.block();
  for (std::size_t i = 0; i < q.rows(); ++i) {
    for (std::size_t j = 0; j < q.cols(); ++j) {
      float scale = 0;
      if constexpr (requires { q.block_scale(i, j); }) {
        scale = q.block_scale(i / block.rows, j / block.cols);
      } else {
        scale = scale::value(q.scale(i, j));
      }
      std::size_t const at = i * q.cols() + j;
      limits[at] = multiply_once(is_negative(dense[at]) ? magnitude(lowest) : max, scale);
    }
  }
  return {std::move(name), q.bits_per_element(), compare_values(dense, values, limits)};
}

}  // namespace detail

/// Quantizes `w` by each scheme and measures the error: compare(w, named<int4_g128>{"int4/g128"}, ...).
///
/// Errors    as quantize.
template <Scheme... S>
std::array<comparison, sizeof...(S)> compare(matrix_view<float const> w, named<S> const&... schemes) {
  std::vector<float> const dense = detail::dense_copy(w);
  return {detail::measure(schemes.name, dense, quantize<S>(w), facts<typename S::element>::max,
                          facts<typename S::element>::lowest)...};
}

/// The same for schemes chosen at run time.
inline std::vector<comparison> compare(matrix_view<float const> w,
                                       std::vector<std::pair<std::string, any_scheme>> const& schemes) {
  std::vector<float> const dense = detail::dense_copy(w);
  std::vector<comparison> rows;
  rows.reserve(schemes.size());
  for (auto const& [name, scheme] : schemes) {
    rows.push_back(
        detail::measure(name, dense, quantize(scheme, w), scheme.element.facts().max, scheme.element.facts().lowest));
  }
  return rows;
}

}  // namespace lowp::inline LOWP_ABI
