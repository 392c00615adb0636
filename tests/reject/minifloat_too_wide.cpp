// SPDX-License-Identifier: Apache-2.0
// expect: every finite value must be exact in float
// Nine exponent bits reach beyond float's range.
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
using wide = lowp::minifloat<8, 3>;
#else
using wide = lowp::minifloat<9, 3>;
#endif
wide x{};
