// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>

namespace lowp::inline LOWP_ABI {

/// A row-major matrix in somebody else's memory: `rows` runs of `cols` elements, `row_stride` elements apart.
///
/// Units     counts and strides in elements.
/// Errors    error_code::shape where row_stride < cols; error_code::size for a null pointer with elements to hold.
template <class T>
class matrix_view {
 public:
  using element_type = T;

  constexpr matrix_view() noexcept = default;
  constexpr matrix_view(T* data, std::size_t rows, std::size_t cols) : matrix_view(data, rows, cols, cols) {}
  constexpr matrix_view(T* data, std::size_t rows, std::size_t cols, std::size_t row_stride)
      : data_(data), rows_(rows), cols_(cols), row_stride_(row_stride) {
    if (rows > 1 && row_stride < cols) {
      detail::raise(error(error_code::shape, "row_stride", 1, row_stride,
                          "matrix_view: row_stride " + std::to_string(row_stride) + " is less than cols " +
                              std::to_string(cols) + ": rows would overlap"));
    }
    if (data == nullptr && rows != 0 && cols != 0) {
      detail::raise(
          error(error_code::size, "data",
                "matrix_view: data is null for a " + std::to_string(rows) + " x " + std::to_string(cols) + " matrix"));
    }
  }
  /// A view of mutable elements is a view of constant ones.
  template <class U>
    requires(std::is_const_v<T>&& std::same_as<U const, T>)
  constexpr matrix_view(matrix_view<U> const& other) noexcept  // NOLINT: implicit, as span<T> to span<T const>
      : data_(other.data()), rows_(other.rows()), cols_(other.cols()), row_stride_(other.row_stride()) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr std::size_t rows() const noexcept { return rows_; }
  constexpr std::size_t cols() const noexcept { return cols_; }
  constexpr std::size_t row_stride() const noexcept { return row_stride_; }
  constexpr std::size_t size() const noexcept { return rows_ * cols_; }
  constexpr bool empty() const noexcept { return rows_ == 0 || cols_ == 0; }

  constexpr std::span<T> row(std::size_t i) const noexcept { return {data_ + i * row_stride_, cols_}; }
  constexpr T& operator()(std::size_t i, std::size_t j) const noexcept { return data_[i * row_stride_ + j]; }

 private:
  T* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
  std::size_t row_stride_ = 0;
};

}  // namespace lowp::inline LOWP_ABI
