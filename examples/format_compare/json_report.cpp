// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "present/json_writer.hpp"
#include "present/version.hpp"
#include "report.hpp"

namespace format_compare {

using namespace present;

namespace {

std::string_view name_of(family kind) {
  return kind == family::integer ? "integer" : kind == family::floating ? "float" : "table";
}

void write_problem(json_writer& w, std::string const& problem) {
  w.key("problem");
  problem.empty() ? w.null() : w.text(problem);
}

void write_weights(json_writer& w, weight_set const& weights) {
  w.key("weights").begin_array();
  for (weight_matrix const& m : weights.matrices) {
    w.begin_object().member("name", m.name).member("dtype", m.dtype).key("shape").begin_array();
    for (std::size_t const extent : m.shape) {
      w.number(extent);
    }
    w.end_array().member("rows", m.rows).member("cols", m.cols).member("peak", m.peak);
    w.member("nan_count", m.nan_count).member("infinity_count", m.infinity_count).end_object();
  }
  w.end_array().key("other_tensors").begin_array();
  for (left_out const& other : weights.others) {
    w.begin_object().member("name", other.name).member("reason", other.reason).end_object();
  }
  w.end_array();
}

void write_outcome(json_writer& w, outcome const& o) {
  if (o.problem.empty()) {
    w.member("bits_per_weight", o.bits_per_weight).member("sqnr_db", o.sqnr_db());
    w.member("max_error", o.stats.max_error).member("mse", o.stats.mse).member("bias", o.stats.bias);
    w.member("share_to_zero", o.stats.share_to_zero).member("share_clipped", o.stats.share_saturated);
    w.member("compared", o.stats.count).member("not_finite", o.stats.not_finite);
  }
  write_problem(w, o.problem);
}

void write_grade(json_writer& w, std::string_view key, std::optional<grade> const& g) {
  w.key(key);
  if (!g) {
    w.null();
    return;
  }
  w.begin_object().member("top1", g->top1).member("mean_nll", g->nll);
  write_problem(w, g->problem);
  w.end_object();
}

void write_result(json_writer& w, treatment_result const& r, weight_set const& weights) {
  w.begin_object().member("format", r.what.format).member("bits", r.what.bits());
  w.member("family", name_of(r.what.kind()));
  w.member("from", r.what.from == treatment::origin::recipe ? "recipe" : "grid");
  w.member("granularity", r.what.granularity).member("scale", r.what.scale);
  w.key("all").begin_object();
  write_outcome(w, r.all);
  w.end_object();
  write_grade(w, "network", r.network);
  w.key("tensors").begin_array();
  for (std::size_t i = 0; i < r.tensors.size(); ++i) {
    w.begin_object().member("name", weights.matrices[i].name);
    write_outcome(w, r.tensors[i]);
    w.end_object();
  }
  w.end_array().end_object();
}

void write_accuracy(json_writer& w, findings const& f) {
  w.key("accuracy");
  if (!f.table1) {
    w.null();
    return;
  }
  w.begin_object();
  write_grade(w, "float32", f.table1->reference);
  w.key("results").begin_array();
  for (treatment_result const& r : f.table1->results) {
    write_result(w, r, f.weights);
  }
  w.end_array().key("wins").begin_array();
  for (win const& x : f.winners) {
    w.begin_object().key("tensor");
    x.tensor == win::all_tensors ? w.null() : w.text(f.weights.matrices[x.tensor].name);
    w.member("bits", x.bits).member("granularity", x.granularity).key("winner");
    x.is_tie() ? w.null() : w.text(x.winner);
    w.member("rival", x.rival).member("sqnr_db", x.sqnr_db).member("lead_db", x.lead_db).end_object();
  }
  w.end_array().end_object();
}

void write_speed(json_writer& w, speed_row const& r, operation o, place p) {
  speed const& s = r.at(o, p);
  w.begin_object().member("format", r.scheme->name).member("bits", r.scheme->bits);
  w.member("family", name_of(r.scheme->kind)).member("scales", r.scheme->scale);
  w.member("operation", o == operation::quantize ? "quantize" : "dequantize");
  w.member("kernel", o == operation::quantize ? r.scheme->quantize_isa : r.scheme->dequantize_isa);
  w.member("float_bytes", float_bytes(p)).member("elements_per_second", s.elements_per_second);
  w.member("bytes_per_second", s.bytes_per_second);
  w.member("copy_elements_per_second", s.copy_elements_per_second);
  w.member("share_of_copy", s.share_of_copy()).end_object();
}

}  // namespace

std::string json_text(findings const& f) {
  json_writer w;
  w.begin_object().member("lowp", version()).member("file", f.file);
  write_weights(w, f.weights);
  w.key("images");
  f.images.empty() ? w.null() : w.text(f.images);
  write_accuracy(w, f);
  w.key("throughput").begin_array();
  for (speed_row const& r : f.table2) {
    for (operation const o : operations) {
      for (place const p : places) {
        write_speed(w, r, o, p);
      }
    }
  }
  w.end_array().end_object();
  return w.document();
}

}  // namespace format_compare
