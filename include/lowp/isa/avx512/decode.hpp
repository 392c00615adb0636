// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 decode: 16 codes to 16 floats at a time.
//
//   instruction        what it gives
//   vpmovzxbd          16 codes, one in each 32-bit lane
//   vpermps/vpermt2ps  a table of 16 or 32 floats in registers: every format of at most 5 bits, codebooks included
//   vpslld + vpaddd    wider minifloats: exponent and mantissa fields moved into a float's place and rebiased
//   vsubps             subnormals: 1.mmm * 2^emin less 2^emin, exact
//
// Against avx2: tables of 32 entries, masks instead of blends.
#pragma once

#include <lowp/isa/avx512/target.hpp>

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
#include <lowp/isa/avx2/decode.hpp>
#include <lowp/isa/avx512/opaque.hpp>
#include <lowp/isa/avx512/streamed_floats.hpp>
#include <lowp/kernel/cpu.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// Formats of at most 5 bits come out of a table in registers.
template <class F>
concept decodes_by_table = (F::bits <= 5);
template <class F, class Order>
concept decodes = (bytes_or_nibbles<F, Order> || in_two_bytes<F, Order>)&&(decodes_by_table<F> ||
                                                                           decodes_by_fields<F> || IntegerFormat<F>);

/// The floats of all codes, as many as the two table registers hold.
template <Format F>
inline constexpr auto table32 = [] {
  struct {
    alignas(64) std::uint32_t bits[32];
  } table{};
  for (std::uint32_t code = 0; code < 32; ++code) {
    table.bits[code] = std::bit_cast<std::uint32_t>(static_cast<float>(from_bits<F>(code)));
  }
  return table;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// 16 codes, one in each 32-bit lane (bits above the width are ignored), to floats.
template <class F>
inline __m512 decode_lanes(__m512i codes) noexcept {
  if constexpr (decodes_by_table<F>) {
    // The permutes read the low 4 or 5 bits of a lane. A narrower format's table repeats, so garbage above is harmless.
    __m512 const low = _mm512_load_ps(table32<F>.bits);
    if constexpr (F::bits <= 4) {
      return _mm512_permutexvar_ps(codes, low);
    } else {
      return _mm512_permutex2var_ps(low, codes, _mm512_load_ps(table32<F>.bits + 16));
    }
  } else if constexpr (IntegerFormat<F>) {
    // Sign or zero extension by two shifts.
    __m512i const top = _mm512_slli_epi32(codes, 32 - F::bits);
    if constexpr (F::layout.is_signed()) {
      return _mm512_cvtepi32_ps(_mm512_srai_epi32(top, 32 - F::bits));
    } else {
      return _mm512_cvtepi32_ps(_mm512_srli_epi32(top, 32 - F::bits));
    }
  } else {
    constexpr float_layout l = F::layout;
    constexpr unsigned shift = 23U - l.mantissa_bits;
    constexpr auto rebias = static_cast<std::uint32_t>(detail::float_bias - l.bias) << 23U;
    __m512i const magnitude = _mm512_and_si512(codes, _mm512_set1_epi32(static_cast<int>(l.magnitude_mask())));
    // 1. E and M fields into place, exponent rebiased: right for normals.
    __m512i bits = _mm512_add_epi32(_mm512_slli_epi32(magnitude, shift), _mm512_set1_epi32(static_cast<int>(rebias)));
    // 2. Subnormals: 0.mmm * 2^emin = 1.mmm * 2^emin - 2^emin.
    __mmask16 const subnormal =
        _mm512_cmplt_epu32_mask(magnitude, _mm512_set1_epi32(static_cast<int>(1U << l.mantissa_bits)));
    __m512i const with_one = _mm512_add_epi32(bits, _mm512_set1_epi32(1 << 23));
    __m512 const value = _mm512_mask_sub_round_ps(_mm512_castsi512_ps(bits), subnormal, _mm512_castsi512_ps(with_one),
                                                  _mm512_set1_ps(detail::power_of_two(l.min_exponent())),
                                                  _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    bits = _mm512_castps_si512(opaque(value));  // or what is chosen next joins this choice among finite floats
    // 3. Specials: everything above max_code is infinity or NaN.
    if constexpr (l.max_code() < l.magnitude_mask()) {
      __mmask16 const special = _mm512_cmpgt_epu32_mask(magnitude, _mm512_set1_epi32(static_cast<int>(l.max_code())));
      constexpr auto first = l.has_infinity() ? detail::float_infinity : detail::float_quiet_nan;
      bits = _mm512_mask_mov_epi32(bits, special, _mm512_set1_epi32(static_cast<int>(first)));
    }
    if constexpr (l.is_signed()) {
      constexpr unsigned to_top = 32U - static_cast<unsigned>(l.bits());
      __m512i const sign = _mm512_slli_epi32(codes, to_top);
      // (bits & ~sign bit) | (sign & sign bit)
      bits = _mm512_ternarylogic_epi32(_mm512_set1_epi32(INT32_MIN), sign, bits, 0xca);
    }
    // 4. NaNs, without their sign.
    if constexpr (l.nan_is_negative_zero()) {
      __m512i const code = _mm512_and_si512(codes, _mm512_set1_epi32(static_cast<int>(l.code_mask())));
      __mmask16 const nan = _mm512_cmpeq_epi32_mask(code, _mm512_set1_epi32(static_cast<int>(l.sign_mask())));
      bits = _mm512_mask_mov_epi32(bits, nan, _mm512_set1_epi32(static_cast<int>(detail::float_quiet_nan)));
    } else if constexpr (l.has_nan()) {
      constexpr std::uint32_t last_number = l.has_infinity() ? l.infinity_code() : l.max_code();
      __mmask16 const nan = _mm512_cmpgt_epu32_mask(magnitude, _mm512_set1_epi32(static_cast<int>(last_number)));
      bits = _mm512_mask_mov_epi32(bits, nan, _mm512_set1_epi32(static_cast<int>(detail::float_quiet_nan)));
    }
    return opaque(_mm512_castsi512_ps(bits));
  }
}

/// 16 codes from `in`, one in each lane; with garbage above the width.
template <class F, class Order>
inline __m512i load_codes(std::uint8_t const* in) noexcept {
  if constexpr (F::bits == 4 && !std::same_as<Order, bit_order::padded>) {
    // 8 bytes, each twice; then the odd or the even ones shifted down by a nibble.
    __m128i const bytes = _mm_loadl_epi64(reinterpret_cast<__m128i const*>(in));
    __m512i const twice = _mm512_cvtepu8_epi32(_mm_unpacklo_epi8(bytes, bytes));
    __m512i const shifts = std::same_as<Order, bit_order::low_first>
                               ? _mm512_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4)
                               : _mm512_setr_epi32(4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0);
    return _mm512_srlv_epi32(twice, shifts);
  } else if constexpr (F::bits > 8) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(in)));
  } else {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<__m128i const*>(in)));
  }
}

