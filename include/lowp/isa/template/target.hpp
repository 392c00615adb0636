// SPDX-License-Identifier: Apache-2.0
//
// A folder to copy for a new ISA. It compiles, and tests/isa/template_test.cpp runs it, but isa/list.hpp does not name it.
//
//   1. Copy the folder, rename the tag and the namespace after the instructions, not after a CPU.
//   2. Say below what the compiler must be told (the flags), whether this CPU can run it (a bit in kernel/cpu.hpp), and
//      whose kernels serve what this folder does not improve (the parent).
//   3. Specialise the slots of kernel/slots.hpp that it improves, one specialisation an operation, constrained by one concept.
//   4. Name the folder's headers and the tag, before its parent, in isa/list.hpp.
//   5. tests/isa then compares every kernel with the portable one, and fails where another one serves than is expected.
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/portable/target.hpp>

// What the compiler may use between LOWP_TARGET_BEGIN and LOWP_TARGET_END; empty here, so that any CPU runs it. Of an ISA
// with a parent: the parent's flags, and one's own.
//   #define LOWP_NEW_FLAGS "avx512f,...,newfeature"

namespace lowp::inline LOWP_ABI::isa {

/// One line: the instructions, and since which CPUs they are there.
struct skeleton {
  using parent = portable;
  static constexpr char const* name = "skeleton";
  /// Implies the parent's. Kernels never ask again.
  static bool available() noexcept { return portable::available(); }
};

}  // namespace lowp::inline LOWP_ABI::isa
