// SPDX-License-Identifier: Apache-2.0
//
// AVX-512: integers with zero points or offsets, and the ranges that these come from.
//
//   instruction        what it gives
//   vpternlogd         a float's bits as an unsigned integer in the order of the floats, or in the opposite one
//   vpmaxud            both ends of a range, of 16 blocks at a time
//   vsubpd, vdivpd     scales; vcvtpd2dq zero points
//   vmulps, vfmadd     a quotient that rounds to the same integer (quantize_nearest.hpp)
//   vcvtps2dq, vpaddd  that integer, and the zero point; vpackssdw/vpackuswb 64 codes
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/avx2/affine.hpp>
#include <lowp/isa/avx512/decode.hpp>
#include <lowp/isa/avx512/encode.hpp>
#include <lowp/isa/avx512/opaque.hpp>
#include <lowp/isa/avx512/quantize.hpp>
#include <lowp/isa/avx512/quantize_nearest.hpp>
#include <lowp/isa/avx512/scales.hpp>
#include <lowp/isa/avx512/streamed_floats.hpp>
#include <lowp/kernel/affine_code.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/minmax.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// Floats as unsigned integers: ascending in the order of the floats, or descending. Beyond every finite one, at `past_finite`
/// and above, is the infinity of that end with the NaNs of its sign.
enum class ends : std::uint8_t { high, low };
inline constexpr std::uint32_t past_finite = 0xff80'0000U;

template <ends End>
inline __m512i end_key(__m512i bits) noexcept {
  // bits ^ (sign | top bit), the sign spread; its complement.
  constexpr int table = End == ends::high ? 0x1e : 0xe1;
  return _mm512_ternarylogic_epi32(bits, _mm512_srai_epi32(bits, 31), splat(detail::float_sign), table);
}

template <ends End>
inline __m512i float_of_key(__m512i key) noexcept {
  // A key from 2^31 on is that of a float without a sign bit; the others' bits are turned over; for the low end opposite.
  __m512i const ascending = End == ends::high ? key : _mm512_xor_si512(key, splat(~0U));
  __m512i const below = _mm512_xor_si512(_mm512_srai_epi32(ascending, 31), splat(~0U));
  // ascending ^ (below | top bit)
  return _mm512_ternarylogic_epi32(ascending, below, splat(detail::float_sign), 0x1e);
}

/// One end of the range of n floats; false where an infinity or a NaN lies there.
template <ends End>
inline bool end_of_run(float const* in, std::size_t n, float& end) noexcept {
  __m512i a = _mm512_setzero_si512();
  __m512i b = a;
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    a = _mm512_max_epu32(a, end_key<End>(_mm512_loadu_si512(in + i)));
    b = _mm512_max_epu32(b, end_key<End>(_mm512_loadu_si512(in + i + 16)));
  }
  for (; i < n; i += 16) {
    auto const mask = static_cast<__mmask16>(n - i >= 16 ? 0xffffU : (1U << (n - i)) - 1U);
    a = _mm512_mask_max_epu32(a, mask, a, end_key<End>(_mm512_maskz_loadu_epi32(mask, in + i)));
  }
  a = _mm512_max_epu32(_mm512_max_epu32(a, b), end_key<End>(splat(detail::bits_of(end))));
  std::uint32_t const key = _mm512_reduce_max_epu32(a);
  // What stands there already may be the infinity that every float lies beyond: its key is 0x007fffff.
  if (key >= past_finite) [[unlikely]] {
    return false;
  }
  end = std::bit_cast<float>(
      static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm512_castsi512_si128(float_of_key<End>(splat(key))))));
  return true;
}

/// The same of 16 runs of `group` each.
template <ends End>
inline bool end_of_16_groups(float const* in, std::size_t group, float* end) noexcept {
  __m512i m[16];
#pragma GCC unroll 16
  for (std::size_t g = 0; g < 16; ++g) {
    m[g] = end_key<End>(_mm512_loadu_si512(in + g * group));
  }
  for (std::size_t i = 16; i < group; i += 16) {
#pragma GCC unroll 16
    for (std::size_t g = 0; g < 16; ++g) {
      m[g] = _mm512_max_epu32(m[g], end_key<End>(_mm512_loadu_si512(in + g * group + i)));
    }
  }
  __m512i const found = _mm512_max_epu32(greatest_of_each(m), end_key<End>(_mm512_loadu_si512(end)));
  if (_mm512_cmpge_epu32_mask(found, splat(past_finite)) != 0) [[unlikely]] {
    return false;
  }
  _mm512_storeu_si512(end, float_of_key<End>(found));
  return true;
}

