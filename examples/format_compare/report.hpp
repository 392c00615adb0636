// SPDX-License-Identifier: Apache-2.0
//
// The two tables as text, and every figure as JSON.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "accuracy.hpp"
#include "present/terminal.hpp"
#include "throughput.hpp"
#include "weights.hpp"
#include "wins.hpp"

namespace format_compare {

using namespace present;

/// Everything one run has found out.
struct findings {
  std::string file;
  std::string scale;  ///< how scales are made, for a reader
  std::vector<std::string> granularities;
  weight_set weights;
  std::string images;  ///< what the network was shown; empty if there was none
  std::optional<accuracy> table1;
  std::vector<win> winners;
  std::vector<speed_row> table2;
  std::vector<std::string> not_timed;  ///< formats that are not among the compiled ones
};

/// INT in one colour, FP in another.
constexpr look color_of(family kind) noexcept {
  return kind == family::integer ? look::integer : kind == family::floating ? look::floating : look::plain;
}

/// What was read.
std::string heading_text(findings const& f, terminal const& t);
/// Table 1. Requires f.table1.
std::string accuracy_text(findings const& f, terminal const& t);
/// Who wins where; empty where nobody competes.
std::string wins_text(findings const& f, terminal const& t);
/// Every figure of every tensor. Requires f.table1.
std::string details_text(findings const& f, terminal const& t);
/// Table 2.
std::string throughput_text(findings const& f, terminal const& t);
std::string json_text(findings const& f);

}  // namespace format_compare
