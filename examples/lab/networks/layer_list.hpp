// SPDX-License-Identifier: Apache-2.0
//
// The matrices of a network and the memory that they live in.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../network.hpp"

namespace lab {

class layer_list {
 public:
  layer_list() = default;
  layer_list(layer_list const&) = delete;
  layer_list& operator=(layer_list const&) = delete;

  /// Appends a layer; returns its index. Requires outputs x inputs weights, and outputs biases or none.
  std::size_t add(std::string name, std::size_t outputs, std::size_t inputs, std::vector<float> weight,
                  std::vector<float> bias = {}) {
    // The elements of a vector stay where they are when it is moved: the spans hold.
    layers_.push_back({std::move(name), outputs, inputs, weight, bias});
    memory_.push_back(std::move(weight));
    memory_.push_back(std::move(bias));
    return layers_.size() - 1;
  }

  std::span<layer const> all() const noexcept { return layers_; }

  /// x * transposed(weight) + bias. Shapes: x: rows x inputs, row by row.
  std::vector<float> multiply(products& p, std::size_t index, std::vector<float> const& x) const {
    layer const& l = layers_[index];
    std::size_t const rows = x.size() / l.inputs;
    std::vector<float> y(rows * l.outputs);
    p.multiply(index, {x.data(), rows, l.inputs}, {y.data(), rows, l.outputs});
    return y;
  }

 private:
  std::vector<layer> layers_;
  std::vector<std::vector<float>> memory_;
};

}  // namespace lab
