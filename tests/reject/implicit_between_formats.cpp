// SPDX-License-Identifier: Apache-2.0
// expect: (conversion from|no viable conversion)
// e5m2 to float16 loses nothing, float16 to e5m2 does: both are casts.
#include <lowp/cast.hpp>

lowp::float16 const one = lowp::cast<lowp::float16>(1.0F);
#ifdef REJECT_CONTROL
lowp::e5m2 x = lowp::cast<lowp::e5m2>(one);
#else
lowp::e5m2 x = one;
#endif
