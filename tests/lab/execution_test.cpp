// SPDX-License-Identifier: Apache-2.0
#include "execution.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <lowp/quant/parse_scheme.hpp>

#include "crew.hpp"
#include "float_product.hpp"
#include "lab_data.hpp"
#include "networks/catalog.hpp"
#include "operands.hpp"
#include "scores.hpp"
#include "support/catch.hpp"
#include "support/effort.hpp"

namespace {

// A sequence of numbers between -1 and 1, some much larger.
class numbers {
 public:
  float next() {
    state_ = state_ * 1664525U + 1013904223U;
    float const x = static_cast<float>(state_ >> 8U) / 0x1p23F - 1.0F;
    return state_ % 61 == 0 ? x * 100.0F : x;
  }
  std::vector<float> many(std::size_t n) {
    std::vector<float> all(n);
    std::generate(all.begin(), all.end(), [this] { return next(); });
    return all;
  }

 private:
  std::uint32_t state_ = 7;
};

// One layer of any size; its items are its rows.
class one_layer final : public lab::network {
 public:
  one_layer(std::size_t outputs, std::size_t inputs) {
    numbers n;
    weight_ = n.many(outputs * inputs);
    bias_ = n.many(outputs);
    layers_.push_back({"only", outputs, inputs, weight_, bias_});
  }
  std::string name() const override { return "one layer"; }
  std::string inputs() const override { return "numbers"; }
  std::string item() const override { return "row"; }
  std::span<lab::layer const> layers() const override { return layers_; }
  std::size_t items() const override { return 40; }
  lab::answers answer(lab::products& p, std::size_t count, std::function<bool(std::size_t)> const&) const override {
    numbers n;
    std::vector<float> const x = n.many(items() * layers_[0].inputs);
    lab::answers out;
    out.classes = layers_[0].outputs;
    out.logits.resize(std::min(count, items()) * out.classes);
    p.multiply(0, {x.data(), std::min(count, items()), layers_[0].inputs},
               {out.logits.data(), out.items(), out.classes});
    return out;
  }

 private:
  std::vector<float> weight_;
  std::vector<float> bias_;
  std::vector<lab::layer> layers_;
};

lab::treatment treated(char const* weights, char const* activations) {
  lab::treatment t;
  t.weights = lowp::parse_scheme(weights);
  if (*activations != 0) {
    t.activations = lowp::parse_scheme(activations);
  }
  return t;
}

}  // namespace

TEST_CASE("crew: every task once, errors come back") {
  lab::crew const threads(3);
  for (std::size_t const count : {0U, 1U, 2U, 100U}) {
    std::vector<std::atomic<int>> done(count);
    auto const task = [&](std::size_t i) { ++done[i]; };
    threads(count, task);
    CHECK(std::all_of(done.begin(), done.end(), [](auto const& d) { return d == 1; }));
  }
  auto const failing = [](std::size_t i) {
    if (i == 7) throw std::runtime_error("seven");
  };
  CHECK_THROWS_WITH(threads(20, failing), "seven");
  CHECK_NOTHROW(threads(5, failing));
}

TEST_CASE("float product: sums in double, k ascending, rounded once; every edge of the tiles") {
  numbers n;
  for (std::size_t const outputs : {1U, 7U, 8U, 17U}) {
    for (std::size_t const m : {1U, 3U, 8U, 9U}) {
      std::size_t const k = 29;
      std::vector<float> const w = n.many(outputs * k);
      std::vector<float> const x = n.many(m * k);
      std::vector<float> const bias = n.many(outputs);
      std::vector<float> y(m * outputs);
      lab::float_weights({w.data(), outputs, k}).multiply({x.data(), m, k}, bias, {y.data(), m, outputs});
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < outputs; ++j) {
          double sum = 0;
          for (std::size_t e = 0; e < k; ++e) {
            sum += static_cast<double>(x[i * k + e]) * static_cast<double>(w[j * k + e]);
          }
          REQUIRE(y[i * outputs + j] == static_cast<float>(sum + static_cast<double>(bias[j])));
        }
      }
    }
  }
}

