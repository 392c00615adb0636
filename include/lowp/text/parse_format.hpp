// SPDX-License-Identifier: Apache-2.0
//
// Formats by name, and the list of those that have one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>
#include <lowp/codec/any_format.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/format/p3109.hpp>
#include <lowp/text/format_name.hpp>

namespace lowp::inline LOWP_ABI {

/// A named format, for listings and for tests that walk over all of them.
struct catalog_entry {
  std::string name;         ///< as parse_format reads it and as lowp/format/catalog.hpp spells it
  std::string description;  ///< one line
  std::string source;       ///< the document that defines it
  any_format format;
};

namespace detail {

struct format_alias {
  std::string_view alias;
  std::string_view name;
};

/// What others call the formats of the catalogue: ml_dtypes and PyTorch (float8_...), MLIR (f8E...), safetensors
/// (F8_E4M3), ONNX, vLLM (fp8_e4m3), PTX, Intel. "E4M3" alone is IEEE-like for ml_dtypes and MLIR and the one without
/// infinity for OCP, safetensors and vLLM; each keeps its meaning here.
inline constexpr format_alias format_aliases[] = {
    {"bf16", "bfloat16"},
    {"f16", "float16"},
    {"fp16", "float16"},
    {"half", "float16"},
    {"binary16", "float16"},
    {"float8_e4m3fn", "e4m3fn"},
    {"float8e4m3fn", "e4m3fn"},
    {"f8_e4m3fn", "e4m3fn"},
    {"f8e4m3fn", "e4m3fn"},
    {"fp8_e4m3fn", "e4m3fn"},
    {"f8_e4m3", "e4m3fn"},
    {"fp8_e4m3", "e4m3fn"},
    {"hf8", "e4m3fn"},
    {"float8_e5m2", "e5m2"},
    {"float8e5m2", "e5m2"},
    {"f8_e5m2", "e5m2"},
    {"f8e5m2", "e5m2"},
    {"fp8_e5m2", "e5m2"},
    {"bf8", "e5m2"},
    {"float8_e4m3", "e4m3"},
    {"f8e4m3", "e4m3"},
    {"float8_e3m4", "e3m4"},
    {"f8e3m4", "e3m4"},
    {"float8_e4m3fnuz", "e4m3fnuz"},
    {"float8e4m3fnuz", "e4m3fnuz"},
    {"f8_e4m3fnuz", "e4m3fnuz"},
    {"f8e4m3fnuz", "e4m3fnuz"},
    {"float8_e5m2fnuz", "e5m2fnuz"},
    {"float8e5m2fnuz", "e5m2fnuz"},
    {"f8_e5m2fnuz", "e5m2fnuz"},
    {"f8e5m2fnuz", "e5m2fnuz"},
    {"fp8_e4m3fnuz", "e4m3fnuz"},
    {"fp8_e5m2fnuz", "e5m2fnuz"},
    {"float8_e4m3b11fnuz", "e4m3b11fnuz"},
    {"f8e4m3b11fnuz", "e4m3b11fnuz"},
    {"float8_e8m0fnu", "e8m0fnu"},
    {"float8e8m0", "e8m0fnu"},
    {"f8_e8m0", "e8m0fnu"},
    {"f8e8m0fnu", "e8m0fnu"},
    {"e8m0", "e8m0fnu"},
    {"ue8m0", "e8m0fnu"},
    {"f8e5m3fnu", "ue5m3"},
    {"float6_e3m2fn", "e3m2fn"},
    {"f6e3m2fn", "e3m2fn"},
    {"f6_e3m2", "e3m2fn"},
    {"fp6_e3m2", "e3m2fn"},
    {"e3m2", "e3m2fn"},
    {"float6_e2m3fn", "e2m3fn"},
    {"f6e2m3fn", "e2m3fn"},
    {"f6_e2m3", "e2m3fn"},
    {"fp6_e2m3", "e2m3fn"},
    {"e2m3", "e2m3fn"},
    {"float4_e2m1fn", "e2m1fn"},
    {"float4e2m1", "e2m1fn"},
    {"f4e2m1fn", "e2m1fn"},
    {"fp4_e2m1", "e2m1fn"},
    {"e2m1", "e2m1fn"},
    {"f4", "e2m1fn"},
    {"fp4_e3m0", "e3m0fn"},
    {"e3m0", "e3m0fn"},
    {"i8", "int8"},
    {"i4", "int4"},
    {"u8", "uint8"},
    {"u4", "uint4"},
};

/// Reads a number of at most four digits and removes it from the text; -1 without a digit.
inline int take_number(std::string_view& text) {
  int value = 0;
  std::size_t length = 0;
  while (length < text.size() && length < 4 && text[length] >= '0' && text[length] <= '9') {
    value = 10 * value + (text[length++] - '0');
  }
  text.remove_prefix(length);
  return length != 0 ? value : -1;
}

inline bool take_word(std::string_view& text, std::string_view word) {
  bool const found = text.substr(0, word.size()) == word;
  text.remove_prefix(found ? word.size() : 0);
  return found;
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t best = above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      best = above[j] + 1 < best ? above[j] + 1 : best;
      best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = before[j - 2] + 1 < best ? before[j - 2] + 1 : best;
      }
      row[j] = best;
    }
  }
  return row[b.size()];
}

