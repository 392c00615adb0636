// SPDX-License-Identifier: Apache-2.0
#include "limits.hpp"

#include <cstring>

namespace bench {

namespace {

constexpr std::size_t block = 64;
using words = std::uint64_t[block / 8];

template <std::size_t Ratio>
void narrow(std::uint8_t const* in, std::uint8_t* out, std::size_t out_bytes) {
  for (std::size_t i = 0; i + block <= out_bytes; i += block) {
    words sum = {};
    for (std::size_t k = 0; k < Ratio; ++k) {
      words x;
      std::memcpy(x, in + i * Ratio + k * block, block);
      for (std::size_t j = 0; j < block / 8; ++j) {
        sum[j] ^= x[j];
      }
    }
    std::memcpy(out + i, sum, block);
  }
}

template <std::size_t Ratio>
void widen(std::uint8_t const* in, std::uint8_t* out, std::size_t in_bytes) {
  for (std::size_t i = 0; i + block <= in_bytes; i += block) {
    words x;
    std::memcpy(x, in + i, block);
    for (std::size_t k = 0; k < Ratio; ++k) {
      std::memcpy(out + i * Ratio + k * block, x, block);
    }
  }
}

}  // namespace

void narrow_copy(std::uint8_t const* in, std::uint8_t* out, std::size_t out_bytes, std::size_t ratio) {
  ratio == 8   ? narrow<8>(in, out, out_bytes)
  : ratio == 4 ? narrow<4>(in, out, out_bytes)
               : narrow<2>(in, out, out_bytes);
}

void widen_copy(std::uint8_t const* in, std::uint8_t* out, std::size_t in_bytes, std::size_t ratio) {
  ratio == 8 ? widen<8>(in, out, in_bytes) : ratio == 4 ? widen<4>(in, out, in_bytes) : widen<2>(in, out, in_bytes);
}

}  // namespace bench
