// SPDX-License-Identifier: Apache-2.0
//
// The scores of examples/models/README.md, and what is known about formats, on real networks. The figures beside the bounds
// are what was measured; `test_lab -s` prints them again.
#include "networks/catalog.hpp"

#include <memory>
#include <string>
#include <vector>

#include <lowp/quant/parse_scheme.hpp>

#include "execution.hpp"
#include "lab_data.hpp"
#include "scores.hpp"
#include "support/catch.hpp"
#include "support/effort.hpp"

namespace {

constexpr std::size_t all = static_cast<std::size_t>(-1);

// A network, its answers in float, and scores against them.
struct subject {
  std::unique_ptr<lab::network> net;
  std::size_t count;
  lab::answers reference;

  explicit subject(char const* name, std::size_t items = all, std::string const& folder = lab_test::data_folder())
      : net(lab::open(name, folder)),
        count(items),
        reference(net->answer(*lab::fake_quantized(*net, {}), count, nullptr)) {}

  lab::scores in_float() const { return lab::score(reference, reference); }
  lab::scores with(char const* weights, char const* activations = "") const {
    lab::treatment t;
    t.weights = lowp::parse_scheme(weights);
    if (*activations != 0) t.activations = lowp::parse_scheme(activations);
    lab::scores const s = lab::score(net->answer(*lab::fake_quantized(*net, t), count, nullptr), reference);
    UNSCOPED_INFO(weights << " x " << activations << ": KL " << s.kl << ", flips " << s.flips);
    return s;
  }
};

}  // namespace

TEST_CASE("Fashion: the score in float, the kernels' beside the fake-quantized one") {
  subject const fashion("fashion", lowp_test::sanitized ? 32 : 1000, lab_test::models);
  if (!lowp_test::sanitized) {
    CHECK(*fashion.in_float().accuracy == lowp_test::approx(0.8880));
    CHECK(*fashion.in_float().nll == lowp_test::approx(0.29180).margin(0.000005));
  }
  lab::treatment t;
  t.weights = lowp::parse_scheme("int8/row");
  t.activations = lowp::parse_scheme("int8/row");
  lab::scores const fake =
      lab::score(fashion.net->answer(*lab::fake_quantized(*fashion.net, t), 32, nullptr), fashion.reference);
  lab::scores const real =
      lab::score(fashion.net->answer(*lab::through_kernels(*fashion.net, t), 32, nullptr), fashion.reference);
  CHECK(fake.kl < 0.001);
  CHECK(real.kl == lowp_test::approx(fake.kl).margin(1e-5));
  CHECK(real.flips == fake.flips);
}

TEST_CASE("answers: those before progress said no") {
  auto const fashion = lab::open("fashion", lab_test::models);
  auto const p = lab::fake_quantized(*fashion, {});
  std::vector<std::size_t> heard;
  lab::answers const some = fashion->answer(*p, 64, [&](std::size_t done) {
    heard.push_back(done);
    return done < 32;
  });
  CHECK(heard == std::vector<std::size_t>{16, 32});
  CHECK(some.items() == 32);
  CHECK(some.labels.size() == 32);
}

TEST_CASE("MNIST: the score in float on the first 2,000 digits") {
  LAB_NEEDS("mnist");
  subject const mnist("mnist", lowp_test::sanitized ? 16 : 2000);
  if (lowp_test::sanitized) return;
  CHECK(mnist.in_float().accuracy.value() * 2000 == lowp_test::approx(1978));
}

