// SPDX-License-Identifier: Apache-2.0
//
// What the vector encoders and decoders of every ISA agree on: which formats and policies one algorithm serves, and the
// constants that it needs. No vector type, no target.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/random/counter_hash.hpp>
#include <lowp/random/philox.hpp>

namespace lowp::inline LOWP_ABI::kernel {

template <class R>
concept deterministic = std::same_as<R, rounding::nearest_even> || std::same_as<R, rounding::nearest_away> ||
    std::same_as<R, rounding::toward_zero> || std::same_as<R, rounding::up> || std::same_as<R, rounding::down> ||
    std::same_as<R, rounding::to_odd>;

/// Random bits an element that vectors draw for a rounding; 0 for all others.
template <class R>
inline constexpr int random_bits = 0;
template <int N, class Generator>
inline constexpr int random_bits<rounding::basic_stochastic<rounding::variant::a, N, Generator>> =
    (N == 8 || N == 16 || N == 32) && (std::same_as<Generator, philox> || std::same_as<Generator, counter_hash>) ? N
                                                                                                                 : 0;

template <class R>
concept draws_bits = (random_bits<R> != 0);

template <class O>
concept plain_overflow = std::same_as<O, overflow::saturate> || std::same_as<O, overflow::nonsaturating> ||
    std::same_as<O, overflow::saturate_finite>;

/// Minifloats of at most 16 bits whose subnormals begin at a normal float (all but E8M0 and its like), with a mantissa or
/// without P3109's parity rule.
template <class F>
concept encodes_any_minifloat =
    MinifloatFormat<F> && F::bits <= 16 && F::layout.special != specials::exponent &&
    !(F::layout.is_p3109() && F::layout.mantissa_bits == 0) && F::layout.min_exponent() >= -126;

template <class F>
concept encodes_minifloat = encodes_any_minifloat<F> && F::bits <= 8;

/// Exponent-only minifloats (E8M0 and its like) whose least number is no subnormal float below 2^-127.
template <class F>
concept encodes_exponent =
    MinifloatFormat<F> && F::bits <= 8 && F::layout.special == specials::exponent&& F::layout.bias <= 127;

/// Two bytes an element.
template <class F, class Order>
concept in_two_bytes = encodes_any_minifloat<F> &&(F::bits > 8) && std::same_as<Order, bit_order::padded>;

/// Minifloats whose fields can be rebiased into a float's: all but those whose subnormals reach below a normal float.
template <class F>
concept decodes_by_fields = MinifloatFormat<F> && F::bits <= 16 &&
                            F::layout.special != specials::exponent&& F::layout.min_exponent() >= -126;

/// Whether every value of F, of at most 8 bits, is a bfloat16: the lower half of its float is zero.
template <class F>
inline constexpr bool exact_in_bfloat16 = [] {
  if constexpr (F::bits <= 8) {
    bool exact = true;
    for (std::uint32_t code = 0; code <= F::code_mask; ++code) {
      exact = exact && (std::bit_cast<std::uint32_t>(static_cast<float>(from_bits<F>(code))) & 0xffffU) == 0;
    }
    return exact;
  } else {
    return false;
  }
}();

/// A byte an element, or two 4-bit codes a byte.
template <class F, class Order>
concept bytes_or_nibbles = F::bits <= 8 &&
                           (std::same_as<Order, bit_order::padded> ||
                            ((F::bits == 8 || F::bits == 4) && (std::same_as<Order, bit_order::low_first> ||
                                                                std::same_as<Order, bit_order::high_first>)));

/// Codebooks of at most 16 values, under roundings that depend on the number alone.
template <class F, class R>
concept encodes_by_thresholds = CodebookFormat<F> && F::bits <= 4 && deterministic<R>;

template <class F, class R>
concept encodes_element = encodes_by_thresholds<F, R> ||
    ((encodes_minifloat<F> || encodes_exponent<F> || IntegerFormat<F>)&&(deterministic<R> || draws_bits<R>));

template <class F, class Order, class R, class O>
concept encodes_in_lanes = encodes_element<F, R> && bytes_or_nibbles<F, Order> && plain_overflow<O>;

template <class F, class Order, class R, class O>
concept encodes_two_bytes = in_two_bytes<F, Order> &&(deterministic<R> || draws_bits<R>)&&plain_overflow<O>;

/// Bytes that `count` codes of a bytes_or_nibbles order take; count even.
template <class F, class Order>
constexpr std::size_t packed_block_bytes(std::size_t count) noexcept {
  return F::bits == 4 && !std::same_as<Order, bit_order::padded> ? count / 2 : count;
}

/// Codes at the edges of a minifloat under an overflow policy.
struct edge_codes {
  std::uint32_t finite;    ///< magnitude code of a finite overflow
  std::uint32_t infinite;  ///< magnitude code of an infinite input
  bool finite_is_nan;
  bool infinite_is_nan;
  bool below_is_nan;  ///< of a value below an unsigned range