inline error name_error(std::string_view given, std::string const& message) {
  return error(error_code::name, "name", "parse_format: \"" + std::string(given) + "\": " + message);
}

/// What to say of a name that nobody knows: the nearest names, and what else there is.
inline error unknown_format(std::string_view given, std::string_view name) {
  // 1. Names people try that mean something else.
  for (std::string_view const wide : {"fp32", "f32", "float32", "float", "fp64", "f64", "float64", "double", "tf32"}) {
    if (name == wide) {
      return name_error(given, "formats have at most 16 bits; the widest floating-point ones are bfloat16 and float16");
    }
  }
  for (std::string_view const scheme : {"mxfp8", "mxfp6", "mxfp4", "mxint8", "nvfp4"}) {
    if (name.substr(0, scheme.size()) == scheme) {
      return name_error(given,
                        "that is a scheme (elements with a scale for each block); a format is what its elements "
                        "or its scales are, such as e4m3fn, e3m2fn, e2m1fn, int8 or e8m0fnu");
    }
  }
  for (std::string_view const vague : {"fp8", "f8", "float8", "fp6", "f6", "float6", "fp4", "float4"}) {
    if (name == vague) {
      return name_error(given, name.find('8') != name.npos   ? "which one? e4m3fn, e5m2, e4m3fnuz, e5m2fnuz, e3m4, ..."
                               : name.find('6') != name.npos ? "which one? e3m2fn or e2m3fn"
                                                             : "which one? e2m1fn, bnb_fp4, e3m0fn or nf4");
    }
  }
  // 2. The nearest names, if they are within a third of the length: at most three, equally near.
  std::size_t nearest = name.size() / 3 > 1 ? name.size() / 3 : 1;
  std::vector<std::string_view> near;
  auto const consider = [&](std::string_view known, std::string_view proper) {
    std::size_t const distance = edit_distance(name, known);
    if (distance < nearest) {
      near.clear();
    }
    bool listed = false;
    for (std::string_view const other : near) {
      listed = listed || other == proper;
    }
    if (distance <= nearest && !listed && near.size() < 3) {
      near.push_back(proper);
      nearest = distance;
    }
  };
  for (auto const& entry : named_layouts) {
    consider(entry.name, entry.name);
  }
  for (auto const& entry : named_tables) {
    consider(entry.name, entry.name);
  }
  for (std::string_view const integer : {"int8", "int4", "uint8", "uint4"}) {
    consider(integer, integer);
  }
  for (auto const& entry : format_aliases) {
    consider(entry.alias, entry.name);
  }
  std::string message = "no format has this name";
  for (std::size_t i = 0; i < near.size(); ++i) {
    message += (i == 0 ? "; did you mean " : i + 1 < near.size() ? ", " : " or ") + std::string(near[i]);
  }
  message += near.empty() ? "." : "?";
  return name_error(given, message +
                               " Expected a name of the catalogue (e4m3fn, bfloat16, nf4, ...), int2 to int8, uint1 to "
                               "uint8, binary{K}p{P}{s|u}{e|f} or minifloat:e{E}m{M}[:b{bias}][:{specials}][:u]");
}

