// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/avx2/target.hpp>
#include <lowp/kernel/cpu.hpp>

#if LOWP_X86

#define LOWP_AVX_VNNI_FLAGS "avxvnni,avx2,fma,f16c"

namespace lowp::inline LOWP_ABI::isa {

/// AVX2 with the byte dot products of VNNI, VEX-coded: Alder Lake, Zen 5 and later.
struct avx_vnni {
  using parent = avx2;
  static constexpr char const* name = "avx_vnni";
  static bool available() noexcept { return kernel::cpu_features::get().avx_vnni; }
};

}  // namespace lowp::inline LOWP_ABI::isa

#endif
