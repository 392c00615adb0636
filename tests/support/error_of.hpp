// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/error.hpp>

#include "support/catch.hpp"

namespace lowp_test {

/// The lowp::error that `f` raises; without one the test case ends.
template <class F>
lowp::error error_of(F&& f) {
  try {
    f();
  } catch (lowp::error const& e) {
    return e;
  }
  FAIL("no error was raised");
  throw;  // not reached
}

}  // namespace lowp_test