/// "int5", "uint3". Empty where the name has another form.
inline std::optional<result<any_format>> parse_integer(std::string_view given, std::string_view name) {
  bool const is_unsigned = take_word(name, "u");
  int const width = take_word(name, "int") ? take_number(name) : -1;
  if (width < 0 || !name.empty()) {
    return std::nullopt;
  }
  if (width > 8 || width < (is_unsigned ? 1 : 2)) {
    return name_error(given, is_unsigned ? "unsigned integers have 1 to 8 bits" : "signed integers have 2 to 8 bits");
  }
  integer_layout const layout{width, is_unsigned ? sign_bit::absent : sign_bit::present};
  return any_format(layout, format_name(layout));
}

inline result<any_format> checked_format(std::string_view given, float_layout const& layout) {
  if (char const* const defect = layout.defect(); defect != nullptr) {
    return name_error(given, defect);
  }
  return any_format(layout, format_name(layout));
}

/// "binary8p3se". Empty where the name has another form.
inline std::optional<result<any_format>> parse_p3109(std::string_view given, std::string_view name) {
  if (!take_word(name, "binary")) {
    return std::nullopt;
  }
  int const k = take_number(name);
  int const p = take_word(name, "p") ? take_number(name) : -1;
  bool const is_signed = name.size() == 2 && name[0] == 's';
  bool const is_extended = name.size() == 2 && name[1] == 'e';
  if (k < 0 || p < 0 || name.size() != 2 || (!is_signed && name[0] != 'u') || (!is_extended && name[1] != 'f')) {
    return name_error(given,
                      "P3109 names are binary{K}p{P}{s|u}{e|f}: bits, precision, signed or unsigned, extended "
                      "(with infinities) or finite, as in binary8p3se");
  }
  int const greatest = is_signed ? k - 1 : k;
  if (k < 3 || k > 16 || p < 1 || p > greatest) {
    return name_error(given,
                      "P3109 formats have K = 3 to 16 bits and a precision P of 1 to K - 1 (signed) or K (unsigned)");
  }
  auto const layout = p3109::layout_of(k, p, is_signed ? sign_bit::present : sign_bit::absent,
                                       is_extended ? p3109::domain::extended : p3109::domain::finite);
  return checked_format(given, layout);
}

/// "minifloat:e3m2:b3:fn:u". Empty where the name has another form.
inline std::optional<result<any_format>> parse_generic(std::string_view given, std::string_view name) {
  if (!take_word(name, "minifloat")) {
    return std::nullopt;
  }
  constexpr char const* grammar =
      "expected minifloat:e{E}m{M}[:b{bias}][:{specials}][:u] with the specials ieee, fn, fnuz, finite, exponent, "
      "p3109_extended or p3109_finite, as in minifloat:e3m2:b3:fn";
  // 1. The fields, each optional one only in its place.
  int const e = take_word(name, ":e") ? take_number(name) : -1;
  int const m = e >= 0 && take_word(name, "m") ? take_number(name) : -1;
  if (m < 0) {
    return name_error(given, grammar);
  }
  if (e < 1 || e > 16 || m > 16) {
    return name_error(given, "a minifloat has at least one exponent bit and 2 to 16 bits in all");
  }
  float_layout layout{e, m, default_bias(e), specials::ieee, sign_bit::present};
  if (take_word(name, ":b")) {
    bool const negative = take_word(name, "-");
    int const bias = take_number(name);
    if (bias < 0) {
      return name_error(given, grammar);
    }
    layout.bias = negative ? -bias : bias;
  }
  for (auto const& entry : specials_names) {
    std::string_view rest = name;
    if (take_word(rest, ":") && take_word(rest, entry.name) && (rest.empty() || rest.front() == ':')) {
      layout.special = entry.special;
      name = rest;
      break;
    }
  }
  if (take_word(name, ":u")) {
    layout.sign = sign_bit::absent;
  }
  // 2. Nothing may be left.
  if (!name.empty()) {
    return name_error(given, grammar);
  }
  return checked_format(given, layout);
}

}  // namespace detail

