// SPDX-License-Identifier: Apache-2.0
#include "terminal.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/ioctl.h>
#include <unistd.h>
#endif

#include "numbers.hpp"
#include "spelling.hpp"

namespace present {

namespace {

enum class stream { out, error };

bool is_terminal([[maybe_unused]] stream s) {
#if defined(__unix__) || defined(__APPLE__)
  return isatty(s == stream::out ? STDOUT_FILENO : STDERR_FILENO) == 1;
#else
  return false;
#endif
}

/// Columns of the terminal behind a stream; 0 where nobody says.
std::size_t columns_of([[maybe_unused]] stream s) {
#if (defined(__unix__) || defined(__APPLE__)) && defined(TIOCGWINSZ)
  winsize size{};
  if (ioctl(s == stream::out ? STDOUT_FILENO : STDERR_FILENO, TIOCGWINSZ, &size) == 0) {
    return size.ws_col;
  }
#endif
  return 0;
}

std::string_view environment(char const* name) {
  char const* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread starts
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::size_t width_of(stream s) {
  std::string_view const text = environment("COLUMNS");
  std::size_t columns = 0;
  auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), columns);
  if (fault != std::errc{} || end != text.data() + text.size()) {
    columns = 0;
  }
  if (columns == 0) {
    columns = columns_of(s);
  }
  return columns == 0 ? 80 : std::clamp<std::size_t>(columns, 40, 400);
}

/// Whether the locale that the environment asks for uses UTF-8 (POSIX: LC_ALL overrides LC_CTYPE overrides LANG).
terminal::characters charset_of_environment() {
  for (char const* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value(environment(name));
    if (!value.empty()) {
      std::transform(value.begin(), value.end(), value.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      bool const utf8 = value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
      return utf8 ? terminal::characters::utf8 : terminal::characters::ascii;
    }
  }
  return terminal::characters::ascii;
}

bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += piece;
  }
  return out;
}

}  // namespace

terminal terminal::of_stdout(color_choice choice) {
  bool const wanted = choice == color_choice::automatic
                          ? is_terminal(stream::out) && environment("NO_COLOR").empty() && environment("TERM") != "dumb"
                          : choice == color_choice::always;
  return {width_of(stream::out), wanted ? colors::ansi : colors::none, charset_of_environment()};
}

std::string terminal::paint(std::string_view text, look l) const {
  if (color == colors::none || l == look::plain || text.empty()) {
    return std::string(text);
  }
  // ECMA-48, 8.3.117 (SGR): 1 bold, 2 faint, 32 green, 33 yellow, 35 magenta, 36 cyan.
  char const* code = "";
  switch (l) {
    case look::plain:
      break;
    case look::heading:
      code = "\x1b[1m";
      break;
    case look::winner:
      code = "\x1b[1;32m";
      break;
    case look::faint:
      code = "\x1b[2m";
      break;
    case look::warning:
      code = "\x1b[33m";
      break;
    case look::integer:
      code = "\x1b[36m";
      break;
    case look::floating:
      code = "\x1b[35m";
      break;
  }
  return code + std::string(text) + "\x1b[0m";
}

std::string terminal::paragraph(std::string_view text, look l, std::string const& indent) const {
  std::string out;
  for (std::string const& line : split(wrapped(text, width, indent), '\n')) {
    out += line.empty() ? "" : paint(line, l) + "\n";
  }
  return out;
}

std::string terminal::rule(std::size_t length) const {
  return charset == characters::utf8 ? repeated("\u2500", length) : std::string(length, '-');
}

std::size_t display_width(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_code_point));
}

std::string shown(std::string_view text, std::size_t most) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F (C2 80 to C2 9F) are control characters, too.
    bool const second_control = byte == 0xc2U && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0U;
    safe += byte < 0x20U || byte == 0x7fU || second_control ? '?' : text[i];
    i += second_control ? 1 : 0;
  }
  std::size_t const width = display_width(safe);
  if (width <= most || most < 5) {
    return safe;
  }
  // Code points [0, head) and [width - tail, width) stay, ".." stands between them.
  std::size_t const tail = (most - 2) / 2;
  std::size_t const head = most - 2 - tail;
  std::string out;
  std::size_t point = 0;
  for (std::size_t i = 0; i < safe.size(); ++i) {
    point += i != 0 && !continues_code_point(safe[i]) ? 1U : 0U;
    if (point < head || point >= width - tail) {
      out += safe[i];
    } else if (point == head && !continues_code_point(safe[i])) {
      out += "..";
    }
  }
  return out;
}

std::string wrapped(std::string_view text, std::size_t width, std::string const& indent) {
  std::string out;
  std::string line;
  bool fresh = true;  // no word on this line yet
  for (std::string const& word : split(text, ' ')) {
    if (!fresh && display_width(line) + 1 + display_width(word) > width) {
      out += line + "\n";
      line = indent;
      fresh = true;
    }
    line += (fresh ? "" : " ") + word;
    fresh = false;
  }
  return out + line + "\n";
}

progress::progress(std::string what, double total)
    : what_(std::move(what)),
      total_(total),
      visible_(is_terminal(stream::error) && environment("TERM") != "dumb"),
      start_(clock::now()),
      last_(start_) {
  looks_ = terminal{width_of(stream::error), terminal::colors::none, charset_of_environment()};
}

progress::~progress() {
  if (drawn_) {
    std::fputs("\r\x1b[K", stderr);  // ECMA-48, 8.3.41 (EL): erase to the end of the line
    std::fflush(stderr);
  }
}

void progress::advance(double units) {
  std::lock_guard const lock(mutex_);
  done_ += units;
  // Short work shows no bar, long work redraws it ten times a second.
  auto const now = clock::now();
  if (visible_ && now - last_ >= std::chrono::milliseconds(100)) {
    last_ = now;
    draw(now);
  }
}

void progress::draw(clock::time_point now) {
  double const share = total_ > 0 ? std::min(done_ / total_, 1.0) : 1.0;
  double const elapsed = std::chrono::duration<double>(now - start_).count();
  std::string const left = share > 0 ? duration(elapsed / share - elapsed) + " left" : "";
  std::string const percent = std::to_string(static_cast<int>(share * 100)) + " %";
  std::size_t const fixed_part = what_.size() + percent.size() + left.size() + 6;
  std::size_t const length = looks_.width > fixed_part ? std::min<std::size_t>(looks_.width - fixed_part, 30) : 0;
  auto const filled = static_cast<std::size_t>(share * static_cast<double>(length));
  bool const utf8 = looks_.charset == terminal::characters::utf8;
  std::string const bar = repeated(utf8 ? "\u2588" : "#", filled) + repeated(utf8 ? "\u2591" : ".", length - filled);
  std::fprintf(stderr, "\r%s %s %s  %s\x1b[K", what_.c_str(), bar.c_str(), percent.c_str(), left.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace present
