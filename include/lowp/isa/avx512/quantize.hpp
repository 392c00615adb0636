// SPDX-License-Identifier: Apache-2.0
//
// AVX-512 quantize and dequantize.
//
//   instruction      what it gives
//   vdivps           the quotient, rounded once; 16 elements take about as long as 20 other instructions
//   vmulps, vfmadd   a quotient from the reciprocal that rounds to the same code (see quantize_nearest.hpp)
//   vmulps + 4 fma   the same quotient from the reciprocal, where that is proven (see divide)
//   vpmaxud          absmax: magnitudes order like their bits; of 16 groups at a time, so that the last steps within a vector
//                    are shared
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/avx2/quantize.hpp>
#include <lowp/isa/avx512/decode.hpp>
#include <lowp/isa/avx512/encode.hpp>
#include <lowp/isa/avx512/encode_nearest.hpp>
#include <lowp/isa/avx512/opaque.hpp>
#include <lowp/isa/avx512/quantize_nearest.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/policy/nan.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// Formats and policies whose code does not depend on how a quotient below 2^-36 was rounded, nor on whether one above
/// max came out finite: a quotient near 0 is 0, or nonzero, and beyond max it is beyond max.
template <class F, class Rounding, class Overflow>
inline constexpr bool tolerates_reciprocal = [] {
  constexpr bool to_nearest =
      std::same_as<Rounding, rounding::nearest_even> || std::same_as<Rounding, rounding::nearest_away>;
  constexpr bool keeps_infinity_apart = std::same_as<Overflow, overflow::saturate_finite>;
  if constexpr (MinifloatFormat<F>) {
    return to_nearest && !keeps_infinity_apart && F::layout.quantum_exponent() >= -34;
  } else {
    return to_nearest && IntegerFormat<F>;
  }
}();

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// A divisor and its correctly rounded reciprocal.
struct divisor {
  __m512 value;
  __m512 reciprocal;
};

/// x / s from the reciprocal y = RN(1/s), equal to the rounded quotient.
///
/// P. Markstein, "Computation of elementary functions on the IBM RISC System/6000 processor" (1990), theorem 7: if y is
/// the correctly rounded reciprocal and q is within one last place of x / s, then RN(q + RN(x - q s) y) is the correctly
/// rounded quotient. RN(x y) is within two last places, one step brings it within one, the second finishes. The
/// remainders are exact while |x| >= 2^-100; below that only tolerates_reciprocal's formats may use the result.
/// Requires s in [2^-64, 2^64]. Infinities, NaNs and zeros keep RN(x y): the remainder of an infinity would be NaN, and the
/// corrections of -0 would lose its sign.
inline __m512 divide(__m512 x, divisor const& s) noexcept {
  __m512 const q0 = _mm512_mul_round_ps(x, s.reciprocal, nearest);
  __m512i const magnitude = _mm512_and_si512(bits_of(q0), splat(~detail::float_sign));
  // magnitude - 1 takes 0 to the top: one compare finds what is neither zero nor infinite nor NaN.
  __mmask16 const ordinary =
      _mm512_cmplt_epu32_mask(_mm512_sub_epi32(magnitude, splat(1)), splat(detail::float_infinity - 1U));
  __m512 const r0 = _mm512_fnmadd_round_ps(q0, s.value, x, nearest);
  __m512 const q1 = _mm512_fmadd_round_ps(r0, s.reciprocal, q0, nearest);
  __m512 const r1 = _mm512_fnmadd_round_ps(q1, s.value, x, nearest);
  return select(ordinary, _mm512_fmadd_round_ps(r1, s.reciprocal, q1, nearest), q0);
}

/// 16 quotients of floats in memory; for the proof that divide is right.
inline void divide_16(float const* x, float s, float* quotients) noexcept {
  divisor const d{_mm512_set1_ps(s), _mm512_set1_ps(detail::divide_once(1.0F, s))};
  _mm512_storeu_ps(quotients, divide(_mm512_loadu_ps(x), d));
}