/// 16 codes from `in` to floats.
template <class F, class Order>
inline __m512 decode_16(std::uint8_t const* in) noexcept {
  __m512 x;
  if constexpr (std::same_as<F, float16>) {
    x = _mm512_cvt_roundph_ps(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(in)), _MM_FROUND_NO_EXC);
  } else if constexpr (std::same_as<F, bfloat16>) {
    __m512i const codes = load_codes<F, Order>(in);  // (some intrinsics are macros: no commas of templates inside)
    x = _mm512_castsi512_ps(_mm512_slli_epi32(codes, 16));
  } else {
    return decode_lanes<F>(load_codes<F, Order>(in));
  }
  // NaNs without sign and payload.
  x = opaque(x);
  __mmask16 const nan = _mm512_fpclass_ps_mask(x, 0x81);
  return select(nan, _mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(detail::float_quiet_nan))), x);
}

/// Bytes that 16 codes take.
template <class F, class Order>
inline constexpr std::size_t bytes_of_16 = F::bits > 8                                               ? 32
                                           : F::bits == 4 && !std::same_as<Order, bit_order::padded> ? 8
                                                                                                     : 16;

/// The bytes of the last n < 16 codes: a full load would read beyond them.
template <class F, class Order>
struct tail_of_16 {
  std::uint8_t bytes[32] = {};

  tail_of_16(std::uint8_t const* in, std::size_t n) noexcept {
    constexpr std::size_t all = bytes_of_16<F, Order>;
    if (n == 0) {
      return;  // in may be null
    }
    std::memcpy(bytes, in, all == 8 ? (n + 1) / 2 : all / 16 * n);
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order>
  requires avx512::decodes<F, Order>
struct decode_slot<isa::avx512, F, Order> {
  using served_by = isa::avx512;
  static void run(std::uint8_t const* in, float* out, std::size_t n) noexcept {
    if (streams(n * sizeof(float))) {
      run_to(in, avx512::streamed_floats(out), n);
      end_streams();
    } else {
      run_to(in, avx512::cached_floats(out), n);
    }
  }

 private:
  template <class Floats>
  static void run_to(std::uint8_t const* in, Floats out, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
      out.put(avx512::decode_16<F, Order>(in));
      in += avx512::bytes_of_16<F, Order>;
    }
    avx512::tail_of_16<F, Order> const tail(in, n - i);
    out.finish(avx512::decode_16<F, Order>(tail.bytes), n - i);
  }
};

template <class F, class Order>
  requires(avx512::decodes<F, Order>&& exact_in_bfloat16<F>)
struct decode_bfloat16_slot<isa::avx512, F, Order> {
  using served_by = isa::avx512;
  static void run(std::uint8_t const* in, std::uint16_t* out, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
      __m512i const x = _mm512_castps_si512(avx512::decode_16<F, Order>(in));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm512_cvtepi32_epi16(_mm512_srli_epi32(x, 16)));
      in += avx512::bytes_of_16<F, Order>;
    }
    if (i < n) {
      auto const mask = static_cast<__mmask16>((1U << (n - i)) - 1U);
      avx512::tail_of_16<F, Order> const tail(in, n - i);
      __m512i const x = _mm512_castps_si512(avx512::decode_16<F, Order>(tail.bytes));
      _mm512_mask_cvtepi32_storeu_epi16(out + i, mask, _mm512_srli_epi32(x, 16));
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
