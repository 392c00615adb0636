// SPDX-License-Identifier: Apache-2.0
#include "plots.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "present/numbers.hpp"
#include "present/terminal.hpp"
#include "svg.hpp"

namespace lab {

using namespace present;

namespace {

/// The quality that is plotted: KL divergence downwards, or the noise of weights nobody ran.
struct quality {
  bool answers;

  double of(measurement const& m) const {
    if (!m.problem.empty()) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    if (!answers) {
      return m.sqnr_db;
    }
    return m.shown() != nullptr ? m.shown()->kl : std::numeric_limits<double>::quiet_NaN();
  }
  bool is_better(double a, double b) const { return answers ? a < b : a > b; }
};

struct point {
  measurement const* what;
  double x;
  double y;
};

std::string figures_of(measurement const& m, network_findings const& n) {
  std::string out = m.name + ": " + fixed(m.bits_per_weight, 2) + " bits/weight, SQNR " +
                    (std::isinf(m.sqnr_db) ? "exact" : fixed(m.sqnr_db, 1) + " dB");
  if (scores const* const q = m.shown()) {
    out += ", KL " + two_digits(q->kl) + ", " + grouped(q->flips) + " of " + counted(q->items, n.item) + " flipped";
    out += q->accuracy ? ", " + percent(*q->accuracy, 2) + " % right" : "";
  }
  return out;
}

/// Those that no other beats in cost and quality at once, by cost.
std::vector<point> front_of(std::vector<point> points, quality q) {
  std::stable_sort(points.begin(), points.end(),
                   [&](point const& a, point const& b) { return a.x < b.x || (a.x == b.x && q.is_better(a.y, b.y)); });
  std::vector<point> out;
  for (point const& p : points) {
    if (out.empty() || q.is_better(p.y, out.back().y)) {
      out.push_back(p);
    }
  }
  return out;
}

/// Boxes of labels that are already there.
class label_places {
 public:
  struct box {
    double left, top, right, bottom;
  };
  void take(box b) { taken_.push_back(b); }
  bool is_free(box b) const {
    return std::none_of(taken_.begin(), taken_.end(), [&](box const& t) {
      return b.left < t.right && t.left < b.right && b.top < t.bottom && t.top < b.bottom;
    });
  }

