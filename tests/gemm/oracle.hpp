// SPDX-License-Identifier: Apache-2.0
//
// The matrix product of DESIGN section 6 once more, from its words, sharing no arithmetic with the library: sums of
// products in 128-bit integers, fma by an error-free sum in double and rounding to odd.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include <lowp/gemm.hpp>

namespace gemm_test {

__extension__ typedef __int128 wide;

/// Round to nearest even of a double that was rounded to odd: binary32 once, subnormals included.
inline float to_float(double x) { return static_cast<float>(x); }

/// x + y as a double rounded to odd: exact if that is possible, else the neighbour with an odd last bit.
inline double add_to_odd(double x, double y) {
  double const sum = x + y;
  double const back = sum - x;
  double const error = (x - (sum - back)) + (y - back);
  if (error == 0 || !std::isfinite(sum)) {
    return sum;
  }
  auto bits = std::bit_cast<std::uint64_t>(sum);
  if ((bits & 1U) == 0) {
    bool const outwards = (error > 0) == (sum > 0);
    bits = outwards ? bits + 1 : bits - 1;
  }
  return std::bit_cast<double>(bits);
}

/// fma in float: the product of two floats is exact in double.
inline float fused(float a, float b, float c) {
  return to_float(add_to_odd(static_cast<double>(a) * static_cast<double>(b), static_cast<double>(c)));
}
inline float times(float a, float b) { return to_float(static_cast<double>(a) * static_cast<double>(b)); }
inline float plus(float a, float b) { return to_float(add_to_odd(static_cast<double>(a), static_cast<double>(b))); }

/// value * 2^quantum, rounded once.
inline float round_wide(wide value, int quantum) {
  bool const negative = value < 0;
  wide rest = negative ? -value : value;
  bool sticky = false;
  while (rest >= (wide{1} << 60)) {  // leave room for rounding to odd in a double
    sticky = sticky || (rest & 1) != 0;
    rest >>= 1;
    ++quantum;
  }
  while (rest >= (wide{1} << 52)) {
    sticky = sticky || (rest & 1) != 0;
    rest >>= 1;
    ++quantum;
  }
  auto bits = static_cast<std::uint64_t>(rest) * 2 + (sticky ? 1U : 0U);
  double const x = std::ldexp(static_cast<double>(bits), quantum - 1);
  return to_float(negative ? -x : x);
}

/// An operand spelled out: values without scales, and the scale of every element.
struct operand {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> values;
  std::vector<float> scales;  ///< of each element; 1 where there is none
  std::vector<int> group;     ///< of each k: which group's scale
  bool scale_inside = false;  ///< enters the sum; otherwise multiplies it afterwards
  bool integers = false;      ///< int, or twice E2M1
  float value(std::size_t i, std::size_t k) const { return values[i * cols + k]; }
  float scale(std::size_t i, std::size_t k) const { return scales[i * cols + k]; }
};

template <class G>
struct is_group : std::false_type {};
template <std::size_t N>
struct is_group<lowp::per_group<N>> : std::true_type {};
template <std::size_t R, std::size_t C>
struct is_group<lowp::per_block<R, C>> : std::true_type {};

template <class F>
constexpr bool counts_as_integer() {
  return lowp::IntegerFormat<F> || std::is_same_v<F, lowp::e2m1fn> || std::is_same_v<F, lowp::e2m3fn> ||
         std::is_same_v<F, lowp::e3m0fn>;
}

enum class side { activations, weights };

template <class S>
operand spell_out(lowp::quantized_matrix<S> const& q, side where) {
  operand o;
  o.rows = q.rows();
  o.cols = q.cols();
  std::size_t const block = q.block().cols;
  bool const groups = is_group<typename S::granularity>::value;
  bool const tensor = std::is_same_v<typename S::granularity, lowp::per_tensor>;
  o.scale_inside = where == side::weights ? !tensor : groups;
  o.integers = counts_as_integer<typename S::element>();
  for (std::size_t i = 0; i < o.rows; ++i) {
    for (std::size_t k = 0; k < o.cols; ++k) {
      o.values.push_back(static_cast<float>(q.code(i, k)));
      o.scales.push_back(static_cast<float>(q.scale(i, k)));
    }
  }
  for (std::size_t k = 0; k < o.cols; ++k) {
    o.group.push_back(static_cast<int>(k / block));
  }
  return o;
}

template <class T>
operand spell_out(lowp::matrix_view<T const> x, side) {
  operand o;
  o.rows = x.rows();
  o.cols = x.cols();
  o.scales.assign(o.rows * o.cols, 1.0F);
  o.group.assign(o.cols, 0);
  for (std::size_t i = 0; i < o.rows; ++i) {
    for (std::size_t k = 0; k < o.cols; ++k) {
      o.values.push_back(static_cast<float>(x(i, k)));
    }
  }
  if constexpr (!std::is_same_v<T, float>) {
    o.integers = counts_as_integer<T>();
  }
  return o;
}

inline float canonical(float x) { return std::isnan(x) ? std::bit_cast<float>(0x7fc00000U) : x; }

/// The sum of a segment's products, exact: its elements are multiples of 2^-60 after scaling by their own least exponent.
inline float exact_dot(std::function<float(std::size_t)> const& a, std::function<float(std::size_t)> const& w,
                       std::size_t count) {
  auto const least = [count](auto const& x) {
    int lowest = 200;
    for (std::size_t i = 0; i < count; ++i) {
      if (x(i) != 0.0F) {
        int exponent = 0;
        float const mantissa = std::frexp(x(i), &exponent);
        auto const m = static_cast<std::int32_t>(std::ldexp(mantissa, 24));
        lowest = std::min(lowest, exponent - 24 + std::countr_zero(static_cast<std::uint32_t>(m)));
      }
    }
    return lowest;
  };
  int const qa = least(a);
  int const qw = least(w);
  wide sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (a(i) != 0.0F && w(i) != 0.0F) {
      sum += static_cast<wide>(std::ldexp(static_cast<double>(a(i)), -qa)) *
             static_cast<wide>(std::ldexp(static_cast<double>(w(i)), -qw));
    }
  }
  return sum == 0 ? 0.0F : round_wide(sum, qa + qw);
}

