// SPDX-License-Identifier: Apache-2.0
#include "operands.hpp"

#include <string>
#include <utility>

#include <lowp/base/error.hpp>

namespace lab {
namespace {

[[noreturn]] void refuse(std::string const& what) {
  lowp::detail::raise(lowp::error(lowp::error_code::value, "treatment", "treatment: " + what));
}

/// decode(code) * scale for each element; scales are read once a block. With `recoded`, code * stored scale is rounded to
/// that format before it meets the outer scale.
void dequantize(lowp::any_quantized_matrix const& q, std::optional<lowp::any_format> const& recoded,
                lowp::matrix_view<float> out) {
  lowp::block_shape const block = q.block();
  lowp::any_scheme const& s = q.scheme();
  for (std::size_t i = 0; i < q.rows(); ++i) {
    for (std::size_t g = 0; g * block.cols < q.cols(); ++g) {
      std::size_t const at = i / block.rows * q.size().block_cols + g;
      std::size_t const end = q.cols() - g * block.cols < block.cols ? q.cols() : (g + 1) * block.cols;
      float const scale = q.block_scale(i / block.rows, g);
      auto const zero = s.scale.is_affine() ? static_cast<float>(q.zero_points()[at]) : 0.0F;
      for (std::size_t j = g * block.cols; j < end; ++j) {
        float const value = s.element.decode(q.code(i, j)) - zero;
        if (recoded) {
          float const stored = s.scale.stored ? s.scale.stored->decode(q.scale_codes()[at]) : scale;
          float const outer = q.outer_scales().empty() ? 1.0F : q.outer_scales()[q.outer_index(i / block.rows, g)];
          out(i, j) = recoded->round(value * stored) * outer;
        } else {
          out(i, j) = value * scale;
        }
      }
    }
  }
}

}  // namespace

bool treats(treatment const& t, std::size_t index) noexcept { return !t.only_layer || *t.only_layer == index; }

lowp::matrix_view<float const> weight_of(layer const& l) { return {l.weight.data(), l.outputs, l.inputs}; }

lowp::any_quantized_matrix quantized_weight(layer const& l, treatment const& t) {
  try {
    if (!t.weights_before) {
      return lowp::quantize(*t.weights, weight_of(l));
    }
    lowp::any_quantized_matrix const before = lowp::quantize(*t.weights_before, weight_of(l));
    std::vector<float> values(l.weight.size());
    dequantize(before, std::nullopt, {values.data(), l.outputs, l.inputs});
    return lowp::quantize(*t.weights, {values.data(), l.outputs, l.inputs});
  } catch (lowp::error const& e) {
    lowp::detail::raise(lowp::error(e.code(), e.argument(), e.axis(), e.index(), "layer " + l.name + ": " + e.what()));
  }
}

std::vector<float> treated_weight(network const& net, std::size_t index, treatment const& t) {
  layer const& l = net.layers()[index];
  std::vector<float> values(l.weight.begin(), l.weight.end());
  lowp::matrix_view<float> const view(values.data(), l.outputs, l.inputs);
  if (treats(t, index) && t.weights) {
    dequantize(quantized_weight(l, t), t.weights_recoded, view);
  } else if (treats(t, index) && t.weights_before) {
    treatment only_before;
    only_before.weights = t.weights_before;
    dequantize(quantized_weight(l, only_before), std::nullopt, view);
  }
  return values;
}

lowp::any_scheme by_rows(lowp::any_scheme s) {
  using kind = lowp::rounding::any::kind;
  if (s.rounding.which == kind::stochastic_philox || s.rounding.which == kind::stochastic_counter_hash) {
    refuse("stochastic rounding of activations would depend on what else is in the batch");
  }
  auto const one_row = [](lowp::any_granularity& g) {
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

void round_trip(lowp::any_scheme const& s, lowp::matrix_view<float> x) {
  dequantize(lowp::quantize(s, x), std::nullopt, x);
}

}  // namespace lab
