// SPDX-License-Identifier: Apache-2.0
//
// The digit network of the burn project: three convolutions, two linear layers, and two normalisations.
#pragma once

#include <memory>
#include <string>

#include "../network.hpp"

namespace lab {

/// Weights and images in `folder`: mnist_cnn_f32.safetensors, and all 10,000 test images where zlib can unpack them, else
/// the first 2,000.
///
/// Errors  lowp::error that names the file: it is missing, cut short, of another shape, or holds a NaN.
std::unique_ptr<network> open_mnist_cnn(std::string const& folder);

}  // namespace lab