/// (high - low) / steps in double precision, 2^-126 at the least, of eight blocks; 1 where both ends are equal.
inline __m512d range_quotients(__m256 low, __m256 high, __m512d steps) noexcept {
  __m512d const range = _mm512_sub_round_pd(_mm512_cvt_roundps_pd(high, _MM_FROUND_NO_EXC),
                                            _mm512_cvt_roundps_pd(low, _MM_FROUND_NO_EXC), nearest);
  __m512i const q = _mm512_castpd_si512(_mm512_div_round_pd(range, steps, nearest));
  __m512i const bits = _mm512_castpd_si512(range);
  // Positive doubles order like their bits.
  __m512i const limited = _mm512_max_epu64(q, _mm512_castpd_si512(_mm512_set1_pd(0x1p-126)));
  __m512i const one = _mm512_castpd_si512(_mm512_set1_pd(1.0));
  return _mm512_castsi512_pd(_mm512_mask_mov_epi64(one, _mm512_test_epi64_mask(bits, bits), limited));
}

inline __m256 upper_half(__m512 x) noexcept { return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1)); }

/// low / scale to nearest even. The double quotient is no tie unless the true one is: with h / 2 a tie below 2^9 and a / b the
/// quotient, |2 a - h b| is at least 1 in units of the last place of the lesser, hence at least 2^-39 of h b.
inline __m256i integer_quotients(__m256 low, __m256 scale) noexcept {
  return _mm512_cvt_roundpd_epi32(_mm512_div_round_pd(_mm512_cvt_roundps_pd(low, _MM_FROUND_NO_EXC),
                                                      _mm512_cvt_roundps_pd(scale, _MM_FROUND_NO_EXC), nearest),
                                  nearest);
}

