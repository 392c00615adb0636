// SPDX-License-Identifier: Apache-2.0
#pragma once

// The reference for quantize and dequantize, written from their definition in integer arithmetic: no rounding mode,
// FTZ/DAZ or compiler flag changes it. It shares no code with the library; casts come from support/oracle.hpp.
//
//  Q1  The scale of a block: s = stored(RN_double(absmax / max)), absmax the greatest finite magnitude of the block, max
//      the greatest value of the element format. A power-of-two rule takes 2^k instead, with k kept in [-126, 127]:
//        floor  floor(log2 absmax) - floor(log2 max)
//        ceil   ceil(log2 absmax) - floor(log2 max)
//        even   floor(log2 of absmax rounded to the element's mantissa bits, first to even) - floor(log2 max); floor for
//               elements without a significand of their own (integers, codebooks)
//        rceil  the least k with 2^k * max >= absmax
//  Q2  What is stored is never below 2^-126; it is rounded to the stored type to nearest even. A scale that this takes
//      to 0 or beyond the type's range is an error.
//  Q3  A block without a nonzero finite element has the scale that the stored type has for 1.
//  Q4  code = cast(RN_float(x / s)); value = RN_float(decode(code) * s).
//  Q5  A NaN becomes the element's NaN; without one: an error that names row and column before anything else is judged,
//      or the code of 0, or what cast gives.
//  Q6  Stochastic rounding of element (i, j): N bits of Philox-4x32-10 at index i * cols + j.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/oracle.hpp"
#include "support/oracle_random.hpp"

namespace quantize_oracle {

using oracle::code;
using oracle::dyadic;
using oracle::number;
using oracle::wide;

// --- rounded arithmetic ------------------------------------------------------------------------------------------

/// significand * 2^exponent, and a little more where `more`: to `precision` bits but in no finer steps than
/// 2^least_quantum, to nearest, ties to even.
inline dyadic round_nearest(wide significand, int exponent, bool more, int precision, int least_quantum) {
  const int length = oracle::bit_length(significand);
  const int drop = std::max(length - precision, least_quantum - exponent);
  if (drop <= 0) {
    if (more) throw std::logic_error("digits were dropped too early");
    return {oracle::sign::plus, significand, exponent};
  }
  if (drop > length) return {};  // below half of the step
  const wide kept = significand >> drop;
  const wide rest = significand - (kept << drop);
  const wide half = wide{1} << (drop - 1);
  const bool up = rest > half || (rest == half && (more || (kept & 1) != 0));
  return {oracle::sign::plus, kept + (up ? 1U : 0U), exponent + drop};
}

inline constexpr int any_quantum = -100'000;  // an exponent that no step ever reaches: an unbounded exponent range

/// |a / b| with `precision` bits; both nonzero with at most 24 significant bits.
inline dyadic divide(const dyadic& a, const dyadic& b, int precision, int least_quantum) {
  // 100 more digits than the dividend has: at least 76 in the quotient.
  const wide dividend = a.significand() << 100;
  const wide quotient = dividend / b.significand();
  const bool more = quotient * b.significand() != dividend;
  return round_nearest(quotient, a.exponent() - b.exponent() - 100, more, precision, least_quantum);
}

/// A float from the magnitude that a rounding left: beyond the greatest float an infinity.
inline number as_float(const dyadic& magnitude, oracle::sign s) {
  if (magnitude.is_zero()) return number::zero(s);
  if (magnitude.floor_log2() > 127) return number::infinity(s);
  return number::finite(s == oracle::sign::minus ? magnitude.negated() : magnitude);
}

/// RN_float(x / s); s finite and positive.
inline number quotient(const number& x, const dyadic& s) {
  if (!x.is_finite() || x.is_zero()) return x;
  return as_float(divide(x.value.magnitude(), s, 24, -149), x.s);
}

/// RN_float(x * s); s finite and positive.
inline number product(const number& x, const dyadic& s) {
  if (!x.is_finite() || x.is_zero()) return x;
  const wide digits = x.value.significand() * s.significand();
  return as_float(round_nearest(digits, x.value.exponent() + s.exponent(), false, 24, -149), x.s);
}

// --- schemes -----------------------------------------------------------------------------------------------------

enum class rule { absmax, floor, ceil, even, rceil };
enum class on_nan { error, zero, as_cast };

struct stochastic {
  std::uint64_t seed = 0;
  int bits = 16;
};

struct scheme {
  oracle::format element;
  std::size_t block_rows = 0;  // 0: the whole axis
  std::size_t block_cols = 0;
  rule scale = rule::absmax;
  std::optional<oracle::format> stored{};  // nothing: float
  oracle::rounding rounding{};
  std::optional<stochastic> random{};  // instead of `rounding`: variant A
  oracle::overflow overflow = oracle::overflow::saturate;
};

/// The encoder of a format, made once.
inline const oracle::encoder& encoder_of(const oracle::format& f) {
  static std::map<std::string, oracle::encoder> made;
  const auto found = made.find(f.name);
  return found != made.end() ? found->second : made.emplace(f.name, oracle::encoder(f)).first->second;
}

inline const oracle::extremes& extremes_of(const oracle::format& f) {
  static std::map<std::string, oracle::extremes> made;
  const auto found = made.find(f.name);
  return found != made.end() ? found->second : made.emplace(f.name, oracle::find_extremes(f)).first->second;
}

/// The exponent of a power-of-two rule, before it is kept in [-126, 127].
inline int power_of_two_exponent(rule r, const dyadic& absmax, const oracle::format& element) {
  const dyadic max = extremes_of(element).max;
  const int down = absmax.floor_log2();
  switch (r) {
    case rule::floor:
      return down - max.floor_log2();
    case rule::ceil:
      return (absmax == dyadic::power_of_two(down) ? down : down + 1) - max.floor_log2();
    case rule::even: {
      const bool plain = !element.is_minifloat();
      const int digits = element.mantissa_bits + 1;
      const dyadic rounded =
          plain ? absmax : round_nearest(absmax.significand(), absmax.exponent(), false, digits, any_quantum);
      return rounded.floor_log2() - max.floor_log2();
    }
    case rule::rceil: {
      int k = down - max.floor_log2() - 2;
      while (max.scaled(k) < absmax) ++k;
      return k;
    }
    case rule::absmax:
      break;
  }
  throw std::logic_error("absmax is not a power of two");
}

struct stored_scale {
  enum class kind { fits, underflow, overflow };
  kind what = kind::fits;
  code bits = 0;  // of the stored type; floats: of the float
  dyadic value{};
};

inline stored_scale store(dyadic ideal, const std::optional<oracle::format>& stored) {
  const dyadic least = dyadic::power_of_two(-126);
  if (ideal < least) ideal = least;
  number kept;
  stored_scale s;
  if (stored) {
    const oracle::encoder& e = encoder_of(*stored);
    if (!e.has_nan() && !e.has_infinity()) throw std::logic_error("this stored type needs its own judge of overflow");
    s.bits = e(number::finite(ideal), oracle::rounding_mode::nearest_even, oracle::overflow::nonsaturating);
    kept = oracle::value(*stored, s.bits);
  } else {
    kept = as_float(round_nearest(ideal.significand(), ideal.exponent(), false, 24, -149), oracle::sign::plus);
    s.bits = static_cast<code>(oracle::write(oracle::binary32, kept));
  }
  s.what = !kept.is_finite() ? stored_scale::kind::overflow
           : kept.is_zero()  ? stored_scale::kind::underflow
                             : stored_scale::kind::fits;
  s.value = kept.value;
  return s;
}

/// The scale of a block whose greatest finite magnitude is `absmax`.
inline stored_scale scale_of(const scheme& s, const dyadic& absmax) {
  if (absmax.is_zero()) return store(dyadic::power_of_two(0), s.stored);
  if (s.scale == rule::absmax) return store(divide(absmax, extremes_of(s.element).max, 53, any_quantum), s.stored);
  const int k = power_of_two_exponent(s.scale, absmax, s.element);
  return store(dyadic::power_of_two(std::clamp(k, -126, 127)), s.stored);
}

// --- matrices ----------------------------------------------------------------------------------------------------

/// A row-major matrix of floats with room between its rows.
struct matrix {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;
  std::vector<float> data{};

