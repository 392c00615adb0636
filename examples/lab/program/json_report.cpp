// SPDX-License-Identifier: Apache-2.0
#include "present/json_writer.hpp"
#include "present/version.hpp"
#include "reports.hpp"

namespace lab {

using namespace present;

namespace {

void write(json_writer& w, std::string_view key, std::optional<double> x) {
  w.key(key);
  x ? w.number(*x) : w.null();
}

void write(json_writer& w, std::string_view key, std::optional<scores> const& s) {
  w.key(key);
  if (!s) {
    w.null();
    return;
  }
  w.begin_object().member("items", s->items);
  write(w, "accuracy", s->accuracy);
  write(w, "nll", s->nll);
  write(w, "perplexity", s->perplexity());
  w.member("kl", s->kl).member("agreement", s->agreement).member("flips", s->flips);
  w.member("mean_shift", s->mean_shift).end_object();
}

void write(json_writer& w, std::string_view key, operand const& o) {
  w.key(key);
  if (o.kind == family::none) {
    w.null();
    return;
  }
  w.begin_object().member("scheme", o.scheme).member("family", name_of(o.kind)).member("bits", o.bits).end_object();
}

void write(json_writer& w, measurement const& m) {
  w.begin_object().member("name", m.name).member("section", m.section);
  write(w, "weights", m.weights);
  write(w, "activations", m.activations);
  write(w, "cache", m.cache);
  w.key("only_layer");
  m.only_layer ? w.number(*m.only_layer) : w.null();
  w.key("before");
  m.before.empty() ? w.null() : w.text(m.before);
  w.member("activation_scales", m.calibrated ? "static" : "dynamic");
  w.member("bits_per_weight", m.bits_per_weight).member("bytes", m.bytes).member("work", m.work);
  w.member("sqnr_db", m.sqnr_db);
  write(w, "fake", m.fake);
  write(w, "kernels", m.kernels);
  if (m.seconds_per_item) {
    w.member("seconds_per_item", *m.seconds_per_item);
  }
  w.key("layer_sqnr_db").begin_array();
  for (double const db : m.layer_sqnr_db) {
    w.number(db);
  }
  w.end_array().key("wins").truth(m.wins);
  w.key("problem");
  m.problem.empty() ? w.null() : w.text(m.problem);
  w.end_object();
}

void write(json_writer& w, network_findings const& n) {
  w.begin_object().member("name", n.name).member("inputs", n.inputs).member("item", n.item);
  w.member("items", n.items).member("weights", n.weights);
  write(w, "float32", n.items == 0 ? std::nullopt : std::optional(n.reference));
  if (n.reference_seconds) {
    w.member("float32_seconds_per_item", *n.reference_seconds);
  }
  w.key("layers").begin_array();
  for (layer_findings const& l : n.layers) {
    w.begin_object().member("name", l.name).member("outputs", l.outputs).member("inputs", l.inputs);
    w.member("peak", l.peak).member("activation_peak", l.activation_peak);
    w.member("rows_per_item", l.rows_per_item).end_object();
  }
  w.end_array().key("suites").begin_array();
  for (suite_findings const& s : n.suites) {
    w.begin_object().member("name", s.name).key("treatments").begin_array();
    for (measurement const& m : s.measurements) {
      write(w, m);
    }
    w.end_array().end_object();
  }
  w.end_array().key("stories").begin_array();
  for (tale const& told : n.tales) {
    w.begin_object().member("treatment", told.name).member("text", told.text).end_object();
  }
  w.end_array().end_object();
}

/// A field of a CSV file (RFC 4180).
std::string field(std::string const& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) {
    return text;
  }
  std::string out = "\"";
  for (char const c : text) {
    out += c;
    out += c == '"' ? "\"" : "";
  }
  return out + "\"";
}

}  // namespace

std::string json_text(findings const& f) {
  json_writer w;
  w.begin_object().member("lowp", version()).member("seed", static_cast<std::size_t>(f.seed));
  w.member("rounding", f.rounding).member("mode", f.mode);
  if (!f.isa.empty()) {
    w.member("isa", f.isa);
  }
  w.key("interrupted").truth(f.interrupted);
  w.key("networks").begin_array();
  for (network_findings const& n : f.networks) {
    write(w, n);
  }
  w.end_array().key("absent").begin_array();
  for (unavailable const& a : f.absent) {
    w.begin_object().member("name", a.name).member("reason", a.reason).end_object();
  }
  w.end_array().end_object();
  return w.document();
}

std::string csv_text(findings const& f) {
  std::string out =
      "network,suite,section,treatment,weights,activations,cache,bits_per_weight,bytes,work,sqnr_db,items,accuracy,nll,"
      "kl,"
      "agreement,flips,mean_shift,kernels_kl,seconds_per_item,wins,problem\n";
  auto const number = [](std::optional<double> x) {
    json_writer w;
    x ? w.number(*x) : w.null();
    return w.document() == "null" ? std::string() : w.document();
  };
  for (network_findings const& n : f.networks) {
    for (suite_findings const& s : n.suites) {
      for (measurement const& m : s.measurements) {
        std::string const place = m.only_layer ? n.layers.at(*m.only_layer).name : m.section;
        for (std::string const& text :
             {n.name, s.name, place, m.name, m.weights.scheme, m.activations.scheme, m.cache.scheme}) {
          out += field(text) + ",";
        }
        scores const* const q = m.shown();
        auto const of = [&](auto const member) {
          return q == nullptr ? std::optional<double>() : std::optional<double>(q->*member);
        };
        for (std::optional<double> const x :
             {std::optional(m.bits_per_weight), std::optional(static_cast<double>(m.bytes)), std::optional(m.work),
              std::optional(m.sqnr_db), of(&scores::items), of(&scores::accuracy), of(&scores::nll), of(&scores::kl),
              of(&scores::agreement), of(&scores::flips), of(&scores::mean_shift),
              m.kernels ? std::optional(m.kernels->kl) : std::nullopt, m.seconds_per_item}) {
          out += number(x) + ",";
        }
        out += (m.wins ? "1," : "0,") + field(m.problem) + "\n";
      }
    }
  }
  return out;
}

}  // namespace lab
