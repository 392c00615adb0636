// SPDX-License-Identifier: Apache-2.0
//
// Numbers to text: the shortest that reads back as the same number, or every digit of the exact value.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <system_error>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/encode.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/text/decimal.hpp>
#include <lowp/text/natural.hpp>

namespace lowp::inline LOWP_ABI {

/// How much of a number to write: 0.3125 in e4m3fn is "0.3" or "0.3125".
enum class text_form : std::uint8_t {
  shortest,  ///< the fewest digits that read back as the same number in its format
  exact      ///< the number itself, to its last digit
};

/// Characters that are enough for any number of any format in either form (the longest has 120).
inline constexpr std::size_t max_text_size = 128;

namespace detail {

/// The three kinds of text that are not digits, and zero.
constexpr std::to_chars_result write_text(char* first, char* last, bool negative, char const* text) noexcept {
  std::ptrdiff_t length = negative ? 1 : 0;
  for (char const* c = text; *c != '\0'; ++c) {
    ++length;
  }
  if (last - first < length) {
    return {last, std::errc::value_too_large};
  }
  if (negative) {
    *first++ = '-';
  }
  for (; *text != '\0'; ++text) {
    *first++ = *text;
  }
  return {first, std::errc{}};
}

/// Writes `shown`, in fixed notation unless scientific is shorter (what std::to_chars without a format does).
///
/// Meaning  Left of the point digits cost nothing: where fixed notation would fill up with zeros (448 as 450, 96 as 100)
///          it shows the nearest integer in the interval instead; `all` supplies its digits.
/// Requires shown.count != 0 and a decimal exponent of at most two digits.
constexpr std::to_chars_result write_digits(char* first, char* last, bool negative, decimal const& shown,
                                            digits const& all) noexcept {
  decimal plain = shown;
  if (shown.count < shown.point && all.value.point >= 1) {
    all.nearest(all.value.point, plain);
  }
  // 1. Lengths without the sign.   fixed: 0.00ddd, dd.ddd or ddd00      scientific: d.ddde+dd
  int const fixed_length = plain.point <= 0             ? 2 - plain.point + plain.count
                           : plain.point >= plain.count ? plain.point
                                                        : plain.count + 1;
  int const scientific_length = shown.count + (shown.count > 1 ? 1 : 0) + 4;
  bool const fixed = fixed_length <= scientific_length;
  if (last - first < (fixed ? fixed_length : scientific_length) + (negative ? 1 : 0)) {
    return {last, std::errc::value_too_large};
  }
  if (negative) {
    *first++ = '-';
  }

  // 2. Scientific.
  if (!fixed) {
    int const exponent = shown.point - 1;
    int const distance = exponent < 0 ? -exponent : exponent;
    for (int i = 0; i < shown.count; ++i) {
      if (i == 1) {
        *first++ = '.';
      }
      *first++ = shown.digit[i];
    }
    *first++ = 'e';
    *first++ = exponent < 0 ? '-' : '+';
    *first++ = static_cast<char>('0' + distance / 10);
    *first++ = static_cast<char>('0' + distance % 10);
    return {first, std::errc{}};
  }

  // 3. Fixed: the places from the highest (at least the one left of the point) to the lowest.
  for (int place = plain.point < 1 ? plain.point - 1 : 0; place < plain.count || place < plain.point; ++place) {
    // Place i holds digit i; negative ones and those after the last digit are zeros.
    if (place == plain.point) {
      *first++ = '.';
    }
    *first++ = place >= 0 && place < plain.count ? plain.digit[place] : '0';
  }
  return {first, std::errc{}};
}

constexpr std::to_chars_result write_number(char* first, char* last, bool negative, reading_interval const& in,
                                            text_form form) noexcept {
  digits const all(in);
  return write_digits(first, last, negative, form == text_form::shortest ? all.shortest() : all.value, all);
}

/// What reads as the positive finite number of `f` with that magnitude code.
///
/// Meaning  beyond the greatest number one more is imagined in the same spacing, so that its text does not rest on
///          saturation. Below the smallest number of a format without zero everything positive reads as it.
constexpr reading_interval interval_of(float_layout const& f, std::uint32_t magnitude) noexcept {
  std::uint64_t const significand = f.significand_of(magnitude);
  // Quarters of the last place: the midpoint to the number below lies half as far at the start of a binade.
  int const unit = f.exponent_of(magnitude) - 2;
  bool const starts_binade =
      (magnitude & f.mantissa_mask()) == 0 && (magnitude >> f.mantissa_bits) > (f.has_zero() ? 1U : 0U);
  bool const is_lowest = !f.has_zero() && magnitude == 0;
  std::uint64_t const high = 4 * significand + 2;
  std::uint64_t const low = is_lowest ? 0 : 4 * significand - (starts_binade ? 1 : 2);
  auto const reads = [&](std::uint64_t midpoint) {
    return encode(f, exact::scaled(false, midpoint, unit), rounding::nearest_even{}, overflow::nonsaturating{}) ==
           magnitude;
  };
  return {natural(4 * significand), natural(low), natural(high), unit, !is_lowest && reads(low), reads(high)};
}

constexpr std::to_chars_result write_code(char* first, char* last, float_layout const& f, std::uint32_t code,
                                          text_form form) noexcept {
  bool const negative = f.is_negative(code);
  std::uint32_t const magnitude = code & f.magnitude_mask();
  if (f.is_nan(code)) {
    return write_text(first, last, false, "nan");
  }
  if (f.is_infinity(code)) {
    return write_text(first, last, negative, "inf");
  }
  if (f.has_zero() && magnitude == 0) {
    return write_text(first, last, negative, "0");
  }
  return write_number(first, last, negative, interval_of(f, magnitude), form);
}

/// Integers: no text with fewer digits than their own reads as them.
constexpr std::to_chars_result write_code(char* first, char* last, integer_layout const& f, std::uint32_t code,
                                          text_form) noexcept {
  std::int32_t const value = f.value(code);
  auto rest = static_cast<std::uint32_t>(value < 0 ? -value : value);
  char text[12] = {};
  char* begin = text + 11;
  do {
    *--begin = static_cast<char>('0' + rest % 10U);
    rest /= 10U;
  } while (rest != 0);
  return write_text(first, last, value < 0, begin);
}

/// |x| as an integer times a power of two that is at least 2^-149.
struct scaled_float {
  std::uint32_t significand;
  int exponent;

