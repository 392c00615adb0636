// SPDX-License-Identifier: Apache-2.0
//
// Findings as text, JSON, CSV and a page.
#pragma once

#include <string>

#include "findings.hpp"
#include "present/terminal.hpp"

namespace lab {

/// The tables of one network.
std::string network_text(network_findings const& n, present::terminal const& t);

/// What is to be said at the end: networks that were not there, an interruption, what the marks mean.
std::string closing_text(findings const& f, present::terminal const& t);

std::string json_text(findings const& f);
std::string csv_text(findings const& f);

/// One file that needs nothing from outside.
std::string html_text(findings const& f);

/// "integer", "float", "table"; "" where floats stay.
std::string name_of(family kind);

}  // namespace lab
