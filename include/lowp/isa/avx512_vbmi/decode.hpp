// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 VBMI decode and dequantize: 64 codes at a time, of any width, packed densely or not.
//
//   instruction      what it gives
//   vpermb           64 bytes of a table by 6-bit codes; and the gaps between the groups of a dense run
//   vpermi2b         128 bytes of a table by 7-bit magnitudes
//   vpmultishiftqb   eight codes of w bits out of w bytes, in every 64-bit lane, at eight shifts of their own
//
// Against avx512: every value of a format of at most 8 bits is exact in bfloat16, so two byte tables (the upper half of a
// float) replace the arithmetic on fields; and widths other than 4 and 8 are unpacked here.
#pragma once

#include <lowp/isa/avx512_vbmi/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/isa/avx512/decode.hpp>
#include <lowp/isa/avx512/quantize.hpp>
#include <lowp/isa/avx512/streamed_floats.hpp>
#include <lowp/kernel/cpu.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/pack/bit_order.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx512_vbmi {

/// The upper two bytes of the floats of all codes; `exact` if the lower two are zero.
template <Format F>
inline constexpr auto planes = [] {
  struct {
    alignas(64) std::uint8_t high[256];
    alignas(64) std::uint8_t low[256];
    bool exact;
    bool mirrored;  // code 80 | c is -(code c), but for NaNs
  } p{};
  p.exact = true;
  p.mirrored = F::bits == 8;
  for (std::uint32_t code = 0; code < 256; ++code) {
    auto const bits = std::bit_cast<std::uint32_t>(static_cast<float>(from_bits<F>(code)));
    p.high[code] = static_cast<std::uint8_t>(bits >> 24U);
    p.low[code] = static_cast<std::uint8_t>(bits >> 16U);
    p.exact = p.exact && (bits & 0xffffU) == 0;
    auto const opposite = std::bit_cast<std::uint32_t>(static_cast<float>(from_bits<F>(code ^ 0x80U)));
    bool const nan = bits == detail::float_quiet_nan || opposite == detail::float_quiet_nan;
    p.mirrored = p.mirrored && (nan ? bits == opposite : (bits ^ opposite) == detail::float_sign);
  }
  return p;
}();

/// Widths that vpmultishiftqb unpacks, and bytes.
template <class F, class Order>
concept loads = F::bits <= 8 && (std::same_as<Order, bit_order::padded> || std::same_as<Order, bit_order::low_first> ||
                                 (F::bits == 8 && std::same_as<Order, bit_order::high_first>));

/// Four bits in nibbles come out of avx512's register table faster.
template <class F, class Order>
concept decodes = loads<F, Order> && F::bits != 4 && planes<F>.exact;

/// To bfloat16 the byte tables win for four bits, too: there is nothing to widen.
template <class F, class Order>
concept decodes_to_bfloat16 = loads<F, Order> && exact_in_bfloat16<F>;

template <class F, class Order>
inline constexpr std::size_t bytes_of_64 = std::same_as<Order, bit_order::low_first>
                                               ? 8 * static_cast<std::size_t>(F::bits)
                                               : 64;

