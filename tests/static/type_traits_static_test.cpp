// SPDX-License-Identifier: Apache-2.0
//
// What kind of C++ type a format is: a code in a struct. Trivial, standard-layout, no larger than its code, usable as a
// template argument, and silent about conversions that nobody asked for.

#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <lowp/cast.hpp>

#include "support/format_types.hpp"

namespace {

template <auto Value>
struct template_argument {
  static constexpr auto value = Value;
};

template <class F>
constexpr bool is_a_plain_code() {
  // A code's storage: one byte up to 8 bits, two beyond.
  return std::is_trivial_v<F> && std::is_standard_layout_v<F> && std::has_unique_object_representations_v<F> &&
         sizeof(F) == (F::bits <= 8 ? 1 : 2) && alignof(F) == sizeof(F) && !std::is_aggregate_v<F> &&
         std::is_nothrow_copy_constructible_v<F> && std::regular<F> && lowp::Format<F> &&
         // structural: two values, two types
         lowp::to_bits(template_argument<lowp::from_bits<F>(1)>::value) == 1 &&
         !std::is_same_v<template_argument<lowp::from_bits<F>(1)>, template_argument<lowp::from_bits<F>(0)>> &&
         std::is_same_v<template_argument<lowp::from_bits<F>(1)>, template_argument<lowp::from_bits<F>(1)>> &&
         // value-initialised: code 0
         F{}.code == 0;
}

template <class F>
constexpr bool converts_only_when_asked() {
  constexpr bool out = !std::is_convertible_v<F, float> && !std::is_convertible_v<F, double> &&
                       !std::is_convertible_v<F, long double> && !std::is_convertible_v<F, int> &&
                       !std::is_convertible_v<F, unsigned> && !std::is_convertible_v<F, bool>;
  constexpr bool in = !std::is_convertible_v<float, F> && !std::is_convertible_v<double, F> &&
                      !std::is_convertible_v<int, F> && !std::is_convertible_v<unsigned, F> &&
                      !std::is_convertible_v<bool, F> && !std::is_convertible_v<std::uint8_t, F>;
  // A cast is spelled lowp::cast, a code lowp::from_bits: no constructor stands for either.
  constexpr bool constructed = !std::is_constructible_v<F, float> && !std::is_constructible_v<F, double> &&
                               !std::is_constructible_v<F, int> && !std::is_constructible_v<F, unsigned> &&
                               !std::is_constructible_v<F, std::uint8_t> && !std::is_constructible_v<F, bool>;
  // Exact ways out exist, explicitly. Truth is not a number.
  constexpr bool explicitly = std::is_constructible_v<float, F> && std::is_constructible_v<double, F> &&
                              std::is_nothrow_constructible_v<float, F> && !std::is_constructible_v<bool, F>;
  constexpr bool assigned =
      !std::is_assignable_v<F&, float> && !std::is_assignable_v<F&, int> && !std::is_assignable_v<float&, F>;
  return out && in && constructed && explicitly && assigned;
}

template <class F>
constexpr bool is_a_stranger_to_the_others() {
  bool stranger = true;
  lowp_test::for_each_format(lowp_test::catalogue, [&](auto other) {
    using other_type = typename decltype(other)::type;
    if constexpr (!std::is_same_v<F, other_type>) {
      stranger = stranger && !std::is_constructible_v<F, other_type> && !std::is_assignable_v<F&, other_type>;
    }
  });
  return stranger;
}

template <class List>
constexpr bool every(List const& list) {
  bool good = true;
  lowp_test::for_each_format(list, [&](auto format) {
    using type = typename decltype(format)::type;
    good = good && is_a_plain_code<type>() && converts_only_when_asked<type>();
  });
  return good;
}
static_assert(every(lowp_test::all_formats));
static_assert(is_a_stranger_to_the_others<lowp::e4m3fn>() && is_a_stranger_to_the_others<lowp::int4>());
static_assert(is_a_stranger_to_the_others<lowp::bfloat16>() && is_a_stranger_to_the_others<lowp::nf4>());

// Only integers are explicitly int.
static_assert(std::is_constructible_v<int, lowp::int4> && !std::is_constructible_v<int, lowp::e4m3fn>);

// Comparisons: partial where there is a NaN or could be one, strong among integers; never across formats.
static_assert(std::three_way_comparable<lowp::e4m3fn, std::partial_ordering>);
static_assert(std::same_as<decltype(lowp::e4m3fn{} <=> lowp::e4m3fn{}), std::partial_ordering>);
static_assert(std::same_as<decltype(lowp::int4{} <=> lowp::int4{}), std::strong_ordering>);
static_assert(std::same_as<decltype(lowp::nf4{} <=> lowp::nf4{}), std::partial_ordering>);
template <class A, class B>
concept comparable = requires(A a, B b) {
  a == b;
};
static_assert(comparable<lowp::e4m3fn, lowp::e4m3fn>);
static_assert(!comparable<lowp::e4m3fn, lowp::e5m2> && !comparable<lowp::e4m3fn, float> &&
              !comparable<lowp::int4, int>);

// Arithmetic stays inside one format; codebooks have none; unsigned integers have no unary minus.
template <class A, class B>
concept addable = requires(A a, B b) {
  a + b;
};
static_assert(addable<lowp::e4m3fn, lowp::e4m3fn> && addable<lowp::uint4, lowp::uint4>);
static_assert(!addable<lowp::e4m3fn, lowp::e5m2> && !addable<lowp::e4m3fn, float> && !addable<lowp::nf4, lowp::nf4>);
template <class A>
concept negatable = requires(A a) {
  -a;
};
static_assert(negatable<lowp::e4m3fn> && negatable<lowp::int4>);
static_assert(!negatable<lowp::uint4> && !negatable<lowp::ue4m3> && !negatable<lowp::e8m0fnu>);

// Concepts tell the three kinds apart.
static_assert(lowp::MinifloatFormat<lowp::e4m3fn> && !lowp::IntegerFormat<lowp::e4m3fn> &&
              !lowp::CodebookFormat<lowp::e4m3fn>);
static_assert(!lowp::MinifloatFormat<lowp::int4> && lowp::IntegerFormat<lowp::int4> &&
              !lowp::CodebookFormat<lowp::int4>);
static_assert(!lowp::MinifloatFormat<lowp::nf4> && !lowp::IntegerFormat<lowp::nf4> && lowp::CodebookFormat<lowp::nf4>);
static_assert(!lowp::Format<float> && !lowp::Format<int> && !lowp::Format<std::uint8_t>);

// Policies are policies and nothing else is.
static_assert(lowp::RoundingPolicy<lowp::rounding::nearest_even> && lowp::RoundingPolicy<lowp::rounding::any> &&
              lowp::RoundingPolicy<lowp::rounding::stochastic> &&
              lowp::RoundingPolicy<lowp::rounding::stochastic_given<lowp::rounding::variant::b, 8>>);
static_assert(lowp::OverflowPolicy<lowp::overflow::saturate> && lowp::OverflowPolicy<lowp::overflow::any>);
static_assert(!lowp::RoundingPolicy<lowp::overflow::saturate> && !lowp::OverflowPolicy<lowp::rounding::nearest_even> &&
              !lowp::RoundingPolicy<bool> && !lowp::OverflowPolicy<bool>);
static_assert(lowp::ConversionProfile<lowp::profile::ocp_sat> &&
              !lowp::ConversionProfile<lowp::rounding::nearest_even>);

// --- a format that a reader invents, in one line, has everything -------------------------------------------------

using mine = lowp::minifloat<3, 3, 5, lowp::specials::fnuz>;
static_assert(is_a_plain_code<mine>() && converts_only_when_asked<mine>() && sizeof(mine) == 1 && mine::bits == 7);
static_assert(lowp::facts<mine>::max == 7.5F && lowp::facts<mine>::min_subnormal == 0x1p-7F);
static_assert(lowp::facts<mine>::nan_code == 0x40 && lowp::facts<mine>::value_count == 127);
static_assert(std::numeric_limits<mine>::is_specialized && std::numeric_limits<mine>::digits == 4);
static_assert(static_cast<float>(std::numeric_limits<mine>::max()) == 7.5F);
static_assert(std::hash<mine>{}(mine{}) == std::hash<mine>{}(mine{}));
static_assert(std::is_default_constructible_v<std::hash<mine>> && std::is_nothrow_invocable_v<std::hash<mine>, mine>);
static_assert(static_cast<float>(lowp::cast<mine>(3.1F)) == 3.0F &&
              isnan(lowp::cast<mine>(1e9F, lowp::rounding::up{}, lowp::overflow::nonsaturating{})));
static_assert(static_cast<float>(lowp::cast<mine>(3.0F) * lowp::cast<mine>(0.5F)) == 1.5F);
static_assert(static_cast<float>(nextafter(lowp::cast<mine>(1.0F), lowp::cast<mine>(2.0F))) == 1.125F);
static_assert(static_cast<float>(abs(-lowp::cast<mine>(2.0F))) == 2.0F && signbit(-lowp::cast<mine>(2.0F)));
static_assert(lowp::cast<mine>(1.0F) < lowp::cast<mine>(2.0F) && total_order(mine{}, lowp::cast<mine>(2.0F)) < 0);

using mine16 = lowp::minifloat<6, 9>;  // "DLFloat": 16 bits, IEEE-like
static_assert(is_a_plain_code<mine16>() && sizeof(mine16) == 2 && lowp::facts<mine16>::max_exponent == 31);
using mine3 = lowp::minifloat<2, 1, 1, lowp::specials::finite, lowp::sign_bit::absent>;
static_assert(is_a_plain_code<mine3>() && mine3::bits == 3 && lowp::facts<mine3>::max == 6.0F);

struct my_table {
  static constexpr float values[] = {-1.0F, -0.25F, 0.25F, 1.0F};
};
using my2 = lowp::codebook<my_table>;
static_assert(is_a_plain_code<my2>() && converts_only_when_asked<my2>() && my2::bits == 2);
static_assert(lowp::to_bits(lowp::cast<my2>(0.3F)) == 2 && lowp::facts<my2>::max == 1.0F &&
              lowp::facts<my2>::is_signed);
static_assert(std::hash<my2>{}(my2{}) == std::hash<my2>{}(my2{}));

}  // namespace
