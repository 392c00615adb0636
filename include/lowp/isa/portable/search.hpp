// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <lowp/base/config.hpp>
#include <lowp/isa/portable/target.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI::kernel {

template <class Stored>
struct rounded_scales_slot<isa::portable, Stored> {
  using served_by = isa::portable;
  static void run(double const* ideal, std::size_t n, float* values) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      auto const s = scale::stored_scale<Stored>::from(ideal[i]);
      values[i] = s.status == scale::storing::exact_or_rounded ? s.value : 0.0F;
    }
  }
};

/// No estimate: the definition itself is as quick here.
template <>
struct error_estimate_slot<isa::portable> {
  using served_by = isa::portable;
  static constexpr bool is_quick = false;
};

template <class F>
struct trial_slot<isa::portable, F> {
  using served_by = isa::portable;
  static constexpr bool is_quick = false;
};

}  // namespace lowp::inline LOWP_ABI::kernel
