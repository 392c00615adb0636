// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/base/view.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/range.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/kernel/affine_code.hpp>
#include <lowp/kernel/fp_env.hpp>
#include <lowp/quant/quantize.hpp>

namespace lowp::inline LOWP_ABI {

/// What quantization makes of x, as floats: dequantize(quantize<S>(x)). For experiments that compute in float.
///
/// Shapes    out: as x; may be x itself.
/// Errors    as quantize.
/// Cost      a quantized copy of x in between.
template <Scheme S, NanPolicy Nan = nan::error>
void fake_quantize_into(matrix_view<float const> x, matrix_view<float> out, Nan nan = {},
                        typename S::rounding rounding = {}, typename S::scale_rule rule = {}) {
  detail::check_shape("fake_quantize_into", "out", x.rows(), x.cols(), out.rows(), out.cols());
  dequantize_into(quantize<S>(x, nan, rounding, rule), out);
}

/// The straight-through gradient of fake_quantize_into: mask(i, j) = 1 where x passed, 0 where the range cut it off, so that
/// the gradient of x is that of the output times the mask. q is what quantize<S> made of x.
///
/// Meaning   cut off: x / scale, rounded to nearest even as if the format had no end, lies outside the format. NaN and
///           infinities have mask 0.
/// Errors    error_code::shape, overlap.
/// Source    Bengio, Leonard and Courville, arXiv 1308.3432; the clipped form of PACT (arXiv 1805.06085).
template <Scheme S>
void fake_quantize_mask_into(matrix_view<float const> x, quantized_matrix<S> const& q, matrix_view<float> mask) {
  using element = typename S::element;
  detail::check_shape("fake_quantize_mask_into", "q", x.rows(), x.cols(), q.rows(), q.cols());
  detail::check_shape("fake_quantize_mask_into", "mask", x.rows(), x.cols(), mask.rows(), mask.cols());
  detail::check_overlap("fake_quantize_mask_into", "mask", detail::range_of(x), detail::range_of(mask));
  kernel::fp_env const environment;
  block_shape const block = q.block();
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t start = 0; start < x.cols(); start += block.cols) {
      float const scale = q.view().block_scale(block.block_row_of(i), start / block.cols);
      std::size_t const end = x.cols() - start < block.cols ? x.cols() : start + block.cols;
      for (std::size_t j = start; j < end; ++j) {
        float const ratio = detail::divide_once(x(i, j), scale);
        bool cut = !detail::is_finite(x(i, j));
        if constexpr (AffineScheme<S>) {
          auto const range = detail::integers_of<element>();
          std::int32_t const code = detail::round_to_integer(exact::from(ratio)) + detail::zero_of(q.zero_point(i, j));
          cut = cut || code < range.min || code > range.max;
        } else if constexpr (OffsetScheme<S>) {
          float const offset = scale::value(q.offsets()[block.block_row_of(i) * q.size().block_cols + j / block.cols]);
          std::int32_t const code =
              detail::round_to_integer(exact::from(detail::divide_once(detail::add_once(x(i, j), -offset), scale)));
          cut = cut || code < 0 || code > detail::integers_of<element>().max;
        } else {
          cut = cut || detail::rounds_out_of_range<element>(exact::from(ratio));
        }
        mask(i, j) = cut ? 0.0F : 1.0F;
      }
    }
  }
}

}  // namespace lowp::inline LOWP_ABI
