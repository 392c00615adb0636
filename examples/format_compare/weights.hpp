// SPDX-License-Identifier: Apache-2.0
//
// The weight matrices of a file.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <lowp/base/view.hpp>
#include <lowp/io/safetensors.hpp>

namespace format_compare {

/// A tensor of two or more axes, seen as a matrix: rows are its first axis (output channels), columns all the others.
struct weight_matrix {
  std::string name;
  std::string dtype;
  std::vector<std::size_t> shape;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> values;
  std::size_t nan_count = 0;
  std::size_t infinity_count = 0;
  double peak = 0;  ///< greatest magnitude over the standard deviation, of the finite elements

  lowp::matrix_view<float const> view() const { return {values.data(), rows, cols}; }
};

struct left_out {
  std::string name;
  std::string reason;
};

struct weight_set {
  std::vector<weight_matrix> matrices;  ///< in the file's order
  std::vector<left_out> others;         ///< what stays as it is

  std::size_t size() const;
};

/// The floating-point tensors of at least two axes; of those, the ones that match a name in `only`, unless it is empty.
/// Names may hold '*'.
///
/// Errors   usage_error for a name that matches nothing or no weight matrix; lowp::error for data that cannot be read.
weight_set weights_of(lowp::safetensors::file const& file, std::span<std::string const> only);

}  // namespace format_compare