/// y[i][j] before beta and epilogues.
inline float element(operand const& x, operand const& w, std::size_t i, std::size_t j, bool exact) {
  exact = exact || (x.integers && w.integers);
  float acc = 0.0F;
  for (std::size_t begin = 0; begin < x.cols;) {
    std::size_t end = begin + 1;
    while (end < x.cols && (!x.scale_inside || x.group[end] == x.group[begin]) && w.group[end] == w.group[begin]) {
      ++end;
    }
    bool finite = true;
    for (std::size_t k = begin; k < end; ++k) {
      finite = finite && std::isfinite(x.value(i, k)) && std::isfinite(w.value(j, k));
    }
    float dot = 0.0F;
    if (exact && finite) {
      dot = exact_dot([&](std::size_t k) { return x.value(i, begin + k); },
                      [&](std::size_t k) { return w.value(j, begin + k); }, end - begin);
    } else {
      for (std::size_t k = begin; k < end; k += 2) {
        bool const pair = k + 1 < end;
        dot = fused(pair ? x.value(i, k + 1) : 0.0F, pair ? w.value(j, k + 1) : 0.0F, dot);
        dot = fused(x.value(i, k), w.value(j, k), dot);
      }
    }
    if (x.scale_inside) {
      dot = times(dot, x.scale(i, begin));
    }
    acc = fused(dot, w.scale_inside ? w.scale(j, begin) : 1.0F, acc);
    begin = end;
  }
  if (!x.scale_inside && x.cols != 0) {
    acc = times(acc, x.scale(i, 0));
  }
  if (!w.scale_inside && w.cols != 0) {
    acc = times(acc, w.scale(j, 0));
  }
  return canonical(acc);
}

inline std::vector<float> multiply(operand const& x, operand const& w, bool exact) {
  std::vector<float> y;
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < w.rows; ++j) {
      y.push_back(element(x, w, i, j, exact));
    }
  }
  return y;
}

/// Rows of several kinds in turn: Gaussian, heavy-tailed, tiny, large, mostly zeros.
inline std::vector<float> rows_of_numbers(std::size_t rows, std::size_t cols, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(rows * cols);
  for (std::size_t i = 0; i < x.size(); ++i) {
    float const g = normal(random);
    std::size_t const kind = i / (cols == 0 ? 1 : cols) % 5;
    x[i] = kind == 0   ? g
           : kind == 1 ? g * g * g * 3
           : kind == 2 ? g * 0x1p-20F
           : kind == 3 ? g * 1000
                       : (random() % 4 == 0 ? g : 0.0F);
  }
  return x;
}

inline bool same_bits(std::vector<float> const& a, std::vector<float> const& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) {
      return false;
    }
  }
  return a.size() == b.size();
}

/// Calls f() under each ISA of the list that this CPU has, portable included; lowp::isa_name() tells which.
inline void under_each_isa(std::function<void()> const& f) {
  auto const availability = []<class... Tags>(lowp::isa::tag_list<Tags...>) {
    return std::vector<bool>{Tags::available()...};
  };
  std::vector<bool> const available = availability(lowp::isa::list{});
  for (std::size_t i = 0; i < available.size(); ++i) {
    if (available[i]) {
      lowp::isa_pin const pin(i);
      f();
    }
  }
}

}  // namespace gemm_test
