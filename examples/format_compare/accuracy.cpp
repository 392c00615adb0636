// SPDX-License-Identifier: Apache-2.0
#include "accuracy.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>

#include <lowp/base/error.hpp>
#include <lowp/policy/nan.hpp>
#include <lowp/quant/any_quantize.hpp>

#include "terminal.hpp"

namespace format_compare {

namespace {

/// The FP32 scale above the stored ones: the greatest magnitude becomes max(element) * max(scale).
float outer_scale_of(treatment const& t, weight_matrix const& w) {
  if (t.outer == outer_scale::none) {
    return 1.0F;
  }
  float greatest = 0;
  for (float const x : w.values) {
    greatest = std::isfinite(x) ? std::max(greatest, std::fabs(x)) : greatest;
  }
  float const scale = greatest / (t.scheme.element.facts().max * t.scheme.scale.stored->facts().max);
  return std::max(scale, std::numeric_limits<float>::min());
}

std::vector<float> multiplied(std::vector<float> values, float factor) {
  if (factor != 1.0F) {
    for (float& x : values) {
      x *= factor;
    }
  }
  return values;
}

/// The share of the weights that were clipped to the format's range. `input` is what `q` was made from.
double clipped_share(lowp::matrix_view<float const> input, lowp::any_quantized_matrix const& q) {
  lowp::block_shape const block = q.block();
  std::size_t clipped = 0;
  for (std::size_t i = 0; i < input.rows(); ++i) {
    for (std::size_t j = 0; j < input.cols(); ++j) {
      float const quotient = input(i, j) / q.block_scale(i / block.rows, j / block.cols);
      bool const beyond =
          std::isfinite(quotient) && q.scheme().element.rounds_out_of_range(lowp::exact::from(quotient));
      clipped += beyond ? 1U : 0U;
    }
  }
  return static_cast<double>(clipped) / static_cast<double>(input.size());
}

struct treated {
  outcome figures;
  std::vector<float> values;
};

treated treat(treatment const& t, weight_matrix const& w) {
  float const outer = outer_scale_of(t, w);
  std::vector<float> const scaled = outer == 1.0F ? std::vector<float>() : [&] {
    std::vector<float> divided = w.values;
    for (float& x : divided) {
      x /= outer;
    }
    return divided;
  }();
  lowp::matrix_view<float const> const input(outer == 1.0F ? w.values.data() : scaled.data(), w.rows, w.cols);

  auto const q = lowp::quantize(t.scheme, input, lowp::nan::zero{});
  std::vector<float> values(w.values.size());
  lowp::dequantize_into(q, lowp::matrix_view<float>(values.data(), w.rows, w.cols));
  values = multiplied(std::move(values), outer);

  double const outer_bits = t.outer == outer_scale::none ? 0.0 : 32.0 / static_cast<double>(w.values.size());
  treated out{{q.bits_per_element() + outer_bits, lowp::compare_values(w.values, values)}, {}};
  out.figures.stats.share_saturated = clipped_share(input, q);
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

/// Threads that are joined whatever happens. (std::jthread is not in every standard library yet.)
class crew {
 public:
  crew() = default;
  ~crew() {
    for (std::thread& t : threads_) {
      t.join();
    }
  }
  crew(crew const&) = delete;
  crew& operator=(crew const&) = delete;

  template <class Work>
  void hire(Work const& work) {
    threads_.emplace_back(std::cref(work));
  }

 private:
  std::vector<std::thread> threads_;
};

/// Calls work(i) for every i below n from several threads; the first exception comes back to the caller.
template <class Work>
void for_each_index(std::size_t n, std::size_t threads, Work const& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  auto const run = [&] {
    try {
      for (std::size_t i = next++; i < n; i = next++) {
        work(i);
      }
    } catch (...) {
      next = n;
      std::lock_guard const lock(failure_mutex);
      failure = failure ? failure : std::current_exception();
    }
  };
  {
    crew others;
    for (std::size_t i = 1; i < std::min(threads, n); ++i) {
      others.hire(run);
    }
    run();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
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
