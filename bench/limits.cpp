// SPDX-License-Identifier: Apache-2.0
#include "limits.hpp"

#include <cstring>

namespace bench {

namespace {

// A vector of the compiler's own, as wide as a cache line: loops over arrays of words become 256-bit code on CPUs whose wider
// registers the compiler mistrusts, and a copy that slow would flatter everything compared with it.
#if defined(__GNUC__) || defined(__clang__)
using line = std::uint64_t __attribute__((vector_size(64)));
line load(std::uint8_t const* from) {
  line x;
  std::memcpy(&x, from, sizeof x);
  return x;
}
#else
struct line {
  std::uint64_t words[8];
  friend line operator^(line a, line const& b) {
    for (int i = 0; i < 8; ++i) {
      a.words[i] ^= b.words[i];
    }
    return a;
  }
};
line load(std::uint8_t const* from) {
  line x;
  std::memcpy(&x, from, sizeof x);
  return x;
}
#endif
constexpr std::size_t block = sizeof(line);

template <std::size_t Ratio>
void narrow(std::uint8_t const* in, std::uint8_t* out, std::size_t out_bytes) {
  for (std::size_t i = 0; i + block <= out_bytes; i += block) {
    std::uint8_t const* const from = in + i * Ratio;
    line sum = load(from) ^ load(from + block);
    if constexpr (Ratio >= 4) {
      sum = sum ^ (load(from + 2 * block) ^ load(from + 3 * block));
    }
    if constexpr (Ratio >= 8) {
      sum =
          sum ^ ((load(from + 4 * block) ^ load(from + 5 * block)) ^ (load(from + 6 * block) ^ load(from + 7 * block)));
    }
    std::memcpy(out + i, &sum, block);
  }
}

template <std::size_t Ratio>
void widen(std::uint8_t const* in, std::uint8_t* out, std::size_t in_bytes) {
  for (std::size_t i = 0; i + block <= in_bytes; i += block) {
    line const x = load(in + i);
    for (std::size_t k = 0; k < Ratio; ++k) {
      std::memcpy(out + i * Ratio + k * block, &x, block);
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
