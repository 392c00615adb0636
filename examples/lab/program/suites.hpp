// SPDX-License-Identifier: Apache-2.0
//
// What the lab tries, by name.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "findings.hpp"

namespace lab {

/// One thing to try: the schemes as parse_scheme reads them, "" where floats stay.
struct trial {
  std::string section;  ///< rivals share one, and the bits of weights and activations
  std::string weights = {};
  std::string activations = {};
  std::string cache = {};
  std::string before = {};   ///< what the weights had gone through already
  std::string recoded = {};  ///< the format that weights take by a table: FireQ's
  enum class scales { dynamic, calibrated } activation_scales = scales::dynamic;
  std::optional<std::size_t> only_layer = std::nullopt;  ///< of the network; the others stay float
};

/// "int4/g128/f16 x int8/row".
std::string name_of(trial const& t);

struct suite {
  std::string name;
  std::string purpose;  ///< a line
};

std::span<suite const> suites();

/// Errors   present::usage_error for a name that no suite has.
void check_suite_name(std::string const& name);

/// What that suite tries on a network with these layers.
///
/// Requires  check_suite_name(name) to pass.
std::vector<trial> trials_of(std::string_view name, std::size_t layers);

/// The trials that --scheme spells: "weights x activations [x cache]".
///
/// Errors   present::usage_error.
std::vector<trial> parse_trials(std::span<std::string const> texts);

}  // namespace lab
