// SPDX-License-Identifier: Apache-2.0
#include "mnist_cnn.hpp"

#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "im2col.hpp"
#include "image_network.hpp"
#include "input_file.hpp"
#include "tensors.hpp"

namespace lab {
namespace {

/// A normalisation by statistics of the training: x * factor + offset for each channel.
struct normalisation {
  std::vector<double> factor;
  std::vector<double> offset;

  normalisation(tensor_file const& file, std::string const& name, std::size_t channels, std::string const& path) {
    std::vector<float> const weight = file.values(name + ".weight", {channels});
    std::vector<float> const bias = file.values(name + ".bias", {channels});
    std::vector<float> const mean = file.values(name + ".running_mean", {channels});
    std::vector<float> const variance = file.values(name + ".running_var", {channels});
    for (std::size_t c = 0; c < channels; ++c) {
      if (variance[c] < 0.0F) {
        refuse_file(lowp::error_code::value, path,
                    "element " + std::to_string(c) + " of '" + name + ".running_var' is negative", c);
      }
      factor.push_back(static_cast<double>(weight[c]) / std::sqrt(static_cast<double>(variance[c]) + 1e-5));
      offset.push_back(static_cast<double>(mean[c]));
      shift.push_back(static_cast<double>(bias[c]));
    }
  }

  /// Channels last.
  void apply(std::vector<float>& x) const {
    for (std::size_t i = 0; i < x.size(); ++i) {
      std::size_t const c = i % factor.size();
      // Rounded to float after each step that a compiler might otherwise fuse.
      auto const scaled = static_cast<float>((static_cast<double>(x[i]) - offset[c]) * factor[c]);
      x[i] = static_cast<float>(static_cast<double>(scaled) + shift[c]);
    }
  }

 private:
  std::vector<double> shift;
};

class mnist_cnn final : public image_network {
 public:
  mnist_cnn(tensor_file const& file, std::string const& path, fashion::labelled_images images, std::string source)
      : image_network(std::move(images), std::move(source), 0.1307F, 0.3081F),
        norm1_(file, "norm1", 24, path),
        norm2_(file, "norm2", 10, path) {
    layer_list& all = own_layers();
    all.add("conv1", 8, 9, file.values("conv1.weight", {8, 1, 3, 3}), file.values("conv1.bias", {8}));
    all.add("conv2", 16, 72, file.values("conv2.weight", {16, 8, 3, 3}), file.values("conv2.bias", {16}));
    all.add("conv3", 24, 144, file.values("conv3.weight", {24, 16, 3, 3}), file.values("conv3.bias", {24}));
    all.add("fc1", 32, 11616, file.values("fc1.weight", {32, 11616}), file.values("fc1.bias", {32}));
    all.add("fc2", 10, 32, file.values("fc2.weight", {10, 32}), file.values("fc2.bias", {10}));
  }

  std::string name() const override { return "mnist"; }

 private:
  std::vector<float> forward(products& p, std::vector<float> x, std::size_t items) const override {
    layer_list const& all = own_layers();
    x = all.multiply(p, 0, im2col(x, items, {1, 28, 28, 3, 3}));
    relu(x);
    x = all.multiply(p, 1, im2col(x, items, {8, 26, 26, 3, 3}));
    relu(x);
    x = all.multiply(p, 2, im2col(x, items, {16, 24, 24, 3, 3}));
    relu(x);
    norm1_.apply(x);
    x = all.multiply(p, 3, channels_first(x, items, std::size_t{22} * 22, 24));
    relu(x);
    x = all.multiply(p, 4, x);
    norm2_.apply(x);
    return x;
  }

  normalisation norm1_;
  normalisation norm2_;
};

}  // namespace

std::unique_ptr<network> open_mnist_cnn(std::string const& folder) {
  std::string const path = folder + "/mnist_cnn_f32.safetensors";
  tensor_file const file(path);
  std::string const all = folder + "/mnist-t10k-";
  lowp::result<fashion::labelled_images> images =
      fashion::try_read_images(all + "images-idx3-ubyte.gz", all + "labels-idx1-ubyte.gz");
  if (!images) {
    images = fashion::try_read_images(all + "first2000-images.idx3", all + "first2000-labels.idx1");
  }
  fashion::labelled_images found = std::move(images).value();
  std::string source = std::to_string(found.count) + " test images of MNIST";
  return std::make_unique<mnist_cnn>(file, path, std::move(found), std::move(source));
}

}  // namespace lab
