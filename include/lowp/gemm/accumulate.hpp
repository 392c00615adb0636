// SPDX-License-Identifier: Apache-2.0
//
// What the sum of a segment means.
#pragma once

#include <concepts>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI {

namespace accumulate {

/// dot = fma(a[2i], w[2i], fma(a[2i+1], w[2i+1], dot)) in float over the pairs of a segment, from +0: what VDPBF16PS does.
/// Of two integer operands the exact sum, rounded once.
struct float32 {};

/// The exact sum of the segment's products, rounded once to float. Only for pairs of formats whose sums fit 63 bits.
struct exact {};

}  // namespace accumulate

template <class A>
concept AccumulatePolicy = std::same_as<A, accumulate::float32> || std::same_as<A, accumulate::exact>;

}  // namespace lowp::inline LOWP_ABI
