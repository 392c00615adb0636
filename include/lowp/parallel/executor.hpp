// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI {

/// A piece of work by number, borrowed from the caller: copy it freely while the call that got it has not returned.
class task_ref {
 public:
  template <class F>
    requires(!std::same_as<F, task_ref>)
  task_ref(F const& f)
  noexcept  // NOLINT(google-explicit-constructor): borrowed like a span
      : object_(&f), call_([](void const* object, std::size_t i) { (*static_cast<F const*>(object))(i); }) {}

  void operator()(std::size_t i) const { call_(object_, i); }

 private:
  void const* object_;
  void (*call_)(void const*, std::size_t);
};

/// An executor runs the tasks 0 .. count - 1, each once, in any order and on any threads, and returns when all are done:
///   void operator()(std::size_t count, task_ref task) const
/// A lambda will do. Results do not depend on what it does.
template <class E>
concept Executor = std::invocable<E const&, std::size_t, task_ref>;

/// One after the other on the calling thread.
struct serial {
  void operator()(std::size_t count, task_ref task) const {
    for (std::size_t i = 0; i < count; ++i) {
      task(i);
    }
  }
};

}  // namespace lowp::inline LOWP_ABI
