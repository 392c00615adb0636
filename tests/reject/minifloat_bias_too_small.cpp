// SPDX-License-Identifier: Apache-2.0
// expect: every finite value must be exact in float
// Eight exponent bits with bias 0 would mean 2^255.
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
lowp::minifloat<8, 3, 127> x{};
#else
lowp::minifloat<8, 3, 0> x{};
#endif
