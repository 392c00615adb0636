// SPDX-License-Identifier: Apache-2.0
//
// The network behind the weights, where this program knows it.
#pragma once

#include <optional>
#include <string>

#include <lowp/io/safetensors.hpp>

#include "accuracy.hpp"
#include "weights.hpp"

namespace format_compare {

/// Where the labelled images are; both paths or none.
struct image_files {
  std::string images;  ///< empty: the images that belong to the bundled network
  std::string labels;
};

/// The Fashion-MNIST network of examples/models with its test images; nothing if the file does not hold it.
///
/// Errors   lowp::error for images that cannot be read or do not fit; usage_error for images that are given for a file
///          whose network is unknown.
std::optional<examination> find_network(lowp::safetensors::file const& file, weight_set const& weights,
                                        image_files const& images, std::string const& models_folder);

}  // namespace format_compare