/// Byte 8 g + i of a register takes byte w g + i of a dense run: w bytes of eight codes to each 64-bit lane.
template <int Bits>
inline constexpr auto spread = [] {
  struct {
    alignas(64) std::uint8_t index[64];
  } s{};
  for (unsigned i = 0; i < 64; ++i) {
    s.index[i] = static_cast<std::uint8_t>((i / 8 * Bits + i % 8) % 64);
  }
  return s;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::avx512_vbmi

LOWP_TARGET_BEGIN(LOWP_AVX512_VBMI_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512_vbmi {

/// 64 codes, a byte each; garbage above the width where Order is dense.
template <class F, class Order>
inline __m512i load_codes(std::uint8_t const* in, std::size_t bytes) noexcept {
  auto const mask = bytes >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bytes) - 1U;
  __m512i const raw = _mm512_maskz_loadu_epi8(mask, in);
  if constexpr (F::bits == 8 || std::same_as<Order, bit_order::padded>) {
    return raw;
  } else {
    constexpr std::uint64_t w = F::bits;
    constexpr std::uint64_t shifts =
        w << 8U | (2 * w) << 16U | (3 * w) << 24U | (4 * w) << 32U | (5 * w) << 40U | (6 * w) << 48U | (7 * w) << 56U;
    __m512i const lanes = _mm512_permutexvar_epi8(_mm512_load_si512(spread<F::bits>.index), raw);
    return _mm512_multishift_epi64_epi8(_mm512_set1_epi64(static_cast<long long>(shifts)), lanes);
  }
}

/// The upper two bytes of the floats of 64 codes.
struct byte_planes {
  __m512i high;
  __m512i low;
};

template <class F>
inline byte_planes planes_of(__m512i x) noexcept {
  // By table. The permutes ignore bits above the index.
  __m512i high;
  __m512i low;
  auto const& p = planes<F>;
  if constexpr (F::bits <= 6) {
    high = _mm512_permutexvar_epi8(x, _mm512_load_si512(p.high));
    low = _mm512_permutexvar_epi8(x, _mm512_load_si512(p.low));
  } else {
    high = _mm512_permutex2var_epi8(_mm512_load_si512(p.high), x, _mm512_load_si512(p.high + 64));
    low = _mm512_permutex2var_epi8(_mm512_load_si512(p.low), x, _mm512_load_si512(p.low + 64));
    if constexpr (F::bits == 8 && planes<F>.mirrored) {
      // NaNs are the same on both sides: they take no sign.
      __m512i const sign = _mm512_set1_epi8(-128);
      high = _mm512_ternarylogic_epi32(high, x, sign, 0xf8);
      if constexpr (facts<F>::has_nan) {
        constexpr std::uint32_t first_nan = [] {
          std::uint32_t code = 0xffU;
          while (code > 0x80U &&
                 std::bit_cast<std::uint32_t>(static_cast<float>(from_bits<F>(code - 1U))) == detail::float_quiet_nan) {
            --code;
          }
          return code;
        }();
        __mmask64 const nan = _mm512_cmpge_epu8_mask(x, _mm512_set1_epi8(static_cast<char>(first_nan)));
        high = _mm512_mask_mov_epi8(high, nan, _mm512_set1_epi8(0x7f));
      }
    } else if constexpr (F::bits == 8) {
      __mmask64 const upper = _mm512_movepi8_mask(x);
      high = _mm512_mask_mov_epi8(
          high, upper, _mm512_permutex2var_epi8(_mm512_load_si512(p.high + 128), x, _mm512_load_si512(p.high + 192)));
      low = _mm512_mask_mov_epi8(
          low, upper, _mm512_permutex2var_epi8(_mm512_load_si512(p.low + 128), x, _mm512_load_si512(p.low + 192)));
    }
  }
  return {high, low};
}

/// 64 codes to 64 floats, in order, in four vectors.
template <class F>
inline void decode_64(__m512i codes, __m512 (&out)[4]) noexcept {
  // 1. Order the bytes so that the unpacking below, which works within 128-bit lanes, leaves 16 neighbours in a vector:
  //    byte 16 l + 4 v + w is element 16 v + 4 l + w.
  __m512i const order =
      _mm512_set_epi8(63, 62, 61, 60, 47, 46, 45, 44, 31, 30, 29, 28, 15, 14, 13, 12, 59, 58, 57, 56, 43, 42, 41, 40,
                      27, 26, 25, 24, 11, 10, 9, 8, 55, 54, 53, 52, 39, 38, 37, 36, 23, 22, 21, 20, 7, 6, 5, 4, 51, 50,
                      49, 48, 35, 34, 33, 32, 19, 18, 17, 16, 3, 2, 1, 0);
  __m512i const x = _mm512_permutexvar_epi8(order, codes);
  // 2. Upper bytes of the floats.
  auto const [high, low] = planes_of<F>(x);
  // 3. Bytes to halves to floats, zeros below.
  __m512i const zero = _mm512_setzero_si512();
  __m512i const a = _mm512_unpacklo_epi8(low, high);
  __m512i const b = _mm512_unpackhi_epi8(low, high);
  out[0] = _mm512_castsi512_ps(_mm512_unpacklo_epi16(zero, a));
  out[1] = _mm512_castsi512_ps(_mm512_unpackhi_epi16(zero, a));
  out[2] = _mm512_castsi512_ps(_mm512_unpacklo_epi16(zero, b));
  out[3] = _mm512_castsi512_ps(_mm512_unpackhi_epi16(zero, b));
}

/// 64 codes to 64 bfloat16, in order, in two vectors.
template <class F>
inline void decode_64(__m512i codes, __m512i (&out)[2]) noexcept {
  // The unpacking works within 128-bit lanes, each of which takes 16 neighbours' bytes in two halves.
  __m512i const x = _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7), codes);
  auto const [high, low] = planes_of<F>(x);
  out[0] = _mm512_unpacklo_epi8(low, high);
  out[1] = _mm512_unpackhi_epi8(low, high);
}

/// Puts the first n < 64 floats, the last of all.
template <class Floats>
inline void finish_64(Floats& out, __m512 const (&x)[4], std::size_t n) noexcept {
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    if (16 * j + 16 <= n) {
      out.put(x[j]);
    } else {
      out.finish(x[j], n - 16 * j);
      return;
    }
  }
}

/// Bytes that hold the first n < 64 codes of a block.
template <class F, class Order>
inline std::size_t tail_bytes(std::size_t n) noexcept {
  return std::same_as<Order, bit_order::low_first> ? (n * static_cast<std::size_t>(F::bits) + 7) / 8 : n;
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx512_vbmi

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order>
  requires avx512_vbmi::decodes<F, Order>
struct decode_slot<isa::avx512_vbmi, F, Order> {
  using served_by = isa::avx512_vbmi;
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
    constexpr std::size_t step = avx512_vbmi::bytes_of_64<F, Order>;
    __m512 x[4];
    std::size_t i = 0;
    for (; i + 64 <= n; i += 64) {
      avx512_vbmi::decode_64<F>(avx512_vbmi::load_codes<F, Order>(in, step), x);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        out.put(x[j]);
      }
      in += step;
    }
    std::size_t const bytes = avx512_vbmi::tail_bytes<F, Order>(n - i);
    avx512_vbmi::decode_64<F>(avx512_vbmi::load_codes<F, Order>(in, bytes), x);
    avx512_vbmi::finish_64(out, x, n - i);
  }
};

