// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/pack/bit_order.hpp>

namespace lowp::inline LOWP_ABI {

/// Bytes that `count` codes of `bits` bits take when packed densely; bits in [1, 16].
constexpr std::size_t packed_bytes(std::size_t count, int bits) noexcept {
  // count * bits / 8 rounded up, without overflow of count * bits
  auto const width = static_cast<std::size_t>(bits);
  return count / 8 * width + (count % 8 * width + 7) / 8;
}

/// A number of at most 8 bits, or a constant one.
template <class F>
concept PackableElement = Format<std::remove_const_t<F>> && requires {
  requires std::remove_const_t<F>::bits <= 8;
};

/// A bit order that packs without gaps: packed_bytes(count, bits) bytes hold count codes.
template <class Order>
concept DenseOrder = BitOrder<Order> && !std::same_as<Order, bit_order::padded> && !GroupedOrder<Order>;

/// A bit order that packs, in groups or not.
template <class Order>
concept PackingOrder = DenseOrder<Order> || GroupedOrder<Order>;

/// Elements that change places among themselves; 1 where they do not.
template <BitOrder Order>
inline constexpr std::size_t group_of = 1;
template <GroupedOrder Order>
inline constexpr std::size_t group_of<Order> = Order::group;

/// Bytes that `count` codes of `bits` bits take in the order `Order`: whole groups, where it has groups.
template <BitOrder Order>
constexpr std::size_t stored_bytes(std::size_t count, int bits) noexcept {
  if constexpr (std::same_as<Order, bit_order::padded>) {
    return bits <= 8 ? count : 2 * count;
  } else if constexpr (GroupedOrder<Order>) {
    constexpr std::size_t group = group_of<Order>;
    return (count / group + (count % group != 0 ? 1U : 0U)) * packed_bytes(group, bits);
  } else {
    return packed_bytes(count, bits);
  }
}

/// A dense run of sub-byte numbers in somebody else's memory: two int4 in a byte, four e3m2fn in three.
///
/// Meaning   like std::span<F>, but of codes side by side in the order `Order`; F const for a read-only view. Elements
///           are read and written by value through a proxy (there is no F in memory to refer to).
/// Units     sizes and offsets in elements.
/// Errors    error_code::size where the bytes cannot hold `size` elements; error_code::alignment where a subspan would
///           start inside a byte or a group; error_code::size where it would reach beyond the end.
/// Notes     bits of the last byte beyond the last element are kept on writing.
template <PackableElement F, PackingOrder Order = bit_order::low_first>
class packed_span {
  using byte = std::conditional_t<std::is_const_v<F>, std::uint8_t const, std::uint8_t>;

 public:
  using element_type = F;
  using value_type = std::remove_const_t<F>;
  using order = Order;
  static constexpr int bits = value_type::bits;

  /// What operator[] of a writable span gives: assigns to the element, not to itself (also where it is const).
  class reference {
   public:
    using number_type = value_type;
    reference(reference const&) = default;
    constexpr operator value_type() const noexcept { return from_bits<value_type>(Order::get(bytes_, index_, bits)); }
    constexpr reference const& operator=(value_type x) const noexcept {
      Order::set(bytes_, index_, bits, to_bits(x));
      return *this;
    }
    constexpr reference const& operator=(reference const& other) const noexcept {
      return *this = static_cast<value_type>(other);
    }
    // Also non-const: otherwise the implicit one would rebind the proxy.
    constexpr reference& operator=(reference const& other) noexcept {
      Order::set(bytes_, index_, bits, to_bits(static_cast<value_type>(other)));
      return *this;
    }
    friend constexpr bool operator==(reference const& a, value_type b) noexcept {
      return static_cast<value_type>(a) == b;
    }
    friend constexpr auto operator<=>(reference const& a, value_type b) noexcept {
      return static_cast<value_type>(a) <=> b;
    }
    friend constexpr bool operator==(reference const& a, reference const& b) noexcept {
      return static_cast<value_type>(a) == static_cast<value_type>(b);
    }
    friend constexpr auto operator<=>(reference const& a, reference const& b) noexcept {
      return static_cast<value_type>(a) <=> static_cast<value_type>(b);
    }
    explicit constexpr operator float() const noexcept { return static_cast<float>(static_cast<value_type>(*this)); }
    friend constexpr void swap(reference a, reference b) noexcept {
      value_type const kept = a;
      a = static_cast<value_type>(b);
      b = kept;
    }

   private:
    friend class packed_span;
    constexpr reference(std::uint8_t* bytes, std::size_t index) noexcept : bytes_(bytes), index_(index) {}
    std::uint8_t* bytes_;
    std::size_t index_;
  };
  using const_reference = value_type;
  using access_type = std::conditional_t<std::is_const_v<F>, const_reference, reference>;

  /// Random access by value. (iterator_category is input: the old categories demand a true reference.)
  class iterator {
   public:
    using iterator_concept = std::random_access_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = packed_span::value_type;
    using difference_type = std::ptrdiff_t;
    using reference = packed_span::access_type;
    using pointer = void;

