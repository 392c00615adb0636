// SPDX-License-Identifier: Apache-2.0
//
// What the lab knows of a network: its matrices, and that it answers items. How a product is computed is not its business.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <lowp/base/view.hpp>

namespace lab {

/// A matrix that activations are multiplied by: a linear layer, a convolution laid out as one, a recurrent step.
struct layer {
  std::string name;               ///< as the file names it, "blocks.2.wq"
  std::size_t outputs = 0;        ///< rows of the weight, n
  std::size_t inputs = 0;         ///< columns of the weight, k: a convolution's input channels x kernel, flattened
  std::span<float const> weight;  ///< outputs x inputs, row-major; owned by the network
  std::span<float const> bias;    ///< one an output, or empty
};

/// How the products of a network are computed: in float, with operands rounded to a scheme, by the library's kernels.
class products {
 public:
  products() = default;
  products(products const&) = delete;
  products& operator=(products const&) = delete;
  virtual ~products() = default;

  /// y = x * transposed(weight of layer) + bias.
  ///
  /// Shapes    x: m x inputs, y: m x outputs of the layer at this index of network::layers().
  /// Exact     a row of y depends on the same row of x alone: an answer does not depend on what else is in the batch.
  virtual void multiply(std::size_t layer, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) = 0;

  /// What is left of a row of keys or values once it has been kept in the cache. Default: all of it.
  virtual void keep(std::span<float> row) { static_cast<void>(row); }
};

/// The answers of a network: an item is an image, a token to predict, a frame of sound.
struct answers {
  std::size_t classes = 0;
  std::vector<float>
      logits;  ///< items x classes; softmax gives the probabilities. A detector: two classes, {0, its logit}
  std::vector<int> labels;  ///< the class that is right, one an item; empty where nobody knows

  std::size_t items() const noexcept { return classes == 0 ? 0 : logits.size() / classes; }
};

class network {
 public:
  network() = default;
  network(network const&) = delete;
  network& operator=(network const&) = delete;
  virtual ~network() = default;

  virtual std::string name() const = 0;    ///< "stories260K", as --network spells it
  virtual std::string inputs() const = 0;  ///< what it is shown, for a reader: "1,804 tokens of tinystories_sample.txt"
  virtual std::string item() const = 0;    ///< "token", "image", "frame"
  virtual std::span<layer const> layers() const = 0;

  /// How many items there are.
  virtual std::size_t items() const = 0;

  /// Answers the first `count` items (all of them if there are fewer).
  ///
  /// Requires  `p` made for layers(). `progress`, where it is given, hears the number of items answered so far and says
  ///           whether to go on; the answers end with the items before it said no.
  /// Exact     the same digits whatever `count`, the ISA and the number of threads, as far as `p` keeps its promise.
  virtual answers answer(products& p, std::size_t count, std::function<bool(std::size_t)> const& progress) const = 0;
};

}  // namespace lab
