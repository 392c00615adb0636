// SPDX-License-Identifier: Apache-2.0
#pragma once

// Number formats as plain run-time data, and the meaning of each of their codes, written from the definitions:
// IEEE 754-2019, OCP OFP8 1.0, OCP MX 1.0, the FNUZ proposal, IEEE P3109 Interim Report v4.0.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/oracle_dyadic.hpp"

namespace oracle {

enum class family {
  ieee,            // top exponent field: infinity (fraction 0) and NaNs
  fn,              // finite, one NaN magnitude: all ones
  fnuz,            // finite, unsigned zero; NaN is the code of -0
  finite,          // every code is a finite number
  exponent_only,   // E8M0: 2^(code - bias), no zero, no sign, NaN is all ones
  p3109_extended,  // one NaN, no -0, infinity just below the NaN or the sign
  p3109_finite,    // one NaN, no -0, no infinity
  integer,         // two's complement or unsigned
  codebook         // arbitrary table
};

enum class sign_bit { absent, present };
enum class domain { finite, extended };

using code = std::uint32_t;

struct format {
  std::string name;
  family kind = family::ieee;
  sign_bit signedness = sign_bit::present;
  int exponent_bits = 0;
  int mantissa_bits = 0;
  int bias = 0;
  int bits = 0;
  std::vector<double> table{};  // codebooks: the value of each code, NaN and infinities included

