// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/avx512_bf16/target.hpp>
#include <lowp/kernel/cpu.hpp>

#if LOWP_X86

// Tile instructions are written by name, so that no compiler needs to know a flag for them; the rest is the parent's.
#define LOWP_AMX_INT8_FLAGS LOWP_AVX512_BF16_FLAGS

namespace lowp::inline LOWP_ABI::isa {

/// AMX tiles of bytes: Sapphire Rapids and later. The system is asked for their registers by the first matrix product
/// (kernel::may_use_tiles); where it refuses, the parent's kernels serve.
struct amx_int8 {
  using parent = avx512_bf16;
  static constexpr char const* name = "amx_int8";
  static bool available() noexcept { return kernel::cpu_features::get().amx_int8; }
};

}  // namespace lowp::inline LOWP_ABI::isa

#endif
