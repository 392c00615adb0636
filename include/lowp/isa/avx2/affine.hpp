// SPDX-License-Identifier: Apache-2.0
//
// AVX2: integers with zero points or offsets, and the ranges that these come from.
//
//   instruction        what it gives
//   vpminsd, vpmaxsd   both ends of a range: floats as integers in their order
//   vsubpd, vdivpd     scales; vcvtpd2dq zero points
//   vmulps, vfmadd     a quotient that rounds to the same integer (nearest.hpp)
//   vcvtps2dq, vpaddd  that integer, and the zero point; vpackssdw/vpackuswb 32 codes
#pragma once

#include <lowp/isa/avx2/target.hpp>

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
#include <lowp/isa/avx2/decode.hpp>
#include <lowp/isa/avx2/encode.hpp>
#include <lowp/isa/avx2/nearest.hpp>
#include <lowp/isa/avx2/opaque.hpp>
#include <lowp/isa/avx2/quantize.hpp>
#include <lowp/isa/avx2/scales.hpp>
#include <lowp/isa/avx2/streamed_floats.hpp>
#include <lowp/isa/portable/affine.hpp>
#include <lowp/kernel/affine_code.hpp>
#include <lowp/kernel/dense_codes.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/minmax.hpp>
#include <lowp/scale/offset.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx2 {

template <class Rule>
concept spans_range = stores_scale<typename Rule::stored_type> &&
    (std::same_as<Rule, scale::minmax<typename Rule::stored_type>> ||
     std::same_as<Rule, scale::offset<typename Rule::stored_type>>);

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// Floats as signed integers in their order, -0 below +0; and back.
inline __m256i order_keys(__m256i bits) noexcept {
  return _mm256_xor_si256(bits, _mm256_srli_epi32(_mm256_srai_epi32(bits, 31), 1));
}
inline std::int32_t order_key(float x) noexcept { return portable_kernels::total_key(x); }
inline float float_of_key(std::int32_t key) noexcept {
  auto const bits = static_cast<std::uint32_t>(key);
  return std::bit_cast<float>(key < 0 ? bits ^ ~detail::float_sign : bits);
}

/// The greatest of 8 signed values.
inline std::int32_t greatest_signed(__m256i x) noexcept {
  __m128i m = _mm_max_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
  m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1));
  return _mm_cvtsi128_si32(m);
}

/// Both ends of n floats, beyond what low and high hold; false where there is an infinity or a NaN.
inline bool ends_of_run(float const* in, std::size_t n, float& low, float& high) noexcept {
  constexpr auto top = static_cast<std::int32_t>(detail::float_infinity);
  constexpr std::int32_t bottom = -top - 1;  // the key of -infinity
  std::int32_t least = INT32_MAX;
  std::int32_t most = INT32_MIN;
  std::size_t i = 0;
  if (n >= 8) {
    __m256i a = order_keys(_mm256_castps_si256(_mm256_loadu_ps(in)));
    __m256i b = a;
    for (i = 8; i + 8 <= n; i += 8) {
      __m256i const key = order_keys(_mm256_castps_si256(_mm256_loadu_ps(in + i)));
      a = _mm256_min_epi32(a, key);
      b = _mm256_max_epi32(b, key);
    }
    // The complement turns the order over.
    least = ~greatest_signed(_mm256_xor_si256(a, splat(~0U)));
    most = greatest_signed(b);
  }
  for (; i < n; ++i) {
    std::int32_t const key = order_key(in[i]);
    least = key < least ? key : least;
    most = key > most ? key : most;
  }
  if (least <= bottom || most >= top) {
    return false;
  }
  low = least < order_key(low) ? float_of_key(least) : low;
  high = most > order_key(high) ? float_of_key(most) : high;
  return true;
}

inline __m256d quotients_in_double(__m256d a, __m256d b) noexcept {
  __m256d q;
  __asm__("vdivpd %2, %1, %0" : "=x"(q) : "x"(a), "x"(b));
  return q;
}

