// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>
#include <lowp/base/view.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/kernel/affine_code.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/kernel/fp_env.hpp>
#include <lowp/policy/guarantee.hpp>
#include <lowp/policy/nan.hpp>
#include <lowp/quant/blocks.hpp>
#include <lowp/quant/cast_into.hpp>
#include <lowp/quant/quantized_matrix.hpp>
#include <lowp/quant/scale_stage.hpp>
#include <lowp/scale/scheme.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// The values of n stored scales. Needs fp_env.
template <ScaleStorage Stored>
void scale_values(Stored const* stored, std::size_t n, float* values) noexcept {
  if constexpr (std::same_as<Stored, float>) {
    std::copy_n(stored, n, values);
  } else {
    kernel::decode<Stored, bit_order::padded>(reinterpret_cast<std::uint8_t const*>(stored), values, n);
  }
}

/// The factors of the elements of `blocks` blocks of a row of blocks, both levels in them. Needs fp_env.
template <TwoLevelScheme S, class Const>
void effective_scales(quantized_view<S, Const> q, std::size_t block_row, std::size_t first, std::size_t blocks,
                      float* factors) noexcept {
  scale_values(q.scales + block_row * q.size().block_cols + first, blocks, factors);
  std::size_t end = 0;
  for (std::size_t k = 0; k < blocks; k = end) {
    std::size_t const box = q.outer_index(block_row, first + k);
    end = blocks;
    if (q.outer_index(block_row, first + end - 1) != box) {
      for (end = k + 1; q.outer_index(block_row, first + end) == box; ++end) {
      }
    }
    kernel::dispatch(
        [&](auto tag) { kernel::row_slot<decltype(tag)>::scale_limited(factors + k, q.outer[box], end - k); });
  }
}

/// From the first to the last element of a view.
template <class T>
memory_range range_of(matrix_view<T> x) noexcept {
  return memory_range::of(x.data(), x.empty() ? 0 : ((x.rows() - 1) * x.row_stride() + x.cols()) * sizeof(T));
}

inline void check_shape(char const* function, char const* argument, std::size_t rows, std::size_t cols,
                        std::size_t out_rows, std::size_t out_cols) {
  if (rows != out_rows || cols != out_cols) {
    raise(error(error_code::shape, argument, rows != out_rows ? 0 : 1, rows != out_rows ? out_rows : out_cols,
                std::string(function) + ": " + argument + " is " + std::to_string(out_rows) + " x " +
                    std::to_string(out_cols) + ", expected " + std::to_string(rows) + " x " + std::to_string(cols)));
  }
}

inline void check_overlap(char const* function, char const* argument, memory_range a, memory_range b) {
  if (overlap(a, b)) {
    std::string message(function);  // by +=: GCC 12 warns of the moves in a chain of + (its bug 105329)
    message += ": ";
    message += argument;
    message += " overlaps another argument's memory";
    raise(error(error_code::overlap, argument, message));
  }
}

/// A quantized view has all the parts of its scheme.
template <Scheme S, class Const>
void check_parts(char const* function, char const* argument, quantized_view<S, Const> q) {
  quantized_size const size = q.size();
  auto const require = [&](char const* part, void const* pointer, bool needed) {
    if (needed && pointer == nullptr) {
      std::string const name = std::string(argument) + "." + part;
      raise(error(error_code::size, name, std::string(function) + ": " + name + " is null"));
    }
  };
  require("codes", q.codes, size.code_bytes != 0);
  require("scales", q.scales, size.scale_count != 0);
  require("outer", q.outer, size.outer_count != 0);
  require("zeros", q.zeros, AffineScheme<S> && size.scale_count != 0);
  require("offsets", q.offsets, OffsetScheme<S> && size.scale_count != 0);
}

/// A quantized view's memory exists, and overlaps neither x nor itself.
template <Scheme S, class Const>
void check_destination(matrix_view<float const> x, quantized_view<S, Const> out) {
  quantized_size const size = out.size();
  struct part {
    char const* name;
    memory_range range;
  };
  part parts[] = {
      {"out.codes", memory_range::of(out.codes, size.code_bytes)},
      {"out.scales", memory_range::of(out.scales, size.scale_count * sizeof(*out.scales))},
      {"out.outer", memory_range::of(out.outer, size.outer_count * sizeof(float))},
      {"out.zeros", memory_range::of(out.zeros, AffineScheme<S> ? size.scale_count : 0)},
      {"out.offsets", memory_range::of(out.offsets, OffsetScheme<S> ? size.scale_count * sizeof(*out.offsets) : 0)}};
  check_parts("quantize_into", "out", out);
  for (std::size_t i = 0; i < std::size(parts); ++i) {
    check_overlap("quantize_into", parts[i].name, range_of(x), parts[i].range);
    for (std::size_t j = 0; j < i; ++j) {
      check_overlap("quantize_into", parts[i].name, parts[j].range, parts[i].range);
    }
  }
}

/// What stands beside the scales of a scheme.
template <Scheme S>
using shift_of = std::conditional_t<AffineScheme<S>, kernel::shift::zero_point, kernel::shift::offset>;

