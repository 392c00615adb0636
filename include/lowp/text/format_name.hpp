// SPDX-License-Identifier: Apache-2.0
//
// What a format is called. parse_format reads every name written here.
//
// Grammar of names (parse_format takes either case and more spellings, listed there):
//   name       = catalogue | p3109 | generic | "codebook:" count
//   catalogue  = "e4m3fn" | "int4" | "nf4" | ...                     the names of lowp/format/catalog.hpp
//   p3109      = "binary" K "p" P ("s" | "u") ("e" | "f")            binary8p3se: IEEE P3109 v4.0
//   generic    = "minifloat:e" E "m" M [":b" bias] [":" specials] [":u"]
//   specials   = "ieee" | "fn" | "fnuz" | "finite" | "exponent" | "p3109_extended" | "p3109_finite"
// In a generic name a missing bias is 2^(E-1) - 1, missing specials are ieee, and ":u" means no sign bit, as the default
// arguments of minifloat<E, M, Bias, Specials, Sign> have it: "minifloat:e3m2:b3:fn" is minifloat<3, 2, 3, specials::fn>.
// The last form is written, not read: it stands for a table that has no name.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/any_format.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/codebook.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/format/p3109.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

struct named_layout {
  std::string_view name;
  float_layout layout;
  std::string_view description;
  std::string_view source;
};

/// The floating-point half of lowp/format/catalog.hpp.
inline constexpr named_layout named_layouts[] = {
    {"e4m3fn", e4m3fn::layout, "FP8 for weights and activations: no infinity, one NaN", "OCP OFP8 1.0, table 1"},
    {"e5m2", e5m2::layout, "FP8 with the range of float16: infinities and NaNs", "OCP OFP8 1.0, table 1"},
    {"e4m3", e4m3::layout, "FP8 with IEEE-like specials", "LLVM Float8E4M3"},
    {"e3m4", e3m4::layout, "FP8 with IEEE-like specials", "LLVM Float8E3M4"},
    {"e3m4fn", e3m4fn::layout, "FP8 of the post-training quantization papers: one NaN", "arXiv 2309.14592"},
    {"e4m3fnuz", e4m3fnuz::layout, "FP8 without -0, whose code is the NaN", "arXiv 2206.02915"},
    {"e5m2fnuz", e5m2fnuz::layout, "FP8 without -0, whose code is the NaN", "arXiv 2206.02915"},
    {"e4m3b11fnuz", e4m3b11fnuz::layout, "FP8 of small numbers (bias 11), without -0", "LLVM Float8E4M3B11FNUZ"},
    {"e8m0fnu", e8m0fnu::layout, "powers of two: the scale of MX blocks", "OCP MX 1.0, 5.4.1"},
    {"ue4m3", ue4m3::layout, "unsigned, one NaN: the block scale of NVFP4", "PTX ISA, .ue4m3"},
    {"ue5m3", ue5m3::layout, "unsigned, one NaN: a block scale of more range", "PTX ISA 13.4, Float8E5M3FNU"},
    {"e3m2fn", e3m2fn::layout, "FP6, every code a number", "OCP MX 1.0, 5.3.2"},
    {"e2m3fn", e2m3fn::layout, "FP6, every code a number", "OCP MX 1.0, 5.3.2"},
    {"e2m1fn", e2m1fn::layout, "FP4, every code a number", "OCP MX 1.0, 5.3.3"},
    {"e3m0fn", e3m0fn::layout, "FP4 of powers of two and 0", "ZeroQuant-FP, arXiv 2307.09782"},
    {"bfloat16", bfloat16::layout, "binary32 cut to 8 digits of precision", "AVX512_BF16, Armv8.6-A"},
    {"float16", float16::layout, "binary16, half precision", "IEEE 754-2019, table 3.5"},
};

struct named_table {
  std::string_view name;
  float const* values;
  std::size_t count;
  std::string_view description;
  std::string_view source;
};

