// SPDX-License-Identifier: Apache-2.0
#include "svg.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "present/numbers.hpp"

namespace lab {

namespace {

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + coordinate(value) + "\"";
}

std::string style_class(std::string_view css) { return css.empty() ? "" : " class=\"" + std::string(css) + "\""; }

/// 10 to the n with the digits of its exponent raised: "10\u207b\u00b3".
std::string power_of_ten(int n) {
  static constexpr char const* raised[] = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                           "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  if (n == 0) {
    return "1";
  }
  std::string out = n < 0 ? "10\u207b" : "10";
  for (char const digit : std::to_string(std::abs(n))) {
    out += raised[digit - '0'];
  }
  return out;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += byte < 0x20U || byte == 0x7fU ? '?' : c;
    }
  }
  return out;
}

std::string coordinate(double x) {
  std::string out = present::fixed(x, 2);
  while (out.find('.') != std::string::npos && (out.back() == '0' || out.back() == '.')) {
    bool const point = out.back() == '.';
    out.pop_back();
    if (point) {
      break;
    }
  }
  return out == "-0" ? "0" : out;
}

svg::svg(double width, double height, std::string label)
    : out_("<svg viewBox=\"0 0 " + coordinate(width) + " " + coordinate(height) +
           "\" role=\"img\" style=\"--w:" + coordinate(width) + "px\" aria-label=\"" + escaped(label) + "\">\n") {}

void svg::close(std::string const& element, std::string_view title) {
  out_ += title.empty() ? "/>\n" : "><title>" + escaped(title) + "</title></" + element + ">\n";
}

svg& svg::line(double x1, double y1, double x2, double y2, std::string_view css) {
  out_ += "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) + attribute("y2", y2) +
          style_class(css) + "/>\n";
  return *this;
}

svg& svg::rectangle(double x, double y, double width, double height, std::string_view css, std::string_view title,
                    double opacity) {
  out_ += "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", width) + attribute("height", height) +
          style_class(css) + (opacity < 1 ? attribute("fill-opacity", opacity) : "");
  close("rect", title);
  return *this;
}

svg& svg::circle(double x, double y, double radius, std::string_view css, std::string_view title) {
  out_ += "<circle" + attribute("cx", x) + attribute("cy", y) + attribute("r", radius) + style_class(css);
  close("circle", title);
  return *this;
}

svg& svg::diamond(double x, double y, double radius, std::string_view css, std::string_view title) {
  out_ += "<path d=\"M" + coordinate(x) + " " + coordinate(y - radius) + "L" + coordinate(x + radius) + " " +
          coordinate(y) + "L" + coordinate(x) + " " + coordinate(y + radius) + "L" + coordinate(x - radius) + " " +
          coordinate(y) + "Z\"" + style_class(css);
  close("path", title);
  return *this;
}

svg& svg::path(std::vector<std::pair<double, double>> const& points, std::string_view css) {
  out_ += "<path d=\"";
  for (std::size_t i = 0; i < points.size(); ++i) {
    out_ += (i == 0 ? "M" : "L") + coordinate(points[i].first) + " " + coordinate(points[i].second);
  }
  out_ += "\"" + style_class(css) + "/>\n";
  return *this;
}

svg& svg::text(double x, double y, std::string_view words, anchor at, std::string_view css, double degrees) {
  char const* const side = at == anchor::start ? "start" : at == anchor::middle ? "middle" : "end";
  out_ += "<text" + attribute("x", x) + attribute("y", y) + " text-anchor=\"" + side + "\"" + style_class(css);
  if (degrees != 0) {
    out_ += " transform=\"rotate(" + coordinate(degrees) + " " + coordinate(x) + " " + coordinate(y) + ")\"";
  }
  out_ += ">" + escaped(words) + "</text>\n";
  return *this;
}

std::string svg::finished() const { return out_ + "</svg>\n"; }

axis axis::linear(double low, double high) {
  axis a;
  double const span = std::max(high - low, 1e-9);
  // A step of 1, 2 or 5 times a power of ten that gives at most eight ticks.
  double step = std::pow(10.0, std::floor(std::log10(span / 8)));
  for (double const factor : {2.0, 2.5, 2.0}) {
    if (span / step > 8) {
      step *= factor;
    }
  }
  a.low_ = std::floor(low / step) * step;
  a.high_ = std::ceil(high / step) * step;
  for (double v = a.low_; v <= a.high_ + step / 2; v += step) {
    double const value = std::fabs(v) < step / 1000 ? 0 : v;
    a.ticks_.push_back({value, present::compact(value)});
  }
  return a;
}

axis axis::logarithmic(double low, double high) {
  axis a;
  a.scale_ = scale::logarithmic;
  double const from = std::log10(low);
  double const to = std::log10(high);
  bool const narrow = to - from < 1.7;
  if (!narrow) {
    double const margin = (to - from) * 0.06;
    a.low_ = from - margin;
    a.high_ = to + margin;
    int const every = a.high_ - a.low_ > 8 ? 2 : 1;
    for (int n = static_cast<int>(std::ceil(a.low_)); n <= static_cast<int>(std::floor(a.high_)); n += every) {
      a.ticks_.push_back({std::pow(10.0, n), power_of_ten(n)});
    }
    return a;
  }
  double const margin = std::max(0.08, (to - from) * 0.06);
  a.low_ = from - margin;
  a.high_ = to + margin;
  for (int n = static_cast<int>(std::floor(a.low_)); n <= static_cast<int>(std::ceil(a.high_)); ++n) {
    for (int const digit : {1, 2, 5}) {
      double const value = digit * std::pow(10.0, n);
      if (std::log10(value) >= a.low_ && std::log10(value) <= a.high_) {
        bool const plain = n >= -3 && n <= 3;
        a.ticks_.push_back({value, plain        ? present::compact(value)
                                   : digit == 1 ? power_of_ten(n)
                                                : std::to_string(digit) + "\u00b7" + power_of_ten(n)});
      }
    }
  }
  return a;
}

double axis::place(double value) const {
  double const v = scale_ == scale::linear ? value : value > 0 ? std::log10(value) : low_;
  return std::clamp((v - low_) / (high_ - low_), 0.0, 1.0);
}

}  // namespace lab
