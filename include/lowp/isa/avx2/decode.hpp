// SPDX-License-Identifier: Apache-2.0
//
// AVX2 decode: 8 codes to 8 floats at a time, or 16.
//
//   instruction        what it gives
//   vpmovzxbd          8 codes, one in each 32-bit lane
//   vpermps            a table of 8 floats; two of them and a blend hold the 16 of any 4-bit format, codebooks included
//   vpsllw + vcvtph2ps minifloats of up to 5 exponent bits: their fields in a half's place, 16 at a time. The conversion knows
//                      subnormals and does not heed DAZ; a power of two corrects the bias
//   vpslld + vpaddd    wider minifloats: exponent and mantissa fields moved into a float's place and rebiased
//   vsubps             subnormals: 1.mmm * 2^emin less 2^emin, exact
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/avx2/opaque.hpp>
#include <lowp/isa/avx2/streamed_floats.hpp>
#include <lowp/isa/portable/decode.hpp>
#include <lowp/kernel/cpu.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx2 {

template <class F>
concept decodes_by_table = (F::bits <= 4);

template <class F, class Order>
concept decodes = (bytes_or_nibbles<F, Order> || in_two_bytes<F, Order>)&&(decodes_by_table<F> ||
                                                                           decodes_by_fields<F> || IntegerFormat<F>);

/// Minifloats of 5 to 8 bits whose fields are those of a half but for the bias, the highest exponent field included: a half
/// reads it as infinity and NaN.
template <class F>
concept decodes_by_half = decodes_by_fields<F> &&(F::bits > 4) && (F::bits <= 8) && F::layout.bias >= -100 &&
                          (F::layout.exponent_bits <= 4 ||
                           (F::layout.exponent_bits == 5 && F::layout.has_infinity() &&
                            F::layout.infinity_code() == 31U << static_cast<unsigned>(F::layout.mantissa_bits)));

/// The floats of all codes; repeated where there are fewer than 16.
template <Format F>
inline constexpr auto table16 = [] {
  struct {
    alignas(32) std::uint32_t bits[16];
  } table{};
  for (std::uint32_t code = 0; code < 16; ++code) {
    table.bits[code] = std::bit_cast<std::uint32_t>(static_cast<float>(from_bits<F>(code)));
  }
  return table;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// 8 codes, one in each 32-bit lane (bits above the width are ignored), to floats.
template <class F>
inline __m256 decode_lanes(__m256i codes) noexcept {
  if constexpr (decodes_by_table<F>) {
    __m256 const low = _mm256_permutevar8x32_ps(_mm256_load_ps(reinterpret_cast<float const*>(table16<F>.bits)), codes);
    if constexpr (F::bits <= 3) {
      return low;
    } else {
      __m256 const high =
          _mm256_permutevar8x32_ps(_mm256_load_ps(reinterpret_cast<float const*>(table16<F>.bits + 8)), codes);
      return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(codes, 28)));  // by bit 3
    }
  } else if constexpr (IntegerFormat<F>) {
    __m256i const top = _mm256_slli_epi32(codes, 32 - F::bits);
    if constexpr (F::layout.is_signed()) {
      return _mm256_cvtepi32_ps(_mm256_srai_epi32(top, 32 - F::bits));
    } else {
      return _mm256_cvtepi32_ps(_mm256_srli_epi32(top, 32 - F::bits));
    }
  } else {
    constexpr float_layout l = F::layout;
    constexpr int shift = 23 - l.mantissa_bits;
    constexpr auto rebias = static_cast<std::uint32_t>(detail::float_bias - l.bias) << 23U;
    __m256i const magnitude = _mm256_and_si256(codes, _mm256_set1_epi32(static_cast<int>(l.magnitude_mask())));
    // 1. E and M fields into place, exponent rebiased: right for normals.
    __m256i bits = _mm256_add_epi32(_mm256_slli_epi32(magnitude, shift), _mm256_set1_epi32(static_cast<int>(rebias)));
    // 2. Subnormals: 0.mmm * 2^emin = 1.mmm * 2^emin - 2^emin.
    __m256i const subnormal = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(1U << l.mantissa_bits)), magnitude);
    __m256 const with_one = _mm256_castsi256_ps(_mm256_add_epi32(bits, _mm256_set1_epi32(1 << 23)));
    __m256 const difference = _mm256_sub_ps(with_one, _mm256_set1_ps(detail::power_of_two(l.min_exponent())));
    bits = _mm256_blendv_epi8(bits, _mm256_castps_si256(difference), subnormal);
    // 3. Specials: everything above max_code is infinity or NaN.
    if constexpr (l.has_infinity()) {
      __m256i const special = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(static_cast<int>(l.max_code())));
      bits = _mm256_blendv_epi8(bits, _mm256_set1_epi32(static_cast<int>(detail::float_infinity)), special);
    }
    if constexpr (l.is_signed()) {
      __m256i const sign = _mm256_and_si256(_mm256_slli_epi32(codes, 32 - l.bits()), _mm256_set1_epi32(INT32_MIN));
      bits = _mm256_or_si256(bits, sign);
    }
    // 4. NaNs, without their sign.
    if constexpr (l.has_nan()) {
      __m256i nan;
      if constexpr (l.nan_is_negative_zero()) {
        __m256i const code = _mm256_and_si256(codes, _mm256_set1_epi32(static_cast<int>(l.code_mask())));
        nan = _mm256_cmpeq_epi32(code, _mm256_set1_epi32(static_cast<int>(l.sign_mask())));
      } else {
        constexpr std::uint32_t last_number = l.has_infinity() ? l.infinity_code() : l.max_code();
        nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(static_cast<int>(last_number)));
      }
      bits = _mm256_blendv_epi8(bits, _mm256_set1_epi32(static_cast<int>(detail::float_quiet_nan)), nan);
    }
    return opaque(_mm256_castsi256_ps(bits));  // to calculate with: a NaN is not to be seen
  }
}