 private:
  std::vector<box> taken_;
};

constexpr double letter = 5.9;  // units that a letter of a label takes, about

struct frame {
  double left, top, right, bottom;
  double x(axis const& a, double value) const { return left + a.place(value) * (right - left); }
  double y(axis const& a, double value) const { return bottom - a.place(value) * (bottom - top); }
};

void draw_axes(svg& s, frame f, axis const& x, axis const& y, std::string const& x_name, std::string const& y_name) {
  for (axis::tick const& t : y.ticks()) {
    double const at = f.y(y, t.value);
    s.line(f.left, at, f.right, at, "grid").text(f.left - 6, at + 4, t.label, anchor::end, "tick");
  }
  for (axis::tick const& t : x.ticks()) {
    double const at = f.x(x, t.value);
    s.line(at, f.bottom, at, f.bottom + 4, "axis").text(at, f.bottom + 17, t.label, anchor::middle, "tick");
  }
  s.line(f.left, f.bottom, f.right, f.bottom, "axis");
  s.text((f.left + f.right) / 2, f.bottom + 34, x_name, anchor::middle, "name");
  s.text(f.left, f.top - 10, y_name, anchor::start, "name");
}

void draw_mark(svg& s, double x, double y, measurement const& m, std::string const& title) {
  std::string const css = css_of(family_of(m)) + (m.activations.kind == family::none ? " hollow" : "");
  switch (family_of(m)) {
    case family::integer:
      s.rectangle(x - 4, y - 4, 8, 8, css, title);
      break;
    case family::table:
    case family::none:
      s.diamond(x, y, 5.5, css, title);
      break;
    case family::floating:
      s.circle(x, y, 4.6, css, title);
      break;
  }
}

void draw_label(svg& s, label_places& places, frame f, double x, double y, std::string const& words) {
  double const width = letter * static_cast<double>(display_width(words));
  struct place {
    double dx, dy;
    anchor at;
  };
  for (place const p : {place{8, -6, anchor::start}, place{8, 13, anchor::start}, place{-8, 13, anchor::end},
                        place{-8, -6, anchor::end}, place{0, -10, anchor::middle}, place{0, 19, anchor::middle},
                        place{10, -18, anchor::start}, place{10, 25, anchor::start}, place{-10, 25, anchor::end}}) {
    double const start = x + p.dx - (p.at == anchor::end ? width : p.at == anchor::middle ? width / 2 : 0);
    label_places::box const box{start - 1, y + p.dy - 10, start + width + 1, y + p.dy + 3};
    bool const inside =
        box.left >= f.left && box.right <= f.right + 8 && box.top >= f.top - 6 && box.bottom <= f.bottom;
    if (inside && places.is_free(box)) {
      places.take(box);
      s.text(x + p.dx, y + p.dy, words, p.at, "label");
      return;
    }
  }
}

std::string clipped(std::string const& name, std::size_t most) { return shown(name, most); }

/// A cell of a map: how bad (0 to 1), a word inside, a title.
struct cell {
  double heat = 0;
  std::string word;
  std::string title;
  bool wins = false;
};

/// Rows of cells under slanted names of columns.
std::string map_drawing(std::vector<std::string> const& rows, std::vector<std::string> const& columns,
                        std::vector<std::vector<cell>> const& cells, std::string const& label) {
  constexpr double left = 176;
  constexpr double row_height = 21;
  double const column_width = std::clamp(620.0 / static_cast<double>(columns.size()), 17.0, 76.0);
  bool const words = column_width >= 30;
  std::size_t longest = 0;
  for (std::string const& c : columns) {
    longest = std::max(longest, display_width(clipped(c, 22)));
  }
  bool const slanted = static_cast<double>(longest) * letter > column_width - 4;
  double const top = slanted ? 14 + static_cast<double>(longest) * 4.4 : 22;
  double const right = left + column_width * static_cast<double>(columns.size());
  svg s(right + (slanted ? 62 : 8), top + row_height * static_cast<double>(rows.size()) + 6, label);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    double const middle = left + column_width * (static_cast<double>(c) + 0.5);
    s.text(middle + (slanted ? 3 : 0), top - 7, clipped(columns[c], 22), slanted ? anchor::start : anchor::middle,
           "tick", slanted ? -48 : 0);
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    double const y = top + row_height * static_cast<double>(r);
    s.text(left - 8, y + 14.5, clipped(rows[r], 28), anchor::end, "tick");
    for (std::size_t c = 0; c < columns.size(); ++c) {
      cell const& what = cells[r][c];
      double const x = left + column_width * static_cast<double>(c);
      s.rectangle(x, y, column_width - 1.5, row_height - 1.5, "cell");
      s.rectangle(x, y, column_width - 1.5, row_height - 1.5, "heat", what.title, std::clamp(what.heat, 0.0, 0.999));
      if (words) {
        s.text(x + column_width / 2 - 0.75, y + 14.5, what.word, anchor::middle,
               what.heat > 0.62 ? "oncell strong" : "oncell");
      }
    }
  }
  return s.finished();
}

}  // namespace

std::string short_name(measurement const& m) {
  auto const pieces = [](std::string const& scheme, int count) {
    std::size_t end = 0;
    for (int i = 0; i < count && end != std::string::npos; ++i) {
      end = scheme.find('/', end == 0 ? 0 : end + 1);
    }
    std::string out = scheme.substr(0, end);
    for (std::string_view const noise : {"minifloat:", ":finite"}) {
      if (std::size_t const at = out.find(noise); at != std::string::npos) {
        out.erase(at, noise.size());
      }
    }
    return out;
  };
  std::string out = m.before.empty() ? "" : pieces(m.before, 1) + " > ";
  // Where there is room, the type of the scales, too.
  std::string const whole = pieces(m.weights.scheme, 3);
  out += m.weights.scheme.empty() ? "f32" : whole.size() <= 14 ? whole : pieces(m.weights.scheme, 2);
  out += m.activations.scheme.empty() ? "" : " \u00d7 " + pieces(m.activations.scheme, 1);
  out += m.calibrated ? " static" : "";
  return out + (m.cache.scheme.empty() ? "" : " \u00d7 " + pieces(m.cache.scheme, 1));
}

