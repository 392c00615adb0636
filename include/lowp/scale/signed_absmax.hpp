// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/scale/rule.hpp>
#include <lowp/scale/trial.hpp>

namespace lowp::inline LOWP_ABI::scale {

/// The element of the greatest magnitude, with its sign, over the end of the format's range that lies farther out: it gets
/// the code of that end, and an n-bit integer uses all of its 2^n codes. The scale is negative where that element is
/// positive.
///
/// Meaning   of several elements of that magnitude the first one counts. Integers: value / -2^(n-1).
/// Exact     divided in double, as absmax.
/// Source    ggml's Q4_0 (d = max / -8) and Q5_0 (ggml/src/ggml-quants.c). There codes come from the unrounded 1 / d; here,
///           as under any rule, from the scale as it is stored. ggml::q4_0 has the bits of ggml.
template <ScaleStorage Stored = float>
struct signed_absmax {
  static_assert(
      [] {
        if constexpr (std::same_as<Stored, float>) {
          return true;
        } else {
          return facts<Stored>::is_signed;
        }
      }(),
      "lowp::scale::signed_absmax: the scale may be negative, so it is stored in a signed type");
  using stored_type = Stored;

  static exact search(block_trial const& block) noexcept {
    float found = 0.0F;
    for (float const x : block.values()) {
      std::uint32_t const size = lowp::detail::bits_of(x) & ~lowp::detail::float_sign;
      if (size < lowp::detail::float_infinity && size > (lowp::detail::bits_of(found) & ~lowp::detail::float_sign)) {
        found = x;
      }
    }
    if (lowp::detail::is_zero(found)) {
      return exact{};
    }
    format_facts const& f = block.element();
    float const end = -f.lowest < f.max ? f.max : f.lowest;
    return lowp::detail::round_to_double_precision(lowp::detail::exact_quotient(exact::from(found), exact::from(end)));
  }
};

}  // namespace lowp::inline LOWP_ABI::scale
