// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/avx512/target.hpp>
#include <lowp/kernel/cpu.hpp>

#if LOWP_X86

#define LOWP_AVX512_VNNI_FLAGS "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"

namespace lowp::inline LOWP_ABI::isa {

/// AVX-512 with byte dot products: Cascade Lake, Ice Lake, Zen 4 and later.
struct avx512_vnni {
  using parent = avx512;
  static constexpr char const* name = "avx512_vnni";
  static bool available() noexcept { return kernel::cpu_features::get().avx512_vnni; }
};

}  // namespace lowp::inline LOWP_ABI::isa

#endif
