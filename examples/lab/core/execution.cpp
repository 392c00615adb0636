// SPDX-License-Identifier: Apache-2.0
#include "execution.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <lowp/calibrate/minmax_observer.hpp>

#include "crew.hpp"
#include "float_product.hpp"
#include "kernels.hpp"
#include "operands.hpp"

namespace lab {
namespace {

constexpr std::size_t rows_of_a_task = 64;

// Products that take less than some tenths of a millisecond are not worth waking a thread: on a busy machine it comes late.
constexpr std::size_t least_shared_work = std::size_t{1} << 22U;

/// What every execution does: it has threads, and a cache that may be quantized.
class execution : public products {
 public:
  execution(network const& net, treatment const& t, std::size_t threads)
      : net_(net), crew_(std::max<std::size_t>(threads, 1)) {
    if (t.cache) {
      cache_ = by_rows(*t.cache);
    }
  }

  void keep(std::span<float> row) override {
    if (cache_) {
      round_trip(*cache_, {row.data(), 1, row.size()});
    }
  }

 protected:
  network const& net() const noexcept { return net_; }

  /// Who multiplies `rows` rows by the weights of layer `index`.
  crew const& threads_for(std::size_t rows, std::size_t index) const noexcept {
    layer const& l = net_.layers()[index];
    return rows * l.inputs * l.outputs < least_shared_work ? alone_ : crew_;
  }

  /// Calls work(first, count) for portions of `rows` rows.
  template <class Work>
  void in_portions(std::size_t rows, std::size_t index, Work const& work) const {
    threads_for(rows, index)((rows + rows_of_a_task - 1) / rows_of_a_task, [&](std::size_t task) {
      std::size_t const first = task * rows_of_a_task;
      work(first, std::min(rows_of_a_task, rows - first));
    });
  }

 private:
  network const& net_;
  crew crew_;
  crew alone_{1};
  std::optional<lowp::any_scheme> cache_;
};

lowp::matrix_view<float const> rows_of(lowp::matrix_view<float const> x, std::size_t first, std::size_t count) {
  return {x.data() + first * x.row_stride(), count, x.cols(), x.row_stride()};
}
lowp::matrix_view<float> rows_of(lowp::matrix_view<float> x, std::size_t first, std::size_t count) {
  return {x.data() + first * x.row_stride(), count, x.cols(), x.row_stride()};
}

using scheme_of_layer = std::vector<std::optional<lowp::any_scheme>>;

/// Operands rounded, products in float.
class in_float final : public execution {
 public:
  in_float(network const& net, treatment const& t, scheme_of_layer activations, std::size_t threads)
      : execution(net, t, threads), activations_(std::move(activations)) {
    for (std::size_t i = 0; i < net.layers().size(); ++i) {
      layer const& l = net.layers()[i];
      std::vector<float> const w = treated_weight(net, i, t);
      weights_.emplace_back(lowp::matrix_view<float const>(w.data(), l.outputs, l.inputs));
    }
  }

  void multiply(std::size_t index, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) override {
    layer const& l = net().layers()[index];
    in_portions(x.rows(), index, [&](std::size_t first, std::size_t count) {
      lowp::matrix_view<float const> const part = rows_of(x, first, count);
      if (!activations_[index]) {
        weights_[index].multiply(part, l.bias, rows_of(y, first, count));
        return;
      }
      std::vector<float> values(part.size());
      for (std::size_t i = 0; i < count; ++i) {
        std::copy_n(part.row(i).data(), part.cols(), values.data() + i * part.cols());
      }
      lowp::matrix_view<float> const rounded(values.data(), count, part.cols());
      round_trip(*activations_[index], rounded);
      weights_[index].multiply(rounded, l.bias, rows_of(y, first, count));
    });
  }

 private:
  std::vector<float_weights> weights_;
  scheme_of_layer activations_;
};

/// Products in float; remembers what was multiplied.
class observing final : public execution {
 public:
  observing(network const& net, std::size_t threads)
      : execution(net, {}, threads),
        inner_(net, {}, scheme_of_layer(net.layers().size()), threads),
        ranges_(net.layers().size()),
        squares_(net.layers().size()) {}

  void multiply(std::size_t index, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) override {
    for (std::size_t i = 0; i < x.rows(); ++i) {
      ranges_[index].observe(x.row(i));
      for (float const v : x.row(i)) {
        squares_[index] += static_cast<double>(v) * static_cast<double>(v);
      }
    }
    inner_.multiply(index, x, y);
  }

  /// 0 for a layer that was not used.
  float absmax(std::size_t index) const {
    return ranges_[index].seen().finite == 0 ? 0.0F : ranges_[index].range().absmax();
  }
  double rms(std::size_t index) const {
    auto const n = static_cast<double>(ranges_[index].seen().finite);
    return n == 0 ? 0.0 : std::sqrt(squares_[index] / n);
  }

