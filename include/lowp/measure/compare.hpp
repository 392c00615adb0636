// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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

/// Of what `q` stands for against `dense`. clipped(x, scale, i, j) says whether an element was taken back into the range.
template <class Quantized, class Clipped>
comparison measure(std::string name, std::vector<float> const& dense, Quantized const& q, Clipped&& clipped) {
  std::vector<float> values(dense.size());
  dequantize_into(q, matrix_view<float>(values.data(), q.rows(), q.cols()));
  kernel::fp_env const environment;
  comparison row{std::move(name), q.bits_per_element(), compare_values(dense, values)};
  block_shape const block = q.block();
  std::size_t saturated = 0;
  std::vector<float> scales(q.size().block_cols);
  for (std::size_t i = 0; i < q.rows(); ++i) {
    for (std::size_t j = 0; j < scales.size(); ++j) {
      scales[j] = q.block_scale(block.block_row_of(i), j);
    }
    for (std::size_t j = 0; j < q.cols(); ++j) {
      saturated += clipped(dense[i * q.cols() + j], scales[j / block.cols], i, j) ? 1U : 0U;
    }
  }
  row.stats.share_saturated =
      dense.empty() ? 0.0 : mean(static_cast<double>(saturated), static_cast<double>(dense.size()));
  return row;
}

/// Whether round(x / scale) + zero, rounded to nearest even, lies outside the range. Needs fp_env.
inline bool affine_clips(float x, float scale, std::int32_t zero, integer_range range) noexcept {
  std::int32_t const q = round_to_integer(exact::from(divide_once(x, scale))) + zero;
  return q < range.min || q > range.max;
}

template <Scheme S>
comparison measure_scheme(std::string name, std::vector<float> const& dense, quantized_matrix<S> const& q) {
  using element = typename S::element;
  return measure(std::move(name), dense, q, [&](float x, float scale, std::size_t i, std::size_t j) {
    if constexpr (AffineScheme<S>) {
      return affine_clips(x, scale, zero_of(q.zero_point(i, j)), integers_of<element>());
    } else if constexpr (OffsetScheme<S>) {
      block_shape const block = q.block();
      std::size_t const at = block.block_row_of(i) * q.size().block_cols + j / block.cols;
      return affine_clips(add_once(x, -scale::value(q.offsets()[at])), scale, 0, integers_of<element>());
    } else {
      return rounds_out_of_range<element>(exact::from(divide_once(x, scale)));
    }
  });
}

inline comparison measure_scheme(std::string name, std::vector<float> const& dense, any_quantized_matrix const& q) {
  any_format const& element = q.scheme().element;
  block_shape const block = q.block();
  return measure(std::move(name), dense, q, [&](float x, float scale, std::size_t i, std::size_t j) {
    if (q.scheme().scale.is_affine()) {
      std::int32_t const zero = q.zero_points()[block.block_row_of(i) * q.size().block_cols + j / block.cols];
      return affine_clips(
          x, scale, zero,
          {static_cast<std::int32_t>(element.facts().lowest), static_cast<std::int32_t>(element.facts().max)});
    }
    if (q.scheme().scale.has_offset()) {
      float const offset = q.offset(block.block_row_of(i), j / block.cols);
      return affine_clips(add_once(x, -offset), scale, 0, {0, static_cast<std::int32_t>(element.facts().max)});
    }
    return element.rounds_out_of_range(exact::from(divide_once(x, scale)));
  });
}

}  // namespace detail

/// The error of q, whatever made it, against the matrix x that it stands for: share_saturated counts the elements that its
/// scales take beyond the element format's range.
///
/// Errors    error_code::shape.
template <class Quantized>
comparison compare_quantized(matrix_view<float const> x, Quantized const& q, std::string name = {}) {
  detail::check_shape("compare_quantized", "q", x.rows(), x.cols(), q.rows(), q.cols());
  return detail::measure_scheme(std::move(name), detail::dense_copy(x), q);
}

/// Quantizes `w` by each scheme and measures the error: compare(w, named<int4_g128>{"int4/g128"}, ...).
///
/// Errors    as quantize.
template <Scheme... S>
std::array<comparison, sizeof...(S)> compare(matrix_view<float const> w, named<S> const&... schemes) {
  std::vector<float> const dense = detail::dense_copy(w);
  return {detail::measure_scheme(schemes.name, dense, quantize<S>(w))...};
}

/// The same for schemes chosen at run time.
inline std::vector<comparison> compare(matrix_view<float const> w,
                                       std::vector<std::pair<std::string, any_scheme>> const& schemes) {
  std::vector<float> const dense = detail::dense_copy(w);
  std::vector<comparison> rows;
  rows.reserve(schemes.size());
  for (auto const& [name, scheme] : schemes) {
    rows.push_back(detail::measure_scheme(name, dense, quantize(scheme, w)));
  }
  return rows;
}

}  // namespace lowp::inline LOWP_ABI
