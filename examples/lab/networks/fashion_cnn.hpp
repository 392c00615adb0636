// SPDX-License-Identifier: Apache-2.0
//
// The network of examples/models, for clothes: two convolutions with pooling and two linear layers.
#pragma once

#include <memory>
#include <string>

#include "../network.hpp"

namespace lab {

/// Weights and images in `folder`, as examples/models has them; all 10,000 images where idx.hpp finds them.
///
/// Errors  lowp::error that names the file: it is missing, cut short, of another shape, or holds a NaN.
std::unique_ptr<network> open_fashion_cnn(std::string const& folder);

}  // namespace lab
