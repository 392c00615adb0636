// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/portable/target.hpp>

#if LOWP_NEON

namespace lowp::inline LOWP_ABI::isa {

/// Advanced SIMD of AArch64: part of the base architecture, so nothing is probed and no region is needed.
struct neon {
  using parent = portable;
  static constexpr char const* name = "neon";
  static bool available() noexcept { return true; }
};

}  // namespace lowp::inline LOWP_ABI::isa

#endif