  float at(std::size_t i, std::size_t j) const { return data[i * stride + j]; }
};

struct outcome {
  enum class kind { done, nan_found, scale_underflow, scale_overflow };
  kind what = kind::done;
  std::size_t row = 0;  // of the NaN, or of the block whose scale fails
  std::size_t col = 0;
  std::size_t block_rows = 0;  // of the matrix of scales
  std::size_t block_cols = 0;
  std::vector<code> codes{};            // row-major
  std::vector<code> scales{};           // row-major
  std::vector<std::uint32_t> values{};  // bits of the dequantized floats
};

inline outcome quantize(const scheme& s, const matrix& x, on_nan nan = on_nan::error) {
  const oracle::encoder& encode = encoder_of(s.element);
  outcome out;
  const std::size_t height = s.block_rows == 0 ? std::max<std::size_t>(x.rows, 1) : s.block_rows;
  const std::size_t width = s.block_cols == 0 ? std::max<std::size_t>(x.cols, 1) : s.block_cols;
  out.block_rows = (x.rows + height - 1) / height;
  out.block_cols = (x.cols + width - 1) / width;
  // 1. NaN without a home.
  if (!encode.has_nan() && nan == on_nan::error) {
    for (std::size_t i = 0; i < x.rows; ++i) {
      for (std::size_t j = 0; j < x.cols; ++j) {
        if (oracle::number_of(x.at(i, j)).is_nan()) {
          out.what = outcome::kind::nan_found;
          out.row = i;
          out.col = j;
          return out;
        }
      }
    }
  }
  // 2. A scale for each block.
  std::vector<dyadic> scale;
  for (std::size_t bi = 0; bi < out.block_rows; ++bi) {
    for (std::size_t bj = 0; bj < out.block_cols; ++bj) {
      dyadic absmax;
      for (std::size_t i = bi * height; i < std::min(x.rows, (bi + 1) * height); ++i) {
        for (std::size_t j = bj * width; j < std::min(x.cols, (bj + 1) * width); ++j) {
          const number v = oracle::number_of(x.at(i, j));
          if (v.is_finite() && absmax < v.value.magnitude()) absmax = v.value.magnitude();
        }
      }
      const stored_scale found = scale_of(s, absmax);
      if (found.what != stored_scale::kind::fits) {
        out.what = found.what == stored_scale::kind::underflow ? outcome::kind::scale_underflow
                                                               : outcome::kind::scale_overflow;
        out.row = bi;
        out.col = bj;
        return out;
      }
      out.scales.push_back(found.bits);
      scale.push_back(found.value);
    }
  }
  // 3. A code for each element, and its value.
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.cols; ++j) {
      const dyadic& step = scale[i / height * out.block_cols + j / width];
      oracle::rounding r = s.rounding;
      if (s.random) {
        const auto n = static_cast<unsigned>(s.random->bits);
        const std::uint32_t drawn = oracle::random_bits_of(s.random->seed, i * x.cols + j, n);
        r = oracle::rounding::stochastic(oracle::variant::a, s.random->bits, drawn);
      }
      number v = oracle::number_of(x.at(i, j));
      if (v.is_nan() && !encode.has_nan() && nan == on_nan::zero) v = number::zero(oracle::sign::plus);
      out.codes.push_back(v.is_nan() ? encode.nan_code() : encode(quotient(v, step), r, s.overflow));
      const number value = product(oracle::value(s.element, out.codes.back()), step);
      out.values.push_back(static_cast<std::uint32_t>(oracle::write(oracle::binary32, value)));
    }
  }
  return out;
}

