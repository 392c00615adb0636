// SPDX-License-Identifier: Apache-2.0
// expect: RoundingPolicy
// cast(x, true) says nothing: a policy has a name.
#include <lowp/cast.hpp>

#ifdef REJECT_CONTROL
auto x = lowp::cast<lowp::e4m3fn>(1.0F, lowp::rounding::toward_zero{});
#else
auto x = lowp::cast<lowp::e4m3fn>(1.0F, true);
#endif
