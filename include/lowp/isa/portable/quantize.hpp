// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/portable/decode.hpp>
#include <lowp/isa/portable/encode.hpp>
#include <lowp/isa/portable/target.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/pack/bit_writer.hpp>
#include <lowp/policy/nan.hpp>

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct absmax_slot<isa::portable> {
  using served_by = isa::portable;
  static bool run(float const* in, std::size_t n, std::size_t group, float* greatest) noexcept {
    std::uint32_t all = 0;
    for (std::size_t start = 0; start < n; start += group) {
      std::size_t const end = n - start < group ? n : start + group;
      // Magnitudes order like their bits; NaN and infinity are the bit patterns from 7f800000 on.
      std::uint32_t best = detail::bits_of(greatest[start / group]);
      for (std::size_t i = start; i < end; ++i) {
        std::uint32_t const bits = detail::bits_of(in[i]) & ~detail::float_sign;
        std::uint32_t const counted = bits < detail::float_infinity ? bits : 0U;
        best = counted > best ? counted : best;
        all = bits > all ? bits : all;
      }
      greatest[start / group] = std::bit_cast<float>(best);
    }
    return all > detail::float_infinity;
  }
};

template <>
struct contains_nan_slot<isa::portable> {
  using served_by = isa::portable;
  static bool run(float const* in, std::size_t n) noexcept {
    std::uint32_t greatest = 0;
    for (std::size_t i = 0; i < n; ++i) {
      std::uint32_t const bits = detail::bits_of(in[i]) & ~detail::float_sign;
      greatest = bits > greatest ? bits : greatest;
    }
    return greatest > detail::float_infinity;
  }
};

template <class F, class Order, class Rounding, class Overflow, class Nan>
struct quantize_slot<isa::portable, F, Order, Rounding, Overflow, Nan> {
  using served_by = isa::portable;
  static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group, Rounding r,
                  Overflow o, Nan) noexcept {
    constexpr bool replaces_nan = Nan::choice == nan::action::zero && !facts<F>::has_nan;
    bit_writer<Order> writer(out, F::bits);
    for (std::size_t start = 0; start < n; start += group) {
      std::size_t const count = n - start < group ? n - start : group;
      float const scale = scales[start / group];
      portable_kernels::encode_each<F>(
          count,
          [&](std::size_t i) {
            float const x = in[start + i];
            bool const dropped = replaces_nan && detail::is_nan(x);
            return dropped ? 0.0F : detail::divide_once(x, scale);
          },
          writer, rounding::at(r, start), o);
    }
    writer.finish();
  }
};

template <class F, class Order>
struct dequantize_slot<isa::portable, F, Order> {
  using served_by = isa::portable;
  static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, std::size_t group) noexcept {
    for (std::size_t start = 0; start < n; start += group) {
      std::size_t const end = n - start < group ? n : start + group;
      float const scale = scales[start / group];
      for (std::size_t i = start; i < end; ++i) {
        out[i] = detail::multiply_once(portable_kernels::decode_code<F>(Order::get(in, i, F::bits)), scale);
      }
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel
