// SPDX-License-Identifier: Apache-2.0
//
// What a run has found out: plain numbers and text, for every report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../scores.hpp"

namespace lab {

enum class family { none, integer, floating, table };

/// What one operand of the products became.
struct operand {
  std::string scheme = {};  ///< empty: it stays float
  family kind = family::none;
  int bits = 32;
};

/// One treatment of one network.
struct measurement {
  std::string name;
  std::string section;
  operand weights = {};
  operand activations = {};
  operand cache = {};
  std::optional<std::size_t> only_layer = std::nullopt;
  std::string before = {};  ///< what the weights had gone through already
  bool calibrated = false;  ///< activations have one scale a layer, taken from other runs
  std::optional<scores> fake = std::nullopt;
  std::optional<scores> kernels = std::nullopt;
  std::optional<double> seconds_per_item = std::nullopt;  ///< through the kernels, on one thread
  double bits_per_weight = 32;
  std::size_t bytes = 0;
  double work = 0;                         ///< products an item, each times the bits of its two operands
  double sqnr_db = 0;                      ///< of all weights as one; infinite where they stay
  std::vector<double> layer_sqnr_db = {};  ///< infinite where a layer stays
  std::string problem = {};                ///< why there are no figures
  bool wins = false;                       ///< the best of its section and bits, where another family is among them

  /// The scores to show: those in float, or else those of the kernels.
  scores const* shown() const { return fake ? &*fake : kernels ? &*kernels : nullptr; }
};

struct suite_findings {
  std::string name;
  std::string purpose;
  std::vector<measurement> measurements;
};

/// Where the weights of a layer lie, and the values that a format has for them.
struct histogram {
  struct grid {
    std::string format;
    std::vector<double> values;  ///< of the layer's range, on its axis
  };
  std::string layer;
  double end = 0;                   ///< the axis goes from -end to end
  std::vector<std::size_t> counts;  ///< of equal bins
  std::vector<grid> grids;
};

struct layer_findings {
  std::string name;
  std::size_t outputs = 0;
  std::size_t inputs = 0;
  double peak = 0;             ///< greatest weight over their root mean square
  double activation_peak = 0;  ///< the same of what comes in; 0: nothing was shown
  double rows_per_item = 0;    ///< products of a row with the whole matrix
};

/// How a language model went on after a prompt.
struct tale {
  std::string name;  ///< of the treatment
  std::string text;  ///< the prompt in it
};

struct network_findings {
  std::string name;
  std::string inputs;
  std::string item;  ///< "image"; empty: weights alone
  std::size_t items = 0;
  std::size_t weights = 0;
  scores reference;  ///< in float; items == 0: it was shown nothing
  std::optional<double> reference_seconds = std::nullopt;
  std::vector<layer_findings> layers;
  std::vector<suite_findings> suites;
  std::vector<histogram> histograms;
  std::vector<tale> tales;
};

struct unavailable {
  std::string name;
  std::string reason;
};

struct findings {
  std::string command;
  std::uint64_t seed = 1;
  std::string rounding;
  std::string mode;
  std::string isa;  ///< empty where nothing was timed
  std::vector<network_findings> networks;
  std::vector<unavailable> absent;
  bool interrupted = false;
};

}  // namespace lab
