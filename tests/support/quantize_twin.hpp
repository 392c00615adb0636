// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bridge from the reference for quantize to the library: the library's run-time scheme for the oracle's, and the
// comparison of what both make of a matrix.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/oracle_twin.hpp"
#include "support/quantize_oracle.hpp"

namespace quantize_oracle {

/// The library's description of an oracle's format, made once.
inline lowp::any_format const& twin_format(oracle::format const& f) {
  static std::map<std::string, lowp::any_format> made;
  auto const found = made.find(f.name);
  return found != made.end() ? found->second : made.emplace(f.name, oracle::twin(f)).first->second;
}

inline lowp::any_scheme twin(scheme const& s) {
  lowp::any_scheme t{
      twin_format(s.element), {s.block_rows, s.block_cols}, {}, oracle::twin(s.rounding), oracle::twin(s.overflow)};
  if (s.scale != rule::absmax) {
    using kind = lowp::scale::pow2::any::kind;
    t.scale.which = lowp::any_scale::kind::power_of_two;
    t.scale.rule.which = s.scale == rule::floor  ? kind::floor
                         : s.scale == rule::ceil ? kind::ceil
                         : s.scale == rule::even ? kind::even
                                                 : kind::rceil;
  }
  if (s.stored) {
    t.scale.stored = twin_format(*s.stored);
  }
  if (s.random) {
    t.rounding.which = lowp::rounding::any::kind::stochastic_philox;
    t.rounding.bits = s.random->bits;
    t.rounding.seed = s.random->seed;
  }
  return t;
}

inline lowp::matrix_view<float const> view_of(matrix const& x) { return {x.data.data(), x.rows, x.cols, x.stride}; }

/// What the library made of a matrix, as plain numbers.
struct produced {
  std::optional<lowp::error> failure{};
  std::size_t block_rows = 0;
  std::size_t block_cols = 0;
  std::vector<code> codes{};
  std::vector<code> scales{};
  std::vector<std::uint32_t> values{};
};

inline std::vector<std::uint32_t> bits_of(std::vector<float> const& values) {
  std::vector<std::uint32_t> bits;
  bits.reserve(values.size());
  for (float const& v : values) {
    bits.push_back(std::bit_cast<std::uint32_t>(v));
  }
  return bits;
}

template <lowp::NanPolicy Nan>
produced run(lowp::any_scheme const& s, lowp::matrix_view<float const> x, Nan nan) {
  produced out;
  try {
    lowp::any_quantized_matrix const q = lowp::quantize(s, x, nan);
    out.block_rows = q.size().block_rows;
    out.block_cols = q.size().block_cols;
    for (std::size_t i = 0; i < q.rows(); ++i) {
      for (std::size_t j = 0; j < q.cols(); ++j) {
        out.codes.push_back(q.code(i, j));
      }
    }
    out.scales = q.scale_codes();
    std::vector<float> values(q.rows() * q.cols());
    lowp::dequantize_into(q, lowp::matrix_view<float>(values.data(), q.rows(), q.cols()));
    out.values = bits_of(values);
  } catch (lowp::error const& e) {
    out.failure = e;
  }
  return out;
}

inline produced run(lowp::any_scheme const& s, lowp::matrix_view<float const> x, on_nan nan) {
  switch (nan) {
    case on_nan::zero:
      return run(s, x, lowp::nan::zero{});
    case on_nan::as_cast:
      return run(s, x, lowp::nan::as_cast{});
    case on_nan::error:
      break;
  }
  return run(s, x, lowp::nan::error{});
}

/// The same for a scheme known at compile time.
template <lowp::Scheme S, lowp::NanPolicy Nan = lowp::nan::error>
produced run(lowp::matrix_view<float const> x, Nan nan = {}, typename S::rounding rounding = {}) {
  produced out;
  try {
    lowp::quantized_matrix<S> const q = lowp::quantize<S>(x, nan, rounding);
    out.block_rows = q.size().block_rows;
    out.block_cols = q.size().block_cols;
    for (std::size_t i = 0; i < q.rows(); ++i) {
      for (std::size_t j = 0; j < q.cols(); ++j) {
        out.codes.push_back(to_bits(q.code(i, j)));
      }
    }
    for (auto const& s : q.scales()) {
      if constexpr (std::same_as<typename S::stored_scale, float>) {
        out.scales.push_back(std::bit_cast<std::uint32_t>(s));
      } else {
        out.scales.push_back(to_bits(s));
      }
    }
    std::vector<float> values(q.rows() * q.cols());
    lowp::dequantize_into(q, lowp::matrix_view<float>(values.data(), q.rows(), q.cols()));
    out.values = bits_of(values);
  } catch (lowp::error const& e) {
    out.failure = e;
  }
  return out;
}

/// An ISA that this CPU has, as a value: a test's body is compiled once, and not once for each ISA.
struct present_isa {
  char const* name;
  std::size_t position;  // in lowp::isa::list
};

inline std::vector<present_isa> present_isas() {
  std::vector<present_isa> found;
  std::size_t position = 0;
  auto const add = [&](char const* name, bool available) {
    if (available) found.push_back({name, position});
    ++position;
  };
  [&]<class... Tags>(lowp::isa::tag_list<Tags...>) { (add(Tags::name, Tags::available()), ...); }(lowp::isa::list{});
  return found;
}

/// Calls f(isa) for each ISA that this CPU has, with that ISA pinned.
template <class Function>
void on_every_isa(Function const& f) {
  for (present_isa const& isa : present_isas()) {
    lowp::isa_pin const pin(isa.position);
    f(isa);
  }
}

/// What differs, in words; empty if nothing does.
inline std::string difference(produced const& got, outcome const& expected) {
  using kind = outcome::kind;
  if (expected.what != kind::done) {
    if (!got.failure) {
      return "an error was expected";
    }
    std::string const where = "(" + std::to_string(expected.row) + ", " + std::to_string(expected.col) + ")";
    std::string const nan = "row " + std::to_string(expected.row) + ", column " + std::to_string(expected.col) + ",";
    std::string const wanted = expected.what == kind::nan_found ? nan : "block " + where;
    std::string const text = got.failure->what();
    std::string const what = expected.what == kind::nan_found         ? "NaN"
                             : expected.what == kind::scale_underflow ? "underflows"
                                                                      : "overflows";
    bool const same = got.failure->code() == lowp::error_code::value && got.failure->argument() == "x" &&
                      got.failure->axis() == 0 && got.failure->index() == expected.row &&
                      text.find(wanted) != std::string::npos && text.find(what) != std::string::npos;
    return same ? "" : "another error: " + text + "; expected " + what + " at " + wanted;
  }
  if (got.failure) {
    return std::string("an error: ") + got.failure->what();
  }
  if (got.block_rows != expected.block_rows || got.block_cols != expected.block_cols) {
    return "the scales have another shape";
  }
  auto const first = [](auto const& a, auto const& b, std::string const& of) -> std::string {
    if (a.size() != b.size()) {
      return of + ": " + std::to_string(a.size()) + " instead of " + std::to_string(b.size());
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i] != b[i]) {
        return of + " " + std::to_string(i) + ": got " + oracle::hexadecimal(a[i]) + ", oracle " +
               oracle::hexadecimal(b[i]);
      }
    }
    return "";
  };
  if (std::string d = first(got.scales, expected.scales, "scale"); !d.empty()) {
    return d;
  }
  if (std::string d = first(got.codes, expected.codes, "code"); !d.empty()) {
    return d;
  }
  return first(got.values, expected.values, "value");
}

}  // namespace quantize_oracle
