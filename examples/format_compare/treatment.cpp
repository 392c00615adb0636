// SPDX-License-Identifier: Apache-2.0
#include "treatment.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <lowp/base/error.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/quant/parse_scheme.hpp>
#include <lowp/text/parse_format.hpp>

#include "present/spelling.hpp"

namespace format_compare {

using namespace present;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

/// "int4/g128/bfloat16:absmax" as its granularity and scale.
treatment as_recipe(std::string name, lowp::any_scheme scheme) {
  auto const pieces = split(lowp::name_of(scheme), '/');
  std::string scale = pieces.at(2);
  for (auto const& [from, to] : {std::pair("e8m0fnu", "e8m0"), std::pair(":absmax", ""), std::pair(":tensor:range", ""),
                                 std::pair("bfloat16", "bf16"), std::pair("float16", "f16")}) {
    if (std::size_t const at = scale.find(from); at != std::string::npos) {
      scale.replace(at, std::string_view(from).size(), to);
    }
  }
  return {std::move(name), pieces.at(1), std::move(scale), std::move(scheme), treatment::origin::recipe};
}

/// A recipe of the library's, or a scheme spelled out.
std::optional<treatment> find_recipe(std::string_view given) {
  std::string const name = lower(given);
  for (auto const& entry : lowp::scheme_catalog()) {
    if (entry.name == name) {
      return as_recipe(name, entry.scheme);
    }
  }
  if (name.find('/') == std::string::npos) {
    return std::nullopt;
  }
  auto parsed = lowp::try_parse_scheme(name);
  if (!parsed) {
    std::string_view const prefix = "parse_scheme: ";
    std::string const message = parsed.error().what();
    throw usage_error("--formats: " + message.substr(message.starts_with(prefix) ? prefix.size() : 0));
  }
  return as_recipe(name, *std::move(parsed));
}

/// What to say of a name that is neither format nor recipe. parse_format knows the formats that are near.
usage_error unknown_format(std::string const& name, std::string const& of_parse_format) {
  std::vector<std::string> recipes;
  std::vector<std::string> beginning_so;
  for (auto const& r : lowp::scheme_catalog()) {
    recipes.emplace_back(r.name);
    if (recipes.back().starts_with(lower(name))) {
      beginning_so.push_back(recipes.back());
    }
  }
  if (!beginning_so.empty()) {
    return usage_error("--formats: '" + name + "': which one? " + joined(beginning_so));
  }
  std::string const hint = did_you_mean(lower(name), recipes);
  if (!hint.empty()) {
    return usage_error("--formats: no format or recipe is called '" + name + "'" + hint);
  }
  std::string_view const prefix = "parse_format: ";
  bool const prefixed = of_parse_format.starts_with(prefix);
  return usage_error("--formats: " + of_parse_format.substr(prefixed ? prefix.size() : 0));
}

lowp::any_format format_named(std::string const& name) {
  auto parsed = lowp::try_parse_format(name);
  if (!parsed) {
    throw unknown_format(name, parsed.error().what());
  }
  return *parsed;
}

/// "32x128" as two extents.
std::optional<std::pair<std::string, std::string>> block_extents(std::string const& name) {
  auto const pieces = split(name, 'x');
  bool const digits = std::all_of(name.begin(), name.end(), [](char c) { return c == 'x' || (c >= '0' && c <= '9'); });
  return pieces.size() == 2 && digits ? std::optional(std::pair(pieces[0], pieces[1])) : std::nullopt;
}

constexpr std::size_t longest_group = std::size_t{1} << 30U;

struct named_rule {
  char const* name;
  lowp::scale::pow2::any::kind rule;
};
constexpr std::array<named_rule, 5> pow2_rules = {{{"floor", lowp::scale::pow2::any::kind::floor},
                                                   {"ceil", lowp::scale::pow2::any::kind::ceil},
                                                   {"even", lowp::scale::pow2::any::kind::even},
                                                   {"rceil", lowp::scale::pow2::any::kind::rceil},
                                                   {"rfloor", lowp::scale::pow2::any::kind::rfloor}}};

/// A scale type with 8 exponent bits or float16's reaches the scales of ordinary weights by itself.
bool lacks_range(lowp::any_format const& stored) { return stored.facts().min_exponent > -14; }

lowp::any_format stored_scale_named(std::string const& name) {
  auto stored = lowp::try_parse_format(name);
  if (!stored) {
    static std::vector<std::string> const usual = {"f32", "bf16", "f16", "e8m0", "e4m3fn", "ue4m3", "ue5m3", "e5m2"};
    throw usage_error("--scale: unknown type '" + name + "', expected f32 or a format (bf16, f16, e8m0, e4m3fn, ...)" +
                      did_you_mean(name, usual));
  }
  return *stored;
}

}  // namespace

