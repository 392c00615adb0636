// SPDX-License-Identifier: Apache-2.0
// expect: a matrix has the axes 0 \(rows\) and 1 \(columns\)
#include <lowp/quantize.hpp>

float const x[4] = {};
#ifdef REJECT_CONTROL
auto q = lowp::quantize<lowp::scheme<lowp::int8, lowp::per_channel<1>>>(lowp::matrix_view<float const>(x, 2, 2));
#else
auto q = lowp::quantize<lowp::scheme<lowp::int8, lowp::per_channel<2>>>(lowp::matrix_view<float const>(x, 2, 2));
#endif
