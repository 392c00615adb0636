// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/avx2/target.hpp>
#include <lowp/kernel/cpu.hpp>

#if LOWP_X86

#define LOWP_AVX512_FLAGS "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"

namespace lowp::inline LOWP_ABI::isa {

/// AVX-512 F, BW, DQ, VL: Skylake-X, Zen 4 and later.
struct avx512 {
  using parent = avx2;
  static constexpr char const* name = "avx512";
  static bool available() noexcept { return kernel::cpu_features::get().avx512; }
};

}  // namespace lowp::inline LOWP_ABI::isa

#endif
