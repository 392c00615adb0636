// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <lowp/format.hpp>

#include "support/catch.hpp"
#include "support/format_types.hpp"

namespace hash_test {

namespace {

struct repeated_table {
  static constexpr float values[8] = {1.0F, 0.0F, -0.0F, 0.5F, 0.5F, 0.0F, -1.0F, 1.0F};
};
using repeated = lowp::codebook<repeated_table>;

struct row {
  std::string name;
  std::uint32_t code_mask;
  float (*value)(unsigned);
  std::size_t (*hash)(unsigned);

  template <class F>
  static row of(std::string_view name) {
    return {std::string(name), F::code_mask, [](unsigned code) { return static_cast<float>(lowp::from_bits<F>(code)); },
            [](unsigned code) { return std::hash<F>{}(lowp::from_bits<F>(code)); }};
  }
};

}  // namespace

TEST_CASE("numbers that compare equal hash alike, others differ") {
  std::vector<row> rows = lowp_test::rows_of<row>(lowp_test::all_formats);
  rows.push_back(row::of<repeated>("a table with repeated values"));
  for (row const& r : rows) {
    std::map<float, std::size_t> hash_of_value;  // NaNs are left out: they equal nothing
    std::set<std::size_t> hashes;
    int wrong = 0;
    for (unsigned code = 0; code <= r.code_mask; ++code) {
      float const x = r.value(code);
      if (std::isnan(x)) continue;
      std::size_t const hash = r.hash(code);
      auto const [at, first] = hash_of_value.try_emplace(x, hash);
      wrong += at->second != hash ? 1 : 0;
      hashes.insert(hash);
    }
    INFO(r.name);
    CHECK(wrong == 0);
    // No promise of std::hash, but with at most 2^16 values a collision would be carelessness.
    CHECK(hashes.size() == hash_of_value.size());
  }
}

TEST_CASE("formats are keys of unordered containers") {
  std::unordered_set<lowp::e5m2> set;
  for (unsigned code = 0; code < 256; ++code) set.insert(lowp::from_bits<lowp::e5m2>(code));
  // 248 finite codes with two zeros, 2 infinities, and 6 NaNs, each unequal to itself.
  CHECK(set.size() == 247 + 2 + 6);
  std::unordered_map<lowp::int4, int> map;
  map[lowp::from_bits<lowp::int4>(3)] = 1;
  map[lowp::from_bits<lowp::int4>(3)] += 1;
  CHECK(map.size() == 1);
  CHECK(map.begin()->second == 2);
}

}  // namespace hash_test
