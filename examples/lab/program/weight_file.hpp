// SPDX-License-Identifier: Apache-2.0
//
// The weight matrices of any file, as a network that answers nothing.
#pragma once

#include <memory>
#include <string>

#include "../network.hpp"

namespace lab {

/// The floating-point tensors of at least two axes in a safetensors or npy file: rows are the first axis, columns the others.
///
/// Errors   lowp::error for a file that cannot be read, present::usage_error for one without such a tensor.
std::unique_ptr<network> open_weight_file(std::string const& path);

}  // namespace lab
