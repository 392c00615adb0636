// SPDX-License-Identifier: Apache-2.0
//
// The small convolutional network that examples/models/fashion_cnn_f32.safetensors holds, in float:
//
//   28 x 28 -> conv1 16 x 3 x 3, ReLU -> 26 x 26 -> max-pool 2 x 2 -> 13 x 13
//           -> conv2 32 x 3 x 3, ReLU -> 11 x 11 -> max-pool 2 x 2 -> 5 x 5 (the last row and column are dropped)
//           -> flatten channel, row, column: 800 -> fc1 64, ReLU -> fc2 10
//
// Every sum runs in one order, each image by itself: scores depend on neither threads nor what else is in the batch.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <lowp/base/bits.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>
#include <lowp/io/safetensors.hpp>

#include "idx.hpp"

namespace fashion {

/// How well a network names the classes of a set of images.
struct score {
  std::size_t images = 0;
  std::size_t correct = 0;  // the largest of the ten outputs is that of the label
  double mean_nll = 0;      // negative log likelihood of the label, in nats

  double top1() const noexcept {
    return images == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(images);
  }
};

class network {
 public:
  static constexpr std::size_t classes = 10;
  static constexpr std::size_t side = 28;

  /// A parameter: weight matrices are rows x cols (one row an output, the rest of the shape flattened), biases rows x 1.
  struct parameter {
    std::string_view name;
    std::array<std::size_t, 4> shape;
    std::size_t rank;

    constexpr std::size_t rows() const noexcept { return shape[0]; }
    constexpr std::size_t cols() const noexcept { return shape[1] * shape[2] * shape[3]; }
    constexpr std::size_t size() const noexcept { return rows() * cols(); }
    constexpr bool is_weight() const noexcept { return rank > 1; }
  };

  static constexpr std::array<parameter, 8> parameters = {{{"conv1.weight", {16, 1, 3, 3}, 4},
                                                           {"conv1.bias", {16, 1, 1, 1}, 1},
                                                           {"conv2.weight", {32, 16, 3, 3}, 4},
                                                           {"conv2.bias", {32, 1, 1, 1}, 1},
                                                           {"fc1.weight", {64, 800, 1, 1}, 2},
                                                           {"fc1.bias", {64, 1, 1, 1}, 1},
                                                           {"fc2.weight", {10, 64, 1, 1}, 2},
                                                           {"fc2.bias", {10, 1, 1, 1}, 1}}};

  /// Does the file hold this network: every parameter by name? (Then `try_load` checks the shapes.)
  static bool is_in(lowp::safetensors::file const& file) noexcept {
    return std::all_of(parameters.begin(), parameters.end(),
                       [&file](parameter const& p) { return file.find(p.name) != nullptr; });
  }

  /// The network in `file`, from tensors of any dtype that to_float reads; other tensors are left alone.
  ///
  /// Errors  error_code::name for a parameter that is not there; error_code::shape for one of another shape; as to_float.
  static lowp::result<network> try_load(lowp::safetensors::file const& file) {
    network out;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      parameter const& p = parameters[i];
      lowp::safetensors::tensor const* const t = file.find(p.name);
      if (t == nullptr) {
        return lowp::error(lowp::error_code::name, "file",
                           "network: the file has no tensor '" + std::string(p.name) + "'");
      }
      if (!std::equal(t->shape.begin(), t->shape.end(), p.shape.begin(),
                      p.shape.begin() + static_cast<std::ptrdiff_t>(p.rank))) {
        return lowp::error(lowp::error_code::shape, "file",
                           "network: tensor '" + std::string(p.name) + "' has the shape " + shape_text(t->shape) +
                               ", expected " + shape_text(std::span(p.shape).first(p.rank)));
      }
      lowp::result<std::vector<float>> values = lowp::safetensors::try_to_float(*t);
      if (!values) {
        return values.error();
      }
      out.values_[i] = *std::move(values);
    }
    return out;
  }

  static network load(lowp::safetensors::file const& file) { return try_load(file).value(); }

  /// The values of a parameter, row-major.
  ///
  /// Errors  error_code::name for a name that `parameters` does not list.
  std::span<float const> values(std::string_view name) const { return values_[index_of(name)]; }

  /// Puts `values` in the place of a parameter's own.
  ///
  /// Errors  as values(); error_code::size for another number of them.
  void replace(std::string_view name, std::span<float const> values) {
    std::size_t const i = index_of(name);
    if (values.size() != parameters[i].size()) {
      lowp::detail::raise(lowp::error(lowp::error_code::size, "values",
                                      "network: '" + std::string(name) + "' has " +
                                          std::to_string(parameters[i].size()) + " elements, got " +
                                          std::to_string(values.size())));
    }
    values_[i].assign(values.begin(), values.end());
  }

