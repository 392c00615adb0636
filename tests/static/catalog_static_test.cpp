// SPDX-License-Identifier: Apache-2.0
//
// The facts of every named format, typed from what its source publishes: OCP OFP8 1.0, OCP MX 1.0, IEEE 754-2019, the
// FNUZ proposal, IEEE P3109 v4.0. The library derives them; nothing here does.

#include <limits>

#include <lowp/format.hpp>

namespace {

constexpr unsigned none = 0xffff'ffffU;

/// 2^n as a double, n in [-1022, 1023].
constexpr double pow2(int n) {
  double x = 1.0;
  for (; n > 0; --n) x *= 2.0;
  for (; n < 0; ++n) x /= 2.0;
  return x;
}

struct published {
  int bits;
  double max;
  double min_normal;
  double min_subnormal;  // smallest positive value
  unsigned max_code;
  unsigned infinity;  // code, or none
  unsigned nan;       // canonical code, or none
  int nan_count;
};

template <class F>
constexpr bool agrees(published const& p) {
  using facts = lowp::facts<F>;
  bool const signedness =
      (facts::sign_mask != 0) == facts::is_signed &&
      (facts::is_signed ? static_cast<double>(facts::lowest) == -p.max
                        : static_cast<double>(facts::lowest) == (facts::has_zero ? 0.0 : p.min_normal));
  return facts::bits == p.bits && F::bits == p.bits && static_cast<double>(facts::max) == p.max &&
         static_cast<double>(facts::min_normal) == p.min_normal &&
         static_cast<double>(facts::min_subnormal) == p.min_subnormal && facts::max_code == p.max_code &&
         facts::has_infinity == (p.infinity != none) && facts::has_inf == facts::has_infinity &&
         (p.infinity == none || facts::infinity_code == p.infinity) && facts::has_nan == (p.nan != none) &&
         (p.nan == none || facts::nan_code == p.nan) && facts::nan_count == p.nan_count && signedness &&
         facts::code_mask == (1U << p.bits) - 1U;
}

// clang-format off
//                                  bits   max              min normal   min subn.    max     inf    NaN     NaNs
static_assert(agrees<lowp::e5m2>       ({8,  57344,           pow2(-14),   pow2(-16),   0x7b,   0x7c,  0x7e,   6}));
static_assert(agrees<lowp::e4m3fn>     ({8,  448,             pow2(-6),    pow2(-9),    0x7e,   none,  0x7f,   2}));
static_assert(agrees<lowp::e4m3>       ({8,  240,             pow2(-6),    pow2(-9),    0x77,   0x78,  0x7c,   14}));
static_assert(agrees<lowp::e3m4>       ({8,  15.5,            pow2(-2),    pow2(-6),    0x6f,   0x70,  0x78,   30}));
static_assert(agrees<lowp::e3m4fn>     ({8,  30,              pow2(-2),    pow2(-6),    0x7e,   none,  0x7f,   2}));
static_assert(agrees<lowp::e5m2fnuz>   ({8,  57344,           pow2(-15),   pow2(-17),   0x7f,   none,  0x80,   1}));
static_assert(agrees<lowp::e4m3fnuz>   ({8,  240,             pow2(-7),    pow2(-10),   0x7f,   none,  0x80,   1}));
static_assert(agrees<lowp::e4m3b11fnuz>({8,  30,              pow2(-10),   pow2(-13),   0x7f,   none,  0x80,   1}));
static_assert(agrees<lowp::e8m0fnu>    ({8,  pow2(127),       pow2(-127),  pow2(-127),  0xfe,   none,  0xff,   1}));
static_assert(agrees<lowp::ue4m3>      ({7,  448,             pow2(-6),    pow2(-9),    0x7e,   none,  0x7f,   1}));
static_assert(agrees<lowp::ue5m3>      ({8,  114688,          pow2(-14),   pow2(-17),   0xfe,   none,  0xff,   1}));
static_assert(agrees<lowp::e3m2fn>     ({6,  28,              pow2(-2),    pow2(-4),    0x1f,   none,  none,   0}));
static_assert(agrees<lowp::e2m3fn>     ({6,  7.5,             1,           0.125,       0x1f,   none,  none,   0}));
static_assert(agrees<lowp::e2m1fn>     ({4,  6,               1,           0.5,         0x7,    none,  none,   0}));
static_assert(agrees<lowp::e3m0fn>     ({4,  16,              0.25,        0.25,        0x7,    none,  none,   0}));
static_assert(agrees<lowp::float16>    ({16, 65504,           pow2(-14),   pow2(-24),   0x7bff, 0x7c00, 0x7e00, 2046}));
static_assert(agrees<lowp::bfloat16>   ({16, 255 * pow2(120), pow2(-126),  pow2(-133),  0x7f7f, 0x7f80, 0x7fc0, 254}));

// IEEE P3109 v4.0, 8 bits. Signed: NaN 80, infinity 7F. Unsigned: NaN FF, infinity FE.
static_assert(agrees<lowp::p3109::binary8p1se>({8, pow2(62),        pow2(-63),  pow2(-63),  0x7e, 0x7f, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p2se>({8, pow2(31),        pow2(-31),  pow2(-32),  0x7e, 0x7f, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p3se>({8, 49152,           pow2(-15),  pow2(-17),  0x7e, 0x7f, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p4se>({8, 224,             pow2(-7),   pow2(-10),  0x7e, 0x7f, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p5se>({8, 15,              pow2(-3),   pow2(-7),   0x7e, 0x7f, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p6se>({8, 3.875,           0.5,        pow2(-6),   0x7e, 0x7f, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p7se>({8, 1.96875,         1,          pow2(-6),   0x7e, 0x7f, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p1sf>({8, pow2(63),        pow2(-63),  pow2(-63),  0x7f, none, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p2sf>({8, 1.5 * pow2(31),  pow2(-31),  pow2(-32),  0x7f, none, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p3sf>({8, 57344,           pow2(-15),  pow2(-17),  0x7f, none, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p4sf>({8, 240,             pow2(-7),   pow2(-10),  0x7f, none, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p5sf>({8, 15.5,            pow2(-3),   pow2(-7),   0x7f, none, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p6sf>({8, 3.9375,          0.5,        pow2(-6),   0x7f, none, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p7sf>({8, 1.984375,        1,          pow2(-6),   0x7f, none, 0x80, 1}));
static_assert(agrees<lowp::p3109::binary8p1ue>({8, pow2(125),       pow2(-127), pow2(-127), 0xfd, 0xfe, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p2ue>({8, 1.5 * pow2(62),  pow2(-63),  pow2(-64),  0xfd, 0xfe, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p3ue>({8, 1.25 * pow2(31), pow2(-31),  pow2(-33),  0xfd, 0xfe, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p4ue>({8, 53248,           pow2(-15),  pow2(-18),  0xfd, 0xfe, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p5ue>({8, 232,             pow2(-7),   pow2(-11),  0xfd, 0xfe, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p6ue>({8, 15.25,           pow2(-3),   pow2(-8),   0xfd, 0xfe, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p7ue>({8, 3.90625,         0.5,        pow2(-7),   0xfd, 0xfe, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p8ue>({8, 1.9765625,       1,          pow2(-7),   0xfd, 0xfe, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p1uf>({8, pow2(126),       pow2(-127), pow2(-127), 0xfe, none, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p2uf>({8, pow2(63),        pow2(-63),  pow2(-64),  0xfe, none, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p3uf>({8, 1.5 * pow2(31),  pow2(-31),  pow2(-33),  0xfe, none, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p4uf>({8, 57344,           pow2(-15),  pow2(-18),  0xfe, none, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p5uf>({8, 240,             pow2(-7),   pow2(-11),  0xfe, none, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p6uf>({8, 15.5,            pow2(-3),   pow2(-8),   0xfe, none, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p7uf>({8, 3.9375,          0.5,        pow2(-7),   0xfe, none, 0xff, 1}));
static_assert(agrees<lowp::p3109::binary8p8uf>({8, 1.984375,        1,          pow2(-7),   0xfe, none, 0xff, 1}));
// clang-format on

// binary8p3se is not E5M2: bias 16, one NaN, no -0.
static_assert(lowp::p3109::binary8p3se::layout.bias == 16 && !lowp::facts<lowp::p3109::binary8p3se>::has_negative_zero);
static_assert(lowp::facts<lowp::e5m2>::has_negative_zero && lowp::e5m2::layout.bias == 15);
// -0 exists where the family has one; E8M0 has no zero at all.
static_assert(lowp::facts<lowp::e4m3fn>::has_negative_zero && !lowp::facts<lowp::e4m3fnuz>::has_negative_zero);
static_assert(lowp::facts<lowp::e2m1fn>::has_negative_zero && !lowp::facts<lowp::ue4m3>::has_negative_zero);
static_assert(!lowp::facts<lowp::e8m0fnu>::has_zero && lowp::facts<lowp::ue4m3>::has_zero);

// The eight magnitudes of E2M1 (OCP MX 1.0, table 7).
static_assert([] {
  constexpr float magnitudes[8] = {0.0F, 0.5F, 1.0F, 1.5F, 2.0F, 3.0F, 4.0F, 6.0F};
  for (unsigned code = 0; code < 16; ++code) {
    float const expected = code < 8 ? magnitudes[code] : -magnitudes[code - 8];
    if (static_cast<float>(lowp::from_bits<lowp::e2m1fn>(code)) != expected) return false;
  }
  return true;
}());

// --- integers ----------------------------------------------------------------------------------------------------

template <class F>
constexpr bool ranges(int bits, int lowest, int max) {
  using facts = lowp::facts<F>;
  using limits = std::numeric_limits<F>;
  return facts::bits == bits && facts::max == static_cast<float>(max) && facts::lowest == static_cast<float>(lowest) &&
         facts::is_signed == (lowest < 0) && facts::is_integer && facts::value_count == max - lowest + 1 &&
         facts::finite_count == facts::value_count && facts::min_subnormal == 1.0F && facts::min_normal == 1.0F &&
         !facts::has_nan && !facts::has_infinity && facts::nan_count == 0 && facts::has_zero &&
         !facts::has_negative_zero && static_cast<int>(limits::max()) == max &&
         static_cast<int>(limits::min()) == lowest && static_cast<int>(limits::lowest()) == lowest &&
         limits::is_integer && limits::is_exact && limits::is_signed == (lowest < 0) &&
         limits::digits == (lowest < 0 ? bits - 1 : bits) && limits::radix == 2 && limits::is_bounded &&
         !limits::is_modulo && !limits::has_infinity && !limits::has_quiet_NaN && limits::max_digits10 == 0;
}
static_assert(ranges<lowp::int8>(8, -128, 127) && ranges<lowp::int7>(7, -64, 63) && ranges<lowp::int6>(6, -32, 31));
static_assert(ranges<lowp::int5>(5, -16, 15) && ranges<lowp::int4>(4, -8, 7) && ranges<lowp::int3>(3, -4, 3));
static_assert(ranges<lowp::int2>(2, -2, 1) && ranges<lowp::uint8>(8, 0, 255) && ranges<lowp::uint7>(7, 0, 127));
static_assert(ranges<lowp::uint6>(6, 0, 63) && ranges<lowp::uint5>(5, 0, 31) && ranges<lowp::uint4>(4, 0, 15));
static_assert(ranges<lowp::uint3>(3, 0, 7) && ranges<lowp::uint2>(2, 0, 3) && ranges<lowp::uint1>(1, 0, 1));
// The same as the built-in type of that width says.
static_assert(std::numeric_limits<lowp::int8>::digits10 == std::numeric_limits<signed char>::digits10);
static_assert(std::numeric_limits<lowp::uint8>::digits10 == std::numeric_limits<unsigned char>::digits10);
static_assert(std::numeric_limits<lowp::int4>::digits10 == 0 && std::numeric_limits<lowp::int5>::digits10 == 1);

// --- numeric_limits of floating point ----------------------------------------------------------------------------

struct expected_limits {
  int digits, digits10, max_digits10, min_exponent, max_exponent, min_exponent10, max_exponent10;
  double min, max, epsilon, denorm_min;
};

template <class F>
constexpr bool limits_are(expected_limits const& e) {
  using limits = std::numeric_limits<F>;
  constexpr auto value = [](F x) { return static_cast<double>(x); };
  return limits::is_specialized && !limits::is_integer && !limits::is_exact && limits::radix == 2 &&
         limits::digits == e.digits && limits::digits10 == e.digits10 && limits::max_digits10 == e.max_digits10 &&
         limits::min_exponent == e.min_exponent && limits::max_exponent == e.max_exponent &&
         limits::min_exponent10 == e.min_exponent10 && limits::max_exponent10 == e.max_exponent10 &&
         value(limits::min()) == e.min && value(limits::max()) == e.max && value(limits::epsilon()) == e.epsilon &&
         value(limits::denorm_min()) == e.denorm_min && value(limits::round_error()) == 0.5 && limits::is_bounded &&
         !limits::is_modulo && !limits::traps && !limits::has_signaling_NaN &&
         (!limits::is_signed || value(limits::lowest()) == -e.max) && limits::round_style == std::round_to_nearest;
}
// clang-format off
//                                          p   d10 md10  emin  emax  e10min e10max  min         max              epsilon     denorm_min
static_assert(limits_are<lowp::float16>    ({11, 3, 5,    -13,  16,   -4,    4,      pow2(-14),  65504,           pow2(-10),  pow2(-24)}));
static_assert(limits_are<lowp::bfloat16>   ({8,  2, 4,    -125, 128,  -37,   38,     pow2(-126), 255 * pow2(120), pow2(-7),   pow2(-133)}));
static_assert(limits_are<lowp::e5m2>       ({3,  0, 2,    -13,  16,   -4,    4,      pow2(-14),  57344,           0.25,       pow2(-16)}));
static_assert(limits_are<lowp::e4m3fn>     ({4,  0, 3,    -5,   9,    -1,    2,      pow2(-6),   448,             0.125,      pow2(-9)}));
static_assert(limits_are<lowp::e4m3>       ({4,  0, 3,    -5,   8,    -1,    2,      pow2(-6),   240,             0.125,      pow2(-9)}));
static_assert(limits_are<lowp::e3m4>       ({5,  1, 3,    -1,   4,    0,     1,      0.25,       15.5,            0.0625,     pow2(-6)}));
static_assert(limits_are<lowp::e4m3b11fnuz>({4,  0, 3,    -9,   5,    -3,    1,      pow2(-10),  30,              0.125,      pow2(-13)}));
static_assert(limits_are<lowp::e8m0fnu>    ({1,  0, 2,    -126, 128,  -38,   38,     pow2(-127), pow2(127),       1,          pow2(-127)}));
static_assert(limits_are<lowp::e2m1fn>     ({2,  0, 2,    1,    3,    0,     0,      1,          6,               0.5,        0.5}));
// clang-format on

// float itself has bfloat16's exponents: what does not depend on the precision is the same.
static_assert(std::numeric_limits<lowp::bfloat16>::min_exponent == std::numeric_limits<float>::min_exponent);
static_assert(std::numeric_limits<lowp::bfloat16>::max_exponent == std::numeric_limits<float>::max_exponent);
static_assert(std::numeric_limits<lowp::bfloat16>::min_exponent10 == std::numeric_limits<float>::min_exponent10);
static_assert(std::numeric_limits<lowp::bfloat16>::max_exponent10 == std::numeric_limits<float>::max_exponent10);

static_assert(std::numeric_limits<lowp::e5m2>::has_infinity && std::numeric_limits<lowp::e5m2>::has_quiet_NaN);
static_assert(lowp::to_bits(std::numeric_limits<lowp::e5m2>::infinity()) == 0x7c);
static_assert(lowp::isnan(std::numeric_limits<lowp::e4m3fn>::quiet_NaN()));
static_assert(!std::numeric_limits<lowp::e4m3fn>::has_infinity && !std::numeric_limits<lowp::e2m1fn>::has_quiet_NaN);
static_assert(std::numeric_limits<lowp::e5m2>::has_denorm == std::denorm_present);
static_assert(std::numeric_limits<lowp::e3m0fn>::has_denorm == std::denorm_absent);
static_assert(!std::numeric_limits<lowp::ue4m3>::is_signed && std::numeric_limits<lowp::e4m3fn>::is_signed);
static_assert(std::numeric_limits<lowp::e4m3fn const>::digits == 4);

// Exponents above zero (a bias of 0 or less): ceil(log10 min) all the same.
static_assert(std::numeric_limits<lowp::minifloat<1, 2, 0, lowp::specials::finite>>::min_exponent10 == 1);
static_assert(std::numeric_limits<lowp::minifloat<3, 2, -5, lowp::specials::finite>>::min_exponent10 == 2);
static_assert(std::numeric_limits<lowp::minifloat<3, 2, 0, lowp::specials::finite>>::min_exponent10 == 1);

}  // namespace
