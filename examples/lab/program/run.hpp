// SPDX-License-Identifier: Apache-2.0
//
// A network through a list of suites.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../network.hpp"
#include "../networks/stories.hpp"
#include "findings.hpp"
#include "options.hpp"
#include "suites.hpp"

namespace lab {

struct named_trials {
  suite what;
  std::vector<trial> trials;
};

struct run_settings {
  std::size_t items = 0;
  double calibration = 0.1;
  std::string rounding;
  std::uint64_t seed = 1;
  std::size_t threads = 1;
  std::size_t isa = 0;  ///< as position_of_isa says
  computation mode = computation::both;
  std::atomic<bool> const* stop = nullptr;  ///< set from outside: come to an end
};

/// Lets the model go on after `prompt` in float32 and in every treatment, always with the likeliest token.
///
/// Errors    as run.
std::vector<tale> tell(stories const& model, std::string const& prompt, std::vector<trial> const& trials,
                       run_settings const& settings);

/// Tries everything on the network. What was not finished when `stop` came is left out.
///
/// Errors    present::usage_error for a scheme that parse_scheme does not read. What a treatment itself complains of stands
///           in its measurement.
/// Exact     the figures, but for the seconds, depend on neither threads nor ISA.
network_findings run(network const& net, std::vector<named_trials> const& what, run_settings const& settings);

}  // namespace lab
