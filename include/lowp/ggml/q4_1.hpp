// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/ggml/arithmetic.hpp>
#include <lowp/pack/layouts.hpp>

namespace lowp::inline LOWP_ABI::ggml {

/// 32 nibbles, their float16 scale and their float16 minimum: 20 bytes, 5 bits an element.
///
///   byte 0 1 | 2 3 | 4         5         ..  19          (bit 7 left)
///        d   | m   | q16 | q0  q17 | q1      q31 | q15   value = q * d + m: the product exact, the sum rounded once
///
/// Errors    of quantize: error_code::value for a NaN or an infinity (with its index), or where d or m overflows float16.
/// Exact     d = (max - min) / 15; i = 1 / d, 0 for d = 0; q = min(15, trunc((x - min) * i + 0.5)); d and m = min are
///           rounded to float16 after that. Each operation rounded to float once.
/// Source    ggml-org/llama.cpp at 01243c5: ggml/src/ggml-common.h block_q4_1, ggml/src/ggml-quants.c
///           quantize_row_q4_1_ref.
struct q4_1 {
  using element_type = uint4;
  using nibbles = layouts::ggml_q4_1;
  static constexpr std::size_t size = 32;

  detail::half_bytes d;
  detail::half_bytes m;
  std::uint8_t qs[size / 2] = {};

  static q4_1 quantize(std::span<float const, size> x) {
    detail::check_finite(x, "ggml::q4_1");
    float least = x[0];
    float greatest = x[0];
    for (float const v : x) {
      least = detail::order_key(v) < detail::order_key(least) ? v : least;
      greatest = detail::order_key(v) > detail::order_key(greatest) ? v : greatest;
    }
    float const scale = detail::float_quotient(detail::float_difference(greatest, least), 15.0F);
    float const inverse = detail::ggml_inverse(scale);
    q4_1 block;
    block.d = detail::ggml_half(scale, "ggml::q4_1");
    block.m = detail::ggml_half(least, "ggml::q4_1");
    for (std::size_t j = 0; j < size; ++j) {
      float const above = detail::float_difference(x[j], least);
      nibbles::order::set(block.qs, j, 4, detail::ggml_code(above, inverse, 0.5F, 15));
    }
    return block;
  }

  constexpr void dequantize(std::span<float, size> out) const noexcept {
    float const step = scale();
    float const least = minimum();
    for (std::size_t j = 0; j < size; ++j) {
      float const product = detail::float_product(static_cast<float>(code(j)), step);
      out[j] = detail::float_sum(product, least);
    }
  }

  constexpr float scale() const noexcept { return d.value(); }
  constexpr float minimum() const noexcept { return m.value(); }
  constexpr uint4 code(std::size_t j) const noexcept { return from_bits<uint4>(nibbles::order::get(qs, j, 4)); }
  constexpr void set_scale(float16 scale) noexcept { d = detail::half_bytes::from(scale); }
  constexpr void set_minimum(float16 minimum) noexcept { m = detail::half_bytes::from(minimum); }
  constexpr void set_code(std::size_t j, uint4 code) noexcept { nibbles::order::set(qs, j, 4, to_bits(code)); }
};
static_assert(sizeof(q4_1) == 20 && alignof(q4_1) == 1);

}  // namespace lowp::inline LOWP_ABI::ggml
