// SPDX-License-Identifier: Apache-2.0
// expect: N is 1 to 32 bits
#include <lowp/cast.hpp>

#ifdef REJECT_CONTROL
auto x = lowp::cast<lowp::e4m3fn>(1.0F, lowp::rounding::stochastic_given<lowp::rounding::variant::a, 32>{5});
#else
auto x = lowp::cast<lowp::e4m3fn>(1.0F, lowp::rounding::stochastic_given<lowp::rounding::variant::a, 33>{5});
#endif