/// (high - low) / steps in double precision, 2^-126 at the least, of four blocks; 1 where both ends are equal.
inline __m256d range_quotients(__m128 low, __m128 high, __m256d steps) noexcept {
  __m256d const range = opaque(_mm256_sub_pd(_mm256_cvtps_pd(high), _mm256_cvtps_pd(low)));
  __m256d const q = _mm256_max_pd(quotients_in_double(range, steps), _mm256_set1_pd(0x1p-126));
  __m256i const is_zero = _mm256_cmpeq_epi64(_mm256_castpd_si256(range), _mm256_setzero_si256());
  return _mm256_blendv_pd(q, _mm256_set1_pd(1.0), _mm256_castsi256_pd(is_zero));
}

/// low / scale to nearest even; see isa/avx512/affine.hpp.
inline __m128i integer_quotients(__m128 low, __m128 scale) noexcept {
  return _mm256_cvtpd_epi32(quotients_in_double(_mm256_cvtps_pd(low), _mm256_cvtps_pd(scale)));
}

/// 32 codes, a byte each, of integers that a zero point, less the format's least integer, has been added to. False where one
/// of them is -2^15 or less: the conversion gives -2^31 for a NaN and for what does not fit.
template <IntegerFormat F>
inline bool shifted_codes(__m256i const (&n)[4], __m256i& codes) noexcept {
  __m256i const low = _mm256_packs_epi32(n[0], n[1]);
  __m256i const high = _mm256_packs_epi32(n[2], n[3]);
  __m256i const least = _mm256_set1_epi16(INT16_MIN);
  __m256i const rare = _mm256_or_si256(_mm256_cmpeq_epi16(low, least), _mm256_cmpeq_epi16(high, least));
  codes = in_order(_mm256_packus_epi16(low, high));
  if constexpr (F::bits < 8) {
    codes = _mm256_min_epu8(codes, _mm256_set1_epi8(static_cast<char>(F::code_mask)));
  }
  if constexpr (F::layout.is_signed()) {
    codes = _mm256_and_si256(_mm256_add_epi8(codes, _mm256_set1_epi8(static_cast<char>(F::layout.min()))),
                             _mm256_set1_epi8(static_cast<char>(F::code_mask)));
  }
  return _mm256_testz_si256(rare, rare) != 0;
}

/// a - b, rounded by itself.
inline __m256 difference(__m256 a, __m256 b) noexcept { return opaque(_mm256_sub_ps(a, b)); }

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct range_slot<isa::avx2> {
  using served_by = isa::avx2;
  static bool run(float const* in, std::size_t n, std::size_t group, float* low, float* high) noexcept {
    bool has_nan = false;
    for (std::size_t start = 0; start < n; start += group) {
      std::size_t const count = n - start < group ? n - start : group;
      std::size_t const j = start / group;
      if (!avx2::ends_of_run(in + start, count, low[j], high[j])) {
        has_nan = range_slot<isa::portable>::run(in + start, count, count, low + j, high + j) || has_nan;
      }
    }
    return has_nan;
  }
};

template <class Rule>
  requires avx2::spans_range<Rule>
struct range_scales_slot<isa::avx2, Rule> {
  using served_by = isa::avx2;
  using stored_type = typename Rule::stored_type;

