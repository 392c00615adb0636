// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plots.hpp"
#include "present/numbers.hpp"
#include "present/version.hpp"
#include "reports.hpp"
#include "svg.hpp"

namespace lab {

using namespace present;

namespace {

char const* const style = R"(
:root { color-scheme: light dark; --page: #fcfcfa; --ink: #1d2126; --soft: #5c6570; --line: #dcdfe3; --card: #f3f4f2;
  --int: #1f66b8; --fp: #c4560a; --nf: #7450a8; --none: #8a929c; --heat: #dc5a3c; --good: #15734a; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --ink: #e5e8eb; --soft: #a0a9b3; --line: #333a42; --card: #1d2126;
    --int: #6aa9f2; --fp: #f29a58; --nf: #b99af0; --none: #7d8691; --heat: #c9492f; --good: #5cc896; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 24px 20px 64px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 1.35rem; margin: 48px 0 2px; padding-top: 20px; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 32px 0 8px; }
p { margin: 4px 0 12px; max-width: 72ch; }
.soft { color: var(--soft); }
.note { border-left: 3px solid var(--fp); padding: 6px 12px; background: var(--card); max-width: 72ch; }
nav a { margin-right: 14px; }
a { color: var(--int); }
.facts { display: flex; flex-wrap: wrap; gap: 8px 28px; margin: 12px 0 4px; padding: 0; list-style: none; }
.facts b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; font-weight: 600; }
.facts span { color: var(--soft); font-size: .85rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 28px 36px; }
figure { margin: 0; min-width: 0; }
figure.wide { margin-top: 28px; }
figcaption { margin-bottom: 6px; }
figcaption b { display: block; }
figcaption span { color: var(--soft); font-size: .88rem; }
.scroll { overflow-x: auto; }
svg { display: block; width: 100%; height: auto; max-width: calc(1.25 * var(--w)); overflow: visible; font-family: inherit; }
.scroll svg { min-width: calc(.85 * var(--w)); max-width: calc(1.2 * var(--w)); }
svg text { font-size: 11.5px; fill: var(--ink); }
svg .tick { fill: var(--soft); font-size: 11.5px; }
svg .value { fill: var(--ink); }
svg .name { fill: var(--soft); font-size: 12px; }
svg .label { font-size: 11.5px; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .axis { stroke: var(--soft); stroke-width: 1; }
svg .front { fill: none; stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 4 3; opacity: .55; }
svg .int { fill: var(--int); stroke: var(--int); } svg .fp { fill: var(--fp); stroke: var(--fp); }
svg .nf { fill: var(--nf); stroke: var(--nf); } svg .none { fill: var(--none); stroke: var(--none); }
svg .hollow { fill: var(--page); stroke-width: 1.8; }
svg .stroke { stroke-width: .9; }
svg .bar { fill: var(--none); }
svg .cell { fill: var(--card); } svg .heat { fill: var(--heat); }
svg .oncell { font-size: 11px; fill: var(--ink); } svg .strong { font-weight: 600; }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; color: var(--soft); font-size: .88rem; margin: 8px 0 18px; }
.key i { display: inline-block; width: 11px; height: 11px; margin-right: 6px; vertical-align: -1px; }
.key .int { background: var(--int); } .key .fp { background: var(--fp); border-radius: 50%; }
.key .nf { background: var(--nf); transform: rotate(45deg) scale(.85); }
.key .open { border: 2px solid var(--soft); } .key .full { background: var(--soft); }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.section td { color: var(--soft); padding-top: 12px; text-align: left; }
td.int { color: var(--int); } td.fp { color: var(--fp); } td.nf { color: var(--nf); }
.duel .int, .duel .fp { white-space: normal; }
.duel .int, .duel .fp { text-align: left; } .duel th:nth-child(even) { text-align: left; }
td.wins { font-weight: 700; } td.wins::after { content: " \2605"; color: var(--good); }
details { margin: 10px 0; } summary { cursor: pointer; padding: 4px 0; }
@media (max-width: 560px) { .duel { font-size: .8rem; } .duel th, .duel td { padding: 4px 6px 4px 0; } body { padding: 16px 14px 48px; } h1 { font-size: 1.4rem; } h2 { margin-top: 32px; } }
)";

std::string cell(std::string const& words, std::string_view css = {}) {
  return "<td" + (css.empty() ? std::string() : " class=\"" + std::string(css) + "\"") + ">" + escaped(words) + "</td>";
}

std::string figure(std::string const& drawing, std::string const& title, std::string const& explained,
                   std::string_view css = {}) {
  if (drawing.empty()) {
    return "";
  }
  bool const wide = css == "wide";
  return "<figure" + (css.empty() ? std::string() : " class=\"" + std::string(css) + "\"") + "><figcaption><b>" +
         escaped(title) + "</b><span>" + escaped(explained) + "</span></figcaption>\n" +
         (wide ? "<div class=\"scroll\">" + drawing + "</div>" : drawing) + "</figure>\n";
}

double loss(measurement const& m) { return m.shown() != nullptr ? m.shown()->kl : -m.sqnr_db; }

/// A cell whose name may break behind its slashes.
std::string name_cell(std::string const& words, std::string_view css) {
  std::string out = cell(words, css);
  std::size_t const begin = out.find('>');
  for (std::size_t at = out.find('/', begin); at + 1 < out.size() && out[at - 1] != '<'; at = out.find('/', at + 5)) {
    out.insert(at + 1, "<wbr>");
  }
  return out;
}

std::string loss_text(measurement const& m) {
  return m.shown() != nullptr ? two_digits(m.shown()->kl) : std::isinf(m.sqnr_db) ? "exact" : fixed(m.sqnr_db, 1);
}

/// The best INT beside the best FP for each pair of bits.
std::string duel(network_findings const& n) {
  struct pair {
    measurement const* integer = nullptr;
    measurement const* floating = nullptr;
  };
  std::map<std::pair<int, int>, pair, std::greater<>> by_bits;
  for (measurement const* m : whole_treatments(n)) {
    bool const mixed = m->activations.kind != family::none && m->activations.kind != m->weights.kind;
    bool const other = !m->before.empty() || m->calibrated || m->cache.kind != family::none;
    if (mixed || other || m->weights.kind == family::none || m->weights.kind == family::table) {
      continue;
    }
    pair& p = by_bits[{m->weights.bits, m->activations.bits}];
    measurement const*& best = m->weights.kind == family::integer ? p.integer : p.floating;
    best = best == nullptr || loss(*m) < loss(*best) ? m : best;
  }
  std::string rows;
  for (auto const& [bits, p] : by_bits) {
    if (p.integer == nullptr || p.floating == nullptr) {
      continue;
    }
    std::string const name =
        "W" + std::to_string(bits.first) + (bits.second == 32 ? "" : "A" + std::to_string(bits.second));
    bool const integer = loss(*p.integer) < loss(*p.floating);
    bool const floating = loss(*p.floating) < loss(*p.integer);
    rows += "<tr>" + cell(name) + name_cell(short_name(*p.integer), "int") +
            cell(loss_text(*p.integer), integer ? "wins" : "") + name_cell(short_name(*p.floating), "fp") +
            cell(loss_text(*p.floating), floating ? "wins" : "") + "</tr>\n";
  }
  if (rows.empty()) {
    return "";
  }
  std::string const measure = n.items != 0 ? "KL" : "SQNR, dB";
  return "<h3>INT against FP, the best of each at equal bits</h3>\n<div "
         "class=\"scroll\"><table class=\"duel\"><tr><th>bits</th><th>INT</th><th>" +
         measure + "</th><th>FP</th><th>" + measure + "</th></tr>\n" + rows + "</table></div>\n";
}

std::string heading_row(network_findings const& n) {
  std::string out = "<tr><th>weights \u00d7 activations</th><th>bits/w</th><th>KB</th><th>SQNR, dB</th>";
  if (n.reference.accuracy) {
    out += "<th>right, %</th><th>nll</th><th>perplexity</th>";
  }
  out += n.items != 0 ? "<th>KL</th><th>flips</th><th>agree, %</th><th>mean |\u0394p|</th>" : "";
  return out + (n.reference_seconds ? "<th>\u00b5s/" + escaped(n.item) + "</th>" : "") + "</tr>\n";
}

std::string row(network_findings const& n, measurement const& m, std::string const& name) {
  std::string out = "<tr>" + cell(name, css_of(family_of(m))) + cell(fixed(m.bits_per_weight, 2)) +
                    cell(fixed(static_cast<double>(m.bytes) / 1000, 1)) +
                    cell(std::isinf(m.sqnr_db) ? "exact" : fixed(m.sqnr_db, 1), n.items == 0 && m.wins ? "wins" : "");
  scores const* const q = m.problem.empty() ? m.shown() : nullptr;
  if (n.reference.accuracy) {
    out += cell(q != nullptr && q->accuracy ? percent(*q->accuracy, 2) : "") +
           cell(q != nullptr && q->nll ? fixed(*q->nll, 4) : "") +
           cell(q != nullptr && q->nll ? fixed(*q->perplexity(), 3) : "");
  }
  if (n.items != 0) {
    out += cell(q != nullptr ? two_digits(q->kl) : "n/a", m.wins ? "wins" : "") +
           cell(q != nullptr ? grouped(q->flips) : "") + cell(q != nullptr ? percent(q->agreement, 2) : "") +
           cell(q != nullptr ? two_digits(q->mean_shift) : "");
  }
  if (n.reference_seconds) {
    out += cell(m.seconds_per_item ? fixed(*m.seconds_per_item * 1e6, 1) : "");
  }
  return out + "</tr>\n";
}

std::string suite_table(network_findings const& n, suite_findings const& s) {
  std::string out = "<details><summary><b>" + escaped(s.name) + "</b>: " + escaped(s.purpose) +
                    "</summary>\n<div class=\"scroll\"><table>\n" + heading_row(n);
  measurement in_float{"float32", ""};
  in_float.bytes = 4 * n.weights;
  in_float.sqnr_db = HUGE_VAL;
  in_float.fake = n.items != 0 ? std::optional(n.reference) : std::nullopt;
  in_float.seconds_per_item = n.reference_seconds;
  out += row(n, in_float, in_float.name);
  std::string section;
  for (measurement const& m : s.measurements) {
    if (m.section != section && !m.only_layer) {
      out += "<tr class=\"section\"><td colspan=\"12\">" + escaped(m.section) + "</td></tr>\n";
    }
    section = m.section;
    out += row(n, m, m.only_layer ? n.layers.at(*m.only_layer).name + ": " + m.name : m.name);
  }
  out += "</table></div>\n";
  for (measurement const& m : s.measurements) {
    out += m.problem.empty() ? "" : "<p class=\"soft\">n/a (" + escaped(m.name) + "): " + escaped(m.problem) + "</p>\n";
  }
  return out + "</details>\n";
}

std::string fact(std::string const& figure_text, std::string const& words) {
  return "<li><b>" + escaped(figure_text) + "</b><span>" + escaped(words) + "</span></li>\n";
}

std::string facts(network_findings const& n) {
  std::string out = "<ul class=\"facts\">\n" + fact(grouped(n.weights), "weights in matrices") +
                    fact(grouped(n.layers.size()), n.layers.size() == 1 ? "matrix" : "matrices");
  if (n.items != 0) {
    out += fact(grouped(n.items), n.item + "s shown");
  }
  if (n.reference.accuracy) {
    out += fact(percent(*n.reference.accuracy, 2) + " %", "right in float32") +
           fact(fixed(*n.reference.nll, 4), "nll in float32");
  }
  if (n.item == "token" && n.reference.nll) {
    out += fact(fixed(*n.reference.perplexity(), 3), "perplexity in float32");
  }
  return out + "</ul>\n";
}

std::string key() {
  return "<div class=\"key\"><span><i class=\"int\"></i>INT weights</span><span><i class=\"fp\"></i>FP weights</span>"
         "<span><i class=\"nf\"></i>tables (NF4)</span><span><i class=\"open\"></i>hollow: weights alone</span>"
         "<span><i class=\"full\"></i>filled: activations too</span><span>dashed: nothing is better in "
         "both</span></div>\n";
}

std::string section(network_findings const& n, findings const& f) {
  std::string out =
      "<section id=\"" + escaped(n.name) + "\">\n<h2>" + escaped(n.name) + "</h2>\n<p class=\"soft\">" +
      (n.items != 0 ? "Shown: " + escaped(n.inputs) + "." : std::string("Weights alone: nothing was run.")) + "</p>\n" +
      facts(n) + duel(n);
  std::string const quality =
      figure(quality_plot(n, cost::bits_per_weight), "Quality against memory",
             "Lower left is better. Touch or hover a mark for its figures.") +
      figure(quality_plot(n, cost::work), "Quality against work", "Work: what an integer multiplier's area follows.");
  out +=
      quality.empty() ? "" : "<h3>What quality costs</h3>\n" + key() + "<div class=\"plots\">\n" + quality + "</div>\n";
  out += figure(layer_map(n), "Signal over noise of each layer's weights",
                "dB; the redder, the more of the weight is lost.", "wide");
  out += figure(sensitivity_map(n), "One layer at a time",
                "KL where only this layer is quantized; peak: greatest magnitude over root mean square.", "wide");
  std::string shapes;
  for (histogram const& h : n.histograms) {
    auto const l = std::find_if(n.layers.begin(), n.layers.end(), [&](auto const& x) { return x.name == h.layer; });
    std::string const peak = l == n.layers.end() ? "" : "peak " + fixed(l->peak, 1) + " rms; ";
    shapes += figure(histogram_plot(h), h.layer, peak + "below: every value of a format under one scale");
  }
  out += shapes.empty() ? ""
                        : "<h3>Where the weights lie, and where formats have values</h3>\n<div class=\"plots\">\n" +
                              shapes + "</div>\n";
  std::string const where = "Through pack and gemm, one thread, " + f.isa + "; groups of equal bits.";
  std::string const bars =
      figure(throughput_plot(n, operands::weights), n.item + "s a second, weights alone", where) +
      figure(throughput_plot(n, operands::both), n.item + "s a second, weights and activations", where);
  out += bars.empty() ? "" : "<h3>Speed</h3>\n<div class=\"plots\">" + bars + "</div>\n";
  for (tale const& told : n.tales) {
    out += (&told == n.tales.data() ? "<h3>What it tells, always taking the likeliest token</h3>\n" : "");
    out += "<p><b>" + escaped(told.name) + "</b><br>" + escaped(told.text) + "</p>\n";
  }
  out += "<h3>Every figure</h3>\n";
  for (suite_findings const& s : n.suites) {
    out += s.measurements.empty() ? "" : suite_table(n, s);
  }
  return out + "</section>\n";
}

}  // namespace

std::string html_text(findings const& f) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>INT against FP: the lowp "
      "lab</title>\n"
      "<style>" +
      std::string(style) + "</style>\n</head>\n<body>\n<h1>INT against FP on real networks</h1>\n";
  out += "<p class=\"soft\">lowp_lab, lowp " + version() + "; weights rounded " + escaped(f.rounding) +
         (f.rounding == "stochastic" ? ", seed " + std::to_string(f.seed) : "") +
         "; KL is the divergence from the network's own answers in float32, in nats.</p>\n";
  if (f.interrupted) {
    out += "<p class=\"note\">The run was interrupted: what was not finished is left out.</p>\n";
  }
  for (unavailable const& a : f.absent) {
    out += "<p class=\"note\">Not run: " + escaped(a.name) + ": " + escaped(a.reason) + "</p>\n";
  }
  if (f.networks.size() > 1) {
    out += "<nav>";
    for (network_findings const& n : f.networks) {
      out += "<a href=\"#" + escaped(n.name) + "\">" + escaped(n.name) + "</a>";
    }
    out += "</nav>\n";
  }
  for (network_findings const& n : f.networks) {
    out += section(n, f);
  }
  return out + "</body>\n</html>\n";
}

}  // namespace lab
