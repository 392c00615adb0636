// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 encode: 64 floats to 64 codes at a time.
//
//   instruction        what it gives
//   vpmaxud/vpminud    magnitudes order like their bits, so clamping needs no float compare (and no NaN rule)
//   vfmaddps           nearest_even: x 2^-(23 - M) + 2^e rounds normals and subnormals alike
//   vpsrlvd/vpsllvd    the other roundings, in integers, a shift of its own for each element
//   vpackusdw/wb       64 codes into one register; the lanes are put in order by one vpermd
//
// Against avx2: twice the width, compares into masks, per-element variable shifts without a second operand to blend.
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/avx2/encode.hpp>
#include <lowp/isa/avx512/encode_nearest.hpp>
#include <lowp/isa/avx512/opaque.hpp>
#include <lowp/isa/avx512/random.hpp>
#include <lowp/kernel/cpu.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// 16 magnitudes (float bits without sign) counted in last places of a grid with M mantissa bits whose subnormals begin
/// below the binade with the float exponent field Lowest; rounded as if the exponent were unbounded. This is the
/// magnitude code of a minifloat; with M = 9 and 2^9 for the lowest binade it counts ones below 512.
///
/// `below` marks negative elements; `random` holds random_bits<Rounding> bits a lane. Infinities give a number of places.
template <int M, std::uint32_t Lowest, class Rounding>
inline __m512i count_places(__m512i bits, __mmask16 below, __m512i random) noexcept {
  if constexpr (std::same_as<Rounding, rounding::nearest_even>) {
    // 1. The binade's power of two; that of the subnormals below it.
    __m512i const binade =
        _mm512_and_si512(_mm512_max_epu32(bits, splat(Lowest << 23U)), splat(detail::float_infinity));
    // 2. x 2^-(23 - M) + 2^e leaves M bits below the binade's leading one and rounds the rest away, to even.
    __m512i const sum = _mm512_castps_si512(_mm512_fmadd_round_ps(
        _mm512_castsi512_ps(bits), _mm512_set1_ps(detail::power_of_two(M - 23)), _mm512_castsi512_ps(binade), nearest));
    // 3. What was added above the power of two counts last places, the implicit bit among them.
    __m512i const places = _mm512_sub_epi32(sum, binade);
    __m512i const offset = _mm512_srli_epi32(_mm512_sub_epi32(binade, splat(Lowest << 23U)), 23U - M);
    return _mm512_add_epi32(places, offset);
  } else if constexpr (random_bits<Rounding> != 0 && M + random_bits<Rounding> <= 23) {
    // 1. |x| + 2^e counts subnormals from the binade of the smallest normal on; what that truncates lies below the bits that
    //    decide.
    __m512 const x = _mm512_castsi512_ps(bits);
    __mmask16 const subnormal = _mm512_cmplt_epu32_mask(bits, splat(Lowest << 23U));
    __m512i const shifted = _mm512_castps_si512(_mm512_mask_add_round_ps(
        x, subnormal, x, _mm512_castsi512_ps(splat(Lowest << 23U)), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC));
    // 2. StochasticA: R below the last place, and truncate. The fields run on: a carry takes the next binade.
    constexpr unsigned below_last = 23U - M - random_bits<Rounding>;
    __m512i const sum = _mm512_add_epi32(shifted, _mm512_slli_epi32(random, below_last));
    // 3. The first normal code is 2^M, the first subnormal's 0.
    __m512i const first = splat((Lowest - 1U) << 23U);
    __m512i const offset = _mm512_mask_add_epi32(first, subnormal, first, splat(1U << 23U));
    return _mm512_srli_epi32(_mm512_sub_epi32(sum, offset), 23U - M);
  } else {
    // 1. Significand, and how many of its bits to drop: 23 - M, more below the normal range. A count of 32 and more
    //    shifts everything out. A float subnormal counts places of 2^-149, as exponent field 1 does.
    __m512i const exponent = _mm512_srli_epi32(bits, 23);
    __m512i const binade = _mm512_max_epu32(exponent, splat(Lowest));
    __m512i const implicit = _mm512_maskz_mov_epi32(_mm512_test_epi32_mask(exponent, exponent), splat(0x0080'0000U));
    __m512i significand = _mm512_or_si512(_mm512_and_si512(bits, splat(0x007f'ffffU)), implicit);
    __m512i drop = _mm512_add_epi32(_mm512_sub_epi32(binade, _mm512_max_epu32(exponent, splat(1))), splat(23U - M));
    __m512i const offset = _mm512_slli_epi32(_mm512_sub_epi32(binade, splat(Lowest)), M);
    // 2. Round.
    if constexpr (std::same_as<Rounding, rounding::nearest_away>) {
      // A significand of 24 bits is below half of 2^31: 31 serves for all greater counts.
      drop = _mm512_min_epu32(drop, splat(31));
      __m512i const half = _mm512_sllv_epi32(splat(1), _mm512_sub_epi32(drop, splat(1)));
      return _mm512_add_epi32(_mm512_srlv_epi32(_mm512_add_epi32(significand, half), drop), offset);
    } else if constexpr (draws_bits<Rounding>) {
      // StochasticA: the dropped bits as a fraction of 2^32; away where adding R at its top carries out. Of the two shifts
      // one has a count out of range and gives 0 (at 32 both give the significand).
      __m512i const fraction = _mm512_or_si512(_mm512_sllv_epi32(significand, _mm512_sub_epi32(splat(32), drop)),
                                               _mm512_srlv_epi32(significand, _mm512_sub_epi32(drop, splat(32))));
      __m512i const sum = _mm512_add_epi32(fraction, _mm512_slli_epi32(random, 32U - random_bits<Rounding>));
      __mmask16 const away = _mm512_cmplt_epu32_mask(sum, fraction);
      __m512i const code = _mm512_add_epi32(_mm512_srlv_epi32(significand, drop), offset);
      return _mm512_mask_add_epi32(code, away, code, splat(1));
    } else {
      __m512i const kept = _mm512_srlv_epi32(significand, drop);
      __m512i const code = _mm512_add_epi32(kept, offset);
      __mmask16 const inexact = _mm512_cmpneq_epi32_mask(_mm512_sllv_epi32(kept, drop), significand);
      if constexpr (std::same_as<Rounding, rounding::toward_zero>) {
        return code;
      } else if constexpr (std::same_as<Rounding, rounding::to_odd>) {
        return _mm512_mask_or_epi32(code, inexact, code, splat(1));
      } else {
        constexpr bool upwards = std::same_as<Rounding, rounding::up>;
        auto const away = static_cast<__mmask16>(inexact & (upwards ? ~below : below));
        return _mm512_mask_add_epi32(code, away, code, splat(1));
      }
    }
  }
}

/// The same for codebooks: binary search among the thresholds, which sit in one register.
template <class F, class Rounding, class Overflow>
inline __m512i search_lanes(__m512 x) noexcept {
  auto const& table = portable_kernels::codebook_lanes<F, Rounding, Overflow>::get();
  // 1. Integers in the order of the floats: the magnitude bits of a negative one turned over.
  __m512i const bits = _mm512_castps_si512(x);
  __m512i const key = _mm512_ternarylogic_epi32(bits, _mm512_srai_epi32(bits, 31), splat(~detail::float_sign), 0x78);
  // 2. The last threshold that is not above.
  __m512i const first = _mm512_load_si512(table.first);
  __m512i run = _mm512_setzero_si512();
#pragma GCC unroll 4
  for (int step = 8; step != 0; step /= 2) {
    __m512i const further = _mm512_or_si512(run, _mm512_set1_epi32(step));
    __m512i const threshold = _mm512_permutexvar_epi32(further, first);
    run = _mm512_mask_mov_epi32(run, _mm512_cmple_epi32_mask(threshold, key), further);
  }
  __m512i code = _mm512_permutexvar_epi32(run, _mm512_load_si512(table.codes));
  // 3. What is not finite.
  __mmask16 const unusual = _mm512_fpclass_ps_mask(x, 0x99);  // NaNs and infinities
  if (unusual != 0) [[unlikely]] {
    code = _mm512_mask_mov_epi32(code, unusual, splat(table.nan));
    code = _mm512_mask_mov_epi32(code, _mm512_fpclass_ps_mask(x, 0x08), splat(table.infinity));
    code = _mm512_mask_mov_epi32(code, _mm512_fpclass_ps_mask(x, 0x10), splat(table.negative_infinity));
  }
  return code;
}

/// Codes of minifloats and integers.
template <class F, class Rounding, class Overflow>
inline __m512i count_lanes(__m512 x, __m512i random) noexcept {
  constexpr format_facts f = facts<F>::all;
  __m512i const raw = _mm512_castps_si512(x);
  __m512i const bits = _mm512_and_si512(raw, splat(~detail::float_sign));
  __mmask16 const below = _mm512_movepi32_mask(raw);
  if constexpr (IntegerFormat<F>) {
    constexpr auto max = static_cast<std::uint32_t>(F::layout.max());
    constexpr auto min = static_cast<std::uint32_t>(-F::layout.min());
    // Every policy saturates: counted up to 512, beyond every integer here, then limited on either side. A NaN gives 0.
    __m512i const limited = _mm512_min_epu32(bits, splat(detail::bits_of(512.0F)));
    __m512i magnitude = count_places<9, 127 + 9, Rounding>(limited, below, random);
    __m512i const limit = _mm512_mask_mov_epi32(splat(max), below, splat(min));
    magnitude = _mm512_min_epu32(magnitude, limit);
    __mmask16 const number = _mm512_cmple_epu32_mask(bits, splat(detail::float_infinity));
    magnitude = _mm512_maskz_mov_epi32(number, magnitude);
    __m512i const value = _mm512_mask_sub_epi32(magnitude, below, _mm512_setzero_si512(), magnitude);
    return _mm512_and_si512(value, splat(F::code_mask));
  } else {
    constexpr float_layout l = F::layout;
    constexpr bool finite_overflow_saturates = !std::same_as<Overflow, overflow::nonsaturating>;
    // 1. Limit the magnitude: to max where a larger one gives max anyway (also infinity and, for now, NaN), else to the
    //    power of two above max, from which every rounding exceeds max.
    constexpr std::uint32_t max_bits = detail::bits_of(f.max);
    constexpr std::uint32_t above_bits = static_cast<std::uint32_t>(l.max_exponent() + 1 + detail::float_bias) << 23U;
    constexpr std::uint32_t limit = finite_overflow_saturates ? max_bits : above_bits;
    constexpr auto lowest = static_cast<std::uint32_t>(l.min_exponent() + detail::float_bias);
    // (10: the smaller magnitude, no sign.)
    __m512i const limited =
        _mm512_castps_si512(_mm512_range_round_ps(x, _mm512_castsi512_ps(splat(limit)), 10, _MM_FROUND_NO_EXC));
    __m512i code = count_places<l.mantissa_bits, lowest, Rounding>(limited, below, random);
    // 2. Sign, or what is below an unsigned range.
    constexpr edge_codes edge = edge_codes::of<F, Overflow>();
    __mmask16 unsigned_nan = 0;  // lanes whose code takes no sign
    if constexpr (!finite_overflow_saturates) {
      __mmask16 const exceeds = _mm512_cmpgt_epu32_mask(code, splat(f.max_code));
      __mmask16 clamped = 0;  // by rounding alone, never an overflow
      __mmask16 const beyond = _mm512_cmpgt_epu32_mask(bits, splat(max_bits));
      constexpr rounding::beyond odd_max{false, (f.max_code & 1U) != 0};
      if constexpr (std::same_as<Rounding, rounding::toward_zero> ||
                    (std::same_as<Rounding, rounding::to_odd> && odd_max.max_code_odd)) {
        clamped = beyond;
      } else if constexpr (std::same_as<Rounding, rounding::up>) {
        clamped = static_cast<__mmask16>(beyond & below);
      } else if constexpr (std::same_as<Rounding, rounding::down>) {
        clamped = static_cast<__mmask16>(beyond & ~below);
      }
      code = _mm512_mask_mov_epi32(code, exceeds, splat(edge.finite));
      code = _mm512_mask_mov_epi32(code, clamped, splat(f.max_code));
      if constexpr (edge.finite_is_nan) {
        unsigned_nan = static_cast<__mmask16>(exceeds & ~clamped);
      }
    }
    if constexpr (edge.infinite != edge.finite || !finite_overflow_saturates) {
      __mmask16 const infinite = _mm512_cmpeq_epi32_mask(bits, splat(detail::float_infinity));
      code = _mm512_mask_mov_epi32(code, infinite, splat(edge.infinite));
      if constexpr (edge.infinite_is_nan) {
        unsigned_nan = static_cast<__mmask16>(unsigned_nan | infinite);
      } else {
        unsigned_nan = static_cast<__mmask16>(unsigned_nan & ~infinite);
      }
    }
    if constexpr (l.is_signed()) {
      __mmask16 signs = below;
      if constexpr (!l.has_negative_zero()) {
        signs = static_cast<__mmask16>(signs & _mm512_test_epi32_mask(code, code));
      }
      signs = static_cast<__mmask16>(signs & ~unsigned_nan);
      code = _mm512_mask_or_epi32(code, signs, code, splat(f.sign_mask));
    } else {
      // Rounded on the mirrored grid; what is not zero there and is not taken to zero by the direction is below.
      __mmask16 outside = static_cast<__mmask16>(below & _mm512_test_epi32_mask(code, code));
      constexpr bool towards_zero =
          std::same_as<Rounding, rounding::toward_zero> || std::same_as<Rounding, rounding::up>;
      code = _mm512_mask_mov_epi32(code, below, _mm512_setzero_si512());
      if constexpr (edge.below_is_nan) {
        __mmask16 const infinite = _mm512_cmpeq_epi32_mask(bits, splat(detail::float_infinity));
        if constexpr (towards_zero) {
          outside = static_cast<__mmask16>(below & infinite);
        }
        code = _mm512_mask_mov_epi32(code, outside, splat(f.nan_code));
      }
    }
    // 3. NaN.
    __mmask16 const nan = _mm512_fpclass_ps_mask(x, 0x81);  // quiet or signaling
    return _mm512_mask_mov_epi32(code, nan, splat(f.has_nan ? f.nan_code : f.max_code));
  }
}

/// Codes of exponent-only minifloats.
template <encodes_exponent F, class Rounding, class Overflow>
inline __m512i exponent_lanes(__m512 x, __m512i random) noexcept {
  constexpr format_facts f = facts<F>::all;
  constexpr edge_codes edge = edge_codes::of<F, Overflow>();
  __m512i const raw = _mm512_castps_si512(x);
  __m512i const bits = _mm512_and_si512(raw, splat(~detail::float_sign));
  // 1. The exponent field and what lies above its power of two, in 23 bits: 2^-127, a subnormal float, is field 0. Below it,
  //    and below the format's least, no rounding leaves code 0.
  constexpr std::uint32_t one = 0x0080'0000U;
  __mmask16 const subnormal = _mm512_cmplt_epu32_mask(bits, splat(one));
  __m512i y = _mm512_mask_max_epi32(bits, subnormal, _mm512_sub_epi32(_mm512_add_epi32(bits, bits), splat(one)),
                                    _mm512_setzero_si512());
  if constexpr (F::layout.bias < 127) {
    constexpr auto least = static_cast<std::uint32_t>(127 - F::layout.bias) << 23U;
    y = _mm512_sub_epi32(_mm512_max_epu32(y, splat(least)), splat(least));
  }
  // 2. Round.
  __m512i code;
  if constexpr (draws_bits<Rounding>) {
    __m512i const fraction = _mm512_slli_epi32(y, 9);
    __m512i const sum = _mm512_add_epi32(fraction, _mm512_slli_epi32(random, 32U - random_bits<Rounding>));
    code = _mm512_srli_epi32(y, 23);
    code = _mm512_mask_add_epi32(code, _mm512_cmplt_epu32_mask(sum, fraction), code, splat(1));
  } else if constexpr (std::same_as<Rounding, rounding::to_odd>) {
    code = _mm512_srli_epi32(y, 23);
    code = _mm512_mask_or_epi32(code, _mm512_test_epi32_mask(y, splat(one - 1U)), code, splat(1));
  } else {
    code = _mm512_srli_epi32(_mm512_add_epi32(y, splat(binade_bias<Rounding>)), 23);
  }
  // 3. Overflow.
  if constexpr (lowers_positives<Rounding> || edge.finite == f.max_code) {
    code = _mm512_min_epu32(code, splat(f.max_code));
  } else {
    code = _mm512_mask_mov_epi32(code, _mm512_cmpgt_epu32_mask(code, splat(f.max_code)), splat(edge.finite));
  }
  code =
      _mm512_mask_mov_epi32(code, _mm512_cmpeq_epi32_mask(bits, splat(detail::float_infinity)), splat(edge.infinite));
  // 4. What is not above zero has no place; NaN.
  __mmask16 const below = _mm512_cmple_epi32_mask(raw, _mm512_setzero_si512());
  code = _mm512_mask_mov_epi32(code, below, splat(edge.below_is_nan ? f.nan_code : 0U));
  return _mm512_mask_mov_epi32(code, _mm512_cmpgt_epu32_mask(bits, splat(detail::float_infinity)), splat(f.nan_code));
}

/// 16 floats to 16 codes, one in each 32-bit lane.
template <class F, class Rounding, class Overflow>
inline __m512i encode_lanes(__m512 x, __m512i random) noexcept {
  x = opaque(x);
  if constexpr (CodebookFormat<F>) {
    return search_lanes<F, Rounding, Overflow>(x);
  } else if constexpr (encodes_exponent<F>) {
    return exponent_lanes<F, Rounding, Overflow>(x, random);
  } else {
    return count_lanes<F, Rounding, Overflow>(x, random);
  }
}

/// Four vectors of 16 codes below 256 to 64 bytes in order.
inline __m512i pack_bytes(__m512i a, __m512i b, __m512i c, __m512i d) noexcept {
  return in_order(_mm512_packus_epi16(_mm512_packus_epi32(a, b), _mm512_packus_epi32(c, d)));
}

/// Writes 64 codes.
template <class F, class Order>
inline void store_codes(std::uint8_t* out, __m512i bytes) noexcept {
  if constexpr (F::bits == 4 && !std::same_as<Order, bit_order::padded>) {
    // Neighbours into one byte: weights 1 and 16, the first code where the order says.
    constexpr int weights = std::same_as<Order, bit_order::low_first> ? 0x1001 : 0x0110;
    __m512i const pairs = _mm512_maddubs_epi16(bytes, _mm512_set1_epi16(weights));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm512_cvtepi16_epi8(pairs));
  } else {
    _mm512_storeu_si512(out, bytes);
  }
}

/// Writes 64 codes past the cache; `out` begins a line, or half a one for nibbles.
template <class F, class Order>
inline void stream_codes(std::uint8_t* out, __m512i bytes) noexcept {
  if constexpr (packed_block_bytes<F, Order>(64) == 32) {
    alignas(32) std::uint8_t half[32];
    store_codes<F, Order>(half, bytes);
    _mm256_stream_si256(reinterpret_cast<__m256i*>(out), _mm256_load_si256(reinterpret_cast<__m256i const*>(half)));
  } else {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(out), bytes);
  }
}

/// What encode_stochastic serves.
template <class F, class R, class O>
concept encodes_stochastic = encodes_minifloat<F> && F::layout.is_signed() && F::layout.has_negative_zero() &&
                             std::same_as<O, overflow::saturate> && (random_bits<R> != 0) &&
                             (F::layout.mantissa_bits + random_bits<R> <= 23);

/// count_lanes for 64 elements under StochasticA and saturate, the signs put in after packing. False where there is a NaN.
template <class F, class Rounding, class Random>
LOWP_ALWAYS_INLINE bool encode_stochastic(__m512 const (&x)[4], Random const& random, __m512i& codes) noexcept {
  constexpr format_facts f = facts<F>::all;
  constexpr float_layout l = F::layout;
  constexpr auto lowest = static_cast<std::uint32_t>(l.min_exponent() + detail::float_bias);
  constexpr unsigned dropped = 23U - l.mantissa_bits;
  __m512 const max = _mm512_set1_ps(f.max);
  __m512i const smallest_normal = splat(lowest << 23U);
  __m512i c[4];
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    // See count_places. (10: the smaller magnitude, no sign.)
    __m512 const limited = _mm512_range_round_ps(x[j], max, 10, _MM_FROUND_NO_EXC);
    __mmask16 const subnormal = _mm512_cmplt_epu32_mask(_mm512_castps_si512(limited), smallest_normal);
    __m512i const shifted = _mm512_castps_si512(_mm512_mask_add_round_ps(
        limited, subnormal, limited, _mm512_castsi512_ps(smallest_normal), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC));
    __m512i sum = _mm512_add_epi32(shifted, _mm512_slli_epi32(random.lanes(j), dropped - random_bits<Rounding>));
    sum = _mm512_mask_sub_epi32(sum, subnormal, sum, splat(1U << 23U));
    c[j] = _mm512_srli_epi32(sum, dropped);
  }
  __mmask16 const nan = _kor_mask16(either_is_nan(x[0], x[1]), either_is_nan(x[2], x[3]));
  // The first normal code is 2^M, the first subnormal's 0.
  __m512i const first = _mm512_set1_epi16(static_cast<short>((lowest - 1U) << static_cast<unsigned>(l.mantissa_bits)));
  __m512i const low = _mm512_sub_epi16(_mm512_packus_epi32(c[0], c[1]), first);
  __m512i const high = _mm512_sub_epi16(_mm512_packus_epi32(c[2], c[3]), first);
  __m512i const low_signs = _mm512_packs_epi32(_mm512_castps_si512(x[0]), _mm512_castps_si512(x[1]));
  __m512i const high_signs = _mm512_packs_epi32(_mm512_castps_si512(x[2]), _mm512_castps_si512(x[3]));
  __m512i signs = _mm512_packs_epi16(low_signs, high_signs);
  if constexpr (F::bits < 8) {
    signs = _mm512_srli_epi16(signs, 8 - F::bits);
  }
  __m512i const sign_bit = _mm512_set1_epi8(static_cast<char>(f.sign_mask));
  codes = in_order(_mm512_ternarylogic_epi32(_mm512_packus_epi16(low, high), signs, sign_bit, 0xf8));  // a | (b & c)
  return nan == 0;
}

/// 64 floats and as many random numbers in memory to codes, whatever they are: apart from the loop that hardly ever needs it.
template <class F, class Order, class Rounding, class Overflow>
[[gnu::noinline]] inline void encode_any_block(float const* x, std::uint32_t const* random,
                                               std::uint8_t* out) noexcept {
  __m512i c[4];
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    c[j] = encode_lanes<F, Rounding, Overflow>(_mm512_load_ps(x + 16 * j), _mm512_load_si512(random + 16 * j));
  }
  store_codes<F, Order>(out, pack_bytes(c[0], c[1], c[2], c[3]));
}

/// 64 elements in four vectors to codes at `out`. (Inline, so that constants stay in registers.)
template <class F, class Order, class Rounding, class Overflow, class Random>
LOWP_ALWAYS_INLINE void encode_block(__m512 const (&x)[4], std::uint8_t* out, Random const& random) noexcept {
  if constexpr (encodes_stochastic<F, Rounding, Overflow>) {
    __m512i codes;
    if (!encode_stochastic<F, Rounding>(x, random, codes)) [[unlikely]] {
      alignas(64) float values[64];
      alignas(64) std::uint32_t numbers[64];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        _mm512_store_ps(values + 16 * j, x[j]);
        _mm512_store_si512(numbers + 16 * j, random.lanes(j));
      }
      encode_any_block<F, Order, Rounding, Overflow>(values, numbers, out);
    } else {
      store_codes<F, Order>(out, codes);
    }
  } else {
    __m512i c[4];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      c[j] = encode_lanes<F, Rounding, Overflow>(x[j], random.lanes(j));
    }
    store_codes<F, Order>(out, pack_bytes(c[0], c[1], c[2], c[3]));
  }
}

