// SPDX-License-Identifier: Apache-2.0
//
// SiLU and GELU with the same bits everywhere: double arithmetic in operations that are rounded once each, no libm, one
// rounding to float at the end. The error of the double is below 1e-13 of the result, so the float is within 0.5000001
// units of its last place of the true value (subnormal results: of the least float).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/kernel/double_once.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// a * b + c, the product rounded too.
inline double multiply_add(double a, double b, double c) noexcept { return sum_in_double(product_in_double(a, b), c); }

template <std::size_t N>
double polynomial(double const (&coefficients)[N], double x) noexcept {
  double p = coefficients[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) {
    p = multiply_add(p, x, coefficients[i]);
  }
  return p;
}

/// What exp_of_nonpositive needs.
struct exponential {
  static constexpr double shift = 0x1.8p52;
  static constexpr double log2e = 0x1.71547652b82fep0;
  static constexpr double ln2_high = 0x1.62e42fefa0000p-1;  // 35 significant bits: times k, of 10, exact
  static constexpr double ln2_low = 0x1.cf79abc9e3b3ap-40;
  static constexpr double taylor[] = {1.0,       1.0,        1.0 / 2,     1.0 / 6,      1.0 / 24,      1.0 / 120,
                                      1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800};
};

/// exp(x) for x in [-700, 0], to 3e-14 relative.
///
///   1. x = k log(2) + r with |r| <= log(2) / 2, k by adding and subtracting 1.5 * 2^52; log(2) in two parts, k times the
///      first of which is exact.
///   2. exp(r) by Taylor's polynomial of degree 11: the rest is below (log(2) / 2)^12 / 12! = 7e-15, relative to at
///      least 0.7.
///   3. times 2^k, a normal number since k >= -1010.
inline double exp_of_nonpositive(double x) noexcept {
  using constant = exponential;
  double const shifted = multiply_add(x, constant::log2e, constant::shift);
  double const k = sum_in_double(shifted, -constant::shift);
  double const r = multiply_add(-k, constant::ln2_low, multiply_add(-k, constant::ln2_high, x));
  double const p = polynomial(constant::taylor, r);
  // The low bits of `shifted` are k in two's complement.
  auto const exponent = static_cast<std::uint64_t>(bits_of(shifted)) << 52U;
  return std::bit_cast<double>(bits_of(p) + exponent);
}

/// -x of a result x >= 0, by its bits: GCC for AArch64 makes +0 of a constant -0 under -ffast-math.
inline float negated(float x) noexcept { return std::bit_cast<float>(bits_of(x) | float_sign); }

/// x / (1 + exp(-z)), where z has the sign of x.
inline float times_sigmoid(float x, double z) noexcept {
  // Beyond 200 the sigmoid is 1, or x times it below every float: z and a negative x are limited.
  bool const negative = is_negative(x);
  double const size = negative ? -z : z;
  double const t = exp_of_nonpositive(size > 200.0 ? -200.0 : -size);
  double const whole = sum_in_double(1.0, t);
  if (!negative) {
    return narrow_once(quotient_in_double(widen(bits_of(x)), whole));
  }
  double const limited = is_infinity(x) ? 1.0 : widen(bits_of(x) & ~float_sign);
  return negated(narrow_once(quotient_in_double(product_in_double(limited, t), whole)));
}

inline float silu(float x) noexcept { return is_nan(x) ? x : times_sigmoid(x, widen(bits_of(x))); }

/// z = 2 sqrt(2 / pi) (y + 0.044715 y^3)
struct tanh_argument {
  static constexpr double linear = 0x1.9884533d43651p0;  // 2 sqrt(2 / pi)
  static constexpr double cubic = linear * 0.044715;
};

/// x / (1 + exp(-2u)), u = sqrt(2 / pi) (x + 0.044715 x^3)
inline float gelu_tanh(float x) noexcept {
  if (is_nan(x)) {
    return x;
  }
  // |x| up to 16 keeps the cube small; beyond, the sigmoid is 0 or 1 in float.
  bool const far = (bits_of(x) & ~float_sign) > bits_of(16.0F);
  double const y = far ? (is_negative(x) ? -16.0 : 16.0) : widen(bits_of(x));
  double const z =
      product_in_double(y, multiply_add(product_in_double(y, y), tanh_argument::cubic, tanh_argument::linear));
  return times_sigmoid(x, z);
}

/// erfc(z) = exp(-z^2) p(t) / (1 + 2 z) with t = (z - 4) / (z + 4): after M. Shepherd, J. Laframboise, "Chebyshev
/// approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity", Math. Comp. 36 (1981); our own coefficients,
/// interpolated at the Chebyshev nodes of [0, 12], degree 16, within 2.3e-14.
struct scaled_erfc {
  static constexpr double coefficients[] = {0x1.3ba5916e9fd72p+0,  -0x1.1df1ad15492c1p-3,  0x1.f7f5df67cd6acp-7,
                                            0x1.16ecefcf1fd59p-4,  -0x1.9ddb23cb23c53p-4,  0x1.7fee0052a4cc8p-4,
                                            -0x1.0fb06d4f6a72ep-4, 0x1.3079ef3636e95p-5,   -0x1.09625515cf4d8p-6,
                                            0x1.49c59f8ecfa18p-8,  -0x1.8d3aa6fbda0aap-11, -0x1.a11f5eed05f3bp-13,
                                            0x1.3bae759b4b1ebp-13, -0x1.abbac00d808e6p-16, -0x1.94221e2acee2ap-17,
                                            0x1.c0b847109ed5ep-18, 0x1.18df032bd1988p-19};
  static constexpr double root_half = 0x1.6a09e667f3bcdp-1;
};

/// x Phi(x), Phi(-z sqrt(2)) = erfc(z) / 2.
inline float gelu(float x) noexcept {
  if (is_nan(x)) {
    return x;
  }
  // Phi(-16) is 6e-58: beyond that the result is x, or -0.
  bool const far = (bits_of(x) & ~float_sign) > bits_of(16.0F);
  bool const negative = is_negative(x);
  double const y = far ? 16.0 : widen(bits_of(x) & ~float_sign);
  double const z = product_in_double(y, scaled_erfc::root_half);
  double const t = quotient_in_double(sum_in_double(z, -4.0), sum_in_double(z, 4.0));
  double const scaled =
      product_in_double(polynomial(scaled_erfc::coefficients, t), exp_of_nonpositive(product_in_double(-z, z)));
  double const tail = product_in_double(0.5, quotient_in_double(scaled, multiply_add(2.0, z, 1.0)));
  if (negative) {
    return negated(narrow_once(product_in_double(y, tail)));
  }
  return narrow_once(product_in_double(widen(bits_of(x)), sum_in_double(1.0, -tail)));
}

}  // namespace lowp::inline LOWP_ABI::detail
