// SPDX-License-Identifier: Apache-2.0
//
// Drawings for a page: text in, <svg> out. Colours are classes of the page's style sheet, so that a drawing is light and dark.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

/// Text as it may stand in HTML and in an attribute.
std::string escaped(std::string_view text);

/// A number for a coordinate: two decimals at most.
std::string coordinate(double x);

enum class anchor { start, middle, end };

/// A drawing of `width` x `height` units, scaled to whatever room it gets.
class svg {
 public:
  svg(double width, double height, std::string label);

  svg& line(double x1, double y1, double x2, double y2, std::string_view css);
  svg& rectangle(double x, double y, double width, double height, std::string_view css, std::string_view title = {},
                 double opacity = 1);
  svg& circle(double x, double y, double radius, std::string_view css, std::string_view title = {});
  svg& diamond(double x, double y, double radius, std::string_view css, std::string_view title = {});
  svg& path(std::vector<std::pair<double, double>> const& points, std::string_view css);
  /// Baseline at y; turned by `degrees` around its anchor.
  svg& text(double x, double y, std::string_view words, anchor at, std::string_view css = {}, double degrees = 0);

  std::string finished() const;

 private:
  void close(std::string const& element, std::string_view title);

  std::string out_;
};

/// Values along an axis, and the places with a label.
class axis {
 public:
  struct tick {
    double value;
    std::string label;
  };

  /// Evenly from `low` to `high`, both widened to round numbers.
  static axis linear(double low, double high);
  /// By powers of ten. Requires 0 < low <= high.
  static axis logarithmic(double low, double high);

  /// From 0 at the low end to 1; what lies beyond is put at the end.
  double place(double value) const;
  std::vector<tick> const& ticks() const { return ticks_; }

 private:
  double low_ = 0;
  double high_ = 1;
  enum class scale { linear, logarithmic } scale_ = scale::linear;
  std::vector<tick> ticks_;
};

}  // namespace lab
