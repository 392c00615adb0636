// SPDX-License-Identifier: Apache-2.0
#include "operands.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
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

void round_trip_by_codes(lowp::any_scheme const& s, lowp::matrix_view<float> x) { dequantize(lowp::quantize(s, x), x); }

bool rounds_by_arithmetic(lowp::any_scheme const& s) {
  using kind = lowp::any_scale::kind;
  bool const plain_scale =
      s.scale.which == kind::absmax || s.scale.which == kind::power_of_two || s.scale.which == kind::fixed;
  // Ties go by the last bit of the mantissa, which there must be; what is rounded away must be bits of a float.
  bool const has_last_bit = s.element.is_minifloat() && s.element.layout().mantissa_bits > 0;
  bool const plain_format = (s.element.is_integer() || has_last_bit) && s.element.bits() <= 16 &&
                            s.element.facts().lowest < 0.0F && s.element.facts().min_normal >= 0x1p-100F;
  return plain_scale && plain_format && !s.scale.outer && s.granularity.rows == 1 &&
         s.rounding.which == lowp::rounding::any::kind::nearest_even &&
         s.overflow.which == lowp::overflow::any::kind::saturate;
}

namespace {

/// x to the format's nearest number, to even, beyond its range to its ends. Requires x finite.
///
/// The last place of a number in [2^e, 2^(e+1)) is 2^(e - M), below the smallest normal number that of the smallest normal.
/// Adding 1.5 * 2^23 of them and subtracting them again leaves a multiple of it, rounded by the float addition.
struct grid {
  explicit grid(lowp::any_format const& f)
      : lowest(f.facts().lowest),
        greatest(f.facts().max),
        smallest(lowp::detail::bits_of(f.is_integer() ? 1.0F : f.facts().min_normal)),
        mantissa_bits(f.is_integer() ? 0 : static_cast<std::uint32_t>(f.layout().mantissa_bits)),
        is_integer(f.is_integer()) {}

  float nearest(float x) const noexcept {
    std::uint32_t const magnitude = lowp::detail::bits_of(x) & 0x7fff'ffffU;
    std::uint32_t const base = is_integer || magnitude < smallest ? smallest : magnitude;
    float const shift = std::bit_cast<float>((base & 0x7f80'0000U) + ((23U - mantissa_bits) << 23U) + 0x40'0000U);
    float const clipped = x < lowest ? lowest : x > greatest ? greatest : x;
    return (clipped + shift) - shift;
  }

  float lowest;
  float greatest;
  std::uint32_t smallest;
  std::uint32_t mantissa_bits;
  bool is_integer;
};

}  // namespace

void round_trip(lowp::any_scheme const& s, lowp::matrix_view<float> x) {
  if (x.empty()) {
    return;
  }
  std::size_t const group = s.granularity.block(1, x.cols()).cols;
  std::size_t const groups = (x.cols() + group - 1) / group;
  bool usable = rounds_by_arithmetic(s);
  // 1. The scales are those of a matrix that holds the greatest magnitude of each group.
  std::vector<float> greatest(usable ? x.rows() * groups : 0);
  for (std::size_t i = 0; usable && i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) {
      float& g = greatest[i * groups + j / group];
      float const magnitude = std::abs(x(i, j));
      usable = usable && magnitude <= std::numeric_limits<float>::max();  // a NaN or an infinity: by codes
      g = magnitude > g ? magnitude : g;
    }
  }
  if (!usable) {
    round_trip_by_codes(s, x);
    return;
  }
  lowp::any_scheme of_one = s;
  of_one.granularity = {1, 1};
  lowp::any_quantized_matrix const scales = lowp::quantize(of_one, {greatest.data(), x.rows(), groups});
  // 2. The elements.
  grid const to(s.element);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t g = 0; g < groups; ++g) {
      float const scale = scales.block_scale(i, g);
      std::size_t const end = x.cols() - g * group < group ? x.cols() : (g + 1) * group;
      for (float& v : x.row(i).subspan(g * group, end - g * group)) {
        v = to.nearest(v / scale) * scale;
      }
    }
  }
}

}  // namespace lab
