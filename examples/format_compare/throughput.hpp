// SPDX-License-Identifier: Apache-2.0
//
// Table 2: how fast this machine quantizes and dequantizes, beside how fast it copies.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kernels.hpp"

namespace format_compare {

enum class operation { quantize, dequantize };
enum class place { cache, memory };

inline constexpr std::array operations = {operation::quantize, operation::dequantize};
inline constexpr std::array places = {place::cache, place::memory};

/// Floats that are worked on again and again: a slice, which the second-level cache holds with its codes, or a walk
/// through far more than that.
constexpr std::size_t float_bytes(place p) noexcept {
  return p == place::cache ? slice_elements * sizeof(float) : std::size_t{128} << 20U;
}

/// One conversion, timed.
struct speed {
  double elements_per_second = 0;
  double bytes_per_second = 0;          ///< read and written: floats and codes (scales stay in the cache)
  double copy_elements_per_second = 0;  ///< what a plain copy reaches that reads and writes as many bytes
  double share_of_copy() const noexcept { return elements_per_second / copy_elements_per_second; }
};

struct speed_row {
  compiled_scheme const* scheme = nullptr;
  std::array<std::array<speed, places.size()>, operations.size()> speeds;

  speed const& at(operation o, place p) const noexcept {
    return speeds[static_cast<std::size_t>(o)][static_cast<std::size_t>(p)];
  }
};

/// Times the compiled schemes with one of these names, in the order of compiled_schemes(), on one thread.
///
/// Every figure is the median of the batches that fit in about a tenth of a second.
std::vector<speed_row> measure_throughput(std::span<std::string const> names);

}  // namespace format_compare
