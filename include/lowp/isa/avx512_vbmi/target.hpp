// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/avx512_vnni/target.hpp>
#include <lowp/kernel/cpu.hpp>

#if LOWP_X86

#define LOWP_AVX512_VBMI_FLAGS "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,avx2,fma,f16c"

namespace lowp::inline LOWP_ABI::isa {

/// AVX-512 with byte permutes: Ice Lake, Zen 4 and later.
struct avx512_vbmi {
  using parent = avx512_vnni;
  static constexpr char const* name = "avx512_vbmi";
  static bool available() noexcept { return kernel::cpu_features::get().avx512_vbmi; }
};

}  // namespace lowp::inline LOWP_ABI::isa

#endif