  template <MinifloatFormat F, class Overflow>
  static constexpr edge_codes of() noexcept {
    constexpr format_facts f = facts<F>::all;
    constexpr Overflow o{};
    constexpr overflow::target target{f.has_infinity, f.has_nan && F::layout.special != specials::p3109_finite};
    constexpr auto code = [](overflow::outcome outcome) {
      return outcome == overflow::outcome::max        ? facts<F>::max_code
             : outcome == overflow::outcome::infinity ? facts<F>::infinity_code
                                                      : facts<F>::nan_code;
    };
    return {code(o.finite(target)), code(o.infinite(target)), o.finite(target) == overflow::outcome::nan,
            o.infinite(target) == overflow::outcome::nan,
            f.has_nan && o.finite(overflow::target{false, f.has_nan}) == overflow::outcome::nan};
  }
};

/// Roundings that never leave a binade's beginning upwards: the greatest finite code is not exceeded, either.
template <class R>
concept lowers_positives = std::same_as<R, rounding::toward_zero> || std::same_as<R, rounding::down>;

/// What rounds a positive number to a power of two where it is added to the 23 bits below its exponent.
template <class R>
inline constexpr std::uint32_t binade_bias =
    lowers_positives<R>             ? 0U
    : std::same_as<R, rounding::up> ? 0x007f'ffffU
                                    : 0x0040'0000U;  // ties go up: no significand of one bit is even

/// Stores the first n codes of a block of which `bytes` holds all; bits beyond the last code are kept.
template <class F, class Order>
inline void store_tail(std::uint8_t* out, std::uint8_t const* bytes, std::size_t n) noexcept {
  constexpr bool halves = F::bits == 4 && !std::same_as<Order, bit_order::padded>;
  std::size_t const whole = halves ? n / 2 : n;
  std::memcpy(out, bytes, whole);
  if (halves && n % 2 != 0) {
    std::uint8_t const own = std::same_as<Order, bit_order::low_first> ? 0x0f : 0xf0;
    out[whole] = static_cast<std::uint8_t>((out[whole] & ~own) | (bytes[whole] & own));
  }
}

/// Philox's keys of all rounds.
struct philox_keys {
  std::uint32_t first[10];
  std::uint32_t second[10];

  explicit philox_keys(std::uint64_t seed) noexcept {
    auto key0 = static_cast<std::uint32_t>(seed);
    auto key1 = static_cast<std::uint32_t>(seed >> 32U);
    for (std::size_t round = 0; round < 10; ++round) {
      first[round] = key0;
      second[round] = key1;
      key0 += philox::weyl0;
      key1 += philox::weyl1;
    }
  }
};

/// What a rounding's generator needs for all elements of a call.
template <class Rounding>
struct random_keys {
  explicit random_keys(Rounding const&) noexcept {}
};
template <int N>
struct random_keys<rounding::basic_stochastic<rounding::variant::a, N, philox>> : philox_keys {
  explicit random_keys(rounding::basic_stochastic<rounding::variant::a, N, philox> const& r) noexcept
      : philox_keys(r.seed) {}
};

/// Philox blocks as a stream of N-bit integers, little-endian; element indices wrap at 2^64. Kernels draw as many bits at
/// once as a vector unit's elements of a call take with N = 16, or half of them with N = 32, and one draw more where the
/// first element is inside a block.
template <int N>
struct philox_stream {
  static constexpr std::size_t in_block = 128 / N;
  static constexpr std::uint64_t last_block = ~std::uint64_t{0} / in_block;
  static constexpr std::size_t aligned_draws = N == 32 ? 2 : 1;
  static constexpr std::size_t draws = N == 8 ? 1 : aligned_draws + 1;
};

/// Whether `count` elements from `index` on share the upper half of their index, on which the counter hash's base depends.
constexpr bool shares_hash_base(std::uint64_t index, std::uint64_t count) noexcept {
  return (index >> 32U) == ((index + count - 1) >> 32U);
}

/// Significant bits of the numbers half way between two neighbours of F.
template <class F>
inline constexpr int tie_bits = [] {
  if constexpr (MinifloatFormat<F>) {
    return F::layout.mantissa_bits + 2;
  } else {
    return F::bits + 1;
  }
}();

}  // namespace lowp::inline LOWP_ABI::kernel