std::vector<recipe_entry> recipes() {
  std::vector<recipe_entry> out;
  for (auto const& r : lowp::scheme_catalog()) {
    out.push_back({std::string(r.name), std::string(r.description)});
  }
  return out;
}

granularity_choice parse_granularity(std::string_view given) {
  std::string name = lower(given);
  if (name.starts_with("per_")) {
    name.erase(0, 4);
  }
  if (name == "tensor") {
    return {"tensor", {0, 0}};
  }
  if (name == "channel" || name == "row" || name == "token") {
    return {"channel", {1, 0}};
  }
  if (name == "column") {
    return {"column", {0, 1}};
  }
  if (name.size() > 1 && name[0] == 'g' && name[1] >= '0' && name[1] <= '9') {
    std::size_t const length = whole_number(std::string_view(name).substr(1), 1, longest_group, "--granularity g<N>");
    return {"g" + std::to_string(length), {1, length}};
  }
  if (auto const extents = block_extents(name)) {
    std::size_t const rows = whole_number(extents->first, 1, longest_group, "--granularity <R>x<C>");
    std::size_t const cols = whole_number(extents->second, 1, longest_group, "--granularity <R>x<C>");
    return {std::to_string(rows) + "x" + std::to_string(cols), {rows, cols}};
  }
  static std::vector<std::string> const names = {"tensor", "channel", "row", "column", "g32", "g64", "g128", "128x128"};
  throw usage_error("--granularity: unknown '" + std::string(given) +
                    "', expected tensor, channel, column, g<N> (such as g32) or <R>x<C> (such as 128x128)" +
                    did_you_mean(name, names));
}

scale_choice parse_scale(std::string_view given) {
  auto const pieces = split(lower(given), ':');
  std::string const& type = pieces[0];
  scale_choice out{type, "absmax / max, stored as " + type, {}};
  if (type != "f32" && type != "fp32" && type != "float32" && type != "float") {
    lowp::any_format const stored = stored_scale_named(type);
    if (stored.facts().is_integer || stored.is_codebook()) {
      throw usage_error("--scale: " + type + " is no floating-point type, expected f32, bf16, f16, e8m0, e4m3fn, ...");
    }
    out.scale.stored = stored;
  }
  bool const only_exponents = out.scale.stored && out.scale.stored->facts().digits == 1;
  std::string const rule = pieces.size() > 1 ? pieces[1] : only_exponents ? "floor" : "absmax";
  auto const pow2 = std::find_if(pow2_rules.begin(), pow2_rules.end(), [&](named_rule r) { return rule == r.name; });
  if (pieces.size() > 2 || (pow2 == pow2_rules.end() && rule != "absmax")) {
    static std::vector<std::string> const names = {"absmax", "floor", "ceil", "even", "rceil", "rfloor"};
    throw usage_error("--scale " + std::string(given) + ": unknown rule '" + rule +
                      "', expected absmax or a power of two by floor, ceil, even, rceil or rfloor" +
                      did_you_mean(rule, names));
  }
  if (pow2 != pow2_rules.end()) {
    out.scale.which = lowp::any_scale::kind::power_of_two;
    out.scale.rule = {pow2->rule};
    out.name += ":" + rule;
    out.description = "a power of two by the " + rule + " rule, stored as " + type;
  } else if (out.scale.stored && lacks_range(*out.scale.stored)) {
    out.scale.outer = lowp::any_outer{};
    out.scale.clamped = true;
    out.description += " under one float32 scale a tensor";
  }
  return out;
}

std::vector<treatment> treatments(std::span<std::string const> formats, std::span<std::string const> granularities,
                                  std::string_view scale) {
  scale_choice const scales = parse_scale(scale);
  std::vector<granularity_choice> columns;
  for (std::string const& name : granularities) {
    columns.push_back(parse_granularity(name));
  }
  std::vector<treatment> out;
  auto const is_there = [&](treatment const& t) {
    return std::any_of(out.begin(), out.end(), [&](treatment const& other) {
      return other.format == t.format && other.granularity == t.granularity;
    });
  };
  auto const add = [&](treatment t) {
    if (!is_there(t)) {
      out.push_back(std::move(t));
    }
  };
  for (std::string const& name : formats) {
    if (auto const r = find_recipe(name)) {
      add(*r);
      continue;
    }
    lowp::any_format const format = format_named(name);
    for (granularity_choice const& column : columns) {
      add({format.name(), column.name, scales.name, {format, column.granularity, scales.scale, {}, {}}});
    }
  }
  return out;
}

}  // namespace format_compare
