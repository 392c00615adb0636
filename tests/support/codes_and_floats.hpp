// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include <lowp/format/concepts.hpp>

namespace lowp_test {

inline std::vector<float> floats_of(std::vector<std::uint32_t> const& bits) {
  std::vector<float> all;
  all.reserve(bits.size());
  for (std::uint32_t const b : bits) {
    all.push_back(std::bit_cast<float>(b));
  }
  return all;
}

template <class F>
std::vector<unsigned> codes_of(std::vector<F> const& numbers) {
  std::vector<unsigned> all;
  for (F const& x : numbers) {
    all.push_back(to_bits(x));
  }
  return all;
}

}  // namespace lowp_test
