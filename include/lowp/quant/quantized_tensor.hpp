// SPDX-License-Identifier: Apache-2.0
//
// Tensors of any rank: a matrix is made of them, and quantized.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>
#include <lowp/base/tensor_view.hpp>
#include <lowp/base/view.hpp>
#include <lowp/policy/nan.hpp>
#include <lowp/quant/any_quantize.hpp>
#include <lowp/quant/quantize.hpp>
#include <lowp/quant/quantized_matrix.hpp>
#include <lowp/scale/granularity.hpp>
#include <lowp/scale/scheme.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// Axes [first, last) of a view as one: how many indices, how far apart.
struct joined_axes {
  std::size_t extent = 1;
  std::size_t stride = 1;
  bool possible = true;
};

template <class T>
joined_axes join_axes(tensor_view<T> const& x, std::size_t first, std::size_t last) noexcept {
  joined_axes j;
  for (std::size_t i = last; i-- != first;) {
    if (x.extent(i) == 1) {
      continue;
    }
    if (j.extent == 1) {
      j.stride = x.stride(i);
    } else if (x.stride(i) != j.stride * j.extent) {
      j.possible = false;
    }
    j.extent *= x.extent(i);
  }
  return j;
}

/// Whether the first `row_axes` axes are the rows of a matrix in place, the others its columns.
template <class T>
bool lies_as_matrix(tensor_view<T> const& x, joined_axes const& rows, joined_axes const& cols) noexcept {
  return x.empty() || (rows.possible && cols.possible && (cols.extent == 1 || cols.stride == 1) &&
                       (rows.extent == 1 || rows.stride >= cols.extent));
}

template <class T>
matrix_view<T> matrix_in_place(tensor_view<T> const& x, joined_axes const& rows, joined_axes const& cols) {
  return {x.data(), rows.extent, cols.extent, rows.extent > 1 && !x.empty() ? rows.stride : cols.extent};
}

/// Calls f(element, position) for each element in row-major order of the axes.
template <class T, class F>
void for_each_element(tensor_view<T> const& x, F&& f) {
  std::size_t index[tensor_view<T>::max_rank] = {};
  for (std::size_t position = 0; position < x.size(); ++position) {
    f(x.at({index, x.rank()}), position);
    for (std::size_t i = x.rank(); i-- != 0 && ++index[i] == x.extent(i);) {
      index[i] = 0;
    }
  }
}

/// The order of axes, and how many of them are rows, under which a tensor becomes the matrix that is quantized.
struct flattening {
  std::vector<std::size_t> order;
  std::size_t row_axes = 0;

  /// A scale for each index of `axis`: it comes first and is the rows.
  static flattening by_channel(std::size_t rank, std::size_t axis) {
    if (axis >= rank) {
      raise(error(error_code::shape, "x", static_cast<int>(axis), rank,
                  "quantize: a scale for each index of axis " + std::to_string(axis) + ", and x has " +
                      std::to_string(rank) + " axes"));
    }
    flattening f;
    f.order.push_back(axis);
    for (std::size_t i = 0; i < rank; ++i) {
      if (i != axis) {
        f.order.push_back(i);
      }
    }
    f.row_axes = 1;
    return f;
  }
  /// Else the last axis is the columns.
  static flattening by_last(std::size_t rank) {
    flattening f;
    for (std::size_t i = 0; i < rank; ++i) {
      f.order.push_back(i);
    }
    f.row_axes = rank == 0 ? 0 : rank - 1;
    return f;
  }
};

/// Calls f(matrix) with the tensor as a matrix: in place where its strides allow, else gathered.
template <class F>
auto with_matrix(tensor_view<float const> const& x, flattening const& how, F&& f) {
  auto const y = x.permuted(how.order);
  joined_axes const rows = join_axes(y, 0, how.row_axes);
  joined_axes const cols = join_axes(y, how.row_axes, y.rank());
  if (lies_as_matrix(y, rows, cols)) {
    return f(matrix_in_place(y, rows, cols));
  }
  std::vector<float> copy(y.size());
  for_each_element(y, [&](float const& value, std::size_t position) { copy[position] = value; });
  return f(matrix_view<float const>(copy.data(), rows.extent, cols.extent));
}

