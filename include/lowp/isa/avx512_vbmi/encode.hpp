// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 VBMI: dense codes of 1, 2, 3, 5, 6 and 7 bits, low bits first.
//
//   instruction            what it gives
//   vpmaddubsw, vpmaddwd   two, then four neighbouring codes side by side: multiply by powers of two and add
//   vpsllvq / vpor         the halves of eight codes joined in a 64-bit lane
//   vpermb                 the bytes in use of every lane, one after the other
//
// Against avx512: that one writes bytes; the elements are rounded there and packed here.
#pragma once

#include <lowp/isa/avx512_vbmi/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/isa/avx512/encode.hpp>
#include <lowp/isa/avx512/quantize.hpp>
#include <lowp/kernel/dense_codes.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/policy/nan.hpp>
#include <lowp/policy/rounding.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx512_vbmi {

template <class F, class Order, class R, class O>
concept packs = dense_width<F, Order> && encodes_in_lanes<F, bit_order::padded, R, O>;

/// Byte w g + i of a dense run is byte 8 g + i of a register.
template <int Bits>
inline constexpr auto gather = [] {
  struct {
    alignas(64) std::uint8_t index[64];
  } g{};
  for (unsigned i = 0; i < 64; ++i) {
    g.index[i] = static_cast<std::uint8_t>(i < 8 * Bits ? i / Bits * 8 + i % Bits : 0);
  }
  return g;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::avx512_vbmi

LOWP_TARGET_BEGIN(LOWP_AVX512_VBMI_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512_vbmi {

/// Packs n codes, a byte each and below 2^Bits, densely; bits of the last byte beyond the last code are kept.
template <int Bits>
inline void pack_dense(std::uint8_t const* codes, std::uint8_t* out, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; i += 64) {
    std::size_t const count = n - i < 64 ? n - i : 64;
    auto const taken = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1U;
    __m512i const bytes = _mm512_maskz_loadu_epi8(taken, codes + i);
    // Weights 1 and 2^w: they are the unsigned operand, as 128 is no signed byte; codes are below 128.
    __m512i const pairs = _mm512_maddubs_epi16(_mm512_set1_epi16(static_cast<short>(1 | 1 << (8 + Bits))), bytes);
    __m512i const fours = _mm512_madd_epi16(pairs, _mm512_set1_epi32(1 | 1 << (16 + 2 * Bits)));
    __m512i const low = _mm512_and_si512(fours, _mm512_set1_epi64(0xffff'ffffLL));
    __m512i const high = _mm512_slli_epi64(_mm512_srli_epi64(fours, 32), 4 * Bits);
    __m512i const dense = _mm512_permutexvar_epi8(_mm512_load_si512(gather<Bits>.index), _mm512_or_si512(low, high));
    std::size_t const bits = count * static_cast<std::size_t>(Bits);
    std::size_t const whole = bits / 8;
    auto const written = (std::uint64_t{1} << whole) - 1U;  // at most 56 bytes
    _mm512_mask_storeu_epi8(out, written, dense);
    if (bits % 8 != 0) {
      alignas(64) std::uint8_t all[64];
      _mm512_store_si512(all, dense);
      auto const own = static_cast<std::uint8_t>((1U << (bits % 8)) - 1U);
      out[whole] = static_cast<std::uint8_t>((out[whole] & ~own) | (all[whole] & own));
    }
    out += 8 * static_cast<std::size_t>(Bits);
  }
}

template <int Bits>
struct by_permutes {
  static void pack(std::uint8_t const* codes, std::uint8_t* out, std::size_t n) noexcept {
    pack_dense<Bits>(codes, out, n);
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel::avx512_vbmi

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order, class Rounding, class Overflow>
  requires avx512_vbmi::packs<F, Order, Rounding, Overflow>
struct encode_slot<isa::avx512_vbmi, F, Order, Rounding, Overflow>
    : dense::encoder<isa::avx512_vbmi, isa::avx512, avx512_vbmi::by_permutes<F::bits>, F, Rounding, Overflow> {
};

template <class F, class Order, class Rounding, class Overflow, class Nan>
  requires avx512_vbmi::packs<F, Order, Rounding, Overflow>
struct quantize_slot<isa::avx512_vbmi, F, Order, Rounding, Overflow, Nan>
    : dense::quantizer<isa::avx512_vbmi, isa::avx512, avx512_vbmi::by_permutes<F::bits>, F, Rounding, Overflow, Nan> {
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
