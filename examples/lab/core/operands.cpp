// SPDX-License-Identifier: Apache-2.0
#include "operands.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <utility>

#include <lowp/base/error.hpp>

namespace lab {
namespace {

[[noreturn]] void refuse(std::string const& what) {
  lowp::detail::raise(lowp::error(lowp::error_code::value, "treatment", "treatment: " + what));
}

/// decode(code) * scale for each element; scales are read once a block.
void dequantize(lowp::any_quantized_matrix const& q, lowp::matrix_view<float> out) {
  lowp::block_shape const block = q.block();
  lowp::any_scheme const& s = q.scheme();
  for (std::size_t i = 0; i < q.rows(); ++i) {
    for (std::size_t g = 0; g * block.cols < q.cols(); ++g) {
      std::size_t const block_row = block.block_row_of(i);
      std::size_t const at = block_row * q.size().block_cols + g;
      std::size_t const end = q.cols() - g * block.cols < block.cols ? q.cols() : (g + 1) * block.cols;
      float const scale = q.block_scale(block_row, g);
      auto const zero = s.scale.is_affine() ? static_cast<float>(q.zero_points()[at]) : 0.0F;
      float const offset = s.scale.has_offset() ? q.offset(block_row, g) : 0.0F;
      for (std::size_t j = g * block.cols; j < end; ++j) {
        float const value = (s.element.decode(q.code(i, j)) - zero) * scale;
        out(i, j) = s.scale.has_offset() ? value + offset : value;
      }
    }
  }
}

/// The run-time twin of lowp::fold_scales: code x stored scale, rounded once to `to`; the outer scale stays outside.
lowp::any_quantized_matrix folded(lowp::any_quantized_matrix const& q, lowp::any_format const& to) {
  lowp::any_scheme const& from = q.scheme();
  bool const by_row = from.scale.outer && from.scale.outer->boxes.rows == 1;
  bool const follows_rows = !from.scale.outer || from.scale.outer->boxes.cols == 0;
  if (to.bits() != 8 || !follows_rows || from.scale.is_affine() || from.scale.has_offset()) {
    refuse("weights can be recoded to formats of 8 bits, symmetric, with outer scales for the tensor or a row");
  }
  lowp::any_scheme s{to};
  s.granularity = {by_row ? std::size_t{1} : 0, 0};
  lowp::any_quantized_matrix out(s, q.rows(), q.cols());
  lowp::block_shape const block = q.block();
  for (std::size_t i = 0; i < q.rows(); ++i) {
    for (std::size_t j = 0; j < q.cols(); ++j) {
      std::uint32_t const code = q.scale_codes()[block.block_row_of(i) * q.size().block_cols + j / block.cols];
      float const stored = from.scale.stored ? from.scale.stored->decode(code) : std::bit_cast<float>(code);
      // The product of two numbers of at most 8 and 24 bits, rounded once.
      double const product = static_cast<double>(from.element.decode(q.code(i, j))) * static_cast<double>(stored);
      out.codes()[i * out.size().row_bytes + j] = static_cast<std::uint8_t>(to.encode(product));
    }
  }
  for (std::size_t i = 0; i < out.scale_codes().size(); ++i) {
    out.scale_codes()[i] = std::bit_cast<std::uint32_t>(from.scale.outer ? q.outer_scales()[i] : 1.0F);
  }
  return out;
}

}  // namespace

bool treats(treatment const& t, std::size_t index) noexcept { return !t.only_layer || *t.only_layer == index; }

lowp::matrix_view<float const> weight_of(layer const& l) { return {l.weight.data(), l.outputs, l.inputs}; }

lowp::any_quantized_matrix quantized_weight(layer const& l, treatment const& t) {
  try {
    std::vector<float> values(l.weight.begin(), l.weight.end());
    lowp::matrix_view<float> const view(values.data(), l.outputs, l.inputs);
    if (t.weights_before) {
      dequantize(lowp::quantize(*t.weights_before, weight_of(l)), view);
    }
    lowp::any_quantized_matrix q = lowp::quantize(*t.weights, view);
    return t.weights_recoded ? folded(q, *t.weights_recoded) : q;
  } catch (lowp::error const& e) {
    lowp::detail::raise(lowp::error(e.code(), e.argument(), e.axis(), e.index(), "layer " + l.name + ": " + e.what()));
  }
}

std::vector<float> treated_weight(network const& net, std::size_t index, treatment const& t) {
  layer const& l = net.layers()[index];
  std::vector<float> values(l.weight.begin(), l.weight.end());
  lowp::matrix_view<float> const view(values.data(), l.outputs, l.inputs);
  if (treats(t, index) && t.weights) {
    dequantize(quantized_weight(l, t), view);
  } else if (treats(t, index) && t.weights_before) {
    treatment only_before;
    only_before.weights = t.weights_before;
    dequantize(quantized_weight(l, only_before), view);
  }
  return values;
}

lowp::any_scheme by_rows(lowp::any_scheme s) {
  using kind = lowp::rounding::any::kind;
  if (s.rounding.which == kind::stochastic_philox || s.rounding.which == kind::stochastic_counter_hash) {
    refuse("stochastic rounding of activations would depend on what else is in the batch");
  }
  auto const one_row = [](lowp::any_granularity& g) {
    if (g.tile != lowp::tile_shape{}) {
      refuse("activations in tiles would depend on what else is in the batch; expected blocks of one row");
    }
    if (g.rows > 1) {
      refuse("activations in blocks of " + std::to_string(g.rows) +
             " rows would depend on what else is in the batch; expected blocks of one row");
    }
    g.rows = 1;
  };
  one_row(s.granularity);
  if (s.scale.outer) {
    one_row(s.scale.outer->boxes);
  }
  return s;
}

lowp::any_scheme with_fixed_scale(lowp::any_scheme const& s, float absmax) {
  lowp::any_scheme of_one = s;
  of_one.granularity = {1, 1};
  of_one.scale.outer.reset();
  lowp::any_scheme fixed = s;
  fixed.scale = {};
  fixed.scale.which = lowp::any_scale::kind::fixed;
  fixed.scale.stored = s.scale.stored;
  fixed.scale.fixed = lowp::quantize(of_one, {&absmax, 1, 1}).block_scale(0, 0);
  return fixed;
}

void round_trip(lowp::any_scheme const& s, lowp::matrix_view<float> x) { dequantize(lowp::quantize(s, x), x); }

}  // namespace lab
