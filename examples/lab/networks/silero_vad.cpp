// SPDX-License-Identifier: Apache-2.0
#include "silero_vad.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "im2col.hpp"
#include "layer_list.hpp"
#include "tensors.hpp"
#include "wav.hpp"

namespace lab {
namespace {

constexpr std::size_t frame = 512;
constexpr std::size_t context = 64;  // samples of the frame before; as many are mirrored at the right
constexpr std::size_t window = 256;
constexpr std::size_t hop = 128;
constexpr std::size_t columns = 4;  // (context + frame + context - window) / hop + 1
constexpr std::size_t bins = 129;
constexpr std::size_t state = 128;
static_assert((2 * context + frame - window) / hop + 1 == columns);

class silero_vad final : public network {
 public:
  silero_vad(tensor_file const& file, std::vector<float> samples) : samples_(std::move(samples)) {
    auto const add = [&](char const* name, std::size_t outputs, std::size_t channels, std::size_t kernel) {
      layers_.add(name, outputs, channels * kernel,
                  file.values(std::string(name) + ".weight", {outputs, channels, kernel}),
                  file.values(std::string(name) + ".bias", {outputs}));
    };
    layers_.add("stft_conv", 2 * bins, window, file.values("stft_conv.weight", {2 * bins, 1, window}));
    add("conv1", 128, bins, 3);
    add("conv2", 64, 128, 3);
    add("conv3", 64, 64, 3);
    add("conv4", state, 64, 3);
    layers_.add("lstm_cell.weight_ih", 4 * state, state, file.values("lstm_cell.weight_ih", {4 * state, state}),
                file.values("lstm_cell.bias_ih", {4 * state}));
    layers_.add("lstm_cell.weight_hh", 4 * state, state, file.values("lstm_cell.weight_hh", {4 * state, state}),
                file.values("lstm_cell.bias_hh", {4 * state}));
    add("final_conv", 1, state, 1);
  }

  std::string name() const override { return "silero"; }
  std::string inputs() const override {
    return std::to_string(items()) + " frames: 40 of noise, speech19s_16k.wav, 20 of a tone";
  }
  std::string item() const override { return "frame"; }
  std::span<layer const> layers() const override { return layers_.all(); }
  std::size_t items() const override { return samples_.size() / frame; }

  answers answer(products& p, std::size_t count, std::function<bool(std::size_t)> const& progress) const override {
    constexpr std::size_t batch = 64;
    answers out;
    out.classes = 2;
    count = std::min(count, items());
    std::vector<float> hidden(state);
    std::vector<float> cell(state);
    for (std::size_t first = 0; first < count; first += batch) {
      std::size_t const frames = std::min(batch, count - first);
      // What does not depend on the frame before: all frames together.
      std::vector<float> const gates_in = layers_.multiply(p, 5, features(p, first, frames));
      std::vector<float> heard;
      for (std::size_t f = 0; f < frames; ++f) {
        step(gates_in.data() + f * 4 * state, layers_.multiply(p, 6, hidden), hidden, cell);
        heard.insert(heard.end(), hidden.begin(), hidden.end());
      }
      relu(heard);
      for (float const logit : layers_.multiply(p, 7, heard)) {
        out.logits.insert(out.logits.end(), {0.0F, logit});
      }
      if (progress && !progress(first + frames)) {
        break;
      }
    }
    return out;
  }

 private:
  std::vector<float> features(products& p, std::size_t first, std::size_t frames) const {
    constexpr std::size_t length = 2 * context + frame;
    std::vector<float> x(frames * columns * window);
    for (std::size_t f = 0; f < frames; ++f) {
      std::array<float, length> piece{};
      std::size_t const begin = (first + f) * frame;
      for (std::size_t i = 0; i < context + frame; ++i) {
        piece[i] = begin + i >= context ? samples_[begin + i - context] : 0.0F;
      }
      for (std::size_t i = 0; i < context; ++i) {
        piece[context + frame + i] = piece[context + frame - 2 - i];
      }
      for (std::size_t c = 0; c < columns; ++c) {
        std::copy_n(piece.data() + c * hop, window, x.data() + (f * columns + c) * window);
      }
    }
    std::vector<float> const spectrum = layers_.multiply(p, 0, x);
    std::vector<float> magnitudes(frames * columns * bins);
    for (std::size_t row = 0; row < frames * columns; ++row) {
      for (std::size_t k = 0; k < bins; ++k) {
        auto const re = static_cast<double>(spectrum[row * 2 * bins + k]);
        auto const im = static_cast<double>(spectrum[row * 2 * bins + bins + k]);
        magnitudes[row * bins + k] = static_cast<float>(std::sqrt(re * re + im * im));  // squares are exact
      }
    }
    x = convolve(p, 1, magnitudes, frames, {bins, 1, columns, 1, 3, 1, 1});
    x = convolve(p, 2, x, frames, {128, 1, 4, 1, 3, 2, 1});
    x = convolve(p, 3, x, frames, {64, 1, 2, 1, 3, 2, 1});
    return convolve(p, 4, x, frames, {64, 1, 1, 1, 3, 1, 1});
  }

  std::vector<float> convolve(products& p, std::size_t index, std::vector<float> const& x, std::size_t frames,
                              convolution const& c) const {
    std::vector<float> y = layers_.multiply(p, index, im2col(x, frames, c));
    relu(y);
    return y;
  }

  static double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

  /// Gates in the order input, forget, cell, output. In double, each new state rounded once.
  static void step(float const* from_input, std::vector<float> const& from_state, std::vector<float>& hidden,
                   std::vector<float>& cell) {
    for (std::size_t i = 0; i < state; ++i) {
      auto const gate = [&](std::size_t g) {
        return static_cast<double>(from_input[g * state + i]) + static_cast<double>(from_state[g * state + i]);
      };
      auto const kept = static_cast<float>(sigmoid(gate(1)) * static_cast<double>(cell[i]));
      auto const added = static_cast<float>(sigmoid(gate(0)) * std::tanh(gate(2)));
      cell[i] = kept + added;
      hidden[i] = static_cast<float>(sigmoid(gate(3)) * std::tanh(static_cast<double>(cell[i])));
    }
  }

  std::vector<float> samples_;
  layer_list layers_;
};

/// What is around the speech: frames of uniform noise before it, a tone of 440 Hz behind.
std::vector<float> with_noise_and_tone(std::vector<float> const& speech) {
  constexpr double two_pi = 6.283185307179586;
  std::vector<float> out;
  std::uint32_t seed = 1;
  for (std::size_t i = 0; i < 40 * frame; ++i) {
    seed = seed * 1664525U + 1013904223U;  // Numerical Recipes' generator; its upper bits are good enough for noise
    out.push_back((static_cast<float>(seed >> 8U) / 0x1p23F - 1.0F) * 0.02F);
  }
  out.insert(out.end(), speech.begin(), speech.end());
  out.resize((out.size() + frame - 1) / frame * frame);
  for (std::size_t i = 0; i < 20 * frame; ++i) {
    out.push_back(static_cast<float>(0.1 * std::sin(two_pi * 440.0 / 16000.0 * static_cast<double>(i))));
  }
  return out;
}

}  // namespace

std::unique_ptr<network> open_silero_vad(std::string const& folder) {
  tensor_file const file(folder + "/silero_vad_16k.safetensors");
  return std::make_unique<silero_vad>(file, with_noise_and_tone(read_wav(folder + "/speech19s_16k.wav", 16000)));
}

}  // namespace lab
