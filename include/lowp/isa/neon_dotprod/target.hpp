// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/neon/target.hpp>
#include <lowp/kernel/cpu.hpp>

#if LOWP_NEON

/// What a function takes that uses these instructions, in place of a target region: GCC 12's pragma redefines __ARM_ARCH,
/// with a warning that nothing turns off, and its assembler wants Armv8.2 for them.
#if defined(__clang__)
#define LOWP_NEON_DOTPROD [[gnu::target("dotprod")]]
#else
#define LOWP_NEON_DOTPROD [[gnu::target("arch=armv8.2-a+dotprod")]]
#endif

namespace lowp::inline LOWP_ABI::isa {

/// NEON with the dot products of bytes, FEAT_DotProd: Cortex-A55 and A75, Neoverse N1, Apple A13 and later.
struct neon_dotprod {
  using parent = neon;
  static constexpr char const* name = "neon_dotprod";
  static bool available() noexcept { return kernel::cpu_features::get().dotprod; }
};

}  // namespace lowp::inline LOWP_ABI::isa

#endif
