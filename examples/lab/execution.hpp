// SPDX-License-Identifier: Apache-2.0
//
// The ways to compute a network's products.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "network.hpp"
#include "treatment.hpp"

namespace lab {

// The two ways to compute a product use the same codes and the same scales. They differ by rounding alone:
//
//   fake      a' = RN(code_a s_a), w' = RN(code_w s_w); y = RN(sum of a' w' + bias), the sum in double
//   kernels   lowp's definition (lowp/gemm/definition.hpp): a float chain of fma over each run of constant scales, a fma for
//             each run, one rounding for each scale behind the sum, one for the bias
//
//   |fake - kernels| <= (k + 16) 2^-24 (sum of |a' w'| + |bias|)
//
// where nothing overflows or is subnormal. For, with u = 2^-24 and G runs of k / G elements: a' and w' are each off by u (two
// levels of scales: 2 u), y by u: 5 u at most for the first; the chain rounds k / G times and the runs G times with one
// more for scales of groups of activations, together at most k + 2; up to six scales and the bias add 7. The sum is k + 14,
// and 2 is room for the terms of second order, k^2 u^2 / 2 below 2 u for k up to 8,000.

/// The products of `net` in float: operands are quantized and dequantized as `t` says, then multiplied in float.
///
/// Meaning   float_product.hpp. Without any scheme in `t`: the network as it is.
/// Errors    lowp::error as quantize() gives it (a NaN weight in a format without NaN), the layer's name in it;
///           error_code::value for activations that are rounded stochastically (their random numbers would depend on the
///           batch), in blocks of several rows, or static in a share that is not in (0, 1].
/// Cost      static scales: the network in float on its share of the items.
std::unique_ptr<products> fake_quantized(network const& net, treatment const& t, std::size_t threads = 1);

/// The products of `net` by pack() and gemm(): the operands as they would be deployed. Layers that `t` leaves alone are
/// multiplied in float.
///
/// Requires  has_kernels(t).
std::unique_ptr<products> through_kernels(network const& net, treatment const& t, std::size_t threads = 1);

/// Whether lowp's kernels serve the pair of schemes: all but activations with zero points or with two levels of scales (the
/// outer one would span the batch).
bool has_kernels(treatment const& t);

/// Bytes of the network's matrices under `t`, scales and zero points in them; biases stay float.
std::size_t weight_bytes(network const& net, treatment const& t);

/// What the numbers of a layer look like: its weights, and the activations that it is shown.
struct layer_numbers {
  double weight_absmax = 0;
  double weight_rms = 0;
  double activation_absmax = 0;
  double activation_rms = 0;
};

/// The numbers of each layer while `net` in float answers its first `count` items. absmax / rms tells the layers with spikes.
std::vector<layer_numbers> observe(network const& net, std::size_t count, std::size_t threads = 1);

/// What `t` leaves of the weights of layer `index`, as floats.
std::vector<float> treated_weight(network const& net, std::size_t index, treatment const& t);

}  // namespace lab
