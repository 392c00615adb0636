// SPDX-License-Identifier: Apache-2.0
//
// AVX2 encode: 32 floats to 32 codes at a time.
//
//   instruction        what it gives
//   vpmaxud/vpminud    magnitudes order like their bits, so clamping needs no float compare (and no NaN rule)
//   vfmaddps           nearest_even: x 2^-(23 - M) + 2^e rounds normals and subnormals alike
//   vpsrlvd/vpsllvd    the other roundings, in integers, a shift of its own for each element
//   vpackusdw/wb       32 codes into one register; the lanes are put in order by one vpermd
//
// Against portable: eight elements a step, no branches.
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/avx2/nearest.hpp>
#include <lowp/isa/avx2/opaque.hpp>
#include <lowp/isa/avx2/random.hpp>
#include <lowp/isa/portable/encode.hpp>
#include <lowp/kernel/cpu.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

namespace lowp::inline LOWP_ABI::kernel::avx2 {

template <class F, class Order, class R, class O>
concept encodes = encodes_in_lanes<F, Order, R, O> || encodes_two_bytes<F, Order, R, O>;

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// a where the mask is set, else b.
inline __m256i select(__m256i mask, __m256i a, __m256i b) noexcept { return _mm256_blendv_epi8(b, a, mask); }

/// 8 magnitudes counted in last places of a grid, as isa/avx512's function of the same name.
template <int M, std::uint32_t Lowest, class Rounding>
inline __m256i count_places(__m256i bits, __m256i below, __m256i random) noexcept {
  if constexpr (std::same_as<Rounding, rounding::nearest_even>) {
    // 1. The binade's power of two; that of the subnormals below it.
    __m256i const binade =
        _mm256_and_si256(_mm256_max_epu32(bits, splat(Lowest << 23U)), splat(detail::float_infinity));
    // 2. x 2^-(23 - M) + 2^e leaves M bits below the binade's leading one and rounds the rest away, to even.
    __m256i const sum = _mm256_castps_si256(_mm256_fmadd_ps(
        _mm256_castsi256_ps(bits), _mm256_set1_ps(detail::power_of_two(M - 23)), _mm256_castsi256_ps(binade)));
    // 3. What was added above the power of two counts last places, the implicit bit among them.
    __m256i const offset = _mm256_srli_epi32(_mm256_sub_epi32(binade, splat(Lowest << 23U)), 23 - M);
    return _mm256_add_epi32(_mm256_sub_epi32(sum, binade), offset);
  } else {
    // 1. Significand, and how many of its bits to drop; see isa/avx512.
    __m256i const exponent = _mm256_srli_epi32(bits, 23);
    __m256i const binade = _mm256_max_epu32(exponent, splat(Lowest));
    __m256i const is_subnormal = _mm256_cmpeq_epi32(exponent, _mm256_setzero_si256());
    __m256i significand = _mm256_or_si256(_mm256_and_si256(bits, splat(0x007f'ffffU)),
                                          _mm256_andnot_si256(is_subnormal, splat(0x0080'0000U)));
    __m256i drop = _mm256_add_epi32(_mm256_sub_epi32(binade, _mm256_max_epu32(exponent, splat(1))), splat(23U - M));
    __m256i const offset = _mm256_slli_epi32(_mm256_sub_epi32(binade, splat(Lowest)), M);
    // 2. Round.
    if constexpr (std::same_as<Rounding, rounding::nearest_away>) {
      drop = _mm256_min_epu32(drop, splat(31));
      __m256i const half = _mm256_sllv_epi32(splat(1), _mm256_sub_epi32(drop, splat(1)));
      return _mm256_add_epi32(_mm256_srlv_epi32(_mm256_add_epi32(significand, half), drop), offset);
    } else if constexpr (draws_bits<Rounding>) {
      // StochasticA: see isa/avx512. Unsigned, sum < fraction where max(sum, fraction) is not sum.
      __m256i const fraction = _mm256_or_si256(_mm256_sllv_epi32(significand, _mm256_sub_epi32(splat(32), drop)),
                                               _mm256_srlv_epi32(significand, _mm256_sub_epi32(drop, splat(32))));
      __m256i const sum = _mm256_add_epi32(fraction, _mm256_slli_epi32(random, 32 - random_bits<Rounding>));
      __m256i const stays = _mm256_cmpeq_epi32(_mm256_max_epu32(sum, fraction), sum);
      __m256i const code = _mm256_add_epi32(_mm256_srlv_epi32(significand, drop), offset);
      return _mm256_add_epi32(code, _mm256_andnot_si256(stays, splat(1)));
    } else {
      __m256i const kept = _mm256_srlv_epi32(significand, drop);
      __m256i const code = _mm256_add_epi32(kept, offset);
      __m256i const is_exact = _mm256_cmpeq_epi32(_mm256_sllv_epi32(kept, drop), significand);
      if constexpr (std::same_as<Rounding, rounding::toward_zero>) {
        return code;
      } else if constexpr (std::same_as<Rounding, rounding::to_odd>) {
        return _mm256_or_si256(code, _mm256_andnot_si256(is_exact, splat(1)));
      } else {
        constexpr bool upwards = std::same_as<Rounding, rounding::up>;
        __m256i const stays = upwards ? _mm256_or_si256(is_exact, below) : is_exact;
        __m256i const away = upwards ? _mm256_andnot_si256(stays, splat(1))
                                     : _mm256_andnot_si256(stays, _mm256_and_si256(below, splat(1)));
        return _mm256_add_epi32(code, away);
      }
    }
  }
}

/// Codes of minifloats and integers.
template <class F, class Rounding, class Overflow>
inline __m256i count_lanes(__m256 x, __m256i random) noexcept {
  constexpr format_facts f = facts<F>::all;
  __m256i const zero = _mm256_setzero_si256();
  __m256i const raw = _mm256_castps_si256(x);
  __m256i const bits = _mm256_and_si256(raw, splat(~detail::float_sign));
  __m256i const below = _mm256_srai_epi32(raw, 31);
  __m256i const is_nan = _mm256_cmpgt_epi32(bits, splat(detail::float_infinity));
  if constexpr (IntegerFormat<F>) {
    constexpr auto max = static_cast<std::uint32_t>(F::layout.max());
    constexpr auto min = static_cast<std::uint32_t>(-F::layout.min());
    // Every policy saturates: counted up to 512, beyond every integer here, then limited on either side. A NaN gives 0.
    __m256i const limited = _mm256_min_epu32(bits, splat(detail::bits_of(512.0F)));
    __m256i magnitude = count_places<9, 127 + 9, Rounding>(limited, below, random);
    magnitude = _mm256_min_epu32(magnitude, select(below, splat(min), splat(max)));
    magnitude = _mm256_andnot_si256(is_nan, magnitude);
    // Two's complement: (m ^ -1) + 1 where negative.
    __m256i const value = _mm256_sub_epi32(_mm256_xor_si256(magnitude, below), below);
    return _mm256_and_si256(value, splat(F::code_mask));
  } else {
    constexpr float_layout l = F::layout;
    constexpr edge_codes edge = edge_codes::of<F, Overflow>();
    constexpr bool finite_saturates = !std::same_as<Overflow, overflow::nonsaturating>;
    constexpr std::uint32_t max_bits = detail::bits_of(f.max);
    constexpr std::uint32_t above_bits = static_cast<std::uint32_t>(l.max_exponent() + 1 + detail::float_bias) << 23U;
    constexpr auto lowest = static_cast<std::uint32_t>(l.min_exponent() + detail::float_bias);
    // 1. Limit the magnitude: to max where a larger one gives max anyway, else to the power of two above max, from which
    //    every rounding exceeds max.
    __m256i const limited = _mm256_min_epu32(bits, splat(finite_saturates ? max_bits : above_bits));
    __m256i code = count_places<l.mantissa_bits, lowest, Rounding>(limited, below, random);
    __m256i const infinite = _mm256_cmpeq_epi32(bits, splat(detail::float_infinity));
    // 2. Overflow.
    __m256i unsigned_nan = zero;  // lanes whose code takes no sign
    if constexpr (!finite_saturates) {
      __m256i const exceeds = _mm256_cmpgt_epi32(code, splat(f.max_code));
      __m256i const beyond = _mm256_cmpgt_epi32(bits, splat(max_bits));
      __m256i clamped = zero;  // by rounding alone, never an overflow
      if constexpr (std::same_as<Rounding, rounding::toward_zero> ||
                    (std::same_as<Rounding, rounding::to_odd> && (f.max_code & 1U) != 0)) {
        clamped = beyond;
      } else if constexpr (std::same_as<Rounding, rounding::up>) {
        clamped = _mm256_and_si256(beyond, below);
      } else if constexpr (std::same_as<Rounding, rounding::down>) {
        clamped = _mm256_andnot_si256(below, beyond);
      }
      code = select(exceeds, splat(edge.finite), code);
      code = select(clamped, splat(f.max_code), code);
      if constexpr (edge.finite_is_nan) {
        unsigned_nan = _mm256_andnot_si256(clamped, exceeds);
      }
    }
    if constexpr (edge.infinite != edge.finite || !finite_saturates) {
      code = select(infinite, splat(edge.infinite), code);
      if constexpr (edge.infinite_is_nan) {
        unsigned_nan = _mm256_or_si256(unsigned_nan, infinite);
      } else {
        unsigned_nan = _mm256_andnot_si256(infinite, unsigned_nan);
      }
    }
    // 3. Sign, or what is below an unsigned range.
    __m256i const is_zero = _mm256_cmpeq_epi32(code, zero);
    if constexpr (l.is_signed()) {
      __m256i signs = _mm256_andnot_si256(unsigned_nan, below);
      if constexpr (!l.has_negative_zero()) {
        signs = _mm256_andnot_si256(is_zero, signs);
      }
      code = _mm256_or_si256(code, _mm256_and_si256(signs, splat(f.sign_mask)));
    } else {
      constexpr bool towards_zero =
          std::same_as<Rounding, rounding::toward_zero> || std::same_as<Rounding, rounding::up>;
      code = _mm256_andnot_si256(below, code);
      if constexpr (edge.below_is_nan) {
        __m256i const outside = towards_zero ? _mm256_and_si256(below, infinite) : _mm256_andnot_si256(is_zero, below);
        code = select(outside, splat(f.nan_code), code);
      }
    }
    // 4. NaN.
    return select(is_nan, splat(f.has_nan ? f.nan_code : f.max_code), code);
  }
}

/// Codes of a codebook: how many thresholds are not above.
template <class F, class Rounding, class Overflow>
inline __m256i search_lanes(__m256 x) noexcept {
  auto const& table = portable_kernels::codebook_lanes<F, Rounding, Overflow>::get();
  // Integers in the order of the floats: the magnitude bits of a negative one turned over.
  __m256i const bits = _mm256_castps_si256(x);
  __m256i const turned = _mm256_and_si256(_mm256_srai_epi32(bits, 31), splat(~detail::float_sign));
  __m256i const key = _mm256_xor_si256(bits, turned);
  __m256i run = _mm256_set1_epi32(15);
#pragma GCC unroll 15
  for (std::size_t i = 1; i < 16; ++i) {
    run = _mm256_add_epi32(run, _mm256_cmpgt_epi32(_mm256_set1_epi32(table.first[i]), key));  // -1 where above
  }
  auto const* const codes = reinterpret_cast<__m256i const*>(table.codes);
  __m256i const low = _mm256_permutevar8x32_epi32(_mm256_load_si256(codes), run);
  __m256i const high = _mm256_permutevar8x32_epi32(_mm256_load_si256(codes + 1), run);
  __m256i code = select(_mm256_cmpgt_epi32(run, _mm256_set1_epi32(7)), high, low);
  // What is not finite.
  __m256i const magnitude = _mm256_and_si256(bits, splat(~detail::float_sign));
  __m256i const unusual = _mm256_cmpgt_epi32(magnitude, splat(detail::float_infinity - 1U));
  if (_mm256_movemask_epi8(unusual) != 0) [[unlikely]] {
    code = select(unusual, splat(table.nan), code);
    code = select(_mm256_cmpeq_epi32(bits, splat(detail::float_infinity)), splat(table.infinity), code);
    code = select(_mm256_cmpeq_epi32(bits, splat(detail::float_infinity | detail::float_sign)),
                  splat(table.negative_infinity), code);
  }
  return code;
}

/// Codes of exponent-only minifloats; see isa/avx512.
template <encodes_exponent F, class Rounding, class Overflow>
inline __m256i exponent_lanes(__m256 x, __m256i random) noexcept {
  constexpr format_facts f = facts<F>::all;
  constexpr edge_codes edge = edge_codes::of<F, Overflow>();
  __m256i const zero = _mm256_setzero_si256();
  __m256i const raw = _mm256_castps_si256(x);
  __m256i const bits = _mm256_and_si256(raw, splat(~detail::float_sign));
  // 1. The exponent field and what lies above its power of two; 2^-127 is field 0.
  constexpr std::uint32_t one = 0x0080'0000U;
  __m256i const doubled = _mm256_max_epi32(_mm256_sub_epi32(_mm256_add_epi32(bits, bits), splat(one)), zero);
  __m256i y = select(_mm256_cmpgt_epi32(splat(one), bits), doubled, bits);
  if constexpr (F::layout.bias < 127) {
    constexpr auto least = static_cast<std::uint32_t>(127 - F::layout.bias) << 23U;
    y = _mm256_sub_epi32(_mm256_max_epu32(y, splat(least)), splat(least));
  }
  // 2. Round.
  __m256i code;
  if constexpr (draws_bits<Rounding>) {
    __m256i const fraction = _mm256_slli_epi32(y, 9);
    __m256i const sum = _mm256_add_epi32(fraction, _mm256_slli_epi32(random, 32 - random_bits<Rounding>));
    __m256i const stays = _mm256_cmpeq_epi32(_mm256_max_epu32(sum, fraction), sum);
    code = _mm256_add_epi32(_mm256_srli_epi32(y, 23), _mm256_andnot_si256(stays, splat(1)));
  } else if constexpr (std::same_as<Rounding, rounding::to_odd>) {
    __m256i const is_exact = _mm256_cmpeq_epi32(_mm256_and_si256(y, splat(one - 1U)), zero);
    code = _mm256_or_si256(_mm256_srli_epi32(y, 23), _mm256_andnot_si256(is_exact, splat(1)));
  } else {
    code = _mm256_srli_epi32(_mm256_add_epi32(y, splat(binade_bias<Rounding>)), 23);
  }
  // 3. Overflow.
  if constexpr (lowers_positives<Rounding> || edge.finite == f.max_code) {
    code = _mm256_min_epu32(code, splat(f.max_code));
  } else {
    code = select(_mm256_cmpgt_epi32(code, splat(f.max_code)), splat(edge.finite), code);
  }
  code = select(_mm256_cmpeq_epi32(bits, splat(detail::float_infinity)), splat(edge.infinite), code);
  // 4. What is not above zero has no place; NaN.
  code = select(_mm256_cmpgt_epi32(raw, zero), code, splat(edge.below_is_nan ? f.nan_code : 0U));
  return select(_mm256_cmpgt_epi32(bits, splat(detail::float_infinity)), splat(f.nan_code), code);
}

/// 8 floats to 8 codes, one in each 32-bit lane.
template <class F, class Rounding, class Overflow>
inline __m256i encode_lanes(__m256 x, __m256i random) noexcept {
  x = opaque(x);
  if constexpr (CodebookFormat<F>) {
    return search_lanes<F, Rounding, Overflow>(x);
  } else if constexpr (encodes_exponent<F>) {
    return exponent_lanes<F, Rounding, Overflow>(x, random);
  } else {
    return count_lanes<F, Rounding, Overflow>(x, random);
  }
}

/// Four vectors of 8 codes below 256 to 32 bytes in order.
inline __m256i pack_bytes(__m256i a, __m256i b, __m256i c, __m256i d) noexcept {
  return in_order(_mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d)));
}

/// Writes 32 codes.
template <class F, class Order>
inline void store_codes(std::uint8_t* out, __m256i bytes) noexcept {
  if constexpr (F::bits == 4 && !std::same_as<Order, bit_order::padded>) {
    // Neighbours into one byte: weights 1 and 16, the first code where the order says.
    constexpr int weights = std::same_as<Order, bit_order::low_first> ? 0x1001 : 0x0110;
    __m256i const pairs = _mm256_maddubs_epi16(bytes, _mm256_set1_epi16(weights));
    __m256i const packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(pairs, pairs), 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(packed));
  } else {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
  }
}

/// 32 elements in four vectors to codes at `out`.
template <class F, class Order, class Rounding, class Overflow>
inline void encode_block(__m256 const (&x)[4], std::uint8_t* out, random_32<Rounding> const& random) noexcept {
  __m256i c[4];
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    c[j] = encode_lanes<F, Rounding, Overflow>(x[j], random.lanes(j));
  }
  if constexpr (F::bits > 8) {
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 4; j += 2) {
      __m256i const packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(c[j], c[j + 1]), 0xd8);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 16 * j), packed);
    }
  } else {
    store_codes<F, Order>(out, pack_bytes(c[0], c[1], c[2], c[3]));
  }
}

