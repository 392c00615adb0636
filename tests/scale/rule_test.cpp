// SPDX-License-Identifier: Apache-2.0
//
// From absmax to a stored scale: against the oracle, and against numbers that others published.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace rule_test {

namespace {

namespace qo = quantize_oracle;
namespace scale = lowp::scale;
using lowp::exact;

/// 2^exponent of a rule, for one absmax and element.
template <class Rule, class Element>
float power(float absmax) {
  auto const s =
      scale::stored_scale<lowp::e8m0fnu>::from(scale::power_of_two<Rule>{}.ideal(absmax, lowp::facts<Element>::all));
  return s.value;
}

/// Floats around every power of two and around the points where rules differ, in most binades.
std::vector<float> interesting() {
  std::vector<float> all;
  for (std::uint32_t field = 0; field < 255; field += field < 6 || field > 248 ? 1 : 3) {
    for (std::uint32_t const fraction : {0x000000U, 0x000001U, 0x000002U, 0x0fffffU, 0x100000U, 0x3fffffU, 0x400000U,
                                         0x400001U, 0x5fffffU, 0x600000U, 0x600001U, 0x6fffffU, 0x700000U, 0x77ffffU,
                                         0x780000U, 0x7bffffU, 0x7c0000U, 0x7e0000U, 0x7f0000U, 0x7fffffU}) {
      if (field != 0 || fraction != 0) {
        all.push_back(std::bit_cast<float>(field << 23 | fraction));
      }
    }
  }
  return all;
}

std::string describe(qo::rule r) {
  constexpr std::array names{"absmax", "floor", "ceil", "even", "rceil"};
  return names[static_cast<std::size_t>(r)];
}

}  // namespace