  /// Shows the network all images.
  ///
  /// Requires  threads >= 1.
  /// Errors    error_code::shape for images that are not 28 x 28; error_code::value for a label that is not below 10 or a
  ///           parameter that is not finite: the message names it.
  /// Exact     the same score for every number of threads.
  lowp::result<score> try_evaluate(labelled_images const& set, unsigned threads = 1) const {
    if (set.rows != side || set.cols != side) {
      return lowp::error(
          lowp::error_code::shape, "set",
          "network: images are " + std::to_string(set.rows) + " x " + std::to_string(set.cols) + ", expected 28 x 28");
    }
    for (std::size_t i = 0; i < set.count; ++i) {
      if (set.labels[i] >= classes) {
        return lowp::error(
            lowp::error_code::value, "set", -1, i,
            "network: label " + std::to_string(set.labels[i]) + " of image " + std::to_string(i) + ", expected 0 to 9");
      }
    }
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      for (std::size_t i = 0; i < values_[p].size(); ++i) {
        if (!lowp::detail::is_finite(values_[p][i])) {
          return lowp::error(
              lowp::error_code::value, "network", -1, i,
              "network: element " + std::to_string(i) + " of '" + std::string(parameters[p].name) + "' is not finite");
        }
      }
    }

    // Blocks of images go to the threads in turn; what each image gives is added up in the images' order.
    std::vector<outcome> outcomes(set.count);
    std::size_t const blocks = (set.count + lanes - 1) / lanes;
    auto const work = [&](std::size_t first) {
      auto const memory = std::make_unique<activations>();
      for (std::size_t block = first; block < blocks; block += threads) {
        std::size_t const begin = block * lanes;
        run_block(set, begin, std::min(lanes, set.count - begin), *memory, outcomes.data() + begin);
      }
    };
    std::vector<std::thread> crew;
    for (unsigned i = 1; i < threads; ++i) {
      crew.emplace_back(work, i);
    }
    work(0);
    for (std::thread& t : crew) {
      t.join();
    }

