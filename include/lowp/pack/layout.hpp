// SPDX-License-Identifier: Apache-2.0
//
// How somebody else lays quantized numbers out in memory.
#pragma once

#include <concepts>
#include <cstddef>

#include <lowp/base/config.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/pack/packed_span.hpp>

namespace lowp::inline LOWP_ABI {

/// A run of codes as a tool stores it: what a code means, where its bits sit, how the run ends.
///
/// Meaning   the number behind a code is decode(code) - ZeroPoint, in units of its scale. An unsigned element with zero
///           point 8 and a signed one with 0 hold the same numbers. A zero point of each group, where a tool has them, is
///           stored beside in the same layout, and moves with the codes.
/// Units     Multiple: a run is padded to a multiple of so many elements (8 of 4 bits where a tool stores int32).
template <PackableElement Element, BitOrder Order, int ZeroPoint = 0, std::size_t Multiple = 1>
struct layout {
  static_assert(Multiple != 0 && (ZeroPoint == 0 || IntegerFormat<Element>),
                "lowp: a zero point belongs to integer codes");
  using element_type = Element;
  using order = Order;
  static constexpr int zero_point = ZeroPoint;
  static constexpr std::size_t multiple = Multiple;

  /// Bytes that `count` elements take.
  static constexpr std::size_t bytes(std::size_t count) noexcept {
    return stored_bytes<Order>((count / Multiple + (count % Multiple != 0 ? 1U : 0U)) * Multiple, Element::bits);
  }
};

/// A layout: element_type, order, zero_point, bytes(count).
template <class L>
concept Layout = PackableElement<typename L::element_type> && BitOrder<typename L::order> &&
    requires(std::size_t count) {
  { L::zero_point } -> std::convertible_to<int>;
  { L::bytes(count) } -> std::same_as<std::size_t>;
};

/// The same bytes with another zero point. Of codes with a zero point for each group only the difference counts, so both
/// may be moved with any zero point, but with the same one.
///
/// Example   with_zero_point<layouts::autoawq, 8> to layouts::compressed_tensors_int4, weights and zero points alike
template <Layout L, int ZeroPoint>
using with_zero_point = layout<typename L::element_type, typename L::order, ZeroPoint, L::multiple>;

/// Layouts between which numbers move: integers of any zero points, or the same element format.
template <class From, class To>
concept RepackableLayouts = Layout<From> && Layout<To> &&
    (std::same_as<typename From::element_type, typename To::element_type> ||
     (IntegerFormat<typename From::element_type> && IntegerFormat<typename To::element_type>));

}  // namespace lowp::inline LOWP_ABI
