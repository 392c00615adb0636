// SPDX-License-Identifier: Apache-2.0
//
// What there is, by name.
#pragma once

#include <string>

#include "present/terminal.hpp"

namespace lab {

std::string list_of_formats(present::terminal const& t);
std::string list_of_schemes(present::terminal const& t);
std::string list_of_suites(present::terminal const& t);

}  // namespace lab
