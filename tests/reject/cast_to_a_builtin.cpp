// SPDX-License-Identifier: Apache-2.0
// expect: Format
// cast goes to a format of this library; float is reached by decode or static_cast.
#include <lowp/cast.hpp>

#ifdef REJECT_CONTROL
auto x = lowp::cast<lowp::bfloat16>(1.0);
#else
auto x = lowp::cast<float>(1.0);
#endif
