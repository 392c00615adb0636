// SPDX-License-Identifier: Apache-2.0
//
// The vendors' edges, as policy/profile.hpp tabulates them and as their documents and headers state them.

#include <cstdint>
#include <limits>
#include <type_traits>

#include <lowp/cast.hpp>

#include "support/catch.hpp"

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN();

// Codes of the answers. E4M3FN: 448 = 7E, NaN = 7F. E5M2: 57344 = 7B, infinity = 7C, NaN = 7E (canonical).
enum answer : unsigned { a448 = 0x7e, a_nan = 0x7f, a57344 = 0x7b, a_inf = 0x7c, b_nan = 0x7e };

struct row {
  // e4m3fn of 464, 465, 480, +inf, -inf
  unsigned e4m3fn[5];
  // e5m2 of 61439, 61440, +inf, -inf
  unsigned e5m2[4];
};

template <class Profile>
void check(char const* name, Profile profile, row const& expected) {
  INFO(name);
  auto const e4 = [&](float x) { return lowp::to_bits(lowp::cast<lowp::e4m3fn>(x, profile)); };
  auto const e5 = [&](float x) { return lowp::to_bits(lowp::cast<lowp::e5m2>(x, profile)); };
  CHECK(e4(464.0F) == expected.e4m3fn[0]);
  CHECK(e4(465.0F) == expected.e4m3fn[1]);
  CHECK(e4(480.0F) == expected.e4m3fn[2]);
  CHECK(e4(infinity) == expected.e4m3fn[3]);
  CHECK(e4(-infinity) == expected.e4m3fn[4]);
  CHECK(e4(quiet_nan) == a_nan);
  CHECK(e4(-quiet_nan) == a_nan);
  CHECK(e5(61439.0F) == expected.e5m2[0]);
  CHECK(e5(61440.0F) == expected.e5m2[1]);
  CHECK(e5(infinity) == expected.e5m2[2]);
  CHECK(e5(-infinity) == expected.e5m2[3]);
  CHECK(e5(quiet_nan) == b_nan);
  // Inside the range all agree: nearest, ties to even.
  CHECK(e4(1.0625F) == 0x38);
  CHECK(e4(-1.1875F) == 0xba);
  CHECK(lowp::to_bits(lowp::cast<lowp::e4m3fn>(1.0625 + 0x1p-40, profile)) == 0x39);
  CHECK(lowp::to_bits(lowp::cast<lowp::e4m3fn>(17, profile)) == 0x58);
}

constexpr row saturating{{a448, a448, a448, a448, a448 | 0x80}, {a57344, a57344, a57344, a57344 | 0x80}};
constexpr row nonsaturating{{a448, a_nan, a_nan, a_nan, a_nan}, {a57344, a_inf, a_inf, a_inf | 0x80}};
constexpr row keeps_infinity{{a448, a448, a448, a_nan, a_nan}, {a57344, a57344, a_inf, a_inf | 0x80}};

}  // namespace

TEST_CASE("what each profile gives at the edge") {
  namespace profile = lowp::profile;
  check("ocp_sat", profile::ocp_sat{}, saturating);
  check("ocp_nonsat", profile::ocp_nonsat{}, nonsaturating);
  check("cuda_satfinite", profile::cuda_satfinite{}, saturating);
  check("cuda_nosat", profile::cuda_nosat{}, nonsaturating);
  check("avx10_2", profile::avx10_2{}, nonsaturating);
  check("avx10_2_sat", profile::avx10_2_sat{}, keeps_infinity);
  check("ml_dtypes", profile::ml_dtypes{}, nonsaturating);
  check("ml_dtypes_saturate", profile::ml_dtypes_saturate{}, keeps_infinity);
  check("onnx", profile::onnx{}, saturating);
  check("onnx_nonsat", profile::onnx_nonsat{}, nonsaturating);
  check("torch", profile::torch{}, nonsaturating);
  check("p3109_sat_finite", profile::p3109_sat_finite{}, saturating);
  check("p3109_sat_propagate", profile::p3109_sat_propagate{}, keeps_infinity);
  check("p3109_sat_none", profile::p3109_sat_none{}, nonsaturating);
}

TEST_CASE("Gaudi's hf8 is IEEE-like e4m3: 240, infinities included") {
  // Device-probed values: 250, 300 and infinity give 77.
  for (float const x : {240.0F, 247.0F, 250.0F, 300.0F, infinity}) {
    INFO(x);
    CHECK(lowp::to_bits(lowp::cast<lowp::e4m3>(x, lowp::profile::gaudi{})) == 0x77);
    CHECK(lowp::to_bits(lowp::cast<lowp::e4m3>(-x, lowp::profile::gaudi{})) == 0xf7);
  }
}

TEST_CASE("PTX satfinite on FP4 and FP6: NaN and infinity are +max and +-max") {
  CHECK(lowp::to_bits(lowp::cast<lowp::e2m1fn>(quiet_nan, lowp::profile::cuda_satfinite{})) == 0x7);
  CHECK(lowp::to_bits(lowp::cast<lowp::e2m1fn>(-infinity, lowp::profile::cuda_satfinite{})) == 0xf);
  CHECK(lowp::to_bits(lowp::cast<lowp::e3m2fn>(quiet_nan, lowp::profile::cuda_satfinite{})) == 0x1f);
}

TEST_CASE("P3109's own formats under its three saturation modes") {
  using lowp::p3109::binary8p3se;
  using lowp::p3109::binary8p3sf;
  using lowp::p3109::binary8p3ue;
  namespace profile = lowp::profile;
  auto const code = [](auto number) { return lowp::to_bits(number); };
  // binary8p3se: max 49152 = 7E, infinity 7F, NaN 80. 53248 is the tie between 6 and 7 units of 2^13: to 6, no overflow.
  CHECK(code(lowp::cast<binary8p3se>(53247.0F, profile::p3109_sat_none{})) == 0x7e);
  CHECK(code(lowp::cast<binary8p3se>(53248.0F, profile::p3109_sat_none{})) == 0x7e);
  CHECK(code(lowp::cast<binary8p3se>(53249.0F, profile::p3109_sat_none{})) == 0x7f);
  CHECK(code(lowp::cast<binary8p3se>(53249.0F, profile::p3109_sat_propagate{})) == 0x7e);
  CHECK(code(lowp::cast<binary8p3se>(-infinity, profile::p3109_sat_propagate{})) == 0xff);
  CHECK(code(lowp::cast<binary8p3se>(-infinity, profile::p3109_sat_finite{})) == 0xfe);
  CHECK(code(lowp::cast<binary8p3se>(quiet_nan, profile::p3109_sat_finite{})) == 0x80);
  // The finite domain never overflows into its NaN.
  CHECK(code(lowp::cast<binary8p3sf>(1e9F, profile::p3109_sat_none{})) == 0x7f);
  CHECK(code(lowp::cast<binary8p3sf>(-infinity, profile::p3109_sat_none{})) == 0xff);
  CHECK(code(lowp::cast<binary8p3sf>(quiet_nan, profile::p3109_sat_none{})) == 0x80);
  // Below an unsigned range: NaN without saturation, else 0.
  CHECK(code(lowp::cast<binary8p3ue>(-1.0F, profile::p3109_sat_none{})) == 0xff);
  CHECK(code(lowp::cast<binary8p3ue>(-1.0F, profile::p3109_sat_propagate{})) == 0);
  CHECK(code(lowp::cast<binary8p3ue>(-infinity, profile::p3109_sat_finite{})) == 0);
  CHECK(code(lowp::cast<binary8p3ue>(-0x1p-100F, profile::p3109_sat_none{})) == 0);
}
