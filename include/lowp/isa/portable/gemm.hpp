// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/portable/target.hpp>
#include <lowp/kernel/slots.hpp>

namespace lowp::inline LOWP_ABI::kernel {

/// No tiles: gemm/definition.hpp computes in scalar code what every kernel must equal.
template <class Operand>
struct gemm_slot<isa::portable, Operand> {
  using served_by = isa::portable;
  static constexpr gemm_kernels const* kernels() noexcept { return nullptr; }
};

}  // namespace lowp::inline LOWP_ABI::kernel
