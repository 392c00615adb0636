// SPDX-License-Identifier: Apache-2.0
#pragma once

// The library's run-time description of an oracle's format and policies, and what both sides of a comparison print.
// The oracle itself knows nothing of the library: this header is the only bridge.

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <lowp/codec/any_format.hpp>
#include <lowp/format.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

#include "support/oracle.hpp"

namespace oracle {

inline lowp::specials twin(family kind) {
  switch (kind) {
    case family::ieee:
      return lowp::specials::ieee;
    case family::fn:
      return lowp::specials::fn;
    case family::fnuz:
      return lowp::specials::fnuz;
    case family::finite:
      return lowp::specials::finite;
    case family::exponent_only:
      return lowp::specials::exponent;
    case family::p3109_extended:
      return lowp::specials::p3109_extended;
    case family::p3109_finite:
      return lowp::specials::p3109_finite;
    case family::integer:
    case family::codebook:
      break;
  }
  throw std::logic_error("not a minifloat");
}

inline lowp::sign_bit twin(sign_bit s) {
  return s == sign_bit::present ? lowp::sign_bit::present : lowp::sign_bit::absent;
}

inline lowp::any_format twin(const format& f) {
  if (f.kind == family::integer) return lowp::any_format(lowp::integer_layout{f.bits, twin(f.signedness)}, f.name);
  if (f.kind != family::codebook) {
    return lowp::any_format(
        lowp::float_layout{f.exponent_bits, f.mantissa_bits, f.bias, twin(f.kind), twin(f.signedness)}, f.name);
  }
  std::vector<float> values;
  for (code c = 0; c < f.code_count(); ++c) values.push_back(to_float(value(f, c)));
  return lowp::any_format(std::move(values), f.name);
}

inline lowp::rounding::any twin(const rounding& r) {
  using kind = lowp::rounding::any::kind;
  switch (r.mode) {
    case rounding_mode::nearest_even:
      return kind::nearest_even;
    case rounding_mode::nearest_away:
      return kind::nearest_away;
    case rounding_mode::toward_zero:
      return kind::toward_zero;
    case rounding_mode::up:
      return kind::up;
    case rounding_mode::down:
      return kind::down;
    case rounding_mode::to_odd:
      return kind::to_odd;
    case rounding_mode::stochastic:
      break;
  }
  lowp::rounding::any policy(kind::stochastic_given);
  policy.stochastic_variant = r.which == variant::a   ? lowp::rounding::variant::a
                              : r.which == variant::b ? lowp::rounding::variant::b
                                                      : lowp::rounding::variant::c;
  policy.bits = r.random_bits;
  policy.r = static_cast<std::uint32_t>(r.random);
  return policy;
}

inline lowp::overflow::any twin(overflow o) {
  using kind = lowp::overflow::any::kind;
  return o == overflow::saturate        ? kind::saturate
         : o == overflow::nonsaturating ? kind::nonsaturating
                                        : kind::saturate_finite;
}

inline std::string hexadecimal(std::uint64_t bits) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(bits));
  return text;
}

/// Counts what differs from the oracle and keeps the first few cases in words.
class disagreements {
 public:
  /// `what` is called only for cases that are kept: it returns the text of the input.
  template <class What>
  void compare(std::uint64_t got, std::uint64_t expected, const What& what) {
    if (got == expected) return;
    if (++count_ <= 5) text_ += what() + ": got " + hexadecimal(got) + ", oracle " + hexadecimal(expected) + "\n";
  }
  std::uint64_t count() const { return count_; }
  const std::string& text() const { return text_; }

 private:
  std::uint64_t count_ = 0;
  std::string text_;
};

}  // namespace oracle
