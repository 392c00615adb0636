// SPDX-License-Identifier: Apache-2.0
#include "explain.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include <lowp/codec/any_format.hpp>
#include <lowp/text/any_format_chars.hpp>
#include <lowp/text/parse_format.hpp>

#include "present/numbers.hpp"
#include "present/spelling.hpp"
#include "present/table.hpp"

namespace lab {

using namespace present;

namespace {

constexpr auto left = table::side::left;
constexpr int most_listed_bits = 8;

lowp::any_format format_named(std::string const& name) {
  auto parsed = lowp::try_parse_format(name);
  if (!parsed) {
    std::string_view const prefix = "parse_format: ";
    std::string const message = parsed.error().what();
    throw usage_error("explain: " + message.substr(message.starts_with(prefix) ? prefix.size() : 0));
  }
  return *std::move(parsed);
}

double number_named(std::string const& text) {
  double x = 0;
  char const* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
  auto const [end, fault] = std::from_chars(begin, text.data() + text.size(), x);
  if (fault == std::errc::invalid_argument || end != text.data() + text.size()) {
    throw usage_error("explain: expected a number, not '" + text + "'");
  }
  if (fault == std::errc::result_out_of_range) {
    throw usage_error("explain: " + text + " is beyond double");
  }
  return x;
}

std::string exact_text(lowp::any_format const& f, std::uint32_t code) {
  return lowp::to_string(f, code, lowp::text_form::exact);
}

/// The fields of a code from the top: "0 0101 010".
struct field {
  std::string name;
  char letter;
  int bits;
};

std::vector<field> fields_of(lowp::any_format const& f) {
  if (f.is_minifloat()) {
    auto const& l = f.layout();
    std::vector<field> out;
    for (field const& part : {field{"sign", 'S', l.is_signed() ? 1 : 0}, field{"exponent", 'E', l.exponent_bits},
                              field{"mantissa", 'M', l.mantissa_bits}}) {
      if (part.bits != 0) {
        out.push_back(part);
      }
    }
    return out;
  }
  return {{f.is_integer() ? (f.facts().is_signed ? "two's complement" : "binary") : "index of a table",
           f.is_integer() ? 'I' : 'T', f.bits()}};
}

std::string binary(lowp::any_format const& f, std::uint32_t code) {
  std::string out;
  int at = f.bits();
  for (field const& part : fields_of(f)) {
    out += out.empty() ? "" : " ";
    for (int i = 0; i < part.bits; ++i) {
      out += (code >> static_cast<unsigned>(--at) & 1U) != 0 ? '1' : '0';
    }
  }
  return out;
}

std::string hexadecimal(lowp::any_format const& f, std::uint32_t code) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (int nibble = (f.bits() + 3) / 4; nibble-- > 0;) {
    out += digits[code >> static_cast<unsigned>(4 * nibble) & 15U];
  }
  return "0x" + out;
}

/// A box for each bit, a name under each field.
std::string drawing(lowp::any_format const& f, terminal const& t) {
  bool const lines = t.charset == terminal::characters::utf8;
  std::string const bar = lines ? "\u2502" : "|";
  std::string numbers;
  std::string middle;
  std::string names;
  std::string edges[2];
  int bit = f.bits();
  auto const parts = fields_of(f);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::size_t inner = 4 * static_cast<std::size_t>(parts[i].bits) - 1;
    std::size_t const wanted = parts[i].name.size();
    std::string cells;
    std::string places;
    for (int b = 0; b < parts[i].bits; ++b) {
      --bit;
      places += (bit < 10 ? "  " : " ") + std::to_string(bit) + " ";
      cells += std::string(b == 0 ? "" : " ") + " " + parts[i].letter + " ";
    }
    std::size_t const width = std::max(inner, wanted);
    std::size_t const before = (width - inner) / 2;
    std::size_t const after = width - inner - before;
    edges[0] += (i == 0 ? (lines ? "\u250c" : "+") : (lines ? "\u252c" : "+")) + t.rule(width);
    edges[1] += (i == 0 ? (lines ? "\u2514" : "+") : (lines ? "\u2534" : "+")) + t.rule(width);
    middle += bar + std::string(before, ' ') + t.paint(cells, look::heading) + std::string(after, ' ');
    numbers += std::string(before, ' ') + places + std::string(after, ' ');
    std::size_t const side = (width - wanted) / 2;
    names += " " + std::string(side, ' ') + parts[i].name + std::string(width - wanted - side, ' ');
  }
  edges[0] += lines ? "\u2510" : "+";
  edges[1] += lines ? "\u2518" : "+";
  std::string out;
  for (std::string line : {numbers, edges[0], middle + bar, edges[1], names}) {
    line.erase(line.find_last_not_of(' ') + 1);
    out += "  " + line + "\n";
  }
  return out;
}

