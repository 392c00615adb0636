// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "present/numbers.hpp"
#include "present/spelling.hpp"
#include "present/table.hpp"
#include "report.hpp"

namespace format_compare {

using namespace present;

namespace {

constexpr auto left = table::side::left;

/// Billions a second with three digits.
std::string giga(double x) {
  double const g = x * 1e-9;
  return fixed(g, g >= 99.95 ? 0 : g >= 9.995 ? 1 : 2);
}

/// What a copy reaches with the traffic of formats that wide.
std::vector<entry> copy_row(speed_row const& r, operation o) {
  std::vector<entry> cells = {{std::to_string(r.scheme->bits)}, {"copy", look::faint}, {}};
  for (place const p : places) {
    speed const& s = r.at(o, p);
    cells.push_back({giga(s.copy_elements_per_second), look::faint});
    cells.push_back({giga(s.bytes_per_second / s.share_of_copy()), look::faint});
    cells.push_back({});
  }
  return cells;
}

std::vector<entry> scheme_row(speed_row const& r, operation o) {
  compiled_scheme const& s = *r.scheme;
  std::vector<entry> cells = {
      {}, {s.name, color_of(s.kind)}, {o == operation::quantize ? s.quantize_isa : s.dequantize_isa, look::faint}};
  for (place const p : places) {
    cells.push_back({giga(r.at(o, p).elements_per_second)});
    cells.push_back({giga(r.at(o, p).bytes_per_second)});
    cells.push_back({percent(r.at(o, p).share_of_copy(), 1) + " %"});
  }
  return cells;
}

std::string speed_table(findings const& f, operation o, terminal const& t) {
  std::vector<table::column> columns;
  for (place const p : places) {
    std::string const group = bytes(float_bytes(p)) + " of floats";
    columns.push_back({group, "Ge/s"});
    columns.push_back({group, "GB/s"});
    columns.push_back({group, "of copy"});
  }
  table m({{"", "bits"}, {"", o == operation::quantize ? "quantize" : "dequantize", left}, {"", "kernel", left}},
          std::move(columns));
  int bits = 0;
  for (speed_row const& r : f.table2) {
    if (r.scheme->bits != bits) {
      bits = r.scheme->bits;
      m.add_row(copy_row(r, o));
    }
    m.add_row(scheme_row(r, o));
  }
  return m.text(t);
}

}  // namespace

std::string throughput_text(findings const& f, terminal const& t) {
  std::string out = "\n";
  out += t.paragraph("THROUGHPUT on one core, and its share of a copy with the same traffic", look::heading);
  if (!f.table2.empty()) {
    out += t.paragraph(
        "runs of 128 with a float32 scale, mx: of 32 with an e8m0 scale; Ge/s: 10^9 elements a second; "
        "GB/s: floats and codes, read and written",
        look::faint);
    for (operation const o : operations) {
      out += o == operations.front() ? "" : "\n";
      out += speed_table(f, o, t);
    }
  }
  if (!f.not_timed.empty()) {
    out += t.paragraph("not timed, as no kernel for them is compiled into this program: " + joined(f.not_timed),
                       look::faint, "  ");
  }
  return out;
}

}  // namespace format_compare
