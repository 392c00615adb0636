// SPDX-License-Identifier: Apache-2.0
// expect: CastSource
// A long double would have to be rounded twice, or in a width nobody checks.
#include <lowp/cast.hpp>

#ifdef REJECT_CONTROL
auto x = lowp::cast<lowp::e4m3fn>(1.0);
#else
auto x = lowp::cast<lowp::e4m3fn>(1.0L);
#endif