  static bool run(Rule rule, format_facts const& element, float const* low, float const* high, std::size_t n,
                  stored_type* stored, float* values, std::int32_t* zeros) noexcept {
    __m256d const steps = _mm256_set1_pd(static_cast<double>(element.max) - static_cast<double>(element.lowest));
    [[maybe_unused]] __m256i const qmin = _mm256_set1_epi32(static_cast<int>(element.lowest));
    [[maybe_unused]] __m256i const qmax = _mm256_set1_epi32(static_cast<int>(element.max));
    __m256i all = splat(~0U);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256 const a = _mm256_loadu_ps(low + i);
      __m256 const b = _mm256_loadu_ps(high + i);
      avx2::scale_lanes const s = avx2::stored_lanes<stored_type>(
          avx2::range_quotients(_mm256_castps256_ps128(a), _mm256_castps256_ps128(b), steps),
          avx2::range_quotients(_mm256_extractf128_ps(a, 1), _mm256_extractf128_ps(b, 1), steps));
      avx2::store_scales(stored + i, s.codes);
      _mm256_storeu_ps(values + i, s.values);
      // Positive and below infinity, as an integer: no value is negative.
      __m256i const bits = avx2::bits_of(s.values);
      all = _mm256_and_si256(all, _mm256_and_si256(_mm256_cmpgt_epi32(bits, _mm256_setzero_si256()),
                                                   _mm256_cmpgt_epi32(splat(detail::float_infinity), bits)));
      if constexpr (AffineRule<Rule>) {
        __m128i const first = avx2::integer_quotients(_mm256_castps256_ps128(a), _mm256_castps256_ps128(s.values));
        __m128i const second = avx2::integer_quotients(_mm256_extractf128_ps(a, 1), _mm256_extractf128_ps(s.values, 1));
        __m256i const z = _mm256_sub_epi32(qmin, avx2::join(first, second));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(zeros + i), _mm256_max_epi32(_mm256_min_epi32(z, qmax), qmin));
      }
    }
    bool const rest =
        i == n || range_scales_slot<isa::portable, Rule>::run(rule, element, low + i, high + i, n - i, stored + i,
                                                              values + i, zeros == nullptr ? nullptr : zeros + i);
    return rest && _mm256_movemask_epi8(all) == -1;
  }

 private:
  static __m256i splat(std::uint32_t x) noexcept { return avx2::splat(x); }
};

template <class F, class Order, class Shift>
  requires shifted_in_lanes<F, Order>
struct shifted_quantize_slot<isa::avx2, F, Order, rounding::nearest_even, Shift> {
  using served_by = isa::avx2;

