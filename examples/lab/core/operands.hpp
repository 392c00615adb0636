// SPDX-License-Identifier: Apache-2.0
//
// Operands as a treatment leaves them, by the run-time twins of the schemes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <lowp/base/view.hpp>
#include <lowp/quant/any_quantize.hpp>

#include "network.hpp"
#include "treatment.hpp"

namespace lab {

/// Whether `t` treats layer `index` at all.
bool treats(treatment const& t, std::size_t index) noexcept;

lowp::matrix_view<float const> weight_of(layer const& l);

/// The weight of `l` as codes and scales, recoded if `t` says so. Requires t.weights.
///
/// Errors  as quantize, with the layer's name; error_code::value for weights_recoded that is not of 8 bits, or with outer
///         scales for less than a row.
lowp::any_quantized_matrix quantized_weight(layer const& l, treatment const& t);

/// The scheme with which rows of activations or of the cache are quantized, each by itself.
///
/// Errors  error_code::value for what would make a row depend on the others: stochastic rounding, blocks of several rows.
lowp::any_scheme by_rows(lowp::any_scheme s);

/// The same with the scale that `s` gives a block of that magnitude, for every block.
lowp::any_scheme with_fixed_scale(lowp::any_scheme const& s, float absmax);

/// What the scheme makes of x, in place. `s` as by_rows gives it.
///
/// Errors    as quantize: a NaN where the format has none.
/// Exact     lowp::quantize and dequantize_into by the run-time twin.
void round_trip(lowp::any_scheme const& s, lowp::matrix_view<float> x);

}  // namespace lab
