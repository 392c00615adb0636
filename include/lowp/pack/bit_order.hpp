// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

struct bit_position {
  std::size_t byte;
  unsigned shift;  ///< 0 to 7, in stream order
};

/// Where code `index` of a dense run starts. Eight codes take `bits` bytes: index * bits could overflow.
constexpr bit_position position_of(std::size_t index, int bits) noexcept {
  auto const within = static_cast<unsigned>(index % 8) * static_cast<unsigned>(bits);
  return {index / 8 * static_cast<std::size_t>(bits) + within / 8, within % 8};
}

}  // namespace detail

namespace bit_order {

// A dense run of B-bit codes is a stream of bits: element i has bits [i*B, i*B + B) of it. The order says where bit j of
// the stream sits. For 4 bits that is the nibble order.

/// Bit j is bit j mod 8 of byte j / 8, codes with their lowest bit first: element 0 in the low nibble.
/// DLPack, ml_dtypes, torchao, ONNX int4, safetensors F4.
///
///   4 bits:  byte 0 = [ e1 e1 e1 e1 | e0 e0 e0 e0 ]        (bit 7 left)
///   6 bits:  byte 0 = [ e1 e1 | e0 .. e0 ]  byte 1 = [ e2 e2 e2 e2 | e1 .. e1 ]
struct low_first {
  static constexpr std::uint32_t get(std::uint8_t const* bytes, std::size_t index, int bits) noexcept {
    auto const [byte, shift] = detail::position_of(index, bits);
    std::uint32_t window = bytes[byte];
    if (shift + static_cast<unsigned>(bits) > 8) {
      window |= static_cast<std::uint32_t>(bytes[byte + 1]) << 8U;
    }
    return (window >> shift) & detail::low_mask(bits);
  }
  static constexpr void set(std::uint8_t* bytes, std::size_t index, int bits, std::uint32_t code) noexcept {
    auto const [byte, shift] = detail::position_of(index, bits);
    std::uint32_t const mask = detail::low_mask(bits) << shift;
    std::uint32_t const field = (code << shift) & mask;
    bytes[byte] = static_cast<std::uint8_t>((bytes[byte] & ~mask) | field);
    if (shift + static_cast<unsigned>(bits) > 8) {
      std::uint8_t& next = bytes[byte + 1];
      next = static_cast<std::uint8_t>((next & ~(mask >> 8U)) | (field >> 8U));
    }
  }
};

/// Bit j is bit 7 - j mod 8 of byte j / 8, codes with their highest bit first: element 0 in the high nibble.
/// bitsandbytes 4-bit, the older torch order.
///
///   4 bits:  byte 0 = [ e0 e0 e0 e0 | e1 e1 e1 e1 ]        (bit 7 left)
struct high_first {
  static constexpr std::uint32_t get(std::uint8_t const* bytes, std::size_t index, int bits) noexcept {
    auto const [byte, shift] = detail::position_of(index, bits);
    std::uint32_t window = static_cast<std::uint32_t>(bytes[byte]) << 8U;
    if (shift + static_cast<unsigned>(bits) > 8) {
      window |= bytes[byte + 1];
    }
    return (window >> (16U - shift - static_cast<unsigned>(bits))) & detail::low_mask(bits);
  }
  static constexpr void set(std::uint8_t* bytes, std::size_t index, int bits, std::uint32_t code) noexcept {
    auto const [byte, shift] = detail::position_of(index, bits);
    unsigned const up = 16U - shift - static_cast<unsigned>(bits);
    std::uint32_t const mask = detail::low_mask(bits) << up;
    std::uint32_t const field = (code << up) & mask;
    bytes[byte] = static_cast<std::uint8_t>((bytes[byte] & ~(mask >> 8U)) | (field >> 8U));
    if (shift + static_cast<unsigned>(bits) > 8) {
      std::uint8_t& next = bytes[byte + 1];
      next = static_cast<std::uint8_t>((next & ~mask) | (field & 0xffU));
    }
  }
};

/// No packing: one code in a byte (9 to 16 bits: in two, of the machine's byte order), right-aligned, zeros above. What a
/// span<F> is in memory.
struct padded {
  static std::uint32_t get(std::uint8_t const* bytes, std::size_t index, int bits) noexcept {
    if (bits <= 8) {
      return bytes[index] & detail::low_mask(bits);
    }
    std::uint16_t code = 0;
    std::memcpy(&code, bytes + 2 * index, sizeof code);
    return code & detail::low_mask(bits);
  }
  static void set(std::uint8_t* bytes, std::size_t index, int bits, std::uint32_t code) noexcept {
    if (bits <= 8) {
      bytes[index] = static_cast<std::uint8_t>(code & detail::low_mask(bits));
      return;
    }
    auto const stored = static_cast<std::uint16_t>(code & detail::low_mask(bits));
    std::memcpy(bytes + 2 * index, &stored, sizeof stored);
  }
};

// Grouped orders: elements change places inside groups of `group`, and the groups follow each other low_first. A short
// last group takes the bytes of a full one, since any of its elements may sit in the last byte. place(i) is where
// low_first would have the code.

/// Groups of eight, the even elements before the odd ones: 0 2 4 6 1 3 5 7.
///
///   4 bits:  bytes 0 .. 3 = [ e2 | e0 ] [ e6 | e4 ] [ e3 | e1 ] [ e7 | e5 ]        (bit 7 left)
///
/// As a little-endian int32: e7 e5 e3 e1 e6 e4 e2 e0, so that (word >> 4 * i) & 0x000f000f is the pair e(2i), e(2i + 1).
/// AutoAWQ and what loads its files.
struct even_odd {
  static constexpr std::size_t group = 8;
  static constexpr std::size_t place(std::size_t index) noexcept {
    return index / 8 * 8 + index % 8 / 2 + index % 2 * 4;
  }
  static constexpr std::uint32_t get(std::uint8_t const* bytes, std::size_t index, int bits) noexcept {
    return low_first::get(bytes, place(index), bits);
  }
  static constexpr void set(std::uint8_t* bytes, std::size_t index, int bits, std::uint32_t code) noexcept {
    low_first::set(bytes, place(index), bits, code);
  }
};

/// Blocks of `Block`, halves side by side: 0 B/2 1 B/2+1 ..; of 4-bit codes the first half of a block has the low nibbles.
///
///   4 bits, 32 elements:  bytes 0 .. 15 = [ e16 | e0 ] [ e17 | e1 ] .. [ e31 | e15 ]        (bit 7 left)
///
/// ggml's 4-bit blocks.
template <std::size_t Block>
struct split_halves {
  static_assert(Block != 0 && Block % 8 == 0, "lowp: halves of whole bytes, whatever the width of a code");
  static constexpr std::size_t group = Block;
  static constexpr std::size_t place(std::size_t index) noexcept {
    std::size_t const within = index % Block;
    return index - within + (within < Block / 2 ? 2 * within : 2 * within - Block + 1);
  }
  static constexpr std::uint32_t get(std::uint8_t const* bytes, std::size_t index, int bits) noexcept {
    return low_first::get(bytes, place(index), bits);
  }
  static constexpr void set(std::uint8_t* bytes, std::size_t index, int bits, std::uint32_t code) noexcept {
    low_first::set(bytes, place(index), bits, code);
  }
};

}  // namespace bit_order

/// A bit order reads and writes code `index` of a run of codes of 1 to 8 bits.
template <class Order>
concept BitOrder = requires(std::uint8_t const* in, std::uint8_t* out, std::size_t index, std::uint32_t code) {
  { Order::get(in, index, 4) } -> std::same_as<std::uint32_t>;
  Order::set(out, index, 4, code);
};

/// One that moves elements inside groups, a multiple of eight elements each (so that a group ends with a byte).
template <class Order>
concept GroupedOrder = BitOrder<Order> && requires {
  { Order::group } -> std::convertible_to<std::size_t>;
  requires Order::group != 0 && Order::group % 8 == 0;
};

}  // namespace lowp::inline LOWP_ABI