    constexpr iterator() noexcept = default;
    constexpr reference operator*() const noexcept { return at(bytes_, static_cast<std::size_t>(index_)); }
    constexpr reference operator[](difference_type n) const noexcept { return *(*this + n); }
    constexpr iterator& operator++() noexcept { return *this += 1; }
    constexpr iterator& operator--() noexcept { return *this -= 1; }
    constexpr iterator operator++(int) noexcept {
      iterator const before = *this;
      ++*this;
      return before;
    }
    constexpr iterator operator--(int) noexcept {
      iterator const before = *this;
      --*this;
      return before;
    }
    constexpr iterator& operator+=(difference_type n) noexcept {
      index_ += n;
      return *this;
    }
    constexpr iterator& operator-=(difference_type n) noexcept { return *this += -n; }
    friend constexpr iterator operator+(iterator i, difference_type n) noexcept { return i += n; }
    friend constexpr iterator operator+(difference_type n, iterator i) noexcept { return i += n; }
    friend constexpr iterator operator-(iterator i, difference_type n) noexcept { return i -= n; }
    friend constexpr difference_type operator-(iterator const& a, iterator const& b) noexcept {
      return a.index_ - b.index_;
    }
    friend constexpr bool operator==(iterator const& a, iterator const& b) noexcept { return a.index_ == b.index_; }
    friend constexpr std::strong_ordering operator<=>(iterator const& a, iterator const& b) noexcept {
      return a.index_ <=> b.index_;
    }

   private:
    friend class packed_span;
    constexpr iterator(byte* bytes, std::size_t index) noexcept
        : bytes_(bytes), index_(static_cast<difference_type>(index)) {}
    byte* bytes_ = nullptr;
    difference_type index_ = 0;
  };

  constexpr packed_span() noexcept = default;

  /// `size` elements at `bytes`, which holds at least stored_bytes<Order>(size, bits) bytes.
  constexpr packed_span(byte* bytes, std::size_t size) noexcept : bytes_(bytes), size_(size) {}

  /// The first `size` elements of `bytes`.
  constexpr packed_span(std::span<byte> bytes, std::size_t size) : bytes_(bytes.data()), size_(size) {
    if (bytes.size() < stored_bytes<Order>(size, bits)) {
      detail::raise(error(error_code::size, "bytes", 0, bytes.size(),
                          "packed_span: bytes holds " + std::to_string(bytes.size()) + ", " + std::to_string(size) +
                              " elements of " + std::to_string(bits) + " bits need " +
                              std::to_string(stored_bytes<Order>(size, bits))));
    }
  }

  /// A writable span is a read-only one.
  template <class G>
    requires(std::is_const_v<F>&& std::same_as<G const, F>)
  constexpr packed_span(packed_span<G, Order> const& other) noexcept  // NOLINT: implicit, as span<T> to span<T const>
      : bytes_(other.data()), size_(other.size()) {}

  constexpr byte* data() const noexcept { return bytes_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr std::size_t size_bytes() const noexcept { return stored_bytes<Order>(size_, bits); }
  constexpr bool empty() const noexcept { return size_ == 0; }

  constexpr access_type operator[](std::size_t i) const noexcept { return at(bytes_, i); }
  constexpr iterator begin() const noexcept { return {bytes_, 0}; }
  constexpr iterator end() const noexcept { return {bytes_, size_}; }

  /// `count` elements from `offset` on.
  constexpr packed_span subspan(std::size_t offset, std::size_t count) const {
    if (offset > size_ || count > size_ - offset) {
      detail::raise(error(error_code::size, "count", 0, offset,
                          "packed_span::subspan: elements [" + std::to_string(offset) + ", " +
                              std::to_string(offset + count) + ") of a span of " + std::to_string(size_)));
    }
    if (offset * static_cast<std::size_t>(bits) % 8 != 0) {
      detail::raise(error(error_code::alignment, "offset", 0, offset,
                          "packed_span::subspan: element " + std::to_string(offset) + " of " + std::to_string(bits) +
                              " bits starts inside a byte"));
    }
    if (offset % group_of<Order> != 0) {
      detail::raise(error(error_code::alignment, "offset", 0, offset,
                          "packed_span::subspan: element " + std::to_string(offset) + " is inside a group of " +
                              std::to_string(group_of<Order>) + " that change places"));
    }
    return {bytes_ + packed_bytes(offset, bits), count};
  }
  constexpr packed_span first(std::size_t count) const { return subspan(0, count); }

 private:
  static constexpr access_type at(byte* bytes, std::size_t i) noexcept {
    if constexpr (std::is_const_v<F>) {
      return from_bits<value_type>(Order::get(bytes, i, bits));
    } else {
      return reference(bytes, i);
    }
  }

  byte* bytes_ = nullptr;
  std::size_t size_ = 0;
};

/// What a writable packed_span's operator[] gives.
template <class R>
concept PackedReference =
    !Format<R> && Format<typename R::number_type> && std::convertible_to<R, typename R::number_type>;

// The verbs for a number, so that generic code need not copy an element out of its proxy first.
template <PackedReference R>
constexpr unsigned to_bits(R const& x) noexcept {
  return to_bits(static_cast<typename R::number_type>(x));
}
template <PackedReference R>
constexpr float decode(R const& x) noexcept {
  return static_cast<float>(static_cast<typename R::number_type>(x));
}

}  // namespace lowp::inline LOWP_ABI

template <class F, class Order>
inline constexpr bool std::ranges::enable_view<lowp::packed_span<F, Order>> = true;

template <class F, class Order>
inline constexpr bool std::ranges::enable_borrowed_range<lowp::packed_span<F, Order>> = true;
