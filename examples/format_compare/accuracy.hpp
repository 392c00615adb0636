// SPDX-License-Identifier: Apache-2.0
//
// Table 1: what each treatment does to the weights, and to the network's answers.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <lowp/measure/error_stats.hpp>

#include "treatment.hpp"
#include "weights.hpp"

namespace format_compare {

/// How well a network answers.
struct grade {
  double top1 = 0;           ///< share of the inputs whose first answer is right
  double nll = 0;            ///< mean negative log-likelihood of the right answer, in nats
  std::string problem = {};  ///< why it did not answer; empty if it did
};

/// A network that the weights belong to.
struct examination {
  /// The grade with these values in place of the weight matrices, in the order of weight_set::matrices. Called from
  /// several threads at once.
  std::function<grade(std::span<std::vector<float> const>)> run;
  std::string images;  ///< what it is shown, for a reader
  double cost = 0;     ///< how many weights could be quantized in the time of one run: for the progress bar
};

/// One treatment of one tensor, or of all of them taken as one.
struct outcome {
  double bits_per_weight = 0;  ///< scales included
  lowp::error_stats stats;
  std::string problem = {};  ///< why there are no figures; empty if there are

  double sqnr_db() const;
};

struct treatment_result {
  treatment what;
  std::vector<outcome> tensors;  ///< one a matrix
  outcome all;
  std::optional<grade> network;
};

struct accuracy {
  std::vector<treatment_result> results;  ///< in the order of the treatments
  std::optional<grade> reference;         ///< of the network as it is in the file
};

/// Measures every treatment, `threads` at a time. The figures do not depend on the number of threads.
accuracy measure_accuracy(weight_set const& weights, std::span<treatment const> treatments,
                          std::optional<examination> const& network, std::size_t threads);

}  // namespace format_compare
