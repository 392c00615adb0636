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
  crew const& threads() const noexcept { return crew_; }

  /// Calls work(first, count) for portions of `rows` rows.
  template <class Work>
  void in_portions(std::size_t rows, Work const& work) const {
    crew_((rows + rows_of_a_task - 1) / rows_of_a_task, [&](std::size_t task) {
      std::size_t const first = task * rows_of_a_task;
      work(first, std::min(rows_of_a_task, rows - first));
    });
  }

 private:
  network const& net_;
  crew crew_;
  std::optional<lowp::any_scheme> cache_;
};

lowp::matrix_view<float const> rows_of(lowp::matrix_view<float const> x, std::size_t first, std::size_t count) {
  return {x.data() + first * x.row_stride(), count, x.cols(), x.row_stride()};
}
lowp::matrix_view<float> rows_of(lowp::matrix_view<float> x, std::size_t first, std::size_t count) {
  return {x.data() + first * x.row_stride(), count, x.cols(), x.row_stride()};
}

/// Operands rounded, products in float.
class in_float final : public execution {
 public:
  in_float(network const& net, treatment const& t, std::size_t threads)
      : execution(net, t, threads), activations_(net.layers().size()) {
    for (std::size_t i = 0; i < net.layers().size(); ++i) {
      layer const& l = net.layers()[i];
      std::vector<float> const w = treated_weight(net, i, t);
      weights_.emplace_back(lowp::matrix_view<float const>(w.data(), l.outputs, l.inputs));
      if (treats(t, i) && t.activations) {
        activations_[i] = by_rows(*t.activations);
      }
    }
  }

  /// Static scales for the greatest magnitudes of the layers' activations.
  void fix_scales(std::span<float const> absmax) {
    for (std::size_t i = 0; i < activations_.size(); ++i) {
      if (activations_[i]) {
        activations_[i] = with_fixed_scale(*activations_[i], absmax[i]);
      }
    }
  }

  void multiply(std::size_t index, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) override {
    layer const& l = net().layers()[index];
    in_portions(x.rows(), [&](std::size_t first, std::size_t count) {
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
  std::vector<std::optional<lowp::any_scheme>> activations_;
};

/// Products in float; remembers what was multiplied.
class observing final : public execution {
 public:
  observing(network const& net, std::size_t threads)
      : execution(net, {}, threads),
        inner_(net, {}, threads),
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

/// Layers with a kernel for their operands; the others in float.
class by_kernels final : public execution {
 public:
  by_kernels(network const& net, treatment const& t, std::size_t threads)
      : execution(net, t, threads), kernels_(net.layers().size()), weights_(net.layers().size()) {
    kernel_pair const* const pair = find_kernels(*t.weights, t.activations);
    for (std::size_t i = 0; i < net.layers().size(); ++i) {
      layer const& l = net.layers()[i];
      if (treats(t, i)) {
        kernels_[i] = pair->pack(quantized_weight(l, t));
      } else {
        weights_[i] = float_weights(weight_of(l));
      }
    }
  }

  void multiply(std::size_t index, lowp::matrix_view<float const> x, lowp::matrix_view<float> y) override {
    layer const& l = net().layers()[index];
    if (kernels_[index] != nullptr) {
      kernels_[index]->multiply(x, l.bias, y, threads());
    } else {
      in_portions(x.rows(), [&](std::size_t first, std::size_t count) {
        weights_[index].multiply(rows_of(x, first, count), l.bias, rows_of(y, first, count));
      });
    }
  }

 private:
  std::vector<std::unique_ptr<layer_kernel>> kernels_;
  std::vector<float_weights> weights_;
};

}  // namespace

std::unique_ptr<products> fake_quantized(network const& net, treatment const& t, std::size_t threads) {
  auto out = std::make_unique<in_float>(net, t, threads);
  if (t.calibration_share && t.activations) {
    double const share = *t.calibration_share;
    if (!(share > 0.0 && share <= 1.0)) {
      lowp::detail::raise(lowp::error(
          lowp::error_code::value, "t",
          "treatment: calibration_share is " + std::to_string(share) + ", expected more than 0 and at most 1"));
    }
    observing seen(net, threads);
    net.answer(seen, static_cast<std::size_t>(std::ceil(share * static_cast<double>(net.items()))), nullptr);
    std::vector<float> absmax;
    for (std::size_t i = 0; i < net.layers().size(); ++i) {
      absmax.push_back(seen.absmax(i));
    }
    out->fix_scales(absmax);
  }
  return out;
}

bool has_kernels(treatment const& t) {
  return t.weights && !t.weights_recoded && !t.calibration_share && find_kernels(*t.weights, t.activations) != nullptr;
}

std::unique_ptr<products> through_kernels(network const& net, treatment const& t, std::size_t threads) {
  if (!has_kernels(t)) {
    lowp::detail::raise(lowp::error(lowp::error_code::name, "t",
                                    "treatment " + t.name + ": the lab has no kernels for this pair of schemes"));
  }
  return std::make_unique<by_kernels>(net, t, threads);
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
