// SPDX-License-Identifier: Apache-2.0
#include "../../examples/format_compare/network.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/effort.hpp"

namespace st = lowp::safetensors;
using lowp::error_code;

namespace {

std::string const models = LOWP_SOURCE_DIR "/examples/models";

fashion::network bundled_network() { return fashion::network::load(st::read(models + "/fashion_cnn_f32.safetensors")); }

fashion::labelled_images bundled_images() {
  return fashion::try_read_images(models + "/fashion-mnist-t10k-first1000-images.idx3-ubyte",
                                  models + "/fashion-mnist-t10k-first1000-labels.idx1-ubyte")
      .value();
}

// `count` images of a set from `begin` on.
fashion::labelled_images part(fashion::labelled_images const& set, std::size_t begin, std::size_t count) {
  fashion::labelled_images out;
  out.count = count;
  out.rows = set.rows;
  out.cols = set.cols;
  for (std::size_t i = begin; i < begin + count; ++i) {
    out.pixels.insert(out.pixels.end(), set.image(i).begin(), set.image(i).end());
    out.labels.push_back(set.labels[i]);
  }
  return out;
}

// The ten outputs for one image, layer by layer from the definition, in double.
std::vector<double> outputs_by_definition(fashion::network const& net, std::span<std::uint8_t const> image) {
  std::vector<double> x;
  for (std::uint8_t const pixel : image) {
    x.push_back((pixel / 255.0 - 0.286) / 0.353);
  }
  auto const convolve = [&](std::string const& name, std::size_t channels, std::size_t width, std::size_t outputs) {
    auto const w = net.values(name + ".weight");
    auto const b = net.values(name + ".bias");
    std::size_t const inner = width - 2;
    std::vector<double> full(outputs * inner * inner);
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t y = 0; y < inner; ++y) {
        for (std::size_t c = 0; c < inner; ++c) {
          double sum = static_cast<double>(b[o]);
          for (std::size_t i = 0; i < channels; ++i) {
            for (std::size_t ky = 0; ky < 3; ++ky) {
              for (std::size_t kx = 0; kx < 3; ++kx) {
                sum += static_cast<double>(w[((o * channels + i) * 3 + ky) * 3 + kx]) *
                       x[(i * width + y + ky) * width + c + kx];
              }
            }
          }
          full[(o * inner + y) * inner + c] = std::max(sum, 0.0);
        }
      }
    }
    std::size_t const half = inner / 2;
    x.assign(outputs * half * half, 0.0);
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t y = 0; y < 2 * half; ++y) {
        for (std::size_t c = 0; c < 2 * half; ++c) {
          double& pooled = x[(o * half + y / 2) * half + c / 2];
          pooled = std::max(pooled, full[(o * inner + y) * inner + c]);
        }
      }
    }
  };
  auto const connect = [&](std::string const& name, std::size_t outputs) {
    auto const w = net.values(name + ".weight");
    auto const b = net.values(name + ".bias");
    std::vector<double> y;
    for (std::size_t o = 0; o < outputs; ++o) {
      double sum = static_cast<double>(b[o]);
      for (std::size_t k = 0; k < x.size(); ++k) {
        sum += static_cast<double>(w[o * x.size() + k]) * x[k];
      }
      y.push_back(sum);
    }
    x = y;
  };
  convolve("conv1", 1, 28, 16);
  convolve("conv2", 16, 13, 32);
  REQUIRE(x.size() == 800);
  connect("fc1", 64);
  for (double& h : x) {
    h = std::max(h, 0.0);
  }
  connect("fc2", 10);
  return x;
}

double nll_of(std::vector<double> const& outputs, std::size_t label) {
  double sum = 0;
  for (double const y : outputs) {
    sum += std::exp(y);
  }
  return std::log(sum) - outputs[label];
}

}  // namespace

TEST_CASE("the bundled network scores what it scored after training", "[examples]") {
  if (lowp_test::sanitized) SKIP("format_compare's own test reads the same images");
  fashion::score const s = bundled_network().evaluate(bundled_images());
  CHECK(s.images == 1000);
  CHECK(s.correct == 888);
  CHECK(s.top1() == lowp_test::approx(0.888));
  CHECK(s.mean_nll == lowp_test::approx(0.291801).margin(1e-6));
}

TEST_CASE("all 10,000 images, where they are installed", "[examples]") {
  if (lowp_test::sanitized) SKIP("the first 1,000 read the same code");
  auto const set = fashion::try_test_images(models);
  REQUIRE(set);
  if (set->count != 10000) {
    SKIP("the package dataset-fashion-mnist is not installed, or this was built without zlib");
  }
  fashion::score const s = bundled_network().evaluate(*set);
  CHECK(s.correct == 8929);
  CHECK(s.mean_nll == lowp_test::approx(0.293742).margin(1e-6));
}

