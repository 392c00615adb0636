// SPDX-License-Identifier: Apache-2.0
// expect: uint_n 1 to 8
// One bit with a sign would hold 0 and -1.
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
lowp::uint_n<1> x{};
#else
lowp::int_n<1> x{};
#endif