TEST_CASE("activations: each becomes the number nearest to its quotient, times the scale") {
  numbers n;
  for (char const* const name :
       {"int8/row", "int4/g32", "int2/row", "e4m3fn/row", "e5m2/row", "e3m4fn/row", "e3m4/row", "e2m1fn/g32", "mxfp4",
        "e3m2fn/g16/bf16", "e4m3fnuz/row", "int8/g32/e8m0:rceil", "minifloat:e2m5:b1:finite/row", "float16/row",
        "binary8p1sf/row", "e3m0fn/g32", "nf4_g64"}) {
    INFO(name);
    lowp::any_scheme const s = lab::by_rows(lowp::parse_scheme(name));
    std::size_t const rows = 24;
    std::size_t const cols = 100;
    std::vector<float> x = n.many(rows * cols);
    std::fill_n(x.begin(), cols, 0.0F);                                                    // a row of zeros
    std::for_each(x.begin() + cols, x.begin() + 2 * cols, [](float& v) { v *= 1e-38F; });  // subnormals
    for (std::size_t i = 2 * cols; i < 8 * cols; ++i) {
      x[i] = std::round(x[i] * 8.0F) / 2.0F;  // ties
    }
    std::vector<float> const before = x;
    lowp::any_quantized_matrix const q = lowp::quantize(s, {before.data(), rows, cols});
    lab::round_trip(s, {x.data(), rows, cols});
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < rows * cols; ++i) {
      float const scale = q.block_scale(i / cols, i % cols / q.block().cols);
      wrong += x[i] == s.element.round(before[i] / scale) * scale ? 0U : 1U;
    }
    CHECK(wrong == 0);
    std::vector<float> with_nan(cols, std::numeric_limits<float>::quiet_NaN());
    if (s.element.facts().has_nan) {
      CHECK_NOTHROW(lab::round_trip(s, {with_nan.data(), 1, cols}));
    } else {
      CHECK_THROWS_AS(lab::round_trip(s, {with_nan.data(), 1, cols}), lowp::error);
    }
  }
}

TEST_CASE("activations: a row does not depend on the batch, digits not on threads") {
  one_layer const net(20, 172);
  for (auto const& [weights, activations] :
       {std::pair("int8/row", "int8/tensor"), std::pair("int4/g32", "nvfp4"), std::pair("mxfp4", "e4m3fn/row")}) {
    lab::treatment const t = treated(weights, activations);
    auto const one = lab::fake_quantized(net, t);
    auto const many = lab::fake_quantized(net, t, 3);
    std::vector<float> const all = net.answer(*one, 40, nullptr).logits;
    CHECK(all == net.answer(*many, 40, nullptr).logits);
    std::vector<float> const some = net.answer(*one, 11, nullptr).logits;
    CHECK(std::equal(some.begin(), some.end(), all.begin()));
  }
  lab::treatment const blocks = treated("int8/row", "e4m3fn/4x32");
  CHECK_THROWS_AS(lab::fake_quantized(net, blocks), lowp::error);
}

TEST_CASE("the kernels and the fake-quantized product agree within the bound of execution.hpp") {
  auto const net = lab::open("fashion", lab_test::models);
  numbers n;
  for (auto const& [weights, activations] :
       {std::pair("int8/row", "int8/row"), std::pair("int4/g32", "e4m3fn/row"), std::pair("nvfp4", "e5m2/row"),
        std::pair("fireq", "e3m4fn/row"), std::pair("e2m1fn/g32", "e2m1fn/g32"), std::pair("mxfp4", "int4/g32"),
        std::pair("fp4_m2", "e4m3fn/row"), std::pair("int4_g128_affine", "e2m3fn/row"), std::pair("int4_g128", ""),
        std::pair("e4m3fn/row", "bf16")}) {
    lab::treatment t = treated(weights, std::string(activations) == "bf16" ? "" : activations);
    if (std::string(activations) == "bf16") {
      t.activations = lab::unscaled(lowp::any_format::of<lowp::bfloat16>());
    }
    INFO(weights << " x " << activations);
    REQUIRE(lab::has_kernels(t));
    auto const fake = lab::fake_quantized(*net, t);
    auto const kernels = lab::through_kernels(*net, t, 2);
    for (std::size_t l = 0; l < net->layers().size(); ++l) {
      lab::layer const& layer = net->layers()[l];
      std::size_t const m = 5;
      std::size_t const k = layer.inputs;
      std::vector<float> x = n.many(m * k);
      std::vector<float> a(m * layer.outputs);
      std::vector<float> b(m * layer.outputs);
      fake->multiply(l, {x.data(), m, k}, {a.data(), m, layer.outputs});
      kernels->multiply(l, {x.data(), m, k}, {b.data(), m, layer.outputs});
      if (t.activations) {
        lab::round_trip(lab::by_rows(*t.activations), {x.data(), m, k});
      }
      std::vector<float> const w = lab::treated_weight(*net, l, t);
      for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t const row = i / layer.outputs;
        std::size_t const col = i % layer.outputs;
        double size = std::abs(static_cast<double>(layer.bias[col]));
        for (std::size_t e = 0; e < k; ++e) {
          size += std::abs(static_cast<double>(x[row * k + e]) * static_cast<double>(w[col * k + e]));
        }
        double const difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        REQUIRE(difference <= static_cast<double>(k + 16) * 0x1p-24 * size);
      }
    }
  }
}

