// SPDX-License-Identifier: Apache-2.0
//
// Products made of other products: for static scales, for one layer at a time, for networks quantized before.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <lowp/scale/any_scheme.hpp>

#include "../execution.hpp"

namespace lab {

/// What came into a layer while somebody watched.
struct layer_traffic {
  float greatest = 0;  ///< magnitude
  double squares = 0;  ///< their sum
  std::size_t numbers = 0;
  std::size_t rows = 0;
};

/// Products in float that take notes.
class watched final : public products {
 public:
  explicit watched(network const& net);
  void multiply(std::size_t layer, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) override;
  void keep(std::span<float> row) override { inner_->keep(row); }

  std::span<layer_traffic const> layers() const { return layers_; }

 private:
  std::unique_ptr<products> inner_;
  std::vector<layer_traffic> layers_;
};

/// `inner`, whose activations were rounded to `element` by the scale of their layer first.
class statically_scaled final : public products {
 public:
  /// Requires   one scale a layer.
  statically_scaled(std::unique_ptr<products> inner, lowp::any_scheme const& scheme, std::span<float const> scales);
  void multiply(std::size_t layer, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) override;
  void keep(std::span<float> row) override { inner_->keep(row); }

 private:
  std::unique_ptr<products> inner_;
  std::vector<lowp::any_scheme> schemes_;
  std::vector<float> rounded_;
};

/// One layer as in `chosen`, the others as in `others`.
class one_layer final : public products {
 public:
  one_layer(std::size_t layer, std::unique_ptr<products> chosen, std::unique_ptr<products> others);
  void multiply(std::size_t layer, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) override;

 private:
  std::size_t layer_;
  std::unique_ptr<products> chosen_;
  std::unique_ptr<products> others_;
};

/// A network that differs in its weights alone: those of `net` after quantization by a scheme.
class quantized_before final : public network {
 public:
  quantized_before(network const& net, lowp::any_scheme const& scheme);

  std::string name() const override { return net_.name(); }
  std::string inputs() const override { return net_.inputs(); }
  std::string item() const override { return net_.item(); }
  std::span<layer const> layers() const override { return layers_; }
  std::size_t items() const override { return net_.items(); }
  answers answer(products& p, std::size_t count, std::function<bool(std::size_t)> const& progress) const override {
    return net_.answer(p, count, progress);
  }

 private:
  network const& net_;
  std::vector<std::vector<float>> weights_;
  std::vector<layer> layers_;
};

/// The weights of a layer after quantization by a scheme.
std::vector<float> rounded_weights(layer const& l, lowp::any_scheme const& scheme);

}  // namespace lab
