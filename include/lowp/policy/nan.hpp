// SPDX-License-Identifier: Apache-2.0
//
// What quantize does with a NaN in a tensor when the element format has no NaN. (Where it has one, a NaN becomes it.)
#pragma once

#include <concepts>
#include <cstdint>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::nan {

enum class action : std::uint8_t { raise, zero, as_cast };

/// An error that names row and column, before anything is written. The default.
struct error {
  static constexpr action choice = action::raise;
};

/// The code of 0.
struct zero {
  static constexpr action choice = action::zero;
};

/// What cast gives: +max in a minifloat, 0 in an integer.
struct as_cast {
  static constexpr action choice = action::as_cast;
};

}  // namespace lowp::inline LOWP_ABI::nan

namespace lowp::inline LOWP_ABI {

/// A NaN policy has one member: nan::action choice.
template <class N>
concept NanPolicy = requires {
  { N::choice } -> std::convertible_to<nan::action>;
};

}  // namespace lowp::inline LOWP_ABI
