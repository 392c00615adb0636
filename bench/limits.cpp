// SPDX-License-Identifier: Apache-2.0
#include "limits.hpp"

#include <cstring>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

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

/// Where the results go: to the cache, or past it where the CPU can.
template <stores To>
void store(std::uint8_t* to, line const& x) {
#if defined(__AVX512F__)
  if constexpr (To == stores::streamed) {
    __m512i bits;
    std::memcpy(&bits, &x, sizeof bits);
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to), bits);
    return;
  }
#endif
  std::memcpy(to, &x, sizeof x);
}

template <stores To, std::size_t Ratio>
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
    store<To>(out + i, sum);
  }
}

template <stores To, std::size_t Ratio>
void widen(std::uint8_t const* in, std::uint8_t* out, std::size_t in_bytes) {
  for (std::size_t i = 0; i + block <= in_bytes; i += block) {
    line const x = load(in + i);
    for (std::size_t k = 0; k < Ratio; ++k) {
      store<To>(out + i * Ratio + k * block, x);
    }
  }
}

template <stores To>
void narrow_by(std::uint8_t const* in, std::uint8_t* out, std::size_t out_bytes, std::size_t ratio) {
  ratio == 8   ? narrow<To, 8>(in, out, out_bytes)
  : ratio == 4 ? narrow<To, 4>(in, out, out_bytes)
               : narrow<To, 2>(in, out, out_bytes);
}

template <stores To>
void widen_by(std::uint8_t const* in, std::uint8_t* out, std::size_t in_bytes, std::size_t ratio) {
  ratio == 8   ? widen<To, 8>(in, out, in_bytes)
  : ratio == 4 ? widen<To, 4>(in, out, in_bytes)
               : widen<To, 2>(in, out, in_bytes);
}

}  // namespace

void narrow_copy(std::uint8_t const* in, std::uint8_t* out, std::size_t out_bytes, std::size_t ratio, stores to) {
  to == stores::cached ? narrow_by<stores::cached>(in, out, out_bytes, ratio)
                       : narrow_by<stores::streamed>(in, out, out_bytes, ratio);
}

void widen_copy(std::uint8_t const* in, std::uint8_t* out, std::size_t in_bytes, std::size_t ratio, stores to) {
  to == stores::cached ? widen_by<stores::cached>(in, out, in_bytes, ratio)
                       : widen_by<stores::streamed>(in, out, in_bytes, ratio);
}

}  // namespace bench
