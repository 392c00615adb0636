// SPDX-License-Identifier: Apache-2.0
//
// Skeleton decode: one line on how many codes make how many floats at a time.
//
//   instruction   what it gives                      (latency and throughput, and where they are from)
//   none          this skeleton is a plain loop
//
// Against the parent: what is better here, in a sentence. It is what a reader looks for.
#pragma once

#include <lowp/isa/template/target.hpp>

// Kernels for one architecture stand inside its guard, so that list.hpp may include them everywhere:
//   #if LOWP_X86
//   #include <immintrin.h>
// Every header before the target region: what a region includes would be compiled for the new instructions.

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/isa/portable/decode.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/pack/bit_order.hpp>

namespace lowp::inline LOWP_ABI::kernel::skeleton {

/// What the kernel below serves; everything else is the parent's.
template <class F, class Order>
concept decodes = IntegerFormat<F> && F::layout.is_signed() && F::bits == 8 && std::same_as<Order, bit_order::padded>;

}  // namespace lowp::inline LOWP_ABI::kernel::skeleton

//   LOWP_TARGET_BEGIN(LOWP_NEW_FLAGS)

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order>
  requires skeleton::decodes<F, Order>
struct decode_slot<isa::skeleton, F, Order> {
  using served_by = isa::skeleton;

  // n may be anything, 0 included; `in` and `out` lie anywhere, and nothing may be read or written beyond their ends. Called
  // under fp_env. Results are those of portable to the bit: no multiplication beside an addition but by an explicit fma, no
  // test of a float that -ffast-math may answer.
  static void run(std::uint8_t const* in, float* out, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      out[i] = static_cast<float>(static_cast<std::int8_t>(in[i]));
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

//   LOWP_TARGET_END
//   #endif
