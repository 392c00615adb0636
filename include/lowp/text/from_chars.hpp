// SPDX-License-Identifier: Apache-2.0
//
// Text to numbers: any number of digits, rounded once.
#pragma once

#include <charconv>
#include <cstdint>
#include <system_error>

#include <lowp/base/config.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/text/natural.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The value of a hexadecimal digit; -1 for another character.
constexpr int digit_value(char c) noexcept {
  char const l = lower(c);
  return is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Behind `word` (lower case) if the text begins with it in either case; else nullptr.
constexpr char const* skip_word(char const* p, char const* last, char const* word) noexcept {
  for (; *word != '\0'; ++word, ++p) {
    if (p == last || lower(*p) != *word) {
      return nullptr;
    }
  }
  return p;
}

/// Reads "e-12" and adds it to `exponent`; nothing where no digit follows. Returns where it stopped.
constexpr char const* read_exponent(char const* p, char const* last, char letter, std::int64_t& exponent) noexcept {
  if (p == last || lower(*p) != letter) {
    return p;
  }
  char const* q = p + 1;
  bool const negative = q != last && *q == '-';
  if (q != last && (*q == '-' || *q == '+')) {
    ++q;
  }
  if (q == last || !is_digit(*q)) {
    return p;
  }
  constexpr std::int64_t plenty = std::int64_t{1} << 56U;  // more than the length of any text can make up for
  std::int64_t value = 0;
  for (; q != last && is_digit(*q); ++q) {
    value = value < plenty ? 10 * value + (*q - '0') : value;
  }
  exponent += negative ? -value : value;
  return q;
}

/// Stand-ins for magnitudes far outside every format and every midpoint of one: all policies treat them alike.
constexpr exact far_beyond(bool negative) noexcept { return exact::scaled(negative, 1, 300); }
constexpr exact next_to_zero(bool negative) noexcept { return exact::scaled(negative, 1, -500); }

/// The digits of a number as far as they matter: the first `limit` significant ones.
class digit_collector {
 public:
  constexpr digit_collector(std::uint32_t base, int limit) noexcept : base_(base), limit_(limit) {}

  /// Reads "12.5": digits of the base with at most one point. Returns where it stopped; nullptr without any digit.
  constexpr char const* read(char const* p, char const* last) noexcept {
    bool any = false;
    bool behind_point = false;
    for (; p != last; ++p) {
      if (*p == '.' && !behind_point) {
        behind_point = true;
        continue;
      }
      int const d = digit_value(*p);
      if (d < 0 || d >= static_cast<int>(base_)) {
        break;
      }
      any = true;
      add(static_cast<std::uint32_t>(d));
      exponent += (behind_point ? -1 : 0) + (dropped_last_ ? 1 : 0);
    }
    number.multiply_add(scale_, chunk_);
    return any ? p : nullptr;
  }

  natural number{};           ///< the digits kept
  int count = 0;              ///< how many, not counting leading zeros
  bool lost = false;          ///< a digit dropped was not 0
  std::int64_t exponent = 0;  ///< of the last digit kept: the value is number * base^exponent, and more where `lost`

 private:
  constexpr void add(std::uint32_t d) noexcept {
    dropped_last_ = count == limit_;
    if (dropped_last_) {
      lost = lost || d != 0;
    } else if (count != 0 || d != 0) {
      ++count;
      chunk_ = chunk_ * base_ + d;
      scale_ *= base_;
      if (scale_ >= 100'000'000U) {  // one more digit of either base still fits 32 bits
        number.multiply_add(scale_, chunk_);
        chunk_ = 0;
        scale_ = 1;
      }
    }
  }

  std::uint32_t base_;
  int limit_;
  std::uint32_t chunk_ = 0;  // digits not yet in `number`, and base^(how many)
  std::uint32_t scale_ = 1;
  bool dropped_last_ = false;
};

/// Reads "1.8p3", what follows 0x. Returns where it stopped; nullptr without any digit.
constexpr char const* read_hexadecimal(char const* p, char const* last, bool negative, exact& out) noexcept {
  digit_collector digits(16, 32);  // 32 digits are at least 125 bits; exact keeps 64 of them
  p = digits.read(p, last);
  if (p == nullptr) {
    return nullptr;
  }
  std::int64_t exponent = 4 * digits.exponent;
  p = read_exponent(p, last, 'p', exponent);
  std::int64_t const width = digits.number.bit_width() + exponent;  // the value lies in [2^(width-1), 2^width)
  if (digits.count == 0) {
    out = exact::make(exact::kind::zero, negative);
  } else if (width > 250) {
    out = far_beyond(negative);
  } else if (width < -250) {
    out = next_to_zero(negative);
  } else {
    out = digits.number.to_exact(negative, static_cast<int>(exponent), digits.lost);
  }
  return p;
}

/// Reads "12.5e-3". Returns where it stopped; nullptr without any digit.
constexpr char const* read_decimal(char const* p, char const* last, bool negative, exact& out) noexcept {
  // 1. As many digits as decide between any two neighbouring 64-bit significands: a value of about 10^-t has its last
  //    place at 2^-(3.33 t + 64), hence at most 64 + 2.33 t digits down to it, which for t = 76 is 241. The rest only
  //    says whether the value is a multiple of that place.
  constexpr int enough = 256;
  digit_collector digits(10, enough);
  p = digits.read(p, last);
  if (p == nullptr) {
    return nullptr;
  }
  p = read_exponent(p, last, 'e', digits.exponent);

  // 2. Zero, and magnitudes beyond [10^-76, 10^61), which holds every format (2^-149 is about 10^-45).
  std::int64_t const place = digits.count + digits.exponent;  // the value lies in [10^(place-1), 10^place)
  if (digits.count == 0) {
    out = exact::make(exact::kind::zero, negative);
    return p;
  }
  if (place > 61 || place < -75) {
    out = place > 0 ? far_beyond(negative) : next_to_zero(negative);
    return p;
  }

  // 3. number * 10^e = number * 5^e * 2^e. For e < 0 the number is first extended by so many bits that the quotient
  //    has 64 and more. (A value with digits lost has 256 of them, hence e < 0.)
  auto const e = static_cast<int>(digits.exponent);
  if (e >= 0) {
    digits.number.multiply_by_power_of_five(e);
    out = digits.number.to_exact(negative, e, false);
    return p;
  }
  int const divisor_width = 7 * -e / 3 + 1;  // 5^k < 2^(7k/3 + 1), as log2(5) is below 7/3
  int const missing = 65 + divisor_width - digits.number.bit_width();
  int const extension = missing > 0 ? missing : 0;
  digits.number.shift_left(extension);
  bool const remainder = digits.number.divide_by_power_of_five(-e);
  out = digits.number.to_exact(negative, e - extension, remainder || digits.lost);
  return p;
}

/// Reads a number of any kind. Returns where it stopped; nullptr where the text does not begin with a number.
constexpr char const* read_number(char const* first, char const* last, exact& out) noexcept {
  bool const negative = first != last && *first == '-';
  char const* const p = first != last && (*first == '-' || *first == '+') ? first + 1 : first;
  if (char const* const end = skip_word(p, last, "inf"); end != nullptr) {
    out = exact::make(exact::kind::infinity, negative);
    char const* const longer = skip_word(end, last, "inity");
    return longer != nullptr ? longer : end;
  }
  if (char const* const end = skip_word(p, last, "nan"); end != nullptr) {
    out = exact::make(exact::kind::nan, negative);
    char const* q = end;  // a payload in parentheses is read and dropped
    if (q != last && *q == '(') {
      ++q;
      while (q != last && (is_digit(*q) || *q == '_' || (lower(*q) >= 'a' && lower(*q) <= 'z'))) {
        ++q;
      }
      return q != last && *q == ')' ? q + 1 : end;
    }
    return end;
  }
  if (char const* const digits = skip_word(p, last, "0x"); digits != nullptr) {
    if (char const* const end = read_hexadecimal(digits, last, negative, out); end != nullptr) {
      return end;
    }
  }
  return read_decimal(p, last, negative, out);
}

}  // namespace detail

