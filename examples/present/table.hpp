// SPDX-License-Identifier: Apache-2.0
//
// Aligned columns that break to the width of the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "terminal.hpp"

namespace present {

struct entry {
  std::string text = {};
  look style = look::plain;
};

/// Rows of text in columns.
///
/// Meaning   The first columns are labels. The others come in groups (neighbours with the same group name), which share
///           a heading. Where the groups do not all fit the terminal, the table is printed in several parts, each with
///           the labels and as many whole groups as fit, about equally many in each part.
class table {
 public:
  enum class side { left, right };
  struct column {
    std::string group = {};
    std::string heading = {};
    side align = side::right;
  };

  table(std::vector<column> labels, std::vector<column> columns);

  /// One entry a column, labels first.
  void add_row(std::vector<entry> cells);
  /// A heading of its own line, over the rows that follow.
  void add_section(std::string title);

  std::string text(terminal const& t) const;

 private:
  struct row {
    std::vector<entry> cells;
    std::string section;
  };
  struct part {  // columns [begin, end) of columns_
    std::size_t begin;
    std::size_t end;
  };

  std::vector<std::size_t> widths() const;
  std::vector<part> groups() const;
  std::vector<part> parts(std::vector<std::size_t> const& width, std::size_t available) const;
  std::size_t gap_before(std::size_t index) const;
  std::size_t width_of(part p, std::vector<std::size_t> const& width) const;
  std::vector<std::size_t> shown_columns(part p) const;
  std::string group_line(part p, std::vector<std::size_t> const& width, terminal const& t) const;
  std::string line(std::vector<entry> const& cells, part p, std::vector<std::size_t> const& width,
                   terminal const& t) const;
  std::string part_text(part p, std::vector<std::size_t> const& width, terminal const& t) const;

  std::size_t labels_;
  std::vector<column> columns_;  // labels first
  std::vector<row> rows_;
};

}  // namespace present
