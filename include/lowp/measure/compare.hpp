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

/// Of what `q` stands for against `dense`. out_of_range(quotient) says whether an element was taken back into the range.
template <class Quantized, class OutOfRange>
comparison measure(std::string name, std::vector<float> const& dense, Quantized const& q, OutOfRange&& out_of_range) {
  std::vector<float> values(dense.size());
  dequantize_into(q, matrix_view<float>(values.data(), q.rows(), q.cols()));
  kernel::fp_env const environment;
  comparison row{std::move(name), q.bits_per_element(), compare_values(dense, values)};
  block_shape const block = q.block();
  std::size_t saturated = 0;
  for (std::size_t i = 0; i < q.rows(); ++i) {
    for (std::size_t j = 0; j < q.cols(); ++j) {
      float scale = 0;
      if constexpr (requires { q.block_scale(i, j); }) {
        scale = q.block_scale(i / block.rows, j / block.cols);
      } else {
        scale = scale::value(q.scale(i, j));
      }
      saturated += out_of_range(exact::from(divide_once(dense[i * q.cols() + j], scale))) ? 1U : 0U;
    }
  }
  row.stats.share_saturated =
      dense.empty() ? 0.0 : mean(static_cast<double>(saturated), static_cast<double>(dense.size()));
  return row;
}

}  // namespace detail

/// Quantizes `w` by each scheme and measures the error: compare(w, named<int4_g128>{"int4/g128"}, ...).
///
/// Errors    as quantize.
template <Scheme... S>
std::array<comparison, sizeof...(S)> compare(matrix_view<float const> w, named<S> const&... schemes) {
  std::vector<float> const dense = detail::dense_copy(w);
  return {detail::measure(schemes.name, dense, quantize<S>(w),
                          [](exact const& x) { return detail::rounds_out_of_range<typename S::element>(x); })...};
}

/// The same for schemes chosen at run time.
inline std::vector<comparison> compare(matrix_view<float const> w,
                                       std::vector<std::pair<std::string, any_scheme>> const& schemes) {
  std::vector<float> const dense = detail::dense_copy(w);
  std::vector<comparison> rows;
  rows.reserve(schemes.size());
  for (auto const& [name, scheme] : schemes) {
    rows.push_back(detail::measure(name, dense, quantize(scheme, w), [&element = scheme.element](exact const& x) {
      return element.rounds_out_of_range(x);
    }));
  }
  return rows;
}

}  // namespace lowp::inline LOWP_ABI