/// 64 codes, a byte each, of integers that a zero point, less the format's least integer, has been added to. False where one
/// of them is -2^15 or less: the conversion gives -2^31 for a NaN and for what does not fit.
template <IntegerFormat F>
inline bool shifted_codes(__m512i const (&n)[4], __m512i& codes) noexcept {
  __m512i const low = _mm512_packs_epi32(n[0], n[1]);
  __m512i const high = _mm512_packs_epi32(n[2], n[3]);
  __m512i const least = _mm512_set1_epi16(INT16_MIN);
  bool const usual =
      _kortestz_mask32_u8(_mm512_cmpeq_epi16_mask(low, least), _mm512_cmpeq_epi16_mask(high, least)) != 0;
  codes = in_order(_mm512_packus_epi16(low, high));
  if constexpr (F::bits < 8) {
    codes = _mm512_min_epu8(codes, _mm512_set1_epi8(static_cast<char>(F::code_mask)));
  }
  if constexpr (F::layout.is_signed()) {
    codes = _mm512_and_si512(_mm512_add_epi8(codes, _mm512_set1_epi8(static_cast<char>(F::layout.min()))),
                             _mm512_set1_epi8(static_cast<char>(F::code_mask)));
  }
  return usual;
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct range_slot<isa::avx512> {
  using served_by = isa::avx512;
  static bool run(float const* in, std::size_t n, std::size_t group, float* low, float* high) noexcept {
    using avx512::ends;
    bool has_nan = false;
    std::size_t start = 0;
    if (group % 16 == 0 && group <= 512) {
      for (; start + 16 * group <= n; start += 16 * group) {
        std::size_t const first = start / group;
        if (!avx512::end_of_16_groups<ends::high>(in + start, group, high + first) ||
            !avx512::end_of_16_groups<ends::low>(in + start, group, low + first)) {
          has_nan = range_slot<isa::portable>::run(in + start, 16 * group, group, low + first, high + first) || has_nan;
        }
      }
    }
    for (; start < n; start += group) {
      std::size_t const count = n - start < group ? n - start : group;
      std::size_t const j = start / group;
      if (!avx512::end_of_run<ends::high>(in + start, count, high[j]) ||
          !avx512::end_of_run<ends::low>(in + start, count, low[j])) {
        has_nan = range_slot<isa::portable>::run(in + start, count, count, low + j, high + j) || has_nan;
      }
    }
    return has_nan;
  }
};

template <class Rule>
  requires avx2::spans_range<Rule>
struct range_scales_slot<isa::avx512, Rule> {
  using served_by = isa::avx512;
  using stored_type = typename Rule::stored_type;

  static bool run(Rule, format_facts const& element, float const* low, float const* high, std::size_t n,
                  stored_type* stored, float* values, [[maybe_unused]] std::int32_t* zeros) noexcept {
    __m512d const steps = _mm512_set1_pd(static_cast<double>(element.max) - static_cast<double>(element.lowest));
    [[maybe_unused]] __m512i const qmin = _mm512_set1_epi32(static_cast<int>(element.lowest));
    [[maybe_unused]] __m512i const qmax = _mm512_set1_epi32(static_cast<int>(element.max));
    __mmask16 outside = 0;
    for (std::size_t i = 0; i < n; i += 16) {
      auto const present = static_cast<__mmask16>(n - i >= 16 ? 0xffffU : (1U << (n - i)) - 1U);
      __m512 const a = _mm512_maskz_loadu_ps(present, low + i);
      __m512 const b = _mm512_maskz_loadu_ps(present, high + i);
      avx512::scale_lanes const s = avx512::stored_lanes<stored_type>(
          avx512::range_quotients(_mm512_castps512_ps256(a), _mm512_castps512_ps256(b), steps),
          avx512::range_quotients(avx512::upper_half(a), avx512::upper_half(b), steps));
      avx512::store_scales(stored + i, s.codes, present);
      _mm512_mask_storeu_ps(values + i, present, s.values);
      // Neither zero nor infinite nor NaN: less 1, zero is the greatest.
      __m512i const bits = _mm512_sub_epi32(avx512::bits_of(s.values), avx512::splat(1));
      outside =
          _kor_mask16(outside, _mm512_mask_cmpge_epu32_mask(present, bits, avx512::splat(detail::float_infinity - 1U)));
      if constexpr (AffineRule<Rule>) {
        __m256i const first = avx512::integer_quotients(_mm512_castps512_ps256(a), _mm512_castps512_ps256(s.values));
        __m256i const second = avx512::integer_quotients(avx512::upper_half(a), avx512::upper_half(s.values));
        __m512i const q = _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
        __m512i const z = _mm512_max_epi32(_mm512_min_epi32(_mm512_sub_epi32(qmin, q), qmax), qmin);
        _mm512_mask_storeu_epi32(zeros + i, present, z);
      }
    }
    return outside == 0;
  }
};

template <class F, class Order, class Shift>
  requires shifted_in_lanes<F, Order>
struct shifted_quantize_slot<isa::avx512, F, Order, rounding::nearest_even, Shift> {
  using served_by = isa::avx512;

  static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, float const* shifts,
                  std::size_t group, rounding::nearest_even) noexcept {
    bool const splits_evenly = group % 16 == 0 && std::has_single_bit(group / 16);
    if (group < n && !splits_evenly) {
      run_mixed(in, out, n, scales, shifts, group);
      return;
    }
    // Vectors of 16 that never straddle groups, whose number in a group is a power of two: 16 groups at a time.
    int const vectors_log2 = group >= n ? 60 : std::countr_zero(group / 16);
    std::size_t const chunk = group >= n ? n : 16 * group;  // a multiple of 256, or all
    for (std::size_t i = 0; i < n; i += chunk) {
      std::size_t const count = n - i < chunk ? n - i : chunk;
      std::size_t const groups = group >= n ? 1 : (count + group - 1) / group;
      divisors const s(scales, groups);
      blocks const shift(shifts, groups);
      if (s.how == avx512::division::by_product) {
        run_blocks(in + i, out, count / 64, s, shift, vectors_log2, std::true_type{});
      } else if (s.how == avx512::division::by_correction) {
        run_blocks(in + i, out, count / 64, s, shift, vectors_log2, std::false_type{});
      } else {
        for (std::size_t b = 0; b < count / 64; ++b) {
          block_by_quotient(in + i + 64 * b, out + b * packed_block_bytes<F, Order>(64), 64, s, shift, 4 * b,
                            vectors_log2);
        }
      }
      if (count % 64 != 0) {
        std::size_t const b = count / 64;
        block_by_quotient(in + i + 64 * b, out + b * packed_block_bytes<F, Order>(64), count % 64, s, shift, 4 * b,
                          vectors_log2);
      }
      out += packed_block_bytes<F, Order>(chunk);
      scales += groups;
      shifts += groups;
    }
  }

 private:
  // Quotients up to 2^bits in magnitude decide on codes: a tie has one bit more.
  using divisors = avx512::divisors<F::bits + 1>;
  static constexpr bool adds = std::same_as<Shift, shift::zero_point>;
  static constexpr std::int32_t least = F::layout.min();

  /// The zero points or offsets of up to 16 groups, in the form that vectors take: integers from 0, or floats.
  struct blocks {
    alignas(64) float value[16];
    alignas(64) std::int32_t added[16];

    blocks(float const* shifts, std::size_t count) noexcept {
      auto const present = static_cast<__mmask16>(count >= 16 ? 0xffffU : (1U << count) - 1U);
      __m512 const x = _mm512_maskz_loadu_ps(present, shifts);
      _mm512_store_ps(value, x);
      if constexpr (adds) {
        _mm512_store_si512(added, integers(x));
      }
    }
  };

  static __m512i integers(__m512 zeros) noexcept {
    return _mm512_sub_epi32(_mm512_cvt_roundps_epi32(zeros, avx512::nearest), _mm512_set1_epi32(least));
  }

  template <class ByProduct>
  static void run_blocks(float const* in, std::uint8_t* out, std::size_t count, divisors const& s, blocks const& shift,
                         int vectors_log2, ByProduct by) noexcept {
    std::size_t const further[4] = {0, std::size_t{1} >> vectors_log2, std::size_t{2} >> vectors_log2,
                                    std::size_t{3} >> vectors_log2};
    for (std::size_t b = 0; b < count; ++b) {
      std::size_t const first = (4 * b) >> vectors_log2;
      __m512i n[4];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        std::size_t const at = first + further[j];
        __m512 x = _mm512_loadu_ps(in + 64 * b + 16 * j);
        if constexpr (!adds) {
          x = _mm512_sub_round_ps(x, _mm512_set1_ps(shift.value[at]), avx512::nearest);
        }
        n[j] = _mm512_cvt_roundps_epi32(avx512::quotient_for_code(x, s, at, by), avx512::nearest);
        if constexpr (adds) {
          n[j] = _mm512_add_epi32(n[j], _mm512_set1_epi32(shift.added[at]));
        }
      }
      __m512i codes;
      if (avx512::shifted_codes<F>(n, codes)) [[likely]] {
        avx512::store_codes<F, Order>(out, codes);
      } else {
        block_by_quotient(in + 64 * b, out, 64, s, shift, 4 * b, vectors_log2);
      }
      out += packed_block_bytes<F, Order>(64);
    }
  }

  /// A block of at most 64, whatever it holds; `vector` counts vectors from the first scale's first element.
  [[gnu::noinline]] static void block_by_quotient(float const* in, std::uint8_t* out, std::size_t count,
                                                  divisors const& s, blocks const& shift, std::size_t vector,
                                                  int vectors_log2) noexcept {
    __m512 scale[4];
    __m512 by[4];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      std::size_t const i = (vector + j) >> vectors_log2;
      scale[j] = _mm512_set1_ps(s.value[i < 16 ? i : 15]);
      by[j] = _mm512_set1_ps(shift.value[i < 16 ? i : 15]);
    }
    encode(in, out, count, scale, by);
  }

  static void encode(float const* in, std::uint8_t* out, std::size_t count, __m512 const (&scale)[4],
                     __m512 const (&by)[4]) noexcept {
    __m512i n[4];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      std::size_t const start = 16 * j < count ? 16 * j : count;
      std::size_t const left = count - start;
      auto const mask = static_cast<__mmask16>(left >= 16 ? 0xffffU : (1U << left) - 1U);
      __m512 x = _mm512_maskz_loadu_ps(mask, in + start);
      if constexpr (!adds) {
        x = _mm512_sub_round_ps(x, by[j], avx512::nearest);
      }
      __m512 const q = _mm512_div_round_ps(x, scale[j], avx512::nearest);
      // A NaN gives 0; what is far beyond every code keeps its sign. (2: the smaller magnitude, the first's sign.)
      __m512i const magnitude = _mm512_and_si512(avx512::bits_of(q), avx512::splat(~detail::float_sign));
      __mmask16 const number = _mm512_cmple_epu32_mask(magnitude, avx512::splat(detail::float_infinity));
      __m512 const limited = _mm512_range_round_ps(q, _mm512_set1_ps(0x1p14F), 2, _MM_FROUND_NO_EXC);
      n[j] = _mm512_maskz_mov_epi32(number, _mm512_cvt_roundps_epi32(limited, avx512::nearest));
      if constexpr (adds) {
        n[j] = _mm512_add_epi32(n[j], integers(by[j]));
      }
    }
    __m512i codes;
    static_cast<void>(avx512::shifted_codes<F>(n, codes));
    if (count == 64) {
      avx512::store_codes<F, Order>(out, codes);
    } else {
      alignas(64) std::uint8_t bytes[64];
      avx512::store_codes<F, Order>(bytes, codes);
      store_tail<F, Order>(out, bytes, count);
    }
  }

  static void run_mixed(float const* in, std::uint8_t* out, std::size_t n, float const* scales, float const* shifts,
                        std::size_t group) noexcept {
    for (std::size_t i = 0; i < n; i += 64) {
      std::size_t const count = n - i < 64 ? n - i : 64;
      alignas(64) float own_scales[64];
      alignas(64) float own_shifts[64];
      for (std::size_t j = 0; j < 64; ++j) {
        std::size_t const of = (j < count ? i + j : n - 1) / group;
        own_scales[j] = scales[of];
        own_shifts[j] = shifts[of];
      }
      __m512 scale[4];
      __m512 by[4];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        scale[j] = _mm512_load_ps(own_scales + 16 * j);
        by[j] = _mm512_load_ps(own_shifts + 16 * j);
      }
      encode(in + i, out, count, scale, by);
      out += packed_block_bytes<F, Order>(64);
    }
  }
};

