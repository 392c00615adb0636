// SPDX-License-Identifier: Apache-2.0
//
// The left operand of a product without its type: quantized matrices, and plain ones of floats or of a format.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/base/view.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/gemm/operand_facts.hpp>
#include <lowp/gemm/packed_weights.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/quant/quantized_matrix.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// Activations m x k as the driver sees them.
struct activation_matrix {
  std::size_t rows = 0;
  std::size_t cols = 0;
  operand_facts facts;
  std::uint8_t const* data = nullptr;
  std::size_t row_bytes = 0;
  std::size_t data_bytes = 0;  ///< from the first byte to the last, for overlap checks
  int element_bits = 32;
  /// `count` elements from the byte at `codes` on, on which the first of them starts.
  void (*decode)(std::uint8_t const* codes, float* out, std::size_t count) noexcept = nullptr;
  float const* values = nullptr;  ///< instead of decode: of each code; dense rows, low bits first (16 bits: words)

  void const* scales = nullptr;  ///< nullptr: none
  float (*scale_at)(void const* scales, std::size_t index) noexcept = nullptr;
  block_shape block = {1, 1};  ///< that share scales
  std::size_t groups = 1;      ///< scales in a row
  std::size_t group = 0;       ///< elements of k that share a scale; cols where one serves the row
  bool has_groups = false;     ///< scales inside the sum
  float tensor_scale = 1.0F;   ///< the outer of two scales, behind the sum

  float row_scale(std::size_t row) const noexcept {
    return scales == nullptr || has_groups ? 1.0F : scale_at(scales, block.block_row_of(row) * groups);
  }
  float group_scale(std::size_t row, std::size_t g) const noexcept {
    return scale_at(scales, block.block_row_of(row) * groups + g);
  }
  /// Decodes `count` elements of a row from k = `first`, a multiple of 8.
  void decode_run(std::size_t row, std::size_t first, std::size_t count, float* out) const noexcept {
    std::uint8_t const* const codes = data + row * row_bytes;
    if (values == nullptr) {
      decode(codes + first / 8 * static_cast<std::size_t>(element_bits), out, count);
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = values[element_bits <= 8 ? bit_order::low_first::get(codes, first + i, element_bits)
                                        : bit_order::padded::get(codes, first + i, element_bits)];
    }
  }
};

template <ScaleStorage Stored>
float scale_value_at(void const* scales, std::size_t index) noexcept {
  return scale::value(static_cast<Stored const*>(scales)[index]);
}

template <Format F, class Order>
auto decoder_for_this_thread() {
  using function = void (*)(std::uint8_t const*, float*, std::size_t) noexcept;
  return kernel::dispatch([](auto tag) -> function {
    return [](std::uint8_t const* in, float* out, std::size_t n) noexcept {
      kernel::decode_slot<decltype(tag), F, Order>::run(in, out, n);
    };
  });
}

template <Scheme S, class Const>
activation_matrix activations_of(quantized_view<S, Const> x) {
  using element = typename S::element;
  static_assert(!OffsetScheme<S>, "lowp::gemm: float zero points are not served; dequantize, or use scale::minmax");
  static_assert(!AffineScheme<S>,
                "lowp::gemm: activations with zero points are not served; quantize them symmetrically");
  constexpr outer_place place = outer_place_of<S>();
  static_assert(place == outer_place::none || place == outer_place::tensor,
                "lowp::gemm: of two levels of activation scales the outer one spans the tensor");
  activation_matrix a;
  a.rows = x.rows;
  a.cols = x.cols;
  if constexpr (place == outer_place::tensor) {
    a.tensor_scale = x.rows == 0 || x.cols == 0 ? 1.0F : x.outer[0];
  }
  a.facts = facts_as_operand<element>;
  a.data = x.codes;
  a.row_bytes = x.size().row_bytes;
  a.data_bytes = x.size().code_bytes;
  a.element_bits = element::bits <= 8 ? element::bits : 16;
  a.decode = decoder_for_this_thread<element, row_order<element>>();
  a.scales = x.scales;
  a.scale_at = &scale_value_at<typename S::stored_scale>;
  a.block = x.block();
  a.groups = x.size().block_cols;
  a.group = x.block().cols;
  a.has_groups = !one_scale_per_row<typename S::granularity>;
  return a;
}

template <Scheme S>
activation_matrix activations_of(quantized_matrix<S> const& x) {
  return activations_of(x.view());
}

template <class T>
concept FloatElement = std::same_as < std::remove_const_t<T>,
float > ;
template <class T>
concept FormatElement = Format<std::remove_const_t<T>>;

template <FloatElement T>
activation_matrix activations_of(matrix_view<T> x) {
  activation_matrix a;
  a.rows = x.rows();
  a.cols = x.cols();
  a.facts = binary32_facts;
  a.data = reinterpret_cast<std::uint8_t const*>(x.data());
  a.row_bytes = x.row_stride() * sizeof(float);
  a.data_bytes = x.empty() ? 0 : ((x.rows() - 1) * x.row_stride() + x.cols()) * sizeof(float);
  a.decode = [](std::uint8_t const* in, float* out, std::size_t n) noexcept {
    std::memcpy(out, in, n * sizeof(float));
  };
  a.group = x.cols() == 0 ? 1 : x.cols();
  return a;
}

template <FormatElement T>
activation_matrix activations_of(matrix_view<T> x) {
  using element = std::remove_const_t<T>;
  activation_matrix a;
  a.rows = x.rows();
  a.cols = x.cols();
  a.facts = facts_as_operand<element>;
  a.data = reinterpret_cast<std::uint8_t const*>(x.data());
  a.row_bytes = x.row_stride() * sizeof(element);
  a.data_bytes = x.empty() ? 0 : ((x.rows() - 1) * x.row_stride() + x.cols()) * sizeof(element);
  a.element_bits = 8 * static_cast<int>(sizeof(element));
  a.decode = decoder_for_this_thread<element, bit_order::padded>();
  a.group = x.cols() == 0 ? 1 : x.cols();
  return a;
}

}  // namespace lowp::inline LOWP_ABI::detail
