// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "present/numbers.hpp"
#include "present/table.hpp"
#include "report.hpp"

namespace format_compare {

using namespace present;

namespace {

constexpr auto left = table::side::left;
constexpr std::size_t widest_name = 24;   // of a tensor
constexpr std::size_t roomy = 110;        // columns from which the table says more
constexpr std::size_t most_tensors = 12;  // rows a class

/// "int8 wins 14 of 16, e4m3fn 2".
std::string tally(std::span<win const* const> winners) {
  std::vector<std::pair<std::size_t, std::string>> counts;
  std::size_t total = 0;
  for (win const* const w : winners) {
    if (w->tensor != win::all_tensors && w->is_tie()) {
      ++total;
    } else if (w->tensor != win::all_tensors) {
      auto at = std::find_if(counts.begin(), counts.end(), [&](auto const& c) { return c.second == w->winner; });
      at = at == counts.end() ? counts.insert(at, {0, w->winner}) : at;
      ++at->first;
      ++total;
    }
  }
  std::stable_sort(counts.begin(), counts.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
  std::string out;
  for (auto const& [count, name] : counts) {
    out += out.empty() ? name + " wins " + std::to_string(count) + " of " + std::to_string(total)
                       : ", " + name + " " + std::to_string(count);
  }
  return out.empty() ? "nobody wins" : out;
}

look color_of_winner(findings const& f, win const& w) {
  for (treatment_result const& r : f.table1->results) {
    if (r.what.format == w.winner) {
      return color_of(r.what.kind());
    }
  }
  return look::plain;
}

std::vector<entry> win_labels(findings const& f, std::size_t tensor, terminal const& t) {
  if (tensor == win::all_tensors) {
    return t.width >= roomy ? std::vector<entry>{{" all weights"}, {}, {}} : std::vector<entry>{{" all weights"}, {}};
  }
  weight_matrix const& w = f.weights.matrices[tensor];
  // What is left of a narrow line beside the winners, but not less than a name needs.
  std::size_t const others = 7 + 14 * f.granularities.size();
  std::size_t const room = t.width > others + 12 ? t.width - others : 12;
  std::vector<entry> cells = {{std::string(" ") + shown(w.name, std::min(room, widest_name))}};
  if (t.width >= roomy) {
    cells.push_back({std::to_string(w.rows) + " x " + std::to_string(w.cols), look::faint});
  }
  cells.push_back({fixed(w.peak, w.peak < 99.95 ? 1 : 0), look::faint});
  return cells;
}

std::vector<entry> win_row(findings const& f, std::span<win const* const> winners, std::size_t tensor,
                           terminal const& t) {
  std::vector<entry> cells = win_labels(f, tensor, t);
  for (std::string const& granularity : f.granularities) {
    auto const at = std::find_if(winners.begin(), winners.end(),
                                 [&](win const* w) { return w->tensor == tensor && w->granularity == granularity; });
    if (at == winners.end() || (*at)->is_tie()) {
      cells.push_back({at == winners.end() ? "-" : "tie"});
      continue;
    }
    std::string const level = t.width >= roomy ? std::string(" ") + fixed((*at)->sqnr_db, 1) : "";
    cells.push_back({(*at)->winner + level + " " + signed_fixed((*at)->lead_db, 1), color_of_winner(f, **at)});
  }
  return cells;
}

std::string win_table(findings const& f, terminal const& t) {
  std::vector<table::column> columns;
  for (std::string const& name : f.granularities) {
    columns.push_back({"", name});
  }
  std::vector<table::column> labels = {{"", "", left}, {"", "rows x cols"}, {"", "peak"}};
  if (t.width < roomy) {
    labels.erase(labels.begin() + 1);
  }
  table m(std::move(labels), std::move(columns));
  std::size_t const count = f.weights.matrices.size();
  for (std::size_t i = 0; i < f.winners.size();) {
    int const bits = f.winners[i].bits;
    std::vector<win const*> of_class;
    for (; i < f.winners.size() && f.winners[i].bits == bits; ++i) {
      of_class.push_back(&f.winners[i]);
    }
    m.add_section(std::to_string(bits) + " bits: " + tally(of_class));
    for (std::size_t tensor = 0; tensor < std::min(count, most_tensors); ++tensor) {
      m.add_row(win_row(f, of_class, tensor, t));
    }
    m.add_row(win_row(f, of_class, win::all_tensors, t));
  }
  std::string out = m.text(t);
  if (count > most_tensors) {
    out += t.paragraph(
        "  and " + counted(count - most_tensors, "more tensor") + ": --verbose or --json shows every one", look::faint);
  }
  return out;
}

}  // namespace

std::string wins_text(findings const& f, terminal const& t) {
  if (f.winners.empty()) {
    return {};
  }
  std::string out = "\n";
  out += t.paragraph("WHO WINS WHERE: highest SQNR, and its lead in dB over the other family's best", look::heading);
  out += t.paragraph("peak: greatest weight over standard deviation", look::faint);
  return out + win_table(f, t);
}

}  // namespace format_compare
