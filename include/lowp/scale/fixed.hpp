// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/scale/rule.hpp>
#include <lowp/scale/trial.hpp>

namespace lowp::inline LOWP_ABI::scale {

/// The same scale for every block, known before the data: static quantization, or unit scales.
///
/// Requires  scale finite and > 0, else quantize raises error_code::value; it is rounded to the stored type.
/// Example   quantize<S>(x, nan::error{}, {}, calibrate::fixed_scale<int8>(observer.range()));
template <ScaleStorage Stored>
struct fixed_as {
  using stored_type = Stored;
  float scale = 1.0F;

  exact search(block_trial const&) const noexcept {
    exact const s = exact::from(scale);
    bool const usable = s.what == exact::kind::finite && !s.negative;
    return usable ? s : exact::make(exact::kind::nan, false);  // which quantize refuses
  }
};

using fixed = fixed_as<float>;

}  // namespace lowp::inline LOWP_ABI::scale
