// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/codec/any_format.hpp>
#include <lowp/policy/nan.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/convention.hpp>
#include <lowp/scale/granularity.hpp>
#include <lowp/scale/offset.hpp>
#include <lowp/scale/rule.hpp>
#include <lowp/scale/scheme.hpp>
#include <lowp/scale/signed_absmax.hpp>

namespace lowp::inline LOWP_ABI {

/// The outer of two scales, chosen at run time.
struct any_outer {
  enum class kind : unsigned char { full_range, unit, fireq_prescale };
  kind which = kind::full_range;
  any_granularity boxes = {};

  exact ideal(std::span<float const> blocks, format_facts const& element, float stored_max) const noexcept {
    return which == kind::full_range ? scale::outer::full_range::ideal(blocks, element, stored_max)
           : which == kind::unit     ? scale::outer::unit::ideal(blocks, element, stored_max)
                                     : scale::outer::fireq_prescale::ideal(blocks, element, stored_max);
  }
  float relative(float block, float greatest, float outer, format_facts const& element) const noexcept {
    return which == kind::unit ? scale::outer::unit::relative(block, greatest, outer, element)
                               : scale::outer::full_range::relative(block, greatest, outer, element);
  }
  friend bool operator==(any_outer const&, any_outer const&) = default;
};

/// A scale rule chosen at run time.
struct any_scale {
  enum class kind : unsigned char {
    absmax,
    power_of_two,
    mse,
    percentile,
    deviation,
    fixed,
    minmax,
    signed_absmax,
    offset,
    exponent_set
  };
  kind which = kind::absmax;
  scale::pow2::any rule = {};               ///< power_of_two: which
  std::optional<any_format> stored = {};    ///< nothing: float
  scale::norm norm = scale::norm::squared;  ///< mse: of what
  std::uint32_t grid = 100;                 ///< mse: 1 / grid is the step of the search, steps how many are tried
  std::uint32_t steps = 80;
  std::uint32_t numerator = 1;  ///< percentile: this over denominator
  std::uint32_t denominator = 1;
  float fixed = 1.0F;    ///< fixed: the scale
  bool clamped = false;  ///< what does not fit its stored type becomes its smallest or greatest number
  std::vector<std::int8_t> exponents = {};  ///< exponent_set: those of scale::pow2::set, ascending
  block_convention convention = {};         ///< of blocks with NaN, infinities or zeros only
  std::optional<any_outer> outer = {};      ///< of two levels

  bool is_affine() const noexcept { return which == kind::minmax; }
  bool has_offset() const noexcept { return which == kind::offset; }
  bool searches() const noexcept { return !by_exponent() && which != kind::absmax; }
  /// Scales are powers of two.
  bool by_exponent() const noexcept { return which == kind::power_of_two || which == kind::exponent_set; }

