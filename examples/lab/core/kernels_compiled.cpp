// SPDX-License-Identifier: Apache-2.0
//
// The table. A pair more costs 0.1 to 0.2 s of compilation, an activation format 1 s.
#include "kernel_pairs.hpp"

namespace lab {
namespace {

using namespace lowp;

using int4_by_128 = scheme<int4, per_group<128>>;
using int4_by_32 = scheme<int4, per_group<32>>;
using fp4_by_128 = scheme<e2m1fn, per_group<128>>;
using fp4_by_32 = scheme<e2m1fn, per_group<32>>;

/// What W4A8 is about: INT4 and FP4 side by side, and the recipes with scales of their own.
using four_bits = weights_of<int4_by_128, int4_by_32, fp4_by_128, fp4_by_32, mxfp4, nvfp4, fireq>;
/// The same weights with other scales: one a channel, float16, powers of two.
using more_four_bits = weights_of<scheme<int4, per_channel<0>>, int4_g128, int4_g32, fp4_m1, fp4_m2>;

template <class Element>
using token = by_scheme<scheme<Element, per_channel<0>>>;

}  // namespace

std::vector<kernel_pair> compiled_kernels() {
  std::vector<kernel_pair> pairs;
  add_pairs<token<int8>>(pairs, weights_of<int8_per_channel>{});
  add_pairs<token<int8>>(pairs, four_bits{});
  add_pairs<token<int8>>(pairs, more_four_bits{});
  add_pairs<token<e4m3fn>>(pairs, weights_of<fp8_per_channel>{});
  add_pairs<token<e4m3fn>>(pairs, four_bits{});
  add_pairs<token<e4m3fn>>(pairs, more_four_bits{});
  add_pairs<token<e5m2>>(pairs, four_bits{});
  add_pairs<token<e3m4fn>>(pairs, four_bits{});
  add_pairs<by_scheme<int4_by_32>>(pairs, weights_of<int4_by_32>{});
  add_pairs<by_scheme<fp4_by_32>>(pairs, weights_of<fp4_by_32>{});
  add_pairs<as_bfloat16>(pairs, weights_of<int4_g128, int4_by_128, mxfp4, nvfp4>{});
  add_pairs<as_floats>(pairs, weights_of<int4_g128>{});
  return pairs;
}

}  // namespace lab
