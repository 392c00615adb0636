// SPDX-License-Identifier: Apache-2.0
//
// Dense codes of 1, 2, 3, 5, 6 and 7 bits between memory and the byte an element that vector kernels work on: eight at a time
// in a 64-bit word, in pieces that stay in the nearest cache.
//
//   8 codes of b bits    h g f e d c b a                    8 b bits
//   in two words of 32   . h g f e | . d c b a              4 b bits each
//   in four of 16        . h g | . f e | . d c | . b a      2 b bits each
//   in eight of 8        .h .g .f .e .d .c .b .a
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/policy/rounding.hpp>

namespace lowp::inline LOWP_ABI::isa {

struct portable;

}  // namespace lowp::inline LOWP_ABI::isa

namespace lowp::inline LOWP_ABI::kernel {

/// Widths that share bytes, low bits first; nibbles have kernels of their own.
template <class F, class Order>
concept dense_width = std::same_as<Order, bit_order::low_first> && F::bits < 8 && F::bits != 4;

namespace dense {

constexpr std::uint64_t ones(int bits) noexcept { return (std::uint64_t{1} << bits) - 1U; }
/// `bits` ones at the foot of each run of `lane` bits.
constexpr std::uint64_t lanes(int bits, int lane) noexcept {
  std::uint64_t mask = 0;
  for (int at = 0; at < 64; at += lane) {
    mask |= ones(bits) << at;
  }
  return mask;
}

/// 8 dense codes, one to each byte. What lies above them is dropped.
template <int Bits>
constexpr std::uint64_t to_bytes(std::uint64_t x) noexcept {
  x = (x & ones(4 * Bits)) | (x >> (4 * Bits) & ones(4 * Bits)) << 32;
  x = (x & lanes(2 * Bits, 32)) | (x & lanes(2 * Bits, 32) << (2 * Bits)) << (16 - 2 * Bits);
  return (x & lanes(Bits, 16)) | (x & lanes(Bits, 16) << Bits) << (8 - Bits);
}

/// And back. Requires codes below 2^Bits.
template <int Bits>
constexpr std::uint64_t from_bytes(std::uint64_t x) noexcept {
  x = (x & lanes(Bits, 16)) | (x >> (8 - Bits) & lanes(Bits, 16) << Bits);
  x = (x & lanes(2 * Bits, 32)) | (x >> (16 - 2 * Bits) & lanes(2 * Bits, 32) << (2 * Bits));
  return (x & ones(4 * Bits)) | (x >> (32 - 4 * Bits) & ones(4 * Bits) << (4 * Bits));
}

/// n dense codes to n bytes. Reads the bytes that hold them and no others.
template <int Bits>
inline void unpack(std::uint8_t const* in, std::uint8_t* codes, std::size_t n) noexcept {
  constexpr auto bytes_of_8 = static_cast<std::size_t>(Bits);
  constexpr std::size_t codes_of_8_bytes = (64 + bytes_of_8 - 1) / bytes_of_8;
  std::size_t i = 0;
  for (; i + codes_of_8_bytes <= n; i += 8) {  // a whole word can be read
    std::uint64_t word;
    std::memcpy(&word, in, 8);
    word = to_bytes<Bits>(word);
    std::memcpy(codes + i, &word, 8);
    in += bytes_of_8;
  }
  for (; i + 8 <= n; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, in, bytes_of_8);
    word = to_bytes<Bits>(word);
    std::memcpy(codes + i, &word, 8);
    in += bytes_of_8;
  }
  if (i < n) {
    std::uint64_t word = 0;
    std::memcpy(&word, in, ((n - i) * bytes_of_8 + 7) / 8);
    word = to_bytes<Bits>(word);
    std::memcpy(codes + i, &word, n - i);
  }
}

/// n bytes to n dense codes; bits of the last byte beyond the last code are kept.
template <int Bits>
inline void pack(std::uint8_t const* codes, std::uint8_t* out, std::size_t n) noexcept {
  constexpr auto bytes_of_8 = static_cast<std::size_t>(Bits);
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, codes + i, 8);
    word = from_bytes<Bits>(word);
    std::memcpy(out, &word, bytes_of_8);
    out += bytes_of_8;
  }
  if (i < n) {
    std::uint64_t word = 0;
    std::memcpy(&word, codes + i, n - i);
    word = from_bytes<Bits>(word);
    std::size_t const bits = (n - i) * bytes_of_8;
    std::memcpy(out, &word, bits / 8);
    if (bits % 8 != 0) {
      auto const own = static_cast<std::uint8_t>(ones(static_cast<int>(bits % 8)));
      auto const last = static_cast<std::uint8_t>(word >> (bits / 8 * 8));
      out[bits / 8] = static_cast<std::uint8_t>((out[bits / 8] & ~own) | (last & own));
    }
  }
}

/// The packing of `pack`, as a type.
template <int Bits>
struct by_words {
  static void pack(std::uint8_t const* codes, std::uint8_t* out, std::size_t n) noexcept {
    dense::pack<Bits>(codes, out, n);
  }
};

/// Elements of a piece: bytes and floats stay in L1.
inline constexpr std::size_t piece = 1024;