std::string power(int exponent) { return "2^" + std::to_string(exponent); }

/// What a code means, as a formula.
std::string meaning(lowp::any_format const& f) {
  if (f.is_integer()) {
    return std::string("value: the ") + (f.facts().is_signed ? "two's complement" : "binary") + " number itself";
  }
  if (f.is_codebook()) {
    return "value: the entry of the table with this index";
  }
  auto const& l = f.layout();
  std::string const sign = l.is_signed() ? "(-1)^S " : "";
  if (l.special == lowp::specials::exponent) {
    return "value = 2^(E - " + std::to_string(l.bias) + "); no zero, no sign";
  }
  std::string const mantissa = l.mantissa_bits == 0 ? "1" : "1.M";
  std::string out = "value = " + sign + "2^(E - " + std::to_string(l.bias) + ") x " + mantissa;
  return out + (l.mantissa_bits == 0 ? "; E = 0: zero" : "; E = 0: " + sign + power(1 - l.bias) + " x 0.M");
}

void add_fact(table& out, std::string const& name, std::string const& value) { out.add_row({{name}, {value}}); }

std::string facts(lowp::any_format const& f, terminal const& t) {
  auto const& facts = f.facts();
  table out({{"", "", left}}, {{"", "", left}});
  auto const valued = [&](std::uint32_t code) { return exact_text(f, code) + "  (" + hexadecimal(f, code) + ")"; };
  auto const code_of = [&](float x) { return f.encode(x); };
  add_fact(out, "bits", std::to_string(facts.bits));
  add_fact(out, "greatest", valued(facts.max_code));
  add_fact(out, "lowest", valued(code_of(facts.lowest)));
  if (f.is_minifloat() && facts.min_normal != facts.min_subnormal) {
    add_fact(out, "least normal", valued(code_of(facts.min_normal)) + " = " + power(facts.min_exponent));
  }
  add_fact(out, "least positive", valued(code_of(facts.min_subnormal)));
  if (f.is_minifloat()) {
    add_fact(out, "steps",
             std::to_string(1U << static_cast<unsigned>(f.layout().mantissa_bits)) + " a power of two (epsilon " +
                 compact(facts.epsilon) + ")");
  }
  add_fact(out, "values",
           grouped(static_cast<std::size_t>(facts.value_count)) + " distinct, -0 " +
               (facts.has_negative_zero ? "has a code" : "has none"));
  add_fact(out, "infinity", facts.has_infinity ? hexadecimal(f, facts.infinity_code) : "none");
  add_fact(out, "NaN",
           facts.has_nan ? hexadecimal(f, facts.nan_code) +
                               (facts.nan_count > 1 ? ", one of " + std::to_string(facts.nan_count) : "")
                         : "none");
  // The table begins with its line of headings, which is empty here.
  std::string const text = out.text(t);
  return text.substr(text.find('\n') + 1);
}

