// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/ggml/arithmetic.hpp>
#include <lowp/pack/layouts.hpp>

namespace lowp::inline LOWP_ABI::ggml {

/// 32 E2M1 and their power of two: 17 bytes, 4.25 bits an element.
///
///   byte 0 | 1         2         ..  16                (bit 7 left)
///        e | q16 | q0  q17 | q1      q31 | q15         value = E2M1(q) * 2^(e - 127)
///
/// Meaning   the numbers of OCP MX 1.0's MXFP4 but for three things: code 8 dequantizes to +0; e = 255, a NaN there, is
///           2^128 here (ggml does not look); and the values are rounded to float once, which overflows from e = 253 on.
/// Errors    of quantize: error_code::value for a NaN or an infinity, with its index.
/// Exact     e = floor(log2f(max|x|)) + 125, 0 for a block of zeros, where log2f is the logarithm rounded to float: a
///           maximum just below 2^k counts as 2^k. q = the nearest, a tie towards zero, never -0.
/// Source    ggml-org/llama.cpp: ggml/src/ggml-common.h block_mxfp4, ggml/src/ggml-quants.c quantize_row_mxfp4_ref at
///           01243c5; ggml/src/ggml-impl.h ggml_e8m0_to_fp32_half at 0096646. Deviation: e is at least 0 (ggml converts a
///           negative float to uint8_t where max|x| < 2^-125, which C leaves undefined).
struct mxfp4 {
  using element_type = e2m1fn;
  using nibbles = layouts::ggml_mxfp4;
  static constexpr std::size_t size = 32;

  std::uint8_t e = 0;
  std::uint8_t qs[size / 2] = {};

  static mxfp4 quantize(std::span<float const, size> x) {
    detail::check_finite(x, "ggml::mxfp4");
    float const greatest = detail::magnitude(detail::of_greatest_magnitude(x));
    mxfp4 block;
    block.e = exponent_for(greatest);
    for (std::size_t j = 0; j < size; ++j) {
      nibbles::order::set(block.qs, j, 4, detail::ggml_e2m1_code(x[j], block.half_scale()));
    }
    return block;
  }

  constexpr void dequantize(std::span<float, size> out) const noexcept {
    for (std::size_t j = 0; j < size; ++j) {
      out[j] = detail::ggml_e2m1_value(nibbles::order::get(qs, j, 4), half_scale());
    }
  }

  /// 2^(e - 127); of e = 255 infinity, for want of 2^128.
  constexpr float scale() const noexcept { return detail::float_product(half_scale(), 2.0F); }
  constexpr e8m0fnu stored_scale() const noexcept { return from_bits<e8m0fnu>(e); }
  constexpr e2m1fn code(std::size_t j) const noexcept { return from_bits<e2m1fn>(nibbles::order::get(qs, j, 4)); }
  constexpr void set_scale(e8m0fnu scale) noexcept { e = static_cast<std::uint8_t>(to_bits(scale)); }
  constexpr void set_code(std::size_t j, e2m1fn code) noexcept { nibbles::order::set(qs, j, 4, to_bits(code)); }

  /// The e of a block whose greatest magnitude is `greatest`.
  static constexpr std::uint8_t exponent_for(float greatest) noexcept {
    exact const g = exact::from(greatest);
    if (g.what != exact::kind::finite) {
      return 0;
    }
    int k = g.exponent;
    // 1. How far below 2^(k + 1), in steps of 2^(k + 1 - 24); at least 1.
    std::uint64_t const steps = (std::uint64_t{1} << 24U) - (g.significand >> 40U);
    // 2. log2f gives k + 1 where steps * 2^-24 / ln 2 is at most half the distance to the float below k + 1. That distance
    //    is 2^(j - 23), 2^j being the power of two below k + 1 (towards zero for a positive, at or below it in magnitude
    //    for a negative one). So: steps <= ln 2 * 2^j; j is at most 6.
    int const next = k + 1;
    int const size_of_next = next > 0 ? next - 1 : -next;
    if (size_of_next > 0) {
      int const j = detail::floor_log2(static_cast<std::uint32_t>(size_of_next));
      constexpr std::uint64_t limits[8] = {0, 1, 2, 5, 11, 22, 44, 88};  // floor(ln 2 * 2^j)
      k += steps <= limits[j] ? 1 : 0;
    }
    int const e = k - 2 + 127;
    return static_cast<std::uint8_t>(e < 0 ? 0 : e);
  }

 private:
  constexpr float half_scale() const noexcept { return detail::power_of_two(static_cast<int>(e) - 128); }
};
static_assert(sizeof(mxfp4) == 17 && alignof(mxfp4) == 1);

}  // namespace lowp::inline LOWP_ABI::ggml
