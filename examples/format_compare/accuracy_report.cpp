// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "present/numbers.hpp"
#include "present/table.hpp"
#include "report.hpp"

namespace format_compare {

using namespace present;

namespace {

constexpr auto left = table::side::left;
constexpr std::size_t widest_name = 24;  // of a tensor
constexpr std::size_t most_problems = 3;
constexpr double telling_share = 0.2;   // weights lost to zero or clipped: worth a word from here on
constexpr double tolerated_nll = 0.01;  // nats

/// The best of a class carries a star, so that it can be told without colour, too.
enum class standing { other, best };
entry starred(std::string const& text, standing s) {
  return s == standing::best ? entry{text + "*", look::winner} : entry{text + " ", look::plain};
}

/// The results of the formats at the granularities of the command line, as a matrix.
class grid {
 public:
  explicit grid(std::span<treatment_result const> results) {
    for (treatment_result const& r : results) {
      if (r.what.from == treatment::origin::grid) {
        auto row =
            std::find_if(rows_.begin(), rows_.end(), [&](auto const& g) { return g[0]->what.format == r.what.format; });
        row = row == rows_.end() ? rows_.insert(row, std::vector<treatment_result const*>()) : row;
        row->push_back(&r);
      }
    }
  }
  /// A format each, with one result for every granularity in their order.
  std::vector<std::vector<treatment_result const*>> const& rows() const { return rows_; }

  /// Whether `better` prefers no other format of as many bits at that granularity to `r`; there must be others.
  template <class Better>
  standing standing_of(treatment_result const& r, std::size_t column, Better better) const {
    std::size_t rivals = 0;
    for (auto const& row : rows_) {
      if (row[column] != &r && row[column]->what.bits() == r.what.bits()) {
        ++rivals;
        if (better(*row[column], r)) {
          return standing::other;
        }
      }
    }
    return rivals == 0 ? standing::other : standing::best;
  }

