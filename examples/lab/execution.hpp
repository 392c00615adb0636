// SPDX-License-Identifier: Apache-2.0
//
// The ways to compute a network's products.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "network.hpp"
#include "treatment.hpp"

namespace lab {

/// The products of `net` in float: operands are quantized and dequantized as `t` says, then multiplied in float.
///
/// Errors    lowp::error as quantize() gives it (a NaN weight in a format without NaN), the layer's name in it.
std::unique_ptr<products> fake_quantized(network const& net, treatment const& t, std::size_t threads = 1);

/// The products of `net` by pack() and gemm(): the operands as they would be deployed.
///
/// Requires  has_kernels(t).
std::unique_ptr<products> through_kernels(network const& net, treatment const& t, std::size_t threads = 1);

/// Whether the pair of schemes is among those that the lab compiled kernels for.
bool has_kernels(treatment const& t);

/// Bytes of the network's matrices under `t`, scales and zero points in them; biases stay float.
std::size_t weight_bytes(network const& net, treatment const& t);

}  // namespace lab
