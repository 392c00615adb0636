// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// A natural number below 2^1024, of 32-bit limbs: what exact conversion between binary and decimal is done in.
///
/// Requires  results stay below 2^1024. The callers prove it: decimal.hpp (to text) stays below 2^640, number_text.hpp
///           (from text) below 2^960.
/// Cost      proportional to the limbs in use; a number of a few digits has one or two.
class natural {
 public:
  constexpr natural() noexcept = default;
  explicit constexpr natural(std::uint64_t x) noexcept {
    while (x != 0) {
      limb_[size_++] = static_cast<std::uint32_t>(x);
      x >>= 32U;
    }
  }

  constexpr bool is_zero() const noexcept { return size_ == 0; }
  constexpr int bit_width() const noexcept {
    return size_ == 0 ? 0 : 32 * (size_ - 1) + static_cast<int>(std::bit_width(limb_[size_ - 1]));
  }

  /// *this = *this * factor + addend.
  constexpr void multiply_add(std::uint32_t factor, std::uint32_t addend) noexcept {
    std::uint64_t carry = addend;
    for (int i = 0; i < size_; ++i) {
      carry += std::uint64_t{limb_[i]} * factor;
      limb_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32U;
    }
    if (carry != 0) {
      limb_[size_++] = static_cast<std::uint32_t>(carry);
    }
  }

  /// *this = floor(*this / divisor); returns the remainder.
  constexpr std::uint32_t divide(std::uint32_t divisor) noexcept {
    std::uint64_t rest = 0;
    for (int i = size_ - 1; i >= 0; --i) {
      rest = (rest << 32U) | limb_[i];
      limb_[i] = static_cast<std::uint32_t>(rest / divisor);
      rest %= divisor;
    }
    trim();
    return static_cast<std::uint32_t>(rest);
  }

  /// *this = *this * 2^count.
  constexpr void shift_left(int count) noexcept {
    if (size_ == 0 || count == 0) {
      return;
    }
    int const limbs = count / 32;
    int const bits = count % 32;
    for (int i = size_; i >= 0; --i) {  // from the top, so that nothing is overwritten before it was read
      std::uint64_t const high = i < size_ ? limb_[i] : 0U;
      std::uint64_t const low = i > 0 ? limb_[i - 1] : 0U;
      limb_[i + limbs] = static_cast<std::uint32_t>((((high << 32U) | low) << bits) >> 32U);
    }
    for (int i = 0; i < limbs; ++i) {
      limb_[i] = 0;
    }
    size_ += limbs + 1;
    trim();
  }

  /// *this = *this * 5^count.
  constexpr void multiply_by_power_of_five(int count) noexcept {
    for (; count >= five_places; count -= five_places) {
      multiply_add(five_chunk, 0);
    }
    multiply_add(power_of_five(count), 0);
  }

  /// *this = floor(*this / 5^count); returns whether something was lost.
  constexpr bool divide_by_power_of_five(int count) noexcept {
    bool lost = false;
    for (; count >= five_places; count -= five_places) {
      lost = divide(five_chunk) != 0 || lost;
    }
    return divide(power_of_five(count)) != 0 || lost;
  }

  constexpr natural& operator+=(natural const& b) noexcept {
    int const limbs = size_ > b.size_ ? size_ : b.size_;
    std::uint64_t carry = 0;
    for (int i = 0; i < limbs; ++i) {  // limbs beyond size_ are zero
      carry += std::uint64_t{limb_[i]} + b.limb_[i];
      limb_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32U;
    }
    size_ = limbs;
    if (carry != 0) {
      limb_[size_++] = static_cast<std::uint32_t>(carry);
    }
    return *this;
  }

  /// Requires b <= *this.
  constexpr natural& operator-=(natural const& b) noexcept {
    std::uint64_t borrow = 0;
    for (int i = 0; i < size_; ++i) {
      std::uint64_t const difference = std::uint64_t{limb_[i]} - b.limb_[i] - borrow;
      limb_[i] = static_cast<std::uint32_t>(difference);
      borrow = difference >> 63U;
    }
    trim();
    return *this;
  }

  friend constexpr bool operator<(natural const& a, natural const& b) noexcept {
    if (a.size_ != b.size_) {
      return a.size_ < b.size_;
    }
    for (int i = a.size_ - 1; i >= 0; --i) {
      if (a.limb_[i] != b.limb_[i]) {
        return a.limb_[i] < b.limb_[i];
      }
    }
    return false;
  }

  /// The number (-1)^negative * *this * 2^unit, with more below the last place where `sticky`.
  /// Requires !sticky or bit_width() >= 64, so that the places below are those below exact's last one.
  constexpr exact to_exact(bool negative, int unit, bool sticky) const noexcept {
    int const below = bit_width() - 64;
    if (below <= 0) {
      return exact::scaled(negative, limb(1) << 32U | limb(0), unit, sticky);
    }
    int const index = below / 32;
    int const bits = below % 32;
    std::uint64_t significand = limb(index + 1) << 32U | limb(index);
    if (bits != 0) {
      significand = significand >> bits | limb(index + 2) << (64 - bits);
      sticky = sticky || (limb_[index] & low_mask(bits)) != 0;
    }
    for (int i = 0; i < index; ++i) {
      sticky = sticky || limb_[i] != 0;
    }
    return exact::scaled(negative, significand, unit + below, sticky);
  }

 private:
  static constexpr int capacity = 32;
  static constexpr int five_places = 13;  // 5^13 is the greatest power of five in 32 bits
  static constexpr std::uint32_t five_chunk = 1'220'703'125U;

  static constexpr std::uint32_t power_of_five(int count) noexcept {
    std::uint32_t power = 1;
    for (; count > 0; --count) {
      power *= 5U;
    }
    return power;
  }

  constexpr std::uint64_t limb(int i) const noexcept { return i < size_ ? limb_[i] : 0U; }
  constexpr void trim() noexcept {
    while (size_ > 0 && limb_[size_ - 1] == 0) {
      --size_;
    }
  }

  std::uint32_t limb_[capacity] = {};  // least significant first; zero from size_ on
  int size_ = 0;
};

}  // namespace lowp::inline LOWP_ABI::detail
