// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/pack/layout.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// What becomes of each code of `From` in `To`: as many entries as From has codes.
template <class From, class To>
struct code_table {
  using source = typename From::element_type;
  using target = typename To::element_type;
  static constexpr std::uint32_t codes = 1U << source::bits;
  static constexpr std::uint16_t none = 0xffff;  ///< the number has no code there
  std::uint16_t to[codes] = {};

  constexpr code_table() noexcept {
    for (std::uint32_t code = 0; code < codes; ++code) {
      if constexpr (std::same_as<source, target> && From::zero_point == To::zero_point) {
        to[code] = static_cast<std::uint16_t>(code);
      } else {
        int const number = source::layout.value(code) - From::zero_point + To::zero_point;
        std::uint32_t const there = static_cast<std::uint32_t>(number) & target::code_mask;
        to[code] = target::layout.value(there) == number ? static_cast<std::uint16_t>(there) : none;
      }
    }
  }
};

/// Layouts of two codes a byte, side by side in either order: a byte of one gives a byte of the other.
template <class From, class To>
concept ByteToByte = From::element_type::bits == 4 && To::element_type::bits == 4 &&
                     DenseOrder<typename From::order>&& DenseOrder<typename To::order>;

/// What becomes of each byte; codes that To does not have give anything.
template <class From, class To>
struct byte_table {
  std::uint8_t to[256] = {};

  constexpr byte_table() noexcept {
    constexpr code_table<From, To> codes;
    for (unsigned byte = 0; byte < 256; ++byte) {
      auto const in = static_cast<std::uint8_t>(byte);
      for (std::size_t i = 0; i < 2; ++i) {
        To::order::set(&to[byte], i, 4, codes.to[From::order::get(&in, i, 4)]);
      }
    }
  }
};

}  // namespace detail

/// Moves `count` numbers from one layout to another: same numbers, other order, signedness or zero point.
///
/// Meaning   the number decode(code) - zero_point is kept. Formats that are no integers keep their codes.
/// Shapes    in: From::bytes(count) bytes or more, out: To::bytes(count) bytes or more, no alignment.
/// Errors    error_code::size where either is too small, error_code::overlap where they share memory, error_code::value
///           with the index of the first number that To has no code for; nothing is written then.
/// Notes     the bits of out's To::bytes(count) bytes that belong to no element are 0.
/// Cost      two passes over in where numbers may be refused, else one; a table look-up an element, or a byte of two
///           4-bit codes side by side in both layouts.
template <class From, class To>
  requires RepackableLayouts<From, To>
void repack(std::span<std::byte const> in, std::span<std::byte> out, std::size_t count) {
  constexpr detail::code_table<From, To> table;
  constexpr bool refuses = [](auto const& t) {
    for (std::uint16_t const code : t.to) {
      if (code == t.none) {
        return true;
      }
    }
    return false;
  }(table);
  constexpr int from_bits = From::element_type::bits;
  constexpr int to_bits = To::element_type::bits;

  auto const check_size = [count](char const* argument, std::size_t have, std::size_t need) {
    if (have < need) {
      detail::raise(error(error_code::size, argument, 0, have,
                          "repack: " + std::string(argument) + " holds " + std::to_string(have) + " bytes, " +
                              std::to_string(count) + " elements need " + std::to_string(need)));
    }
  };
  check_size("in", in.size(), From::bytes(count));
  check_size("out", out.size(), To::bytes(count));
  auto const in_address = reinterpret_cast<std::uintptr_t>(in.data());
  auto const out_address = reinterpret_cast<std::uintptr_t>(out.data());
  if (count != 0 && in_address < out_address + To::bytes(count) && out_address < in_address + From::bytes(count)) {
    detail::raise(error(error_code::overlap, "out", "repack: in and out overlap"));
  }

  auto const* const source = reinterpret_cast<std::uint8_t const*>(in.data());
  auto* const target = reinterpret_cast<std::uint8_t*>(out.data());
  if constexpr (refuses) {
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t const code = From::order::get(source, i, from_bits);
      if (table.to[code] == table.none) {
        detail::raise(error(error_code::value, "in", 0, i,
                            "repack: element " + std::to_string(i) + " has code " + std::to_string(code) +
                                ", a number that the other layout has no code for"));
      }
    }
  }
  std::size_t const bytes = To::bytes(count);
  for (std::size_t k = 0; k < bytes; ++k) {
    target[k] = 0;
  }
  std::size_t i = 0;
  if constexpr (detail::ByteToByte<From, To>) {
    static constexpr detail::byte_table<From, To> pairs;
    for (; i + 1 < count; i += 2) {
      target[i / 2] = pairs.to[source[i / 2]];
    }
  }
  for (; i < count; ++i) {
    To::order::set(target, i, to_bits, table.to[From::order::get(source, i, from_bits)]);
  }
}

}  // namespace lowp::inline LOWP_ABI