/// The greatest unsigned value of each of 16 vectors, in lane g that of m[g].
inline __m512i greatest_of_each(__m512i (&m)[16]) noexcept {
  // Two vectors become one that holds the greater values of both halves: of 256 bits, of 128, of 64, of 32.
#pragma GCC unroll 8
  for (std::size_t g = 0; g < 8; ++g) {
    m[g] = _mm512_max_epu32(_mm512_shuffle_i64x2(m[2 * g], m[2 * g + 1], 0x44),
                            _mm512_shuffle_i64x2(m[2 * g], m[2 * g + 1], 0xee));
  }
#pragma GCC unroll 4
  for (std::size_t g = 0; g < 4; ++g) {
    m[g] = _mm512_max_epu32(_mm512_shuffle_i64x2(m[2 * g], m[2 * g + 1], 0x88),
                            _mm512_shuffle_i64x2(m[2 * g], m[2 * g + 1], 0xdd));
  }
#pragma GCC unroll 2
  for (std::size_t g = 0; g < 2; ++g) {
    m[g] =
        _mm512_max_epu32(_mm512_unpacklo_epi64(m[2 * g], m[2 * g + 1]), _mm512_unpackhi_epi64(m[2 * g], m[2 * g + 1]));
  }
  // 128-bit lane l: two words each of vectors l, 4 + l (m[0]) and 8 + l, 12 + l (m[1]).
  __m512 const a = _mm512_castsi512_ps(m[0]);
  __m512 const b = _mm512_castsi512_ps(m[1]);
  __m512i const each = _mm512_max_epu32(_mm512_castps_si512(_mm512_shuffle_ps(a, b, 0x88)),
                                        _mm512_castps_si512(_mm512_shuffle_ps(a, b, 0xdd)));
  return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), each);
}

/// 16 quotients, by reciprocal where ByReciprocal is true_type.
template <class F, class Nan, class ByReciprocal>
inline __m512 quotient(__m512 x, divisor const& s, ByReciprocal) noexcept {
  if constexpr (Nan::choice == nan::action::zero && !facts<F>::has_nan) {
    __m512i const bits = bits_of(x);
    __mmask16 const number =
        _mm512_cmple_epu32_mask(_mm512_and_si512(bits, splat(~detail::float_sign)), splat(detail::float_infinity));
    x = _mm512_castsi512_ps(_mm512_maskz_mov_epi32(number, bits));
  }
  if constexpr (ByReciprocal::value) {
    return divide(x, s);
  } else {
    return _mm512_div_round_ps(x, s.value, nearest);
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct absmax_slot<isa::avx512> {
  using served_by = isa::avx512;
  static bool run(float const* in, std::size_t n, std::size_t group, float* greatest) noexcept {
    std::size_t start = 0;
    if (group % 16 == 0 && group <= 512) {
      for (; start + 16 * group <= n && of_16_groups(in + start, group, greatest + start / group);
           start += 16 * group) {
      }
    }
    bool has_nan = false;
    for (; start < n; start += group) {
      std::size_t const count = n - start < group ? n - start : group;
      float const found = of_run(in + start, count, has_nan);
      float& slot = greatest[start / group];
      slot = detail::bits_of(found) > detail::bits_of(slot) ? found : slot;
    }
    return has_nan;
  }

 private:
  /// False, and nothing written, where one of them holds a NaN or an infinity, which do not count.
  static bool of_16_groups(float const* in, std::size_t group, float* greatest) noexcept {
    __m512i m[16];
    __m512i const sign_off = avx512::splat(~detail::float_sign);
#pragma GCC unroll 16
    for (std::size_t g = 0; g < 16; ++g) {
      m[g] = _mm512_and_si512(_mm512_loadu_si512(in + g * group), sign_off);
    }
    for (std::size_t i = 16; i < group; i += 16) {
#pragma GCC unroll 16
      for (std::size_t g = 0; g < 16; ++g) {
        m[g] = _mm512_max_epu32(m[g], _mm512_and_si512(_mm512_loadu_si512(in + g * group + i), sign_off));
      }
    }
    __m512i const found = avx512::greatest_of_each(m);
    if (_mm512_cmpge_epu32_mask(found, avx512::splat(detail::float_infinity)) != 0) {
      return false;
    }
    _mm512_storeu_si512(greatest, _mm512_max_epu32(_mm512_loadu_si512(greatest), found));
    return true;
  }

  static float of_run(float const* in, std::size_t n, bool& has_nan) noexcept {
    __m512i const sign_off = avx512::splat(~detail::float_sign);
    __m512i a = _mm512_setzero_si512();
    __m512i b = a;
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      a = _mm512_max_epu32(a, _mm512_and_si512(_mm512_loadu_si512(in + i), sign_off));
      b = _mm512_max_epu32(b, _mm512_and_si512(_mm512_loadu_si512(in + i + 16), sign_off));
    }
    for (; i < n; i += 16) {
      auto const mask = static_cast<__mmask16>(n - i >= 16 ? 0xffffU : (1U << (n - i)) - 1U);
      a = _mm512_max_epu32(a, _mm512_and_si512(_mm512_maskz_loadu_epi32(mask, in + i), sign_off));
    }
    std::uint32_t const bits = _mm512_reduce_max_epu32(_mm512_max_epu32(a, b));
    if (bits < detail::float_infinity) [[likely]] {
      return std::bit_cast<float>(bits);
    }
    // NaNs and infinities do not count.
    has_nan = has_nan || bits > detail::float_infinity;
    __m512i best = _mm512_setzero_si512();
    for (i = 0; i < n; i += 16) {
      auto const mask = static_cast<__mmask16>(n - i >= 16 ? 0xffffU : (1U << (n - i)) - 1U);
      __m512i const x = _mm512_and_si512(_mm512_maskz_loadu_epi32(mask, in + i), sign_off);
      __mmask16 const finite = _mm512_cmplt_epu32_mask(x, avx512::splat(detail::float_infinity));
      best = _mm512_mask_max_epu32(best, finite, best, x);
    }
    return std::bit_cast<float>(_mm512_reduce_max_epu32(best));
  }
};

template <>
struct contains_nan_slot<isa::avx512> {
  using served_by = isa::avx512;
  static bool run(float const* in, std::size_t n) noexcept {
    __m512i const sign_off = avx512::splat(~detail::float_sign);
    __m512i a = _mm512_setzero_si512();
    __m512i b = a;
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      a = _mm512_max_epu32(a, _mm512_and_si512(_mm512_loadu_si512(in + i), sign_off));
      b = _mm512_max_epu32(b, _mm512_and_si512(_mm512_loadu_si512(in + i + 16), sign_off));
    }
    for (; i < n; i += 16) {
      auto const mask = static_cast<__mmask16>(n - i >= 16 ? 0xffffU : (1U << (n - i)) - 1U);
      a = _mm512_max_epu32(a, _mm512_and_si512(_mm512_maskz_loadu_epi32(mask, in + i), sign_off));
    }
    return _mm512_cmpgt_epu32_mask(_mm512_max_epu32(a, b), avx512::splat(detail::float_infinity)) != 0;
  }
};