template <class F, class Order>
  requires avx512_vbmi::decodes_to_bfloat16<F, Order>
struct decode_bfloat16_slot<isa::avx512_vbmi, F, Order> {
  using served_by = isa::avx512_vbmi;
  static void run(std::uint8_t const* in, std::uint16_t* out, std::size_t n) noexcept {
    constexpr std::size_t step = avx512_vbmi::bytes_of_64<F, Order>;
    __m512i x[2];
    std::size_t i = 0;
    if (streams(2 * n)) {
      // Up to a line's beginning, if codes begin a byte there; then past the cache.
      auto const address = reinterpret_cast<std::uintptr_t>(out);
      std::size_t const before = (64 - address % 64) % 64 / 2;
      if (address % 2 == 0 && before * step % 64 == 0) {
        some(in, out, before);
        in += before * step / 64;
        for (i = before; i + 64 <= n; i += 64) {
          avx512_vbmi::decode_64<F>(avx512_vbmi::load_codes<F, Order>(in, step), x);
          _mm512_stream_si512(reinterpret_cast<__m512i*>(out + i), x[0]);
          _mm512_stream_si512(reinterpret_cast<__m512i*>(out + i + 32), x[1]);
          in += step;
        }
        end_streams();
      }
    }
    for (; i + 64 <= n; i += 64) {
      avx512_vbmi::decode_64<F>(avx512_vbmi::load_codes<F, Order>(in, step), x);
      _mm512_storeu_si512(out + i, x[0]);
      _mm512_storeu_si512(out + i + 32, x[1]);
      in += step;
    }
    some(in, out + i, n - i);
  }

 private:
  /// Fewer than 64 elements.
  static void some(std::uint8_t const* in, std::uint16_t* out, std::size_t n) noexcept {
    if (n == 0) {
      return;
    }
    __m512i x[2];
    avx512_vbmi::decode_64<F>(avx512_vbmi::load_codes<F, Order>(in, avx512_vbmi::tail_bytes<F, Order>(n)), x);
    auto const mask = (std::uint64_t{1} << n) - 1U;
    _mm512_mask_storeu_epi16(out, static_cast<__mmask32>(mask), x[0]);
    if (n > 32) {
      _mm512_mask_storeu_epi16(out + 32, static_cast<__mmask32>(mask >> 32U), x[1]);
    }
  }
};

template <class F, class Order>
  requires avx512_vbmi::decodes<F, Order>
struct dequantize_slot<isa::avx512_vbmi, F, Order> {
  using served_by = isa::avx512_vbmi;
  static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, std::size_t group) noexcept {
    run_to(in, avx512::cached_floats(out), n, scales, group);
  }
  /// The same for results that nobody reads soon.
  static void run_streamed(std::uint8_t const* in, float* out, std::size_t n, float const* scales,
                           std::size_t group) noexcept {
    run_to(in, avx512::streamed_floats(out), n, scales, group);
  }

 private:
  template <class Floats>
  static void run_to(std::uint8_t const* in, Floats out, std::size_t n, float const* scales,
                     std::size_t group) noexcept {
    constexpr std::size_t step = avx512_vbmi::bytes_of_64<F, Order>;
    std::size_t left = 0;  // elements of the current group that are still to come
    float const* next = scales;
    __m512 scale = _mm512_setzero_ps();
    bool const aligned = group % 16 == 0 || group >= n;
    for (std::size_t i = 0; i <= n; i += 64) {
      std::size_t const count = n - i < 64 ? n - i : 64;
      __m512 x[4];
      std::size_t const bytes = count == 64 ? step : avx512_vbmi::tail_bytes<F, Order>(count);
      avx512_vbmi::decode_64<F>(avx512_vbmi::load_codes<F, Order>(in, bytes), x);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        if (aligned) {
          if (left == 0 && i + 16 * j < n) {
            scale = _mm512_set1_ps(*next++);
            left = (group < n ? group : n + 63) & ~std::size_t{15};
          }
          left -= 16;
          x[j] = _mm512_mul_round_ps(x[j], scale, avx512::nearest);
        } else {
          alignas(64) float own[16];
          for (std::size_t k = 0; k < 16; ++k) {
            std::size_t const at = i + 16 * j + k;
            own[k] = scales[(at < n ? at : n - 1) / group];
          }
          x[j] = _mm512_mul_round_ps(x[j], _mm512_load_ps(own), avx512::nearest);
        }
      }
      if (count < 64) {
        avx512_vbmi::finish_64(out, x, count);
        return;
      }
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        out.put(x[j]);
      }
      in += step;
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
