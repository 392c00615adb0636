// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/isa/portable/target.hpp>
#include <lowp/kernel/nonlinear.hpp>
#include <lowp/kernel/slots.hpp>

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct row_slot<isa::portable> {
  using served_by = isa::portable;

  static void add(float* x, float const* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      float a = x[i];
      float b = y[i];
      LOWP_LAUNDER_FLOATS(a, b);
      a += b;
      LOWP_LAUNDER_FLOAT(a);
      x[i] = a;
    }
  }
  static void multiply(float* x, float const* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = detail::multiply_once(x[i], y[i]);
    }
  }
  static void scale(float* x, float factor, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = detail::multiply_once(x[i], factor);
    }
  }
  static void divide(float* x, float divisor, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = detail::divide_once(x[i], divisor);
    }
  }
  static void scale_limited(float* x, float factor, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      float const product = detail::multiply_once(x[i], factor);
      x[i] = detail::bits_of(product) < detail::bits_of(0x1p-126F) ? 0x1p-126F : product;
    }
  }
  static void divide_kept(float* x, float divisor, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      float const quotient = detail::divide_once(x[i], divisor);
      x[i] = detail::is_zero(quotient) && !detail::is_zero(x[i]) ? 0x1p-149F : quotient;
    }
  }
  static void extend(magnitude_range& range, float const* x, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      std::uint32_t const bits = detail::bits_of(x[i]);
      range.least = bits - 1U < range.least ? bits - 1U : range.least;  // 0 becomes the greatest
      range.most = bits > range.most ? bits : range.most;
      range.zero = range.zero || bits == 0;
    }
  }
  static void store(float const* x, float* out, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      std::uint32_t const bits = detail::bits_of(x[i]);
      out[i] =
          std::bit_cast<float>((bits & ~detail::float_sign) > detail::float_infinity ? detail::float_quiet_nan : bits);
    }
  }
};

template <>
struct silu_slot<isa::portable> {
  using served_by = isa::portable;
  static void run(float* x, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = detail::silu(x[i]);
    }
  }
};

template <>
struct gelu_slot<isa::portable> {
  using served_by = isa::portable;
  static void run(float* x, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = detail::gelu(x[i]);
    }
  }
};

template <>
struct gelu_tanh_slot<isa::portable> {
  using served_by = isa::portable;
  static void run(float* x, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = detail::gelu_tanh(x[i]);
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel
