// SPDX-License-Identifier: Apache-2.0
//
// AVX2 quantize and dequantize.
//
//   instruction   what it gives
//   vdivps        the quotient, rounded once
//   vpmaxud       absmax: magnitudes order like their bits; of 8 groups at a time, so that the last steps within a vector are
//                 shared
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/avx2/decode.hpp>
#include <lowp/isa/avx2/encode.hpp>
#include <lowp/isa/avx2/nearest.hpp>
#include <lowp/isa/avx2/opaque.hpp>
#include <lowp/isa/avx2/streamed_floats.hpp>
#include <lowp/isa/portable/quantize.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/policy/nan.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// x / s. The intrinsic is a division of vectors to the optimisers, and -ffast-math makes of it a product with an estimated
/// reciprocal; the instruction is what it says.
inline __m256 divide(__m256 x, __m256 s) noexcept {
  __m256 quotient;
  __asm__("vdivps %2, %1, %0" : "=x"(quotient) : "x"(x), "x"(s));
  return quotient;
}

/// The scales of 8 elements after the other, along a row of n.
class scale_cursor {
 public:
  scale_cursor(float const* scales, std::size_t group, std::size_t n) noexcept
      : scales_(scales), group_(group < n ? group : n), n_(n), end_(group_) {}

  /// Of the 8 elements from `first` on, beyond n that of the last element. `first` does not decrease.
  __m256 at(std::size_t first) noexcept {
    first = first < n_ ? first : n_ - 1;
    std::size_t const last = first + 7 < n_ ? first + 7 : n_ - 1;
    while (first >= end_) {
      next();
    }
    if (last < end_) {
      return _mm256_broadcast_ss(scales_);
    }
    alignas(32) float own[8];
    for (std::size_t k = 0; k < 8; ++k) {
      if (first + k >= end_ && first + k < n_) {
        next();
      }
      own[k] = *scales_;
    }
    return _mm256_load_ps(own);
  }

 private:
  void next() noexcept {
    ++scales_;
    end_ += group_;
  }

  float const* scales_;  // that of the elements before end_
  std::size_t group_;
  std::size_t n_;
  std::size_t end_;
};

/// The greatest of 8 unsigned values.
inline std::uint32_t greatest_of(__m256i x) noexcept {
  __m128i m = _mm_max_epu32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0x4e));
  m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0xb1));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(m));
}

/// The greatest unsigned value of each of 8 vectors, in lane g that of m[g].
inline __m256i greatest_of_each(__m256i (&m)[8]) noexcept {
  // Two vectors become one that holds the greater values of both halves: of 128 bits, of 64, of 32.
#pragma GCC unroll 4
  for (std::size_t g = 0; g < 4; ++g) {
    m[g] = _mm256_max_epu32(_mm256_permute2x128_si256(m[g], m[g + 4], 0x20),
                            _mm256_permute2x128_si256(m[g], m[g + 4], 0x31));
  }
#pragma GCC unroll 2
  for (std::size_t g = 0; g < 2; ++g) {
    m[g] =
        _mm256_max_epu32(_mm256_unpacklo_epi64(m[2 * g], m[2 * g + 1]), _mm256_unpackhi_epi64(m[2 * g], m[2 * g + 1]));
  }
  __m256 const a = _mm256_castsi256_ps(m[0]);
  __m256 const b = _mm256_castsi256_ps(m[1]);
  return _mm256_max_epu32(_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88)),
                          _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xdd)));
}

/// The greatest magnitude's bits of n floats, NaNs and infinities included; multiples of 8, the rest by the caller.
inline std::uint32_t greatest_bits(float const* in, std::size_t n) noexcept {
  __m256i const sign_off = splat(~detail::float_sign);
  __m256i a = _mm256_setzero_si256();
  __m256i b = a;
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    a = _mm256_max_epu32(a, _mm256_and_si256(_mm256_castps_si256(_mm256_loadu_ps(in + i)), sign_off));
    b = _mm256_max_epu32(b, _mm256_and_si256(_mm256_castps_si256(_mm256_loadu_ps(in + i + 8)), sign_off));
  }
  for (; i + 8 <= n; i += 8) {
    a = _mm256_max_epu32(a, _mm256_and_si256(_mm256_castps_si256(_mm256_loadu_ps(in + i)), sign_off));
  }
  std::uint32_t greatest = greatest_of(_mm256_max_epu32(a, b));
  for (; i < n; ++i) {
    std::uint32_t const bits = detail::bits_of(in[i]) & ~detail::float_sign;
    greatest = bits > greatest ? bits : greatest;
  }
  return greatest;
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct absmax_slot<isa::avx2> {
  using served_by = isa::avx2;
  static bool run(float const* in, std::size_t n, std::size_t group, float* greatest) noexcept {
    std::size_t start = 0;
    if (group % 8 == 0 && group <= 256) {
      for (; start + 8 * group <= n && of_8_groups(in + start, group, greatest + start / group); start += 8 * group) {
      }
    }
    bool has_nan = false;
    for (; start < n; start += group) {
      std::size_t const count = n - start < group ? n - start : group;
      std::uint32_t const bits = avx2::greatest_bits(in + start, count);
      if (bits >= detail::float_infinity) {  // they do not count: the portable kernel leaves them out
        has_nan = absmax_slot<isa::portable>::run(in + start, count, count, greatest + start / group) || has_nan;
        continue;
      }
      float& slot = greatest[start / group];
      slot = bits > detail::bits_of(slot) ? std::bit_cast<float>(bits) : slot;
    }
    return has_nan;
  }

 private:
  /// False, and nothing written, where one of them holds a NaN or an infinity, which do not count.
  static bool of_8_groups(float const* in, std::size_t group, float* greatest) noexcept {
    __m256i m[8];
    __m256i const sign_off = avx2::splat(~detail::float_sign);
#pragma GCC unroll 8
    for (std::size_t g = 0; g < 8; ++g) {
      m[g] = _mm256_and_si256(_mm256_castps_si256(_mm256_loadu_ps(in + g * group)), sign_off);
    }
    for (std::size_t i = 8; i < group; i += 8) {
#pragma GCC unroll 8
      for (std::size_t g = 0; g < 8; ++g) {
        __m256i const x = _mm256_castps_si256(_mm256_loadu_ps(in + g * group + i));
        m[g] = _mm256_max_epu32(m[g], _mm256_and_si256(x, sign_off));
      }
    }
    __m256i const found = avx2::greatest_of_each(m);
    __m256i const beyond = _mm256_cmpgt_epi32(found, avx2::splat(detail::float_infinity - 1U));
    if (_mm256_testz_si256(beyond, beyond) == 0) {
      return false;
    }
    auto* const to = reinterpret_cast<__m256i*>(greatest);
    _mm256_storeu_si256(to, _mm256_max_epu32(_mm256_loadu_si256(to), found));
    return true;
  }
};

template <>
struct contains_nan_slot<isa::avx2> {
  using served_by = isa::avx2;
  static bool run(float const* in, std::size_t n) noexcept {
    return avx2::greatest_bits(in, n) > detail::float_infinity;
  }
};

template <class F, class Order, class Rounding, class Overflow, class Nan>
  requires encodes_in_lanes<F, Order, Rounding, Overflow>
struct quantize_slot<isa::avx2, F, Order, Rounding, Overflow, Nan> {
  using served_by = isa::avx2;
  static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group, Rounding r,
                  Overflow, Nan) noexcept {
    if constexpr (avx2::encodes_nearest<F, Rounding, Overflow>) {
      bool const splits_evenly = group % 8 == 0 && std::has_single_bit(group / 8);
      if (n >= 32 && (group >= n || splits_evenly)) {
        run_nearest(in, out, n, scales, group, r);
        return;
      }
    }
    run_any(in, out, n, scales, group, r);
  }

 private:
  using divisors = avx2::divisors<tie_bits<F>>;

  static void run_any(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group,
                      Rounding r) noexcept {
    random_keys<Rounding> const keys(r);
    avx2::scale_cursor cursor(scales, group, n);
    for (std::size_t i = 0; i < n; i += 32) {
      std::size_t const count = n - i < 32 ? n - i : 32;
      __m256 x[4];
      avx2::load_some(in + i, count, x);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        if constexpr (Nan::choice == nan::action::zero && !facts<F>::has_nan) {
          __m256i const bits = avx2::bits_of(x[j]);
          __m256i const is_nan = _mm256_cmpgt_epi32(_mm256_and_si256(bits, avx2::splat(~detail::float_sign)),
                                                    avx2::splat(detail::float_infinity));
          x[j] = _mm256_castsi256_ps(_mm256_andnot_si256(is_nan, bits));
        }
        x[j] = avx2::divide(x[j], cursor.at(i + 8 * j));
      }
      avx2::encode_some<F, Order, Rounding, Overflow>(x, out, count, rounding::at(r, i), keys);
      out += packed_block_bytes<F, Order>(32);
    }
  }

  /// Vectors of 8 that never straddle groups, whose number in a group is a power of two: 16 groups at a time.
  static void run_nearest(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group,
                          Rounding r) noexcept {
    int const vectors_log2 = group >= n ? 60 : std::countr_zero(group / 8);
    std::size_t const chunk = group >= n ? n : 16 * group;  // a multiple of 128, or all
    for (std::size_t i = 0; i < n; i += chunk) {
      std::size_t const count = n - i < chunk ? n - i : chunk;
      std::size_t const groups = group >= n ? 1 : (count + group - 1) / group;
      divisors const s(scales, groups);
      std::size_t done = 0;
      if (s.how == avx2::division::by_product) {
        done = blocks_of_nearest(in + i, out, count, s, vectors_log2, scales, group, r, std::true_type{});
      } else if (s.how == avx2::division::by_correction) {
        done = blocks_of_nearest(in + i, out, count, s, vectors_log2, scales, group, r, std::false_type{});
      }
      // Of a group whose beginning this need not be: only the last chunk, or an unusual one from 0 on.
      if (done < count) {
        rest(in + i, out, done, count, scales, group, r);
      }
      out += packed_block_bytes<F, Order>(chunk);
      scales += groups;
    }
  }

  /// Elements `from` to `to` of a run that begins with a group.
  [[gnu::noinline]] static void rest(float const* in, std::uint8_t* out, std::size_t from, std::size_t to,
                                     float const* scales, std::size_t group, Rounding const& r) noexcept {
    for (std::size_t i = from; i < to;) {
      std::size_t const in_group = group >= to ? to - i : group - i % group;
      std::size_t const count = to - i < in_group ? to - i : in_group;
      run_any(in + i, out + packed_block_bytes<F, Order>(i), count, scales + (group >= to ? 0 : i / group), count, r);
      i += count;
    }
  }

  /// How many elements it did: whole blocks.
  template <class ByProduct>
  static std::size_t blocks_of_nearest(float const* in, std::uint8_t* out, std::size_t count, divisors const& s,
                                       int vectors_log2, float const* scales, std::size_t group, Rounding const& r,
                                       ByProduct by) noexcept {
    std::size_t const further[4] = {0, std::size_t{1} >> vectors_log2, std::size_t{2} >> vectors_log2,
                                    std::size_t{3} >> vectors_log2};
    std::size_t i = 0;
    for (; i + 32 <= count; i += 32) {
      std::size_t const first = (i / 8) >> vectors_log2;
      __m256 q[4];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        q[j] = avx2::quotient_for_code(_mm256_loadu_ps(in + i + 8 * j), s, first + further[j], by);
      }
      __m256i codes;
      if (avx2::encode_nearest<F>(q, codes)) [[likely]] {
        avx2::store_codes<F, Order>(out + packed_block_bytes<F, Order>(i), codes);
      } else {
        rest(in, out, i, i + 32, scales, group, r);
      }
    }
    return i;
  }
};

template <class F, class Order>
  requires(avx2::decodes<F, Order>&& F::bits <= 8)
struct dequantize_slot<isa::avx2, F, Order> {
  using served_by = isa::avx2;
  static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, std::size_t group) noexcept {
    run_to(in, avx2::cached_floats(out), n, scales, group);
  }
  /// The same for results that nobody reads soon.
  static void run_streamed(std::uint8_t const* in, float* out, std::size_t n, float const* scales,
                           std::size_t group) noexcept {
    run_to(in, avx2::streamed_floats(out), n, scales, group);
  }

 private:
  template <class Floats>
  static void run_to(std::uint8_t const* in, Floats out, std::size_t n, float const* scales,
                     std::size_t group) noexcept {
    if (group % 16 != 0 && group < n) {
      run_mixed(in, out, n, scales, group);
      return;
    }
    // Whole groups of 16: a scale each.
    std::size_t const whole = n / 16 * 16;
    for (std::size_t start = 0; start < whole; start += group) {
      __m256 const scale = _mm256_broadcast_ss(scales++);
      std::size_t const end = whole - start < group ? whole : start + group;
      for (std::size_t i = start; i < end; i += 16) {
        __m256 low;
        __m256 high;
        if constexpr (avx2::decodes_by_half<F> && packed_block_bytes<F, Order>(8) == 8) {
          avx2::decode_16<F>(in, low, high);
        } else {
          low = avx2::decode_8<F, Order>(in);
          high = avx2::decode_8<F, Order>(in + packed_block_bytes<F, Order>(8));
        }
        out.put(_mm256_mul_ps(low, scale));
        out.put(_mm256_mul_ps(high, scale));
        in += packed_block_bytes<F, Order>(16);
      }
    }
    // Of the last group: its scale is the last one read, unless it begins here.
    bool const begins = group < n && whole % group == 0;
    run_mixed(in, out, n - whole, begins || whole == 0 ? scales : scales - 1, n - whole);
  }

  template <class Floats>
  static void run_mixed(std::uint8_t const* in, Floats& out, std::size_t n, float const* scales,
                        std::size_t group) noexcept {
    avx2::scale_cursor cursor(scales, group, n);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      out.put(_mm256_mul_ps(avx2::decode_8<F, Order>(in), cursor.at(i)));
      in += packed_block_bytes<F, Order>(8);
    }
    __m256 last = _mm256_setzero_ps();
    if (i < n) {
      avx2::tail_of_8<F, Order> const tail(in, n - i);
      last = _mm256_mul_ps(avx2::decode_8<F, Order>(tail.bytes), cursor.at(i));
    }
    out.finish(last, n - i);
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
