// SPDX-License-Identifier: Apache-2.0
//
// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "present/terminal.hpp"

namespace lab {

/// How the products are computed.
enum class computation {
  fake,     ///< in float, operands rounded to their schemes
  kernels,  ///< by pack and gemm; only the pairs of schemes that the lab compiled kernels for
  both      ///< quality in float, and where there are kernels quality and time through them
};

struct options {
  enum class action { run, list_formats, list_schemes, list_suites, explain, version, help };
  action what = action::run;
  std::vector<std::string> networks;  ///< names, or files of weights; empty: every one that is there
  std::string data;                   ///< the folder of the networks that are not bundled
  std::vector<std::string> suites;
  std::vector<std::string> schemes;  ///< "weights x activations [x cache]"
  std::string prompt;                ///< empty: no story is told
  std::optional<std::size_t> items;
  double calibration = 0.1;  ///< share of the items that static scales are taken from
  std::string rounding = "nearest_even";
  std::uint64_t seed = 1;
  std::size_t threads = 0;  ///< 0: as many as the machine has
  std::string isa;          ///< empty: the best
  enum class effort { full, quick };
  effort pace = effort::full;
  computation mode = computation::both;
  std::string html;  ///< empty: none
  std::string json;  ///< empty: none; "-": standard output, in place of the tables
  std::string csv;   ///< as json
  present::color_choice color = present::color_choice::automatic;
  std::string format;                  ///< of explain
  std::vector<std::string> explained;  ///< numbers of explain
  std::string text;                    ///< of help
};

/// Reads the arguments after the program's name.
///
/// Errors   present::usage_error.
options parse_options(std::span<char const* const> arguments);

}  // namespace lab
