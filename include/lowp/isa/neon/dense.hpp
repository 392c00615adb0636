// SPDX-License-Identifier: Apache-2.0
//
// Dense codes of 1, 2, 3, 5, 6 and 7 bits: packed and unpacked in 64-bit words (kernel/dense_codes.hpp), everything else by
// the kernels of a byte an element.
#pragma once

#include <lowp/isa/neon/target.hpp>

#if LOWP_NEON

#include <lowp/isa/neon/decode.hpp>
#include <lowp/isa/neon/encode.hpp>
#include <lowp/isa/neon/quantize.hpp>
#include <lowp/isa/portable/quantize.hpp>
#include <lowp/kernel/dense_codes.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>

namespace lowp::inline LOWP_ABI::kernel::neon {

template <class F, class Order, class R, class O>
concept encodes_dense = dense_width<F, Order> && encodes_in_lanes<F, bit_order::padded, R, O>;

template <class F, class Order>
concept decodes_dense = dense_width<F, Order> && decodes<F, bit_order::padded>;

}  // namespace lowp::inline LOWP_ABI::kernel::neon

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order, class Rounding, class Overflow>
  requires neon::encodes_dense<F, Order, Rounding, Overflow>
struct encode_slot<isa::neon, F, Order, Rounding, Overflow>
    : dense::encoder<isa::neon, isa::neon, dense::by_words<F::bits>, F, Rounding, Overflow> {
};

template <class F, class Order, class Rounding, class Overflow, class Nan>
  requires neon::encodes_dense<F, Order, Rounding, Overflow>
struct quantize_slot<isa::neon, F, Order, Rounding, Overflow, Nan>
    : dense::quantizer<isa::neon, isa::neon, dense::by_words<F::bits>, F, Rounding, Overflow, Nan> {
};

template <class F, class Order>
  requires neon::decodes_dense<F, Order>
struct decode_slot<isa::neon, F, Order> : dense::decoder<isa::neon, F> {
};

template <class F, class Order>
  requires neon::decodes_dense<F, Order>
struct dequantize_slot<isa::neon, F, Order> : dense::dequantizer<isa::neon, F> {
};

}  // namespace lowp::inline LOWP_ABI::kernel

#endif
