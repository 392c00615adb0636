// SPDX-License-Identifier: Apache-2.0
//
// What networks for images of digits and clothes have in common: idx files, normalised pixels, ten classes.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "../../format_compare/idx.hpp"
#include "../network.hpp"
#include "layer_list.hpp"

namespace lab {

class image_network : public network {
 public:
  static constexpr std::size_t side = 28;
  static constexpr std::size_t classes = 10;

  std::string inputs() const override { return source_; }
  std::string item() const override { return "image"; }
  std::span<layer const> layers() const override { return layers_.all(); }
  std::size_t items() const override { return images_.count; }
  answers answer(products& p, std::size_t count, std::function<bool(std::size_t)> const& progress) const override;

 protected:
  /// Pixels are shown as (byte / 255 - mean) / deviation.
  ///
  /// Errors  error_code::shape for images that are not 28 x 28, value for a label above 9.
  image_network(fashion::labelled_images images, std::string source, float mean, float deviation);

  /// The logits of `items` images, items x side x side floats.
  virtual std::vector<float> forward(products& p, std::vector<float> images, std::size_t items) const = 0;

  layer_list& own_layers() noexcept { return layers_; }
  layer_list const& own_layers() const noexcept { return layers_; }

 private:
  fashion::labelled_images images_;
  std::string source_;
  float mean_;
  float deviation_;
  layer_list layers_;
};

}  // namespace lab