template <class F, class Order, class Rounding, class Overflow, class Nan>
  requires encodes_in_lanes<F, Order, Rounding, Overflow>
struct quantize_slot<isa::avx512, F, Order, Rounding, Overflow, Nan> {
  using served_by = isa::avx512;

  static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group, Rounding r,
                  Overflow o, Nan nan) noexcept {
    if constexpr (avx512::encodes_nearest<F, Rounding, Overflow>) {
      bool const splits_evenly = group % 16 == 0 && std::has_single_bit(group / 16);
      if (group >= n || splits_evenly) {
        run_nearest(in, out, n, scales, group, r);
        return;
      }
    }
    // Blocks of 64 from the row's start, so that they begin on a byte; vectors of 16 within one group where its length
    // allows. Otherwise each element gets a divisor of its own.
    if (group % 16 != 0 && group < n) {
      run_mixed(in, out, n, scales, group, r, o, nan);
      return;
    }
    random_keys<Rounding> const keys(r);
    std::size_t left = 0;  // elements of the current group that are still to come, a multiple of 16
    avx512::divisor current{_mm512_setzero_ps(), _mm512_setzero_ps()};
    bool moderate = false;
    for (std::size_t i = 0; i < n; i += 64) {
      std::size_t const count = n - i < 64 ? n - i : 64;
      avx512::divisor s[4];
      bool all_moderate = avx512::tolerates_reciprocal<F, Rounding, Overflow>;
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        if (left == 0 && i + 16 * j < n) {
          float const scale = *scales++;
          std::uint32_t const bits = detail::bits_of(scale);
          moderate = bits >= detail::bits_of(0x1p-64F) && bits <= detail::bits_of(0x1p64F);
          current = {_mm512_set1_ps(scale), _mm512_set1_ps(detail::divide_once(1.0F, scale))};
          left = (group < n ? group : n + 63) & ~std::size_t{15};
        }
        s[j] = current;
        all_moderate = all_moderate && moderate;
        left -= 16;
      }
      block(in + i, out, count, s, all_moderate, rounding::at(r, i), keys);
      out += packed_block_bytes<F, Order>(64);
    }
  }

 private:
  using divisors = avx512::divisors<tie_bits<F>>;

  /// Vectors of 16 that never straddle groups, whose number in a group is a power of two: 16 groups at a time.
  static void run_nearest(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group,
                          Rounding const& r) noexcept {
    int const vectors_log2 = group >= n ? 60 : std::countr_zero(group / 16);
    std::size_t const chunk = group >= n ? n : 16 * group;  // a multiple of 256, or all
    for (std::size_t i = 0; i < n; i += chunk) {
      std::size_t const count = n - i < chunk ? n - i : chunk;
      std::size_t const groups = group >= n ? 1 : (count + group - 1) / group;
      divisors const s(scales, groups);
      switch (s.how) {
        case avx512::division::by_product:
          blocks_of_nearest(in + i, out, count / 64, s, vectors_log2, r, std::true_type{});
          break;
        case avx512::division::by_correction:
          blocks_of_nearest(in + i, out, count / 64, s, vectors_log2, r, std::false_type{});
          break;
        case avx512::division::by_quotient:
          for (std::size_t b = 0; b < count / 64; ++b) {
            block_by_quotient(in + i + 64 * b, out + b * packed_block_bytes<F, Order>(64), 64, s, 4 * b, vectors_log2,
                              r);
          }
      }
      if (count % 64 != 0) {
        std::size_t const b = count / 64;
        block_by_quotient(in + i + 64 * b, out + b * packed_block_bytes<F, Order>(64), count % 64, s, 4 * b,
                          vectors_log2, r);
      }
      out += packed_block_bytes<F, Order>(chunk);
      scales += groups;
    }
  }

  template <class ByProduct>
  static void blocks_of_nearest(float const* in, std::uint8_t* out, std::size_t blocks, divisors const& s,
                                int vectors_log2, Rounding const& r, ByProduct by) noexcept {
    // The scales of a block's vectors: the first's, and the others' distances from it.
    std::size_t const further[4] = {0, std::size_t{1} >> vectors_log2, std::size_t{2} >> vectors_log2,
                                    std::size_t{3} >> vectors_log2};
    // Groups of 128 and more ask for the next panel of quantize_into, 16 KiB ahead; shorter ones take a tenth longer from
    // memory if they do.
    bool const asks = vectors_log2 >= 3;
    auto const* const next = reinterpret_cast<char const*>(in) + 16384;
    for (std::size_t b = 0; b < blocks; ++b) {
      std::size_t const first = (4 * b) >> vectors_log2;
      __m512 q[4];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        q[j] = avx512::quotient_for_code(_mm512_loadu_ps(in + 64 * b + 16 * j), s, first + further[j], by);
        if (asks) {
          _mm_prefetch(next + 256 * b + 64 * j, _MM_HINT_T0);
        }
      }
      __m512i codes;
      if (avx512::encode_nearest<F>(q, codes)) [[likely]] {
        avx512::store_codes<F, Order>(out, codes);
      } else {
        block_by_quotient(in + 64 * b, out, 64, s, 4 * b, vectors_log2, r);
      }
      out += packed_block_bytes<F, Order>(64);
    }
  }

  /// A block of at most 64, whatever it holds; `vector` counts vectors from the first scale's first element.
  [[gnu::noinline]] static void block_by_quotient(float const* in, std::uint8_t* out, std::size_t count,
                                                  divisors const& s, std::size_t vector, int vectors_log2,
                                                  Rounding const& r) noexcept {
    avx512::divisor d[4];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      std::size_t const i = (vector + j) >> vectors_log2;
      d[j] = {_mm512_set1_ps(s.value[i < 16 ? i : 15]), _mm512_setzero_ps()};
    }
    encode(in, out, count, d, r, random_keys<Rounding>(r), std::false_type{});
  }

  template <class ByReciprocal>
  LOWP_ALWAYS_INLINE static void encode(float const* in, std::uint8_t* out, std::size_t count,
                                        avx512::divisor const (&s)[4], Rounding const& r,
                                        random_keys<Rounding> const& keys, ByReciprocal by) noexcept {
    __m512 x[4];
    if (count == 64) {
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        x[j] = avx512::quotient<F, Nan>(_mm512_loadu_ps(in + 16 * j), s[j], by);
      }
    } else {
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        std::size_t const start = 16 * j;
        std::size_t const left = start < count ? count - start : 0;
        auto const mask = static_cast<__mmask16>(left >= 16 ? 0xffffU : (1U << left) - 1U);
        x[j] = avx512::quotient<F, Nan>(_mm512_maskz_loadu_ps(mask, in + (start < count ? start : 0)), s[j], by);
      }
    }
    avx512::random_64<Rounding> const random(r, keys);
    alignas(64) std::uint8_t bytes[64];
    avx512::encode_block<F, Order, Rounding, Overflow>(x, count == 64 ? out : bytes, random);
    if (count != 64) {
      store_tail<F, Order>(out, bytes, count);
    }
  }

  LOWP_ALWAYS_INLINE static void block(float const* in, std::uint8_t* out, std::size_t count,
                                       avx512::divisor const (&s)[4], bool moderate, Rounding const& r,
                                       random_keys<Rounding> const& keys) noexcept {
    if (moderate) {
      encode(in, out, count, s, r, keys, std::true_type{});
    } else {
      encode(in, out, count, s, r, keys, std::false_type{});
    }
  }

  static void run_mixed(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group,
                        Rounding r, Overflow, Nan) noexcept {
    random_keys<Rounding> const keys(r);
    for (std::size_t i = 0; i < n; i += 64) {
      std::size_t const count = n - i < 64 ? n - i : 64;
      alignas(64) float own[64];
      for (std::size_t j = 0; j < 64; ++j) {
        own[j] = scales[(j < count ? i + j : n - 1) / group];
      }
      avx512::divisor s[4];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        s[j] = {_mm512_load_ps(own + 16 * j), _mm512_setzero_ps()};
      }
      encode(in + i, out, count, s, rounding::at(r, i), keys, std::false_type{});
      out += packed_block_bytes<F, Order>(64);
    }
  }
};

