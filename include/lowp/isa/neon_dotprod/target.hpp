// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/neon/target.hpp>
#include <lowp/kernel/cpu.hpp>

#if LOWP_NEON

namespace lowp::inline LOWP_ABI::isa {

/// NEON with the dot products of bytes, FEAT_DotProd: Cortex-A55 and A75, Neoverse N1, Apple A13 and later. No region:
/// the instruction is given by its encoding.
struct neon_dotprod {
  using parent = neon;
  static constexpr char const* name = "neon_dotprod";
  static bool available() noexcept { return kernel::cpu_features::get().dotprod; }
};

}  // namespace lowp::inline LOWP_ABI::isa

#endif
