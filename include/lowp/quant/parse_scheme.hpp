// SPDX-License-Identifier: Apache-2.0
//
// Schemes as text.
//
//   scheme       = recipe | element "/" granularity ["/" scale]
//   recipe       = "mxfp4" | "int4_g128" | "nvfp4" | ...                 the names of lowp/scale/scheme.hpp
//   element      = what parse_format reads
//   granularity  = "tensor" | "row" | "column" | "g" N | R "x" C         "channel" and "token" are read as row
//                | "axis" N                                              of a tensor; 0 is row, 1 is column
//                | "t" T "x" Y "x" X ["x" C] "@" H "x" W                 tiles of frames of H x W; "*" for T: all frames
//   scale        = stored [":" rule] [":clamped"] {":" special} ["+f32" [":" granularity] [":" outer]]
//   stored       = "f32" | "bf16" | "f16" | "e8m0" | what parse_format reads
//   rule         = "absmax" | "floor" | "ceil" | "even" | "rceil" | "rfloor" | "mse" | "mse1" | "mse2.4" | "p" percent |
//                  "deviation" | "minmax" | "signed" | "offset" | "set" E {"_" E}     powers of two, exponents ascending
//   special      = "nan-block" | "inf-block" | "zero-least" | "zero-zero"   what scale::follow says of special blocks
//   outer        = "range" | "unit" | "fireq"
// Without a scale: f32. Without a rule: floor for e8m0, absmax for the others. "+f32" is the outer of two scales, of the
// tensor and by the range rule unless it says else; block scales are then clamped. int4/g128/bf16,
// e2m1fn/g16/e4m3fn+f32 (which is nvfp4), int4/g32/f32:mse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>
#include <lowp/scale/any_scheme.hpp>
#include <lowp/scale/scheme.hpp>
#include <lowp/text/format_name.hpp>
#include <lowp/text/parse_format.hpp>

