// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "present/numbers.hpp"
#include "present/table.hpp"
#include "reports.hpp"

namespace lab {

using namespace present;

namespace {

constexpr auto left = table::side::left;

look color_of(measurement const& m) {
  family const kind = m.weights.kind != family::none ? m.weights.kind : m.activations.kind;
  return kind == family::integer ? look::integer : kind == family::floating ? look::floating : look::plain;
}

std::string time_text(std::optional<double> seconds) {
  if (!seconds) {
    return "";
  }
  double const us = *seconds * 1e6;
  return us < 100 ? fixed(us, 1) : grouped(static_cast<std::size_t>(std::llround(us)));
}

std::string decibel(double db) { return std::isinf(db) ? "exact" : fixed(db, 1); }

/// Which columns mean something for this network.
struct shape {
  bool answers;
  bool accuracy;
  bool nll;
  bool timed;
  bool wide;  ///< room for what follows from the other columns
};

constexpr std::size_t roomy = 110;

table empty_table(network_findings const& n, shape s) {
  std::vector<table::column> columns = {{"", "bits/w"}};
  auto const add = [&](bool there, std::string heading) {
    if (there) {
      columns.push_back({"", std::move(heading)});
    }
  };
  add(s.wide, "KB");
  add(true, "SQNR");
  add(s.accuracy, "right %");
  add(s.nll, "nll");
  add(s.answers, "KL ");
  add(s.answers, "flips");
  add(s.answers && s.wide, "agree %");
  if (s.timed) {
    columns.push_back({"", "us/" + n.item});
  }
  return {{{"", "weights x activations", left}}, std::move(columns)};
}

std::vector<entry> cells_of(measurement const& m, shape s) {
  bool const failed = !m.problem.empty();
  std::vector<entry> cells = {{m.name, color_of(m)}, {fixed(m.bits_per_weight, 2)}};
  auto const add = [&](bool there, std::string text, look style = look::plain) {
    if (there) {
      cells.push_back({std::move(text), style});
    }
  };
  look const standing = m.wins ? look::winner : look::plain;
  std::string const mark = m.wins ? "*" : " ";
  scores const* const q = m.shown();
  add(s.wide, fixed(static_cast<double>(m.bytes) / 1000, 1));
  add(true, failed ? "n/a" : decibel(m.sqnr_db) + (s.answers ? "" : mark), s.answers ? look::plain : standing);
  add(s.accuracy, q == nullptr || !q->accuracy ? "" : percent(*q->accuracy, 2));
  add(s.nll, q == nullptr || !q->nll ? "" : fixed(*q->nll, 4));
  add(s.answers, q == nullptr ? (failed ? "n/a " : "") : two_digits(q->kl) + mark, standing);
  add(s.answers, q == nullptr ? "" : grouped(q->flips));
  add(s.answers && s.wide, q == nullptr ? "" : percent(q->agreement, 2));
  if (s.timed) {
    cells.push_back({time_text(m.seconds_per_item)});
  }
  return cells;
}

/// In a narrow terminal a language model shows its nll, anything else how often it is right.
shape shape_of(network_findings const& n, terminal const& t) {
  bool const labelled = n.reference.accuracy.has_value();
  bool const wide = t.width >= roomy;
  bool const language = n.item == "token";
  return {n.items != 0, labelled && (wide || !language), labelled && (wide || language),
          n.reference_seconds.has_value(), wide};
}

std::string suite_text(network_findings const& n, suite_findings const& suite, terminal const& t) {
  shape const s = shape_of(n, t);
  table out = empty_table(n, s);
  measurement in_float{"float32", ""};
  in_float.bytes = 4 * n.weights;
  in_float.sqnr_db = HUGE_VAL;
  in_float.fake = s.answers ? std::optional(n.reference) : std::nullopt;
  in_float.seconds_per_item = n.reference_seconds;
  out.add_row(cells_of(in_float, s));
  std::string section;
  for (measurement const& m : suite.measurements) {
    if (m.section != section && !m.only_layer) {
      out.add_section(m.section);
    }
    section = m.section;
    out.add_row(cells_of(m, s));
  }
  return t.paragraph(n.name + ", " + suite.name + ": " + suite.purpose, look::heading) + out.text(t);
}

/// The loss of one layer at a time, and what sticks out of it.
std::string per_layer_text(network_findings const& n, suite_findings const& suite, terminal const& t) {
  bool const answers = n.items != 0;
  std::vector<std::string> formats;
  for (measurement const& m : suite.measurements) {
    if (std::find(formats.begin(), formats.end(), m.name) == formats.end()) {
      formats.push_back(m.name);
    }
  }
  std::vector<table::column> columns = {{"", "weights"}, {"", "peak"}, {"", "act. peak"}};
  for (std::string const& f : formats) {
    columns.push_back({answers ? "KL" : "SQNR, dB", f});
  }
  table out({{"", "layer", left}}, std::move(columns));
  for (std::size_t i = 0; i < n.layers.size(); ++i) {
    layer_findings const& l = n.layers[i];
    std::vector<entry> row = {{shown(l.name, 28)},
                              {grouped(l.outputs * l.inputs)},
                              {fixed(l.peak, 1), l.peak > 12 ? look::warning : look::plain},
                              {answers ? fixed(l.activation_peak, 1) : ""}};
    for (std::string const& f : formats) {
      auto const m = std::find_if(suite.measurements.begin(), suite.measurements.end(),
                                  [&](measurement const& x) { return x.only_layer == i && x.name == f; });
      bool const there = m != suite.measurements.end() && m->problem.empty();
      std::string const figure = !there                  ? "n/a"
                                 : m->shown() != nullptr ? two_digits(m->shown()->kl)
                                                         : decibel(m->layer_sqnr_db.at(i));
      row.push_back({figure + (there && m->wins ? "*" : " "), there && m->wins ? look::winner : look::plain});
    }
    out.add_row(std::move(row));
  }
  return t.paragraph(n.name + ", " + suite.name + ": " + suite.purpose, look::heading) + out.text(t) +
         t.paragraph(
             "peak: greatest magnitude over root mean square; a Gaussian layer has 3 to 5, above 12 one scale a "
             "tensor costs integers bits.",
             look::faint);
}

std::vector<std::string> problems_in(suite_findings const& suite) {
  std::vector<std::string> out;
  for (measurement const& m : suite.measurements) {
    if (!m.problem.empty() && out.size() < 3) {
      out.push_back("n/a (" + m.name + "): " + m.problem);
    }
  }
  return out;
}

}  // namespace

std::string network_text(network_findings const& n, terminal const& t) {
  std::string head =
      n.name + ": " + counted(n.layers.size(), "matrix", "matrices") + ", " + counted(n.weights, "weight");
  head += n.item.empty() ? "" : "; shown " + counted(n.items, n.item) + " of " + n.inputs;
  std::string out = t.paragraph(head, look::heading) + "\n";
  for (suite_findings const& s : n.suites) {
    if (s.measurements.empty()) {
      continue;
    }
    out += s.name == "per-layer" ? per_layer_text(n, s, t) : suite_text(n, s, t);
    for (std::string const& problem : problems_in(s)) {
      out += t.paragraph(shown(problem, 300), look::warning, "  ");
    }
    out += "\n";
  }
  for (tale const& told : n.tales) {
    out += t.paint(told.name, look::heading) + "\n" + t.paragraph(shown(told.text, 2000), look::plain, "  ");
  }
  return out + (n.tales.empty() ? "" : "\n");
}

std::string closing_text(findings const& f, terminal const& t) {
  std::string out;
  bool const timed = !f.isa.empty();
  out += t.paragraph(
      "*: the best of its section and bits, INT against FP. SQNR of the weights in dB; KL divergence from the answers "
      "in "
      "float32, in nats; flips: other first choices than there. KB: matrices with their scales." +
          std::string(timed ? " Time: one thread, through pack and gemm (" + f.isa + "); float32: products in double."
                            : ""),
      look::faint);
  for (unavailable const& a : f.absent) {
    out += t.paragraph("not run: " + a.name + ": " + a.reason, look::warning, "  ");
  }
  if (f.interrupted) {
    out += t.paragraph("interrupted: what was not finished is left out.", look::warning);
  }
  return out;
}

std::string name_of(family kind) {
  return kind == family::integer    ? "integer"
         : kind == family::floating ? "float"
         : kind == family::table    ? "table"
                                    : "";
}

}  // namespace lab