template <class F, class Order>
  requires(avx512::decodes<F, Order>&& F::bits <= 8)
struct dequantize_slot<isa::avx512, F, Order> {
  using served_by = isa::avx512;
  static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, std::size_t group) noexcept {
    run_to(in, out, avx512::cached_floats(out), n, scales, group);
  }
  /// The same for results that nobody reads soon.
  static void run_streamed(std::uint8_t const* in, float* out, std::size_t n, float const* scales,
                           std::size_t group) noexcept {
    run_to(in, out, avx512::streamed_floats(out), n, scales, group);
  }

 private:
  template <class Floats>
  static void run_to(std::uint8_t const* in, float* out, Floats to, std::size_t n, float const* scales,
                     std::size_t group) noexcept {
    if (group % 16 != 0 && group < n) {
      run_mixed(in, out, n, scales, group);
      return;
    }
    for (std::size_t start = 0; n != 0; start += group) {
      std::size_t const end = n - start < group ? n : start + group;
      __m512 const scale = _mm512_set1_ps(scales[start / group]);
      std::size_t i = start;
      for (; i + 16 <= end; i += 16) {
        __m512 const x = avx512::decode_16<F, Order>(in);
        to.put(_mm512_mul_round_ps(x, scale, avx512::nearest));
        in += avx512::bytes_of_16<F, Order>;
      }
      if (end == n) {
        avx512::tail_of_16<F, Order> const tail(in, end - i);
        __m512 const x = avx512::decode_16<F, Order>(tail.bytes);
        to.finish(_mm512_mul_round_ps(x, scale, avx512::nearest), end - i);
        return;
      }
    }
  }

  static void run_mixed(std::uint8_t const* in, float* out, std::size_t n, float const* scales,
                        std::size_t group) noexcept {
    for (std::size_t i = 0; i < n; i += 16) {
      std::size_t const count = n - i < 16 ? n - i : 16;
      alignas(64) float own[16];
      for (std::size_t j = 0; j < 16; ++j) {
        own[j] = scales[(j < count ? i + j : n - 1) / group];
      }
      auto const mask = static_cast<__mmask16>((1U << count) - 1U);
      __m512 x;
      if (count == 16) {
        x = avx512::decode_16<F, Order>(in);
      } else {
        avx512::tail_of_16<F, Order> const tail(in, count);
        x = avx512::decode_16<F, Order>(tail.bytes);
      }
      _mm512_mask_storeu_ps(out + i, mask, _mm512_mul_round_ps(x, _mm512_load_ps(own), avx512::nearest));
      in += avx512::bytes_of_16<F, Order>;
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
