// SPDX-License-Identifier: Apache-2.0
//
// From the greatest magnitude of a group to its scale.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/arithmetic.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/range.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/facts.hpp>

namespace lowp::inline LOWP_ABI {

/// What a scale may be stored as.
template <class S>
concept ScaleStorage = std::same_as<S, float> || Format<S>;

/// A rule that the greatest magnitude of a block decides: a small value with the type that scales are stored as, and
///   exact ideal(exact const& absmax, format_facts const& element) const   the scale before it is rounded to storage;
///                                                                        absmax finite and > 0
/// and, where that is known beforehand,
///   static constexpr bool always_fits(format_facts const& element)       no scale underflows or overflows its storage;
///                                                                        to declare it promises that scales grow with
///                                                                        absmax
template <class S>
concept AbsmaxRule = ScaleStorage<typename S::stored_type> && std::is_trivially_copyable_v<S> &&
    std::default_initializable<S> && requires(S const& rule, exact const& absmax, format_facts const& element) {
  { rule.ideal(absmax, element) } -> std::same_as<exact>;
};

namespace scale {

/// absmax / max of the element format, divided in double.
template <ScaleStorage Stored = float>
struct absmax {
  using stored_type = Stored;
  /// Whether every scale fits the stored type: a float does wherever the element's max is at least 1.
  static constexpr bool always_fits(format_facts const& element) noexcept {
    return std::same_as<Stored, float> && element.max >= 1.0F;
  }
  static constexpr exact ideal(exact const& greatest, format_facts const& element) noexcept {
    return detail::round_to_double_precision(detail::exact_quotient(greatest, exact::from(element.max)));
  }
  static constexpr exact ideal(float greatest, format_facts const& element) noexcept {
    return ideal(exact::from(greatest), element);
  }
};

/// The rules that give a power of two. emax is floor(log2 max) of the element format, M its mantissa bits.
namespace pow2 {

/// 2^(floor(log2 absmax) - emax): elements up to twice max, hence clipped. OCP MX 1.0, 6.3.
struct floor {
  static constexpr int exponent(exact const& greatest, format_facts const& element) noexcept {
    return greatest.exponent - element.max_exponent;
  }
};

/// 2^(ceil(log2 absmax) - emax): never clips where max is at least 2^emax, one binade coarser than floor but for exact
/// powers of two.
struct ceil {
  static constexpr int exponent(exact const& greatest, format_facts const& element) noexcept {
    bool const power = greatest.significand == std::uint64_t{1} << 63U && !greatest.sticky;
    return greatest.exponent + (power ? 0 : 1) - element.max_exponent;
  }
};

/// floor of absmax rounded to the element's M mantissa bits: one step up only where the greatest element would have
/// rounded into the next binade. torchao EVEN, microxcaling "even". For elements without a mantissa (integers), floor.
struct even {
  static constexpr int exponent(exact const& greatest, format_facts const& element) noexcept {
    int const mantissa_bits = element.digits - 1;
    if (element.is_integer || mantissa_bits < 0) {
      return floor::exponent(greatest, element);
    }
    // It carries into the next binade from 2 - 2^-(M+1) on (the tie goes there too: the all-ones significand is odd).
    std::uint64_t const carries = ~std::uint64_t{0} << (62 - mantissa_bits);
    return greatest.exponent + (greatest.significand >= carries ? 1 : 0) - element.max_exponent;
  }
};

/// 2^ceil(log2(absmax / max)): the smallest power of two that never clips. CUDA, cuBLAS, DeepSeek; torchao RCEIL.
struct rceil {
  static constexpr int exponent(exact const& greatest, format_facts const& element) noexcept {
    exact const ratio = detail::exact_quotient(greatest, exact::from(element.max));
    bool const power = ratio.significand == std::uint64_t{1} << 63U && !ratio.sticky;
    return ratio.exponent + (power ? 0 : 1);
  }
};

/// 2^floor(log2(absmax / max)): the greatest power of two that uses all of the element's range, hence clips all but exact
/// powers of two.
struct rfloor {
  static constexpr int exponent(exact const& greatest, format_facts const& element) noexcept {
    return detail::exact_quotient(greatest, exact::from(element.max)).exponent;
  }
};

/// The first of n ascending exponents that is `wanted` or more; the last where none is.
template <class Integer>
constexpr int least_enough(int wanted, Integer const* exponents, std::size_t n) noexcept {
  std::size_t i = 0;
  while (i + 1 < n && exponents[i] < wanted) {
    ++i;
  }
  return exponents[i];
}

/// The least power of two of a set that does not clip; the greatest of them where all do. Exponents ascend.
///
/// Example   Gaudi 2 scales FP8 by a choice of exponent bias: set<-8, -4, 0, 4> (2^(7 - bias) for biases 15, 11, 7, 3;
///           Intel Neural Compressor, PT_FP8Quant.md).
template <int... Exponents>
struct set {
  static_assert(sizeof...(Exponents) >= 1, "lowp::scale::pow2::set: at least one exponent");
  static_assert(
      [] {
        int const all[] = {Exponents...};
        for (std::size_t i = 1; i < sizeof...(Exponents); ++i) {
          if (all[i] <= all[i - 1]) {
            return false;
          }
        }
        return all[0] >= -126 && all[sizeof...(Exponents) - 1] <= 127;
      }(),
      "lowp::scale::pow2::set: exponents ascend, from -126 at the least to 127 at the most");
  static constexpr int exponent(exact const& greatest, format_facts const& element) noexcept {
    constexpr int all[] = {Exponents...};
    return least_enough(rceil::exponent(greatest, element), all, sizeof...(Exponents));
  }
};

/// Any of them but set, chosen at run time. (any_scale has sets.)
struct any {
  enum class kind : std::uint8_t { floor, ceil, even, rceil, rfloor };
  kind which = kind::floor;
  constexpr int exponent(exact const& greatest, format_facts const& element) const noexcept {
    switch (which) {
      case kind::floor:
        return floor::exponent(greatest, element);
      case kind::ceil:
        return ceil::exponent(greatest, element);
      case kind::even:
        return even::exponent(greatest, element);
      case kind::rfloor:
        return rfloor::exponent(greatest, element);
      case kind::rceil:
        break;
    }
    return rceil::exponent(greatest, element);
  }
};

}  // namespace pow2

/// A power of two by one of the pow2 rules, from 2^-126 to 2^127: exponents beyond saturate (OCP MX 1.0, 6.3: E8M0 clamps).
/// Types with less range than that may still overflow or underflow.
template <class Rule, ScaleStorage Stored = e8m0fnu>
  requires requires(Rule const& rule, exact const& x, format_facts const& f) {
    { rule.exponent(x, f) } -> std::same_as<int>;
  }
struct power_of_two {
  using stored_type = Stored;
  [[no_unique_address]] Rule rule = {};

