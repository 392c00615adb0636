// SPDX-License-Identifier: Apache-2.0
// expect: IEEE-like specials need a mantissa bit
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
lowp::minifloat<3, 0, 3, lowp::specials::finite> x{};
#else
lowp::minifloat<3, 0, 3, lowp::specials::ieee> x{};
#endif
