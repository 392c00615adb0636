// SPDX-License-Identifier: Apache-2.0
#include "executions.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <lowp/quant/any_quantize.hpp>

namespace lab {

watched::watched(network const& net) : inner_(fake_quantized(net, {})), layers_(net.layers().size()) {}

void watched::multiply(std::size_t layer, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) {
  layer_traffic& traffic = layers_[layer];
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (float const value : x.row(i)) {
      traffic.greatest = std::max(traffic.greatest, std::fabs(value));
      traffic.squares += static_cast<double>(value) * static_cast<double>(value);
    }
  }
  traffic.numbers += x.rows() * x.cols();
  traffic.rows += x.rows();
  inner_->multiply(layer, x, y);
}

statically_scaled::statically_scaled(std::unique_ptr<products> inner, lowp::any_scheme const& scheme,
                                     std::span<float const> scales)
    : inner_(std::move(inner)) {
  for (float const scale : scales) {
    schemes_.push_back(scheme);
    schemes_.back().granularity = {0, 0};
    schemes_.back().scale = {};
    schemes_.back().scale.which = lowp::any_scale::kind::fixed;
    schemes_.back().scale.fixed = scale;
  }
}

void statically_scaled::multiply(std::size_t layer, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) {
  rounded_.resize(x.rows() * x.cols());
  lowp::matrix_view<float> const rounded(rounded_.data(), x.rows(), x.cols());
  lowp::dequantize_into(lowp::quantize(schemes_[layer], x), rounded);
  inner_->multiply(layer, lowp::matrix_view<float const>(rounded_.data(), x.rows(), x.cols()), y);
}

one_layer::one_layer(std::size_t layer, std::unique_ptr<products> chosen, std::unique_ptr<products> others)
    : layer_(layer), chosen_(std::move(chosen)), others_(std::move(others)) {}

void one_layer::multiply(std::size_t layer, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) {
  (layer == layer_ ? chosen_ : others_)->multiply(layer, x, y);
}

std::vector<float> rounded_weights(layer const& l, lowp::any_scheme const& scheme) {
  std::vector<float> out(l.weight.size());
  lowp::matrix_view<float const> const w(l.weight.data(), l.outputs, l.inputs);
  lowp::dequantize_into(lowp::quantize(scheme, w), lowp::matrix_view<float>(out.data(), l.outputs, l.inputs));
  return out;
}

quantized_before::quantized_before(network const& net, lowp::any_scheme const& scheme) : net_(net) {
  for (layer const& l : net.layers()) {
    weights_.push_back(rounded_weights(l, scheme));
    layers_.push_back({l.name, l.outputs, l.inputs, weights_.back(), l.bias});
  }
}

}  // namespace lab
