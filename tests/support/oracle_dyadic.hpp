// SPDX-License-Identifier: Apache-2.0
#pragma once

// Exact binary rationals for the oracle, and the bit patterns of binary32 and binary64 read and written by integer
// arithmetic alone. Nothing here depends on the rounding mode, on FTZ/DAZ or on floating-point compiler flags.

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace oracle {

__extension__ typedef unsigned __int128 wide;  // 128 bits hold every significand met here; anything larger throws

enum class sign { plus, minus };

constexpr sign opposite(sign s) { return s == sign::plus ? sign::minus : sign::plus; }

/// Number of bits up to the leading one; 0 for 0.
constexpr int bit_length(wide n) {
  const auto high = static_cast<std::uint64_t>(n >> 64);
  const auto low = static_cast<std::uint64_t>(n);
  return high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(low);
}

/// Number of zero bits below the lowest one; n != 0.
constexpr int trailing_zeros(wide n) {
  const auto low = static_cast<std::uint64_t>(n);
  return low != 0 ? std::countr_zero(low) : 64 + std::countr_zero(static_cast<std::uint64_t>(n >> 64));
}

/// The exact value (-1)^sign * significand * 2^exponent.
///
/// Meaning  the significand is kept odd (zero is +0 * 2^0), so equal values have equal members.
/// Errors   an operation whose exact result needs more than 128 bits throws std::overflow_error: exact or not at all.
class dyadic {
 public:
  constexpr dyadic() = default;
  constexpr dyadic(sign s, wide significand, int exponent) : sign_(s), significand_(significand), exponent_(exponent) {
    if (significand_ == 0) {
      sign_ = sign::plus;
      exponent_ = 0;
      return;
    }
    const int zeros = trailing_zeros(significand_);
    significand_ >>= zeros;
    exponent_ += zeros;
  }

  static constexpr dyadic power_of_two(int exponent) { return {sign::plus, 1, exponent}; }
  static constexpr dyadic integer(std::int64_t n) {
    const auto bits = static_cast<std::uint64_t>(n);
    return n < 0 ? dyadic{sign::minus, std::uint64_t{0} - bits, 0} : dyadic{sign::plus, bits, 0};
  }

  constexpr wide significand() const { return significand_; }
  constexpr int exponent() const { return exponent_; }
  constexpr bool is_zero() const { return significand_ == 0; }
  constexpr bool is_negative() const { return sign_ == sign::minus; }
  constexpr sign get_sign() const { return sign_; }
  /// floor(log2 |x|) for x != 0.
  constexpr int floor_log2() const { return bit_length(significand_) - 1 + exponent_; }

  constexpr dyadic negated() const { return {opposite(sign_), significand_, exponent_}; }
  constexpr dyadic magnitude() const { return {sign::plus, significand_, exponent_}; }
  /// x * 2^k.
  constexpr dyadic scaled(int k) const { return {sign_, significand_, exponent_ + k}; }

  constexpr dyadic times(std::uint64_t n) const {
    if (bit_length(significand_) + bit_length(n) > 128) throw std::overflow_error("dyadic product");
    return {sign_, significand_ * n, exponent_};
  }

  /// |x| as an integer; x must be an integer below 2^64.
  constexpr std::uint64_t as_integer() const {
    if (exponent_ < 0 || bit_length(significand_) + exponent_ > 64) throw std::overflow_error("dyadic as integer");
    return static_cast<std::uint64_t>(significand_ << exponent_);
  }

  friend constexpr dyadic operator+(const dyadic& a, const dyadic& b) {
    if (a.is_zero()) return b;
    if (b.is_zero()) return a;
    const int low = a.exponent_ < b.exponent_ ? a.exponent_ : b.exponent_;
    const wide x = a.aligned_to(low);
    const wide y = b.aligned_to(low);
    if (a.sign_ == b.sign_) return {a.sign_, x + y, low};  // aligned_to leaves the carry bit free
    return x >= y ? dyadic{a.sign_, x - y, low} : dyadic{b.sign_, y - x, low};
  }
  friend constexpr dyadic operator-(const dyadic& a, const dyadic& b) { return a + b.negated(); }

  friend constexpr bool operator==(const dyadic& a, const dyadic& b) {
    return a.sign_ == b.sign_ && a.significand_ == b.significand_ && a.exponent_ == b.exponent_;
  }
  friend constexpr std::strong_ordering operator<=>(const dyadic& a, const dyadic& b) {
    if (a.sign_ != b.sign_) return a.is_negative() ? std::strong_ordering::less : std::strong_ordering::greater;
    return a.is_negative() ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
  }

 private:
  constexpr wide aligned_to(int exponent) const {
    const int shift = exponent_ - exponent;
    if (bit_length(significand_) + shift > 127) throw std::overflow_error("dyadic sum");
    return significand_ << shift;
  }

  static constexpr std::strong_ordering compare_magnitudes(const dyadic& a, const dyadic& b) {
    if (a.is_zero() || b.is_zero()) return bit_length(a.significand_) <=> bit_length(b.significand_);
    // 1. Different leading positions decide.
    if (a.floor_log2() != b.floor_log2()) return a.floor_log2() <=> b.floor_log2();
    // 2. Equal leading positions: write both with the same number of digits and compare those.
    const int length_a = bit_length(a.significand_);
    const int length_b = bit_length(b.significand_);
    const wide x = length_a < length_b ? a.significand_ << (length_b - length_a) : a.significand_;
    const wide y = length_b < length_a ? b.significand_ << (length_a - length_b) : b.significand_;
    if (x == y) return std::strong_ordering::equal;
    return x < y ? std::strong_ordering::less : std::strong_ordering::greater;
  }

  sign sign_ = sign::plus;
  wide significand_ = 0;
  int exponent_ = 0;
};

enum class number_class { finite, infinite, nan };

/// What a code or a float stands for. `value` holds finite numbers only; `s` also tells -0 from +0 and the two infinities.
struct number {
  number_class cls = number_class::finite;
  sign s = sign::plus;
  dyadic value{};

  static constexpr number finite(const dyadic& d) { return {number_class::finite, d.get_sign(), d}; }
  static constexpr number zero(sign s) { return {number_class::finite, s, {}}; }
  static constexpr number infinity(sign s) { return {number_class::infinite, s, {}}; }
  static constexpr number nan() { return {number_class::nan, sign::plus, {}}; }

  constexpr bool is_finite() const { return cls == number_class::finite; }
  constexpr bool is_infinite() const { return cls == number_class::infinite; }
  constexpr bool is_nan() const { return cls == number_class::nan; }
  constexpr bool is_zero() const { return is_finite() && value.is_zero(); }
  constexpr bool is_negative() const { return s == sign::minus; }
  friend constexpr bool operator==(const number&, const number&) = default;
};

/// The layout of an IEEE 754-2019 interchange format: sign, exponent field, fraction field.
struct interchange {
  int exponent_bits;
  int fraction_bits;

  constexpr int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  constexpr int min_quantum() const { return 1 - bias() - fraction_bits; }
  constexpr std::uint64_t infinity() const { return ((std::uint64_t{1} << exponent_bits) - 1) << fraction_bits; }
  constexpr std::uint64_t sign_mask() const { return std::uint64_t{1} << (exponent_bits + fraction_bits); }
};
inline constexpr interchange binary32{8, 23};
inline constexpr interchange binary64{11, 52};

/// The number that the bit pattern stands for (IEEE 754-2019, 3.4).
constexpr number read(const interchange& f, std::uint64_t bits) {
  const sign s = (bits & f.sign_mask()) != 0 ? sign::minus : sign::plus;
  const std::uint64_t magnitude = bits & (f.sign_mask() - 1);
  if (magnitude > f.infinity()) return number::nan();
  if (magnitude == f.infinity()) return number::infinity(s);
  const std::uint64_t fraction = magnitude & ((std::uint64_t{1} << f.fraction_bits) - 1);
  const int field = static_cast<int>(magnitude >> f.fraction_bits);
  const std::uint64_t hidden = field != 0 ? std::uint64_t{1} << f.fraction_bits : 0;
  const int quantum = (field != 0 ? field - 1 : 0) + f.min_quantum();
  return {number_class::finite, s, dyadic{s, hidden + fraction, quantum}};
}

/// Bit pattern of the largest finite value of `f` that is not above |d| (sign bit clear).
constexpr std::uint64_t magnitude_bits_not_above(const interchange& f, const dyadic& d) {
  if (d.is_zero()) return 0;
  // 1. Beyond the largest finite value: that value.
  if (d.floor_log2() > f.bias()) return f.infinity() - 1;
  // 2. The quantum of d's binade, at least the format's smallest.
  const int wanted = d.floor_log2() - f.fraction_bits;
  const int quantum = wanted > f.min_quantum() ? wanted : f.min_quantum();
  // 3. The number of whole quanta. Its hidden bit carries into the exponent field by plain addition.
  const int shift = d.exponent() - quantum;
  std::uint64_t quanta = 0;
  if (shift >= 0) {
    quanta = static_cast<std::uint64_t>(d.significand() << shift);
  } else if (shift > -128) {
    quanta = static_cast<std::uint64_t>(d.significand() >> -shift);
  }
  return (static_cast<std::uint64_t>(quantum - f.min_quantum()) << f.fraction_bits) + quanta;
}

inline number number_of(float x) { return read(binary32, std::bit_cast<std::uint32_t>(x)); }
inline number number_of(double x) { return read(binary64, std::bit_cast<std::uint64_t>(x)); }

/// The bit pattern of `x` in `f`; a NaN gives the quiet NaN without payload. Throws std::domain_error if x is inexact.
constexpr std::uint64_t write(const interchange& f, const number& x) {
  if (x.is_nan()) return f.infinity() | (std::uint64_t{1} << (f.fraction_bits - 1));
  const std::uint64_t sign_part = x.is_negative() ? f.sign_mask() : 0;
  if (x.is_infinite()) return sign_part | f.infinity();
  const std::uint64_t bits = sign_part | magnitude_bits_not_above(f, x.value.magnitude());
  if (read(f, bits).value != x.value) throw std::domain_error("value is not representable");
  return bits;
}

inline float to_float(const number& x) { return std::bit_cast<float>(static_cast<std::uint32_t>(write(binary32, x))); }
inline double to_double(const number& x) { return std::bit_cast<double>(write(binary64, x)); }

}  // namespace oracle
