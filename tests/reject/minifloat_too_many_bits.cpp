// SPDX-License-Identifier: Apache-2.0
// expect: 2 to 16 bits in all
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
lowp::minifloat<5, 10> x{};
#else
lowp::minifloat<5, 11> x{};
#endif
