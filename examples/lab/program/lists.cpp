// SPDX-License-Identifier: Apache-2.0
#include "lists.hpp"

#include <lowp/quant/any_quantize.hpp>
#include <lowp/quant/parse_scheme.hpp>
#include <lowp/text/parse_format.hpp>

#include "present/numbers.hpp"
#include "present/table.hpp"
#include "suites.hpp"

namespace lab {

using namespace present;

namespace {

constexpr auto left = table::side::left;

look color_of(lowp::any_format const& f) {
  return f.is_integer() ? look::integer : f.is_codebook() ? look::plain : look::floating;
}

terminal unbroken(terminal t) {
  t.width = 400;
  return t;
}

}  // namespace

std::string list_of_formats(terminal const& t) {
  table out({{"", "format", left}}, {{"", "bits"},
                                     {"", "max"},
                                     {"", "least normal"},
                                     {"", "least"},
                                     {"", "values"},
                                     {"", "what", left},
                                     {"", "source", left}});
  for (auto const& entry : lowp::catalog()) {
    auto const& f = entry.format.facts();
    out.add_row({{entry.name, color_of(entry.format)},
                 {std::to_string(f.bits)},
                 {compact(f.max)},
                 {compact(f.min_normal)},
                 {compact(f.min_subnormal)},
                 {grouped(static_cast<std::size_t>(f.value_count))},
                 {entry.description},
                 {entry.source, look::faint}});
  }
  return out.text(unbroken(t)) +
         "\nAlso int2 to int8, uint1 to uint8, P3109's binary<K>p<P><s|u><e|f> (binary6p3sf),\n"
         "minifloat:e<E>m<M>[:b<bias>][:<specials>][:u] (minifloat:e3m2:b3:fn), and the names that other libraries "
         "use.\n";
}

std::string list_of_schemes(terminal const& t) {
  table out({{"", "scheme", left}},
            {{"", "bits/weight"}, {"", "max / scale"}, {"", "spelled out", left}, {"", "what, and whose", left}});
  for (auto const& s : lowp::scheme_catalog()) {
    // A matrix of a usual size: scales a row or a tensor count little.
    lowp::any_quantized_matrix const q(s.scheme, 512, 1024);
    out.add_row({{std::string(s.name), color_of(s.scheme.element)},
                 {fixed(q.bits_per_element(), 3)},
                 {compact(s.scheme.element.facts().max)},
                 {lowp::name_of(s.scheme), look::faint},
                 {std::string(s.description)}});
  }
  return out.text(unbroken(t)) +
         "\nBits of a 512 x 1024 matrix, scales and zero points included. Any other scheme is spelled out:\n"
         "  element/granularity[/scale]   int4/g128/bf16, e2m1fn/g16/e4m3fn+f32, uint4/g32/f16:minmax, "
         "int8/row/f32:mse\n"
         "  granularity                   tensor, row (token, channel), column, g<N>, <R>x<C>\n"
         "  scale                         f32, bf16, f16, e8m0 or a format; then :absmax, :floor, :ceil, :even, "
         ":rceil,\n"
         "                                :rfloor, :mse, :mse1, :mse2.4, :p99.9, :deviation, :minmax; +f32 for an "
         "outer one\n";
}

std::string list_of_suites(terminal const& t) {
  table out({{"", "suite", left}}, {{"", "trials"}, {"", "what", left}});
  for (suite const& s : suites()) {
    std::size_t const one = trials_of(s.name, 1).size();
    bool const each_layer = trials_of(s.name, 2).size() != one;
    out.add_row({{s.name}, {std::to_string(one) + (each_layer ? " a layer" : "")}, {s.purpose}});
  }
  return out.text(unbroken(t));
}

}  // namespace lab