std::string css_of(family kind) {
  return kind == family::integer ? "int" : kind == family::floating ? "fp" : kind == family::table ? "nf" : "none";
}

family family_of(measurement const& m) { return m.weights.kind != family::none ? m.weights.kind : m.activations.kind; }

std::vector<measurement const*> whole_treatments(network_findings const& n) {
  std::vector<measurement const*> out;
  for (suite_findings const& s : n.suites) {
    for (measurement const& m : s.measurements) {
      bool const known = std::any_of(out.begin(), out.end(), [&](measurement const* o) { return o->name == m.name; });
      if (!m.only_layer && !known && m.problem.empty()) {
        out.push_back(&m);
      }
    }
  }
  return out;
}

std::string quality_plot(network_findings const& n, cost against) {
  quality const q{n.items != 0};
  if (!q.answers && against == cost::work) {
    return "";
  }
  std::vector<point> points;
  for (measurement const* m : whole_treatments(n)) {
    double const x = against == cost::work ? m->work : m->bits_per_weight;
    double const y = q.of(*m);
    bool const drawn = std::isfinite(y) && x > 0 && (against == cost::work || x < 17);
    if (drawn) {
      points.push_back({m, x, y});
    }
  }
  if (points.size() < 2) {
    return "";
  }
  auto const [least_x, most_x] =
      std::minmax_element(points.begin(), points.end(), [](point const& a, point const& b) { return a.x < b.x; });
  double least_y = HUGE_VAL;
  double most_y = -HUGE_VAL;
  for (point const& p : points) {
    if (!q.answers || p.y > 0) {
      least_y = std::min(least_y, p.y);
      most_y = std::max(most_y, p.y);
    }
  }
  if (most_y < least_y) {
    return "";  // nothing but exact answers
  }
  axis const x = against == cost::work ? axis::logarithmic(least_x->x, most_x->x)
                                       : axis::linear(std::floor(least_x->x), std::ceil(most_x->x));
  axis const y = q.answers ? axis::logarithmic(least_y, most_y) : axis::linear(least_y, most_y);
  frame const f{48, 30, 452, 300};
  std::string const x_name = against == cost::work ? "products x weight bits x activation bits, per " + n.item
                                                   : std::string("bits per weight, scales included");
  std::string x_shown = x_name;
  for (std::size_t at = x_shown.find(" x "); at != std::string::npos; at = x_shown.find(" x ")) {
    x_shown.replace(at, 3, " \u00d7 ");
  }
  std::string const y_name = q.answers ? "KL from float32, nats (less is better)" : "SQNR, dB (more is better)";
  svg s(460, 340, y_name + " against " + x_name);
  draw_axes(s, f, x, y, x_shown, y_name);
  auto const front = front_of(points, q);
  std::vector<std::pair<double, double>> steps;
  for (point const& p : front) {
    if (!steps.empty()) {
      steps.emplace_back(f.x(x, p.x), steps.back().second);
    }
    steps.emplace_back(f.x(x, p.x), f.y(y, p.y));
  }
  s.path(steps, "front");
  label_places places;
  for (point const& p : points) {
    double const px = f.x(x, p.x);
    double const py = f.y(y, p.y);
    places.take({px - 5, py - 5, px + 5, py + 5});
    draw_mark(s, px, py, *p.what, figures_of(*p.what, n));
  }
  for (point const& p : front) {
    draw_label(s, places, f, f.x(x, p.x), f.y(y, p.y), short_name(*p.what));
  }
  return s.finished();
}

