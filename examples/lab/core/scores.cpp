// SPDX-License-Identifier: Apache-2.0
#include "scores.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace lab {
namespace {

/// Logarithms of the probabilities, and which is the largest (the first of several).
struct beliefs {
  std::vector<double> logs;
  std::size_t first = 0;

  void read(std::span<float const> logits) {
    first = static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    auto const largest = static_cast<double>(logits[first]);
    double sum = 0;
    for (float const l : logits) {
      sum += std::exp(static_cast<double>(l) - largest);
    }
    double const log_sum = std::log(sum);
    logs.resize(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
      logs[i] = static_cast<double>(logits[i]) - largest - log_sum;
    }
  }
};

}  // namespace

std::optional<double> scores::perplexity() const { return nll ? std::optional(std::exp(*nll)) : std::nullopt; }

scores score(answers const& a, answers const& reference) {
  scores out;
  out.items = std::min(a.items(), reference.items());
  if (out.items == 0) {
    return out;
  }
  std::size_t const classes = std::min(a.classes, reference.classes);
  bool const labelled = a.labels.size() >= out.items;
  std::size_t right = 0;
  double nll = 0;
  beliefs mine;
  beliefs theirs;
  for (std::size_t i = 0; i < out.items; ++i) {
    mine.read(std::span(a.logits).subspan(i * a.classes, classes));
    theirs.read(std::span(reference.logits).subspan(i * reference.classes, classes));
    if (labelled) {
      auto const label = static_cast<std::size_t>(a.labels[i]);
      right += mine.first == label ? 1 : 0;
      nll -= label < classes ? mine.logs[label] : 0.0;
    }
    double kl = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      double const p = std::exp(theirs.logs[c]);
      kl += p > 0.0 ? p * (theirs.logs[c] - mine.logs[c]) : 0.0;
    }
    out.kl += kl;
    out.flips += mine.first != theirs.first ? 1 : 0;
    out.mean_shift += std::abs(std::exp(mine.logs[theirs.first]) - std::exp(theirs.logs[theirs.first]));
  }
  auto const n = static_cast<double>(out.items);
  if (labelled) {
    out.accuracy = static_cast<double>(right) / n;
    out.nll = nll / n;
  }
  out.kl = std::max(out.kl / n, 0.0);  // rounding may leave a little less than nothing
  out.agreement = 1.0 - static_cast<double>(out.flips) / n;
  out.mean_shift /= n;
  return out;
}

}  // namespace lab
