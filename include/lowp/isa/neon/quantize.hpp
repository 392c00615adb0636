// SPDX-License-Identifier: Apache-2.0
//
// NEON quantize and dequantize.
//
//   instruction   what it gives
//   fdiv          the quotient, rounded once
//   umax, umaxv   absmax: magnitudes order like their bits
#pragma once

#include <lowp/isa/neon/target.hpp>

#if LOWP_NEON

#include <arm_neon.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/neon/decode.hpp>
#include <lowp/isa/neon/encode.hpp>
#include <lowp/isa/portable/quantize.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/policy/nan.hpp>

namespace lowp::inline LOWP_ABI::kernel::neon {

/// x / s. The intrinsic is a division of vectors to the optimisers, and -ffast-math makes of it a product with a reciprocal;
/// the instruction is what it says.
inline float32x4_t divide(float32x4_t x, float32x4_t s) noexcept {
  float32x4_t quotient;
  __asm__("fdiv %0.4s, %1.4s, %2.4s" : "=w"(quotient) : "w"(x), "w"(s));
  return quotient;
}

/// The scales of a row's elements, 16 at a time, from first to last.
class scale_walk {
 public:
  scale_walk(float const* scales, std::size_t group) noexcept : scale_(scales), group_(group), left_(group) {}

  /// The scales of the next `count` elements, 1 to 16; behind them that of the last.
  void next(std::size_t count, float32x4_t (&s)[4]) noexcept {
    step();
    if (left_ >= count) {  // one group
      left_ -= count;
      s[0] = s[1] = s[2] = s[3] = vdupq_n_f32(*scale_);
      return;
    }
    float own[16];
    for (std::size_t k = 0; k < 16; ++k) {
      if (k < count) {
        step();
        --left_;
      }
      own[k] = *scale_;
    }
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      s[j] = vld1q_f32(own + 4 * j);
    }
  }

 private:
  void step() noexcept {
    if (left_ == 0) {
      ++scale_;
      left_ = group_;
    }
  }

  float const* scale_;
  std::size_t group_;
  std::size_t left_;  // elements of this scale still to come
};

/// The greatest magnitude's bits of n floats, NaNs and infinities included.
inline std::uint32_t greatest_bits(float const* in, std::size_t n) noexcept {
  // Doubled, magnitudes keep their order and lose the sign.
  auto const doubled = [in](std::size_t at) {
    uint32x4_t const bits = bits_of(vld1q_f32(in + at));
    return vaddq_u32(bits, bits);
  };
  uint32x4_t most[4] = {splat(0), splat(0), splat(0), splat(0)};
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      most[j] = vmaxq_u32(most[j], doubled(i + 4 * j));
    }
  }
  for (; i + 4 <= n; i += 4) {
    most[0] = vmaxq_u32(most[0], doubled(i));
  }
  std::uint32_t greatest = vmaxvq_u32(vmaxq_u32(vmaxq_u32(most[0], most[1]), vmaxq_u32(most[2], most[3]))) / 2;
  for (; i < n; ++i) {
    std::uint32_t const bits = detail::bits_of(in[i]) & ~detail::float_sign;
    greatest = bits > greatest ? bits : greatest;
  }
  return greatest;
}

}  // namespace lowp::inline LOWP_ABI::kernel::neon

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct absmax_slot<isa::neon> {
  using served_by = isa::neon;
  static bool run(float const* in, std::size_t n, std::size_t group, float* greatest) noexcept {
    bool has_nan = false;
    for (std::size_t start = 0; start < n; start += group) {
      std::size_t const count = n - start < group ? n - start : group;
      std::uint32_t const bits = neon::greatest_bits(in + start, count);
      if (bits >= detail::float_infinity) {  // they do not count: the portable kernel leaves them out
        has_nan = absmax_slot<isa::portable>::run(in + start, count, count, greatest + start / group) || has_nan;
        continue;
      }
      float& slot = greatest[start / group];
      slot = bits > detail::bits_of(slot) ? std::bit_cast<float>(bits) : slot;
    }
    return has_nan;
  }
};

template <>
struct contains_nan_slot<isa::neon> {
  using served_by = isa::neon;
  static bool run(float const* in, std::size_t n) noexcept {
    return neon::greatest_bits(in, n) > detail::float_infinity;
  }
};

template <class F, class Order, class Rounding, class Overflow, class Nan>
  requires encodes_in_lanes<F, Order, Rounding, Overflow>
struct quantize_slot<isa::neon, F, Order, Rounding, Overflow, Nan> {
  using served_by = isa::neon;
  static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group, Rounding r,
                  Overflow, Nan) noexcept {
    neon::scale_walk walk(scales, group);
    neon::random_stream<Rounding> stream(r);
    for (std::size_t i = 0; i < n; i += 16) {
      std::size_t const count = n - i < 16 ? n - i : 16;
      float32x4_t x[4];
      float32x4_t s[4];
      neon::load_some(in + i, count, x);
      walk.next(count, s);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        if constexpr (Nan::choice == nan::action::zero && !facts<F>::has_nan) {
          uint32x4_t const bits = neon::bits_of(x[j]);
          uint32x4_t const is_nan =
              vcgtq_u32(vbicq_u32(bits, neon::splat(detail::float_sign)), neon::splat(detail::float_infinity));
          x[j] = vreinterpretq_f32_u32(vbicq_u32(bits, is_nan));
        }
        x[j] = neon::divide(x[j], s[j]);
      }
      neon::encode_some<F, Order, Rounding, Overflow>(x, out, count, stream);
      out += packed_block_bytes<F, Order>(16);
    }
  }
};

template <class F, class Order>
  requires(neon::decodes<F, Order>&& F::bits <= 8)
struct dequantize_slot<isa::neon, F, Order> {
  using served_by = isa::neon;
  static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, std::size_t group) noexcept {
    neon::scale_walk walk(scales, group);
    for (std::size_t i = 0; i < n; i += 16) {
      std::size_t const count = n - i < 16 ? n - i : 16;
      float32x4_t x[4];
      float32x4_t s[4];
      walk.next(count, s);
      neon::decode_some<F, Order>(in, count, x);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        x[j] = neon::opaque(vmulq_f32(neon::opaque(x[j]), s[j]));  // a NaN is not to be seen, nor a product changed
      }
      neon::store_some(out + i, x, count);
      in += packed_block_bytes<F, Order>(16);
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

#endif