namespace lowp::inline LOWP_ABI {

/// A recipe by name.
struct named_scheme {
  std::string_view name;
  std::string_view description;
  any_scheme scheme;
};

/// All recipes of lowp/scale/scheme.hpp.
inline std::vector<named_scheme> const& scheme_catalog() {
  static std::vector<named_scheme> const all{
      {"int8_per_tensor", "INT8, one scale", as_any_scheme<int8_per_tensor>()},
      {"int8_per_channel", "INT8, a scale a row", as_any_scheme<int8_per_channel>()},
      {"fp8_per_channel", "E4M3, a scale a row", as_any_scheme<fp8_per_channel>()},
      {"w8a8_int8", "INT8, a scale a row: weights and activations", as_any_scheme<w8a8_int8>()},
      {"w8a8_fp8", "E4M3, a scale a row: weights and activations", as_any_scheme<w8a8_fp8>()},
      {"int4_g128", "INT4 by 128, float16 scales", as_any_scheme<int4_g128>()},
      {"int4_g32", "INT4 by 32, float16 scales", as_any_scheme<int4_g32>()},
      {"int4_g128_mse", "INT4 by 128, GPTQ's search for the scale", as_any_scheme<int4_g128_mse>()},
      {"int4_g128_affine", "UINT4 by 128 with zero points", as_any_scheme<int4_g128_affine>()},
      {"int4_g32_affine", "UINT4 by 32 with zero points", as_any_scheme<int4_g32_affine>()},
      {"uint8_affine", "UINT8 with one zero point, as ONNX", as_any_scheme<uint8_affine>()},
      {"mxfp8_e4m3", "OCP MXFP8 of E4M3", as_any_scheme<mxfp8_e4m3>()},
      {"mxfp8_e5m2", "OCP MXFP8 of E5M2", as_any_scheme<mxfp8_e5m2>()},
      {"mxfp6_e2m3", "OCP MXFP6 of E2M3", as_any_scheme<mxfp6_e2m3>()},
      {"mxfp6_e3m2", "OCP MXFP6 of E3M2", as_any_scheme<mxfp6_e3m2>()},
      {"mxfp4", "OCP MXFP4", as_any_scheme<mxfp4>()},
      {"mxint8", "OCP MXINT8", as_any_scheme<mxint8>()},
      {"nvfp4", "NVFP4: E2M1 by 16, E4M3 scales and a float", as_any_scheme<nvfp4>()},
      {"nvfp4_ue5m3", "E2M1 by 16, UE5M3 scales", as_any_scheme<nvfp4_ue5m3>()},
      {"q8_0", "ggml's Q8_0: INT8 by 32, float16 scales", as_any_scheme<q8_0>()},
      {"q4_1", "ggml's Q4_1: UINT4 by 32, float16 scales and minima", as_any_scheme<q4_1>()},
      {"q4_0", "ggml's Q4_0: INT4 by 32, signed float16 scales", as_any_scheme<q4_0>()},
      {"nf4_g64", "QLoRA's NF4 by 64", as_any_scheme<nf4_g64>()},
      {"nf4_nested", "NF4 by 64, scales quantized again", as_any_scheme<nf4_nested>()},
      {"fp8_block128", "E4M3 in 128 x 128 blocks: DeepSeek-V3 weights", as_any_scheme<fp8_block128>()},
      {"fp8_g128", "E4M3 by 128: DeepSeek-V3 activations", as_any_scheme<fp8_g128>()},
      {"fireq", "FireQ: INT4 by 128, E4M3 scales, prescaled", as_any_scheme<fireq>()},
      {"vllm_w4a8", "INT4 by 128, E4M3 scales, a float a row", as_any_scheme<vllm_w4a8>()},
      {"fp4_m1", "ZeroQuant-FP M1: E2M1 by 256, powers of two", as_any_scheme<fp4_m1>()},
      {"fp4_m2", "ZeroQuant-FP M2: ratios that are powers of two", as_any_scheme<fp4_m2>()},
      {"fp4_m2_up", "the same, scales rounded up", as_any_scheme<fp4_m2_up>()},
      {"gaudi2_fp8", "E4M3 to 240, one of four powers of two: Gaudi 2", as_any_scheme<gaudi2_fp8>()},
  };
  return all;
}

namespace detail {

inline error scheme_error(std::string_view given, std::string const& message) {
  return error(error_code::name, "name", "parse_scheme: \"" + std::string(given) + "\": " + message);
}

/// Takes what stands before the next `separator`, and the separator.
inline std::string_view take_until(std::string_view& text, char separator) {
  std::size_t const end = text.find(separator);
  std::string_view const part = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return part;
}

/// A whole number from 1 to 2^31 - 1, all of the text; 0 for anything else.
inline std::size_t whole_number(std::string_view text) {
  std::uint64_t n = 0;
  for (char const c : text) {
    if (c < '0' || c > '9' || n > 0x7fff'ffffU) {
      return 0;
    }
    n = 10 * n + static_cast<std::uint64_t>(c - '0');
  }
  return n <= 0x7fff'ffffU ? static_cast<std::size_t>(n) : 0;
}

/// "t5x6x10@30x52" behind the t, with a fourth extent for columns.
inline std::optional<any_granularity> parse_tile(std::string_view text) {
  std::string_view frame = text;
  std::string_view tile = take_until(frame, '@');
  bool const cut_short = tile.ends_with('x');
  any_granularity g;
  std::string_view const frames = take_until(tile, 'x');
  g.rows = frames == "*" ? 0 : whole_number(frames);
  g.tile.height = whole_number(take_until(tile, 'x'));
  g.tile.width = whole_number(take_until(tile, 'x'));
  bool const has_cols = !tile.empty();
  g.cols = has_cols ? whole_number(tile) : 0;
  g.tile.frame_height = whole_number(take_until(frame, 'x'));
  g.tile.frame_width = whole_number(frame);
  tile_shape const& t = g.tile;
  bool const complete = t.height != 0 && t.width != 0 && t.frame_height != 0 && t.frame_width != 0 &&
                        (frames == "*" || g.rows != 0) && (!has_cols || g.cols != 0) && !cut_short;
  // A frame of 2^31 positions at the most: no product of extents overflows 64 bits.
  bool const countable = complete && t.frame_height <= 0x7fff'ffffU / t.frame_width;
  return countable ? std::optional(g) : std::nullopt;
}

inline std::optional<any_granularity> parse_granularity(std::string_view text) {
  if (text == "tensor") {
    return any_granularity{0, 0};
  }
  if (text == "row" || text == "channel" || text == "token") {
    return any_granularity{1, 0};
  }
  if (text == "column") {
    return any_granularity{0, 1};
  }
  if (text.starts_with("axis")) {
    std::string_view const number = text.substr(4);
    std::size_t const n = whole_number(number);
    return n >= 2          ? std::optional(any_granularity{1, 0, {}, n})
           : number == "0" ? std::optional(any_granularity{1, 0})
           : n == 1        ? std::optional(any_granularity{0, 1})
                           : std::nullopt;
  }
  std::size_t const cross = text.find('x');
  if (!text.empty() && text[0] == 't') {
    return parse_tile(text.substr(1));
  }
  if (!text.empty() && text[0] == 'g') {
    std::size_t const n = whole_number(text.substr(1));
    return n == 0 ? std::nullopt : std::optional(any_granularity{1, n});
  }
  if (cross != text.npos) {
    std::size_t const rows = whole_number(text.substr(0, cross));
    std::size_t const cols = whole_number(text.substr(cross + 1));
    return rows == 0 || cols == 0 ? std::nullopt : std::optional(any_granularity{rows, cols});
  }
  return std::nullopt;
}

/// "p99.9" as 999 / 1000. At most seven decimals.
inline bool parse_percentile(std::string_view text, any_scale& s) {
  if (text.size() < 2 || text.size() > 11 || text[0] != 'p' || text[1] == '.' || text.back() == '.') {
    return false;
  }
  std::uint64_t number = 0;
  std::uint64_t unit = 100;
  bool point = false;
  for (char const c : text.substr(1)) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9' && unit < 1'000'000'000U) {
      number = 10 * number + static_cast<std::uint64_t>(c - '0');
      unit *= point ? 10U : 1U;
    } else {
      return false;
    }
  }
  s.which = any_scale::kind::percentile;
  s.numerator = static_cast<std::uint32_t>(number);
  s.denominator = static_cast<std::uint32_t>(unit);
  return number <= unit;
}

