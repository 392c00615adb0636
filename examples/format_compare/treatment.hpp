// SPDX-License-Identifier: Apache-2.0
//
// What may be done to a weight matrix: a format, a granularity and a scale, each chosen by name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lowp/scale/any_scheme.hpp>

namespace format_compare {

/// INT and FP formats compete at equal bits; tables (NF4) are neither.
enum class family { integer, floating, table };

struct granularity_choice {
  std::string name;  ///< "tensor", "channel", "g32", ...
  lowp::any_granularity granularity;
};

struct scale_choice {
  std::string name;         ///< "f32", "e8m0:floor", ...
  std::string description;  ///< for a reader
  lowp::any_scale scale;
};

/// One way to quantize every weight matrix.
struct treatment {
  std::string format;       ///< "int8", "e4m3fn", or a recipe: "mxfp4", "int4/g64/bf16"
  std::string granularity;  ///< as granularity_choice spells it
  std::string scale;        ///< as scale_choice spells it
  lowp::any_scheme scheme;
  enum class origin { grid, recipe } from = origin::grid;  ///< a recipe has a granularity and a scale of its own

  int bits() const noexcept { return scheme.element.bits(); }
  family kind() const noexcept {
    return scheme.element.is_integer()    ? family::integer
           : scheme.element.is_codebook() ? family::table
                                          : family::floating;
  }
};

/// A name and a line about it.
struct recipe_entry {
  std::string name;
  std::string description;
};

/// The recipes that `--formats` knows beside the formats: those of the library.
std::vector<recipe_entry> recipes();

/// Every format at every granularity, and each recipe once, in the order of `formats`.
///
/// Errors   usage_error or lowp::error for a name that nobody knows.
std::vector<treatment> treatments(std::span<std::string const> formats, std::span<std::string const> granularities,
                                  std::string_view scale);

granularity_choice parse_granularity(std::string_view name);
scale_choice parse_scale(std::string_view name);

}  // namespace format_compare