/// Reads a number at the start of the text as a number of format F, rounded once from the exact value of the text.
///
/// Meaning  The value is cast under the policies, as cast<F> would cast it; text out of the format's range is therefore
///          the policy's business and no error. The default keeps what to_chars writes: a finite value too large gives
///          +-max, "inf" gives infinity where the format has one, else NaN, else max.
///          Grammar: an optional sign, then one of
///            12  1.25  .5  5.  1.5e-3  1E+20      decimal, any number of digits
///            0x1.8p3  0xff                        hexadecimal significand, decimal exponent of two
///            inf  infinity  nan  nan(123)         letters in either case
///          No white space is skipped. As much is read as makes a number: of "1e+" the "1", of "0x" the "0".
/// Errors   errc::invalid_argument, ptr == first and `out` unchanged where the text does not begin with a number.
///          errc::result_out_of_range is never returned.
/// Exact    correctly rounded for every rounding policy, ties included. Codebooks: as long as neighbouring values differ
///          by less than 2^38 (their midpoints then fit the 64 bits of `exact`).
/// Cost     about 50 ns for a few digits, 2 us for hundreds; a table of 16 adds 1 us. No allocation.
template <Format F, RoundingPolicy Rounding = rounding::nearest_even,
          OverflowPolicy Overflow = overflow::saturate_finite>
constexpr std::from_chars_result from_chars(char const* first, char const* last, F& out, Rounding rounding = {},
                                            Overflow overflow = {}) noexcept {
  exact value;
  char const* const end = detail::read_number(first, last, value);
  if (end == nullptr) {
    return {first, std::errc::invalid_argument};
  }
  out = detail::encode_to<F>(value, rounding, overflow);
  return {end, std::errc{}};
}

}  // namespace lowp::inline LOWP_ABI
