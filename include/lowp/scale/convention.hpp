// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a block that holds a NaN, an infinity or nothing but zeros, where standards leave it open or differ.
#pragma once

#include <concepts>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/scale/clamped.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI {

/// The three answers, each a choice of its own.
struct block_convention {
  enum class of_nan : std::uint8_t {
    element,  ///< the element's NaN, or quantize's `nan` policy; the scale does not know
    block     ///< the scale becomes NaN, and with it every value of the block
  };
  enum class of_infinity : std::uint8_t {
    element,  ///< the scheme's overflow policy; the scale does not know
    block     ///< the scale becomes NaN
  };
  /// Of a block without a nonzero finite element.
  enum class of_zero : std::uint8_t {
    one,    ///< scale 1
    least,  ///< the smallest positive number that scales are stored as
    zero    ///< scale 0: every value of the block is 0, those of infinities too
  };
  of_nan nan = of_nan::element;
  of_infinity infinity = of_infinity::element;
  of_zero zero = of_zero::one;

  friend constexpr bool operator==(block_convention const&, block_convention const&) = default;
};

namespace convention {

/// What every rule does that names no convention. OCP MX 1.0 (6.3) leaves the conversion of NaN and infinities to the
/// implementation, and says nothing of zeros but that they are zeros.
struct by_element {
  static constexpr block_convention choice{};
};

/// A NaN or an infinity makes the scale NaN, a block of zeros has the least scale (E8M0 00).
///
/// Source    torchao (pytorch/ao, torchao/prototype/mx_formats/mx_tensor.py, to_mx, at 050515e).
struct whole_block {
  static constexpr block_convention choice{block_convention::of_nan::block, block_convention::of_infinity::block,
                                           block_convention::of_zero::least};
};

/// NaN and infinities stay with their elements and do not drive the scale, which is 0 for a block without a finite nonzero
/// element: all its codes are zeros.
///
/// Source    IEEE P3109, interim report v4.0, ConvertToBlockMaxAbsFinite.
struct max_abs_finite {
  static constexpr block_convention choice{block_convention::of_nan::element, block_convention::of_infinity::element,
                                           block_convention::of_zero::zero};
};

}  // namespace convention

/// A convention has one member: block_convention choice.
template <class C>
concept BlockConvention = requires {
  { C::choice } -> std::convertible_to<block_convention>;
};

namespace scale {

namespace detail {

/// Whether a type has what a convention stores.
template <ScaleStorage Stored>
constexpr bool holds(block_convention const& c) noexcept {
  if constexpr (std::same_as<Stored, float>) {
    return true;
  } else {
    bool const needs_nan =
        c.nan == block_convention::of_nan::block || c.infinity == block_convention::of_infinity::block;
    return (!needs_nan || facts<Stored>::has_nan) &&
           (c.zero != block_convention::of_zero::zero || facts<Stored>::has_zero);
  }
}

}  // namespace detail

/// Rule, with the special blocks of a convention.
///
/// Meaning   a block whose scale becomes NaN or 0 has the codes of +0 throughout. All other blocks are those of Rule.
/// Example   torchao's MXFP4: scheme<e2m1fn, per_group<32>, follow<power_of_two<pow2::floor>, convention::whole_block>>
/// Cost      that of a rule which looks at all values: the scales are found one block at a time.
template <PlainScaleRule Rule, BlockConvention Convention>
struct follow : Rule {
  static_assert(detail::holds<typename Rule::stored_type>(Convention::choice),
                "lowp::scale::follow: the type that scales are stored as has no NaN, or no 0, for this convention");
  using rule = Rule;
  static constexpr block_convention convention = Convention::choice;
  static constexpr bool always_fits(format_facts const&) noexcept { return false; }
};

namespace detail {

template <class Rule>
inline constexpr bool follows_convention = false;
template <class Rule, class Convention>
inline constexpr bool follows_convention<follow<Rule, Convention>> = true;

template <class Rule>
constexpr block_convention convention_of() noexcept {
  if constexpr (follows_convention<Rule>) {
    return Rule::convention;
  } else {
    return {};
  }
}

template <class Rule, class Convention>
inline constexpr bool is_clamped<follow<Rule, Convention>> = is_clamped<Rule>;

}  // namespace detail

}  // namespace scale

}  // namespace lowp::inline LOWP_ABI
