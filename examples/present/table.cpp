// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <algorithm>
#include <utility>

namespace present {

namespace {

void trim_right(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

table::table(std::vector<column> labels, std::vector<column> columns)
    : labels_(labels.size()), columns_(std::move(labels)) {
  columns_.insert(columns_.end(), std::make_move_iterator(columns.begin()), std::make_move_iterator(columns.end()));
}

void table::add_row(std::vector<entry> cells) {
  cells.resize(columns_.size());
  rows_.push_back({std::move(cells), {}});
}

void table::add_section(std::string title) { rows_.push_back({{}, std::move(title)}); }

std::string table::text(terminal const& t) const {
  std::vector<std::size_t> const width = widths();
  std::string out;
  for (part const p : parts(width, t.width)) {
    out += out.empty() ? "" : "\n";
    out += part_text(p, width, t);
  }
  return out;
}

std::vector<std::size_t> table::widths() const {
  std::vector<std::size_t> width;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    width.push_back(display_width(columns_[i].heading));
    for (row const& r : rows_) {
      if (r.section.empty()) {
        width[i] = std::max(width[i], display_width(r.cells[i].text));
      }
    }
  }
  // A group's last column takes what its name needs: "- name -".
  for (part const g : groups()) {
    std::size_t inner = 0;
    for (std::size_t i = g.begin; i < g.end; ++i) {
      inner += width[i] + (i == g.begin ? 0 : 1);
    }
    std::string const& name = columns_[g.begin].group;
    std::size_t const wanted = name.empty() ? 0 : display_width(name) + 4;
    width[g.end - 1] += wanted > inner ? wanted - inner : 0;
  }
  return width;
}

std::vector<table::part> table::groups() const {
  std::vector<part> out;
  for (std::size_t i = labels_; i < columns_.size(); ++i) {
    bool const joins = i != labels_ && !columns_[i].group.empty() && columns_[i].group == columns_[i - 1].group;
    if (joins) {
      out.back().end = i + 1;
    } else {
      out.push_back({i, i + 1});
    }
  }
  return out;
}

std::vector<table::part> table::parts(std::vector<std::size_t> const& width, std::size_t available) const {
  std::vector<part> const all = groups();
  if (all.empty()) {
    return {{labels_, labels_}};
  }
  // The least number of parts by filling each, then as many groups in each of them.
  std::size_t count = 1;
  part filling = all.front();
  for (part const g : all) {
    if (g.begin != filling.begin && width_of({filling.begin, g.end}, width) > available) {
      filling = g;
      ++count;
    }
  }
  std::size_t const each = (all.size() + count - 1) / count;
  std::vector<part> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool const fits = i % each != 0 && width_of({out.back().begin, all[i].end}, width) <= available;
    if (fits) {
      out.back().end = all[i].end;
    } else {
      out.push_back(all[i]);
    }
  }
  return out;
}

std::size_t table::gap_before(std::size_t index) const {
  if (index < labels_) {
    return index == 0 ? 0 : 2;
  }
  bool const grouped_column = !columns_[index].group.empty();
  bool const inside = index > labels_ && grouped_column && columns_[index].group == columns_[index - 1].group;
  return inside ? 1 : grouped_column ? 3 : 2;
}

std::vector<std::size_t> table::shown_columns(part p) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < labels_; ++i) {
    out.push_back(i);
  }
  for (std::size_t i = p.begin; i < p.end; ++i) {
    out.push_back(i);
  }
  return out;
}

std::size_t table::width_of(part p, std::vector<std::size_t> const& width) const {
  std::size_t sum = 0;
  for (std::size_t const i : shown_columns(p)) {
    sum += gap_before(i) + width[i];
  }
  return sum;
}

std::string table::group_line(part p, std::vector<std::size_t> const& width, terminal const& t) const {
  std::string out;
  for (std::size_t i = 0; i < labels_; ++i) {
    out += std::string(gap_before(i) + width[i], ' ');
  }
  for (part const g : groups()) {
    if (g.begin < p.begin || g.end > p.end) {
      continue;
    }
    std::size_t inner = 0;
    for (std::size_t i = g.begin; i < g.end; ++i) {
      inner += width[i] + (i == g.begin ? 0 : 1);
    }
    std::string const& name = columns_[g.begin].group;
    out += std::string(gap_before(g.begin), ' ');
    if (name.empty()) {
      out += std::string(inner, ' ');
    } else {
      out += t.rule(1) + " " + t.paint(name, look::heading) + " " + t.rule(inner - display_width(name) - 3);
    }
  }
  trim_right(out);
  return out;
}

std::string table::line(std::vector<entry> const& cells, part p, std::vector<std::size_t> const& width,
                        terminal const& t) const {
  std::string out;
  for (std::size_t const i : shown_columns(p)) {
    std::string const fill(width[i] - display_width(cells[i].text), ' ');
    std::string const painted = t.paint(cells[i].text, cells[i].style);
    out += std::string(gap_before(i), ' ');
    out += columns_[i].align == side::left ? painted + fill : fill + painted;
  }
  trim_right(out);
  return out;
}

std::string table::part_text(part p, std::vector<std::size_t> const& width, terminal const& t) const {
  std::string out;
  std::string const over = group_line(p, width, t);
  out += over.empty() ? "" : over + "\n";
  std::vector<entry> headings;
  for (column const& c : columns_) {
    headings.push_back({c.heading, look::heading});
  }
  out += line(headings, p, width, t) + "\n";
  for (row const& r : rows_) {
    out += (r.section.empty() ? line(r.cells, p, width, t) : t.paint(r.section, look::heading)) + "\n";
  }
  return out;
}

}  // namespace present
