// SPDX-License-Identifier: Apache-2.0
#include "accuracy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <lowp/base/error.hpp>
#include <lowp/measure/compare.hpp>
#include <lowp/policy/nan.hpp>
#include <lowp/quant/any_quantize.hpp>

#include "present/for_each_index.hpp"
#include "present/terminal.hpp"

namespace format_compare {

using namespace present;

namespace {

struct treated {
  outcome figures;
  std::vector<float> values;
};

treated treat(treatment const& t, weight_matrix const& w) {
  lowp::matrix_view<float const> const input(w.values.data(), w.rows, w.cols);
  auto const q = lowp::quantize(t.scheme, input, lowp::nan::zero{});
  std::vector<float> values(w.values.size());
  lowp::dequantize_into(q, lowp::matrix_view<float>(values.data(), w.rows, w.cols));
  lowp::comparison const measured = lowp::compare_quantized(input, q);
  treated out{{measured.bits_per_element, measured.stats}, {}};
  out.values = std::move(values);
  return out;
}

/// Means over all weights from the means over each tensor.
outcome joined_outcome(std::span<outcome const> tensors, std::span<weight_matrix const> weights) {
  outcome all;
  double elements = 0;
  double nonzero = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    outcome const& part = tensors[i];
    if (!part.problem.empty()) {
      all.problem = shown(weights[i].name, 40) + ": " + part.problem;
      return all;
    }
    auto const n = static_cast<double>(part.stats.count);
    auto const size = static_cast<double>(weights[i].values.size());
    auto const zeros = static_cast<double>(std::count(weights[i].values.begin(), weights[i].values.end(), 0.0F));
    all.bits_per_weight += part.bits_per_weight * size;
    all.stats.count += part.stats.count;
    all.stats.not_finite += part.stats.not_finite;
    all.stats.signal_power += part.stats.signal_power * n;
    all.stats.mse += part.stats.mse * n;
    all.stats.bias += part.stats.bias * n;
    all.stats.share_saturated += part.stats.share_saturated * n;
    all.stats.share_to_zero += part.stats.share_to_zero * (n - zeros);
    all.stats.max_error = std::max(all.stats.max_error, part.stats.max_error);
    all.stats.max_reference = std::max(all.stats.max_reference, part.stats.max_reference);
    elements += size;
    nonzero += n - zeros;
  }
  auto const n = static_cast<double>(std::max<std::size_t>(all.stats.count, 1));
  all.bits_per_weight /= elements;
  all.stats.signal_power /= n;
  all.stats.mse /= n;
  all.stats.bias /= n;
  all.stats.share_saturated /= n;
  all.stats.share_to_zero = nonzero > 0 ? all.stats.share_to_zero / nonzero : 0.0;
  return all;
}

treatment_result measure(treatment const& t, weight_set const& weights, std::optional<examination> const& network,
                         progress& bar) {
  treatment_result r{t, {}, {}, {}};
  std::vector<std::vector<float>> values;
  for (weight_matrix const& w : weights.matrices) {
    try {
      treated done = treat(t, w);
      r.tensors.push_back(std::move(done.figures));
      if (network) {
        values.push_back(std::move(done.values));
      }
    } catch (lowp::error const& e) {  // a scale that its stored type cannot hold
      r.tensors.push_back({0, {}, e.what()});
    }
    bar.advance(static_cast<double>(w.values.size()));
  }
  r.all = joined_outcome(r.tensors, weights.matrices);
  if (network) {
    if (r.all.problem.empty()) {
      r.network = network->run(values);
    }
    bar.advance(network->cost);
  }
  return r;
}

}  // namespace

double outcome::sqnr_db() const { return problem.empty() ? stats.sqnr_db() : std::numeric_limits<double>::quiet_NaN(); }

accuracy measure_accuracy(weight_set const& weights, std::span<treatment const> treatments,
                          std::optional<examination> const& network, std::size_t threads) {
  accuracy out;
  for (treatment const& t : treatments) {
    out.results.push_back({t, {}, {}, {}});
  }
  double const exam = network ? network->cost : 0.0;
  progress bar("comparing formats",
               (static_cast<double>(weights.size()) + exam) * static_cast<double>(treatments.size()) + exam);
  // Task 0 is the network as it is.
  for_each_index(treatments.size() + 1, threads, [&](std::size_t i) {
    if (i != 0) {
      out.results[i - 1] = measure(treatments[i - 1], weights, network, bar);
    } else if (network) {
      std::vector<std::vector<float>> values;
      for (weight_matrix const& w : weights.matrices) {
        values.push_back(w.values);
      }
      out.reference = network->run(values);
      bar.advance(exam);
    }
  });
  return out;
}

}  // namespace format_compare