/// Which axis has a scale for each index; whether any has.
template <class G>
struct channel_axis {
  static constexpr bool exists = false;
  static constexpr std::size_t value = 0;
};
template <std::size_t Axis>
struct channel_axis<per_channel<Axis>> {
  static constexpr bool exists = true;
  static constexpr std::size_t value = Axis;
};

/// The scheme of the matrix that a tensor under S becomes.
template <Scheme S>
using matrix_scheme = std::conditional_t<
    channel_axis<typename S::granularity>::exists,
    scheme<typename S::element, per_channel<0>, typename S::scale_rule, typename S::rounding, typename S::overflow>, S>;

template <Scheme S>
flattening flattening_of(std::size_t rank) {
  using axis = channel_axis<typename S::granularity>;
  return axis::exists ? flattening::by_channel(rank, axis::value) : flattening::by_last(rank);
}

inline flattening flattening_of(any_granularity const& g, std::size_t rank) {
  bool const first = g.rows == 1 && g.cols == 0;
  bool const second = g.rows == 0 && g.cols == 1;
  bool const by_channel = g.tile == tile_shape{} && (first || second);
  return by_channel ? flattening::by_channel(rank, second ? 1 : g.axis) : flattening::by_last(rank);
}

}  // namespace detail

/// A tensor as a matrix, in place: the first `row_axes` axes are its rows, the others its columns.
///
/// Errors    error_code::shape where there are fewer axes, or where the strides do not allow it (quantize copies such a
///           tensor).
template <class T>
matrix_view<T> as_matrix(tensor_view<T> const& x, std::size_t row_axes) {
  if (row_axes > x.rank()) {
    detail::raise(error(error_code::shape, "row_axes", 0, row_axes,
                        "as_matrix: " + std::to_string(row_axes) + " of " + std::to_string(x.rank()) + " axes"));
  }
  auto const rows = detail::join_axes(x, 0, row_axes);
  auto const cols = detail::join_axes(x, row_axes, x.rank());
  if (!detail::lies_as_matrix(x, rows, cols)) {
    detail::raise(error(error_code::shape, "x", static_cast<int>(row_axes), row_axes,
                        std::string("as_matrix: the strides of the axes ") +
                            (rows.possible && cols.possible ? "leave no dense rows" : "do not join") +
                            "; copy the tensor, or quantize it as it is"));
  }
  return detail::matrix_in_place(x, rows, cols);
}

/// A quantized tensor: the matrix that it was flattened to, and which axes became what.
///
/// Meaning   Matrix is quantized_matrix<S> or any_quantized_matrix. order() are the tensor's axes in the order of the matrix:
///           the first row_axes() are its rows, row-major, the others its columns.
template <class Matrix>
class basic_quantized_tensor {
 public:
  basic_quantized_tensor(std::span<std::size_t const> shape, detail::flattening how, Matrix matrix)
      : shape_(shape.begin(), shape.end()), how_(std::move(how)), matrix_(std::move(matrix)) {}

  std::span<std::size_t const> shape() const noexcept { return shape_; }
  std::span<std::size_t const> order() const noexcept { return how_.order; }
  std::size_t row_axes() const noexcept { return how_.row_axes; }
  Matrix const& matrix() const noexcept { return matrix_; }

  /// Row and column of an element in the matrix. Requires an index for each axis, below its extent.
  std::pair<std::size_t, std::size_t> place(std::span<std::size_t const> index) const noexcept {
    std::size_t at[2] = {0, 0};
    for (std::size_t i = 0; i < how_.order.size(); ++i) {
      std::size_t const axis = how_.order[i];
      std::size_t& position = at[i < how_.row_axes ? 0 : 1];
      position = position * shape_[axis] + index[axis];
    }
    return {at[0], at[1]};
  }
  /// The code of an element, unscaled.
  auto code(std::span<std::size_t const> index) const noexcept {
    auto const [row, col] = place(index);
    return matrix_.code(row, col);
  }
  /// The factor of an element, both levels in it.
  float scale(std::span<std::size_t const> index) const noexcept {
    auto const [row, col] = place(index);
    block_shape const block = matrix_.block();
    return matrix_.block_scale(block.block_row_of(row), col / block.cols);
  }

 private:
  std::vector<std::size_t> shape_;
  detail::flattening how_;
  Matrix matrix_;
};