  /// The exponent is limited to [-126, 127], which these hold.
  static constexpr bool always_fits(format_facts const&) noexcept {
    return std::same_as<Stored, float> || std::same_as<Stored, e8m0fnu> || std::same_as<Stored, bfloat16>;
  }

  constexpr exact ideal(exact const& greatest, format_facts const& element) const noexcept {
    int const exponent = rule.exponent(greatest, element);
    return exact::scaled(false, 1, exponent < -126 ? -126 : exponent > 127 ? 127 : exponent);
  }
  constexpr exact ideal(float greatest, format_facts const& element) const noexcept {
    return ideal(exact::from(greatest), element);
  }
};

/// The value of a stored scale.
template <ScaleStorage Stored>
constexpr float value(Stored stored) noexcept {
  return static_cast<float>(stored);
}

/// What became of a scale when it was rounded to its stored type.
enum class storing : std::uint8_t { exact_or_rounded, underflow, overflow };

/// A scale rounded to its stored type, first to even, and its value. Never below the smallest normal float: a smaller
/// one becomes 2^-126 (or the stored type's smallest number above).
template <ScaleStorage Stored>
struct stored_scale {
  Stored stored{};
  float value = 1.0F;
  storing status = storing::exact_or_rounded;

  static constexpr float smallest_normal = 0x1p-126F;

  static constexpr stored_scale from(exact ideal) noexcept {
    if (ideal.what != exact::kind::zero && ideal.what == exact::kind::finite && ideal.exponent < -126) {
      ideal = exact::scaled(ideal.negative, 1, -126);
    }
    stored_scale s;
    if constexpr (std::same_as<Stored, float>) {
      s.stored = detail::round_to_float(ideal);
    } else {
      s.stored = detail::encode_to<Stored>(ideal, rounding::nearest_even{}, overflow::nonsaturating{});
    }
    s.value = scale::value(s.stored);
    bool beyond = !detail::is_finite(s.value) || ideal.what == exact::kind::infinity;
    if constexpr (!std::same_as<Stored, float>) {
      // A type without infinity and NaN gives max; P3109's finite ones do, too.
      beyond = beyond || ((detail::bits_of(s.value) & ~detail::float_sign) == detail::bits_of(facts<Stored>::max) &&
                          detail::rounds_out_of_range<Stored>(ideal));
    }
    if (beyond) {
      s.status = storing::overflow;
    } else if (detail::is_zero(s.value)) {
      s.status = storing::underflow;
    }
    return s;
  }

  /// The same of an ideal scale that is a double, computed in floating point. Needs fp_env where LOWP_TRUSTED_FLOAT.
  static stored_scale from(double ideal) noexcept {
    if constexpr (LOWP_TRUSTED_FLOAT != 0 && std::same_as<Stored, float>) {
      auto rounded = static_cast<float>(ideal);
      LOWP_LAUNDER_FLOAT(rounded);
      stored_scale s;
      s.stored = rounded < smallest_normal ? smallest_normal : rounded;
      s.value = s.stored;
      s.status = detail::is_finite(rounded) ? storing::exact_or_rounded : storing::overflow;
      return s;
    } else {
      return from(exact::from(ideal));
    }
  }

  /// The scale of a group without a nonzero finite element: 1, or what the stored type has nearest to it.
  static constexpr stored_scale one() noexcept { return from(exact::from(1.0F)); }
};

}  // namespace scale

}  // namespace lowp::inline LOWP_ABI
