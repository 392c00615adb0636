// SPDX-License-Identifier: Apache-2.0
// expect: (cannot convert|no viable conversion)
// Widening is exact, yet e4m3fn + float would hide which arithmetic is meant.
#include <lowp/format.hpp>

lowp::e4m3fn const one = lowp::from_bits<lowp::e4m3fn>(0x38);
#ifdef REJECT_CONTROL
float x = static_cast<float>(one);
#else
float x = one;
#endif