// --- inputs ------------------------------------------------------------------------------------------------------

/// A small deterministic generator (splitmix64).
class generator {
 public:
  explicit generator(std::uint64_t seed) : state_(seed) {}
  std::uint32_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return static_cast<std::uint32_t>((z ^ (z >> 31)) >> 32);
  }
  std::size_t below(std::size_t n) { return next() % n; }
  /// A multiple of 2^-23 in [-1, 1).
  float uniform() { return static_cast<float>(static_cast<std::int32_t>(next()) >> 8) * 0x1p-23F; }
  /// The sum of twelve uniforms: variance 4, tails cut at 12.
  float bell() {
    float sum = 0;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  std::uint64_t state_;
};

enum class data { bell, heavy_tail, constant, zero, subnormal, tiny, outlier, infinities, nans, powers, any_bits };
inline constexpr std::array all_data{data::bell,      data::heavy_tail, data::constant, data::zero,
                                     data::subnormal, data::tiny,       data::outlier,  data::infinities,
                                     data::nans,      data::powers,     data::any_bits};

inline std::string describe(data d) {
  constexpr std::array names{"bell",    "heavy_tail", "constant", "zero",   "subnormal", "tiny",
                             "outlier", "infinities", "nans",     "powers", "any_bits"};
  return names[static_cast<std::size_t>(d)];
}

/// A matrix of such values; what lies between its rows would change every result if it were read.
inline matrix make_matrix(data kind, std::size_t rows, std::size_t cols, std::size_t stride, std::uint64_t seed) {
  generator g(seed);
  matrix x{rows, cols, stride, std::vector<float>(rows == 0 ? 0 : rows * stride, 0x1.fffffep127F)};
  const float level = g.uniform();
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < cols; ++j) {
      float v = g.bell();
      switch (kind) {
        case data::bell:
          break;
        case data::heavy_tail:
          v = v / (0x1p-12F + g.uniform() * g.uniform());
          break;
        case data::constant:
          v = level;
          break;
        case data::zero:
          v = g.below(3) == 0 ? -0.0F : 0.0F;
          break;
        case data::subnormal:
          v = std::bit_cast<float>(g.next() & 0x800fffffU);
          break;
        case data::tiny:
          v = std::bit_cast<float>(g.next() & 0x87ffffffU);  // below 2^-111
          break;
        case data::outlier:
          v = i == rows / 2 && j == cols / 2 ? 0x1.9p60F : v;
          break;
        case data::infinities:
          v = g.below(5) == 0 ? std::bit_cast<float>(0x7f800000U | (g.next() & 0x80000000U)) : v;
          break;
        case data::nans:
          v = g.below(5) == 0 ? std::bit_cast<float>(0x7f800001U | (g.next() & 0x807fffffU)) : v;
          break;
        case data::powers:
          v = std::bit_cast<float>((g.next() & 0x80000000U) | static_cast<std::uint32_t>(100 + g.below(50)) << 23);
          break;
        case data::any_bits:
          v = std::bit_cast<float>(g.next());
          break;
      }
      x.data[i * stride + j] = v;
    }
  }
  return x;
}

}  // namespace quantize_oracle