/// Rows: the exponent, or the upper half of the code; columns: the bits below. Codes without the sign bit.
std::string value_table(lowp::any_format const& f, terminal const& t) {
  bool const has_sign = f.is_minifloat() && f.layout().is_signed();
  int const bits = f.bits() - (has_sign ? 1 : 0);
  if (f.bits() > most_listed_bits) {
    return "  " + grouped(std::size_t{1} << static_cast<unsigned>(f.bits())) + " codes: too many to list\n";
  }
  int low = f.is_minifloat() ? f.layout().mantissa_bits : bits > 4 ? 3 : bits / 2;
  low = std::min(low, 4);
  auto const binary_of = [](std::uint32_t n, int width) {
    std::string out;
    for (int i = width; i-- > 0;) {
      out += (n >> static_cast<unsigned>(i) & 1U) != 0 ? '1' : '0';
    }
    return out;
  };
  bool const by_exponent = f.is_minifloat() && low == f.layout().mantissa_bits && low > 0;
  std::vector<table::column> columns;
  for (std::uint32_t c = 0; c < 1U << static_cast<unsigned>(low); ++c) {
    columns.push_back({"", (by_exponent ? "M=" : "..") + binary_of(c, low)});
  }
  table out({{"", by_exponent ? "E" : "code", left}}, std::move(columns));
  for (std::uint32_t r = 0; r < 1U << static_cast<unsigned>(bits - low); ++r) {
    std::vector<entry> row = {{binary_of(r, bits - low) + (by_exponent || low == 0 ? "" : ".."), look::faint}};
    for (std::uint32_t c = 0; c < 1U << static_cast<unsigned>(low); ++c) {
      float const v = f.decode(r << static_cast<unsigned>(low) | c);
      bool const odd = !std::isfinite(v);
      row.push_back({std::isnan(v) ? "NaN" : compact(v), odd ? look::warning : look::plain});
    }
    out.add_row(std::move(row));
  }
  return out.text(t) + (has_sign ? "With S = 1 the same, negative.\n" : "");
}

/// The nearest codes at or below and at or above x; the same one twice where x has a code.
std::string neighbours(lowp::any_format const& f, std::string const& given, terminal const& t) {
  double const x = number_named(given);
  std::vector<std::pair<double, std::uint32_t>> values;
  for (std::uint32_t code = 0; code <= f.facts().code_mask; ++code) {
    double const v = static_cast<double>(f.decode(code));
    bool const second_zero = v == 0 && std::signbit(v);
    if (std::isfinite(v) && !second_zero) {
      values.emplace_back(v, code);
    }
  }
  std::sort(values.begin(), values.end());
  auto const above = std::lower_bound(values.begin(), values.end(), std::pair(x, std::uint32_t{0}));
  bool const has_code = above != values.end() && above->first == x;
  table out({{"", given, left}}, {{"", "value"}, {"", "code"}, {"", "bits", left}, {"", "error"}, {"", "relative"}});
  auto const add = [&](std::string const& what, std::uint32_t code) {
    auto const value = static_cast<double>(f.decode(code));
    double const error = value - x;
    out.add_row({{what},
                 {exact_text(f, code)},
                 {hexadecimal(f, code)},
                 {binary(f, code), look::faint},
                 {std::isfinite(error) ? (error > 0 ? "+" : "") + compact(error) : "-"},
                 {std::isfinite(error) && x != 0 ? percent(std::fabs(error / x), 2) + " %" : "-"}});
  };
  if (!has_code && above != values.begin()) {
    add("below", std::prev(above)->second);
  }
  if (above != values.end()) {
    add(has_code ? "itself" : "above", above->second);
  }
  add("nearest, ties to even", f.encode(x));
  add("nearest, ties away", f.encode(x, lowp::rounding::nearest_away{}));
  add("toward zero", f.encode(x, lowp::rounding::toward_zero{}));
  add("up", f.encode(x, lowp::rounding::up{}));
  add("down", f.encode(x, lowp::rounding::down{}));
  add("not saturating", f.encode(x, lowp::rounding::nearest_even{}, lowp::overflow::nonsaturating{}));
  std::string text = out.text(t);
  if (!has_code && above != values.begin() && above != values.end()) {
    double const low = std::prev(above)->first;
    text += "Stochastic rounding goes up in " + percent((x - low) / (above->first - low), 1) + " % of the cases.\n";
  }
  return text;
}

}  // namespace

std::string explanation(std::string const& name, std::span<std::string const> numbers, terminal const& t) {
  lowp::any_format const f = format_named(name);
  std::string description;
  std::string source;
  for (auto const& entry : lowp::catalog()) {
    if (entry.format == f && entry.name == f.name()) {
      description = entry.description;
      source = entry.source;
    }
  }
  std::string head = f.name();
  head += description.empty() ? "" : ": " + description;
  std::string out =
      t.paint(head, look::heading) + (source.empty() ? "" : t.paint(" (" + source + ")", look::faint)) + "\n\n";
  out += drawing(f, t) + "\n  " + meaning(f) + "\n\n" + facts(f, t);
  if (numbers.empty()) {
    out += "\n" + value_table(f, t);
  }
  for (std::string const& number : numbers) {
    out += "\n" + neighbours(f, number, t);
  }
  return out;
}

}  // namespace lab
