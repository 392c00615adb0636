// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/pack/packed_span.hpp>
#include <lowp/scale/scheme.hpp>

namespace lowp::inline LOWP_ABI {

/// What a quantized matrix of that size takes.
struct quantized_size {
  std::size_t row_bytes;   ///< bytes of codes a row; a row starts on a byte
  std::size_t code_bytes;  ///< of all rows
  std::size_t block_rows;  ///< the scales are a block_rows x block_cols matrix, row-major
  std::size_t block_cols;
  std::size_t scale_count;  ///< block_rows * block_cols

  static constexpr quantized_size of(std::size_t rows, std::size_t cols, int element_bits, block_shape block) noexcept {
    std::size_t const row_bytes = element_bits <= 8 ? packed_bytes(cols, element_bits) : 2 * cols;
    std::size_t const block_rows = block_shape::count(rows, block.rows);
    std::size_t const block_cols = block_shape::count(cols, block.cols);
    return {row_bytes, rows * row_bytes, block_rows, block_cols, block_rows * block_cols};
  }
  template <Scheme S>
  static constexpr quantized_size of(std::size_t rows, std::size_t cols) noexcept {
    return of(rows, cols, S::element::bits, typename S::granularity{}.block(rows, cols));
  }
};

/// A quantized matrix in the caller's memory.
///
/// Meaning   codes: rows runs of row_bytes bytes, dense, low bits first within a row (formats of more than 8 bits: two
///           bytes an element); scales: block_rows x block_cols, row-major; sizes from quantized_size::of<S>(rows, cols).
/// Requires  both pointers to hold that much. Const = std::true_type for a view that only reads.
template <Scheme S, class Const = std::false_type>
struct quantized_view {
  using scheme = S;
  template <class T>
  using maybe_const = std::conditional_t<Const::value, T const, T>;

  std::size_t rows = 0;
  std::size_t cols = 0;
  maybe_const<std::uint8_t>* codes = nullptr;
  maybe_const<typename S::stored_scale>* scales = nullptr;

  constexpr block_shape block() const noexcept { return typename S::granularity{}.block(rows, cols); }
  constexpr quantized_size size() const noexcept { return quantized_size::of<S>(rows, cols); }
  constexpr maybe_const<std::uint8_t>* row(std::size_t i) const noexcept { return codes + i * size().row_bytes; }
};

template <Scheme S>
using const_quantized_view = quantized_view<S, std::true_type>;

/// Where codes of F sit in a row of a quantized matrix.
template <Format F>
using row_order = std::conditional_t<(F::bits <= 8), bit_order::low_first, bit_order::padded>;

/// A quantized matrix that owns its codes and scales. What quantize returns.
template <Scheme S>
class quantized_matrix {
 public:
  using scheme = S;
  using element = typename S::element;
  using stored_scale = typename S::stored_scale;

  quantized_matrix() = default;
  quantized_matrix(std::size_t rows, std::size_t cols) : rows_(rows), cols_(cols) {
    quantized_size const size = quantized_size::of<S>(rows, cols);
    codes_.resize(size.code_bytes);
    scales_.resize(size.scale_count);
  }

  std::size_t rows() const noexcept { return rows_; }
  std::size_t cols() const noexcept { return cols_; }
  block_shape block() const noexcept { return typename S::granularity{}.block(rows_, cols_); }
  quantized_size size() const noexcept { return quantized_size::of<S>(rows_, cols_); }

  std::vector<std::uint8_t> const& codes() const noexcept { return codes_; }
  std::vector<stored_scale> const& scales() const noexcept { return scales_; }

  quantized_view<S> view() noexcept { return {rows_, cols_, codes_.data(), scales_.data()}; }
  const_quantized_view<S> view() const noexcept { return {rows_, cols_, codes_.data(), scales_.data()}; }

  /// The element at (i, j), unscaled.
  element code(std::size_t i, std::size_t j) const noexcept {
    std::uint8_t const* const row = codes_.data() + i * size().row_bytes;
    return from_bits<element>(row_order<element>::get(row, j, element::bits));
  }
  /// The stored scale of the element at (i, j).
  stored_scale scale(std::size_t i, std::size_t j) const noexcept {
    block_shape const b = block();
    return scales_[i / b.rows * size().block_cols + j / b.cols];
  }

  /// Bits an element, scales included; 0 for an empty matrix.
  double bits_per_element() const noexcept {
    std::size_t const elements = rows_ * cols_;
    constexpr double scale_bits = [] {
      if constexpr (std::is_same_v<stored_scale, float>) {
        return 32.0;
      } else {
        return 8.0 * sizeof(stored_scale);
      }
    }();
    double const bits =
        static_cast<double>(elements) * element::bits + static_cast<double>(scales_.size()) * scale_bits;
    return elements == 0 ? 0.0 : bits / static_cast<double>(elements);
  }

 private:
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
  std::vector<std::uint8_t> codes_;
  std::vector<stored_scale> scales_;
};

}  // namespace lowp::inline LOWP_ABI