/// The format with that name, or an error.
///
/// Meaning  Reads, in either case: every name of the catalogue; int2 to int8 and uint1 to uint8; the P3109 names
///          binary{K}p{P}{s|u}{e|f} of every K and P exact in float; "minifloat:e3m2:b3:fn" (the grammar is in
///          lowp/text/format_name.hpp); and what ml_dtypes, PyTorch, MLIR, safetensors and others call the formats of
///          the catalogue (bf16, half, float8_e4m3fn, f8e4m3, fp8_e5m2, e2m1, ...).
/// Errors   error_code::name; the message says what was expected and which names are near.
inline result<any_format> try_parse_format(std::string_view name) {
  std::string lowered(name);
  for (char& c : lowered) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  std::string_view proper = lowered;
  for (auto const& entry : detail::format_aliases) {
    if (entry.alias == proper) {
      proper = entry.name;
      break;
    }
  }
  for (auto const& entry : detail::named_layouts) {
    if (entry.name == proper) {
      return any_format(entry.layout, std::string(entry.name));
    }
  }
  for (auto const& entry : detail::named_tables) {
    if (entry.name == proper) {
      return any_format(std::vector<float>(entry.values, entry.values + entry.count), std::string(entry.name));
    }
  }
  for (auto const parse : {detail::parse_integer, detail::parse_p3109, detail::parse_generic}) {
    if (auto parsed = parse(name, proper); parsed) {
      return *std::move(parsed);
    }
  }
  return detail::unknown_format(name, proper);
}

/// The format with that name, as try_parse_format reads it; the run-time twin of a type.
///
/// Errors   throws lowp::error with error_code::name.
inline any_format parse_format(std::string_view name) { return try_parse_format(name).value(); }

/// Every format of lowp/format/catalog.hpp: FP8, block scales, FP6 and FP4, 16 bits, integers, tables. P3109's are too
/// many to list: p3109::layout_of and parse_format make them.
///
/// Cost     built at the first call: 2 ms and half a megabyte, as the 16-bit formats have tables of 65,536 values.
inline std::vector<catalog_entry> const& catalog() {
  static std::vector<catalog_entry> const entries = [] {
    std::vector<catalog_entry> all;
    for (auto const& entry : detail::named_layouts) {
      all.push_back({std::string(entry.name), std::string(entry.description), std::string(entry.source),
                     any_format(entry.layout, std::string(entry.name))});
    }
    for (sign_bit const sign : {sign_bit::present, sign_bit::absent}) {
      for (int bits = 8; bits >= (sign == sign_bit::present ? 2 : 1); --bits) {
        integer_layout const layout{bits, sign};
        std::string const range = std::to_string(layout.min()) + " to " + std::to_string(layout.max());
        all.push_back({format_name(layout), (layout.is_signed() ? "two's complement, " : "unsigned, ") + range,
                       layout.is_signed() ? "two's complement" : "plain binary",
                       any_format(layout, format_name(layout))});
      }
    }
    for (auto const& entry : detail::named_tables) {
      all.push_back(
          {std::string(entry.name), std::string(entry.description), std::string(entry.source),
           any_format(std::vector<float>(entry.values, entry.values + entry.count), std::string(entry.name))});
    }
    return all;
  }();
  return entries;
}

}  // namespace lowp::inline LOWP_ABI
