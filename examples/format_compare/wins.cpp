// SPDX-License-Identifier: Apache-2.0
#include "wins.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace format_compare {

namespace {

using contestants = std::vector<treatment_result const*>;

double sqnr_of(treatment_result const& r, std::size_t tensor) {
  return (tensor == win::all_tensors ? r.all : r.tensors[tensor]).sqnr_db();
}

/// The best of those that `may_enter`; the first of equals.
template <class Predicate>
treatment_result const* best_of(contestants const& all, std::size_t tensor, Predicate may_enter) {
  treatment_result const* best = nullptr;
  for (treatment_result const* const r : all) {
    double const db = sqnr_of(*r, tensor);
    bool const enters = !std::isnan(db) && may_enter(*r);
    if (enters && (best == nullptr || db > sqnr_of(*best, tensor))) {
      best = r;
    }
  }
  return best;
}

std::optional<win> decide(contestants const& all, std::size_t tensor) {
  auto const* const winner = best_of(all, tensor, [](auto const&) { return true; });
  if (winner == nullptr) {
    return std::nullopt;
  }
  family const kind = winner->what.kind();
  bool const mixed = std::any_of(all.begin(), all.end(), [&](auto const* r) { return r->what.kind() != kind; });
  auto const* const rival =
      best_of(all, tensor, [&](auto const& r) { return mixed ? r.what.kind() != kind : &r != winner; });
  if (rival == nullptr) {
    return std::nullopt;
  }
  double const db = sqnr_of(*winner, tensor);
  double const rival_db = sqnr_of(*rival, tensor);
  return win{tensor,
             winner->what.bits(),
             winner->what.granularity,
             winner->what.format,
             rival->what.format,
             db,
             db == rival_db ? 0.0 : db - rival_db};  // both may be infinite
}

}  // namespace

std::vector<win> wins(std::span<treatment_result const> results, std::size_t tensors) {
  // Most bits first; granularities in the order of their first use.
  std::map<int, std::vector<std::pair<std::string, contestants>>, std::greater<>> classes;
  for (treatment_result const& r : results) {
    if (r.what.from == treatment::origin::grid) {
      auto& columns = classes[r.what.bits()];
      auto at =
          std::find_if(columns.begin(), columns.end(), [&](auto const& c) { return c.first == r.what.granularity; });
      at = at == columns.end() ? columns.insert(at, {r.what.granularity, {}}) : at;
      at->second.push_back(&r);
    }
  }
  std::vector<win> out;
  for (auto const& [bits, columns] : classes) {
    for (auto const& [granularity, all] : columns) {
      for (std::size_t i = 0; i <= tensors; ++i) {
        if (auto const found = decide(all, i < tensors ? i : win::all_tensors)) {
          out.push_back(*found);
        }
      }
    }
  }
  return out;
}

}  // namespace format_compare