 private:
  in_float inner_;
  std::vector<lowp::calibrate::minmax_observer> ranges_;
  std::vector<double> squares_;
};

/// Layers with kernels for their operands; the others in float.
class by_kernels final : public execution {
 public:
  by_kernels(network const& net, treatment const& t, scheme_of_layer const& activations, std::size_t threads)
      : execution(net, t, threads), kernels_(net.layers().size()), weights_(net.layers().size()) {
    for (std::size_t i = 0; i < net.layers().size(); ++i) {
      layer const& l = net.layers()[i];
      if (treats(t, i)) {
        kernels_[i] = pack_layer(quantized_weight(l, t), activations[i]);
      } else {
        weights_[i] = float_weights(weight_of(l));
      }
    }
  }

  void multiply(std::size_t index, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) override {
    layer const& l = net().layers()[index];
    if (kernels_[index] != nullptr) {
      kernels_[index]->multiply(x, l.bias, y, threads_for(x.rows(), index));
    } else {
      in_portions(x.rows(), index, [&](std::size_t first, std::size_t count) {
        weights_[index].multiply(rows_of(x, first, count), l.bias, rows_of(y, first, count));
      });
    }
  }

 private:
  std::vector<std::unique_ptr<layer_kernel>> kernels_;
  std::vector<float_weights> weights_;
};

/// What the activations of each layer are quantized by; static scales are found here.
scheme_of_layer activation_schemes(network const& net, treatment const& t, std::size_t threads) {
  scheme_of_layer out(net.layers().size());
  if (!t.activations) {
    return out;
  }
  std::unique_ptr<observing> seen;
  if (t.calibration_share) {
    double const share = *t.calibration_share;
    if (!(share > 0.0 && share <= 1.0)) {
      lowp::detail::raise(lowp::error(
          lowp::error_code::value, "t",
          "treatment: calibration_share is " + std::to_string(share) + ", expected more than 0 and at most 1"));
    }
    seen = std::make_unique<observing>(net, threads);
    net.answer(*seen, static_cast<std::size_t>(std::ceil(share * static_cast<double>(net.items()))), nullptr);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (treats(t, i)) {
      lowp::any_scheme const s = by_rows(*t.activations);
      out[i] = seen != nullptr ? with_fixed_scale(s, seen->absmax(i)) : s;
    }
  }
  return out;
}

}  // namespace

std::unique_ptr<products> fake_quantized(network const& net, treatment const& t, std::size_t threads) {
  return std::make_unique<in_float>(net, t, activation_schemes(net, t, threads), threads);
}

bool has_kernels(treatment const& t) { return t.weights && kernels_serve(*t.weights, t.activations); }

std::unique_ptr<products> through_kernels(network const& net, treatment const& t, std::size_t threads) {
  if (!has_kernels(t)) {
    lowp::detail::raise(lowp::error(lowp::error_code::name, "t",
                                    "treatment " + t.name + ": the kernels do not serve this pair of schemes"));
  }
  return std::make_unique<by_kernels>(net, t, activation_schemes(net, t, threads), threads);
}

std::size_t weight_bytes(network const& net, treatment const& t) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < net.layers().size(); ++i) {
    layer const& l = net.layers()[i];
    std::size_t const elements = l.outputs * l.inputs;
    std::optional<lowp::any_scheme> const& s = t.weights ? t.weights : t.weights_before;
    if (!s || !treats(t, i)) {
      bytes += 4 * elements;
      continue;
    }
    if (t.weights && t.weights_recoded) {
      bytes += elements + 4 * l.outputs;  // a byte an element, at most a float a row
      continue;
    }
    // Codes are dense in a row, rows begin at bytes; bits_per_element knows the rest.
    lowp::any_quantized_matrix const empty(*s, l.outputs, l.inputs);
    double const beside = (empty.bits_per_element() - s->element.bits()) * static_cast<double>(elements) / 8.0;
    bytes += empty.size().code_bytes + static_cast<std::size_t>(std::llround(beside));
  }
  return bytes;
}

std::vector<layer_numbers> observe(network const& net, std::size_t count, std::size_t threads) {
  observing seen(net, threads);
  net.answer(seen, count, nullptr);
  std::vector<layer_numbers> out;
  for (std::size_t i = 0; i < net.layers().size(); ++i) {
    layer const& l = net.layers()[i];
    layer_numbers n;
    double squares = 0;
    for (float const w : l.weight) {
      n.weight_absmax = std::max(n.weight_absmax, static_cast<double>(std::abs(w)));
      squares += static_cast<double>(w) * static_cast<double>(w);
    }
    n.weight_rms = l.weight.empty() ? 0.0 : std::sqrt(squares / static_cast<double>(l.weight.size()));
    n.activation_absmax = static_cast<double>(seen.absmax(i));
    n.activation_rms = seen.rms(i);
    out.push_back(n);
  }
  return out;
}

}  // namespace lab
