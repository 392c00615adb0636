// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include <lowp/lowp.hpp>

// A long run of casts, of quantizing and of dequantizing, condensed to one number by 64-bit FNV-1a. Static: two units built
// with different flags must each have their own, while the functions of the library that it calls are shared.
static std::uint64_t digest() {
  std::vector<float> x(4096);
  std::uint32_t state = 1;
  for (float& element : x) {
    state = state * 1664525U + 1013904223U;
    element = std::bit_cast<float>((state & 0x8fffffffU) | 0x30000000U);
  }
  std::vector<lowp::e3m2fn> dense(x.size());
  lowp::cast_into(x, dense, lowp::rounding::stochastic{42});
  using int4_g32 = lowp::scheme<lowp::int4, lowp::per_group<32>, lowp::scale::absmax<lowp::float16>>;
  std::vector<float> back(x.size());
  lowp::dequantize_into(lowp::quantize<int4_g32>(lowp::matrix_view<float const>(x.data(), 20, 200)),
                        lowp::matrix_view<float>(back.data(), 20, 200));
  std::uint64_t hash = 14695981039346656037ULL;
  for (auto element : dense) {
    hash = (hash ^ lowp::to_bits(element)) * 1099511628211ULL;
  }
  for (float element : back) {
    hash = (hash ^ std::bit_cast<std::uint32_t>(element)) * 1099511628211ULL;
  }
  return hash;
}