  static constexpr scaled_float from(float x) noexcept {
    std::uint32_t const magnitude = bits_of(x) & ~float_sign;
    std::uint32_t const field = magnitude >> float_mantissa_bits;
    std::uint32_t const fraction = magnitude & low_mask(float_mantissa_bits);
    std::uint32_t const implicit = field != 0 ? std::uint32_t{1} << float_mantissa_bits : 0U;
    return {implicit | fraction, (field != 0 ? static_cast<int>(field) : 1) - float_bias - float_mantissa_bits};
  }
  constexpr natural in_units_of(int unit) const noexcept {
    natural n(significand);
    n.shift_left(exponent - unit);
    return n;
  }
};

/// What reads as the nonzero finite codebook entry `x` among `count` values.
///
/// Meaning  beyond the outermost entry the interval extends as far as on its other side.
template <class Encode>
constexpr reading_interval interval_of(float x, float const* values, std::size_t count,
                                       Encode const& code_of) noexcept {
  // 1. The neighbours, seen from zero through x: inner and outer. Floats compare as integers, whatever DAZ says.
  auto const key = [&](float value) {
    auto const magnitude = static_cast<std::int64_t>(bits_of(value) & ~float_sign);
    return is_negative(value) == is_negative(x) ? magnitude : -magnitude;
  };
  bool has_inner = false;
  bool has_outer = false;
  float inner = x;
  float outer = x;
  for (std::size_t i = 0; i < count; ++i) {
    float const v = values[i];
    if (is_finite(v) && key(v) < key(x) && (!has_inner || key(v) > key(inner))) {
      inner = v;
      has_inner = true;
    }
    if (is_finite(v) && key(v) > key(x) && (!has_outer || key(v) < key(outer))) {
      outer = v;
      has_outer = true;
    }
  }
  // 2. Halves of the smallest of the three last places: a midpoint is the sum of two neighbours.
  int place = scaled_float::from(x).exponent;
  for (float const v : {inner, outer}) {
    place = scaled_float::from(v).exponent < place ? scaled_float::from(v).exponent : place;
  }
  natural const half = scaled_float::from(x).in_units_of(place);
  natural value = half;
  value += half;
  natural low;
  if (has_inner) {
    natural const other = scaled_float::from(inner).in_units_of(place);
    if (key(inner) >= 0) {
      low = half;
      low += other;
    } else if (other < half) {
      low = half;
      low -= other;
    }
  }
  natural high;
  if (has_outer) {
    high = half;
    high += scaled_float::from(outer).in_units_of(place);
  } else {
    high = value;
    high += value;
    high -= low;
  }
  int const unit = place - 1;
  auto const reads = [&](natural const& bound) {
    std::uint32_t const code = code_of(bound.to_exact(is_negative(x), unit, false));
    return !bound.is_zero() && bits_of(values[code]) == bits_of(x);
  };
  return {value, low, high, unit, reads(low), reads(high)};
}

template <class Encode>
constexpr std::to_chars_result write_entry(char* first, char* last, float x, float const* values, std::size_t count,
                                           Encode const& code_of, text_form form) noexcept {
  if (is_nan(x)) {
    return write_text(first, last, false, "nan");
  }
  if (is_infinity(x)) {
    return write_text(first, last, is_negative(x), "inf");
  }
  if ((bits_of(x) & ~float_sign) == 0) {
    return write_text(first, last, is_negative(x), "0");
  }
  return write_number(first, last, is_negative(x), interval_of(x, values, count, code_of), form);
}

}  // namespace detail

/// Writes `x` as decimal text without a terminating zero.
///
/// Meaning  text_form::shortest: the fewest significant digits that from_chars with rounding::nearest_even reads as the
///          same number of this format, whatever the overflow policy; among those the nearest to the value. So e4m3fn
///          0.3125 is "0.3", as std::to_chars writes 0.1F as "0.1". text_form::exact: the value itself, "0.3125".
///          Fixed or scientific notation, whichever is shorter; integers in fixed notation show their own digits (448,
///          though 450 reads as 448 too). Infinities are "inf" and "-inf", every NaN "nan", -0 "-0".
/// Errors   as std::to_chars: errc::value_too_large and ptr == last where the text does not fit; the range then holds
///          unspecified characters. max_text_size characters are always enough.
/// Exact    integer arithmetic only: no rounding mode, locale or FTZ/DAZ changes a character.
/// Cost     about 0.2 us for 8-bit formats, 0.4 us (at most 1 us) for bfloat16, 2 us for a table of 16; no allocation.
template <Format F>
constexpr std::to_chars_result to_chars(char* first, char* last, F x, text_form form = text_form::shortest) noexcept {
  if constexpr (CodebookFormat<F>) {
    constexpr auto code_of = [](exact const& value) {
      return to_bits(detail::encode_to<F>(value, rounding::nearest_even{}, overflow::nonsaturating{}));
    };
    return detail::write_entry(first, last, static_cast<float>(x), F::table::values, F::size, code_of, form);
  } else {
    return detail::write_code(first, last, F::layout, to_bits(x), form);
  }
}

}  // namespace lowp::inline LOWP_ABI
