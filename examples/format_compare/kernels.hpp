// SPDX-License-Identifier: Apache-2.0
//
// The conversions that table 2 times: formats as types, so that the library's fast kernels serve them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "treatment.hpp"

namespace format_compare {

/// One piece of work: a matrix of slice_rows x slice_cols floats.
inline constexpr std::size_t slice_rows = 64;
inline constexpr std::size_t slice_cols = 1024;
inline constexpr std::size_t slice_elements = slice_rows * slice_cols;

/// quantize_into and dequantize_into of one scheme, compiled.
struct compiled_scheme {
  std::string name;   ///< of the format or recipe, as treatment::format spells it
  std::string scale;  ///< what shares a scale and how it is stored: "g128 f32"
  int bits;
  family kind;
  void (*quantize)(float const* in, std::uint8_t* codes);     ///< a slice
  void (*dequantize)(std::uint8_t const* codes, float* out);  ///< a slice
  std::string quantize_isa;                                   ///< the instruction set whose kernel this machine runs
  std::string dequantize_isa;

  std::size_t code_bytes() const noexcept { return slice_elements * static_cast<std::size_t>(bits) / 8; }
};

std::span<compiled_scheme const> compiled_schemes();

}  // namespace format_compare
