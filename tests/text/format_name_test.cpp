// SPDX-License-Identifier: Apache-2.0

#include <lowp/text/format_name.hpp>

#include <string>
#include <tuple>
#include <vector>

#include <lowp/format.hpp>
#include <lowp/text/parse_format.hpp>

#include "support/catch.hpp"
#include "support/format_types.hpp"
#include "support/oracle_twin.hpp"

namespace format_name_test {

namespace {

struct unnamed_table {
  static constexpr float values[4] = {-1.0F, -0.25F, 0.25F, 1.0F};
};
struct own_table {
  static constexpr char const* name = "mine";
  static constexpr float values[4] = {-1.0F, -0.5F, 0.5F, 1.0F};
};

}  // namespace

TEST_CASE("format_name: types as the field spells them, and back") {
  constexpr std::tuple some_of_p3109{
      lowp_test::named_format<lowp::p3109::binary8p3se>{"binary8p3se"},
      lowp_test::named_format<lowp::p3109::binary3p3uf>{"binary3p3uf"},
      lowp_test::named_format<lowp::p3109::binary6p1ue>{"binary6p1ue"},
      lowp_test::named_format<lowp::p3109::binary16p11sf>{"binary16p11sf"},
  };
  lowp_test::for_each_format(std::tuple_cat(lowp_test::catalogue, some_of_p3109), [](auto named) {
    using format = typename decltype(named)::type;
    CHECK(lowp::format_name<format>() == named.name);
    lowp::any_format const f = lowp::any_format::of<format>();
    CHECK(lowp::name_of(f) == named.name);
    CHECK(lowp::parse_format(named.name) == f);
    CHECK(lowp::parse_format(named.name).name() == named.name);
  });
}

TEST_CASE("format_name: every P3109 format exact in float") {
  int count = 0;
  for (int k = 3; k <= 16; ++k) {
    for (oracle::format const& o : oracle::p3109_formats(k)) {
      if (o.exponent_bits > 8) continue;
      lowp::float_layout const layout{o.exponent_bits, o.mantissa_bits, o.bias, oracle::twin(o.kind),
                                      oracle::twin(o.signedness)};
      INFO(o.name);
      if (layout.defect() != nullptr) {
        CHECK_FALSE(lowp::try_parse_format(o.name));
        continue;
      }
      ++count;
      CHECK(lowp::format_name(layout) == o.name);
      CHECK(lowp::parse_format(o.name).layout() == layout);
    }
  }
  // As many as lowp/format/p3109.hpp names.
  CHECK(count == 376);
}

TEST_CASE("format_name: every layout reads back as itself") {
  int count = 0;
  for (int e = 1; e <= 8; ++e) {
    for (int m = 0; m <= 4; ++m) {
      for (int bias = -2; bias <= 20; bias += 2) {
        for (auto const special : lowp::detail::specials_names) {
          for (lowp::sign_bit const sign : {lowp::sign_bit::present, lowp::sign_bit::absent}) {
            lowp::float_layout const layout{e, m, bias, special.special, sign};
            std::string const name = lowp::format_name(layout);
            auto const parsed = lowp::try_parse_format(name);
            INFO(name);
            if (layout.defect() != nullptr) {
              CHECK_FALSE(parsed);
              continue;
            }
            ++count;
            REQUIRE(parsed);
            CHECK(parsed->layout() == layout);
            CHECK(parsed->name() == name);
          }
        }
      }
    }
  }
  CHECK(count > 2000);
}

TEST_CASE("format_name: the spelling of a generic name") {
  CHECK(lowp::format_name<lowp::minifloat<3, 2, 3, lowp::specials::fn>>() == "minifloat:e3m2:b3:fn");
  CHECK(lowp::format_name<lowp::minifloat<2, 2>>() == "minifloat:e2m2:b1:ieee");
  CHECK(lowp::format_name<lowp::minifloat<4, 4, -3, lowp::specials::finite, lowp::sign_bit::absent>>() ==
        "minifloat:e4m4:b-3:finite:u");
  CHECK(lowp::format_name<lowp::minifloat<4, 3, 7, lowp::specials::p3109_finite>>() ==
        "minifloat:e4m3:b7:p3109_finite");
  CHECK(lowp::format_name<lowp::minifloat<4, 3, 7, lowp::specials::fn>>() == "e4m3fn");
}

TEST_CASE("format_name: tables") {
  using unnamed = lowp::codebook<unnamed_table>;
  CHECK(lowp::format_name<unnamed>() == "codebook:4");
  CHECK(lowp::format_name<lowp::codebook<own_table>>() == "mine");
  CHECK(lowp::name_of(lowp::any_format::of<unnamed>()) == "codebook:4");
  CHECK(lowp::name_of(lowp::any_format::of<unnamed>("quarters")) == "quarters");
  CHECK(lowp::name_of(lowp::any_format::of<lowp::nf4>("something else")) == "nf4");
  CHECK_FALSE(lowp::try_parse_format("codebook:4"));
}

}  // namespace format_name_test