struct named_rule {
  std::string_view name;
  any_scale::kind kind;
  scale::pow2::any::kind power;
  scale::norm norm;
};

inline constexpr named_rule scale_rules[] = {
    {"absmax", any_scale::kind::absmax, {}, {}},
    {"floor", any_scale::kind::power_of_two, scale::pow2::any::kind::floor, {}},
    {"ceil", any_scale::kind::power_of_two, scale::pow2::any::kind::ceil, {}},
    {"even", any_scale::kind::power_of_two, scale::pow2::any::kind::even, {}},
    {"rceil", any_scale::kind::power_of_two, scale::pow2::any::kind::rceil, {}},
    {"rfloor", any_scale::kind::power_of_two, scale::pow2::any::kind::rfloor, {}},
    {"mse", any_scale::kind::mse, {}, scale::norm::squared},
    {"mse1", any_scale::kind::mse, {}, scale::norm::absolute},
    {"mse2.4", any_scale::kind::mse, {}, scale::norm::power_2_4},
    {"deviation", any_scale::kind::deviation, {}, {}},
    {"minmax", any_scale::kind::minmax, {}, {}},
    {"signed", any_scale::kind::signed_absmax, {}, {}},
    {"offset", any_scale::kind::offset, {}, {}},
};

struct named_outer {
  std::string_view name;
  any_outer::kind kind;
};
inline constexpr named_outer outer_rules[] = {{"range", any_outer::kind::full_range},
                                              {"unit", any_outer::kind::unit},
                                              {"fireq", any_outer::kind::fireq_prescale}};

/// Reads "clamped" and what is said of special blocks into s; whether it is one of these.
inline bool parse_flag(std::string_view text, any_scale& s) {
  if (text == "clamped") {
    s.clamped = true;
  } else if (text == "nan-block") {
    s.convention.nan = block_convention::of_nan::block;
  } else if (text == "inf-block") {
    s.convention.infinity = block_convention::of_infinity::block;
  } else if (text == "zero-least") {
    s.convention.zero = block_convention::of_zero::least;
  } else if (text == "zero-zero") {
    s.convention.zero = block_convention::of_zero::zero;
  } else {
    return false;
  }
  return true;
}

/// Reads "-8_-4_0_4" into s. (defect_of says whether they ascend.)
inline bool parse_set(std::string_view text, any_scale& s) {
  s.which = any_scale::kind::exponent_set;
  s.exponents.clear();
  while (!text.empty()) {
    bool const more = text.find('_') != text.npos;
    std::string_view word = take_until(text, '_');
    bool const negative = word.starts_with('-');
    word.remove_prefix(negative ? 1 : 0);
    std::size_t const size = word == "0" ? 0 : whole_number(word);
    if ((size == 0 && word != "0") || size > 127 || (more && text.empty())) {
      return false;
    }
    s.exponents.push_back(static_cast<std::int8_t>(negative ? -static_cast<int>(size) : static_cast<int>(size)));
  }
  return !s.exponents.empty();
}

/// Reads a rule into s; whether it is one.
inline bool parse_rule(std::string_view text, any_scale& s) {
  for (named_rule const& r : scale_rules) {
    if (r.name == text) {
      s.which = r.kind;
      s.rule.which = r.power;
      s.norm = r.norm;
      return true;
    }
  }
  return text.starts_with("set") ? parse_set(text.substr(3), s) : parse_percentile(text, s);
}

