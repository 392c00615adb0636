// SPDX-License-Identifier: Apache-2.0
#include "image_network.hpp"

#include <algorithm>
#include <utility>

#include "input_file.hpp"

namespace lab {

image_network::image_network(fashion::labelled_images images, std::string source, float mean, float deviation)
    : images_(std::move(images)), source_(std::move(source)), mean_(mean), deviation_(deviation) {
  if (images_.rows != side || images_.cols != side) {
    refuse_file(
        lowp::error_code::shape, images_.source,
        "images are " + std::to_string(images_.rows) + " x " + std::to_string(images_.cols) + ", expected 28 x 28");
  }
  auto const bad = std::find_if(images_.labels.begin(), images_.labels.end(), [](auto l) { return l >= classes; });
  if (bad != images_.labels.end()) {
    auto const index = static_cast<std::size_t>(bad - images_.labels.begin());
    refuse_file(lowp::error_code::value, images_.source,
                "label " + std::to_string(*bad) + " of image " + std::to_string(index) + ", expected 0 to 9", index);
  }
}

answers image_network::answer(products& p, std::size_t count, std::function<bool(std::size_t)> const& progress) const {
  // Enough rows for a product, few enough for a cache: 16 images are up to 10,816 rows of a convolution.
  constexpr std::size_t batch = 16;
  answers out;
  out.classes = classes;
  count = std::min(count, images_.count);
  for (std::size_t first = 0; first < count; first += batch) {
    std::size_t const items = std::min(batch, count - first);
    std::vector<float> pixels(items * side * side);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      float const grey = static_cast<float>(images_.pixels[first * side * side + i]) / 255.0F;
      pixels[i] = (grey - mean_) / deviation_;
    }
    std::vector<float> const logits = forward(p, std::move(pixels), items);
    out.logits.insert(out.logits.end(), logits.begin(), logits.end());
    for (std::size_t i = 0; i < items; ++i) {
      out.labels.push_back(images_.labels[first + i]);
    }
    if (progress && !progress(first + items)) {
      break;
    }
  }
  return out;
}

}  // namespace lab