TEST_CASE("stories260K: perplexity in float, and the published sample") {
  LAB_NEEDS("stories260K");
  auto const model = lab::open_stories("stories260K", lab_test::data_folder());
  CHECK(model->items() == 1804);
  auto const p = lab::fake_quantized(*model, {});
  std::string const published =
      "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a "
      "big, red ball. She wanted to play with it, but it was too high.\nLily's mom said, \"Lily, let's go to the "
      "park.\" "
      "Lily was sad and didn't know what to do.";
  CHECK(model->generate(*p, "", 200).substr(0, published.size()) == published);
  CHECK(model->generate(*p, "Once upon a time, there", 120).substr(0, 100) == published.substr(0, 100));
  if (!lowp_test::sanitized) {
    lab::answers const a = model->answer(*p, all, nullptr);
    lab::scores const s = lab::score(a, a);
    CHECK(s.items == 1804);
    CHECK(*s.nll == lowp_test::approx(1.2664).margin(0.00005));
    CHECK(*s.perplexity() == lowp_test::approx(3.548).margin(0.0005));
    // A token at a time or all together, and any number of them: the same digits.
    lab::answers const some = model->answer(*p, 500, nullptr);
    CHECK(std::equal(some.logits.begin(), some.logits.end(), a.logits.begin()));
  }
}

TEST_CASE("stories260K: perplexity of 120 sampled stories", "[long]") {
  LAB_NEEDS("stories260K-sampled");
  subject const sampled("stories260K-sampled");
  CHECK(sampled.in_float().items == 41112);
  CHECK(*sampled.in_float().nll == lowp_test::approx(1.3137).margin(0.00006));
  CHECK(*sampled.in_float().perplexity() == lowp_test::approx(3.720).margin(0.0005));
}

TEST_CASE("Silero: outliers beat one INT8 scale, not E4M3") {
  LAB_NEEDS("silero");
  subject const silero("silero");
  CHECK(silero.reference.items() == 654);
  // Noise before the speech and the tone behind are told from it; speech is remembered for two frames.
  for (std::size_t i = 0; i < 654; i = i == 39 ? 636 : i + 1) {
    REQUIRE(silero.reference.logits[2 * i + 1] < -2.2F);  // below 0.1
  }
  if (lowp_test::sanitized) return;
  CHECK(silero.with("int8/tensor").flips > 100);   // 253
  CHECK(silero.with("e4m3fn/tensor").flips < 10);  // 8
}

TEST_CASE("stories260K: where INT wins, where FP does") {
  LAB_NEEDS("stories260K");
  if (lowp_test::sanitized) return;
  subject const model("stories260K", 900);
  // Nearly Gaussian rows: INT8 has the finer grid. KL 0.0005 and 0.0085.
  CHECK(model.with("int8/row").kl * 4 < model.with("e4m3fn/row").kl);
  // More bits, less loss: each at least halves it with INT (2.17, 0.189, 0.0385, 0.0093, 0.0005) and FP
  // (0.20, 0.040, 0.010, 0.0025).
  for (std::vector<char const*> const& family :
       {std::vector<char const*>{"int3/row", "int4/row", "int5/row", "int6/row", "int8/row"},
        std::vector<char const*>{"e2m1fn/row", "minifloat:e2m2:finite/row", "e2m3fn/row",
                                 "minifloat:e2m4:finite/row"}}) {
    double before = 100;
    for (char const* const weights : family) {
      double const kl = model.with(weights).kl;
      CHECK(kl * 2 < before);
      before = kl;
    }
  }
  // Scales that are powers of two cost: the floor rule (0.241) loses to even (0.215) and, by far, to floats (0.175). With
  // rceil (0.243) it is on a par here.
  double const floats = model.with("e2m1fn/g32").kl;
  double const floor = model.with("mxfp4").kl;
  CHECK(floats * 1.15 < floor);
  CHECK(model.with("e2m1fn/g32/e8m0:even").kl < floor);
  // INT8 activations are no worse under INT4 weights (0.155 and 0.163); by 32, FP4 x FP4 (0.342) beats INT4 x INT4 (0.405).
  CHECK(model.with("int4/g32", "int8/row").kl < model.with("int4/g32", "e4m3fn/row").kl);
  CHECK(model.with("e2m1fn/g32", "e2m1fn/g32").kl * 1.1 < model.with("int4/g32", "int4/g32").kl);
}
