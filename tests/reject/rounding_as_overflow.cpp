// SPDX-License-Identifier: Apache-2.0
// expect: OverflowPolicy
#include <lowp/cast.hpp>

#ifdef REJECT_CONTROL
auto x = lowp::cast<lowp::e4m3fn>(1.0F, lowp::rounding::up{}, lowp::overflow::saturate{});
#else
auto x = lowp::cast<lowp::e4m3fn>(1.0F, lowp::rounding::up{}, lowp::rounding::up{});
#endif