  /// Requires !searches().
  exact ideal(float greatest, format_facts const& element) const noexcept {
    if (which == kind::exponent_set) {
      int const wanted = scale::pow2::rceil::exponent(exact::from(greatest), element);
      return exact::scaled(false, 1, scale::pow2::least_enough(wanted, exponents.data(), exponents.size()));
    }
    return which == kind::absmax ? scale::absmax<float>::ideal(greatest, element)
                                 : scale::power_of_two<scale::pow2::any>{rule}.ideal(greatest, element);
  }
  /// Requires searches(), neither is_affine() nor has_offset().
  exact search(scale::block_trial const& block) const {
    switch (which) {
      case kind::mse:
        return block.greatest() == 0.0F ? exact{} : scale::detail::best_shrunk(block, norm, grid, steps);
      case kind::percentile:
        return scale::detail::percentile_scale(block, numerator, denominator);
      case kind::deviation:
        return scale::deviation<float>::search(block);
      case kind::signed_absmax:
        return scale::signed_absmax<float>::search(block);
      default:
        break;
    }
    return scale::fixed{fixed}.search(block);
  }
};

/// The run-time twin of a scheme: the same codes and scales, chosen while the program runs.
struct any_scheme {
  any_format element;
  any_granularity granularity = {};
  any_scale scale = {};
  rounding::any rounding = {};
  overflow::any overflow = {};
};

namespace detail {

/// What is wrong with a scheme that no type can be, or with numbers that make no sense; nullptr if nothing is.
inline char const* defect_of(any_scheme const& s) noexcept {
  using kind = any_scale::kind;
  any_scale const& r = s.scale;
  if (r.is_affine() && (!s.element.is_integer() || r.outer || r.clamped)) {
    return !s.element.is_integer() ? "only integers have zero points" : "zero points go with one level of scales";
  }
  if (r.has_offset() && (!s.element.is_integer() || s.element.facts().is_signed || r.outer || r.clamped)) {
    return r.outer || r.clamped ? "offsets go with one level of scales" : "codes with an offset are unsigned integers";
  }
  if (r.has_offset() && r.stored && !r.stored->facts().is_signed) {
    return "an offset is stored in a signed type";
  }
  bool const may_be_nan = r.convention.nan == block_convention::of_nan::block ||
                          r.convention.infinity == block_convention::of_infinity::block;
  if ((r.is_affine() || r.has_offset()) && r.convention != block_convention{}) {
    return "zero points and conventions of special blocks do not go together";
  }
  if (r.stored && may_be_nan && !r.stored->facts().has_nan) {
    return "the type that scales are stored as has no NaN for a block";
  }
  if (r.stored && r.convention.zero == block_convention::of_zero::zero && !r.stored->facts().has_zero) {
    return "the type that scales are stored as has no 0 for a block of zeros";
  }
  if (r.which == kind::signed_absmax && r.stored && !r.stored->facts().is_signed) {
    return "a signed scale is stored in a signed type";
  }
  if (r.outer && r.which != kind::absmax && r.which != kind::power_of_two && r.which != kind::mse) {
    return "of two levels, the inner scale is found by absmax, a power of two or mse";
  }
  if (r.which == kind::exponent_set) {
    bool ascending = !r.exponents.empty() && r.exponents.front() >= -126;
    for (std::size_t i = 1; i < r.exponents.size(); ++i) {
      ascending = ascending && r.exponents[i - 1] < r.exponents[i];
    }
    if (!ascending) {
      return "the exponents of a set ascend, from -126 at the least";
    }
  }
  if (r.which == kind::percentile && (r.denominator == 0 || r.numerator > r.denominator)) {
    return "a percentile is from 0 to 100";
  }
  if (r.which == kind::mse && (r.grid == 0 || r.grid > 1023 || r.steps > r.grid)) {
    return "the grid of mse is from 1 to 1023, and its steps are no more";
  }
  return nullptr;
}

template <class Rule>
scale::pow2::any any_rule() noexcept {
  using kind = scale::pow2::any::kind;
  if constexpr (std::same_as<Rule, scale::pow2::floor>) {
    return {kind::floor};
  } else if constexpr (std::same_as<Rule, scale::pow2::ceil>) {
    return {kind::ceil};
  } else if constexpr (std::same_as<Rule, scale::pow2::even>) {
    return {kind::even};
  } else if constexpr (std::same_as<Rule, scale::pow2::rfloor>) {
    return {kind::rfloor};
  } else {
    static_assert(std::same_as<Rule, scale::pow2::rceil>, "lowp: this power-of-two rule has no run-time twin");
    return {kind::rceil};
  }
}

template <class Stored>
std::optional<any_format> any_storage() {
  if constexpr (std::same_as<Stored, float>) {
    return std::nullopt;
  } else {
    return any_format::of<Stored>();
  }
}

/// The twin of a granularity; one specialisation each. An extent of 0 means the whole axis.
template <class G>
struct any_granularity_of_type {
  static_assert(std::same_as<G, void>, "lowp: this granularity has no run-time twin");
};
template <>
struct any_granularity_of_type<per_tensor> {
  static constexpr any_granularity value{0, 0};
};
template <>
struct any_granularity_of_type<any_granularity> {
  static constexpr any_granularity value{};
};
template <std::size_t Axis>
struct any_granularity_of_type<per_channel<Axis>> {
  static constexpr any_granularity value{Axis == 1 ? 0 : 1, Axis == 1 ? 1 : 0, {}, Axis < 2 ? 0 : Axis};
};
template <std::size_t G>
struct any_granularity_of_type<per_group<G>> {
  static constexpr any_granularity value{1, G};
};
template <std::size_t R, std::size_t C>
struct any_granularity_of_type<per_block<R, C>> {
  static constexpr any_granularity value{R, C};
};
template <std::size_t T, std::size_t Y, std::size_t X, std::size_t H, std::size_t W>
struct any_granularity_of_type<per_tile<extents<T, Y, X>, extents<H, W>>> {
  static constexpr any_granularity value{T, 0, {Y, X, H, W}};
};
template <std::size_t T, std::size_t Y, std::size_t X, std::size_t C, std::size_t H, std::size_t W>
struct any_granularity_of_type<per_tile<extents<T, Y, X, C>, extents<H, W>>> {
  static constexpr any_granularity value{T, C, {Y, X, H, W}};
};

template <class G>
constexpr any_granularity any_granularity_of() noexcept {
  return any_granularity_of_type<G>::value;
}

/// The twin of a rule; one specialisation a rule.
template <class Rule>
struct any_scale_of;

template <class Rule>
any_scale made(any_scale::kind which) {
  any_scale s;
  s.which = which;
  s.stored = any_storage<typename Rule::stored_type>();
  return s;
}

template <class Stored>
struct any_scale_of<scale::absmax<Stored>> {
  static any_scale make(scale::absmax<Stored>) { return made<scale::absmax<Stored>>(any_scale::kind::absmax); }
};

template <class Rule>
inline constexpr bool is_exponent_set = false;
template <int... Exponents>
inline constexpr bool is_exponent_set<scale::pow2::set<Exponents...>> = true;
template <int... Exponents>
std::vector<std::int8_t> exponents_of(scale::pow2::set<Exponents...>) {
  return {static_cast<std::int8_t>(Exponents)...};
}

template <class Rule, class Stored>
struct any_scale_of<scale::power_of_two<Rule, Stored>> {
  static any_scale make(scale::power_of_two<Rule, Stored> rule) {
    any_scale s = made<decltype(rule)>(any_scale::kind::power_of_two);
    if constexpr (is_exponent_set<Rule>) {
      s.which = any_scale::kind::exponent_set;
      s.exponents = exponents_of(Rule{});
    } else if constexpr (std::same_as<Rule, scale::pow2::any>) {
      s.rule = rule.rule;
    } else {
      s.rule = any_rule<Rule>();
    }
    return s;
  }
};

template <scale::norm Norm, int Grid, int MaxShrink, class Stored>
struct any_scale_of<scale::mse<Norm, Grid, MaxShrink, Stored>> {
  static any_scale make(scale::mse<Norm, Grid, MaxShrink, Stored> rule) {
    any_scale s = made<decltype(rule)>(any_scale::kind::mse);
    s.norm = Norm;
    s.grid = Grid;
    s.steps = rule.steps;
    return s;
  }
};

template <int Num, int Den, class Stored>
struct any_scale_of<scale::percentile<Num, Den, Stored>> {
  static any_scale make(scale::percentile<Num, Den, Stored> rule) {
    any_scale s = made<decltype(rule)>(any_scale::kind::percentile);
    s.numerator = Num;
    s.denominator = Den;
    return s;
  }
};

template <class Stored>
struct any_scale_of<scale::deviation<Stored>> {
  static any_scale make(scale::deviation<Stored> rule) { return made<decltype(rule)>(any_scale::kind::deviation); }
};

template <class Stored>
struct any_scale_of<scale::fixed_as<Stored>> {
  static any_scale make(scale::fixed_as<Stored> rule) {
    any_scale s = made<decltype(rule)>(any_scale::kind::fixed);
    s.fixed = rule.scale;
    return s;
  }
};

template <class Stored>
struct any_scale_of<scale::minmax<Stored>> {
  static any_scale make(scale::minmax<Stored> rule) { return made<decltype(rule)>(any_scale::kind::minmax); }
};

template <class Stored>
struct any_scale_of<scale::offset<Stored>> {
  static any_scale make(scale::offset<Stored> rule) { return made<decltype(rule)>(any_scale::kind::offset); }
};

template <class Stored>
struct any_scale_of<scale::signed_absmax<Stored>> {
  static any_scale make(scale::signed_absmax<Stored>) {
    return made<scale::signed_absmax<Stored>>(any_scale::kind::signed_absmax);
  }
};

template <class Rule, class Convention>
struct any_scale_of<scale::follow<Rule, Convention>> {
  static any_scale make(scale::follow<Rule, Convention> const& rule) {
    any_scale s = any_scale_of<Rule>::make(rule);
    s.convention = Convention::choice;
    return s;
  }
};

template <class Rule>
struct any_scale_of<scale::clamped<Rule>> {
  static any_scale make(scale::clamped<Rule> const& rule) {
    any_scale s = any_scale_of<Rule>::make(rule);
    s.clamped = true;
    return s;
  }
};

template <class Inner, class Boxes, class Outer>
struct any_scale_of<scale::two_level<Inner, Boxes, Outer>> {
  static any_scale make(scale::two_level<Inner, Boxes, Outer>) {
    using kind = any_outer::kind;
    static_assert(std::same_as<Outer, scale::outer::full_range> || std::same_as<Outer, scale::outer::unit> ||
                      std::same_as<Outer, scale::outer::fireq_prescale>,
                  "lowp: this outer rule has no run-time twin");
    any_scale s = any_scale_of<Inner>::make({});
    s.outer = any_outer{std::same_as<Outer, scale::outer::full_range> ? kind::full_range
                        : std::same_as<Outer, scale::outer::unit>     ? kind::unit
                                                                      : kind::fireq_prescale,
                        any_granularity_of<Boxes>()};
    return s;
  }
};

}  // namespace detail

/// The twin of scheme S, whose rounding policy and scale rule have that state.
template <Scheme S>
any_scheme as_any_scheme(typename S::rounding rounding = {}, typename S::scale_rule rule = {}) {
  return {any_format::of<typename S::element>(), detail::any_granularity_of<typename S::granularity>(),
          detail::any_scale_of<typename S::scale_rule>::make(rule), rounding, typename S::overflow{}};
}

}  // namespace lowp::inline LOWP_ABI
