// SPDX-License-Identifier: Apache-2.0
// expect: needs a sign bit
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
lowp::minifloat<4, 3, 8, lowp::specials::fnuz, lowp::sign_bit::present> x{};
#else
lowp::minifloat<4, 3, 8, lowp::specials::fnuz, lowp::sign_bit::absent> x{};
#endif