    score out;
    out.images = set.count;
    for (outcome const& o : outcomes) {
      out.correct += o.correct;
      out.mean_nll += o.nll;
    }
    out.mean_nll /= static_cast<double>(std::max<std::size_t>(set.count, 1));
    return out;
  }

  score evaluate(labelled_images const& set, unsigned threads = 1) const { return try_evaluate(set, threads).value(); }

 private:
  // Images of one block lie side by side in the innermost dimension: each weight then meets a row of `lanes` activations,
  // which is a loop that every compiler turns into vector instructions without reordering any image's sum.
  static constexpr std::size_t lanes = 32;
  static constexpr std::size_t pooled1 = 13;
  static constexpr std::size_t pooled2 = 5;
  static constexpr std::size_t features = 32 * pooled2 * pooled2;

  using row = std::array<float, lanes>;

  struct activations {
    std::array<row, side * side> input;
    std::array<row, 16 * pooled1 * pooled1> first;
    std::array<row, features> second;
    std::array<row, 64> hidden;
    std::array<row, classes> logits;
  };

  struct outcome {
    unsigned correct = 0;
    double nll = 0;
  };

  network() = default;

  static std::size_t index_of(std::string_view name) {
    auto const at =
        std::find_if(parameters.begin(), parameters.end(), [name](parameter const& p) { return p.name == name; });
    if (at == parameters.end()) {
      lowp::detail::raise(
          lowp::error(lowp::error_code::name, "name", "network: no parameter '" + std::string(name) + "'"));
    }
    return static_cast<std::size_t>(at - parameters.begin());
  }

  static std::string shape_text(std::span<std::size_t const> shape) {
    std::string out = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
      out += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return out + "]";
  }

  /// sums += the 3 x 3 weights at `w` times the 3 x 3 rows at `in`, in row-major order.
  static void add_3x3(row& sums, float const* w, row const* in, std::size_t width) noexcept {
    row const *const a = in, *const b = in + width, *const c = in + 2 * width;
    float const w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3], w4 = w[4], w5 = w[5], w6 = w[6], w7 = w[7], w8 = w[8];
    for (std::size_t i = 0; i < lanes; ++i) {
      float s = sums[i];
      s += w0 * a[0][i];
      s += w1 * a[1][i];
      s += w2 * a[2][i];
      s += w3 * b[0][i];
      s += w4 * b[1][i];
      s += w5 * b[2][i];
      s += w6 * c[0][i];
      s += w7 * c[1][i];
      s += w8 * c[2][i];
      sums[i] = s;
    }
  }

  /// Convolution 3 x 3 without padding, ReLU, max-pool 2 x 2. `in`: channels x width x width; `out`: outputs x half x half.
  static void conv_relu_pool(row const* in, std::size_t channels, std::size_t width, float const* weight,
                             float const* bias, std::size_t outputs, row* out) noexcept {
    std::size_t const half = (width - 2) / 2;
    for (std::size_t y = 0; y < half; ++y) {
      for (std::size_t x = 0; x < half; ++x) {
        for (std::size_t o = 0; o < outputs; ++o) {
          row best{};  // the zero of ReLU takes part in the maximum
          for (std::size_t corner = 0; corner < 4; ++corner) {
            row sums;
            sums.fill(bias[o]);
            row const* at = in + (2 * y + corner / 2) * width + 2 * x + corner % 2;
            for (std::size_t c = 0; c < channels; ++c) {
              add_3x3(sums, weight + (o * channels + c) * 9, at, width);
              at += width * width;
            }
            for (std::size_t i = 0; i < lanes; ++i) {
              best[i] = sums[i] > best[i] ? sums[i] : best[i];
            }
          }
          out[(o * half + y) * half + x] = best;
        }
      }
    }
  }

  /// out[o] = bias[o] + sum of weight[o][k] * in[k], k ascending. Requires depth to be a multiple of 8.
  static void dense(row const* in, std::size_t depth, float const* weight, float const* bias, std::size_t outputs,
                    row* out) noexcept {
    for (std::size_t o = 0; o < outputs; ++o) {
      row sums;
      sums.fill(bias[o]);
      float const* w = weight + o * depth;
      for (std::size_t k = 0; k < depth; k += 8, w += 8) {
        row const* const x = in + k;
        float const w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3], w4 = w[4], w5 = w[5], w6 = w[6], w7 = w[7];
        for (std::size_t i = 0; i < lanes; ++i) {
          float s = sums[i];
          s += w0 * x[0][i];
          s += w1 * x[1][i];
          s += w2 * x[2][i];
          s += w3 * x[3][i];
          s += w4 * x[4][i];
          s += w5 * x[5][i];
          s += w6 * x[6][i];
          s += w7 * x[7][i];
          sums[i] = s;
        }
      }
      out[o] = sums;
    }
  }

  void run_block(labelled_images const& set, std::size_t begin, std::size_t count, activations& a, outcome* out) const {
    // 1. Pixels, normalised as in training; lanes without an image stay zero.
    for (std::size_t i = 0; i < lanes; ++i) {
      for (std::size_t p = 0; p < side * side; ++p) {
        float const grey = i < count ? static_cast<float>(set.pixels[(begin + i) * side * side + p]) / 255.0F : 0.0F;
        a.input[p][i] = (grey - 0.286F) / 0.353F;
      }
    }
    // 2. The layers.
    conv_relu_pool(a.input.data(), 1, side, values_[0].data(), values_[1].data(), 16, a.first.data());
    conv_relu_pool(a.first.data(), 16, pooled1, values_[2].data(), values_[3].data(), 32, a.second.data());
    dense(a.second.data(), features, values_[4].data(), values_[5].data(), 64, a.hidden.data());
    for (row& h : a.hidden) {
      for (float& x : h) {
        x = x > 0.0F ? x : 0.0F;
      }
    }
    dense(a.hidden.data(), 64, values_[6].data(), values_[7].data(), classes, a.logits.data());
    // 3. Softmax in double, its largest term taken out.
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t top = 0;
      for (std::size_t k = 1; k < classes; ++k) {
        top = a.logits[k][i] > a.logits[top][i] ? k : top;
      }
      double const largest = static_cast<double>(a.logits[top][i]);
      double sum = 0;
      for (std::size_t k = 0; k < classes; ++k) {
        sum += std::exp(static_cast<double>(a.logits[k][i]) - largest);
      }
      std::size_t const label = set.labels[begin + i];
      out[i].correct = top == label ? 1U : 0U;
      out[i].nll = std::log(sum) - (static_cast<double>(a.logits[label][i]) - largest);
    }
  }

  std::array<std::vector<float>, parameters.size()> values_;
};

}  // namespace fashion