  static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, float const* shifts,
                  std::size_t group, rounding::nearest_even) noexcept {
    bool const splits_evenly = group % 8 == 0 && std::has_single_bit(group / 8);
    if (n < 32 || (group < n && !splits_evenly)) {
      run_any(in, out, n, scales, shifts, group);
      return;
    }
    // Vectors of 8 that never straddle groups, whose number in a group is a power of two: 16 groups at a time.
    int const vectors_log2 = group >= n ? 60 : std::countr_zero(group / 8);
    std::size_t const chunk = group >= n ? n : 16 * group;  // a multiple of 128, or all
    for (std::size_t i = 0; i < n; i += chunk) {
      std::size_t const count = n - i < chunk ? n - i : chunk;
      std::size_t const groups = group >= n ? 1 : (count + group - 1) / group;
      divisors const s(scales, groups);
      blocks const shift(shifts, groups);
      part const whole{in + i, out, count, scales, shifts, group};
      std::size_t done = 0;
      if (s.how == avx2::division::by_product) {
        done = run_blocks(whole, s, shift, vectors_log2, std::true_type{});
      } else if (s.how == avx2::division::by_correction) {
        done = run_blocks(whole, s, shift, vectors_log2, std::false_type{});
      }
      if (done < count) {
        rest(whole, done, count);
      }
      out += packed_block_bytes<F, Order>(chunk);
      scales += groups;
      shifts += groups;
    }
  }

 private:
  using divisors = avx2::divisors<F::bits + 1>;
  static constexpr bool adds = std::same_as<Shift, shift::zero_point>;
  static constexpr std::int32_t least = F::layout.min();

  /// Groups from the first element of one on.
  struct part {
    float const* in;
    std::uint8_t* out;
    std::size_t count;
    float const* scales;
    float const* shifts;
    std::size_t group;
  };

  /// The zero points or offsets of up to 16 groups, in the form that vectors take: integers from 0, or floats.
  struct blocks {
    float value[16] = {};
    std::int32_t added[16] = {};

    blocks(float const* shifts, std::size_t count) noexcept {
      for (std::size_t i = 0; i < count && i < 16; ++i) {
        value[i] = shifts[i];
        added[i] = adds ? static_cast<std::int32_t>(shifts[i]) - least : 0;
      }
    }
  };

  /// Elements `from` to `to`, whatever they hold.
  [[gnu::noinline]] static void rest(part const& p, std::size_t from, std::size_t to) noexcept {
    for (std::size_t i = from; i < to;) {
      std::size_t const in_group = p.group >= p.count ? to - i : p.group - i % p.group;
      std::size_t const count = to - i < in_group ? to - i : in_group;
      std::size_t const of = p.group >= p.count ? 0 : i / p.group;
      run_any(p.in + i, p.out + packed_block_bytes<F, Order>(i), count, p.scales + of, p.shifts + of, count);
      i += count;
    }
  }

  /// How many elements it did: whole blocks.
  template <class ByProduct>
  static std::size_t run_blocks(part const& p, divisors const& s, blocks const& shift, int vectors_log2,
                                ByProduct by) noexcept {
    std::size_t const further[4] = {0, std::size_t{1} >> vectors_log2, std::size_t{2} >> vectors_log2,
                                    std::size_t{3} >> vectors_log2};
    std::size_t i = 0;
    for (; i + 32 <= p.count; i += 32) {
      std::size_t const first = (i / 8) >> vectors_log2;
      __m256i n[4];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        std::size_t const at = first + further[j];
        __m256 x = _mm256_loadu_ps(p.in + i + 8 * j);
        if constexpr (!adds) {
          x = avx2::difference(x, _mm256_broadcast_ss(shift.value + at));
        }
        n[j] = _mm256_cvtps_epi32(avx2::quotient_for_code(x, s, at, by));
        if constexpr (adds) {
          n[j] = _mm256_add_epi32(n[j], _mm256_set1_epi32(shift.added[at]));
        }
      }
      __m256i codes;
      if (avx2::shifted_codes<F>(n, codes)) [[likely]] {
        avx2::store_codes<F, Order>(p.out + packed_block_bytes<F, Order>(i), codes);
      } else {
        rest(p, i, i + 32);
      }
    }
    return i;
  }

  static void run_any(float const* in, std::uint8_t* out, std::size_t n, float const* scales, float const* shifts,
                      std::size_t group) noexcept {
    avx2::scale_cursor scale(scales, group, n);
    avx2::scale_cursor shift(shifts, group, n);
    for (std::size_t i = 0; i < n; i += 32) {
      std::size_t const count = n - i < 32 ? n - i : 32;
      __m256 x[4];
      avx2::load_some(in + i, count, x);
      __m256i k[4];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        __m256 const by = shift.at(i + 8 * j);
        if constexpr (!adds) {
          x[j] = avx2::difference(x[j], by);
        }
        // A NaN gives 0; what is far beyond every code keeps its sign.
        __m256i const bits = avx2::bits_of(avx2::divide(x[j], scale.at(i + 8 * j)));
        __m256i const magnitude = _mm256_and_si256(bits, avx2::splat(~detail::float_sign));
        __m256i const is_nan = _mm256_cmpgt_epi32(magnitude, avx2::splat(detail::float_infinity));
        __m256i const limited = _mm256_or_si256(_mm256_min_epi32(magnitude, avx2::splat(detail::bits_of(0x1p14F))),
                                                _mm256_and_si256(bits, avx2::splat(detail::float_sign)));
        k[j] = _mm256_cvtps_epi32(_mm256_castsi256_ps(_mm256_andnot_si256(is_nan, limited)));
        if constexpr (adds) {
          k[j] = _mm256_add_epi32(k[j], _mm256_sub_epi32(_mm256_cvtps_epi32(by), _mm256_set1_epi32(least)));
        }
      }
      __m256i codes;
      static_cast<void>(avx2::shifted_codes<F>(k, codes));
      if (count == 32) {
        avx2::store_codes<F, Order>(out, codes);
      } else {
        alignas(32) std::uint8_t bytes[32];
        avx2::store_codes<F, Order>(bytes, codes);
        store_tail<F, Order>(out, bytes, count);
      }
      out += packed_block_bytes<F, Order>(32);
    }
  }
};