template <Scheme S>
using quantized_tensor = basic_quantized_tensor<quantized_matrix<detail::matrix_scheme<S>>>;
using any_quantized_tensor = basic_quantized_tensor<any_quantized_matrix>;

/// Quantizes a tensor: per_channel<Axis> has a scale for each index of that axis, whatever the rank; every other granularity
/// is that of the matrix whose columns are the last axis and whose rows are all the others.
///
/// Meaning   quantize<S> of that matrix; its element (row, column) draws the bits of row * cols + column. Groups along
///           another axis: quantize x.permuted(..).
/// Errors    error_code::shape where the tensor has no such axis; else those of quantize for a matrix, whose rows and columns
///           they name.
/// Cost      that of quantize, and a copy of the tensor where its strides do not allow to see it as a matrix.
template <Scheme S, NanPolicy Nan = nan::error>
quantized_tensor<S> quantize(tensor_view<float const> const& x, Nan nan = {}, typename S::rounding rounding = {},
                             typename S::scale_rule rule = {}) {
  auto how = detail::flattening_of<S>(x.rank());
  auto q = detail::with_matrix(
      x, how, [&](matrix_view<float const> m) { return quantize<detail::matrix_scheme<S>>(m, nan, rounding, rule); });
  return {x.shape(), std::move(how), std::move(q)};
}

/// The same under a scheme chosen at run time; granularities "row" and "column" are axes 0 and 1, and there are "axis2" ..
template <NanPolicy Nan = nan::error>
any_quantized_tensor quantize(any_scheme scheme, tensor_view<float const> const& x, Nan nan = {}) {
  auto how = detail::flattening_of(scheme.granularity, x.rank());
  if (how.row_axes == 1 && (scheme.granularity.axis >= 2 || scheme.granularity == any_granularity{0, 1})) {
    scheme.granularity = any_granularity{1, 0};
  }
  auto q = detail::with_matrix(x, how, [&](matrix_view<float const> m) { return quantize(scheme, m, nan); });
  return {x.shape(), std::move(how), std::move(q)};
}

#if LOWP_HAS_EXCEPTIONS
/// quantize, with an error as a value: for data that comes from outside.
template <Scheme S, NanPolicy Nan = nan::error>
result<quantized_tensor<S>> try_quantize(tensor_view<float const> const& x, Nan nan = {},
                                         typename S::rounding rounding = {}, typename S::scale_rule rule = {}) {
  try {
    return quantize<S>(x, nan, rounding, rule);
  } catch (error const& e) {
    return e;
  }
}

template <NanPolicy Nan = nan::error>
result<any_quantized_tensor> try_quantize(any_scheme const& scheme, tensor_view<float const> const& x, Nan nan = {}) {
  try {
    return quantize(scheme, x, nan);
  } catch (error const& e) {
    return e;
  }
}
#endif

/// Dequantizes into a tensor of the same shape, whatever its strides.
///
/// Errors    error_code::shape, naming the axis; error_code::overlap.
/// Cost      a float copy of the tensor where the strides of `out` do not allow to see it as the matrix.
template <class Matrix>
void dequantize_into(basic_quantized_tensor<Matrix> const& q, tensor_view<float> const& out) {
  for (std::size_t i = 0; i < q.shape().size() || i < out.rank(); ++i) {
    if (q.shape().size() != out.rank() || q.shape()[i] != out.extent(i)) {
      detail::raise(error(error_code::shape, "out", static_cast<int>(i), out.rank() > i ? out.extent(i) : out.rank(),
                          "dequantize_into: out differs from the tensor at axis " + std::to_string(i)));
    }
  }
  auto const y = out.permuted(q.order());
  auto const rows = detail::join_axes(y, 0, q.row_axes());
  auto const cols = detail::join_axes(y, q.row_axes(), y.rank());
  if (detail::lies_as_matrix(y, rows, cols)) {
    dequantize_into(q.matrix(), detail::matrix_in_place(y, rows, cols));
    return;
  }
  std::vector<float> values(y.size());
  dequantize_into(q.matrix(), matrix_view<float>(values.data(), q.matrix().rows(), q.matrix().cols()));
  detail::for_each_element(y, [&](float& value, std::size_t position) { value = values[position]; });
}

}  // namespace lowp::inline LOWP_ABI
