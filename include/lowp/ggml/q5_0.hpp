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

/// 32 five-bit codes around 16 and their float16 scale: 22 bytes, 5.5 bits an element. The fifth bits sit apart.
///
///   byte 0 1 | 2 .. 5                      | 6         7         ..  21          (bit 7 left)
///        d   | bit j of the little-endian  | q16 | q0  q17 | q1      q31 | q15   value = (q - 16) * d, exact in float
///            | word is bit 4 of qj         | (bits 3 .. 0)
///
/// Errors    of quantize: error_code::value for a NaN or an infinity (with its index), or where d overflows float16.
/// Exact     m = the first x of the greatest magnitude, with its sign; d = m / -16; i = 1 / d, 0 for d = 0;
///           q = min(31, trunc(x * i + 16.5)); d is rounded to float16 after that. Each operation rounded to float once.
/// Source    ggml-org/llama.cpp at 01243c5: ggml/src/ggml-common.h block_q5_0, ggml/src/ggml-quants.c
///           quantize_row_q5_0_ref.
struct q5_0 {
  using element_type = uint5;
  using low_nibbles = layouts::ggml_q4_1;
  static constexpr std::size_t size = 32;

  detail::half_bytes d;
  std::uint8_t qh[size / 8] = {};
  std::uint8_t qs[size / 2] = {};

  static q5_0 quantize(std::span<float const, size> x) {
    detail::check_finite(x, "ggml::q5_0");
    float const scale = detail::float_quotient(detail::of_greatest_magnitude(x), -16.0F);
    float const inverse = detail::ggml_inverse(scale);
    q5_0 block;
    block.d = detail::ggml_half(scale, "ggml::q5_0");
    for (std::size_t j = 0; j < size; ++j) {
      block.set_code(j, from_bits<uint5>(detail::ggml_code(x[j], inverse, 16.5F, 31)));
    }
    return block;
  }

  constexpr void dequantize(std::span<float, size> out) const noexcept {
    float const step = scale();
    for (std::size_t j = 0; j < size; ++j) {
      out[j] = detail::float_product(static_cast<float>(static_cast<int>(code(j)) - 16), step);
    }
  }

  constexpr float scale() const noexcept { return d.value(); }
  constexpr uint5 code(std::size_t j) const noexcept {
    std::uint32_t const fifth = bit_order::low_first::get(qh, j, 1);
    return from_bits<uint5>(low_nibbles::order::get(qs, j, 4) | fifth << 4U);
  }
  constexpr void set_scale(float16 scale) noexcept { d = detail::half_bytes::from(scale); }
  constexpr void set_code(std::size_t j, uint5 code) noexcept {
    low_nibbles::order::set(qs, j, 4, to_bits(code));
    bit_order::low_first::set(qh, j, 1, to_bits(code) >> 4U);
  }
};
static_assert(sizeof(q5_0) == 22 && alignof(q5_0) == 1);

}  // namespace lowp::inline LOWP_ABI::ggml
