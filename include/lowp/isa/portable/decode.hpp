// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/isa/portable/target.hpp>
#include <lowp/kernel/slots.hpp>

namespace lowp::inline LOWP_ABI::kernel {

namespace portable_kernels {

/// The float bits of every code of at most 8 bits.
template <Format F>
inline constexpr auto decode_table = [] {
  std::array<std::uint32_t, std::size_t{1} << F::bits> table{};
  for (std::uint32_t code = 0; code < table.size(); ++code) {
    table[code] = std::bit_cast<std::uint32_t>(static_cast<float>(from_bits<F>(code)));
  }
  return table;
}();

template <Format F>
float decode_code(std::uint32_t code) noexcept {
  if constexpr (F::bits <= 8) {
    return std::bit_cast<float>(decode_table<F>[code]);
  } else {
    return static_cast<float>(from_bits<F>(code));
  }
}

}  // namespace portable_kernels

template <class F, class Order>
struct decode_slot<isa::portable, F, Order> {
  using served_by = isa::portable;
  static void run(std::uint8_t const* in, float* out, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      out[i] = portable_kernels::decode_code<F>(Order::get(in, i, F::bits));
    }
  }
};

template <class F, class Order>
struct decode_bfloat16_slot<isa::portable, F, Order> {
  using served_by = isa::portable;
  static void run(std::uint8_t const* in, std::uint16_t* out, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      out[i] = static_cast<std::uint16_t>(portable_kernels::decode_table<F>[Order::get(in, i, F::bits)] >> 16U);
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel
