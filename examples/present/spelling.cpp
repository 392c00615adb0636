// SPDX-License-Identifier: Apache-2.0
#include "spelling.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <numeric>
#include <utility>

namespace present {

namespace {

/// Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment), a row of the
/// table at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), above[j] + 1, row[j - 1] + 1});
      bool const swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      row[j] = swapped ? std::min(row[j], before[j - 2] + 1) : row[j];
    }
  }
  return row[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view given, std::span<std::string const> candidates) {
  std::size_t best = std::max<std::size_t>(1, given.size() / 3) + 1;  // a third of the letters may be wrong
  std::string_view nearest;
  for (std::string const& candidate : candidates) {
    std::size_t const d = distance(given, candidate);
    if (d < best) {
      best = d;
      nearest = candidate;
    }
  }
  return nearest.empty() ? "" : "; did you mean '" + std::string(nearest) + "'?";
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  while (true) {
    std::size_t const end = text.find(separator);
    pieces.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return pieces;
    }
    text.remove_prefix(end + 1);
  }
}

std::string joined(std::span<std::string const> words) {
  std::string out;
  for (std::string const& word : words) {
    out += (out.empty() ? "" : ", ") + word;
  }
  return out;
}

std::size_t whole_number(std::string_view text, std::size_t least, std::size_t most, std::string const& what) {
  std::size_t number = 0;
  auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size() || number < least || number > most) {
    throw usage_error(what + ": expected a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                      ", not '" + std::string(text) + "'");
  }
  return number;
}

bool matches(std::string_view pattern, std::string_view text) {
  // Greedy with one point of return: the last '*' takes one character more whenever what follows it fails.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace present
