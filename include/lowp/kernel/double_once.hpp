// SPDX-License-Identifier: Apache-2.0
//
// Operations in double that are rounded once each, whatever the flags. They need fp_env.
#pragma once

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::detail {

inline double product_in_double(double a, double b) noexcept {
  LOWP_LAUNDER_FLOATS(a, b);
  double r = a * b;
  LOWP_LAUNDER_FLOAT(r);
  return r;
}

inline double sum_in_double(double a, double b) noexcept {
  LOWP_LAUNDER_FLOATS(a, b);
  double r = a + b;
  LOWP_LAUNDER_FLOAT(r);
  return r;
}

inline double quotient_in_double(double a, double b) noexcept {
  LOWP_LAUNDER_FLOATS(a, b);
  double r = a / b;
  LOWP_LAUNDER_FLOAT(r);
  return r;
}

/// The double rounded to float.
inline float narrow_once(double x) noexcept {
  LOWP_LAUNDER_FLOAT(x);
  auto r = static_cast<float>(x);
  LOWP_LAUNDER_FLOAT(r);
  return r;
}

}  // namespace lowp::inline LOWP_ABI::detail