template <class F, class Order, class Shift>
  requires shifted_in_lanes<F, Order>
struct shifted_dequantize_slot<isa::avx2, F, Order, Shift> {
  using served_by = isa::avx2;
  static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, float const* shifts,
                  std::size_t group) noexcept {
    run_to(in, avx2::cached_floats(out), n, scales, shifts, group);
  }
  /// The same for results that nobody reads soon.
  static void run_streamed(std::uint8_t const* in, float* out, std::size_t n, float const* scales, float const* shifts,
                           std::size_t group) noexcept {
    run_to(in, avx2::streamed_floats(out), n, scales, shifts, group);
  }

 private:
  static __m256 value(__m256 x, __m256 scale, __m256 shift) noexcept {
    if constexpr (std::same_as<Shift, shift::zero_point>) {
      return _mm256_mul_ps(avx2::difference(x, shift), scale);
    } else {
      __m256 const product = avx2::opaque(_mm256_mul_ps(x, scale));  // no contraction into the sum
      return _mm256_add_ps(product, shift);
    }
  }

  template <class Floats>
  static void run_to(std::uint8_t const* in, Floats out, std::size_t n, float const* scales, float const* shifts,
                     std::size_t group) noexcept {
    if (group % 8 != 0 && group < n) {
      run_mixed(in, out, n, scales, shifts, group);
      return;
    }
    std::size_t const whole = n / 8 * 8;
    for (std::size_t start = 0; start < whole; start += group) {
      __m256 const scale = _mm256_broadcast_ss(scales++);
      __m256 const shift = _mm256_broadcast_ss(shifts++);
      std::size_t const end = whole - start < group ? whole : start + group;
      for (std::size_t i = start; i < end; i += 8) {
        out.put(value(avx2::decode_8<F, Order>(in), scale, shift));
        in += packed_block_bytes<F, Order>(8);
      }
    }
    // Of the last group: its scale is the last one read, unless it begins here.
    std::size_t const back = whole == 0 || (group < n && whole % group == 0) ? 0 : 1;
    run_mixed(in, out, n - whole, scales - back, shifts - back, n - whole);
  }

  template <class Floats>
  static void run_mixed(std::uint8_t const* in, Floats& out, std::size_t n, float const* scales, float const* shifts,
                        std::size_t group) noexcept {
    avx2::scale_cursor scale(scales, group, n);
    avx2::scale_cursor shift(shifts, group, n);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      out.put(value(avx2::decode_8<F, Order>(in), scale.at(i), shift.at(i)));
      in += packed_block_bytes<F, Order>(8);
    }
    __m256 last = _mm256_setzero_ps();
    if (i < n) {
      avx2::tail_of_8<F, Order> const tail(in, n - i);
      last = value(avx2::decode_8<F, Order>(tail.bytes), scale.at(i), shift.at(i));
    }
    out.finish(last, n - i);
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

namespace lowp::inline LOWP_ABI::kernel {

/// Dense codes of other widths by the kernels of a byte an element; avx512 has no others.
template <class F, class Order, class Shift>
  requires(IntegerFormat<F>&& dense_width<F, Order>)
struct shifted_quantize_slot<isa::avx2, F, Order, rounding::nearest_even, Shift>
    : dense::shifted_quantizer<isa::avx2, F, Shift> {};
template <class F, class Order, class Shift>
  requires(IntegerFormat<F>&& dense_width<F, Order>)
struct shifted_dequantize_slot<isa::avx2, F, Order, Shift> : dense::shifted_dequantizer<isa::avx2, F, Shift> {};

}  // namespace lowp::inline LOWP_ABI::kernel

#endif
