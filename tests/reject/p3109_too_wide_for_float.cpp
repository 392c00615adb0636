// SPDX-License-Identifier: Apache-2.0
// expect: exponent range of this K and P is too wide for float
// Binary16p2se has 14 exponent bits.
#include <lowp/format.hpp>

#ifdef REJECT_CONTROL
using format = lowp::p3109::binary<16, 8, lowp::sign_bit::present, lowp::p3109::domain::extended>;
#else
using format = lowp::p3109::binary<16, 2, lowp::sign_bit::present, lowp::p3109::domain::extended>;
#endif
format x{};