/// encode_slot of Isa for dense codes, by the bytes of ISA Bytes.
template <class Isa, class Bytes, class Packing, class F, class Rounding, class Overflow>
struct encoder {
  using served_by = Isa;
  static void run(float const* in, std::uint8_t* out, std::size_t n, Rounding r, Overflow o) noexcept {
    std::uint8_t codes[piece];
    for (std::size_t i = 0; i < n; i += piece) {
      std::size_t const count = n - i < piece ? n - i : piece;
      encode_slot<Bytes, F, bit_order::padded, Rounding, Overflow>::run(in + i, codes, count, rounding::at(r, i), o);
      Packing::pack(codes, out, count);
      out += piece / 8 * static_cast<std::size_t>(F::bits);
    }
  }
};

/// Calls f(i, count, scales, group) for pieces that start on a byte: a multiple of 8 elements, 8 short groups or multiples of
/// that, or parts of a long group. False, and nothing called, where a long group does not end on a byte.
template <class F>
inline bool for_each_piece(std::size_t n, float const* scales, std::size_t group, F&& f) noexcept {
  bool const short_groups = group <= piece / 8;
  if (!short_groups && group % 8 != 0 && group < n) {
    return false;
  }
  std::size_t const step = short_groups ? piece / 8 / group * 8 * group : piece;
  for (std::size_t i = 0; i < n;) {
    std::size_t const left = n - i;
    std::size_t const in_group = short_groups || group >= n ? left : group - i % group;
    std::size_t const reach = step < in_group ? step : in_group;
    std::size_t const count = left < reach ? left : reach;
    f(i, count, scales + i / group, short_groups ? group : count);
    i += count;
  }
  return true;
}

/// quantize_slot of Isa for dense codes.
template <class Isa, class Bytes, class Packing, class F, class Rounding, class Overflow, class Nan>
struct quantizer {
  using served_by = Isa;
  static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group, Rounding r,
                  Overflow o, Nan nan) noexcept {
    std::uint8_t codes[piece];
    bool const done =
        for_each_piece(n, scales, group, [&](std::size_t i, std::size_t count, float const* s, std::size_t g) noexcept {
          quantize_slot<Bytes, F, bit_order::padded, Rounding, Overflow, Nan>::run(in + i, codes, count, s, g,
                                                                                   rounding::at(r, i), o, nan);
          Packing::pack(codes, out + i / 8 * static_cast<std::size_t>(F::bits), count);
        });
    if (!done) {
      quantize_slot<isa::portable, F, bit_order::low_first, Rounding, Overflow, Nan>::run(in, out, n, scales, group, r,
                                                                                          o, nan);
    }
  }
};

/// decode_slot of Isa for dense codes, by words.
template <class Isa, class F>
struct decoder {
  using served_by = Isa;
  static void run(std::uint8_t const* in, float* out, std::size_t n) noexcept {
    std::uint8_t codes[piece];
    for (std::size_t i = 0; i < n; i += piece) {
      std::size_t const count = n - i < piece ? n - i : piece;
      unpack<F::bits>(in, codes, count);
      decode_slot<Isa, F, bit_order::padded>::run(codes, out + i, count);
      in += piece / 8 * static_cast<std::size_t>(F::bits);
    }
  }
};

/// dequantize_slot of Isa for dense codes, by words.
template <class Isa, class F>
struct dequantizer {
  using served_by = Isa;
  static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, std::size_t group) noexcept {
    std::uint8_t codes[piece];
    bool const done =
        for_each_piece(n, scales, group, [&](std::size_t i, std::size_t count, float const* s, std::size_t g) noexcept {
          unpack<F::bits>(in + i / 8 * static_cast<std::size_t>(F::bits), codes, count);
          dequantize_slot<Isa, F, bit_order::padded>::run(codes, out + i, count, s, g);
        });
    if (!done) {
      dequantize_slot<isa::portable, F, bit_order::low_first>::run(in, out, n, scales, group);
    }
  }
};

/// shifted_quantize_slot of Isa for dense codes, by words.
template <class Isa, class F, class Shift>
struct shifted_quantizer {
  using served_by = Isa;
  static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, float const* shifts,
                  std::size_t group, rounding::nearest_even r) noexcept {
    std::uint8_t codes[piece];
    bool const done =
        for_each_piece(n, scales, group, [&](std::size_t i, std::size_t count, float const* s, std::size_t g) noexcept {
          shifted_quantize_slot<Isa, F, bit_order::padded, rounding::nearest_even, Shift>::run(
              in + i, codes, count, s, shifts + (s - scales), g, r);
          pack<F::bits>(codes, out + i / 8 * static_cast<std::size_t>(F::bits), count);
        });
    if (!done) {
      shifted_quantize_slot<isa::portable, F, bit_order::low_first, rounding::nearest_even, Shift>::run(
          in, out, n, scales, shifts, group, r);
    }
  }
};

/// shifted_dequantize_slot of Isa for dense codes, by words.
template <class Isa, class F, class Shift>
struct shifted_dequantizer {
  using served_by = Isa;
  static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, float const* shifts,
                  std::size_t group) noexcept {
    std::uint8_t codes[piece];
    bool const done =
        for_each_piece(n, scales, group, [&](std::size_t i, std::size_t count, float const* s, std::size_t g) noexcept {
          unpack<F::bits>(in + i / 8 * static_cast<std::size_t>(F::bits), codes, count);
          shifted_dequantize_slot<Isa, F, bit_order::padded, Shift>::run(codes, out + i, count, s,
                                                                         shifts + (s - scales), g);
        });
    if (!done) {
      shifted_dequantize_slot<isa::portable, F, bit_order::low_first, Shift>::run(in, out, n, scales, shifts, group);
    }
  }
};

}  // namespace dense

}  // namespace lowp::inline LOWP_ABI::kernel
