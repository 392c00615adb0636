// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::isa {

/// Plain C++: runs everywhere and says what every other ISA must compute, bit for bit.
struct portable {
  static constexpr char const* name = "portable";
  static bool available() noexcept { return true; }
};

}  // namespace lowp::inline LOWP_ABI::isa
