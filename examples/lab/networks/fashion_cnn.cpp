// SPDX-License-Identifier: Apache-2.0
#include "fashion_cnn.hpp"

#include <utility>
#include <vector>

#include "im2col.hpp"
#include "image_network.hpp"
#include "tensors.hpp"

namespace lab {
namespace {

class fashion_cnn final : public image_network {
 public:
  fashion_cnn(tensor_file const& file, fashion::labelled_images images, std::string source)
      : image_network(std::move(images), std::move(source), 0.286F, 0.353F) {
    layer_list& all = own_layers();
    all.add("conv1", 16, 9, file.values("conv1.weight", {16, 1, 3, 3}), file.values("conv1.bias", {16}));
    all.add("conv2", 32, 144, file.values("conv2.weight", {32, 16, 3, 3}), file.values("conv2.bias", {32}));
    all.add("fc1", 64, 800, file.values("fc1.weight", {64, 800}), file.values("fc1.bias", {64}));
    all.add("fc2", 10, 64, file.values("fc2.weight", {10, 64}), file.values("fc2.bias", {10}));
  }

  std::string name() const override { return "fashion"; }

 private:
  std::vector<float> forward(products& p, std::vector<float> x, std::size_t items) const override {
    layer_list const& all = own_layers();
    x = all.multiply(p, 0, im2col(x, items, {1, 28, 28, 3, 3}));
    relu(x);
    x = max_pool_2x2(x, items, 26, 26, 16);
    x = all.multiply(p, 1, im2col(x, items, {16, 13, 13, 3, 3}));
    relu(x);
    x = max_pool_2x2(x, items, 11, 11, 32);
    x = all.multiply(p, 2, channels_first(x, items, 25, 32));
    relu(x);
    return all.multiply(p, 3, x);
  }
};

}  // namespace

std::unique_ptr<network> open_fashion_cnn(std::string const& folder) {
  tensor_file const file(folder + "/fashion_cnn_f32.safetensors");
  fashion::labelled_images images = fashion::try_test_images(folder).value();
  std::string source = images.source;
  return std::make_unique<fashion_cnn>(file, std::move(images), std::move(source));
}

}  // namespace lab
