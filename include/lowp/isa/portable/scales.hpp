// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/portable/target.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI::kernel {

/// A power-of-two rule as two numbers: 2^(floor(log2 x) - exponent), twice that where x's 23 mantissa bits exceed `last`.
struct pow2_step {
  int exponent;
  std::uint32_t last;

  static constexpr std::uint32_t mantissa_of(exact const& x) noexcept {
    return static_cast<std::uint32_t>(x.significand >> 40U) & 0x007f'ffffU;
  }

  static constexpr pow2_step of(scale::pow2::floor, format_facts const& element) noexcept {
    return {element.max_exponent, 0x007f'ffffU};
  }
  static constexpr pow2_step of(scale::pow2::ceil, format_facts const& element) noexcept {
    return {element.max_exponent, 0};
  }
  static constexpr pow2_step of(scale::pow2::even, format_facts const& element) noexcept {
    int const mantissa_bits = element.digits - 1;
    if (element.is_integer || mantissa_bits < 0) {
      return of(scale::pow2::floor{}, element);
    }
    // One step up from the mantissa on whose first M + 1 bits are ones.
    return {element.max_exponent, (0x007f'ffffU & ~(0x003f'ffffU >> mantissa_bits)) - 1U};
  }
  static constexpr pow2_step of(scale::pow2::rceil, format_facts const& element) noexcept {
    // ceil(log2(x / max)): the exponents' difference, one more where x's significand exceeds that of max.
    exact const max = exact::from(element.max);
    return {max.exponent, mantissa_of(max)};
  }
  static constexpr pow2_step of(scale::pow2::rfloor, format_facts const& element) noexcept {
    // floor(log2(x / max)): one less than the exponents' difference where x's significand is below that of max.
    exact const max = exact::from(element.max);
    std::uint32_t const mantissa = mantissa_of(max);
    return mantissa == 0 ? pow2_step{max.exponent, 0x007f'ffffU} : pow2_step{max.exponent + 1, mantissa - 1U};
  }
  static constexpr pow2_step of(scale::pow2::any rule, format_facts const& element) noexcept {
    using kind = scale::pow2::any::kind;
    return rule.which == kind::floor    ? of(scale::pow2::floor{}, element)
           : rule.which == kind::ceil   ? of(scale::pow2::ceil{}, element)
           : rule.which == kind::even   ? of(scale::pow2::even{}, element)
           : rule.which == kind::rfloor ? of(scale::pow2::rfloor{}, element)
                                        : of(scale::pow2::rceil{}, element);
  }
};

/// Types whose codes of powers of two are shifted exponents.
template <class Stored>
concept ExponentStorage =
    std::same_as<Stored, float> || std::same_as<Stored, e8m0fnu> || std::same_as<Stored, bfloat16>;

template <class Rule>
concept SteppedRule = requires(Rule const& rule, format_facts const& f) {
  pow2_step::of(rule, f);
};

/// Rules that are a pow2_step, stored as such a type.
template <class Rule>
struct steps_exponent : std::false_type {};
template <SteppedRule Rule, ExponentStorage Stored>
struct steps_exponent<scale::power_of_two<Rule, Stored>> : std::true_type {};

namespace portable_kernels {

/// The stored scale of a block whose greatest finite magnitude is `greatest`, as scale/rule.hpp defines it. Needs fp_env.
template <AbsmaxRule Rule>
scale::stored_scale<typename Rule::stored_type> scale_of(Rule const& rule, float greatest,
                                                         format_facts const& element) noexcept {
  using stored_type = typename Rule::stored_type;
  using stored = scale::stored_scale<stored_type>;
  if (detail::is_zero(greatest)) {
    return stored::one();
  }
  if constexpr (steps_exponent<Rule>::value) {
    pow2_step const step = pow2_step::of(rule.rule, element);
    exact const x = exact::from(greatest);
    int const wanted = x.exponent - step.exponent + (pow2_step::mantissa_of(x) > step.last ? 1 : 0);
    int const exponent = wanted < -126 ? -126 : wanted > 127 ? 127 : wanted;
    auto const biased = static_cast<std::uint32_t>(exponent + detail::float_bias);
    stored s;
    s.value = std::bit_cast<float>(biased << 23U);
    if constexpr (std::same_as<stored_type, float>) {
      s.stored = s.value;
    } else {  // E8M0 is the exponent field, bfloat16 the upper half
      s.stored = from_bits<stored_type>(std::same_as<stored_type, bfloat16> ? biased << 7U : biased);
    }
    return s;
  } else if constexpr (LOWP_TRUSTED_FLOAT != 0 && std::same_as<Rule, scale::absmax<stored_type>>) {
    return stored::from(
        detail::divide_in_double(greatest, element.max));  // the quotient of ideal(), by one instruction
  } else {
    return stored::from(rule.ideal(exact::from(greatest), element));
  }
}

inline bool fits(scale::storing status) noexcept { return status == scale::storing::exact_or_rounded; }

}  // namespace portable_kernels

template <class Rule>
struct scales_slot<isa::portable, Rule> {
  using served_by = isa::portable;
  using stored_type = typename Rule::stored_type;

  static void run(Rule rule, format_facts const& element, float const* greatest, std::size_t n, stored_type* stored,
                  float* values) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      auto const s = portable_kernels::scale_of(rule, greatest[i], element);
      stored[i] = s.stored;
      values[i] = s.value;
    }
  }

  static bool fit(Rule rule, format_facts const& element, float const* greatest, std::size_t n) noexcept {
    auto const fits = [&](float x) {
      return portable_kernels::fits(portable_kernels::scale_of(rule, x, element).status);
    };
    if constexpr (requires { Rule::always_fits(element); }) {
      // Scales grow with absmax: the least and the greatest speak for all. (Magnitudes order like their bits.)
      std::uint32_t least = detail::float_infinity - 1U;
      std::uint32_t most = 0;
      bool zero = false;
      for (std::size_t i = 0; i < n; ++i) {
        std::uint32_t const bits = detail::bits_of(greatest[i]);
        least = bits != 0 && bits < least ? bits : least;
        most = bits > most ? bits : most;
        zero = zero || bits == 0;
      }
      return (!zero || fits(0.0F)) &&
             (most == 0 || (fits(std::bit_cast<float>(least)) && fits(std::bit_cast<float>(most))));
    } else {
      for (std::size_t i = 0; i < n; ++i) {
        if (!fits(greatest[i])) {
          return false;
        }
      }
      return true;
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel
