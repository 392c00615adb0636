// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/kernel/fp_env.hpp>
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
  std::size_t scale_count;  ///< block_rows * block_cols; as many zero points, where the scheme is affine
  std::size_t outer_rows = 0;
  std::size_t outer_cols = 0;   ///< outer scales are an outer_rows x outer_cols matrix of floats, row-major
  std::size_t outer_count = 0;  ///< 0 where the scheme has one level

  static constexpr quantized_size of(std::size_t rows, std::size_t cols, int element_bits, block_shape block) noexcept {
    std::size_t const row_bytes = element_bits <= 8 ? packed_bytes(cols, element_bits) : 2 * cols;
    std::size_t const block_rows = block.block_rows(rows);
    std::size_t const block_cols = block_shape::count(cols, block.cols);
    return {row_bytes, rows * row_bytes, block_rows, block_cols, block_rows * block_cols};
  }
  template <Scheme S>
  static constexpr quantized_size of(std::size_t rows, std::size_t cols) noexcept {
    quantized_size size = of(rows, cols, S::element::bits, typename S::granularity{}.block(rows, cols));
    if constexpr (TwoLevelScheme<S>) {
      block_shape const box = typename S::scale_rule::outer_granularity{}.block(rows, cols);
      size.outer_rows = box.block_rows(rows);
      size.outer_cols = block_shape::count(cols, box.cols);
      size.outer_count = size.outer_rows * size.outer_cols;
    }
    return size;
  }
};

namespace detail {

/// The scale that elements are multiplied with: the product of both levels, rounded once, not below the smallest normal
/// float. Needs fp_env.
inline float limited_scale(float product) noexcept {
  return bits_of(product) < bits_of(0x1p-126F) ? 0x1p-126F : product;
}
inline float effective_scale(float outer, float stored) noexcept { return limited_scale(multiply_once(outer, stored)); }

}  // namespace detail

/// A quantized matrix in the caller's memory.
///
/// Meaning   codes: rows runs of row_bytes bytes, dense, low bits first within a row (formats of more than 8 bits: two
///           bytes an element); scales: block_rows x block_cols, row-major; sizes from quantized_size::of<S>(rows, cols).
///           Affine schemes: zeros, one for each scale; schemes with an offset: offsets. Two levels: outer, as quantized_size says.
/// Requires  the pointers to hold that much; those that the scheme does not have stay null. Const = std::true_type for a
///           view that only reads.
template <Scheme S, class Const = std::false_type>
struct quantized_view {
  using scheme = S;
  template <class T>
  using maybe_const = std::conditional_t<Const::value, T const, T>;

  std::size_t rows = 0;
  std::size_t cols = 0;
  maybe_const<std::uint8_t>* codes = nullptr;
  maybe_const<typename S::stored_scale>* scales = nullptr;
  maybe_const<float>* outer = nullptr;
  maybe_const<typename S::element>* zeros = nullptr;
  maybe_const<typename S::stored_scale>* offsets = nullptr;

  /// The same for reading.
  constexpr quantized_view<S, std::true_type> as_const() const noexcept {
    return {rows, cols, codes, scales, outer, zeros, offsets};
  }

  constexpr block_shape block() const noexcept { return typename S::granularity{}.block(rows, cols); }
  constexpr quantized_size size() const noexcept { return quantized_size::of<S>(rows, cols); }
  constexpr maybe_const<std::uint8_t>* row(std::size_t i) const noexcept { return codes + i * size().row_bytes; }

  /// Which outer scale that of block (i, j) belongs to. Requires TwoLevelScheme<S>.
  constexpr std::size_t outer_index(std::size_t i, std::size_t j) const noexcept {
    block_shape const b = block();
    block_shape const box = typename S::scale_rule::outer_granularity{}.block(rows, cols);
    return box.block_row_of(b.first_row_of(i)) * size().outer_cols + j * b.cols / box.cols;
  }
  /// The factor of the elements of block (i, j), both levels in it. Needs fp_env where there are two.
  float block_scale(std::size_t i, std::size_t j) const noexcept {
    float const stored = scale::value(scales[i * size().block_cols + j]);
    if constexpr (TwoLevelScheme<S>) {
      return detail::effective_scale(outer[outer_index(i, j)], stored);
    } else {
      return stored;
    }
  }
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
    outer_.resize(size.outer_count);
    zeros_.resize(AffineScheme<S> ? size.scale_count : 0);
    offsets_.resize(OffsetScheme<S> ? size.scale_count : 0);
  }

  std::size_t rows() const noexcept { return rows_; }
  std::size_t cols() const noexcept { return cols_; }
  block_shape block() const noexcept { return typename S::granularity{}.block(rows_, cols_); }
  quantized_size size() const noexcept { return quantized_size::of<S>(rows_, cols_); }

  std::vector<std::uint8_t> const& codes() const noexcept { return codes_; }
  std::vector<stored_scale> const& scales() const noexcept { return scales_; }
  /// The outer scales of a scheme with two levels, else empty.
  std::vector<float> const& outer_scales() const noexcept { return outer_; }
  /// The zero points of an affine scheme, one for each scale, else empty.
  std::vector<element> const& zero_points() const noexcept { return zeros_; }
  /// The offsets of a scheme that has such, one for each scale, else empty.
  std::vector<stored_scale> const& offsets() const noexcept { return offsets_; }

  quantized_view<S> view() noexcept {
    return {rows_, cols_, codes_.data(), scales_.data(), outer_.data(), zeros_.data(), offsets_.data()};
  }
  const_quantized_view<S> view() const noexcept {
    return {rows_, cols_, codes_.data(), scales_.data(), outer_.data(), zeros_.data(), offsets_.data()};
  }

  /// The element at (i, j), unscaled.
  element code(std::size_t i, std::size_t j) const noexcept {
    std::uint8_t const* const row = codes_.data() + i * size().row_bytes;
    return from_bits<element>(row_order<element>::get(row, j, element::bits));
  }
  /// The stored scale of the element at (i, j).
  stored_scale scale(std::size_t i, std::size_t j) const noexcept {
    block_shape const b = block();
    return scales_[b.block_row_of(i) * size().block_cols + j / b.cols];
  }
  /// The zero point of the element at (i, j). Requires AffineScheme<S>.
  element zero_point(std::size_t i, std::size_t j) const noexcept {
    block_shape const b = block();
    return zeros_[b.block_row_of(i) * size().block_cols + j / b.cols];
  }
  /// The factor of the elements of block (i, j), both levels in it.
  float block_scale(std::size_t i, std::size_t j) const noexcept {
    kernel::fp_env const environment;
    return view().block_scale(i, j);
  }

  /// Bits an element, scales (stored in whole bytes) and zero points included; 0 for an empty matrix.
  double bits_per_element() const noexcept {
    std::size_t const elements = rows_ * cols_;
    constexpr double scale_bits = [] {
      if constexpr (std::is_same_v<stored_scale, float>) {
        return 32.0;
      } else {
        return 8.0 * sizeof(stored_scale);
      }
    }();
    double const bits = static_cast<double>(elements) * element::bits +
                        static_cast<double>(scales_.size() + offsets_.size()) * scale_bits +
                        static_cast<double>(outer_.size()) * 32.0 + static_cast<double>(zeros_.size()) * 8.0;
    return elements == 0 ? 0.0 : bits / static_cast<double>(elements);
  }

 private:
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
  std::vector<std::uint8_t> codes_;
  std::vector<stored_scale> scales_;
  std::vector<float> outer_;
  std::vector<element> zeros_;
  std::vector<stored_scale> offsets_;
};

}  // namespace lowp::inline LOWP_ABI
