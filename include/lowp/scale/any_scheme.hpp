// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/codec/any_format.hpp>
#include <lowp/policy/nan.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/granularity.hpp>
#include <lowp/scale/rule.hpp>
#include <lowp/scale/scheme.hpp>

namespace lowp::inline LOWP_ABI {

/// A scale rule chosen at run time.
struct any_scale {
  enum class kind : unsigned char { absmax, power_of_two };
  kind which = kind::absmax;
  scale::pow2::any rule = {};             ///< power_of_two: which
  std::optional<any_format> stored = {};  ///< nothing: float

  exact ideal(float greatest, format_facts const& element) const noexcept {
    return which == kind::absmax ? scale::absmax<float>::ideal(greatest, element)
                                 : scale::power_of_two<scale::pow2::any>{rule}.ideal(greatest, element);
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

template <class Rule>
scale::pow2::any any_rule() noexcept {
  using kind = scale::pow2::any::kind;
  if constexpr (std::same_as<Rule, scale::pow2::floor>) {
    return {kind::floor};
  } else if constexpr (std::same_as<Rule, scale::pow2::ceil>) {
    return {kind::ceil};
  } else if constexpr (std::same_as<Rule, scale::pow2::even>) {
    return {kind::even};
  } else {
    static_assert(std::same_as<Rule, scale::pow2::rceil>, "lowp: this power-of-two rule has no run-time twin");
    return {kind::rceil};
  }
}

template <class Rule>
struct any_scale_of;

template <class Stored>
std::optional<any_format> any_storage() {
  if constexpr (std::same_as<Stored, float>) {
    return std::nullopt;
  } else {
    return any_format::of<Stored>();
  }
}

template <class Stored>
struct any_scale_of<scale::absmax<Stored>> {
  static any_scale make() { return {any_scale::kind::absmax, {}, any_storage<Stored>()}; }
};

template <class Rule, class Stored>
struct any_scale_of<scale::power_of_two<Rule, Stored>> {
  static any_scale make() { return {any_scale::kind::power_of_two, any_rule<Rule>(), any_storage<Stored>()}; }
};

template <class G>
any_granularity any_granularity_of() noexcept {
  // An extent as large as this matrix means the whole axis.
  constexpr std::size_t whole = static_cast<std::size_t>(-1);
  block_shape const a = G{}.block(whole, whole);
  return {a.rows == whole ? 0 : a.rows, a.cols == whole ? 0 : a.cols};
}

}  // namespace detail

/// The twin of scheme S, whose rounding policy has the state `rounding`.
template <Scheme S>
any_scheme as_any_scheme(typename S::rounding rounding = {}) {
  return {any_format::of<typename S::element>(), detail::any_granularity_of<typename S::granularity>(),
          detail::any_scale_of<typename S::scale_rule>::make(), rounding, typename S::overflow{}};
}

}  // namespace lowp::inline LOWP_ABI
