// SPDX-License-Identifier: Apache-2.0
//
// The formats of IEEE P3109 (Interim Report v4.0, June 2026, an unapproved draft): Binary{K}p{P}{s|u}{e|f} has K bits
// and P digits of precision, a sign or none, infinities (extended) or none (finite), one NaN, no -0, and the bias
// 2^(K-P-1) (signed) or 2^(K-P) (unsigned). Every format of 3 to 16 bits whose values are exact in float has a name.
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/format/minifloat.hpp>

namespace lowp::inline LOWP_ABI::p3109 {

enum class domain : unsigned char { extended, finite };

/// The layout of Binary{K}p{P}; requires K > 2 and 1 <= P <= K - 1 (signed) or K (unsigned).
constexpr float_layout layout_of(int k, int p, sign_bit sign, domain d) noexcept {
  int const exponent_bits = sign == sign_bit::present ? k - p : k - p + 1;
  return {exponent_bits, p - 1, exponent_bits < 1 || exponent_bits > 16 ? 0 : 1 << (exponent_bits - 1),
          d == domain::extended ? specials::p3109_extended : specials::p3109_finite, sign};
}

namespace detail {

template <int K, int P, sign_bit Sign, domain Domain>
struct checked {
  static_assert(K >= 3 && K <= 16, "lowp::p3109: K is the width, 3 to 16");
  static_assert(P >= 1 && P <= (Sign == sign_bit::present ? K - 1 : K),
                "lowp::p3109: P is the precision, 1 to K - 1 with a sign, 1 to K without");
  static constexpr float_layout l = layout_of(K, P, Sign, Domain);
  static_assert(l.exponent_bits <= 8 && l.defect() == nullptr,
                "lowp::p3109: the exponent range of this K and P is too wide for float");
  using type = minifloat<l.exponent_bits, l.mantissa_bits, l.bias, l.special, Sign>;
};

}  // namespace detail

template <int K, int P, sign_bit Sign, domain Domain>
using binary = typename detail::checked<K, P, Sign, Domain>::type;

// 3 bits
using binary3p1se = binary<3, 1, sign_bit::present, domain::extended>;
using binary3p1sf = binary<3, 1, sign_bit::present, domain::finite>;
using binary3p2se = binary<3, 2, sign_bit::present, domain::extended>;
using binary3p2sf = binary<3, 2, sign_bit::present, domain::finite>;
using binary3p1ue = binary<3, 1, sign_bit::absent, domain::extended>;
using binary3p1uf = binary<3, 1, sign_bit::absent, domain::finite>;
using binary3p2ue = binary<3, 2, sign_bit::absent, domain::extended>;
using binary3p2uf = binary<3, 2, sign_bit::absent, domain::finite>;
using binary3p3ue = binary<3, 3, sign_bit::absent, domain::extended>;
using binary3p3uf = binary<3, 3, sign_bit::absent, domain::finite>;

// 4 bits
using binary4p1se = binary<4, 1, sign_bit::present, domain::extended>;
using binary4p1sf = binary<4, 1, sign_bit::present, domain::finite>;
using binary4p2se = binary<4, 2, sign_bit::present, domain::extended>;
using binary4p2sf = binary<4, 2, sign_bit::present, domain::finite>;
using binary4p3se = binary<4, 3, sign_bit::present, domain::extended>;
using binary4p3sf = binary<4, 3, sign_bit::present, domain::finite>;
using binary4p1ue = binary<4, 1, sign_bit::absent, domain::extended>;
using binary4p1uf = binary<4, 1, sign_bit::absent, domain::finite>;
using binary4p2ue = binary<4, 2, sign_bit::absent, domain::extended>;
using binary4p2uf = binary<4, 2, sign_bit::absent, domain::finite>;
using binary4p3ue = binary<4, 3, sign_bit::absent, domain::extended>;
using binary4p3uf = binary<4, 3, sign_bit::absent, domain::finite>;
using binary4p4ue = binary<4, 4, sign_bit::absent, domain::extended>;
using binary4p4uf = binary<4, 4, sign_bit::absent, domain::finite>;

// 5 bits
using binary5p1se = binary<5, 1, sign_bit::present, domain::extended>;
using binary5p1sf = binary<5, 1, sign_bit::present, domain::finite>;
using binary5p2se = binary<5, 2, sign_bit::present, domain::extended>;
using binary5p2sf = binary<5, 2, sign_bit::present, domain::finite>;
using binary5p3se = binary<5, 3, sign_bit::present, domain::extended>;
using binary5p3sf = binary<5, 3, sign_bit::present, domain::finite>;
using binary5p4se = binary<5, 4, sign_bit::present, domain::extended>;
using binary5p4sf = binary<5, 4, sign_bit::present, domain::finite>;
using binary5p1ue = binary<5, 1, sign_bit::absent, domain::extended>;
using binary5p1uf = binary<5, 1, sign_bit::absent, domain::finite>;
using binary5p2ue = binary<5, 2, sign_bit::absent, domain::extended>;
using binary5p2uf = binary<5, 2, sign_bit::absent, domain::finite>;
using binary5p3ue = binary<5, 3, sign_bit::absent, domain::extended>;
using binary5p3uf = binary<5, 3, sign_bit::absent, domain::finite>;
using binary5p4ue = binary<5, 4, sign_bit::absent, domain::extended>;
using binary5p4uf = binary<5, 4, sign_bit::absent, domain::finite>;
using binary5p5ue = binary<5, 5, sign_bit::absent, domain::extended>;
using binary5p5uf = binary<5, 5, sign_bit::absent, domain::finite>;

// 6 bits
using binary6p1se = binary<6, 1, sign_bit::present, domain::extended>;
using binary6p1sf = binary<6, 1, sign_bit::present, domain::finite>;
using binary6p2se = binary<6, 2, sign_bit::present, domain::extended>;
using binary6p2sf = binary<6, 2, sign_bit::present, domain::finite>;
using binary6p3se = binary<6, 3, sign_bit::present, domain::extended>;
using binary6p3sf = binary<6, 3, sign_bit::present, domain::finite>;
using binary6p4se = binary<6, 4, sign_bit::present, domain::extended>;
using binary6p4sf = binary<6, 4, sign_bit::present, domain::finite>;
using binary6p5se = binary<6, 5, sign_bit::present, domain::extended>;
using binary6p5sf = binary<6, 5, sign_bit::present, domain::finite>;
using binary6p1ue = binary<6, 1, sign_bit::absent, domain::extended>;
using binary6p1uf = binary<6, 1, sign_bit::absent, domain::finite>;
using binary6p2ue = binary<6, 2, sign_bit::absent, domain::extended>;
using binary6p2uf = binary<6, 2, sign_bit::absent, domain::finite>;
using binary6p3ue = binary<6, 3, sign_bit::absent, domain::extended>;
using binary6p3uf = binary<6, 3, sign_bit::absent, domain::finite>;
using binary6p4ue = binary<6, 4, sign_bit::absent, domain::extended>;
using binary6p4uf = binary<6, 4, sign_bit::absent, domain::finite>;
using binary6p5ue = binary<6, 5, sign_bit::absent, domain::extended>;
using binary6p5uf = binary<6, 5, sign_bit::absent, domain::finite>;
using binary6p6ue = binary<6, 6, sign_bit::absent, domain::extended>;
using binary6p6uf = binary<6, 6, sign_bit::absent, domain::finite>;

// 7 bits
using binary7p1se = binary<7, 1, sign_bit::present, domain::extended>;
using binary7p1sf = binary<7, 1, sign_bit::present, domain::finite>;
using binary7p2se = binary<7, 2, sign_bit::present, domain::extended>;
using binary7p2sf = binary<7, 2, sign_bit::present, domain::finite>;
using binary7p3se = binary<7, 3, sign_bit::present, domain::extended>;
using binary7p3sf = binary<7, 3, sign_bit::present, domain::finite>;
using binary7p4se = binary<7, 4, sign_bit::present, domain::extended>;
using binary7p4sf = binary<7, 4, sign_bit::present, domain::finite>;
using binary7p5se = binary<7, 5, sign_bit::present, domain::extended>;
using binary7p5sf = binary<7, 5, sign_bit::present, domain::finite>;
using binary7p6se = binary<7, 6, sign_bit::present, domain::extended>;
using binary7p6sf = binary<7, 6, sign_bit::present, domain::finite>;
using binary7p1ue = binary<7, 1, sign_bit::absent, domain::extended>;
using binary7p1uf = binary<7, 1, sign_bit::absent, domain::finite>;
using binary7p2ue = binary<7, 2, sign_bit::absent, domain::extended>;
using binary7p2uf = binary<7, 2, sign_bit::absent, domain::finite>;
using binary7p3ue = binary<7, 3, sign_bit::absent, domain::extended>;
using binary7p3uf = binary<7, 3, sign_bit::absent, domain::finite>;
using binary7p4ue = binary<7, 4, sign_bit::absent, domain::extended>;
using binary7p4uf = binary<7, 4, sign_bit::absent, domain::finite>;
using binary7p5ue = binary<7, 5, sign_bit::absent, domain::extended>;
using binary7p5uf = binary<7, 5, sign_bit::absent, domain::finite>;
using binary7p6ue = binary<7, 6, sign_bit::absent, domain::extended>;
using binary7p6uf = binary<7, 6, sign_bit::absent, domain::finite>;
using binary7p7ue = binary<7, 7, sign_bit::absent, domain::extended>;
using binary7p7uf = binary<7, 7, sign_bit::absent, domain::finite>;

// 8 bits
using binary8p1se = binary<8, 1, sign_bit::present, domain::extended>;
using binary8p1sf = binary<8, 1, sign_bit::present, domain::finite>;
using binary8p2se = binary<8, 2, sign_bit::present, domain::extended>;
using binary8p2sf = binary<8, 2, sign_bit::present, domain::finite>;
using binary8p3se = binary<8, 3, sign_bit::present, domain::extended>;
using binary8p3sf = binary<8, 3, sign_bit::present, domain::finite>;
using binary8p4se = binary<8, 4, sign_bit::present, domain::extended>;
using binary8p4sf = binary<8, 4, sign_bit::present, domain::finite>;
using binary8p5se = binary<8, 5, sign_bit::present, domain::extended>;
using binary8p5sf = binary<8, 5, sign_bit::present, domain::finite>;
using binary8p6se = binary<8, 6, sign_bit::present, domain::extended>;
using binary8p6sf = binary<8, 6, sign_bit::present, domain::finite>;
using binary8p7se = binary<8, 7, sign_bit::present, domain::extended>;
using binary8p7sf = binary<8, 7, sign_bit::present, domain::finite>;
using binary8p1ue = binary<8, 1, sign_bit::absent, domain::extended>;
using binary8p1uf = binary<8, 1, sign_bit::absent, domain::finite>;
using binary8p2ue = binary<8, 2, sign_bit::absent, domain::extended>;
using binary8p2uf = binary<8, 2, sign_bit::absent, domain::finite>;
using binary8p3ue = binary<8, 3, sign_bit::absent, domain::extended>;
using binary8p3uf = binary<8, 3, sign_bit::absent, domain::finite>;
using binary8p4ue = binary<8, 4, sign_bit::absent, domain::extended>;
using binary8p4uf = binary<8, 4, sign_bit::absent, domain::finite>;
using binary8p5ue = binary<8, 5, sign_bit::absent, domain::extended>;
using binary8p5uf = binary<8, 5, sign_bit::absent, domain::finite>;
using binary8p6ue = binary<8, 6, sign_bit::absent, domain::extended>;
using binary8p6uf = binary<8, 6, sign_bit::absent, domain::finite>;
using binary8p7ue = binary<8, 7, sign_bit::absent, domain::extended>;
using binary8p7uf = binary<8, 7, sign_bit::absent, domain::finite>;
using binary8p8ue = binary<8, 8, sign_bit::absent, domain::extended>;
using binary8p8uf = binary<8, 8, sign_bit::absent, domain::finite>;

// 9 bits
using binary9p1se = binary<9, 1, sign_bit::present, domain::extended>;
using binary9p1sf = binary<9, 1, sign_bit::present, domain::finite>;
using binary9p2se = binary<9, 2, sign_bit::present, domain::extended>;
using binary9p2sf = binary<9, 2, sign_bit::present, domain::finite>;
using binary9p3se = binary<9, 3, sign_bit::present, domain::extended>;
using binary9p3sf = binary<9, 3, sign_bit::present, domain::finite>;
using binary9p4se = binary<9, 4, sign_bit::present, domain::extended>;
using binary9p4sf = binary<9, 4, sign_bit::present, domain::finite>;
using binary9p5se = binary<9, 5, sign_bit::present, domain::extended>;
using binary9p5sf = binary<9, 5, sign_bit::present, domain::finite>;
using binary9p6se = binary<9, 6, sign_bit::present, domain::extended>;
using binary9p6sf = binary<9, 6, sign_bit::present, domain::finite>;
using binary9p7se = binary<9, 7, sign_bit::present, domain::extended>;
using binary9p7sf = binary<9, 7, sign_bit::present, domain::finite>;
using binary9p8se = binary<9, 8, sign_bit::present, domain::extended>;
using binary9p8sf = binary<9, 8, sign_bit::present, domain::finite>;
using binary9p2ue = binary<9, 2, sign_bit::absent, domain::extended>;
using binary9p2uf = binary<9, 2, sign_bit::absent, domain::finite>;
using binary9p3ue = binary<9, 3, sign_bit::absent, domain::extended>;
using binary9p3uf = binary<9, 3, sign_bit::absent, domain::finite>;
using binary9p4ue = binary<9, 4, sign_bit::absent, domain::extended>;
using binary9p4uf = binary<9, 4, sign_bit::absent, domain::finite>;
using binary9p5ue = binary<9, 5, sign_bit::absent, domain::extended>;
using binary9p5uf = binary<9, 5, sign_bit::absent, domain::finite>;
using binary9p6ue = binary<9, 6, sign_bit::absent, domain::extended>;
using binary9p6uf = binary<9, 6, sign_bit::absent, domain::finite>;
using binary9p7ue = binary<9, 7, sign_bit::absent, domain::extended>;
using binary9p7uf = binary<9, 7, sign_bit::absent, domain::finite>;
using binary9p8ue = binary<9, 8, sign_bit::absent, domain::extended>;
using binary9p8uf = binary<9, 8, sign_bit::absent, domain::finite>;
using binary9p9ue = binary<9, 9, sign_bit::absent, domain::extended>;
using binary9p9uf = binary<9, 9, sign_bit::absent, domain::finite>;

// 10 bits
using binary10p2se = binary<10, 2, sign_bit::present, domain::extended>;
using binary10p2sf = binary<10, 2, sign_bit::present, domain::finite>;
using binary10p3se = binary<10, 3, sign_bit::present, domain::extended>;
using binary10p3sf = binary<10, 3, sign_bit::present, domain::finite>;
using binary10p4se = binary<10, 4, sign_bit::present, domain::extended>;
using binary10p4sf = binary<10, 4, sign_bit::present, domain::finite>;
using binary10p5se = binary<10, 5, sign_bit::present, domain::extended>;
using binary10p5sf = binary<10, 5, sign_bit::present, domain::finite>;
using binary10p6se = binary<10, 6, sign_bit::present, domain::extended>;
using binary10p6sf = binary<10, 6, sign_bit::present, domain::finite>;
using binary10p7se = binary<10, 7, sign_bit::present, domain::extended>;
using binary10p7sf = binary<10, 7, sign_bit::present, domain::finite>;
using binary10p8se = binary<10, 8, sign_bit::present, domain::extended>;
using binary10p8sf = binary<10, 8, sign_bit::present, domain::finite>;
using binary10p9se = binary<10, 9, sign_bit::present, domain::extended>;
using binary10p9sf = binary<10, 9, sign_bit::present, domain::finite>;
using binary10p3ue = binary<10, 3, sign_bit::absent, domain::extended>;
using binary10p3uf = binary<10, 3, sign_bit::absent, domain::finite>;
using binary10p4ue = binary<10, 4, sign_bit::absent, domain::extended>;
using binary10p4uf = binary<10, 4, sign_bit::absent, domain::finite>;
using binary10p5ue = binary<10, 5, sign_bit::absent, domain::extended>;
using binary10p5uf = binary<10, 5, sign_bit::absent, domain::finite>;
using binary10p6ue = binary<10, 6, sign_bit::absent, domain::extended>;
using binary10p6uf = binary<10, 6, sign_bit::absent, domain::finite>;
using binary10p7ue = binary<10, 7, sign_bit::absent, domain::extended>;
using binary10p7uf = binary<10, 7, sign_bit::absent, domain::finite>;
using binary10p8ue = binary<10, 8, sign_bit::absent, domain::extended>;
using binary10p8uf = binary<10, 8, sign_bit::absent, domain::finite>;
using binary10p9ue = binary<10, 9, sign_bit::absent, domain::extended>;
using binary10p9uf = binary<10, 9, sign_bit::absent, domain::finite>;
using binary10p10ue = binary<10, 10, sign_bit::absent, domain::extended>;
using binary10p10uf = binary<10, 10, sign_bit::absent, domain::finite>;

// 11 bits
using binary11p3se = binary<11, 3, sign_bit::present, domain::extended>;
using binary11p3sf = binary<11, 3, sign_bit::present, domain::finite>;
using binary11p4se = binary<11, 4, sign_bit::present, domain::extended>;
using binary11p4sf = binary<11, 4, sign_bit::present, domain::finite>;
using binary11p5se = binary<11, 5, sign_bit::present, domain::extended>;
using binary11p5sf = binary<11, 5, sign_bit::present, domain::finite>;
using binary11p6se = binary<11, 6, sign_bit::present, domain::extended>;
using binary11p6sf = binary<11, 6, sign_bit::present, domain::finite>;
using binary11p7se = binary<11, 7, sign_bit::present, domain::extended>;
using binary11p7sf = binary<11, 7, sign_bit::present, domain::finite>;
using binary11p8se = binary<11, 8, sign_bit::present, domain::extended>;
using binary11p8sf = binary<11, 8, sign_bit::present, domain::finite>;
using binary11p9se = binary<11, 9, sign_bit::present, domain::extended>;
using binary11p9sf = binary<11, 9, sign_bit::present, domain::finite>;
using binary11p10se = binary<11, 10, sign_bit::present, domain::extended>;
using binary11p10sf = binary<11, 10, sign_bit::present, domain::finite>;
using binary11p4ue = binary<11, 4, sign_bit::absent, domain::extended>;
using binary11p4uf = binary<11, 4, sign_bit::absent, domain::finite>;
using binary11p5ue = binary<11, 5, sign_bit::absent, domain::extended>;
using binary11p5uf = binary<11, 5, sign_bit::absent, domain::finite>;
using binary11p6ue = binary<11, 6, sign_bit::absent, domain::extended>;
using binary11p6uf = binary<11, 6, sign_bit::absent, domain::finite>;
using binary11p7ue = binary<11, 7, sign_bit::absent, domain::extended>;
using binary11p7uf = binary<11, 7, sign_bit::absent, domain::finite>;
using binary11p8ue = binary<11, 8, sign_bit::absent, domain::extended>;
using binary11p8uf = binary<11, 8, sign_bit::absent, domain::finite>;
using binary11p9ue = binary<11, 9, sign_bit::absent, domain::extended>;
using binary11p9uf = binary<11, 9, sign_bit::absent, domain::finite>;
using binary11p10ue = binary<11, 10, sign_bit::absent, domain::extended>;
using binary11p10uf = binary<11, 10, sign_bit::absent, domain::finite>;
using binary11p11ue = binary<11, 11, sign_bit::absent, domain::extended>;
using binary11p11uf = binary<11, 11, sign_bit::absent, domain::finite>;

// 12 bits
using binary12p4se = binary<12, 4, sign_bit::present, domain::extended>;
using binary12p4sf = binary<12, 4, sign_bit::present, domain::finite>;
using binary12p5se = binary<12, 5, sign_bit::present, domain::extended>;
using binary12p5sf = binary<12, 5, sign_bit::present, domain::finite>;
using binary12p6se = binary<12, 6, sign_bit::present, domain::extended>;
using binary12p6sf = binary<12, 6, sign_bit::present, domain::finite>;
using binary12p7se = binary<12, 7, sign_bit::present, domain::extended>;
using binary12p7sf = binary<12, 7, sign_bit::present, domain::finite>;
using binary12p8se = binary<12, 8, sign_bit::present, domain::extended>;
using binary12p8sf = binary<12, 8, sign_bit::present, domain::finite>;
using binary12p9se = binary<12, 9, sign_bit::present, domain::extended>;
using binary12p9sf = binary<12, 9, sign_bit::present, domain::finite>;
using binary12p10se = binary<12, 10, sign_bit::present, domain::extended>;
using binary12p10sf = binary<12, 10, sign_bit::present, domain::finite>;
using binary12p11se = binary<12, 11, sign_bit::present, domain::extended>;
using binary12p11sf = binary<12, 11, sign_bit::present, domain::finite>;
using binary12p5ue = binary<12, 5, sign_bit::absent, domain::extended>;
using binary12p5uf = binary<12, 5, sign_bit::absent, domain::finite>;
using binary12p6ue = binary<12, 6, sign_bit::absent, domain::extended>;
using binary12p6uf = binary<12, 6, sign_bit::absent, domain::finite>;
using binary12p7ue = binary<12, 7, sign_bit::absent, domain::extended>;
using binary12p7uf = binary<12, 7, sign_bit::absent, domain::finite>;
using binary12p8ue = binary<12, 8, sign_bit::absent, domain::extended>;
using binary12p8uf = binary<12, 8, sign_bit::absent, domain::finite>;
using binary12p9ue = binary<12, 9, sign_bit::absent, domain::extended>;
using binary12p9uf = binary<12, 9, sign_bit::absent, domain::finite>;
using binary12p10ue = binary<12, 10, sign_bit::absent, domain::extended>;
using binary12p10uf = binary<12, 10, sign_bit::absent, domain::finite>;
using binary12p11ue = binary<12, 11, sign_bit::absent, domain::extended>;
using binary12p11uf = binary<12, 11, sign_bit::absent, domain::finite>;
using binary12p12ue = binary<12, 12, sign_bit::absent, domain::extended>;
using binary12p12uf = binary<12, 12, sign_bit::absent, domain::finite>;

// 13 bits
using binary13p5se = binary<13, 5, sign_bit::present, domain::extended>;
using binary13p5sf = binary<13, 5, sign_bit::present, domain::finite>;
using binary13p6se = binary<13, 6, sign_bit::present, domain::extended>;
using binary13p6sf = binary<13, 6, sign_bit::present, domain::finite>;
using binary13p7se = binary<13, 7, sign_bit::present, domain::extended>;
using binary13p7sf = binary<13, 7, sign_bit::present, domain::finite>;
using binary13p8se = binary<13, 8, sign_bit::present, domain::extended>;
using binary13p8sf = binary<13, 8, sign_bit::present, domain::finite>;
using binary13p9se = binary<13, 9, sign_bit::present, domain::extended>;
using binary13p9sf = binary<13, 9, sign_bit::present, domain::finite>;
using binary13p10se = binary<13, 10, sign_bit::present, domain::extended>;
using binary13p10sf = binary<13, 10, sign_bit::present, domain::finite>;
using binary13p11se = binary<13, 11, sign_bit::present, domain::extended>;
using binary13p11sf = binary<13, 11, sign_bit::present, domain::finite>;
using binary13p12se = binary<13, 12, sign_bit::present, domain::extended>;
using binary13p12sf = binary<13, 12, sign_bit::present, domain::finite>;
using binary13p6ue = binary<13, 6, sign_bit::absent, domain::extended>;
using binary13p6uf = binary<13, 6, sign_bit::absent, domain::finite>;
using binary13p7ue = binary<13, 7, sign_bit::absent, domain::extended>;
using binary13p7uf = binary<13, 7, sign_bit::absent, domain::finite>;
using binary13p8ue = binary<13, 8, sign_bit::absent, domain::extended>;
using binary13p8uf = binary<13, 8, sign_bit::absent, domain::finite>;
using binary13p9ue = binary<13, 9, sign_bit::absent, domain::extended>;
using binary13p9uf = binary<13, 9, sign_bit::absent, domain::finite>;
using binary13p10ue = binary<13, 10, sign_bit::absent, domain::extended>;
using binary13p10uf = binary<13, 10, sign_bit::absent, domain::finite>;
using binary13p11ue = binary<13, 11, sign_bit::absent, domain::extended>;
using binary13p11uf = binary<13, 11, sign_bit::absent, domain::finite>;
using binary13p12ue = binary<13, 12, sign_bit::absent, domain::extended>;
using binary13p12uf = binary<13, 12, sign_bit::absent, domain::finite>;
using binary13p13ue = binary<13, 13, sign_bit::absent, domain::extended>;
using binary13p13uf = binary<13, 13, sign_bit::absent, domain::finite>;

// 14 bits
using binary14p6se = binary<14, 6, sign_bit::present, domain::extended>;
using binary14p6sf = binary<14, 6, sign_bit::present, domain::finite>;
using binary14p7se = binary<14, 7, sign_bit::present, domain::extended>;
using binary14p7sf = binary<14, 7, sign_bit::present, domain::finite>;
using binary14p8se = binary<14, 8, sign_bit::present, domain::extended>;
using binary14p8sf = binary<14, 8, sign_bit::present, domain::finite>;
using binary14p9se = binary<14, 9, sign_bit::present, domain::extended>;
using binary14p9sf = binary<14, 9, sign_bit::present, domain::finite>;
using binary14p10se = binary<14, 10, sign_bit::present, domain::extended>;
using binary14p10sf = binary<14, 10, sign_bit::present, domain::finite>;
using binary14p11se = binary<14, 11, sign_bit::present, domain::extended>;
using binary14p11sf = binary<14, 11, sign_bit::present, domain::finite>;
using binary14p12se = binary<14, 12, sign_bit::present, domain::extended>;
using binary14p12sf = binary<14, 12, sign_bit::present, domain::finite>;
using binary14p13se = binary<14, 13, sign_bit::present, domain::extended>;
using binary14p13sf = binary<14, 13, sign_bit::present, domain::finite>;
using binary14p7ue = binary<14, 7, sign_bit::absent, domain::extended>;
using binary14p7uf = binary<14, 7, sign_bit::absent, domain::finite>;
using binary14p8ue = binary<14, 8, sign_bit::absent, domain::extended>;
using binary14p8uf = binary<14, 8, sign_bit::absent, domain::finite>;
using binary14p9ue = binary<14, 9, sign_bit::absent, domain::extended>;
using binary14p9uf = binary<14, 9, sign_bit::absent, domain::finite>;
using binary14p10ue = binary<14, 10, sign_bit::absent, domain::extended>;
using binary14p10uf = binary<14, 10, sign_bit::absent, domain::finite>;
using binary14p11ue = binary<14, 11, sign_bit::absent, domain::extended>;
using binary14p11uf = binary<14, 11, sign_bit::absent, domain::finite>;
using binary14p12ue = binary<14, 12, sign_bit::absent, domain::extended>;
using binary14p12uf = binary<14, 12, sign_bit::absent, domain::finite>;
using binary14p13ue = binary<14, 13, sign_bit::absent, domain::extended>;
using binary14p13uf = binary<14, 13, sign_bit::absent, domain::finite>;
using binary14p14ue = binary<14, 14, sign_bit::absent, domain::extended>;
using binary14p14uf = binary<14, 14, sign_bit::absent, domain::finite>;

// 15 bits
using binary15p7se = binary<15, 7, sign_bit::present, domain::extended>;
using binary15p7sf = binary<15, 7, sign_bit::present, domain::finite>;
using binary15p8se = binary<15, 8, sign_bit::present, domain::extended>;
using binary15p8sf = binary<15, 8, sign_bit::present, domain::finite>;
using binary15p9se = binary<15, 9, sign_bit::present, domain::extended>;
using binary15p9sf = binary<15, 9, sign_bit::present, domain::finite>;
using binary15p10se = binary<15, 10, sign_bit::present, domain::extended>;
using binary15p10sf = binary<15, 10, sign_bit::present, domain::finite>;
using binary15p11se = binary<15, 11, sign_bit::present, domain::extended>;
using binary15p11sf = binary<15, 11, sign_bit::present, domain::finite>;
using binary15p12se = binary<15, 12, sign_bit::present, domain::extended>;
using binary15p12sf = binary<15, 12, sign_bit::present, domain::finite>;
using binary15p13se = binary<15, 13, sign_bit::present, domain::extended>;
using binary15p13sf = binary<15, 13, sign_bit::present, domain::finite>;
using binary15p14se = binary<15, 14, sign_bit::present, domain::extended>;
using binary15p14sf = binary<15, 14, sign_bit::present, domain::finite>;
using binary15p8ue = binary<15, 8, sign_bit::absent, domain::extended>;
using binary15p8uf = binary<15, 8, sign_bit::absent, domain::finite>;
using binary15p9ue = binary<15, 9, sign_bit::absent, domain::extended>;
using binary15p9uf = binary<15, 9, sign_bit::absent, domain::finite>;
using binary15p10ue = binary<15, 10, sign_bit::absent, domain::extended>;
using binary15p10uf = binary<15, 10, sign_bit::absent, domain::finite>;
using binary15p11ue = binary<15, 11, sign_bit::absent, domain::extended>;
using binary15p11uf = binary<15, 11, sign_bit::absent, domain::finite>;
using binary15p12ue = binary<15, 12, sign_bit::absent, domain::extended>;
using binary15p12uf = binary<15, 12, sign_bit::absent, domain::finite>;
using binary15p13ue = binary<15, 13, sign_bit::absent, domain::extended>;
using binary15p13uf = binary<15, 13, sign_bit::absent, domain::finite>;
using binary15p14ue = binary<15, 14, sign_bit::absent, domain::extended>;
using binary15p14uf = binary<15, 14, sign_bit::absent, domain::finite>;
using binary15p15ue = binary<15, 15, sign_bit::absent, domain::extended>;
using binary15p15uf = binary<15, 15, sign_bit::absent, domain::finite>;

// 16 bits
using binary16p8se = binary<16, 8, sign_bit::present, domain::extended>;
using binary16p8sf = binary<16, 8, sign_bit::present, domain::finite>;
using binary16p9se = binary<16, 9, sign_bit::present, domain::extended>;
using binary16p9sf = binary<16, 9, sign_bit::present, domain::finite>;
using binary16p10se = binary<16, 10, sign_bit::present, domain::extended>;
using binary16p10sf = binary<16, 10, sign_bit::present, domain::finite>;
using binary16p11se = binary<16, 11, sign_bit::present, domain::extended>;
using binary16p11sf = binary<16, 11, sign_bit::present, domain::finite>;
using binary16p12se = binary<16, 12, sign_bit::present, domain::extended>;
using binary16p12sf = binary<16, 12, sign_bit::present, domain::finite>;
using binary16p13se = binary<16, 13, sign_bit::present, domain::extended>;
using binary16p13sf = binary<16, 13, sign_bit::present, domain::finite>;
using binary16p14se = binary<16, 14, sign_bit::present, domain::extended>;
using binary16p14sf = binary<16, 14, sign_bit::present, domain::finite>;
using binary16p15se = binary<16, 15, sign_bit::present, domain::extended>;
using binary16p15sf = binary<16, 15, sign_bit::present, domain::finite>;
using binary16p9ue = binary<16, 9, sign_bit::absent, domain::extended>;
using binary16p9uf = binary<16, 9, sign_bit::absent, domain::finite>;
using binary16p10ue = binary<16, 10, sign_bit::absent, domain::extended>;
using binary16p10uf = binary<16, 10, sign_bit::absent, domain::finite>;
using binary16p11ue = binary<16, 11, sign_bit::absent, domain::extended>;
using binary16p11uf = binary<16, 11, sign_bit::absent, domain::finite>;
using binary16p12ue = binary<16, 12, sign_bit::absent, domain::extended>;
using binary16p12uf = binary<16, 12, sign_bit::absent, domain::finite>;
using binary16p13ue = binary<16, 13, sign_bit::absent, domain::extended>;
using binary16p13uf = binary<16, 13, sign_bit::absent, domain::finite>;
using binary16p14ue = binary<16, 14, sign_bit::absent, domain::extended>;
using binary16p14uf = binary<16, 14, sign_bit::absent, domain::finite>;
using binary16p15ue = binary<16, 15, sign_bit::absent, domain::extended>;
using binary16p15uf = binary<16, 15, sign_bit::absent, domain::finite>;
using binary16p16ue = binary<16, 16, sign_bit::absent, domain::extended>;
using binary16p16uf = binary<16, 16, sign_bit::absent, domain::finite>;

}  // namespace lowp::inline LOWP_ABI::p3109
