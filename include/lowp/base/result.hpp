// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>

namespace lowp::inline LOWP_ABI {

/// A value, or the error that stood in its way: what the `try_` twins return.
///
/// Errors  `value()` on a failed result raises the stored error.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(lowp::error failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return checked(), *std::get_if<0>(&state_); }
  T const& value() const& { return checked(), *std::get_if<0>(&state_); }
  T&& value() && { return checked(), std::move(*std::get_if<0>(&state_)); }

  T& operator*() & { return value(); }
  T const& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  T const* operator->() const { return &value(); }

  /// Requires !has_value().
  lowp::error const& error() const { return *std::get_if<1>(&state_); }

 private:
  void checked() const {
    if (!has_value()) {
      detail::raise(error());
    }
  }

  std::variant<T, lowp::error> state_;
};

}  // namespace lowp::inline LOWP_ABI
