// SPDX-License-Identifier: Apache-2.0
#include "numbers.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace present {

namespace {

/// printf into a string. The C locale stays "C" in this program, so the decimal point is a point.
template <class... Arguments>
std::string printed(char const* format, Arguments... arguments) {
  std::array<char, 400> text{};  // a double has at most 309 digits before its point
  std::snprintf(text.data(), text.size(), format, arguments...);
  return text.data();
}

std::string not_finite(double x) { return std::isnan(x) ? "-" : x > 0 ? "inf" : "-inf"; }

}  // namespace

std::string fixed(double x, int decimals) { return std::isfinite(x) ? printed("%.*f", decimals, x) : not_finite(x); }

std::string signed_fixed(double x, int decimals) {
  return std::isfinite(x) ? printed("%+.*f", decimals, x) : not_finite(x);
}

std::string percent(double share, int decimals) { return fixed(100 * share, decimals); }

std::string two_digits(double x) {
  if (!std::isfinite(x)) {
    return not_finite(x);
  }
  double const size = std::fabs(x);
  if (size == 0 || size >= 1e5 || size < 9.95e-4) {
    return size == 0 ? "0" : printed("%.1e", x);
  }
  // 9.95 is where two digits round up to the next power of ten.
  int decimals = 0;
  for (double bound = 9.95; size < bound && decimals < 4; bound /= 10) {
    ++decimals;
  }
  return printed("%.*f", decimals, x);
}

std::string compact(double x) { return std::isfinite(x) ? printed("%g", x) : not_finite(x); }

std::string grouped(std::size_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3; at -= 3) {
    text.insert(at - 3, 1, ',');
  }
  return text;
}

std::string counted(std::size_t n, std::string const& singular) { return counted(n, singular, singular + "s"); }

std::string counted(std::size_t n, std::string const& singular, std::string const& plural) {
  return grouped(n) + " " + (n == 1 ? singular : plural);
}

std::string duration(double seconds) {
  auto const whole = static_cast<long>(std::ceil(seconds));
  return whole < 60 ? printed("%ld s", whole) : printed("%ld min %02ld s", whole / 60, whole % 60);
}

std::string bytes(std::size_t n) {
  static constexpr std::array<char const*, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (n >= 1024 && n % 1024 == 0 && unit + 1 < units.size()) {
    n /= 1024;
    ++unit;
  }
  return std::to_string(n) + " " + units[unit];
}

}  // namespace present