TEST_CASE("treatments: one layer, a format before, recoded weights, static scales") {
  one_layer const net(6, 64);
  auto const answer = [&](lab::treatment const& t) {
    return net.answer(*lab::fake_quantized(net, t), 40, nullptr).logits;
  };
  std::vector<float> const plain = answer({});

  lab::treatment t = treated("int3/row", "int3/row");
  t.only_layer = 1;
  CHECK(answer(t) == plain);
  t.only_layer = 0;
  CHECK(answer(t) != plain);

  lab::treatment before;
  before.weights_before = lowp::parse_scheme("e4m3fn/row");
  CHECK(answer(before) == answer(treated("e4m3fn/row", "")));
  before.weights = lowp::parse_scheme("int8/row");
  CHECK(answer(before) != answer(treated("int8/row", "")));

  lab::treatment table = treated("fireq", "");
  table.weights_recoded = lowp::any_format::of<lowp::e4m3fn>();
  CHECK(answer(table) != answer(treated("fireq", "")));
  CHECK(lab::has_kernels(table));

  // Static scales of all items: those of a fixed scheme for the greatest of them.
  lab::treatment fixed = treated("int8/row", "int8/row");
  fixed.calibration_share = 1.0;
  lab::layer_numbers const seen = lab::observe(net, net.items())[0];
  lab::treatment by_hand = fixed;
  by_hand.calibration_share.reset();
  by_hand.activations->scale.which = lowp::any_scale::kind::fixed;
  by_hand.activations->scale.fixed = static_cast<float>(seen.activation_absmax / 127.0);
  CHECK(answer(fixed) == answer(by_hand));
  fixed.calibration_share = 0.0;
  CHECK_THROWS_AS(answer(fixed), lowp::error);
}

TEST_CASE("weight bytes: codes, scales, zero points") {
  one_layer const net(4, 256);
  CHECK(lab::weight_bytes(net, {}) == 4096);
  CHECK(lab::weight_bytes(net, treated("int8/row", "")) == 1024 + 4 * 4);
  CHECK(lab::weight_bytes(net, treated("int4_g128", "")) == 512 + 8 * 2);
  CHECK(lab::weight_bytes(net, treated("mxfp4", "")) == 512 + 32);
  CHECK(lab::weight_bytes(net, treated("nvfp4", "")) == 512 + 64 + 4);
  CHECK(lab::weight_bytes(net, treated("int4_g128_affine", "")) == 512 + 8 * 2 + 8);
}

TEST_CASE("scores: by hand") {
  lab::answers reference;
  reference.classes = 2;
  reference.logits = {0.0F, 0.0F, 0.0F, 2.0F};
  reference.labels = {0, 1};
  lab::scores const same = lab::score(reference, reference);
  CHECK(same.kl == 0.0);
  CHECK(same.flips == 0);
  CHECK(*same.accuracy == 1.0);
  CHECK(*same.nll == lowp_test::approx((std::log(2.0) + std::log1p(std::exp(-2.0))) / 2));
  lab::answers other = reference;
  other.logits = {0.0F, 1.0F, 0.0F, 2.0F};
  lab::scores const s = lab::score(other, reference);
  double const q = 1.0 / (1.0 + std::exp(1.0));
  CHECK(s.flips == 1);
  CHECK(s.agreement == 0.5);
  CHECK(*s.accuracy == 0.5);
  CHECK(s.kl == lowp_test::approx((0.5 * std::log(0.5 / q) + 0.5 * std::log(0.5 / (1.0 - q))) / 2));
  CHECK(s.mean_shift == lowp_test::approx((0.5 - q) / 2));
  CHECK(*s.perplexity() == lowp_test::approx(std::exp(*s.nll)));
}
