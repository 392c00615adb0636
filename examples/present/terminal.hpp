// SPDX-License-Identifier: Apache-2.0
//
// What the terminal can show, and the progress bar.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace present {

/// Kinds of text that a terminal may colour.
enum class look { plain, heading, winner, faint, warning, integer, floating };

enum class color_choice { automatic, always, never };

/// What standard output can show.
struct terminal {
  std::size_t width = 80;
  enum class colors { none, ansi } color = colors::none;
  enum class characters { ascii, utf8 } charset = characters::ascii;

  /// Colour only where standard output is a terminal and NO_COLOR is not set; the width from COLUMNS, else from the
  /// terminal, else 80; UTF-8 where the locale's name says so.
  static terminal of_stdout(color_choice choice);

  /// `text` in the colours of `l`, or as it is.
  std::string paint(std::string_view text, look l) const;
  /// Text broken to the width, in the colours of `l`; the second and later lines begin with `indent`.
  std::string paragraph(std::string_view text, look l, std::string const& indent = {}) const;
  /// A horizontal line.
  std::string rule(std::size_t length) const;
};

/// Columns that UTF-8 text takes, counting each code point as one.
std::size_t display_width(std::string_view text);

/// Text from a file made safe for a terminal: control characters become '?', and what is longer than `most` columns
/// loses its middle.
std::string shown(std::string_view text, std::size_t most);

/// Lines of at most `width` columns, broken at spaces; the second and later ones begin with `indent`.
std::string wrapped(std::string_view text, std::size_t width, std::string const& indent = {});

/// A bar on standard error for work that takes long; silent where that is no terminal. Any thread may call `advance`.
class progress {
 public:
  /// `total` units of work, in whatever unit `advance` counts.
  progress(std::string what, double total);
  ~progress();
  progress(progress const&) = delete;
  progress& operator=(progress const&) = delete;

  void advance(double units);

 private:
  using clock = std::chrono::steady_clock;

  void draw(clock::time_point now);

  std::string what_;
  double total_;
  double done_ = 0;
  bool visible_;
  bool drawn_ = false;
  terminal looks_;
  clock::time_point start_;
  clock::time_point last_;
  std::mutex mutex_;
};

}  // namespace present
