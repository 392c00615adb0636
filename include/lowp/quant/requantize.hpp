// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/view.hpp>
#include <lowp/quant/quantize.hpp>
#include <lowp/quant/quantized_matrix.hpp>

namespace lowp::inline LOWP_ABI {

/// A quantized matrix in another scheme: quantize<To>(dequantize(q)). An FP8 network as INT8, for instance.
///
/// Errors    as quantize<To>.
/// Exact     the values of q, each rounded once to float, quantized by To.
/// Cost      a float copy of the matrix.
template <Scheme To, Scheme From, NanPolicy Nan = nan::error>
quantized_matrix<To> requantize(quantized_matrix<From> const& q, Nan nan = {}, typename To::rounding rounding = {},
                                typename To::scale_rule rule = {}) {
  std::vector<float> values(q.rows() * q.cols());
  dequantize_into(q, matrix_view<float>(values.data(), q.rows(), q.cols()));
  return quantize<To>(matrix_view<float const>(values.data(), q.rows(), q.cols()), nan, rounding, rule);
}

}  // namespace lowp::inline LOWP_ABI
