// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/ggml/arithmetic.hpp>

namespace lowp::inline LOWP_ABI::ggml {

/// 32 int8 and their float16 scale: 34 bytes, 8.5 bits an element.
///
///   byte 0 1 | 2 .. 33
///        d   | q0 .. q31          value = q * d, exact in float
///
/// Errors    of quantize: error_code::value for a NaN or an infinity (with its index), or where d overflows float16.
/// Exact     d = max|x| / 127; i = 1 / d, 0 for d = 0; q = roundf(x * i), a half away from zero; the stored d is rounded to
///           float16 after q was taken from the unrounded one. Each operation rounded to float once.
/// Source    ggml-org/llama.cpp at 01243c5: ggml/src/ggml-common.h block_q8_0, ggml/src/ggml-quants.c
///           quantize_row_q8_0_ref. (ggml's vector code rounds halves to even instead.)
struct q8_0 {
  using element_type = int8;
  static constexpr std::size_t size = 32;

  detail::half_bytes d;
  std::uint8_t qs[size] = {};

  static q8_0 quantize(std::span<float const, size> x) {
    detail::check_finite(x, "ggml::q8_0");
    float const scale = detail::float_quotient(detail::magnitude(detail::of_greatest_magnitude(x)), 127.0F);
    float const inverse = detail::ggml_inverse(scale);
    q8_0 block;
    block.d = detail::ggml_half(scale, "ggml::q8_0");
    for (std::size_t j = 0; j < size; ++j) {
      int const q = detail::rounded_half_away(detail::float_product(x[j], inverse));
      block.qs[j] = static_cast<std::uint8_t>(q);
    }
    return block;
  }

  constexpr void dequantize(std::span<float, size> out) const noexcept {
    float const step = scale();
    for (std::size_t j = 0; j < size; ++j) {
      out[j] = detail::float_product(static_cast<float>(code(j)), step);
    }
  }

  constexpr float scale() const noexcept { return d.value(); }
  constexpr int8 code(std::size_t j) const noexcept { return from_bits<int8>(qs[j]); }
  constexpr void set_scale(float16 scale) noexcept { d = detail::half_bytes::from(scale); }
  constexpr void set_code(std::size_t j, int8 code) noexcept { qs[j] = static_cast<std::uint8_t>(to_bits(code)); }
};
static_assert(sizeof(q8_0) == 34 && alignof(q8_0) == 1);

}  // namespace lowp::inline LOWP_ABI::ggml