/// The tables of lowp/format/catalog.hpp.
inline constexpr named_table named_tables[] = {
    {"nf4", nf4_table::values, nf4::size, "4 bits, quantiles of the normal distribution", "QLoRA, arXiv 2305.14314"},
    {"af4", af4_table::values, af4::size, "4 bits, least absolute error in blocks of 64", "arXiv 2306.06965"},
    {"bnb_fp4", bnb_fp4_table::values, bnb_fp4::size, "4 bits, FP4 as bitsandbytes has it: not e2m1fn",
     "bitsandbytes, \"fp4\""},
};

struct named_specials {
  std::string_view name;
  specials special;
};

inline constexpr named_specials specials_names[] = {
    {"ieee", specials::ieee},
    {"fn", specials::fn},
    {"fnuz", specials::fnuz},
    {"finite", specials::finite},
    {"exponent", specials::exponent},
    {"p3109_extended", specials::p3109_extended},
    {"p3109_finite", specials::p3109_finite},
};

/// The name of a table in the catalogue; empty where it is none of those. Values count, NaNs are alike.
inline std::string_view table_name(float const* values, std::size_t count) noexcept {
  auto const alike = [](float a, float b) {
    return bits_of(a) == bits_of(b) || (detail::is_nan(a) && detail::is_nan(b));
  };
  for (named_table const& table : named_tables) {
    bool same = table.count == count;
    for (std::size_t i = 0; same && i < count; ++i) {
      same = alike(table.values[i], values[i]);
    }
    if (same) {
      return table.name;
    }
  }
  return {};
}

}  // namespace detail

/// The name of the format with that layout: the catalogue's, else P3109's, else the generic one.
inline std::string format_name(float_layout const& f) {
  for (auto const& entry : detail::named_layouts) {
    if (entry.layout == f) {
      return std::string(entry.name);
    }
  }
  if (f.is_p3109()) {
    bool const extended = f.special == specials::p3109_extended;
    int const precision = f.mantissa_bits + 1;
    auto const domain = extended ? p3109::domain::extended : p3109::domain::finite;
    if (f.bits() >= 3 && f == p3109::layout_of(f.bits(), precision, f.sign, domain)) {
      return "binary" + std::to_string(f.bits()) + "p" + std::to_string(precision) + (f.is_signed() ? "s" : "u") +
             (extended ? "e" : "f");
    }
  }
  std::string name = "minifloat:e" + std::to_string(f.exponent_bits) + "m" + std::to_string(f.mantissa_bits) + ":b" +
                     std::to_string(f.bias) + ":";
  for (auto const& entry : detail::specials_names) {
    if (entry.special == f.special) {
      name += entry.name;
    }
  }
  return f.is_signed() ? name : name + ":u";
}

/// "int4", "uint8", ...
inline std::string format_name(integer_layout const& f) {
  return (f.is_signed() ? "int" : "uint") + std::to_string(f.width);
}

/// The name of a format type, such that parse_format(format_name<F>()) == any_format::of<F>().
///
/// Meaning  A codebook that is not in the catalogue is called what its table says (a static member `name`), else
///          "codebook:" and the number of its values: parse_format knows neither.
template <Format F>
std::string format_name() {
  if constexpr (CodebookFormat<F>) {
    std::string_view const known = detail::table_name(F::table::values, F::size);
    if (!known.empty()) {
      return std::string(known);
    }
    if constexpr (requires {
                    { F::table::name } -> std::convertible_to<std::string_view>;
                  }) {
      return std::string(std::string_view(F::table::name));
    } else {
      return "codebook:" + std::to_string(F::size);
    }
  } else {
    return format_name(F::layout);
  }
}

/// The name of a run-time format, as format_name<F>() for its twin. The name it was made with counts only for a
/// codebook that is not in the catalogue.
inline std::string name_of(any_format const& f) {
  if (f.is_minifloat()) {
    return format_name(f.layout());
  }
  if (f.is_integer()) {
    return format_name(f.integer());
  }
  std::string_view const known = detail::table_name(f.values().data(), f.values().size());
  if (!known.empty()) {
    return std::string(known);
  }
  return f.name().empty() ? "codebook:" + std::to_string(f.values().size()) : f.name();
}

}  // namespace lowp::inline LOWP_ABI
