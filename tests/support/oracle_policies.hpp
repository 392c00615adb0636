// SPDX-License-Identifier: Apache-2.0
#pragma once

// Policies of the library as types, each with its meaning in the oracle, in a rotation over a list of formats.

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

#include "support/oracle.hpp"

namespace oracle {

/// A static policy pair of the library and what it is called here.
template <class Rounding, class Overflow>
struct static_policy {
  Rounding r;
  Overflow o;
  rounding theirs;
  overflow their_overflow;
};

/// Pair number I of 27: nine roundings (three of them stochastic, 16 bits) by three overflows, the rounding fastest.
template <std::size_t I>
constexpr auto rotated_policy() {
  namespace lr = lowp::rounding;
  namespace lo = lowp::overflow;
  constexpr std::uint32_t random = 40503;
  constexpr auto with_overflow = [](auto r, rounding theirs) {
    if constexpr (I / 9 % 3 == 0) {
      return static_policy<decltype(r), lo::saturate>{r, {}, theirs, overflow::saturate};
    } else if constexpr (I / 9 % 3 == 1) {
      return static_policy<decltype(r), lo::nonsaturating>{r, {}, theirs, overflow::nonsaturating};
    } else {
      return static_policy<decltype(r), lo::saturate_finite>{r, {}, theirs, overflow::saturate_finite};
    }
  };
  if constexpr (I % 9 == 0) return with_overflow(lr::nearest_even{}, rounding_mode::nearest_even);
  if constexpr (I % 9 == 1) return with_overflow(lr::nearest_away{}, rounding_mode::nearest_away);
  if constexpr (I % 9 == 2) return with_overflow(lr::toward_zero{}, rounding_mode::toward_zero);
  if constexpr (I % 9 == 3) return with_overflow(lr::up{}, rounding_mode::up);
  if constexpr (I % 9 == 4) return with_overflow(lr::down{}, rounding_mode::down);
  if constexpr (I % 9 == 5) return with_overflow(lr::to_odd{}, rounding_mode::to_odd);
  if constexpr (I % 9 == 6) {
    return with_overflow(lr::stochastic_given<lr::variant::a, 16>{random},
                         rounding::stochastic(variant::a, 16, random));
  }
  if constexpr (I % 9 == 7) {
    return with_overflow(lr::stochastic_given<lr::variant::b, 16>{random},
                         rounding::stochastic(variant::b, 16, random));
  }
  if constexpr (I % 9 == 8) {
    return with_overflow(lr::stochastic_given<lr::variant::c, 16>{random},
                         rounding::stochastic(variant::c, 16, random));
  }
}

/// Calls visit(entry, index) for every entry of a list of support/format_types.hpp; index is an integral_constant.
template <class List, class Visitor>
void for_each_indexed(const List& list, const Visitor& visit) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (visit(std::get<I>(list), std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<List>>{});
}

}  // namespace oracle
