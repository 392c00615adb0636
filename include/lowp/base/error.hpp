// SPDX-License-Identifier: Apache-2.0
//
// What every failed check throws. A message names the argument, the axis and the index.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI {

enum class error_code {
  shape,      ///< two extents that must agree do not
  size,       ///< a buffer holds too few or too many elements
  alignment,  ///< a pointer, an offset or a stride is not a multiple of what it must be
  overlap,    ///< input and output share memory
  value,      ///< an element that the format cannot hold (a NaN without a home), or a scale out of range
  name,       ///< a format, scheme or tensor name that nobody knows
  syntax,     ///< text or a file that breaks its own grammar
  io,         ///< a file that cannot be opened, read or written
  layout,     ///< a packed matrix that was made for other kernels or another format
};

/// A failed check.
///
/// Meaning  `argument` is the parameter's name as the declaration spells it, `axis` the axis of it (0 = rows; -1 where
///          no axis is meant), `index` the offending position (no_index where none is meant).
class error : public std::invalid_argument {
 public:
  static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

  error(error_code code, std::string argument, int axis, std::size_t index, std::string const& message)
      : std::invalid_argument(message), code_(code), argument_(std::move(argument)), axis_(axis), index_(index) {}
  error(error_code code, std::string argument, std::string const& message)
      : error(code, std::move(argument), -1, no_index, message) {}

  error_code code() const noexcept { return code_; }
  std::string const& argument() const noexcept { return argument_; }
  int axis() const noexcept { return axis_; }
  std::size_t index() const noexcept { return index_; }

 private:
  error_code code_;
  std::string argument_;
  int axis_;
  std::size_t index_;
};

/// Called instead of a throw where the unit is built with -fno-exceptions. It must not return.
using error_handler = void (*)(error const&);

namespace detail {

[[noreturn]] inline void print_and_abort(error const& e) {
  std::fprintf(stderr, "lowp: %s\n", e.what());
  std::abort();
}

inline error_handler& current_error_handler() noexcept {
  static error_handler handler = &print_and_abort;
  return handler;
}

/// Throws `e`, or hands it to the error handler in a build without exceptions.
[[noreturn]] inline void raise(error const& e) {
#if LOWP_HAS_EXCEPTIONS
  throw e;
#else
  current_error_handler()(e);
  std::abort();
#endif
}

}  // namespace detail

/// Replaces the handler used by builds without exceptions; returns the one before it. nullptr restores the default
/// (print and abort). Builds with exceptions never call it.
inline error_handler set_error_handler(error_handler handler) noexcept {
  error_handler const before = detail::current_error_handler();
  detail::current_error_handler() = handler != nullptr ? handler : &detail::print_and_abort;
  return before;
}

}  // namespace lowp::inline LOWP_ABI