/// Takes the longest beginning, up to a ':' or the end, that is the name of a format; names may have colons themselves.
inline result<any_format> take_format(std::string_view& text) {
  result<any_format> first =
      try_parse_format(text.substr(0, text.find(':')) == "e8m0" ? "e8m0fnu" : text.substr(0, text.find(':')));
  for (std::size_t end = text.size(); end != text.npos && end != 0; end = text.rfind(':', end - 1)) {
    std::string_view const name = text.substr(0, end);
    if (auto format = try_parse_format(name == "e8m0" ? "e8m0fnu" : name)) {
      text.remove_prefix(end == text.size() ? end : end + 1);
      return format;
    }
  }
  return first;
}

inline result<any_scale> parse_scale(std::string_view given, std::string_view text) {
  any_scale s;
  // 1. What stands before "+f32".
  bool const two_levels = text.find('+') != text.npos;
  std::string_view rest = take_until(text, '+');
  if (rest.ends_with(':') || text.ends_with(':') || (two_levels && text.empty())) {
    return scheme_error(given, "there is nothing behind ':' or '+'");
  }
  if (std::string_view const word = rest.substr(0, rest.find(':')); word == "f32" || word == "float32") {
    take_until(rest, ':');
  } else {
    auto format = take_format(rest);
    if (!format) {
      return scheme_error(given, "scales are stored as f32 or a format; " + std::string(format.error().what()));
    }
    s.stored = *std::move(format);
    s.which = *s.stored == any_format::of<e8m0fnu>() ? any_scale::kind::power_of_two : any_scale::kind::absmax;
  }
  bool has_rule = false;
  while (!rest.empty()) {
    std::string_view const word = take_until(rest, ':');
    if (parse_flag(word, s)) {
      continue;
    }
    if (std::exchange(has_rule, true)) {
      return scheme_error(given, "'" + std::string(word) + "' is a second rule");
    }
    if (!parse_rule(word, s)) {
      return scheme_error(
          given, "no scale rule is called '" + std::string(word) +
                     "'; expected absmax, floor, ceil, even, rceil, rfloor, mse, mse1, mse2.4, p99.9, "
                     "deviation, minmax, signed, offset, set-8_-4_0_4, clamped, nan-block, inf-block, zero-least or "
                     "zero-zero");
    }
  }
  // 2. The outer scale.
  if (!text.empty()) {
    if (take_until(text, ':') != "f32") {
      return scheme_error(given, "the outer of two scales is f32");
    }
    s.clamped = true;
    s.outer = any_outer{};
    bool has_boxes = false;
    bool has_outer = false;
    while (!text.empty()) {
      std::string_view const word = take_until(text, ':');
      bool known = false;
      if (auto const boxes = parse_granularity(word)) {
        s.outer->boxes = *boxes;
        known = !std::exchange(has_boxes, true);
      }
      for (named_outer const& o : outer_rules) {
        if (o.name == word) {
          s.outer->which = o.kind;
          known = !std::exchange(has_outer, true);
        }
      }
      if (!known) {
        return scheme_error(
            given, "'" + std::string(word) + "' is neither a granularity nor range, unit or fireq, or a second one");
      }
    }
  }
  return s;
}

}  // namespace detail

/// The scheme that a text describes; the grammar stands at the top of this file.
///
/// Errors    error_code::name: what was not understood, and what was expected.
inline result<any_scheme> try_parse_scheme(std::string_view name) {
  for (named_scheme const& s : scheme_catalog()) {
    if (s.name == name) {
      return s.scheme;
    }
  }
  std::string_view rest = name;
  std::string_view const element = detail::take_until(rest, '/');
  if (rest.empty()) {
    std::string near;
    std::size_t best = name.size() / 3 + 1;
    for (named_scheme const& s : scheme_catalog()) {
      if (std::size_t const d = detail::edit_distance(name, s.name); d < best) {
        best = d;
        near = "; did you mean " + std::string(s.name) + "?";
      }
    }
    return detail::scheme_error(name, "no recipe has this name" + near + (near.empty() ? ". Expected" : " Expected") +
                                          " a recipe or element/granularity[/scale], such as int4/g128/bf16");
  }
  auto format = try_parse_format(element);
  if (!format) {
    return detail::scheme_error(name, format.error().what());
  }
  if (rest.ends_with('/')) {
    return detail::scheme_error(name, "there is nothing behind the last '/'");
  }
  std::string_view const granularity = detail::take_until(rest, '/');
  auto const block = detail::parse_granularity(granularity);
  if (!block) {
    bool const is_number =
        !granularity.empty() && granularity.find_first_not_of("0123456789") == std::string_view::npos;
    return detail::scheme_error(name, "'" + std::string(granularity) + "' is no granularity" +
                                          (is_number ? ", did you mean g" + std::string(granularity) + "?" : "") +
                                          "; expected tensor, row, column, g128, 128x128, "
                                          "t5x6x10@30x52, ...");
  }
  result<any_scale> scale = detail::parse_scale(name, rest.empty() ? std::string_view("f32") : rest);
  if (!scale) {
    return scale.error();
  }
  any_scheme scheme{*std::move(format), *block, *std::move(scale), {}, {}};
  if (char const* const defect = detail::defect_of(scheme); defect != nullptr) {
    return detail::scheme_error(name, defect);
  }
  return scheme;
}

