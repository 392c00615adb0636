// SPDX-License-Identifier: Apache-2.0
// expect: no match|no matching
// e4m3fn{1} could mean the value or the code; neither is offered.
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
lowp::e4m3fn x = lowp::from_bits<lowp::e4m3fn>(1);
#else
lowp::e4m3fn x{1};
#endif
