// SPDX-License-Identifier: Apache-2.0
//
// Rounding policies: which neighbour a number between two codes goes to.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/random/counter_hash.hpp>
#include <lowp/random/philox.hpp>

namespace lowp::inline LOWP_ABI::rounding {

/// What a policy sees: |x| lies at or above a grid point, nu = (|x| - point) / (next point - point) in [0, 1).
struct discarded {
  std::uint64_t fraction;  ///< floor(nu * 2^64)
  bool sticky;             ///< nu * 2^64 is not an integer
  bool odd;                ///< the integer significand of the grid point is odd (P = 1 of P3109: its code is)
  bool code_odd;           ///< the code of the grid point is odd
  bool negative;           ///< x < 0

  constexpr bool inexact() const noexcept { return fraction != 0 || sticky; }
};

/// A finite |x| beyond the greatest finite value.
struct beyond {
  bool negative;      ///< x < 0
  bool max_code_odd;  ///< the code of the greatest finite value is odd
};

}  // namespace lowp::inline LOWP_ABI::rounding

namespace lowp::inline LOWP_ABI {

/// A rounding policy is a small value with
///   bool away(rounding::discarded) const   whether to take the grid point farther from zero
///   bool clamps(rounding::beyond) const    whether a finite value beyond max goes to max by rounding alone, so that
///                                          the overflow policy is never asked
/// and, if it depends on the element's position,
///   Policy at(std::uint64_t i) const       the policy for the element i places further on.
template <class R>
concept RoundingPolicy = std::is_trivially_copyable_v<R> &&
    requires(R const& policy, rounding::discarded d, rounding::beyond b) {
  { policy.away(d) } -> std::same_as<bool>;
  { policy.clamps(b) } -> std::same_as<bool>;
};

}  // namespace lowp::inline LOWP_ABI

namespace lowp::inline LOWP_ABI::rounding {

inline constexpr std::uint64_t half = std::uint64_t{1} << 63;

/// To the nearest; a tie to the even significand (IEEE 754-2019 4.3.1). Where no significand is even (no mantissa
/// bits, a tie between two powers of two) the greater magnitude; P = 1 of P3109 goes by the even code.
struct nearest_even {
  static constexpr bool away(discarded d) noexcept {
    return d.fraction > half || (d.fraction == half && (d.sticky || d.odd));
  }
  static constexpr bool clamps(beyond) noexcept { return false; }
};

/// To the nearest; a tie to the greater magnitude (IEEE 754-2019 4.3.1 roundTiesToAway).
struct nearest_away {
  static constexpr bool away(discarded d) noexcept { return d.fraction >= half; }
  static constexpr bool clamps(beyond) noexcept { return false; }
};

/// Truncates the magnitude.
struct toward_zero {
  static constexpr bool away(discarded) noexcept { return false; }
  static constexpr bool clamps(beyond) noexcept { return true; }
};

/// Toward +infinity.
struct up {
  static constexpr bool away(discarded d) noexcept { return d.inexact() && !d.negative; }
  static constexpr bool clamps(beyond b) noexcept { return b.negative; }
};

/// Toward -infinity.
struct down {
  static constexpr bool away(discarded d) noexcept { return d.inexact() && d.negative; }
  static constexpr bool clamps(beyond b) noexcept { return !b.negative; }
};

/// An inexact value to the neighbour whose code is odd: rounding once more to a narrower format then gives what one
/// rounding would have given (IEEE P3109 v4.0 ToOdd).
struct to_odd {
  static constexpr bool away(discarded d) noexcept { return d.inexact() && !d.code_odd; }
  static constexpr bool clamps(beyond b) noexcept { return b.max_code_odd; }
};

/// The three stochastic roundings of IEEE P3109 v4.0. With N random bits R and nu the discarded fraction, away where
///   a:  floor(nu 2^N) + R >= 2^N                     as adding R below the last place and truncating
///   b:  floor(nu 2^(N+1)) + 2 R + 1 >= 2^(N+1)       as a, without its bias of half a unit of R
///   c:  nearest_even(nu 2^N) + R >= 2^N
enum class variant : std::uint8_t { a, b, c };

/// The decision of `v` with `bits` random bits `r`; bits in [1, 32], r below 2^bits.
constexpr bool stochastic_away(variant v, int bits, std::uint32_t r, discarded d) noexcept {
  std::uint64_t const one = std::uint64_t{1} << bits;
  switch (v) {
    case variant::a:
      return (d.fraction >> (64 - bits)) + r >= one;
    case variant::b:
      return (d.fraction >> (63 - bits)) + 2 * std::uint64_t{r} + 1 >= 2 * one;
    case variant::c: {
      std::uint64_t const kept = d.fraction >> (64 - bits);
      std::uint64_t const rest = d.fraction << bits;
      bool const increment = rest > half || (rest == half && (d.sticky || (kept & 1U) != 0));
      return kept + (increment ? 1U : 0U) + r >= one;
    }
  }
  return false;
}

/// Stochastic rounding with random bits that the caller gives: R in [0, 2^N), bits above N are ignored.
template <variant V = variant::a, int N = 16>
struct stochastic_given {
  static_assert(N >= 1 && N <= 32, "lowp::rounding::stochastic_given: N is 1 to 32 bits");
  std::uint32_t r;

