// SPDX-License-Identifier: Apache-2.0
// expect: no match|no matching
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
lowp::int4 x = lowp::from_bits<lowp::int4>(1);
#else
lowp::int4 x{1};
#endif