/// encode_block of 64 floats in memory, apart from the loop that hardly ever needs it.
template <class F, class Order, class Rounding, class Overflow>
[[gnu::noinline]] inline void encode_rare(float const* in, std::uint8_t* out) noexcept {
  __m512 const x[4] = {_mm512_loadu_ps(in), _mm512_loadu_ps(in + 16), _mm512_loadu_ps(in + 32),
                       _mm512_loadu_ps(in + 48)};
  encode_block<F, Order, Rounding, Overflow>(x, out,
                                             random_64<Rounding>(Rounding{}, random_keys<Rounding>(Rounding{})));
}

/// 64 elements to 128 bytes of codes of two bytes.
template <class F, class Rounding, class Overflow>
inline void encode_wide(__m512 const (&x)[4], std::uint8_t* out, Rounding const& r,
                        random_keys<Rounding> const& keys) noexcept {
  if constexpr (nearest_half<F> && std::same_as<Rounding, rounding::nearest_even> &&
                std::same_as<Overflow, overflow::saturate>) {
    if (encode_nearest_half<F>(x, out)) [[likely]] {
      return;
    }
  }
  random_64<Rounding> const random(r, keys);
#pragma GCC unroll 2
  for (std::size_t j = 0; j < 4; j += 2) {
    __m512i const packed = _mm512_packus_epi32(encode_lanes<F, Rounding, Overflow>(x[j], random.lanes(j)),
                                               encode_lanes<F, Rounding, Overflow>(x[j + 1], random.lanes(j + 1)));
    _mm512_storeu_si512(out + 32 * j, halves_in_order(packed));
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order, class Rounding, class Overflow>
  requires avx2::encodes<F, Order, Rounding, Overflow>
struct encode_slot<isa::avx512, F, Order, Rounding, Overflow> {
  using served_by = isa::avx512;
  static void run(float const* in, std::uint8_t* out, std::size_t n, Rounding r, Overflow) noexcept {
    random_keys<Rounding> const keys(r);
    std::size_t i = 0;
    if constexpr (avx512::encodes_nearest<F, Rounding, Overflow>) {
      constexpr bool nibbles = packed_block_bytes<F, Order>(64) == 32;
      if (streams(nibbles ? n / 2 : n)) {
        // Up to a line's beginning, then past the cache.
        std::size_t const bytes = (64 - reinterpret_cast<std::uintptr_t>(out) % 64) % 64;
        i = nibbles ? 2 * bytes : bytes;
        for (std::size_t done = 0; done < i; done += 64) {
          some(in + done, out + packed_block_bytes<F, Order>(done), i - done < 64 ? i - done : 64, r, keys);
        }
        out += bytes;
        for (; i + 64 <= n; i += 64) {
          block<std::true_type>(in + i, out);
          out += packed_block_bytes<F, Order>(64);
        }
        end_streams();
      }
    }
    if constexpr (avx512::nearest_half<F> && std::same_as<Rounding, rounding::nearest_even> &&
                  std::same_as<Overflow, overflow::saturate>) {
      auto const address = reinterpret_cast<std::uintptr_t>(out);
      if (streams(2 * n) && address % 2 == 0) {
        i = (64 - address % 64) % 64 / 2;
        some(in, out, i, r, keys);
        out += 2 * i;
        for (; i + 64 <= n; i += 64) {
          __m512 x[4];
          load_ahead(in + i, x);
          alignas(64) std::uint8_t codes[128];
          avx512::encode_wide<F, Rounding, Overflow>(x, codes, r, keys);
          _mm512_stream_si512(reinterpret_cast<__m512i*>(out), _mm512_load_si512(codes));
          _mm512_stream_si512(reinterpret_cast<__m512i*>(out + 64), _mm512_load_si512(codes + 64));
          out += 128;
        }
        end_streams();
      }
    }
    if constexpr (F::bits <= 8 && avx512::draws_256<Rounding>) {
      for (; i + 256 <= n; i += 256) {
        avx512::random_256<Rounding> const random(rounding::at(r, i), keys);
        for (std::size_t b = 0; b < 4; ++b) {
          __m512 x[4];
#pragma GCC unroll 4
          for (std::size_t j = 0; j < 4; ++j) {
            x[j] = _mm512_loadu_ps(in + i + 64 * b + 16 * j);
          }
          avx512::encode_block<F, Order, Rounding, Overflow>(x, out, random.part(b));
          out += packed_block_bytes<F, Order>(64);
        }
      }
    }
    for (; i + 64 <= n; i += 64) {
      if constexpr (avx512::encodes_nearest<F, Rounding, Overflow>) {
        block<std::false_type>(in + i, out);
      } else {
        __m512 x[4];
#pragma GCC unroll 4
        for (std::size_t j = 0; j < 4; ++j) {
          x[j] = _mm512_loadu_ps(in + i + 16 * j);
        }
        if constexpr (F::bits > 8) {
          avx512::encode_wide<F, Rounding, Overflow>(x, out, rounding::at(r, i), keys);
        } else {
          avx512::random_64<Rounding> const random(rounding::at(r, i), keys);
          avx512::encode_block<F, Order, Rounding, Overflow>(x, out, random);
        }
      }
      out += F::bits > 8 ? 128 : packed_block_bytes<F, Order>(64);
    }
    if (i < n) {
      some(in + i, out, n - i, rounding::at(r, i), keys);
    }
  }

 private:
  /// 64 floats, and those of 2 KiB ahead asked for: what the hardware fetches ends with a page.
  LOWP_ALWAYS_INLINE static void load_ahead(float const* in, __m512 (&x)[4]) noexcept {
    auto const* const ahead = reinterpret_cast<char const*>(in) + 2048;
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      x[j] = _mm512_loadu_ps(in + 16 * j);
      _mm_prefetch(ahead + 64 * j, _MM_HINT_T0);
    }
  }

  // (Inline, so that its constants stay in registers.)
  template <class Streamed>
  LOWP_ALWAYS_INLINE static void block(float const* in, std::uint8_t* out) noexcept {
    __m512 x[4];
    if constexpr (Streamed::value) {
      load_ahead(in, x);
    } else {
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        x[j] = _mm512_loadu_ps(in + 16 * j);
      }
    }
    __m512i codes;
    if (!avx512::encode_nearest<F>(x, codes)) [[unlikely]] {
      avx512::encode_rare<F, Order, Rounding, Overflow>(in, out);
    } else if constexpr (Streamed::value) {
      avx512::stream_codes<F, Order>(out, codes);
    } else {
      avx512::store_codes<F, Order>(out, codes);
    }
  }

  /// At most 64 elements.
  static void some(float const* in, std::uint8_t* out, std::size_t n, Rounding const& r,
                   random_keys<Rounding> const& keys) noexcept {
    alignas(64) float rest[64] = {};
    std::memcpy(rest, in, n * sizeof(float));
    alignas(64) std::uint8_t bytes[F::bits > 8 ? 128 : 64];
    __m512 x[4];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      x[j] = _mm512_load_ps(rest + 16 * j);
    }
    if constexpr (F::bits > 8) {
      avx512::encode_wide<F, Rounding, Overflow>(x, bytes, r, keys);
      std::memcpy(out, bytes, 2 * n);
    } else {
      avx512::random_64<Rounding> const random(r, keys);
      avx512::encode_block<F, Order, Rounding, Overflow>(x, bytes, random);
      store_tail<F, Order>(out, bytes, n);
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