  constexpr bool away(discarded d) const noexcept { return stochastic_away(V, N, r & detail::low_mask(N), d); }
  static constexpr bool clamps(beyond) noexcept { return false; }
};

/// Stochastic rounding with bits from a counter-based generator: the decision depends on the seed and the element's
/// index alone, so it is the same in a scalar cast, a bulk cast, any vector width, any split over threads.
///
/// Meaning  a scalar cast uses `index`; cast_into adds the position in the span, a matrix row * cols + column.
template <variant V = variant::a, int N = 16, class Generator = philox>
struct basic_stochastic {
  std::uint64_t seed;
  std::uint64_t index = 0;

  constexpr bool away(discarded d) const noexcept {
    return stochastic_away(V, N, Generator::template word<N>(seed, index), d);
  }
  static constexpr bool clamps(beyond) noexcept { return false; }
  constexpr basic_stochastic at(std::uint64_t i) const noexcept { return {seed, index + i}; }
};

using stochastic = basic_stochastic<>;  ///< StochasticA, 16 bits, Philox-4x32-10
using stochastic_8 = basic_stochastic<variant::a, 8>;
using stochastic_32 = basic_stochastic<variant::a, 32>;
using stochastic_hash = basic_stochastic<variant::a, 16, counter_hash>;  ///< the cheaper generator

/// The policy for the element `i` places further on.
template <RoundingPolicy R>
constexpr R at(R const& policy, std::uint64_t i) noexcept {
  if constexpr (requires { policy.at(i); }) {
    return policy.at(i);
  } else {
    return policy;
  }
}

/// Any of the above, chosen at run time.
struct any {
  enum class kind : std::uint8_t {
    nearest_even,
    nearest_away,
    toward_zero,
    up,
    down,
    to_odd,
    stochastic_given,        ///< r
    stochastic_philox,       ///< seed and index; bits is 1, 2, 4, 8, 16 or 32
    stochastic_counter_hash  ///< seed and index
  };
  kind which = kind::nearest_even;
  variant stochastic_variant = variant::a;
  int bits = 16;
  std::uint32_t r = 0;
  std::uint64_t seed = 0;
  std::uint64_t index = 0;

  constexpr any() noexcept = default;
  constexpr any(kind k) noexcept : which(k) {}
  constexpr any(rounding::nearest_even) noexcept {}
  constexpr any(rounding::nearest_away) noexcept : which(kind::nearest_away) {}
  constexpr any(rounding::toward_zero) noexcept : which(kind::toward_zero) {}
  constexpr any(rounding::up) noexcept : which(kind::up) {}
  constexpr any(rounding::down) noexcept : which(kind::down) {}
  constexpr any(rounding::to_odd) noexcept : which(kind::to_odd) {}
  template <variant V, int N>
  constexpr any(rounding::stochastic_given<V, N> p) noexcept
      : which(kind::stochastic_given), stochastic_variant(V), bits(N), r(p.r & detail::low_mask(N)) {}
  template <variant V, int N>
  constexpr any(basic_stochastic<V, N, philox> p) noexcept
      : which(kind::stochastic_philox), stochastic_variant(V), bits(N), seed(p.seed), index(p.index) {}
  template <variant V, int N>
  constexpr any(basic_stochastic<V, N, counter_hash> p) noexcept
      : which(kind::stochastic_counter_hash), stochastic_variant(V), bits(N), seed(p.seed), index(p.index) {}

  constexpr bool away(discarded d) const noexcept {
    switch (which) {
      case kind::nearest_even:
        return rounding::nearest_even::away(d);
      case kind::nearest_away:
        return rounding::nearest_away::away(d);
      case kind::toward_zero:
        return rounding::toward_zero::away(d);
      case kind::up:
        return rounding::up::away(d);
      case kind::down:
        return rounding::down::away(d);
      case kind::to_odd:
        return rounding::to_odd::away(d);
      case kind::stochastic_given:
      case kind::stochastic_philox:
      case kind::stochastic_counter_hash:
        return stochastic_away(stochastic_variant, bits, random_bits(), d);
    }
    return false;
  }
  constexpr bool clamps(beyond b) const noexcept {
    switch (which) {
      case kind::toward_zero:
        return true;
      case kind::up:
        return rounding::up::clamps(b);
      case kind::down:
        return rounding::down::clamps(b);
      case kind::to_odd:
        return rounding::to_odd::clamps(b);
      default:
        return false;
    }
  }
  /// Whether its random bits come from a generator, by the index of the element.
  constexpr bool draws() const noexcept {
    return which == kind::stochastic_philox || which == kind::stochastic_counter_hash;
  }
  constexpr any at(std::uint64_t i) const noexcept {
    any moved = *this;
    moved.index += i;
    return moved;
  }

 private:
  constexpr std::uint32_t random_bits() const noexcept {
    if (which == kind::stochastic_given) {
      return r;
    }
    if (which == kind::stochastic_counter_hash) {
      return counter_hash::word<32>(seed, index) >> (32 - bits);
    }
    auto const per_block = static_cast<unsigned>(128 / bits);
    auto const bit = static_cast<unsigned>(index % per_block) * static_cast<unsigned>(bits);
    return (philox::block(seed, index / per_block).words[bit / 32] >> (bit % 32)) & detail::low_mask(bits);
  }
};

}  // namespace lowp::inline LOWP_ABI::rounding
