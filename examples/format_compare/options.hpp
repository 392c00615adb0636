// SPDX-License-Identifier: Apache-2.0
//
// The command line.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "examination.hpp"
#include "present/terminal.hpp"

namespace format_compare {

using namespace present;

enum class choice { yes, no };

struct options {
  enum class action { compare, help, list_formats, version };
  action what = action::compare;
  std::string file;  ///< empty: the bundled network
  std::vector<std::string> formats;
  std::vector<std::string> granularities;
  std::string scale = "f32";
  std::vector<std::string> tensors;  ///< empty: all
  image_files images;
  choice accuracy = choice::yes;
  choice network = choice::yes;
  choice throughput = choice::yes;
  choice verbose = choice::no;
  std::size_t threads = 0;  ///< 0: as many as the machine has
  std::string json;         ///< empty: none; "-": standard output, in place of the tables
  color_choice color = color_choice::automatic;
};

/// Reads the arguments after the program's name.
///
/// Errors   usage_error.
options parse_options(std::span<char const* const> arguments);

std::string help_text();

/// The formats and recipes that have a name, a line each.
std::string list_of_formats(terminal const& t);

}  // namespace format_compare
