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

/// 64 E2M1 in four sub-blocks of 16, each with a UE4M3 scale: 36 bytes, 4.5 bits an element. The scale of the whole tensor
/// is not part of the block.
///
///   byte 0  1  2  3  | 4        5        ..  11       | 12 .. 19 | 20 .. 27 | 28 .. 35        (bit 7 left)
///        d0 d1 d2 d3 | q8 | q0  q9 | q1      q15 | q7 | q16 ..   | q32 ..   | q48 ..
///
///   value = E2M1(q) * d, exact in float; code 8 gives +0
///
/// Meaning   ggml's UE4M3 is its own on encoding: ties go up, 248 and above become 448, above 7.5 subnormal steps become 7,
///           and zero stays possible. On decoding 7F (a NaN elsewhere) is 0 and bit 7 is not looked at (FF is 480).
/// Errors    of quantize: error_code::value for a NaN or an infinity, with its index.
/// Exact     d = UE4M3(max|x| / 6) of each sub-block; q = the nearest to x by float differences with the rounded d, a tie
///           towards zero, never -0; where d saturated so far that all differences round alike, 0.
/// Source    ggml-org/llama.cpp: ggml/src/ggml-common.h block_nvfp4, ggml/src/ggml-quants.c quantize_row_nvfp4_ref at
///           01243c5; ggml/src/ggml-impl.h ggml_fp32_to_ue4m3 and ggml_ue4m3_to_fp32 at 0096646.
struct nvfp4 {
  using element_type = e2m1fn;
  using nibbles = layouts::ggml_nvfp4;
  static constexpr std::size_t size = 64;
  static constexpr std::size_t sub_block = 16;

  std::uint8_t d[size / sub_block] = {};
  std::uint8_t qs[size / 2] = {};

  static nvfp4 quantize(std::span<float const, size> x) {
    detail::check_finite(x, "ggml::nvfp4");
    nvfp4 block;
    for (std::size_t s = 0; s < size / sub_block; ++s) {
      auto const part = x.subspan(s * sub_block, sub_block);
      float const greatest = detail::magnitude(detail::of_greatest_magnitude(part));
      block.d[s] = encode_scale(detail::float_quotient(greatest, 6.0F));
      for (std::size_t j = s * sub_block; j < (s + 1) * sub_block; ++j) {
        nibbles::order::set(block.qs, j, 4, detail::ggml_e2m1_code(x[j], block.half_scale(s)));
      }
    }
    return block;
  }

  constexpr void dequantize(std::span<float, size> out) const noexcept {
    for (std::size_t j = 0; j < size; ++j) {
      out[j] = detail::ggml_e2m1_value(nibbles::order::get(qs, j, 4), half_scale(j / sub_block));
    }
  }

  /// The scale of sub-block `s`, 0 to 3.
  constexpr float scale(std::size_t s) const noexcept { return detail::float_product(half_scale(s), 2.0F); }
  constexpr ue4m3 stored_scale(std::size_t s) const noexcept { return from_bits<ue4m3>(d[s] & 0x7fU); }
  constexpr e2m1fn code(std::size_t j) const noexcept { return from_bits<e2m1fn>(nibbles::order::get(qs, j, 4)); }
  constexpr void set_scale(std::size_t s, ue4m3 scale) noexcept { d[s] = static_cast<std::uint8_t>(to_bits(scale)); }
  constexpr void set_code(std::size_t j, e2m1fn code) noexcept { nibbles::order::set(qs, j, 4, to_bits(code)); }

  /// ggml_fp32_to_ue4m3, for x >= 0 and finite.
  static constexpr std::uint8_t encode_scale(float x) noexcept {
    std::uint32_t const bits = detail::bits_of(x);
    int const field = static_cast<int>(bits >> 23U) - 127 + 7;
    if (field <= 0) {
      // 1. Below 2^-6: steps of 2^-9, a half up, at most 7.
      int const steps = detail::truncated(detail::float_sum(detail::float_product(x, 512.0F), 0.5F));
      return static_cast<std::uint8_t>(steps > 7 ? 7 : steps);
    }
    // 2. The three mantissa bits and the bit below them; a carry into exponent field 15, and all of it, is the maximum.
    std::uint32_t const code = (static_cast<std::uint32_t>(field) << 3U | (bits >> 20U & 7U)) + (bits >> 19U & 1U);
    return static_cast<std::uint8_t>(field >= 15 || code >= 0x78U ? 0x7eU : code);
  }

 private:
  /// ggml_ue4m3_to_fp32: half the scale.
  constexpr float half_scale(std::size_t s) const noexcept {
    std::uint32_t const code = d[s] & 0x7fU;
    if (d[s] == 0x7fU) {
      return 0.0F;
    }
    std::uint32_t const field = code >> 3U;
    std::uint32_t const mantissa = code & 7U;
    return field == 0 ? detail::compose_float(false, mantissa, -10)
                      : detail::compose_float(false, mantissa | 8U, static_cast<int>(field) - 11);
  }
};
static_assert(sizeof(nvfp4) == 36 && alignof(nvfp4) == 1);

}  // namespace lowp::inline LOWP_ABI::ggml
