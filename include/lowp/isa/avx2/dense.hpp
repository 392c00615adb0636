// SPDX-License-Identifier: Apache-2.0
//
// Dense codes of 1, 2, 3, 5, 6 and 7 bits: packed and unpacked in 64-bit words (kernel/dense_codes.hpp), everything else by
// the kernels of a byte an element.
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <lowp/isa/avx2/decode.hpp>
#include <lowp/isa/avx2/encode.hpp>
#include <lowp/isa/avx2/quantize.hpp>
#include <lowp/isa/portable/quantize.hpp>
#include <lowp/kernel/dense_codes.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx2 {

template <class F, class Order, class R, class O>
concept encodes_dense = dense_width<F, Order> && encodes_in_lanes<F, bit_order::padded, R, O>;

template <class F, class Order>
concept decodes_dense = dense_width<F, Order> && decodes<F, bit_order::padded>;

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order, class Rounding, class Overflow>
  requires avx2::encodes_dense<F, Order, Rounding, Overflow>
struct encode_slot<isa::avx2, F, Order, Rounding, Overflow>
    : dense::encoder<isa::avx2, isa::avx2, dense::by_words<F::bits>, F, Rounding, Overflow> {
};

template <class F, class Order, class Rounding, class Overflow, class Nan>
  requires avx2::encodes_dense<F, Order, Rounding, Overflow>
struct quantize_slot<isa::avx2, F, Order, Rounding, Overflow, Nan>
    : dense::quantizer<isa::avx2, isa::avx2, dense::by_words<F::bits>, F, Rounding, Overflow, Nan> {
};

template <class F, class Order>
  requires avx2::decodes_dense<F, Order>
struct decode_slot<isa::avx2, F, Order> : dense::decoder<isa::avx2, F> {
};

template <class F, class Order>
  requires avx2::decodes_dense<F, Order>
struct dequantize_slot<isa::avx2, F, Order> : dense::dequantizer<isa::avx2, F> {
};

}  // namespace lowp::inline LOWP_ABI::kernel

#endif
