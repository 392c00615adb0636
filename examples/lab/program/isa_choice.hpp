// SPDX-License-Identifier: Apache-2.0
//
// An instruction set chosen by name.
#pragma once

#include <cstddef>
#include <string>

namespace lab {

/// Where an instruction set stands in lowp's list; what `pinned` takes.
///
/// Errors   present::usage_error for a name that no kernel has or that this CPU lacks. "" is the best there is.
std::size_t position_of_isa(std::string const& name);

/// Keeps this thread to the instruction set at that position.
void pin_this_thread(std::size_t position);

/// The one that serves this thread.
std::string isa_of_this_thread();

}  // namespace lab
