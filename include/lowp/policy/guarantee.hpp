// SPDX-License-Identifier: Apache-2.0
//
// What quantize_into leaves behind when it raises an error about a value: C++'s strong guarantee, or its basic one.
#pragma once

#include <concepts>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::guarantee {

/// Nothing is written before all of the input was looked at. The default.
struct strong {
  static constexpr bool writes_early = false;
};

/// Codes are written while the input is read, each block once it was looked at: after an error what the destination holds is
/// unspecified. Saves a pass over the input.
struct basic {
  static constexpr bool writes_early = true;
};

}  // namespace lowp::inline LOWP_ABI::guarantee

namespace lowp::inline LOWP_ABI {

/// A guarantee has one member: bool writes_early.
template <class G>
concept GuaranteePolicy = requires {
  { G::writes_early } -> std::convertible_to<bool>;
};

}  // namespace lowp::inline LOWP_ABI
