// SPDX-License-Identifier: Apache-2.0
#include "weights.hpp"

#include <algorithm>
#include <cmath>

#include "present/spelling.hpp"

namespace format_compare {

using namespace present;

namespace {

bool holds_numbers_to_quantize(lowp::safetensors::dtype type) {
  using lowp::safetensors::dtype;
  switch (type) {
    case dtype::f4:
    case dtype::f6_e2m3:
    case dtype::f6_e3m2:
    case dtype::f8_e5m2:
    case dtype::f8_e4m3:
    case dtype::f8_e4m3fnuz:
    case dtype::f8_e5m2fnuz:
    case dtype::f16:
    case dtype::bf16:
    case dtype::f32:
    case dtype::f64:
      return true;
    default:
      return false;
  }
}

/// Why a tensor is not quantized; empty if it is.
std::string objection(lowp::safetensors::tensor const& t) {
  if (!holds_numbers_to_quantize(t.type)) {
    return t.dtype_name + " elements are no real weights";
  }
  if (t.shape.size() < 2) {
    return t.shape.empty() ? "a single number" : "one axis (a bias or a gain)";
  }
  return t.size() == 0 ? "no elements" : "";
}

void take_statistics(weight_matrix& w) {
  double sum = 0;
  double squares = 0;
  double greatest = 0;
  std::size_t finite = 0;
  for (float const x : w.values) {
    w.nan_count += std::isnan(x) ? 1U : 0U;
    w.infinity_count += std::isinf(x) ? 1U : 0U;
    if (std::isfinite(x)) {
      double const value = x;
      sum += value;
      squares += value * value;
      greatest = std::max(greatest, std::fabs(value));
      ++finite;
    }
  }
  if (finite != 0) {
    auto const n = static_cast<double>(finite);
    double const variance = std::max(0.0, squares / n - (sum / n) * (sum / n));
    w.peak = variance > 0 ? greatest / std::sqrt(variance) : 0.0;
  }
}

weight_matrix matrix_of(lowp::safetensors::tensor const& t) {
  weight_matrix w{t.name, t.dtype_name, t.shape, t.shape[0], t.size() / t.shape[0], lowp::safetensors::to_float(t)};
  take_statistics(w);
  return w;
}

bool is_chosen(std::string const& name, std::span<std::string const> only) {
  return only.empty() ||
         std::any_of(only.begin(), only.end(), [&](std::string const& pattern) { return matches(pattern, name); });
}

/// A pattern must match at least one weight matrix.
void check_name(lowp::safetensors::file const& file, std::string const& pattern) {
  std::vector<std::string> names;
  std::string refused;
  for (auto const& t : file.tensors()) {
    std::string const reason = objection(t);
    bool const matched = matches(pattern, t.name);
    if (matched && reason.empty()) {
      return;
    }
    refused = matched ? reason : refused;
    if (reason.empty()) {
      names.push_back(t.name);
    }
  }
  if (!refused.empty()) {
    throw usage_error("--tensor: '" + pattern + "' is not quantized: " + refused +
                      "; expected a floating-point tensor of two or more axes");
  }
  std::string const expected =
      names.size() <= 6 ? joined(names) : "its " + std::to_string(names.size()) + " weight matrices";
  throw usage_error("--tensor: the file has no tensor '" + pattern + "', expected one of " + expected +
                    did_you_mean(pattern, names));
}

}  // namespace

std::size_t weight_set::size() const {
  std::size_t sum = 0;
  for (weight_matrix const& w : matrices) {
    sum += w.values.size();
  }
  return sum;
}

weight_set weights_of(lowp::safetensors::file const& file, std::span<std::string const> only) {
  for (std::string const& pattern : only) {
    check_name(file, pattern);
  }
  weight_set out;
  for (auto const& t : file.tensors()) {
    std::string const reason = objection(t);
    if (reason.empty() && is_chosen(t.name, only)) {
      out.matrices.push_back(matrix_of(t));
    } else {
      out.others.push_back({t.name, reason.empty() ? "not chosen" : reason});
    }
  }
  if (out.matrices.empty()) {
    throw usage_error("the file has no floating-point tensor of two or more axes: nothing to quantize");
  }
  return out;
}

}  // namespace format_compare