TEST_CASE("every rule x element x stored type equals the oracle in binades from 2^-149 to 2^127") {
  std::vector<std::optional<oracle::format>> stored{std::nullopt};
  for (char const* name : {"bfloat16", "float16", "e8m0fnu", "e4m3fn", "ue4m3", "ue5m3"}) {
    stored.push_back(oracle::by_name(name));
  }
  std::vector<float> const inputs = interesting();
  for (char const* element : {"int8", "int4", "int2", "uint4", "e4m3fn", "e5m2", "e4m3", "e3m4", "e3m2fn", "e2m3fn",
                              "e2m1fn", "e3m0fn", "bfloat16", "binary8p1sf"}) {
    for (auto const& type : stored) {
      for (qo::rule const r : {qo::rule::absmax, qo::rule::floor, qo::rule::ceil, qo::rule::even, qo::rule::rceil}) {
        qo::scheme s{oracle::by_name(element), 1, 1, r, type};
        lowp::any_scheme const twin = qo::twin(s);
        std::size_t wrong = 0;
        float first = 0;
        for (float const x : lowp_test::thinned(inputs)) {
          qo::stored_scale const expected = qo::scale_of(s, oracle::number_of(x).value);
          auto const got = lowp::detail::any_scale_of_block(twin, x);
          bool const same_status =
              (got.status == scale::storing::exact_or_rounded && expected.what == qo::stored_scale::kind::fits) ||
              (got.status == scale::storing::underflow && expected.what == qo::stored_scale::kind::underflow) ||
              (got.status == scale::storing::overflow && expected.what == qo::stored_scale::kind::overflow);
          bool const fits = expected.what == qo::stored_scale::kind::fits;
          if (!same_status ||
              (fits && (got.code != expected.bits || oracle::number_of(got.value).value != expected.value))) {
            first = wrong == 0 ? x : first;
            ++wrong;
          }
        }
        INFO(describe(r) << " of " << element << " in " << (type ? type->name : "float") << ", first at " << first);
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("the type's scale equals the run-time scale") {
  auto const check = [](auto rule) {
    using R = decltype(rule);
    using S = lowp::scheme<lowp::e2m1fn, lowp::per_tensor, R>;
    auto const twin = lowp::as_any_scheme<S>();
    for (float const x : interesting()) {
      auto const by_type = lowp::kernel::portable_kernels::scale_of(rule, x, lowp::facts<lowp::e2m1fn>::all);
      auto const by_twin = lowp::detail::any_scale_of_block(twin, x);
      REQUIRE(by_type.status == by_twin.status);
      REQUIRE(std::bit_cast<std::uint32_t>(by_type.value) == std::bit_cast<std::uint32_t>(by_twin.value));
    }
  };
  check(scale::absmax<float>{});
  check(scale::absmax<lowp::float16>{});
  check(scale::absmax<lowp::e8m0fnu>{});
  check(scale::absmax<lowp::ue4m3>{});
  check(scale::power_of_two<scale::pow2::floor>{});
  check(scale::power_of_two<scale::pow2::ceil>{});
  check(scale::power_of_two<scale::pow2::even, lowp::bfloat16>{});
  check(scale::power_of_two<scale::pow2::rceil, float>{});
  check(scale::power_of_two<scale::pow2::rfloor>{});
}

TEST_CASE("absmax divides in double and rounds to storage once") {
  // 1/127 in double, then to float: the same as a float division; in e4m3fn 2.125 is the tie of 2 and 2.25.
  auto const ideal = scale::absmax<float>::ideal(2.125F * 127.0F, lowp::facts<lowp::int8>::all);
  CHECK(static_cast<float>(scale::stored_scale<lowp::e4m3fn>::from(ideal).stored) == 2.0F);
  auto const above = scale::absmax<float>::ideal(
      std::bit_cast<float>(std::bit_cast<std::uint32_t>(2.125F * 127.0F) + 1), lowp::facts<lowp::int8>::all);
  CHECK(static_cast<float>(scale::stored_scale<lowp::e4m3fn>::from(above).stored) == 2.25F);
  // Division in double first: a third with 53 bits, which float16 then rounds. (Rounding the exact quotient at once, or
  // through float, may differ for other inputs; the double is what is promised.)
  exact const third = scale::absmax<float>::ideal(1.0F, lowp::facts<lowp::int3>::all);
  CHECK(third.significand == 0xaaaaaaaaaaaaa800U);
  CHECK(!third.sticky);
  CHECK(third.exponent == -2);
}

TEST_CASE("the four power-of-two rules where they differ") {
  using lowp::e2m1fn;
  using lowp::e4m3fn;
  namespace pow2 = scale::pow2;
  // OCP MX 1.0, 6.3: 2^(floor(log2 absmax) - 2) for e2m1fn. ceil: the next power of two. even: up from 1.75 on (one
  // mantissa bit). rceil: up from 1.5 on (max 6 = 1.5 * 4).
  struct {
    float absmax, floor, ceil, even, rceil;
  } const cases[] = {
      {4.0F, 1, 1, 1, 1},       {4.1F, 1, 2, 1, 1}, {6.0F, 1, 2, 1, 1},       {6.0000005F, 1, 2, 1, 2},
      {6.9999995F, 1, 2, 1, 2}, {7.0F, 1, 2, 2, 2}, {7.9999995F, 1, 2, 2, 2}, {8.0F, 2, 2, 2, 2},
  };
  for (auto const& c : cases) {
    INFO(c.absmax);
    CHECK(power<pow2::floor, e2m1fn>(c.absmax) == c.floor);
    CHECK(power<pow2::ceil, e2m1fn>(c.absmax) == c.ceil);
    CHECK(power<pow2::even, e2m1fn>(c.absmax) == c.even);
    CHECK(power<pow2::rceil, e2m1fn>(c.absmax) == c.rceil);
  }
  // e4m3fn: max 448 = 1.75 * 2^8, three mantissa bits.
  CHECK(power<pow2::rceil, e4m3fn>(448.0F) == 1.0F);
  CHECK(power<pow2::rceil, e4m3fn>(448.00003F) == 2.0F);
  CHECK(power<pow2::even, e4m3fn>(495.99997F) == 1.0F);  // 1.9375 * 2^8 is the tie
  CHECK(power<pow2::even, e4m3fn>(496.0F) == 2.0F);
  CHECK(power<pow2::floor, e4m3fn>(511.99997F) == 1.0F);
  // int8: max 127, floor(log2 max) = 6; `even` has no mantissa to round to.
  CHECK(power<pow2::floor, lowp::int8>(127.0F) == 1.0F);
  CHECK(power<pow2::even, lowp::int8>(127.9F) == 1.0F);
  CHECK(power<pow2::rceil, lowp::int8>(127.5F) == 2.0F);
}

TEST_CASE("floor of a ratio is not the ratio of floors: block maxima 2.7, 5.5, 1.2 of e2m1fn") {
  // A serving engine shipped floor(log2(absmax / max)), which saturates all three blocks (.25, .5, .125). The rules give
  // .5, 1, .25: the greatest elements land at 5.4, 5.5 and 4.8.
  std::vector<float> x(3 * 32, 0.01F);
  x[3] = -2.7F;
  x[40] = 5.5F;
  x[95] = 1.2F;
  auto const by_floor = lowp::quantize<lowp::mxfp4>({x.data(), 3, 32});
  using rceil = lowp::scheme<lowp::e2m1fn, lowp::per_group<32>, scale::power_of_two<scale::pow2::rceil>>;
  auto const by_rceil = lowp::quantize<rceil>({x.data(), 3, 32});
  float const expected[] = {0.5F, 1.0F, 0.25F};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(static_cast<float>(by_floor.scale(i, 0)) == expected[i]);
    CHECK(static_cast<float>(by_rceil.scale(i, 0)) == expected[i]);
  }
}

TEST_CASE("E8M0 codes of power-of-two scales stay in [2^-126, 2^127]") {
  namespace pow2 = scale::pow2;
  CHECK(power<pow2::floor, lowp::e4m3fn>(std::numeric_limits<float>::denorm_min()) == 0x1p-126F);
  CHECK(power<pow2::floor, lowp::e4m3fn>(0x1p-118F) == 0x1p-126F);
  CHECK(power<pow2::floor, lowp::e4m3fn>(0x1p-117F) == 0x1p-125F);
  CHECK(power<pow2::ceil, lowp::int2>(std::numeric_limits<float>::max()) == 0x1p127F);
  auto const s = scale::stored_scale<lowp::e8m0fnu>::from(
      scale::power_of_two<pow2::floor>{}.ideal(1.0F, lowp::facts<lowp::e2m1fn>::all));
  CHECK(to_bits(s.stored) == 125);
}

TEST_CASE("the scale of a block without a nonzero finite element is 1 in every stored type") {
  CHECK(scale::stored_scale<float>::one().stored == 1.0F);
  CHECK(to_bits(scale::stored_scale<lowp::e8m0fnu>::one().stored) == 127);
  CHECK(to_bits(scale::stored_scale<lowp::ue4m3>::one().stored) == 0x38);
  CHECK(scale::stored_scale<lowp::ue5m3>::one().value == 1.0F);
  CHECK(scale::stored_scale<lowp::bfloat16>::one().value == 1.0F);
  CHECK(scale::stored_scale<lowp::float16>::one().status == scale::storing::exact_or_rounded);
}

TEST_CASE("a float scale is never below the smallest normal float") {
  using S = lowp::scheme<lowp::e5m2, lowp::per_group<1>>;
  std::vector<float> const x{0x1p-149F, 57344.0F * 0x1p-127F, 57344.0F * 0x1p-126F, 57344.0F * 0x1.000002p-126F};
  auto const q = lowp::quantize<S>({x.data(), 1, 4});
  CHECK(q.scale(0, 0) == 0x1p-126F);
  CHECK(q.scale(0, 1) == 0x1p-126F);
  CHECK(q.scale(0, 2) == 0x1p-126F);
  CHECK(q.scale(0, 3) == 0x1.000002p-126F);
  CHECK(decode(q.code(0, 0)) == 0.0F);  // 2^-23 is less than half of e5m2's smallest number
  CHECK(decode(q.code(0, 1)) == 28672.0F);
}

static_assert(lowp::ScaleRule<scale::absmax<float>> && lowp::ScaleRule<scale::absmax<lowp::e8m0fnu>>);
static_assert(lowp::ScaleRule<scale::power_of_two<scale::pow2::even, float>>);
static_assert(!lowp::ScaleRule<scale::pow2::even> && !lowp::ScaleRule<float>);

}  // namespace rule_test
