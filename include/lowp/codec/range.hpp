// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/codec/codebook_gap.hpp>
#include <lowp/codec/encode.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/codebook.hpp>
#include <lowp/format/concepts.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// Whether a finite x, rounded to nearest even as if the range were unbounded, lies outside that of the format.
constexpr bool rounds_out_of_range(float_layout const& f, exact const& x) noexcept {
  if (x.what != exact::kind::finite) {
    return false;
  }
  if (x.negative && !f.is_signed()) {  // outside unless it rounds to zero
    return !f.has_zero() || x.exponent >= f.quantum_exponent() ||
           encode(f, x, rounding::nearest_even{}, overflow::nonsaturating{}) != 0;
  }
  // The same grid with a wider exponent field and no special codes. (Code c of an exponent-only format means 2^(c - bias),
  // as code c > 0 of a minifloat without mantissa does.)
  float_layout const wide{f.exponent_bits + 2, f.mantissa_bits, f.bias, specials::finite, sign_bit::absent};
  exact size = x;
  size.negative = false;
  return x.exponent > f.max_exponent() + 1 ||
         encode(wide, size, rounding::nearest_even{}, overflow::saturate{}) > f.max_code();
}

constexpr bool rounds_out_of_range(integer_layout const& f, exact const& x) noexcept {
  if (x.what != exact::kind::finite) {
    return false;
  }
  exact size = x;
  size.negative = false;
  auto const limit = static_cast<std::uint32_t>(x.negative ? -f.min() : f.max());
  // Counted in 12-bit integers, which hold one more than any limit here.
  return encode(integer_layout{12, sign_bit::absent}, size, rounding::nearest_even{}, overflow::saturate{}) > limit;
}

template <std::size_t Capacity>
constexpr bool rounds_out_of_range(codebook_order<Capacity> const& table, exact const& x) noexcept {
  if (x.what != exact::kind::finite) {
    return false;
  }
  wide_fixed const position = wide_fixed::from(x);
  return position < wide_fixed::from(table.values[0]) || wide_fixed::from(table.values[table.size - 1]) < position;
}

template <Format F>
constexpr bool rounds_out_of_range(exact const& x) noexcept {
  if constexpr (CodebookFormat<F>) {
    return rounds_out_of_range(F::order, x);
  } else {
    return rounds_out_of_range(F::layout, x);
  }
}

}  // namespace lowp::inline LOWP_ABI::detail
