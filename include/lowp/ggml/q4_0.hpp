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

/// 32 nibbles around 8 and their float16 scale: 18 bytes, 4.5 bits an element.
///
///   byte 0 1 | 2         3         ..  17                (bit 7 left)
///        d   | q16 | q0  q17 | q1      q31 | q15         value = (q - 8) * d, exact in float
///
/// Errors    of quantize: error_code::value for a NaN or an infinity (with its index), or where d overflows float16.
/// Exact     m = the first x of the greatest magnitude, with its sign; d = m / -8, hence negative for a positive m;
///           i = 1 / d, 0 for d = 0; q = min(15, trunc(x * i + 8.5)); d is rounded to float16 after that. Each operation
///           rounded to float once. m itself gets code 0, so all sixteen codes are in use.
/// Source    ggml-org/llama.cpp at 01243c5: ggml/src/ggml-common.h block_q4_0, ggml/src/ggml-quants.c
///           quantize_row_q4_0_ref.
struct q4_0 {
  using element_type = uint4;
  using nibbles = layouts::ggml_q4_0;
  static constexpr std::size_t size = 32;

  detail::half_bytes d;
  std::uint8_t qs[size / 2] = {};

  static q4_0 quantize(std::span<float const, size> x) {
    detail::check_finite(x, "ggml::q4_0");
    float const scale = detail::float_quotient(detail::of_greatest_magnitude(x), -8.0F);
    float const inverse = detail::ggml_inverse(scale);
    q4_0 block;
    block.d = detail::ggml_half(scale, "ggml::q4_0");
    for (std::size_t j = 0; j < size; ++j) {
      nibbles::order::set(block.qs, j, 4, detail::ggml_code(x[j], inverse, 8.5F, 15));
    }
    return block;
  }

  constexpr void dequantize(std::span<float, size> out) const noexcept {
    float const step = scale();
    for (std::size_t j = 0; j < size; ++j) {
      out[j] = detail::float_product(static_cast<float>(static_cast<int>(code(j)) - 8), step);
    }
  }

  constexpr float scale() const noexcept { return d.value(); }
  constexpr uint4 code(std::size_t j) const noexcept { return from_bits<uint4>(nibbles::order::get(qs, j, 4)); }
  constexpr void set_scale(float16 scale) noexcept { d = detail::half_bytes::from(scale); }
  constexpr void set_code(std::size_t j, uint4 code) noexcept { nibbles::order::set(qs, j, 4, to_bits(code)); }
};
static_assert(sizeof(q4_0) == 18 && alignof(q4_0) == 1);

}  // namespace lowp::inline LOWP_ABI::ggml
