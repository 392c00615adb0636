// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <lowp/measure/error_stats.hpp>
#include <lowp/quant/any_quantize.hpp>
#include <lowp/quant/parse_scheme.hpp>

#include "../execution.hpp"
#include "../scores.hpp"
#include "isa_choice.hpp"
#include "present/for_each_index.hpp"
#include "present/spelling.hpp"
#include "present/terminal.hpp"
#include "traffic.hpp"

namespace lab {

using namespace present;

namespace {

using clock = std::chrono::steady_clock;

constexpr double untouched = std::numeric_limits<double>::infinity();

/// Somebody wants the run to end.
struct stopped {};

/// A trial with its schemes read.
struct prepared {
  trial what;
  treatment schemes;
};

std::optional<lowp::any_scheme> read_scheme(std::string const& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  // A format alone has no scale: bfloat16 activations.
  if (auto alone = lowp::try_parse_format(text)) {
    return unscaled(*std::move(alone));
  }
  auto parsed = lowp::try_parse_scheme(text);
  if (!parsed) {
    std::string_view const prefix = "parse_scheme: ";
    std::string const message = parsed.error().what();
    throw usage_error("--scheme: " + message.substr(message.starts_with(prefix) ? prefix.size() : 0));
  }
  return *std::move(parsed);
}

lowp::rounding::any rounding_named(std::string const& name, std::uint64_t seed) {
  using kind = lowp::rounding::any::kind;
  if (name == "stochastic") {
    return lowp::rounding::stochastic{seed};
  }
  return name == "nearest_away" ? kind::nearest_away : name == "toward_zero" ? kind::toward_zero : kind::nearest_even;
}

prepared prepare(trial const& t, run_settings const& settings) {
  prepared p{t, {name_of(t), read_scheme(t.weights), read_scheme(t.activations), read_scheme(t.cache)}};
  p.schemes.weights_before = read_scheme(t.before);
  for (auto* const weights : {&p.schemes.weights, &p.schemes.weights_before}) {
    if (*weights) {
      (*weights)->rounding = rounding_named(settings.rounding, settings.seed);
    }
  }
  if (!t.recoded.empty()) {
    p.schemes.weights_recoded = lowp::parse_format(t.recoded);
  }
  if (t.activation_scales == trial::scales::calibrated) {
    p.schemes.calibration_share = settings.calibration;
  }
  p.schemes.only_layer = t.only_layer;
  return p;
}

operand operand_of(std::string const& text, std::optional<lowp::any_scheme> const& scheme) {
  if (!scheme) {
    return {};
  }
  family const kind = scheme->element.is_integer()    ? family::integer
                      : scheme->element.is_codebook() ? family::table
                                                      : family::floating;
  return {text, kind, scheme->element.bits()};
}

/// Everything that stays the same from one treatment of a network to the next.
class bench {
 public:
  bench(network const& net, run_settings const& settings, progress& bar);

  measurement measure(prepared const& p) const;
  /// Seconds of an item in float.
  double time_reference() const;
  void measure_kernels(prepared const& p, measurement& m) const;
  bool kernels_serve(prepared const& p) const;

  network_findings description() const;

 private:
  struct timed_answers {
    answers what;
    double seconds;
  };
  timed_answers answer(products& p) const;
  void measure_weights(prepared const& p, measurement& m) const;
  double work(prepared const& p) const;

