// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>

namespace lowp::inline LOWP_ABI {

/// The value of `x`, exactly. Any NaN gives 0x7fc00000. Integer only: subnormals survive FTZ and DAZ.
template <Format F>
constexpr float decode(F x) noexcept {
  return static_cast<float>(x);
}

}  // namespace lowp::inline LOWP_ABI