/// Zero points as floats.
template <IntegerFormat F>
void zero_values(F const* zeros, std::size_t n, float* values) noexcept {
  kernel::decode<F, bit_order::padded>(reinterpret_cast<std::uint8_t const*>(zeros), values, n);
}

}  // namespace detail

/// Quantizes a matrix into the caller's memory.
///
/// Meaning   for each block of the granularity: scale = the rule's, from the greatest finite magnitude or from all values,
///           rounded to the stored type; code = cast<Element>(x / scale), the quotient rounded once to float. A block
///           without a nonzero finite element has scale 1 and the codes of 0. Affine: code = round(x / scale) + zero point,
///           kept in range. Two levels: scale = outer * stored, see scale::two_level. An infinity follows the overflow
///           policy and does not drive the scale. A NaN becomes the element format's NaN; if it has none, `nan` decides.
///           scale::follow names other conventions for blocks with NaN, infinities or zeros only.
/// Shapes    x: rows x cols; out: the same, memory as quantized_view says. Blocks at the edges may be smaller.
/// Errors    error_code::shape, overlap; value for a NaN without a home (row and column are named) and for a scale
///           that underflows or overflows its stored type. Nothing is written in any of these cases; with guarantee::basic{}
///           as the last argument `out` holds anything after the last two.
/// Exact     bit-identical on every ISA, for every rounding mode, FTZ/DAZ and fast-math flag.
/// Cost      under guarantee::basic one pass over x, two over each panel of it in the nearest cache: the first finds the blocks'
///           magnitudes. Under guarantee::strong, where something can fail (an element format without NaN under nan::error, a
///           stored scale that may not fit), the first goes over all of x before the other begins; beyond 16384 blocks it is then
///           repeated for each panel. So it is with two levels and rules that search, always. Allocates a float a block, for at
///           most 16384 blocks but with two levels; rules that search and affine ones allocate the scales; nothing under
///           guarantee::basic but with two levels and searches.
template <Scheme S, NanPolicy Nan = nan::error, GuaranteePolicy Guarantee = guarantee::strong>
void quantize_into(matrix_view<float const> x, quantized_view<S> out, Nan = {}, typename S::rounding rounding = {},
                   typename S::scale_rule rule = {}, Guarantee = {}) {
  using element = typename S::element;
  using order = row_order<element>;
  quantized_size const size = out.size();
  detail::check_shape("quantize_into", "out", x.rows(), x.cols(), out.rows, out.cols);
  if (x.empty()) {
    return;
  }
  detail::check_destination(x, out);
  kernel::fp_env const environment;
  block_shape const block = out.block();
  detail::scale_stage<S, Nan, Guarantee> stage(x, out, rounding, rule);
  detail::for_each_panel(x.rows(), x.cols(), block, [&](detail::block_panel const& p) {
    float scales[detail::blocks_at_once];
    stage(p, scales);
    std::size_t const offset = element::bits <= 8 ? packed_bytes(p.first_col, element::bits) : 2 * p.first_col;
    [[maybe_unused]] std::size_t const first = p.block_row * size.block_cols + p.block_col;
    [[maybe_unused]] float shifts[detail::blocks_at_once];
    if constexpr (AffineScheme<S>) {
      detail::zero_values(out.zeros + first, p.blocks, shifts);
    } else if constexpr (OffsetScheme<S>) {
      detail::scale_values(out.offsets + first, p.blocks, shifts);
    }
    for (auto run = p.first_run(); !run.empty(); run = p.next_run(run)) {
      for (std::size_t row = run.first; row < run.last; ++row) {
        auto const r = rounding::at(rounding, row * x.cols() + p.first_col);
        float const* const in = x.row(row).data() + p.first_col;
        if constexpr (AffineScheme<S> || OffsetScheme<S>) {
          kernel::shifted_quantize<element, order, detail::shift_of<S>>(in, out.row(row) + offset, p.cols, scales,
                                                                        shifts, p.group, r);
        } else {
          kernel::quantize<element, order>(stage.cleared(in, p), out.row(row) + offset, p.cols, scales, p.group, r,
                                           typename S::overflow{}, Nan{});
        }
      }
    }
  });
}

/// quantize_into under a guarantee and the other defaults.
template <Scheme S, GuaranteePolicy Guarantee>
void quantize_into(matrix_view<float const> x, quantized_view<S> out, Guarantee promise) {
  quantize_into<S>(x, out, nan::error{}, typename S::rounding{}, typename S::scale_rule{}, promise);
}

/// quantize_into a matrix of the same size that exists; nothing is allocated but what quantize_into names.
template <Scheme S, NanPolicy Nan = nan::error, GuaranteePolicy Guarantee = guarantee::strong>
void quantize_into(matrix_view<float const> x, quantized_matrix<S>& out, Nan nan = {},
                   typename S::rounding rounding = {}, typename S::scale_rule rule = {}, Guarantee promise = {}) {
  quantize_into<S>(x, out.view(), nan, rounding, rule, promise);
}