  network const& net_;
  run_settings const& settings_;
  progress& bar_;
  answers reference_;
  std::vector<layer_traffic> traffic_;
  std::size_t calibrated_on_ = 0;
};

bench::bench(network const& net, run_settings const& settings, progress& bar)
    : net_(net), settings_(settings), bar_(bar), traffic_(net.layers().size()) {
  if (net.items() == 0) {
    return;
  }
  auto const share = settings.calibration * static_cast<double>(settings.items);
  calibrated_on_ = std::max<std::size_t>(1, static_cast<std::size_t>(share));
  for_each_index(2, settings.threads, [&](std::size_t i) {
    pin_this_thread(settings_.isa);
    if (i == 0) {
      auto const in_float = fake_quantized(net_, {});
      reference_ = answer(*in_float).what;
    } else {
      watched eyes(net_);
      calibrated_on_ = net_.answer(eyes, calibrated_on_, {}).items();
      traffic_.assign(eyes.layers().begin(), eyes.layers().end());
    }
  });
}

bench::timed_answers bench::answer(products& p) const {
  std::size_t done = 0;
  auto const heard = [&](std::size_t now) {
    bar_.advance(static_cast<double>(now - done));
    done = now;
    return settings_.stop == nullptr || !*settings_.stop;
  };
  auto const start = clock::now();
  answers a = net_.answer(p, settings_.items, heard);
  double const seconds = std::chrono::duration<double>(clock::now() - start).count();
  if (settings_.stop != nullptr && *settings_.stop) {
    throw stopped{};
  }
  return {std::move(a), seconds};
}

void bench::measure_weights(prepared const& p, measurement& m) const {
  double noise = 0;
  double signal = 0;
  double weights = 0;
  for (std::size_t i = 0; i < net_.layers().size(); ++i) {
    layer const& l = net_.layers()[i];
    auto const stats = lowp::compare_values(l.weight, treated_weight(net_, i, p.schemes));
    auto const count = static_cast<double>(l.weight.size());
    m.layer_sqnr_db.push_back(stats.mse == 0 ? untouched : stats.sqnr_db());
    noise += stats.mse * count;
    signal += stats.signal_power * count;
    weights += count;
  }
  m.sqnr_db = noise == 0 ? untouched : 10 * std::log10(signal / noise);
  m.bytes = weight_bytes(net_, p.schemes);
  m.bits_per_weight = 8 * static_cast<double>(m.bytes) / weights;
}

double bench::work(prepared const& p) const {
  double sum = 0;
  for (std::size_t i = 0; i < traffic_.size(); ++i) {
    bool const treated = !p.what.only_layer || *p.what.only_layer == i;
    int const w = treated && p.schemes.weights ? p.schemes.weights->element.bits() : 32;
    int const a = treated && p.schemes.activations ? p.schemes.activations->element.bits() : 32;
    auto const macs = static_cast<double>(traffic_[i].rows * net_.layers()[i].weight.size());
    sum += macs * w * a;
  }
  return calibrated_on_ == 0 ? 0 : sum / static_cast<double>(calibrated_on_);
}

measurement bench::measure(prepared const& p) const {
  measurement m{p.schemes.name, p.what.section};
  m.weights = operand_of(p.what.weights, p.schemes.weights);
  m.activations = operand_of(p.what.activations, p.schemes.activations);
  m.cache = operand_of(p.what.cache, p.schemes.cache);
  m.only_layer = p.what.only_layer;
  m.before = p.what.before;
  m.calibrated = p.what.activation_scales == trial::scales::calibrated;
  m.work = work(p);
  try {
    measure_weights(p, m);
    if (settings_.mode != computation::kernels && net_.items() != 0) {
      auto const products = fake_quantized(net_, p.schemes);
      m.fake = score(answer(*products).what, reference_);
    }
  } catch (lowp::error const& e) {  // NaN weights, a scale that its stored type cannot hold
    m.problem = e.what();
  }
  return m;
}

bool bench::kernels_serve(prepared const& p) const {
  return net_.items() != 0 && !p.what.only_layer && has_kernels(p.schemes);
}

double bench::time_reference() const {
  auto const in_float = fake_quantized(net_, {});
  return answer(*in_float).seconds / static_cast<double>(settings_.items);
}

void bench::measure_kernels(prepared const& p, measurement& m) const {
  try {
    auto const products = through_kernels(net_, p.schemes);
    timed_answers const first = answer(*products);
    m.kernels = score(first.what, reference_);
    // The best of a few, as others use the machine, too; one is enough where it takes long.
    double seconds = first.seconds;
    for (int again = 0; again < 2 && seconds < 0.1; ++again) {
      bar_.advance(-static_cast<double>(settings_.items));
      seconds = std::min(seconds, answer(*products).seconds);
    }
    m.seconds_per_item = seconds / static_cast<double>(std::max<std::size_t>(first.what.items(), 1));
  } catch (lowp::error const& e) {
    m.problem = e.what();
  }
}

network_findings bench::description() const {
  network_findings f;
  f.name = net_.name();
  f.inputs = net_.inputs();
  f.item = net_.item();
  f.items = reference_.items();
  f.reference = score(reference_, reference_);
  for (std::size_t i = 0; i < net_.layers().size(); ++i) {
    layer const& l = net_.layers()[i];
    double greatest = 0;
    double squares = 0;
    for (float const w : l.weight) {
      greatest = std::max(greatest, std::fabs(static_cast<double>(w)));
      squares += static_cast<double>(w) * static_cast<double>(w);
    }
    double const rms = std::sqrt(squares / static_cast<double>(std::max<std::size_t>(l.weight.size(), 1)));
    layer_traffic const& t = traffic_[i];
    double const coming = t.numbers == 0 ? 0 : std::sqrt(t.squares / static_cast<double>(t.numbers));
    f.layers.push_back({l.name, l.outputs, l.inputs, rms > 0 ? greatest / rms : 0,
                        coming > 0 ? static_cast<double>(t.greatest) / coming : 0,
                        calibrated_on_ == 0 ? 0 : static_cast<double>(t.rows) / static_cast<double>(calibrated_on_)});
    f.weights += l.weight.size();
  }
  return f;
}

/// The weights of a layer in bins, and the values of a few formats with one scale for the layer.
histogram histogram_of(layer const& l) {
  constexpr std::size_t bins = 96;
  histogram h{l.name, 0, std::vector<std::size_t>(bins), {}};
  for (float const w : l.weight) {
    h.end = std::isfinite(w) ? std::max(h.end, std::fabs(static_cast<double>(w))) : h.end;
  }
  for (float const w : l.weight) {
    double const place = h.end > 0 && std::isfinite(w) ? (static_cast<double>(w) / h.end + 1) / 2 * bins : bins / 2;
    ++h.counts[std::min(bins - 1, static_cast<std::size_t>(std::max(place, 0.0)))];
  }
  for (char const* const name : {"int8", "e4m3fn", "int4", "e2m1fn"}) {
    lowp::any_format const format = lowp::parse_format(name);
    double const scale = h.end / static_cast<double>(format.facts().max);
    std::vector<double> values;
    for (float const v : format.values()) {
      double const value = static_cast<double>(v) * scale;
      if (std::isfinite(value) && std::fabs(value) <= h.end) {
        values.push_back(value);
      }
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    h.grids.push_back({name, std::move(values)});
  }
  return h;
}

/// Of the layer with the greatest peak and the one with the least: the worst and the best case for even steps. Layers of
/// few weights have ragged histograms and come last.
std::vector<histogram> histograms(network const& net, network_findings const& f) {
  constexpr std::size_t few = 2000;
  std::vector<std::size_t> candidates;
  for (std::size_t const least : {few, std::size_t{0}}) {
    for (std::size_t i = 0; i < f.layers.size() && (least != 0 || candidates.size() < 2); ++i) {
      bool const known = std::find(candidates.begin(), candidates.end(), i) != candidates.end();
      if (f.layers[i].outputs * f.layers[i].inputs >= least && !known) {
        candidates.push_back(i);
      }
    }
  }
  if (candidates.empty()) {
    return {};
  }
  auto const [least, most] =
      std::minmax_element(candidates.begin(), candidates.end(),
                          [&](std::size_t a, std::size_t b) { return f.layers[a].peak < f.layers[b].peak; });
  std::vector<histogram> out = {histogram_of(net.layers()[*most])};
  if (most != least) {
    out.push_back(histogram_of(net.layers()[*least]));
  }
  return out;
}

/// Less is better: KL where answers were given, else the noise of the weights.
double loss(measurement const& m) {
  if (!m.problem.empty()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return m.shown() != nullptr ? m.shown()->kl : -m.sqnr_db;
}

void mark_winners(suite_findings& s) {
  std::map<std::tuple<std::string, int, int>, std::vector<measurement*>> rivals;
  for (measurement& m : s.measurements) {
    if (!std::isnan(loss(m))) {
      rivals[{m.section, m.weights.bits, m.activations.bits}].push_back(&m);
    }
  }
  for (auto& [key, group] : rivals) {
    std::vector<measurement*>& all = group;  // a lambda of C++20 takes no structured binding on Clang 14
    bool const contested = std::any_of(all.begin(), all.end(), [&](measurement const* m) {
      return m->weights.kind != all[0]->weights.kind || m->activations.kind != all[0]->activations.kind;
    });
    auto const best = std::min_element(all.begin(), all.end(),
                                       [](measurement const* a, measurement const* b) { return loss(*a) < loss(*b); });
    auto const equals =
        std::count_if(all.begin(), all.end(), [&](measurement const* m) { return loss(*m) == loss(**best); });
    (*best)->wins = contested && equals == 1;
  }
}

}  // namespace

std::vector<tale> tell(stories const& model, std::string const& prompt, std::vector<trial> const& trials,
                       run_settings const& settings) {
  constexpr std::size_t tokens = 96;
  std::vector<treatment> all = {{"float32"}};
  for (trial const& t : trials) {
    all.push_back(prepare(t, settings).schemes);
  }
  std::vector<tale> out(all.size());
  for_each_index(all.size(), settings.threads, [&](std::size_t i) {
    pin_this_thread(settings.isa);
    auto const products = fake_quantized(model, all[i]);
    out[i] = {all[i].name, model.generate(*products, prompt, tokens, [&](std::string_view) {
                return settings.stop == nullptr || !*settings.stop;
              })};
    std::replace(out[i].text.begin(), out[i].text.end(), '\n', ' ');
  });
  return out;
}

network_findings run(network const& net, std::vector<named_trials> const& what, run_settings const& asked) {
  run_settings settings = asked;
  settings.items = std::min(asked.items, net.items());
  // 1. Everything that may be spelled wrong is read before anything is run.
  std::vector<std::pair<std::size_t, prepared>> all;
  for (std::size_t s = 0; s < what.size(); ++s) {
    for (trial const& t : what[s].trials) {
      all.emplace_back(s, prepare(t, settings));
    }
  }
  double const rounds = settings.mode == computation::both ? 2 : 1;
  progress bar(net.name(), (rounds * static_cast<double>(all.size()) + 1) *
                               static_cast<double>(std::max<std::size_t>(settings.items, 1)));
  network_findings f;
  std::vector<std::optional<measurement>> done(all.size());
  try {
    bench const table(net, settings, bar);
    f = table.description();
    f.histograms = histograms(net, f);
    // 2. Quality, as many at a time as there are threads.
    for_each_index(all.size(), settings.threads, [&](std::size_t i) {
      pin_this_thread(settings.isa);
      done[i] = table.measure(all[i].second);
      bool const waits = settings.mode == computation::both && !table.kernels_serve(all[i].second);
      bar.advance(waits || net.items() == 0 ? static_cast<double>(settings.items) : 0);
    });
    // 3. Time, one after the other.
    if (settings.mode != computation::fake && settings.items != 0) {
      f.reference_seconds = table.time_reference();
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (table.kernels_serve(all[i].second)) {
          table.measure_kernels(all[i].second, *done[i]);
        } else if (settings.mode == computation::kernels) {
          done[i]->problem = "the lab has no kernels for this pair";
        }
      }
    }
  } catch (stopped const&) {
    f.name = net.name();
    f.inputs = net.inputs();
    f.item = net.item();
  }
  for (named_trials const& n : what) {
    f.suites.push_back({n.what.name, n.what.purpose, {}});
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (done[i]) {
      f.suites[all[i].first].measurements.push_back(*std::move(done[i]));
    }
  }
  for (suite_findings& s : f.suites) {
    mark_winners(s);
  }
  return f;
}

}  // namespace lab
