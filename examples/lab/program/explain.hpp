// SPDX-License-Identifier: Apache-2.0
//
// A format, drawn.
#pragma once

#include <span>
#include <string>

#include "present/terminal.hpp"

namespace lab {

/// The bits of the format with that name, its facts, its values, and where each of the numbers goes.
///
/// Errors   present::usage_error for a name that parse_format does not read, or a word that is no number.
std::string explanation(std::string const& format, std::span<std::string const> numbers, present::terminal const& t);

}  // namespace lab