std::string layer_map(network_findings const& n) {
  std::vector<measurement const*> treatments;
  for (measurement const* m : whole_treatments(n)) {
    bool const known = std::any_of(treatments.begin(), treatments.end(), [&](measurement const* o) {
      return o->weights.scheme == m->weights.scheme && o->before == m->before;
    });
    if (!known && m->weights.kind != family::none && m->layer_sqnr_db.size() == n.layers.size()) {
      treatments.push_back(m);
    }
  }
  if (treatments.empty() || n.layers.empty()) {
    return "";
  }
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<std::vector<cell>> cells;
  for (layer_findings const& l : n.layers) {
    columns.push_back(l.name);
  }
  for (measurement const* m : treatments) {
    rows.push_back((m->before.empty() ? "" : m->before + " > ") + m->weights.scheme);
    cells.emplace_back();
    for (std::size_t i = 0; i < n.layers.size(); ++i) {
      double const db = m->layer_sqnr_db[i];
      std::string const word = std::isinf(db) ? "\u221e" : fixed(db, 0);
      // 45 dB is what 8 bits give a quiet layer, 10 dB leaves a third of each weight to chance.
      cells.back().push_back(
          {(45 - db) / 35, word, n.layers[i].name + ", " + rows.back() + ": " + fixed(db, 1) + " dB"});
    }
  }
  return map_drawing(rows, columns, cells, "SQNR of each layer in each scheme, in dB");
}

std::string sensitivity_map(network_findings const& n) {
  suite_findings const* found = nullptr;
  for (suite_findings const& s : n.suites) {
    found = s.name == "per-layer" && n.items != 0 ? &s : found;
  }
  if (found == nullptr || found->measurements.empty()) {
    return "";
  }
  std::vector<std::string> formats;
  double least = HUGE_VAL;
  double most = 0;
  for (measurement const& m : found->measurements) {
    if (std::find(formats.begin(), formats.end(), m.name) == formats.end()) {
      formats.push_back(m.name);
    }
    if (m.shown() != nullptr && m.shown()->kl > 0) {
      least = std::min(least, m.shown()->kl);
      most = std::max(most, m.shown()->kl);
    }
  }
  std::vector<std::string> columns;
  for (layer_findings const& l : n.layers) {
    columns.push_back(l.name);
  }
  std::vector<std::string> rows = {"peak of the weights", "peak of what comes in"};
  std::vector<std::vector<cell>> cells(2);
  for (layer_findings const& l : n.layers) {
    // A Gaussian has 3 to 5; 30 is an outlier that takes three bits of an even grid.
    cells[0].push_back(
        {std::log2(std::max(l.peak, 4.0) / 4) / 3, fixed(l.peak, 0), l.name + ": peak " + fixed(l.peak, 1)});
    cells[1].push_back({std::log2(std::max(l.activation_peak, 4.0) / 4) / 3, fixed(l.activation_peak, 0),
                        l.name + ": peak of its inputs " + fixed(l.activation_peak, 1)});
  }
  for (std::string const& f : formats) {
    rows.push_back(f);
    cells.emplace_back();
    for (std::size_t i = 0; i < n.layers.size(); ++i) {
      auto const m = std::find_if(found->measurements.begin(), found->measurements.end(),
                                  [&](measurement const& x) { return x.only_layer == i && x.name == f; });
      if (m == found->measurements.end() || m->shown() == nullptr) {
        cells.back().push_back({0, "", n.layers[i].name + ", " + f + ": not measured"});
        continue;
      }
      double const kl = m->shown()->kl;
      double const heat = kl > 0 && most > least ? std::log(kl / least) / std::log(most / least) : 0;
      cells.back().push_back({heat, two_digits(kl), n.layers[i].name + ", " + f + ": KL " + two_digits(kl)});
    }
  }
  return map_drawing(rows, columns, cells, "What each layer alone costs");
}

