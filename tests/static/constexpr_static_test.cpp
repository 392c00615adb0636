// SPDX-License-Identifier: Apache-2.0
//
// Everything scalar happens at compile time too: casts under every policy, arithmetic, questions about a number, random
// bits. Expected values are worked by hand.

#include <cstdint>
#include <limits>

#include <lowp/cast.hpp>

namespace {

using lowp::bfloat16;
using lowp::cast;
using lowp::decode;
using lowp::e4m3fn;
using lowp::e5m2;
using lowp::to_bits;
namespace rounding = lowp::rounding;
namespace overflow = lowp::overflow;
namespace profile = lowp::profile;

template <class F, class... Policies>
constexpr float rounded(double x, Policies... policies) {
  return decode(cast<F>(x, policies...));
}

// --- casts: 1.0625 is half way between 1 (code 38) and 1.125 (code 39) of e4m3fn ---------------------------------

static_assert(rounded<e4m3fn>(1.0625) == 1.0F && rounded<e4m3fn>(1.1875) == 1.25F);
static_assert(rounded<e4m3fn>(1.0625, rounding::nearest_away{}) == 1.125F);
static_assert(rounded<e4m3fn>(1.0625, rounding::toward_zero{}) == 1.0F);
static_assert(rounded<e4m3fn>(1.0625, rounding::up{}) == 1.125F && rounded<e4m3fn>(-1.0625, rounding::up{}) == -1.0F);
static_assert(rounded<e4m3fn>(1.0625, rounding::down{}) == 1.0F &&
              rounded<e4m3fn>(-1.0625, rounding::down{}) == -1.125F);
static_assert(rounded<e4m3fn>(1.0625, rounding::to_odd{}) == 1.125F &&
              rounded<e4m3fn>(1.1875, rounding::to_odd{}) == 1.125F);
// nu = 1/2: of 16 values of R, variant a goes up for the upper 8.
static_assert(rounded<e4m3fn>(1.0625, rounding::stochastic_given<rounding::variant::a, 4>{7}) == 1.0F);
static_assert(rounded<e4m3fn>(1.0625, rounding::stochastic_given<rounding::variant::a, 4>{8}) == 1.125F);
static_assert(rounded<e4m3fn>(1.0625, rounding::stochastic_given<rounding::variant::b, 4>{7}) == 1.0F);
static_assert(rounded<e4m3fn>(1.0625, rounding::stochastic_given<rounding::variant::b, 4>{8}) == 1.125F);
static_assert(rounded<e4m3fn>(1.0625, rounding::stochastic_given<rounding::variant::c, 4>{7}) == 1.0F);
static_assert(rounded<e4m3fn>(1.0625, rounding::stochastic_given<rounding::variant::c, 4>{8}) == 1.125F);
static_assert(rounded<e4m3fn>(1.0, rounding::stochastic{1, 2}) == 1.0F);
static_assert(rounded<e4m3fn>(1.0625, rounding::stochastic{42, 7}) ==
              rounded<e4m3fn>(1.0625, rounding::stochastic{42}.at(7)));
static_assert(rounded<e4m3fn>(1.0625, rounding::stochastic_hash{42, 7}) >= 1.0F);

// One rounding from double: 1.0625 + 2^-40 is above the tie, and a float on the way would lose that.
static_assert(rounded<e4m3fn>(1.0625 + 0x1p-40) == 1.125F);
static_assert(decode(cast<e4m3fn>(static_cast<float>(1.0625 + 0x1p-40))) == 1.0F);

// Overflow.
static_assert(rounded<e4m3fn>(464.0) == 448.0F &&
              rounded<e4m3fn>(464.0, rounding::nearest_even{}, overflow::nonsaturating{}) == 448.0F);
static_assert(to_bits(cast<e4m3fn>(464.5, rounding::nearest_even{}, overflow::nonsaturating{})) == 0x7f);
static_assert(to_bits(cast<e5m2>(61440.0, rounding::nearest_even{}, overflow::nonsaturating{})) == 0x7c);
static_assert(to_bits(cast<e5m2>(61440.0, rounding::nearest_even{}, overflow::saturate_finite{})) == 0x7b);
static_assert(to_bits(cast<e5m2>(-std::numeric_limits<double>::infinity())) == 0xfb);
static_assert(to_bits(cast<e5m2>(-std::numeric_limits<float>::infinity(), rounding::down{},
                                 overflow::saturate_finite{})) == 0xfc);
static_assert(to_bits(cast<e5m2>(1e300, rounding::down{}, overflow::nonsaturating{})) == 0x7b);
static_assert(to_bits(cast<e4m3fn>(1e300, profile::cuda_nosat{})) == 0x7f);
static_assert(to_bits(cast<e4m3fn>(std::numeric_limits<double>::quiet_NaN())) == 0x7f);
static_assert(to_bits(cast<lowp::e2m1fn>(std::numeric_limits<float>::quiet_NaN())) == 0x7);
static_assert(to_bits(cast<lowp::int4>(std::numeric_limits<float>::quiet_NaN())) == 0);

// Run-time policies are constexpr as well.
static_assert(rounded<e4m3fn>(1.0625, rounding::any{rounding::up{}}, overflow::any{}) == 1.125F);

// From integers and between formats.
static_assert(decode(cast<e4m3fn>(17)) == 16.0F && decode(cast<e4m3fn>(std::int64_t{-1} << 62)) == -448.0F);
static_assert(decode(cast<bfloat16>(std::numeric_limits<std::uint64_t>::max())) == 0x1p64F);
static_assert(decode(cast<bfloat16>(std::numeric_limits<std::int64_t>::min())) == -0x1p63F);
static_assert(decode(cast<lowp::int8>(true)) == 1.0F && decode(cast<lowp::int8>('\x7f')) == 127.0F);
static_assert(to_bits(cast<e4m3fn>(cast<e5m2>(1.25F))) == 0x3a);
static_assert(decode(cast<lowp::int4>(lowp::from_bits<lowp::nf4>(0))) == -1.0F);
static_assert(decode(cast<lowp::nf4>(-1.0F)) == -1.0F && to_bits(cast<lowp::nf4>(0.0)) == 7);

// --- arithmetic --------------------------------------------------------------------------------------------------

template <class F>
constexpr F number(double x) {
  return cast<F>(x);
}

// The examples that a detour through double gets wrong.
static_assert(decode(add(number<bfloat16>(1), number<bfloat16>(0x1p-100), rounding::up{})) == 1.0078125F);
static_assert(decode(add(number<bfloat16>(1), number<bfloat16>(0x1p-100))) == 1.0F);
static_assert(decode(subtract(number<bfloat16>(1), number<bfloat16>(0x1p-100), rounding::down{})) == 0.99609375F);
static_assert(decode(fma(number<bfloat16>(1.015625), number<bfloat16>(1.25), number<bfloat16>(0x1p-100))) ==
              1.2734375F);
static_assert(decode(fma(number<bfloat16>(1.015625), number<bfloat16>(1.25), number<bfloat16>(-0x1p-100))) ==
              1.265625F);

static_assert(decode(number<e4m3fn>(1.125) + number<e4m3fn>(16)) == 18.0F);  // 17.125, between 16 and 18
static_assert(decode(number<e4m3fn>(3) - number<e4m3fn>(2.75)) == 0.25F);
static_assert(decode(number<e4m3fn>(3) * number<e4m3fn>(1.125)) == 3.5F);  // 3.375, a tie, to even
static_assert(decode(number<e4m3fn>(1) / number<e4m3fn>(3)) == 0.34375F);  // 0.3333: 11 * 2^-5 is nearest

constexpr float step_by_step() {
  e4m3fn x = number<e4m3fn>(3);
  x *= number<e4m3fn>(1.125);  // 3.5, as above
  (x += number<e4m3fn>(0.25)) -= number<e4m3fn>(1.75);
  x /= number<e4m3fn>(3);  // 2 / 3: 11 * 2^-4
  return decode(x);
}
static_assert(step_by_step() == 0.6875F);
static_assert(decode(divide(number<e4m3fn>(1), number<e4m3fn>(3), rounding::down{})) == 0.3125F);
static_assert(decode(sqrt(number<e4m3fn>(2))) == 1.375F);  // 1.414: below the midpoint 1.4375
static_assert(decode(sqrt(number<e4m3fn>(2), rounding::up{})) == 1.5F);
static_assert(decode(number<e4m3fn>(448) + number<e4m3fn>(448)) == 448.0F);
static_assert(isnan(add(number<e4m3fn>(448), number<e4m3fn>(448), rounding::nearest_even{},
                        overflow::nonsaturating{})));
static_assert(decode(number<lowp::int4>(5) + number<lowp::int4>(6)) == 7.0F);
static_assert(decode(number<lowp::int4>(7) / number<lowp::int4>(2)) == 4.0F);  // 3.5, a tie, to even
static_assert(decode(sqrt(number<lowp::uint8>(200))) == 14.0F);

// Specials, IEEE 754-2019 6.3 and 7.2.
constexpr e5m2 infinity = std::numeric_limits<e5m2>::infinity();
constexpr e5m2 zero{};
constexpr e5m2 one = number<e5m2>(1);
static_assert(isnan(infinity - infinity) && isnan(zero * infinity) && isnan(zero / zero) && isnan(sqrt(-one)));
static_assert(isinf(divide(one, zero, rounding::nearest_even{}, overflow::nonsaturating{})));
static_assert(to_bits(one - one) == 0x00 && to_bits(subtract(one, one, rounding::down{})) == 0x80);
static_assert(to_bits(sqrt(-zero)) == 0x80);

// --- questions about a number ------------------------------------------------------------------------------------

static_assert(isinf(infinity) && !isfinite(infinity) && !isnan(infinity) && signbit(-infinity));
static_assert(to_bits(nextafter(number<e5m2>(57344), infinity)) == 0x7c && to_bits(nextafter(one, zero)) == 0x3b);
static_assert(to_bits(copysign(one, -zero)) == 0xbc && to_bits(abs(-one)) == 0x3c);
static_assert(-zero == zero && (one <=> one) == 0 && one < infinity);
static_assert(total_order(-zero, zero) < 0);

// --- generators --------------------------------------------------------------------------------------------------

// Random123, kat_vectors: philox4x32 10 rounds, counter and key zero.
static_assert(lowp::philox::block(0, std::uint64_t{0}).words[0] == 0x6627e8d5U);
static_assert(lowp::philox::word<16>(0, 0) == 0xe8d5U && lowp::philox::word<16>(0, 1) == 0x6627U);
static_assert(lowp::counter_hash::mix(0) == 0);

}  // namespace
