// SPDX-License-Identifier: Apache-2.0
// expect: (conversion|cannot convert|no viable).*float
// A float becomes an e4m3fn by cast only, where rounding and overflow have names.
#include <lowp/cast.hpp>

#ifdef REJECT_CONTROL
lowp::e4m3fn x = lowp::cast<lowp::e4m3fn>(1.5F);
#else
lowp::e4m3fn x = 1.5F;
#endif
