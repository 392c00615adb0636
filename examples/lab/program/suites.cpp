// SPDX-License-Identifier: Apache-2.0
#include "suites.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "present/spelling.hpp"

namespace lab {

using namespace present;

namespace {

using rows = std::vector<trial>;
constexpr auto calibrated = trial::scales::calibrated;

/// Each of `formats` at each of `granularities`.
rows grid(std::span<char const* const> formats, std::span<char const* const> granularities) {
  rows out;
  for (char const* const granularity : granularities) {
    for (char const* const format : formats) {
      out.push_back({.section = std::string("weights, ") + granularity, .weights = format + std::string(granularity)});
    }
  }
  return out;
}

rows overview(std::size_t) {
  return {
      {.section = "weights, one scale", .weights = "int8/tensor"},
      {.section = "weights, one scale", .weights = "e4m3fn/tensor"},
      {.section = "weights, one scale", .weights = "e3m4/tensor"},
      {.section = "weights", .weights = "int8/row"},
      {.section = "weights", .weights = "e4m3fn/row"},
      {.section = "weights", .weights = "e3m4/row"},
      {.section = "weights", .weights = "int6/g32/f16"},
      {.section = "weights", .weights = "e2m3fn/g32/f16"},
      {.section = "weights", .weights = "int4/g32/f16"},
      {.section = "weights", .weights = "e2m1fn/g32/f16"},
      {.section = "weights", .weights = "mxfp4"},
      {.section = "weights", .weights = "nvfp4"},
      {.section = "weights", .weights = "int3/g32/f16"},
      {.section = "weights and activations", .weights = "int8/row", .activations = "int8/token"},
      {.section = "weights and activations", .weights = "e4m3fn/row", .activations = "e4m3fn/token"},
      {.section = "weights and activations", .weights = "int4/g32", .activations = "int8/token"},
      {.section = "weights and activations", .weights = "e2m1fn/g32", .activations = "e4m3fn/token"},
      {.section = "weights and activations", .weights = "int4/g32", .activations = "int4/g32"},
      {.section = "weights and activations", .weights = "e2m1fn/g32", .activations = "e2m1fn/g32"},
  };
}

rows int_vs_fp(std::size_t) {
  static constexpr std::array formats = {"int8",   "e4m3fn", "e3m4",   "e5m2", "int6",  "e2m3fn",
                                         "e3m2fn", "int4",   "e2m1fn", "int3", "e2m0fn"};
  static constexpr std::array granularities = {"/tensor", "/row", "/g128/f16", "/g32/f16"};
  rows out = grid(formats, granularities);
  // FP3 by its layout: no name of the catalogue means it.
  for (trial& t : out) {
    if (t.weights.starts_with("e2m0fn")) {
      t.weights.replace(0, 6, "minifloat:e2m0:finite");
    }
  }
  for (char const* const activations : {"/token", "/g32"}) {
    std::string const section = std::string("weights by row, activations ") + activations;
    for (char const* const format : {"int8", "e4m3fn", "e3m4", "e5m2", "int6", "e2m3fn", "e3m2fn"}) {
      out.push_back({.section = section,
                     .weights = std::string(format) + "/row",
                     .activations = format + std::string(activations)});
    }
  }
  for (char const* const format : {"int4", "e2m1fn", "int3", "minifloat:e2m0:finite"}) {
    std::string const both = std::string(format) + "/g32/f16";
    out.push_back({.section = "weights and activations by g32", .weights = both, .activations = both});
  }
  return out;
}

rows deployment(std::size_t) {
  return {
      {.section = "as deployed", .weights = "e4m3fn/row", .activations = "e4m3fn/token"},
      {.section = "as deployed", .weights = "int8/row", .activations = "int8/token"},
      {.section = "as deployed", .weights = "int4/g128/f16", .activations = "bf16"},
      {.section = "with the cache", .weights = "e4m3fn/row", .activations = "e4m3fn/token", .cache = "e4m3fn/row"},
      {.section = "with the cache", .weights = "int8/row", .activations = "int8/token", .cache = "int8/row"},
      {.section = "with the cache", .weights = "int4/g128/f16", .activations = "bf16", .cache = "int8/row"},
      {.section = "with the cache", .weights = "int4/g128/f16", .activations = "bf16", .cache = "e4m3fn/row"},
  };
}

rows mx(std::size_t) {
  rows out;
  for (char const* const recipe :
       {"mxint8", "mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4", "nvfp4", "nvfp4_ue5m3"}) {
    out.push_back({.section = "weights", .weights = recipe});
  }
  for (char const* const recipe :
       {"mxint8", "mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4", "nvfp4", "nvfp4_ue5m3"}) {
    out.push_back({.section = "weights and activations", .weights = recipe, .activations = recipe});
  }
  for (char const* const format : {"e2m1fn", "e2m3fn", "e4m3fn", "int4"}) {
    for (char const* const scale : {"e8m0:floor", "e8m0:even", "e8m0:rceil", "e8m0:ceil", "f32"}) {
      std::string const both = std::string(format) + "/g32/" + scale;
      out.push_back({.section = std::string("scale rules, ") + format, .weights = both, .activations = both});
    }
  }
  return out;
}

rows w4a8(std::size_t) {
  rows out;
  for (char const* const group : {"/g128", "/g32"}) {
    for (char const* const activations : {"int8", "e4m3fn", "e5m2", "e3m4fn"}) {
      for (char const* const weights : {"int4", "e2m1fn"}) {
        out.push_back({.section = std::string("weights ") + group,
                       .weights = weights + std::string(group),
                       .activations = std::string(activations) + "/token"});
      }
    }
  }
  for (char const* const weights :
       {"int4/g128/f16", "int4/g32/f16", "mxfp4", "nvfp4", "fireq", "vllm_w4a8", "fp4_m1", "fp4_m2"}) {
    for (char const* const activations : {"int8/token", "e4m3fn/token"}) {
      out.push_back({.section = "recipes", .weights = weights, .activations = activations});
    }
  }
  out.push_back({.section = "recipes", .weights = "fireq", .activations = "e4m3fn/token", .recoded = "e4m3fn"});
  return out;
}

rows fp8_ptq(std::size_t) {
  rows out;
  for (char const* const format : {"int8", "e5m2", "e4m3", "e3m4fn"}) {
    out.push_back({.section = "activations static, one scale a layer",
                   .weights = format + std::string("/row"),
                   .activations = format + std::string("/tensor"),
                   .activation_scales = calibrated});
  }
  for (char const* const format : {"int8", "e5m2", "e4m3", "e3m4fn"}) {
    out.push_back({.section = "activations dynamic, one scale a token",
                   .weights = format + std::string("/row"),
                   .activations = format + std::string("/token")});
  }
  out.push_back(
      {.section = "mixed", .weights = "e3m4fn/row", .activations = "e4m3/tensor", .activation_scales = calibrated});
  out.push_back({.section = "mixed", .weights = "e4m3/row", .activations = "e5m2/token"});
  return out;
}

rows convert(std::size_t) {
  rows out;
  for (char const* const target : {"int8/row", "int8/tensor"}) {
    std::string const section = std::string("to ") + target;
    out.push_back({.section = section, .weights = target});
    for (char const* const source : {"e4m3fn/row", "e4m3fn/tensor", "e5m2/row", "mxfp8_e4m3"}) {
      out.push_back({.section = section, .weights = target, .before = source});
    }
  }
  for (char const* const source : {"e4m3fn/row", "e4m3fn/tensor", "e5m2/row", "mxfp8_e4m3"}) {
    out.push_back({.section = "not converted", .weights = source});
  }
  out.push_back({.section = "INT8 in FP8's place", .weights = "e4m3fn/row", .before = "int8/row"});
  return out;
}

rows minifloat_sweep(std::size_t) {
  rows out;
  for (int const both : {0, 1}) {
    std::string const section = both == 0 ? "weights by row" : "weights by row, activations by token";
    for (int bits = 8; bits >= 3; --bits) {
      std::vector<std::string> formats = {"int" + std::to_string(bits)};
      for (int exponent = 1; exponent < bits; ++exponent) {
        formats.push_back("minifloat:e" + std::to_string(exponent) + "m" + std::to_string(bits - 1 - exponent) +
                          ":finite");
      }
      for (std::string const& format : formats) {
        out.push_back(
            {.section = section, .weights = format + "/row", .activations = both == 0 ? "" : format + "/token"});
      }
    }
  }
  return out;
}

rows per_layer(std::size_t layers) {
  rows out;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    for (char const* const weights :
         {"int8/tensor", "e4m3fn/tensor", "int4/g32/f16", "e2m1fn/g32/f16", "int3/g32/f16"}) {
      out.push_back({.section = "layer " + std::to_string(layer), .weights = weights, .only_layer = layer});
    }
  }
  return out;
}

struct listed_suite {
  suite what;
  rows (*make)(std::size_t layers);
};

std::vector<listed_suite> const& all() {
  static std::vector<listed_suite> const list = {
      {{"overview", "INT and FP from 8 to 3 bits, weights alone and with activations"}, overview},
      {{"int-vs-fp", "INT8/6/4/3 against E4M3, E3M4, E5M2, FP6, FP4, FP3 at each granularity"}, int_vs_fp},
      {{"deployment", "W8A8-FP, W8A8-INT and W4A16, as language models are served"}, deployment},
      {{"mx", "MXFP8/6/4, MXINT8, NVFP4; scale rules side by side"}, mx},
      {{"w4a8", "4-bit weights under 8-bit activations: INT4 and FP4 by INT8, E4M3, E5M2, E3M4; FireQ, M1, M2"}, w4a8},
      {{"fp8-ptq", "E5M2, E4M3, E3M4 with static and dynamic activations, against INT8"}, fp8_ptq},
      {{"convert", "a network in FP8 made INT8, against INT8 at once"}, convert},
      {{"minifloat-sweep", "every split of 3 to 8 bits into exponent and mantissa"}, minifloat_sweep},
      {{"per-layer", "one layer at a time: which of them are sensitive to what"}, per_layer},
  };
  return list;
}

listed_suite const* find(std::string_view name) {
  auto const at = std::find_if(all().begin(), all().end(), [&](listed_suite const& s) { return s.what.name == name; });
  return at == all().end() ? nullptr : &*at;
}

std::string unless_float(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text == "f32" || text == "-" ? "" : text;
}

}  // namespace