/// Encodes the first `count` <= 32 of the elements in x.
template <class F, class Order, class Rounding, class Overflow>
inline void encode_some(__m256 const (&x)[4], std::uint8_t* out, std::size_t count, Rounding const& r,
                        random_keys<Rounding> const& keys) noexcept {
  random_32<Rounding> const random(r, keys);
  if (count == 32) {
    encode_block<F, Order, Rounding, Overflow>(x, out, random);
  } else {
    alignas(32) std::uint8_t bytes[F::bits > 8 ? 64 : 32];
    encode_block<F, Order, Rounding, Overflow>(x, bytes, random);
    if constexpr (F::bits > 8) {
      std::memcpy(out, bytes, 2 * count);
    } else {
      store_tail<F, Order>(out, bytes, count);
    }
  }
}

/// The first `count` <= 32 floats, zeros after them.
inline void load_some(float const* in, std::size_t count, __m256 (&x)[4]) noexcept {
  if (count == 32) {
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      x[j] = _mm256_loadu_ps(in + 8 * j);
    }
  } else {
    alignas(32) float values[32] = {};
    std::memcpy(values, in, count * sizeof(float));
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      x[j] = _mm256_load_ps(values + 8 * j);
    }
  }
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

namespace lowp::inline LOWP_ABI::kernel {

template <class F, class Order, class Rounding, class Overflow>
  requires avx2::encodes<F, Order, Rounding, Overflow>
struct encode_slot<isa::avx2, F, Order, Rounding, Overflow> {
  using served_by = isa::avx2;
  static void run(float const* in, std::uint8_t* out, std::size_t n, Rounding r, Overflow) noexcept {
    random_keys<Rounding> const keys(r);
    std::size_t i = 0;
    if constexpr (avx2::encodes_nearest<F, Rounding, Overflow>) {
      constexpr bool nibbles = packed_block_bytes<F, Order>(32) == 16;
      if (streams(nibbles ? n / 2 : n)) {
        // Up to a line's beginning, then past the cache.
        std::size_t const bytes = (64 - reinterpret_cast<std::uintptr_t>(out) % 64) % 64;
        std::size_t const before = nibbles ? 2 * bytes : bytes;
        for (; i < before; i += 32) {
          std::size_t const count = before - i < 32 ? before - i : 32;
          some(in + i, out + packed_block_bytes<F, Order>(i), count, r, keys);
        }
        i = before;
        out += bytes;
        constexpr std::size_t step = nibbles ? 64 : 32;  // to 32 bytes
        for (; i + step <= n; i += step) {
          alignas(32) std::uint8_t codes[32];
          for (std::size_t j = 0; j < step; j += 32) {
            auto const* const ahead = reinterpret_cast<char const*>(in + i + j) + 2048;  // asked for, not read
            _mm_prefetch(ahead, _MM_HINT_T0);
            _mm_prefetch(ahead + 64, _MM_HINT_T0);
            block_of_nearest(in + i + j, codes + packed_block_bytes<F, Order>(j));
          }
          _mm256_stream_si256(reinterpret_cast<__m256i*>(out),
                              _mm256_load_si256(reinterpret_cast<__m256i const*>(codes)));
          out += 32;
        }
        end_streams();
      }
      for (; i + 32 <= n; i += 32) {
        block_of_nearest(in + i, out);
        out += packed_block_bytes<F, Order>(32);
      }
    }
    for (; i < n; i += 32) {
      some(in + i, out, n - i < 32 ? n - i : 32, rounding::at(r, i), keys);
      out += F::bits > 8 ? 64 : packed_block_bytes<F, Order>(32);
    }
  }

 private:
  /// At most 32 elements.
  static void some(float const* in, std::uint8_t* out, std::size_t count, Rounding const& r,
                   random_keys<Rounding> const& keys) noexcept {
    __m256 x[4];
    avx2::load_some(in, count, x);
    avx2::encode_some<F, Order, Rounding, Overflow>(x, out, count, r, keys);
  }

  // (Inline, so that its constants stay in registers.)
  LOWP_ALWAYS_INLINE static void block_of_nearest(float const* in, std::uint8_t* out) noexcept {
    __m256 x[4];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      x[j] = _mm256_loadu_ps(in + 8 * j);
    }
    __m256i codes;
    if (avx2::encode_nearest<F>(x, codes)) [[likely]] {
      avx2::store_codes<F, Order>(out, codes);
    } else {
      rare(in, out);
    }
  }

  [[gnu::noinline]] static void rare(float const* in, std::uint8_t* out) noexcept {
    some(in, out, 32, Rounding{}, random_keys<Rounding>(Rounding{}));
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
