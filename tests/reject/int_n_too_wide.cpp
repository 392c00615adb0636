// SPDX-License-Identifier: Apache-2.0
// expect: int_n has 2 to 8 bits
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
lowp::int_n<8> x{};
#else
lowp::int_n<9> x{};
#endif