template <class F, class Order, class Shift>
  requires shifted_in_lanes<F, Order>
struct shifted_dequantize_slot<isa::avx512, F, Order, Shift> {
  using served_by = isa::avx512;
  static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, float const* shifts,
                  std::size_t group) noexcept {
    run_to(in, out, avx512::cached_floats(out), n, scales, shifts, group);
  }
  /// The same for results that nobody reads soon.
  static void run_streamed(std::uint8_t const* in, float* out, std::size_t n, float const* scales, float const* shifts,
                           std::size_t group) noexcept {
    run_to(in, out, avx512::streamed_floats(out), n, scales, shifts, group);
  }

 private:
  static __m512 value(__m512 x, __m512 scale, __m512 shift) noexcept {
    if constexpr (std::same_as<Shift, shift::zero_point>) {
      return _mm512_mul_round_ps(_mm512_sub_round_ps(x, shift, avx512::nearest), scale, avx512::nearest);
    } else {
      return _mm512_add_round_ps(_mm512_mul_round_ps(x, scale, avx512::nearest), shift, avx512::nearest);
    }
  }

  template <class Floats>
  static void run_to(std::uint8_t const* in, float* out, Floats to, std::size_t n, float const* scales,
                     float const* shifts, std::size_t group) noexcept {
    if (group % 16 != 0 && group < n) {
      run_mixed(in, out, n, scales, shifts, group);
      return;
    }
    for (std::size_t start = 0; n != 0; start += group) {
      std::size_t const end = n - start < group ? n : start + group;
      __m512 const scale = _mm512_set1_ps(scales[start / group]);
      __m512 const shift = _mm512_set1_ps(shifts[start / group]);
      std::size_t i = start;
      for (; i + 16 <= end; i += 16) {
        to.put(value(avx512::decode_16<F, Order>(in), scale, shift));
        in += avx512::bytes_of_16<F, Order>;
      }
      if (end == n) {
        avx512::tail_of_16<F, Order> const tail(in, end - i);
        to.finish(value(avx512::decode_16<F, Order>(tail.bytes), scale, shift), end - i);
        return;
      }
    }
  }

  static void run_mixed(std::uint8_t const* in, float* out, std::size_t n, float const* scales, float const* shifts,
                        std::size_t group) noexcept {
    for (std::size_t i = 0; i < n; i += 16) {
      std::size_t const count = n - i < 16 ? n - i : 16;
      alignas(64) float own_scales[16];
      alignas(64) float own_shifts[16];
      for (std::size_t j = 0; j < 16; ++j) {
        std::size_t const of = (j < count ? i + j : n - 1) / group;
        own_scales[j] = scales[of];
        own_shifts[j] = shifts[of];
      }
      auto const mask = static_cast<__mmask16>((1U << count) - 1U);
      avx512::tail_of_16<F, Order> const tail(in, count);
      __m512 const x = avx512::decode_16<F, Order>(tail.bytes);
      _mm512_mask_storeu_ps(out + i, mask, value(x, _mm512_load_ps(own_scales), _mm512_load_ps(own_shifts)));
      in += avx512::bytes_of_16<F, Order>;
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