std::string histogram_plot(histogram const& h) {
  std::size_t const most = h.counts.empty() ? 0 : *std::max_element(h.counts.begin(), h.counts.end());
  if (most == 0 || h.end <= 0) {
    return "";
  }
  constexpr double row_height = 17;
  frame const f{66, 26, 452, 186};
  double const bottom = f.bottom + 24 + row_height * static_cast<double>(h.grids.size());
  svg s(460, bottom + 28, "Histogram of the weights of " + h.layer);
  s.text(f.left, f.top - 10, "weights, logarithmic", anchor::start, "name");
  axis const y = axis::logarithmic(0.8, static_cast<double>(most));
  for (axis::tick const& t : y.ticks()) {
    if (t.value >= 1) {
      s.line(f.left, f.y(y, t.value), f.right, f.y(y, t.value), "grid");
      s.text(f.left - 6, f.y(y, t.value) + 4, t.label, anchor::end, "tick");
    }
  }
  double const width = (f.right - f.left) / static_cast<double>(h.counts.size());
  for (std::size_t i = 0; i < h.counts.size(); ++i) {
    if (h.counts[i] != 0) {
      double const top = f.y(y, static_cast<double>(h.counts[i]));
      s.rectangle(f.left + width * static_cast<double>(i), top, width - 0.5, f.bottom - top, "bar",
                  counted(h.counts[i], "weight"));
    }
  }
  s.line(f.left, f.bottom, f.right, f.bottom, "axis");
  double row = f.bottom + 8;
  for (histogram::grid const& g : h.grids) {
    bool const integer = g.format.starts_with("int");
    s.text(f.left - 6, row + 10, g.format, anchor::end, "tick");
    // One path a row: a stroke for every value.
    std::vector<double> places;
    for (double const v : g.values) {
      places.push_back((f.left + f.right) / 2 + v / h.end * (f.right - f.left) / 2);
    }
    for (double const x : places) {
      s.line(x, row, x, row + 12, integer ? "int stroke" : "fp stroke");
    }
    row += row_height;
  }
  for (double const v : {-h.end, 0.0, h.end}) {
    double const x = (f.left + f.right) / 2 + v / h.end * (f.right - f.left) / 2;
    s.text(x, row + 14, two_digits(v), v < 0 ? anchor::start : v > 0 ? anchor::end : anchor::middle, "tick");
  }
  return s.finished();
}

std::string throughput_plot(network_findings const& n, operands which) {
  struct bar {
    std::string name;
    std::string css;
    double rate;
    int bits;
  };
  std::vector<bar> bars;
  for (measurement const* m : whole_treatments(n)) {
    bool const wanted = (m->activations.kind == family::none) == (which == operands::weights);
    if (wanted && m->seconds_per_item && *m->seconds_per_item > 0) {
      bars.push_back({short_name(*m), css_of(family_of(*m)), 1 / *m->seconds_per_item,
                      100 * m->weights.bits + m->activations.bits});
    }
  }
  if (bars.empty()) {
    return "";
  }
  // INT beside FP: of equal bits the neighbours.
  std::stable_sort(bars.begin(), bars.end(), [](bar const& a, bar const& b) { return a.bits > b.bits; });
  if (n.reference_seconds && *n.reference_seconds > 0) {
    bars.insert(bars.begin(), {"float32, sums in double", "none", 1 / *n.reference_seconds, 0});
  }
  double most = 0;
  for (bar const& b : bars) {
    most = std::max(most, b.rate);
  }
  constexpr double left = 146;
  constexpr double right = 384;
  constexpr double height = 20;
  double gaps = 0;
  for (std::size_t i = 1; i < bars.size(); ++i) {
    gaps += bars[i].bits != bars[i - 1].bits ? 8 : 0;
  }
  svg s(460, 12 + height * static_cast<double>(bars.size()) + gaps, "Throughput of the kernels");
  double y = 6;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    bar const& b = bars[i];
    y += i != 0 && b.bits != bars[i - 1].bits ? 8 : 0;
    double const width = std::max(1.0, b.rate / most * (right - left));
    auto const rate = static_cast<std::size_t>(std::llround(b.rate));
    s.text(left - 8, y + 13, clipped(b.name, 24), anchor::end, "tick");
    s.rectangle(left, y + 2, width, height - 5, b.css, b.name + ": " + grouped(rate) + " " + n.item + "s a second");
    s.text(left + width + 6, y + 13, grouped(rate), anchor::start, "tick value");
    y += height;
  }
  return s.finished();
}

}  // namespace lab