TEST_CASE("each image's score is that of the definition", "[examples]") {
  fashion::labelled_images const set = bundled_images();
  fashion::network net = bundled_network();
  for (int round = 0; round < (lowp_test::sanitized ? 1 : 2); ++round) {
    for (std::size_t i = 0; i < (lowp_test::sanitized ? 3 : 10); ++i) {
      std::vector<double> const outputs = outputs_by_definition(net, set.image(i));
      fashion::score const s = net.evaluate(part(set, i, 1));
      INFO("image " << i);
      // Sums of at most 800 float products: far inside 1e-4 of outputs around 10.
      CHECK(s.mean_nll == lowp_test::approx(nll_of(outputs, set.labels[i])).margin(1e-4));
      auto const top = static_cast<std::size_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin());
      CHECK(s.correct == (top == set.labels[i] ? 1U : 0U));
    }
    // Once more with other weights: replacing one is seen, whichever it is.
    std::mt19937 random(3);
    for (auto const& p : fashion::network::parameters) {
      std::vector<float> values(net.values(p.name).begin(), net.values(p.name).end());
      for (float& v : values) {
        v *= 0.75F + static_cast<float>(random() % 1024) / 2048.0F;
      }
      constexpr std::size_t shown = lowp_test::sanitized ? 2 : 8;
      fashion::score const before = net.evaluate(part(set, 0, shown));
      net.replace(p.name, values);
      CHECK(net.evaluate(part(set, 0, shown)).mean_nll != before.mean_nll);
    }
  }
}

TEST_CASE("a score depends on neither threads nor batch", "[examples]") {
  fashion::labelled_images const set =
      part(bundled_images(), 0, lowp_test::sanitized ? 35 : 71);  // no multiple of any block
  fashion::network const net = bundled_network();
  fashion::score const whole = net.evaluate(set);
  for (unsigned const threads : {2U, 3U, 16U}) {
    fashion::score const s = net.evaluate(set, threads);
    CHECK(s.correct == whole.correct);
    CHECK(s.mean_nll == whole.mean_nll);
  }
  double sum = 0;
  std::size_t correct = 0;
  for (std::size_t i = 0; i < set.count; ++i) {
    fashion::score const one = net.evaluate(part(set, i, 1));
    sum += one.mean_nll;
    correct += one.correct;
  }
  CHECK(correct == whole.correct);
  CHECK(sum / static_cast<double>(set.count) == whole.mean_nll);
}

TEST_CASE("files that do not hold this network are refused by name and shape", "[examples]") {
  st::file const file = st::read(models + "/fashion_cnn_f32.safetensors");
  CHECK(fashion::network::is_in(file));
  std::vector<st::tensor> tensors(file.tensors().begin(), file.tensors().end());
  auto const load = [](std::vector<st::tensor> const& with) {
    auto const bytes = st::serialize(with);
    st::file const changed = st::parse(bytes);
    return std::pair(fashion::network::is_in(changed), fashion::network::try_load(changed));
  };
  CHECK(load(tensors).second.has_value());

  std::vector<st::tensor> fewer(tensors.begin(), tensors.end() - 1);
  auto const [complete, missing] = load(fewer);
  CHECK_FALSE(complete);
  REQUIRE(!missing);
  CHECK(missing.error().code() == error_code::name);
  CHECK(std::string(missing.error().what()).find("'fc2.bias'") != std::string::npos);

  for (std::size_t i = 0; i < tensors.size(); ++i) {
    std::vector<st::tensor> changed = tensors;
    std::vector<std::size_t>& shape = changed[i].shape;
    shape.push_back(1);  // the same number of elements
    auto const got = load(changed);
    CHECK(got.first);
    REQUIRE(!got.second);
    CHECK(got.second.error().code() == error_code::shape);
    CHECK(std::string(got.second.error().what()).find("'" + changed[i].name + "'") != std::string::npos);
  }
  std::swap(tensors[0].shape[2], tensors[0].shape[1]);  // 16 3 1 3
  CHECK_FALSE(load(tensors).second);
}

TEST_CASE("what a network cannot be shown is refused", "[examples]") {
  fashion::network net = bundled_network();
  fashion::labelled_images set = part(bundled_images(), 0, 3);
  CHECK_THROWS_AS(net.values("fc3.weight"), lowp::error);
  CHECK_THROWS_AS(net.replace("fc3.weight", {}), lowp::error);
  CHECK_THROWS_AS(net.replace("fc2.bias", std::vector<float>(9)), lowp::error);

  set.labels[2] = 10;
  auto const label = net.try_evaluate(set);
  REQUIRE(!label);
  CHECK(label.error().code() == error_code::value);
  CHECK(label.error().index() == 2);
  set.labels[2] = 0;
  std::swap(set.rows, set.count);
  CHECK(net.try_evaluate(set).error().code() == error_code::shape);
  std::swap(set.rows, set.count);
  CHECK(net.try_evaluate(set).has_value());

  std::vector<float> values(net.values("conv2.weight").begin(), net.values("conv2.weight").end());
  values[17] = std::numeric_limits<float>::infinity();
  net.replace("conv2.weight", values);
  auto const infinite = net.try_evaluate(set);
  REQUIRE(!infinite);
  CHECK(infinite.error().index() == 17);
  CHECK(std::string(infinite.error().what()).find("'conv2.weight'") != std::string::npos);
}
