// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/portable/target.hpp>
#include <lowp/kernel/cpu.hpp>

#if LOWP_X86

#define LOWP_AVX2_FLAGS "avx2,fma,f16c"

namespace lowp::inline LOWP_ABI::isa {

/// AVX2 with FMA: x86-64 since 2013.
struct avx2 {
  using parent = portable;
  static constexpr char const* name = "avx2";
  static bool available() noexcept { return kernel::cpu_features::get().avx2; }
};

}  // namespace lowp::inline LOWP_ABI::isa

#endif
