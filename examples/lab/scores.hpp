// SPDX-License-Identifier: Apache-2.0
//
// How good answers are: against the labels, and against the answers of the network in float.
#pragma once

#include <cstddef>
#include <optional>

#include "network.hpp"

namespace lab {

struct scores {
  std::size_t items = 0;
  std::optional<double> accuracy = std::nullopt;  ///< share of the items whose largest logit is the label's
  std::optional<double> nll = std::nullopt;       ///< mean negative log likelihood of the label, in nats
  double kl = 0;          ///< mean Kullback-Leibler divergence from the reference's probabilities, in nats
  double agreement = 0;   ///< share of the items with the reference's first choice
  std::size_t flips = 0;  ///< items with another first choice than the reference
  double mean_shift = 0;  ///< mean absolute change of the first choice's probability (a detector: of its probability)

  std::optional<double> perplexity() const;  ///< exp of nll
};

/// Softmax and logarithms in double. Requires `a` and `reference` to answer the same items (the shorter count decides).
scores score(answers const& a, answers const& reference);

}  // namespace lab
