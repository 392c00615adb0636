// SPDX-License-Identifier: Apache-2.0
// expect: P is the precision
// A signed format of 8 bits has at most 7 digits.
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
using format = lowp::p3109::binary<8, 7, lowp::sign_bit::present, lowp::p3109::domain::finite>;
#else
using format = lowp::p3109::binary<8, 8, lowp::sign_bit::present, lowp::p3109::domain::finite>;
#endif
format x{};