  bool is_signed() const { return signedness == sign_bit::present; }
  bool is_p3109() const { return kind == family::p3109_extended || kind == family::p3109_finite; }
  bool is_minifloat() const { return kind != family::integer && kind != family::codebook; }
  /// Number of codes: 2^bits, or the length of the table.
  code code_count() const { return kind == family::codebook ? static_cast<code>(table.size()) : code{1} << bits; }
  /// The codes of one sign: 2^(bits - 1) if there is a sign bit.
  code magnitude_count() const { return is_signed() ? code{1} << (bits - 1) : code{1} << bits; }
};

// --- the meaning of a code ---------------------------------------------------------------------------------------

namespace detail {

/// m * 2^(1 - bias - M) where the exponent field is 0, else (2^M + m) * 2^(field - bias - M).
inline dyadic minifloat_magnitude(const format& f, code magnitude) {
  const code fraction = magnitude & ((code{1} << f.mantissa_bits) - 1);
  const int field = static_cast<int>(magnitude >> f.mantissa_bits);
  if (field == 0) return {sign::plus, fraction, 1 - f.bias - f.mantissa_bits};
  return {sign::plus, (code{1} << f.mantissa_bits) + fraction, field - f.bias - f.mantissa_bits};
}

inline number with_sign(const dyadic& magnitude, sign s) {
  return {number_class::finite, s, s == sign::minus ? magnitude.negated() : magnitude};
}

}  // namespace detail

/// The exact meaning of code `c` of format `f`. Throws std::out_of_range where there is no such code.
inline number value(const format& f, code c) {
  if (c >= f.code_count()) throw std::out_of_range(f.name + " has no code " + std::to_string(c));
  const code half = f.magnitude_count();  // 2^(bits - 1) if signed, 2^bits if not
  const code magnitude = c % half;
  const sign s = c >= half ? sign::minus : sign::plus;
  const code top_field = ((code{1} << f.exponent_bits) - 1) << f.mantissa_bits;

  switch (f.kind) {
    case family::ieee:
      if (magnitude > top_field) return number::nan();
      if (magnitude == top_field) return number::infinity(s);
      break;
    case family::fn:
      if (magnitude == half - 1) return number::nan();
      break;
    case family::fnuz:
      if (s == sign::minus && magnitude == 0) return number::nan();
      break;
    case family::finite:
      break;
    case family::exponent_only:
      if (c == half - 1) return number::nan();
      return number::finite(dyadic::power_of_two(static_cast<int>(c) - f.bias));
    case family::p3109_extended:
    case family::p3109_finite: {
      // Signed: NaN is 2^(K-1), infinity 2^(K-1) - 1. Unsigned: NaN is 2^K - 1, infinity 2^K - 2.
      const code nan = f.is_signed() ? half : half - 1;
      if (c == nan) return number::nan();
      const code infinity = f.is_signed() ? half - 1 : half - 2;
      if (f.kind == family::p3109_extended && magnitude == infinity) return number::infinity(s);
      break;
    }
    case family::integer: {
      const std::int64_t unsigned_value = c;
      return number::finite(
          dyadic::integer(f.is_signed() && c >= half ? unsigned_value - 2 * std::int64_t{half} : unsigned_value));
    }
    case family::codebook:
      return number_of(f.table[c]);
  }
  return detail::with_sign(detail::minifloat_magnitude(f, magnitude), s);
}

/// The value of a code as a double; NaN and infinities included. Throws std::domain_error if it is not exact.
inline double value_as_double(const format& f, code c) { return to_double(value(f, c)); }

// --- constructors ------------------------------------------------------------------------------------------------

/// Bias of the IEEE-like formats: 2^(E-1) - 1.
constexpr int ieee_bias(int exponent_bits) { return (1 << (exponent_bits - 1)) - 1; }

inline format minifloat(std::string name, int exponent_bits, int mantissa_bits, int bias, family kind,
                        sign_bit signedness = sign_bit::present) {
  format f;
  f.name = std::move(name);
  f.kind = kind;
  f.signedness = signedness;
  f.exponent_bits = exponent_bits;
  f.mantissa_bits = mantissa_bits;
  f.bias = bias;
  f.bits = exponent_bits + mantissa_bits + (signedness == sign_bit::present ? 1 : 0);
  return f;
}

inline format integer(int bits, sign_bit signedness) {
  format f;
  f.name = (signedness == sign_bit::present ? "int" : "uint") + std::to_string(bits);
  f.kind = family::integer;
  f.signedness = signedness;
  f.bits = bits;
  return f;
}

inline format codebook(std::string name, std::vector<double> table) {
  format f;
  f.name = std::move(name);
  f.kind = family::codebook;
  f.table = std::move(table);
  while ((code{1} << f.bits) < f.table.size()) ++f.bits;
  return f;
}

/// Binary{K}p{P}{s|u}{e|f} of IEEE P3109 v4.0. M = P - 1; the exponent field takes the remaining bits (K - P signed,
/// K - P + 1 unsigned); bias 2^(K-P-1) signed, 2^(K-P) unsigned.
inline format p3109(int k, int p, sign_bit signedness, domain d) {
  const bool has_sign = signedness == sign_bit::present;
  const int exponent_bits = has_sign ? k - p : k - p + 1;
  if (k < 3 || p < 1 || exponent_bits < 1) throw std::invalid_argument("no such P3109 format");
  const int bias = has_sign ? 1 << (k - p - 1) : 1 << (k - p);
  return minifloat("binary" + std::to_string(k) + "p" + std::to_string(p) + (has_sign ? "s" : "u") +
                       (d == domain::extended ? "e" : "f"),
                   exponent_bits, p - 1, bias, d == domain::extended ? family::p3109_extended : family::p3109_finite,
                   signedness);
}

/// Every P3109 format of K bits: all precisions, signed and unsigned, extended and finite.
inline std::vector<format> p3109_formats(int k) {
  std::vector<format> all;
  for (int p = 1; p <= k; ++p) {
    for (const domain d : {domain::extended, domain::finite}) {
      if (p < k) all.push_back(p3109(k, p, sign_bit::present, d));
      all.push_back(p3109(k, p, sign_bit::absent, d));
    }
  }
  return all;
}

/// The named formats, as the field spells them.
inline std::vector<format> catalogue() {
  std::vector<format> all{
      minifloat("e5m2", 5, 2, 15, family::ieee),
      minifloat("e4m3fn", 4, 3, 7, family::fn),
      minifloat("e4m3", 4, 3, 7, family::ieee),
      minifloat("e3m4", 3, 4, 3, family::ieee),
      minifloat("e3m4fn", 3, 4, 3, family::fn),
      minifloat("e5m2fnuz", 5, 2, 16, family::fnuz),
      minifloat("e4m3fnuz", 4, 3, 8, family::fnuz),
      minifloat("e4m3b11fnuz", 4, 3, 11, family::fnuz),
      minifloat("e8m0fnu", 8, 0, 127, family::exponent_only, sign_bit::absent),
      minifloat("ue4m3", 4, 3, 7, family::fn, sign_bit::absent),
      minifloat("ue5m3", 5, 3, 15, family::fn, sign_bit::absent),
      minifloat("e3m2fn", 3, 2, 3, family::finite),
      minifloat("e2m3fn", 2, 3, 1, family::finite),
      minifloat("e2m1fn", 2, 1, 1, family::finite),
      minifloat("e3m0fn", 3, 0, 3, family::finite),
      minifloat("bfloat16", 8, 7, 127, family::ieee),
      minifloat("float16", 5, 10, 15, family::ieee),
  };
  for (int bits = 2; bits <= 8; ++bits) all.push_back(integer(bits, sign_bit::present));
  for (int bits = 1; bits <= 8; ++bits) all.push_back(integer(bits, sign_bit::absent));
  for (const auto& f : p3109_formats(8)) all.push_back(f);
  return all;
}

/// A format of the catalogue by its name, or binary{K}p{P}{s|u}{e|f} for K from 3 to 16. Throws std::invalid_argument.
inline format by_name(std::string_view name) {
  for (const auto& f : catalogue()) {
    if (f.name == name) return f;
  }
  for (int k = 3; k <= 16; ++k) {
    for (const auto& f : p3109_formats(k)) {
      if (f.name == name) return f;
    }
  }
  throw std::invalid_argument("no format named " + std::string(name));
}

// --- facts, found by walking through all codes -------------------------------------------------------------------

struct extremes {
  dyadic max{};             // largest finite value
  dyadic lowest{};          // smallest finite value
  dyadic min_positive{};    // smallest positive value
  code finite_codes = 0;    // codes with a finite value, both zeros counted
  code positive_codes = 0;  // codes with a finite value above zero
  code nan_codes = 0;
  code infinity_codes = 0;
};

inline extremes find_extremes(const format& f) {
  extremes e;
  for (code c = 0; c < f.code_count(); ++c) {
    const number v = value(f, c);
    if (v.is_nan()) ++e.nan_codes;
    if (v.is_infinite()) ++e.infinity_codes;
    if (!v.is_finite()) continue;
    if (e.finite_codes == 0 || v.value > e.max) e.max = v.value;
    if (e.finite_codes == 0 || v.value < e.lowest) e.lowest = v.value;
    if (v.value > dyadic{} && (e.positive_codes == 0 || v.value < e.min_positive)) e.min_positive = v.value;
    ++e.finite_codes;
    if (v.value > dyadic{}) ++e.positive_codes;
  }
  return e;
}

}  // namespace oracle
