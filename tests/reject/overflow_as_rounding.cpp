// SPDX-License-Identifier: Apache-2.0
// expect: RoundingPolicy
// The third place is overflow's; the message names the axis.
#include <lowp/cast.hpp>

#ifdef REJECT_CONTROL
auto x = lowp::cast<lowp::e4m3fn>(1.0F, lowp::rounding::nearest_even{}, lowp::overflow::nonsaturating{});
#else
auto x = lowp::cast<lowp::e4m3fn>(1.0F, lowp::overflow::nonsaturating{});
#endif
