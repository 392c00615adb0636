// SPDX-License-Identifier: Apache-2.0
#pragma once

// The catalogue as lists of types, each with the name that the field (and the oracle) gives it, for tests that walk over
// formats. `for_each_format(list, f)` calls f(named_format<F>) for each.
//
// A test whose body is a template over 80 formats takes half a minute to compile. Tests erase the type early instead:
// `rows_of<Row>(list)` makes a vector of Row::of<F>(name), a struct of function pointers on raw codes, and the body is an
// ordinary function of a Row.

#include <cstddef>
#include <string_view>
#include <tuple>
#include <vector>

#include <lowp/format.hpp>

namespace lowp_test {

template <class F>
struct named_format {
  using type = F;
  std::string_view name;
};

/// Floating-point formats of at most 8 bits.
inline constexpr std::tuple narrow_minifloats{
    named_format<lowp::e5m2>{"e5m2"},         named_format<lowp::e4m3fn>{"e4m3fn"},
    named_format<lowp::e4m3>{"e4m3"},         named_format<lowp::e3m4>{"e3m4"},
    named_format<lowp::e3m4fn>{"e3m4fn"},     named_format<lowp::e5m2fnuz>{"e5m2fnuz"},
    named_format<lowp::e4m3fnuz>{"e4m3fnuz"}, named_format<lowp::e4m3b11fnuz>{"e4m3b11fnuz"},
    named_format<lowp::e8m0fnu>{"e8m0fnu"},   named_format<lowp::ue4m3>{"ue4m3"},
    named_format<lowp::ue5m3>{"ue5m3"},       named_format<lowp::e3m2fn>{"e3m2fn"},
    named_format<lowp::e2m3fn>{"e2m3fn"},     named_format<lowp::e2m1fn>{"e2m1fn"},
    named_format<lowp::e3m0fn>{"e3m0fn"},
};

inline constexpr std::tuple wide_minifloats{
    named_format<lowp::bfloat16>{"bfloat16"},
    named_format<lowp::float16>{"float16"},
};

inline constexpr std::tuple integers{
    named_format<lowp::int8>{"int8"},   named_format<lowp::int7>{"int7"},   named_format<lowp::int6>{"int6"},
    named_format<lowp::int5>{"int5"},   named_format<lowp::int4>{"int4"},   named_format<lowp::int3>{"int3"},
    named_format<lowp::int2>{"int2"},   named_format<lowp::uint8>{"uint8"}, named_format<lowp::uint7>{"uint7"},
    named_format<lowp::uint6>{"uint6"}, named_format<lowp::uint5>{"uint5"}, named_format<lowp::uint4>{"uint4"},
    named_format<lowp::uint3>{"uint3"}, named_format<lowp::uint2>{"uint2"}, named_format<lowp::uint1>{"uint1"},
};

inline constexpr std::tuple codebooks{
    named_format<lowp::nf4>{"nf4"},
    named_format<lowp::af4>{"af4"},
    named_format<lowp::bnb_fp4>{"bnb_fp4"},
};

/// Some P3109 formats of every kind: both ends of the precision, signed and unsigned, extended and finite, 3 to 16 bits.
inline constexpr std::tuple p3109_formats{
    named_format<lowp::p3109::binary8p1se>{"binary8p1se"},   named_format<lowp::p3109::binary8p1sf>{"binary8p1sf"},
    named_format<lowp::p3109::binary8p2se>{"binary8p2se"},   named_format<lowp::p3109::binary8p3se>{"binary8p3se"},
    named_format<lowp::p3109::binary8p3sf>{"binary8p3sf"},   named_format<lowp::p3109::binary8p4se>{"binary8p4se"},
    named_format<lowp::p3109::binary8p4sf>{"binary8p4sf"},   named_format<lowp::p3109::binary8p6sf>{"binary8p6sf"},
    named_format<lowp::p3109::binary8p7se>{"binary8p7se"},   named_format<lowp::p3109::binary8p1ue>{"binary8p1ue"},
    named_format<lowp::p3109::binary8p1uf>{"binary8p1uf"},   named_format<lowp::p3109::binary8p2uf>{"binary8p2uf"},
    named_format<lowp::p3109::binary8p4ue>{"binary8p4ue"},   named_format<lowp::p3109::binary8p5uf>{"binary8p5uf"},
    named_format<lowp::p3109::binary8p8ue>{"binary8p8ue"},   named_format<lowp::p3109::binary8p8uf>{"binary8p8uf"},
    named_format<lowp::p3109::binary3p1se>{"binary3p1se"},   named_format<lowp::p3109::binary3p2sf>{"binary3p2sf"},
    named_format<lowp::p3109::binary3p1ue>{"binary3p1ue"},   named_format<lowp::p3109::binary3p3uf>{"binary3p3uf"},
    named_format<lowp::p3109::binary4p2sf>{"binary4p2sf"},   named_format<lowp::p3109::binary4p4ue>{"binary4p4ue"},
    named_format<lowp::p3109::binary5p1se>{"binary5p1se"},   named_format<lowp::p3109::binary6p3sf>{"binary6p3sf"},
    named_format<lowp::p3109::binary6p4ue>{"binary6p4ue"},   named_format<lowp::p3109::binary7p7uf>{"binary7p7uf"},
    named_format<lowp::p3109::binary10p4se>{"binary10p4se"}, named_format<lowp::p3109::binary12p6uf>{"binary12p6uf"},
    named_format<lowp::p3109::binary16p8se>{"binary16p8se"}, named_format<lowp::p3109::binary16p11sf>{"binary16p11sf"},
};

inline constexpr auto minifloats = std::tuple_cat(narrow_minifloats, wide_minifloats);
inline constexpr auto all_minifloats = std::tuple_cat(minifloats, p3109_formats);
inline constexpr auto catalogue = std::tuple_cat(minifloats, integers, codebooks);
inline constexpr auto all_formats = std::tuple_cat(catalogue, p3109_formats);

template <class List, class Function>
constexpr void for_each_format(List const& list, Function&& function) {
  std::apply([&](auto const&... format) { (function(format), ...); }, list);
}

/// Row::of<F>(name) for every format of the list.
///
/// Called through a table: inlined into one function, 80 of them cost a sanitizer build minutes.
template <class Row, class... F>
std::vector<Row> rows_of(std::tuple<named_format<F>...> const& list) {
  using maker = Row (*)(std::string_view);
  maker const volatile makers[] = {&Row::template of<F>...};
  std::string_view const names[] = {std::get<named_format<F>>(list).name...};
  std::vector<Row> rows;
  for (std::size_t i = 0; i < sizeof...(F); ++i) {
    maker const make = makers[i];
    rows.push_back(make(names[i]));
  }
  return rows;
}

}  // namespace lowp_test