/// 8 codes from `in`, one in each lane; with garbage above the width.
template <class F, class Order>
inline __m256i load_codes(std::uint8_t const* in) noexcept {
  if constexpr (F::bits == 4 && !std::same_as<Order, bit_order::padded>) {
    // 4 bytes, each twice; then the odd or the even ones shifted down by a nibble.
    std::uint32_t word = 0;
    std::memcpy(&word, in, sizeof word);
    __m128i const bytes = _mm_cvtsi32_si128(static_cast<int>(word));
    __m256i const twice = _mm256_cvtepu8_epi32(_mm_unpacklo_epi8(bytes, bytes));
    __m256i const shifts = std::same_as<Order, bit_order::low_first> ? _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4)
                                                                     : _mm256_setr_epi32(4, 0, 4, 0, 4, 0, 4, 0);
    return _mm256_srlv_epi32(twice, shifts);
  } else if constexpr (F::bits > 8) {
    return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<__m128i const*>(in)));
  } else {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(in)));
  }
}

/// 8 codes from `in` to floats.
template <class F, class Order>
inline __m256 decode_8(std::uint8_t const* in) noexcept {
  __m256 x;
  if constexpr (std::same_as<F, float16>) {
    x = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<__m128i const*>(in)));
  } else if constexpr (std::same_as<F, bfloat16>) {
    x = _mm256_castsi256_ps(_mm256_slli_epi32(load_codes<F, Order>(in), 16));
  } else {
    return decode_lanes<F>(load_codes<F, Order>(in));
  }
  // NaNs without sign and payload.
  __m256i const bits = bits_of(x);
  __m256i const magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(INT32_MAX));
  __m256i const nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(static_cast<int>(detail::float_infinity)));
  __m256i const quiet = _mm256_set1_epi32(static_cast<int>(detail::float_quiet_nan));
  return opaque(_mm256_castsi256_ps(_mm256_blendv_epi8(bits, quiet, nan)));
}

/// 16 magnitude codes in the place of a half's fields.
template <int Shift>
inline __m256i at_half(std::uint32_t code) noexcept {
  return _mm256_set1_epi16(static_cast<short>(static_cast<std::uint16_t>(code << Shift)));
}

