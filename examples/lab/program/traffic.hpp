// SPDX-License-Identifier: Apache-2.0
//
// What comes into the layers of a network.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "../execution.hpp"

namespace lab {

struct layer_traffic {
  float greatest = 0;  ///< magnitude
  double squares = 0;  ///< their sum
  std::size_t numbers = 0;
  std::size_t rows = 0;
};

/// Products in float that take notes.
class watched final : public products {
 public:
  explicit watched(network const& net) : inner_(fake_quantized(net, {})), layers_(net.layers().size()) {}
  void multiply(std::size_t layer, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) override;
  void keep(std::span<float> row) override { inner_->keep(row); }

  std::span<layer_traffic const> layers() const { return layers_; }

 private:
  std::unique_ptr<products> inner_;
  std::vector<layer_traffic> layers_;
};

}  // namespace lab