std::string name_of(trial const& t) {
  auto const shown = [](std::string const& scheme) { return scheme.empty() ? std::string("f32") : scheme; };
  std::string out = t.before.empty() ? "" : t.before + " > ";
  out += shown(t.weights);
  out += t.activations.empty() && t.cache.empty() ? "" : " x " + shown(t.activations);
  out += t.activation_scales == calibrated ? " static" : "";
  out += t.recoded.empty() ? "" : " by table";
  return out + (t.cache.empty() ? "" : " x " + t.cache);
}

std::span<suite const> suites() {
  static std::vector<suite> const list = [] {
    std::vector<suite> out;
    for (listed_suite const& s : all()) {
      out.push_back(s.what);
    }
    return out;
  }();
  return list;
}

void check_suite_name(std::string const& name) {
  if (find(name) != nullptr) {
    return;
  }
  std::vector<std::string> names;
  for (suite const& s : suites()) {
    names.push_back(s.name);
  }
  throw usage_error("--suite: expected one of " + joined(names) + ", not '" + name + "'" + did_you_mean(name, names));
}

std::vector<trial> trials_of(std::string_view name, std::size_t layers) { return find(name)->make(layers); }

std::vector<trial> parse_trials(std::span<std::string const> texts) {
  rows out;
  for (std::string const& text : texts) {
    std::vector<std::string> operands;
    std::string rest = text;
    // An operand may hold an x ("128x128"), but no space.
    for (std::size_t at = rest.find(" x "); at != std::string::npos; at = rest.find(" x ")) {
      operands.push_back(unless_float(rest.substr(0, at)));
      rest.erase(0, at + 3);
    }
    operands.push_back(unless_float(rest));
    bool const gap = std::any_of(operands.begin(), operands.end(),
                                 [](std::string const& o) { return o.find(' ') != std::string::npos; });
    bool const nothing = text.find_first_not_of(' ') == std::string::npos;
    if (operands.size() > 3 || gap || nothing) {
      throw usage_error("--scheme: expected 'weights x activations [x cache]', not '" + text + "'");
    }
    operands.resize(3);
    out.push_back({.section = "as asked", .weights = operands[0], .activations = operands[1], .cache = operands[2]});
  }
  return out;
}

}  // namespace lab
