// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/pack/bit_order.hpp>

namespace lowp::inline LOWP_ABI {

/// Writes codes one after the other, whole bytes at a time; `finish` writes the last, partial byte and keeps its bits
/// beyond the last code. The same bytes as Order::set on each element, without reading the destination.
template <BitOrder Order>
class bit_writer {
 public:
  bit_writer(std::uint8_t* bytes, int bits) noexcept : bytes_(bytes), bits_(bits) {}

  void put(std::uint32_t code) noexcept {
    if constexpr (std::is_same_v<Order, bit_order::padded>) {
      Order::set(bytes_, index_++, bits_, code);
    } else if constexpr (std::is_same_v<Order, bit_order::low_first>) {
      window_ |= code << fill_;
      fill_ += bits_;
      while (fill_ >= 8) {
        *bytes_++ = static_cast<std::uint8_t>(window_);
        window_ >>= 8U;
        fill_ -= 8;
      }
    } else if constexpr (std::is_same_v<Order, bit_order::high_first>) {
      window_ = (window_ << bits_) | code;
      fill_ += bits_;
      while (fill_ >= 8) {
        fill_ -= 8;
        *bytes_++ = static_cast<std::uint8_t>(window_ >> fill_);
      }
      window_ &= detail::low_mask(fill_);
    } else {
      Order::set(bytes_, index_++, bits_, code);
    }
  }

  void finish() noexcept {
    if (fill_ == 0) {
      return;
    }
    if constexpr (std::is_same_v<Order, bit_order::low_first>) {
      std::uint32_t const mask = detail::low_mask(fill_);
      *bytes_ = static_cast<std::uint8_t>((*bytes_ & ~mask) | window_);
    } else if constexpr (std::is_same_v<Order, bit_order::high_first>) {
      std::uint32_t const mask = detail::low_mask(fill_) << (8 - fill_);
      *bytes_ = static_cast<std::uint8_t>((*bytes_ & ~mask) | (window_ << (8 - fill_)));
    }
    fill_ = 0;
  }

 private:
  std::uint8_t* bytes_;
  int bits_;
  int fill_ = 0;              // bits in window_ that are not written yet, below 8 between calls
  std::uint32_t window_ = 0;  // high_first: the last of them lowest; low_first: the first of them lowest
  std::size_t index_ = 0;
};

}  // namespace lowp::inline LOWP_ABI
