// SPDX-License-Identifier: Apache-2.0
// also built: fast_math
//
// Scales of many blocks at once against the rule itself, in exact arithmetic.
#include "isa/agreement.hpp"

#include <lowp/scale/rule.hpp>

using namespace isa_test;
namespace scale = lowp::scale;

namespace {

/// Magnitudes with every exponent: powers of two, their neighbours, few and many mantissa bits, zero; and multiples of every
/// element's max, whose quotients are short, with neighbours. Where that takes ten times as long, a seventh or less.
std::vector<float> const& magnitudes() {
  static std::vector<float> const made = [] {
    constexpr std::uint32_t one_of = lowp_test::sanitized ? 31 : LOWP_TEST_EMULATED != 0 ? 7 : 1;
    std::vector<float> values = {0.0F};
    std::mt19937 random(3);
    auto const put = [&](std::uint32_t bits) {
      for (std::uint32_t b : {bits - 1U, bits, bits + 1U}) {
        if (b != 0 && b < 0x7f80'0000U) {
          values.push_back(std::bit_cast<float>(b));
        }
      }
    };
    for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
      for (std::uint32_t top = 0; top < 64; top += one_of) {
        put(exponent << 23U | top << 17U);
      }
      for (std::uint32_t i = 0; i < 64; i += one_of) {
        put(exponent << 23U | (random() & 0x007f'ffffU));
      }
      for (float max : {448.0F, 57344.0F, 6.0F, 7.0F, 127.0F, 15.5F}) {
        for (std::uint32_t top = 0; top < 32; top += one_of) {
          float const short_one = std::bit_cast<float>(exponent << 23U | top << 18U | (top % 3U) << 9U);
          put(std::bit_cast<std::uint32_t>(lowp::detail::multiply_once(short_one, max)));
        }
      }
    }
    return values;
  }();
  return made;
}

template <class Tag, class Rule>
void check_rule(char const* what, char const* expected) {
  using stored_type = typename Rule::stored_type;
  using slot = lowp::kernel::scales_slot<Tag, Rule>;
  INFO(what << " on " << Tag::name);
  CHECK(std::string(slot::served_by::name) == expected);
  lowp::kernel::fp_env const environment;
  std::vector<float> const& greatest = magnitudes();
  std::size_t wrong = 0;
  for (lowp::format_facts const& element :
       {lowp::facts<lowp::e4m3fn>::all, lowp::facts<lowp::e5m2>::all, lowp::facts<lowp::e2m1fn>::all,
        lowp::facts<lowp::int4>::all, lowp::facts<lowp::int8>::all, lowp::facts<lowp::nf4>::all,
        lowp::facts<lowp::minifloat<2, 1, 9, lowp::specials::finite>>::all}) {
    std::vector<stored_type> stored(greatest.size());
    std::vector<float> values(greatest.size());
    slot::run(Rule{}, element, greatest.data(), greatest.size(), stored.data(), values.data());
    for (std::size_t i = 0; i < greatest.size(); ++i) {
      auto const want = lowp::detail::is_zero(greatest[i])
                            ? scale::stored_scale<stored_type>::one()
                            : scale::stored_scale<stored_type>::from(Rule{}.ideal(greatest[i], element));
      bool const same = std::memcmp(&stored[i], &want.stored, sizeof want.stored) == 0 &&
                        std::memcmp(&values[i], &want.value, sizeof(float)) == 0;
      bool const fits = slot::fit(Rule{}, element, &greatest[i], 1);
      wrong += same && fits == (want.status == scale::storing::exact_or_rounded) ? 0U : 1U;
    }
    // Whole panels: one that does not fit is found wherever it stands.
    bool all = true;
    for (std::size_t i = 0; i < greatest.size(); ++i) {
      all = all && slot::fit(Rule{}, element, &greatest[i], 1);
    }
    wrong += slot::fit(Rule{}, element, greatest.data(), greatest.size()) == all ? 0U : 1U;
    // No more is written than asked for.
    for (std::size_t n = 0; n <= 17; ++n) {
      std::vector<stored_type> few(20);
      std::vector<float> few_values(20, -1.0F);
      std::memset(static_cast<void*>(few.data()), 0x5a, few.size() * sizeof(stored_type));
      slot::run(Rule{}, element, greatest.data() + 1, n, few.data(), few_values.data());
      wrong += std::memcmp(few.data(), stored.data() + 1, n * sizeof(stored_type)) == 0 ? 0U : 1U;
      wrong += few_values[n] == -1.0F && reinterpret_cast<unsigned char const*>(few.data() + n)[0] == 0x5a ? 0U : 1U;
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("scales by absmax are the rule's", "[isa]") {
  for_each_isa([]<class Tag>(Tag) {
    check_rule<Tag, scale::absmax<float>>("absmax float", encoder_of<Tag>());
    check_rule<Tag, scale::absmax<lowp::float16>>("absmax float16", encoder_of<Tag>());
    check_rule<Tag, scale::absmax<lowp::bfloat16>>("absmax bfloat16", encoder_of<Tag>());
    check_rule<Tag, scale::absmax<lowp::e4m3fn>>("absmax e4m3fn", encoder_of<Tag>());
    check_rule<Tag, scale::absmax<lowp::ue5m3>>("absmax ue5m3", encoder_of<Tag>());
    check_rule<Tag, scale::absmax<lowp::e8m0fnu>>("absmax e8m0fnu", "portable");
  });
}

TEST_CASE("power-of-two scales are the rule's", "[isa]") {
  namespace pow2 = scale::pow2;
  for_each_isa([]<class Tag>(Tag) {
    check_rule<Tag, scale::power_of_two<pow2::floor>>("floor e8m0fnu", encoder_of<Tag>());
    check_rule<Tag, scale::power_of_two<pow2::ceil, float>>("ceil float", encoder_of<Tag>());
    check_rule<Tag, scale::power_of_two<pow2::even, lowp::bfloat16>>("even bfloat16", encoder_of<Tag>());
    check_rule<Tag, scale::power_of_two<pow2::rceil>>("rceil e8m0fnu", encoder_of<Tag>());
    check_rule<Tag, scale::power_of_two<pow2::even>>("even e8m0fnu", encoder_of<Tag>());
    check_rule<Tag, scale::power_of_two<pow2::floor, lowp::e4m3fn>>("floor e4m3fn", "portable");
  });
}

TEST_CASE("what is done with scales equals portable", "[isa]") {
  using lowp::isa::portable;
  using lowp::kernel::magnitude_range;
  lowp::kernel::fp_env const environment;
  std::mt19937 random(9);
  std::vector<float> x(77);
  for_each_isa([&]<class Tag>(Tag) {
    INFO(Tag::name);
    using slot = lowp::kernel::row_slot<Tag>;
    using reference = lowp::kernel::row_slot<portable>;
    std::size_t wrong = 0;
    for (std::size_t n = 0; n <= 70; n += lowp_test::sanitized ? 5 : 1) {
      for (unsigned kind = 0; kind < 4; ++kind) {  // of any size; tiny; neighbours; with zeros
        for (float& v : x) {
          std::uint32_t const bits = static_cast<std::uint32_t>(random()) % 0x7f80'0000U;
          v = std::bit_cast<float>(kind == 1   ? bits % 0x0100'0000U
                                   : kind == 2 ? 0x3f80'0000U + bits % 8U
                                   : kind == 3 ? bits * (bits % 2U)
                                               : bits);
        }
        for (float factor : {0.3F, 0x1p-60F, 0x1p100F}) {
          std::vector<float> got = x;
          std::vector<float> want = x;
          slot::scale_limited(got.data() + 3, factor, n);
          reference::scale_limited(want.data() + 3, factor, n);
          wrong += std::memcmp(got.data(), want.data(), 4 * x.size()) != 0 ? 1U : 0U;
          got = want = x;
          slot::divide_kept(got.data() + 3, factor, n);
          reference::divide_kept(want.data() + 3, factor, n);
          wrong += std::memcmp(got.data(), want.data(), 4 * x.size()) != 0 ? 1U : 0U;
        }
        magnitude_range got;
        magnitude_range want;
        for (std::size_t at : {std::size_t{3}, std::size_t{0}}) {
          slot::extend(got, x.data() + at, n);
          reference::extend(want, x.data() + at, n);
          wrong += got.least != want.least || got.most != want.most || got.zero != want.zero ? 1U : 0U;
        }
      }
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("the portable kernel's shortcuts are the rule's", "[isa]") {
  using lowp::isa::portable;
  check_rule<portable, scale::power_of_two<scale::pow2::floor>>("floor", "portable");
  check_rule<portable, scale::power_of_two<scale::pow2::ceil, lowp::bfloat16>>("ceil", "portable");
  check_rule<portable, scale::power_of_two<scale::pow2::even, float>>("even", "portable");
  check_rule<portable, scale::power_of_two<scale::pow2::rceil>>("rceil", "portable");
  check_rule<portable, scale::power_of_two<scale::pow2::any>>("any", "portable");
  check_rule<portable, scale::absmax<lowp::float16>>("absmax float16", "portable");
}