/// 16 codes from `in`, a byte each, to floats.
template <decodes_by_half F>
inline void decode_16(std::uint8_t const* in, __m256& low, __m256& high) noexcept {
  constexpr float_layout l = F::layout;
  constexpr int shift = 10 - l.mantissa_bits;
  __m128i const codes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(in));
  __m256i const sign_bit = _mm256_set1_epi16(INT16_MIN);
  // 1. E and M fields into place, and the sign.
  __m256i half;
  if constexpr (l.is_signed() && F::bits == 8) {
    // Extended, the sign is still on top after the shift.
    constexpr std::uint32_t kept = 0x8000U | l.magnitude_mask() << shift;
    half = _mm256_and_si256(_mm256_slli_epi16(_mm256_cvtepi8_epi16(codes), shift),
                            _mm256_set1_epi16(static_cast<short>(static_cast<std::uint16_t>(kept))));
  } else {
    __m256i const words = _mm256_cvtepu8_epi16(codes);
    half = _mm256_and_si256(_mm256_slli_epi16(words, shift), at_half<shift>(l.magnitude_mask()));
    if constexpr (l.is_signed()) {
      half = _mm256_or_si256(half, _mm256_and_si256(_mm256_slli_epi16(words, 16 - F::bits), sign_bit));
    }
  }
  // 2. Specials: a half's own.
  __m256i const magnitude = _mm256_andnot_si256(sign_bit, half);
  if constexpr (l.has_infinity() && l.exponent_bits < 5) {
    __m256i const special = _mm256_cmpgt_epi16(magnitude, at_half<shift>(l.max_code()));
    __m256i const infinity = _mm256_or_si256(_mm256_and_si256(half, sign_bit), _mm256_set1_epi16(0x7c00));
    half = _mm256_blendv_epi8(half, infinity, special);
  }
  if constexpr (l.has_nan()) {
    constexpr std::uint32_t last_number = l.has_infinity() ? l.infinity_code() : l.max_code();
    __m256i const nan = l.nan_is_negative_zero() ? _mm256_cmpeq_epi16(half, sign_bit)
                                                 : _mm256_cmpgt_epi16(magnitude, at_half<shift>(last_number));
    half = _mm256_blendv_epi8(half, _mm256_set1_epi16(0x7e00), nan);  // quiet, no sign, no payload
  }
  // 3. Floats, with the right bias. Neither operand nor result is subnormal; opaque, no factor is merged with a scale.
  half = opaque(half);
  low = _mm256_cvtph_ps(_mm256_castsi256_si128(half));
  high = _mm256_cvtph_ps(_mm256_extracti128_si256(half, 1));
  if constexpr (l.bias != 15) {
    __m256 const factor = _mm256_set1_ps(detail::power_of_two(15 - l.bias));
    low = opaque(_mm256_mul_ps(low, factor));
    high = opaque(_mm256_mul_ps(high, factor));
  }
}

/// Bytes that 8 codes take.
template <class F, class Order>
inline constexpr std::size_t bytes_of_8 = F::bits > 8 ? 16 : packed_block_bytes<F, Order>(8);

/// The bytes of the last n < 8 codes: a full load would read beyond them.
template <class F, class Order>
struct tail_of_8 {
  std::uint8_t bytes[16] = {};

  tail_of_8(std::uint8_t const* in, std::size_t n) noexcept {
    constexpr std::size_t all = bytes_of_8<F, Order>;
    if (n == 0) {
      return;  // in may be null
    }
    std::memcpy(bytes, in, all == 4 ? (n + 1) / 2 : all / 8 * n);
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order>
  requires avx2::decodes<F, Order>
struct decode_slot<isa::avx2, F, Order> {
  using served_by = isa::avx2;
  static void run(std::uint8_t const* in, float* out, std::size_t n) noexcept {
    if (streams(n * sizeof(float))) {
      run_to(in, avx2::streamed_floats(out), n);
      end_streams();
    } else {
      run_to(in, avx2::cached_floats(out), n);
    }
  }

 private:
  template <class Floats>
  static void run_to(std::uint8_t const* in, Floats out, std::size_t n) noexcept {
    std::size_t i = 0;
    if constexpr (avx2::decodes_by_half<F> && avx2::bytes_of_8<F, Order> == 8) {
      for (; i + 16 <= n; i += 16) {
        __m256 low;
        __m256 high;
        avx2::decode_16<F>(in, low, high);
        out.put(low);
        out.put(high);
        in += 16;
      }
    }
    for (; i + 8 <= n; i += 8) {
      out.put(avx2::decode_8<F, Order>(in));
      in += avx2::bytes_of_8<F, Order>;
    }
    avx2::tail_of_8<F, Order> const tail(in, n - i);
    out.finish(avx2::decode_8<F, Order>(tail.bytes), n - i);
  }
};

template <class F, class Order>
  requires(avx2::decodes<F, Order>&& exact_in_bfloat16<F>)
struct decode_bfloat16_slot<isa::avx2, F, Order> {
  using served_by = isa::avx2;
  static void run(std::uint8_t const* in, std::uint16_t* out, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), upper_halves(avx2::decode_8<F, Order>(in)));
      in += avx2::bytes_of_8<F, Order>;
    }
    if (i < n) {
      avx2::tail_of_8<F, Order> const tail(in, n - i);
      std::uint16_t values[8];
      _mm_storeu_si128(reinterpret_cast<__m128i*>(values), upper_halves(avx2::decode_8<F, Order>(tail.bytes)));
      std::memcpy(out + i, values, 2 * (n - i));
    }
  }

 private:
  static __m128i upper_halves(__m256 x) noexcept {
    __m256i const upper = _mm256_srli_epi32(_mm256_castps_si256(x), 16);
    return _mm_packus_epi32(_mm256_castsi256_si128(upper), _mm256_extracti128_si256(upper, 1));
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
