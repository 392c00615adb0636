// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/calibrate/range.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/scale/fixed.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI::calibrate {

/// The scale that `rule` gives a block whose greatest magnitude is that of `r`, as the rule of a static scheme.
///
/// Meaning   scale::absmax: absmax / max of F. A range of zeros gives 1.
/// Errors    error_code::value where the scale underflows or overflows its stored type.
/// Exact     as the rule: with the range of the data itself, quantize gives the bits of the dynamic rule.
/// Example   quantize<S>(x, {}, {}, calibrate::fixed_scale<int8>(observer.range()));  S = scheme<int8, .., scale::fixed>
template <Format F, AbsmaxRule Rule = scale::absmax<float>>
scale::fixed_as<typename Rule::stored_type> fixed_scale(range r, Rule rule = {}) {
  using stored = scale::stored_scale<typename Rule::stored_type>;
  float const greatest = r.absmax();
  auto const s =
      detail::is_zero(greatest) ? stored::one() : stored::from(rule.ideal(exact::from(greatest), facts<F>::all));
  if (s.status != scale::storing::exact_or_rounded) {
    detail::raise(
        error(error_code::value, "r", "fixed_scale: the scale does not fit the type that scales are stored as"));
  }
  return {s.value};
}

}  // namespace lowp::inline LOWP_ABI::calibrate