/// try_parse_scheme, but a failure is thrown.
inline any_scheme parse_scheme(std::string_view name) { return try_parse_scheme(name).value(); }

/// The text of a scheme, which parse_scheme reads back as the same codes and scales. Rounding and overflow are not part of
/// it, nor are a fixed scale's value, another grid than mse's own and a percentile of more than seven decimals; a table without a name is written, not read.
inline std::string name_of(any_scheme const& s) {
  auto const granularity = [](any_granularity const& g) -> std::string {
    if (g.tile != tile_shape{}) {
      return "t" + (g.rows == 0 ? std::string("*") : std::to_string(g.rows)) + "x" + std::to_string(g.tile.height) +
             "x" + std::to_string(g.tile.width) + (g.cols == 0 ? std::string() : "x" + std::to_string(g.cols)) + "@" +
             std::to_string(g.tile.frame_height) + "x" + std::to_string(g.tile.frame_width);
    }
    if (g.rows == 0 && g.cols == 0) {
      return "tensor";
    }
    if (g.rows == 1 && g.cols == 0) {
      return g.axis < 2 ? "row" : "axis" + std::to_string(g.axis);
    }
    if (g.rows == 0 && g.cols == 1) {
      return "column";
    }
    return g.rows == 1 ? "g" + std::to_string(g.cols) : std::to_string(g.rows) + "x" + std::to_string(g.cols);
  };
  std::string text = name_of(s.element) + "/" + granularity(s.granularity) + "/" +
                     (s.scale.stored ? name_of(*s.scale.stored) : std::string("f32"));
  if (s.scale.which == any_scale::kind::percentile) {
    // In percent, with seven decimals and no zeros at the end: below 2^32 * 10^9, which 64 bits hold.
    std::uint64_t const fraction = std::uint64_t{s.scale.numerator} * 1'000'000'000U / s.scale.denominator;
    std::string decimals = std::to_string(fraction % 10'000'000U + 10'000'000U).substr(1);
    while (!decimals.empty() && decimals.back() == '0') {
      decimals.pop_back();
    }
    text += ":p" + std::to_string(fraction / 10'000'000U) + (decimals.empty() ? "" : "." + decimals);
  } else if (s.scale.which == any_scale::kind::fixed) {
    text += ":fixed";
  } else if (s.scale.which == any_scale::kind::exponent_set) {
    for (std::size_t i = 0; i < s.scale.exponents.size(); ++i) {
      text += (i == 0 ? ":set" : "_") + std::to_string(s.scale.exponents[i]);
    }
  } else {
    for (detail::named_rule const& r : detail::scale_rules) {
      bool const same = r.kind == s.scale.which &&
                        (r.kind != any_scale::kind::power_of_two || r.power == s.scale.rule.which) &&
                        (r.kind != any_scale::kind::mse || r.norm == s.scale.norm);
      text += same ? ":" + std::string(r.name) : "";
    }
  }
  block_convention const& special = s.scale.convention;
  text += special.nan == block_convention::of_nan::block ? ":nan-block" : "";
  text += special.infinity == block_convention::of_infinity::block ? ":inf-block" : "";
  text += special.zero == block_convention::of_zero::least  ? ":zero-least"
          : special.zero == block_convention::of_zero::zero ? ":zero-zero"
                                                            : "";
  if (s.scale.outer) {
    text += "+f32:" + granularity(s.scale.outer->boxes);
    for (detail::named_outer const& o : detail::outer_rules) {
      text += o.kind == s.scale.outer->which ? ":" + std::string(o.name) : "";
    }
  } else if (s.scale.clamped) {
    text += ":clamped";
  }
  return text;
}

}  // namespace lowp::inline LOWP_ABI