 private:
  std::vector<std::vector<treatment_result const*>> rows_;
};

bool has_higher_sqnr(treatment_result const& a, treatment_result const& b) {
  return a.all.sqnr_db() > b.all.sqnr_db() || std::isnan(b.all.sqnr_db());
}
bool has_lower_nll(treatment_result const& a, treatment_result const& b) {
  return a.network && (!b.network || a.network->nll < b.network->nll || std::isnan(b.network->nll));
}

std::vector<treatment_result const*> recipes_in(findings const& f) {
  std::vector<treatment_result const*> out;
  for (treatment_result const& r : f.table1->results) {
    if (r.what.from == treatment::origin::recipe) {
      out.push_back(&r);
    }
  }
  return out;
}

std::vector<table::column> label_columns() { return {{"", "bits"}, {"", "format", left}}; }

std::vector<entry> labels_of(treatment const& what, int& bits_above) {
  std::string const bits = what.bits() == bits_above ? "" : std::to_string(what.bits());
  bits_above = what.bits();
  return {{bits}, {what.format, color_of(what.kind())}};
}

/// Bits a weight that the scales take: they depend on the granularity alone.
std::vector<entry> overhead_row(grid const& g) {
  std::vector<entry> row = {{}, {"+ scale bits", look::faint}};
  for (std::size_t i = 0; i < g.rows().front().size(); ++i) {
    auto const known =
        std::find_if(g.rows().begin(), g.rows().end(), [i](auto const& r) { return r[i]->all.problem.empty(); });
    row.push_back({});
    row.push_back(
        {known == g.rows().end() ? "" : signed_fixed((*known)[i]->all.bits_per_weight - (*known)[i]->what.bits(), 3),
         look::faint});
  }
  return row;
}

std::string sqnr_matrix(findings const& f, grid const& g, terminal const& t) {
  std::vector<table::column> columns;
  for (std::string const& name : f.granularities) {
    columns.push_back({name, "dB "});
    columns.push_back({name, "max|e|"});
  }
  table m(label_columns(), std::move(columns));
  m.add_row(overhead_row(g));
  int bits = 0;
  for (auto const& row : g.rows()) {
    std::vector<entry> cells = labels_of(row[0]->what, bits);
    for (std::size_t i = 0; i < row.size(); ++i) {
      bool const failed = !row[i]->all.problem.empty();
      cells.push_back(starred(failed ? "n/a" : fixed(row[i]->all.sqnr_db(), 1),
                              failed ? standing::other : g.standing_of(*row[i], i, has_higher_sqnr)));
      cells.push_back({failed ? "" : two_digits(row[i]->all.stats.max_error)});
    }
    m.add_row(std::move(cells));
  }
  return m.text(t);
}

std::string network_matrix(findings const& f, grid const& g, terminal const& t) {
  std::vector<table::column> columns;
  for (std::string const& name : f.granularities) {
    columns.push_back({name, "top-1"});
    columns.push_back({name, "NLL "});
  }
  table m(label_columns(), std::move(columns));
  std::vector<entry> reference = {{"32"}, {"float32"}};
  for (std::size_t i = 0; i < f.granularities.size(); ++i) {
    reference.push_back({i == 0 ? percent(f.table1->reference->top1, 2) : ""});
    reference.push_back({i == 0 ? fixed(f.table1->reference->nll, 4) + " " : ""});
  }
  m.add_row(std::move(reference));
  int bits = 0;
  for (auto const& row : g.rows()) {
    std::vector<entry> cells = labels_of(row[0]->what, bits);
    for (std::size_t i = 0; i < row.size(); ++i) {
      bool const graded = row[i]->network && row[i]->network->problem.empty();
      cells.push_back({graded ? percent(row[i]->network->top1, 2) : "n/a"});
      cells.push_back(starred(graded ? fixed(row[i]->network->nll, 4) : "",
                              graded ? g.standing_of(*row[i], i, has_lower_nll) : standing::other));
    }
    m.add_row(std::move(cells));
  }
  return m.text(t);
}

std::string recipe_table(std::span<treatment_result const* const> recipes, findings const& f, terminal const& t) {
  bool const graded = f.table1->reference.has_value();
  std::vector<table::column> columns = {{"", "blocks", left}, {"", "bits/weight"}, {"", "dB"}, {"", "max|e|"}};
  if (graded) {
    columns.push_back({"", "top-1"});
    columns.push_back({"", "NLL"});
  }
  table m({{"", "recipe", left}}, std::move(columns));
  for (treatment_result const* const r : recipes) {
    std::vector<entry> cells = {{r->what.format, color_of(r->what.kind())},
                                {r->what.granularity + " " + r->what.scale},
                                {fixed(r->all.bits_per_weight, 2)},
                                {fixed(r->all.sqnr_db(), 1)},
                                {two_digits(r->all.stats.max_error)}};
    if (r->network) {
      cells.push_back({percent(r->network->top1, 2)});
      cells.push_back({fixed(r->network->nll, 4)});
    }
    m.add_row(std::move(cells));
  }
  return m.text(t);
}

/// "int3/tensor 61 %, int4/tensor 31 %": the treatments with a large share, largest first.
template <class Share>
std::string largest_shares(findings const& f, Share share) {
  std::vector<std::pair<double, std::string>> found;
  for (treatment_result const& r : f.table1->results) {
    if (r.all.problem.empty() && share(r.all.stats) >= telling_share) {
      found.emplace_back(share(r.all.stats), r.what.format + "/" + r.what.granularity);
    }
  }
  std::stable_sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
  std::string out;
  for (std::size_t i = 0; i < found.size() && i < 6; ++i) {
    out += (i == 0 ? "" : ", ") + found[i].second + " " + percent(found[i].first, 0) + " %";
  }
  return out + (found.size() > 6 ? ", and " + std::to_string(found.size() - 6) + " more" : "");
}

std::string notes(findings const& f, terminal const& t) {
  std::string out;
  std::string const zeros = largest_shares(f, [](lowp::error_stats const& s) { return s.share_to_zero; });
  std::string const clipped = largest_shares(f, [](lowp::error_stats const& s) { return s.share_saturated; });
  out += zeros.empty() ? "" : t.paragraph("weights that became zero: " + zeros, look::faint, "  ");
  out += clipped.empty() ? "" : t.paragraph("weights that were clipped: " + clipped, look::faint, "  ");
  std::map<std::string, std::string> problems;  // the first treatment of each
  for (treatment_result const& r : f.table1->results) {
    std::string const problem = !r.all.problem.empty() ? r.all.problem : r.network ? r.network->problem : "";
    if (!problem.empty()) {
      problems.try_emplace(problem, r.what.format + "/" + r.what.granularity);
    }
  }
  std::size_t told = 0;
  for (auto const& [problem, where] : problems) {
    if (++told <= most_problems) {
      std::string line = "n/a (";
      out += t.paragraph(line.append(where).append("): ").append(problem), look::warning, "  ");
    }
  }
  if (told > most_problems) {
    out += t.paragraph("n/a: " + counted(told - most_problems, "more reason") + ", see --json", look::warning);
  }
  return out;
}

/// The fewest bits that keep what the network knows.
std::string frugal_line(findings const& f, terminal const& t) {
  treatment_result const* best = nullptr;
  for (treatment_result const& r : f.table1->results) {
    bool const good = r.network && r.network->nll <= f.table1->reference->nll + tolerated_nll;
    if (good && (best == nullptr || r.all.bits_per_weight < best->all.bits_per_weight)) {
      best = &r;
    }
  }
  std::string const limit = "keep the NLL within " + fixed(tolerated_nll, 2) + " of float32";
  return best == nullptr
             ? t.paragraph("No format can " + limit + ".", look::plain)
             : t.paragraph("Fewest bits that " + limit + ": " + best->what.format + "/" + best->what.granularity +
                               ", " + fixed(best->all.bits_per_weight, 2) + " bits a weight.",
                           look::plain);
}

}  // namespace

std::string heading_text(findings const& f, terminal const& t) {
  std::string out = t.paint(shown(f.file, t.width), look::heading) + "\n";
  std::string line = std::string("  ") + counted(f.weights.matrices.size(), "weight matrix", "weight matrices") + ", " +
                     counted(f.weights.size(), "weight");
  out += wrapped(line + "; left as they are: " + counted(f.weights.others.size(), "other tensor"), t.width, "  ");
  if (!f.images.empty()) {
    out += wrapped("  " + f.images, t.width, "  ");
  }
  for (weight_matrix const& w : f.weights.matrices) {
    if (w.nan_count + w.infinity_count != 0) {
      out += t.paragraph(std::string("  ") + shown(w.name, 40) + " holds " + counted(w.nan_count, "NaN") + " and " +
                             counted(w.infinity_count, "infinity", "infinities") +
                             ": left out of the figures; formats without NaN take NaN as 0",
                         look::warning, "  ");
    }
  }
  return out;
}

std::string accuracy_text(findings const& f, terminal const& t) {
  grid const g(f.table1->results);
  auto const recipes = recipes_in(f);
  std::string out;
  if (!g.rows().empty()) {
    out += "\n" + t.paragraph("ACCURACY of the weights: SQNR in dB (more is better), greatest error", look::heading);
    out += t.paragraph("scales: " + f.scale + "; * best of its bits", look::faint);
    out += sqnr_matrix(f, g, t);
  }
  std::string const remarks = notes(f, t);
  if (!g.rows().empty() && f.table1->reference) {
    out += remarks;
    out += "\n" + t.paragraph("ACCURACY of the network: top-1 in %, mean NLL (less is better)", look::heading);
    out += network_matrix(f, g, t);
  }
  if (!recipes.empty()) {
    out += "\n" + t.paragraph("RECIPES with blocks and scales of their own", look::heading);
    out += recipe_table(recipes, f, t);
  }
  if (g.rows().empty() || !f.table1->reference) {
    out += remarks;
  }
  if (f.table1->reference && f.table1->reference->problem.empty()) {
    out += frugal_line(f, t);
  }
  return out;
}

std::string details_text(findings const& f, terminal const& t) {
  table m({{"", "tensor", left}, {"", "format", left}, {"", "scales", left}},
          {{"", "bits/weight"}, {"", "dB"}, {"", "max|e|"}, {"", "bias"}, {"", "to 0 %"}, {"", "clipped %"}});
  for (std::size_t i = 0; i <= f.weights.matrices.size(); ++i) {
    bool const all = i == f.weights.matrices.size();
    for (treatment_result const& r : f.table1->results) {
      outcome const& o = all ? r.all : r.tensors[i];
      m.add_row({{all ? "all weights" : shown(f.weights.matrices[i].name, widest_name)},
                 {r.what.format, color_of(r.what.kind())},
                 {r.what.granularity},
                 {o.problem.empty() ? fixed(o.bits_per_weight, 3) : "n/a"},
                 {fixed(o.sqnr_db(), 2)},
                 {two_digits(o.stats.max_error)},
                 {two_digits(o.stats.bias)},
                 {percent(o.stats.share_to_zero, 2)},
                 {percent(o.stats.share_saturated, 2)}});
    }
  }
  terminal unbroken = t;
  unbroken.width = 1000;
  return std::string("\n") + t.paragraph("EVERY FIGURE", look::heading) + m.text(unbroken);
}

}  // namespace format_compare
