// SPDX-License-Identifier: Apache-2.0
//
// Who wins where: INT against FP at equal bits.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "accuracy.hpp"

namespace format_compare {

/// The format with the highest SQNR among those of equal bits at one granularity.
struct win {
  std::size_t tensor = all_tensors;  ///< position in weight_set::matrices
  int bits = 0;
  std::string granularity;
  std::string winner;
  std::string rival;  ///< the best format of another family; if there is only one family, the second best
  double sqnr_db = 0;
  double lead_db = 0;  ///< over the rival; 0: both are equally good, and nobody wins

  bool is_tie() const noexcept { return lead_db == 0; }

  static constexpr std::size_t all_tensors = static_cast<std::size_t>(-1);
};

/// For every number of bits that at least two formats have, every granularity, every tensor and all of them together.
/// Recipes do not take part: their scales differ.
std::vector<win> wins(std::span<treatment_result const> results, std::size_t tensors);

}  // namespace format_compare