template <Scheme S, GuaranteePolicy Guarantee>
void quantize_into(matrix_view<float const> x, quantized_matrix<S>& out, Guarantee promise) {
  quantize_into<S>(x, out.view(), promise);
}

/// Quantizes a matrix; the result owns its memory. See quantize_into; nobody sees what an error leaves behind, so this is one
/// pass over x.
template <Scheme S, NanPolicy Nan = nan::error>
quantized_matrix<S> quantize(matrix_view<float const> x, Nan nan = {}, typename S::rounding rounding = {},
                             typename S::scale_rule rule = {}) {
  quantized_matrix<S> q(x.rows(), x.cols());
  quantize_into<S>(x, q.view(), nan, rounding, rule, guarantee::basic{});
  return q;
}

#if LOWP_HAS_EXCEPTIONS
/// quantize, with an error as a value: for data that comes from outside.
template <Scheme S, NanPolicy Nan = nan::error>
result<quantized_matrix<S>> try_quantize(matrix_view<float const> x, Nan nan = {}, typename S::rounding rounding = {},
                                         typename S::scale_rule rule = {}) {
  try {
    return quantize<S>(x, nan, rounding, rule);
  } catch (error const& e) {
    return e;
  }
}
#endif

/// Dequantizes: out(i, j) = decode(code) * scale, or (code - zero point) * scale, rounded once to float; with an offset,
/// code * scale + offset.
///
/// Errors    error_code::shape where out has another size, error_code::overlap.
/// Exact     bit-identical on every ISA.
template <Scheme S, class Const>
void dequantize_into(quantized_view<S, Const> q, matrix_view<float> out) {
  using element = typename S::element;
  quantized_size const size = q.size();
  detail::check_shape("dequantize_into", "out", q.rows, q.cols, out.rows(), out.cols());
  if (out.empty()) {
    return;
  }
  detail::check_parts("dequantize_into", "q", q);
  detail::check_overlap("dequantize_into", "out", detail::memory_range::of(q.codes, size.code_bytes),
                        detail::range_of(out));
  detail::check_overlap("dequantize_into", "out",
                        detail::memory_range::of(q.scales, size.scale_count * sizeof(*q.scales)),
                        detail::range_of(out));
  if constexpr (TwoLevelScheme<S>) {
    detail::check_overlap("dequantize_into", "out", detail::memory_range::of(q.outer, size.outer_count * sizeof(float)),
                          detail::range_of(out));
  }
  if constexpr (AffineScheme<S>) {
    detail::check_overlap("dequantize_into", "out", detail::memory_range::of(q.zeros, size.scale_count),
                          detail::range_of(out));
  }
  if constexpr (OffsetScheme<S>) {
    detail::check_overlap("dequantize_into", "out",
                          detail::memory_range::of(q.offsets, size.scale_count * sizeof(*q.offsets)),
                          detail::range_of(out));
  }
  kernel::fp_env const environment;
  block_shape const block = q.block();
  std::size_t const at_once = detail::panel_blocks(block.cols);
  for (std::size_t row = 0; row < q.rows; ++row) {
    for (std::size_t j = 0; j < size.block_cols; j += at_once) {
      std::size_t const blocks = size.block_cols - j < at_once ? size.block_cols - j : at_once;
      float scales[detail::blocks_at_once];
      if constexpr (TwoLevelScheme<S>) {
        detail::effective_scales(q, block.block_row_of(row), j, blocks, scales);
      } else {
        detail::scale_values(q.scales + block.block_row_of(row) * size.block_cols + j, blocks, scales);
      }
      std::size_t const col = j * block.cols;
      std::size_t const count = j + blocks == size.block_cols ? q.cols - col : blocks * block.cols;
      std::size_t const group = block.cols < count ? block.cols : count;
      std::size_t const offset = element::bits <= 8 ? packed_bytes(col, element::bits) : 2 * col;
      float* const to = out.row(row).data() + col;
      if constexpr (AffineScheme<S> || OffsetScheme<S>) {
        std::size_t const first = block.block_row_of(row) * size.block_cols + j;
        float shifts[detail::blocks_at_once];
        if constexpr (AffineScheme<S>) {
          detail::zero_values(q.zeros + first, blocks, shifts);
        } else {
          detail::scale_values(q.offsets + first, blocks, shifts);
        }
        kernel::shifted_dequantize<element, row_order<element>, detail::shift_of<S>>(
            q.row(row) + offset, to, count, scales, shifts, group, out.size() * sizeof(float));
      } else {
        kernel::dequantize<element, row_order<element>>(q.row(row) + offset, to, count, scales, group,
                                                        out.size() * sizeof(float));
      }
    }
  }
  if (kernel::streams(out.size() * sizeof(float))) {
    kernel::end_streams();
  }
}

template <Scheme S>
void dequantize_into(quantized_matrix<S> const& q, matrix_view<float> out) {
  dequantize_into(q.view(), out);
}

}  // namespace lowp::inline LOWP_ABI
