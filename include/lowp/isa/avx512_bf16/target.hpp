// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/avx512_vbmi/target.hpp>
#include <lowp/kernel/cpu.hpp>

#if LOWP_X86

#define LOWP_AVX512_BF16_FLAGS \
  "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi,avx512vbmi2,avx512bf16,avx2,fma,f16c"

namespace lowp::inline LOWP_ABI::isa {

/// AVX-512 with bfloat16 dot products: Sapphire Rapids, Zen 4 and later.
struct avx512_bf16 {
  using parent = avx512_vbmi;
  static constexpr char const* name = "avx512_bf16";
  static bool available() noexcept { return kernel::cpu_features::get().avx512_bf16; }
};

}  // namespace lowp::inline LOWP_ABI::isa

#endif
