// SPDX-License-Identifier: Apache-2.0

#include <lowp/text/parse_format.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <lowp/format.hpp>

#include "support/catch.hpp"
#include "support/format_types.hpp"

namespace parse_format_test {

namespace {

std::string complaint(std::string_view name) {
  auto const parsed = lowp::try_parse_format(name);
  if (parsed) return "parsed as " + lowp::name_of(*parsed);
  CHECK(parsed.error().code() == lowp::error_code::name);
  CHECK(parsed.error().argument() == "name");
  return parsed.error().what();
}

bool contains(std::string const& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("parse_format: other people's spellings, in either case") {
  struct row {
    std::string_view spelling;
    std::string_view name;
  };
  for (row const& r : std::vector<row>{
           {"bf16", "bfloat16"},
           {"BF16", "bfloat16"},
           {"BFloat16", "bfloat16"},
           {"fp16", "float16"},
           {"f16", "float16"},
           {"F16", "float16"},
           {"half", "float16"},
           {"binary16", "float16"},
           {"fp8_e4m3", "e4m3fn"},
           {"F8_E4M3", "e4m3fn"},
           {"F8_E5M2", "e5m2"},
           {"F8_E8M0", "e8m0fnu"},
           {"F4", "e2m1fn"},
           {"f8_e4m3fn", "e4m3fn"},
           {"float8_e4m3fn", "e4m3fn"},
           {"FLOAT8E4M3FN", "e4m3fn"},
           {"f8E4M3FN", "e4m3fn"},
           {"f8E4M3", "e4m3"},
           {"float8_e4m3", "e4m3"},
           {"float8_e3m4", "e3m4"},
           {"float8_e4m3b11fnuz", "e4m3b11fnuz"},
           {"float8_e5m2fnuz", "e5m2fnuz"},
           {"float8_e8m0fnu", "e8m0fnu"},
           {"float6_e3m2fn", "e3m2fn"},
           {"float4_e2m1fn", "e2m1fn"},
           {"e2m1", "e2m1fn"},
           {"e3m2", "e3m2fn"},
           {"e2m3", "e2m3fn"},
           {"e3m0", "e3m0fn"},
           {"E4M3", "e4m3"},
           {"INT5", "int5"},
           {"uint3", "uint3"},
           {"i4", "int4"},
           {"NF4", "nf4"},
           {"Binary6p3sf", "binary6p3sf"},
           {"minifloat:e4m3:fn", "e4m3fn"},
           {"minifloat:e5m2", "e5m2"},
           {"MiniFloat:E3M2:B3:FN", "minifloat:e3m2:b3:fn"},
           {"minifloat:e8m0:exponent:u", "e8m0fnu"},
           {"minifloat:e4m3:u", "minifloat:e4m3:b7:ieee:u"},
           {"minifloat:e3m2:b-1", "minifloat:e3m2:b-1:ieee"},
       }) {
    INFO(r.spelling);
    auto const parsed = lowp::try_parse_format(r.spelling);
    REQUIRE(parsed);
    CHECK(parsed->name() == r.name);
    CHECK(lowp::name_of(*parsed) == r.name);
  }
}

TEST_CASE("parse_format: an alias never hides a name, and leads to one") {
  std::set<std::string_view> seen;
  for (auto const& entry : lowp::detail::format_aliases) {
    INFO(entry.alias);
    CHECK(seen.insert(entry.alias).second);
    CHECK(lowp::parse_format(entry.alias).name() == entry.name);
    CHECK(lowp::parse_format(entry.name).name() == entry.name);
    for (auto const& listed : lowp::catalog()) CHECK(listed.name != entry.alias);
  }
}

TEST_CASE("parse_format: the values are those of the types") {
  CHECK(lowp::parse_format("minifloat:e3m2:b3:fn") ==
        (lowp::any_format::of<lowp::minifloat<3, 2, 3, lowp::specials::fn>>()));
  CHECK(lowp::parse_format("e3m2fn") == lowp::any_format::of<lowp::e3m2fn>());
  CHECK_FALSE(lowp::parse_format("e4m3fn") == lowp::parse_format("e4m3"));
  CHECK(lowp::parse_format("binary16p8se") == lowp::any_format::of<lowp::p3109::binary16p8se>());
}

TEST_CASE("parse_format: a wrong name says what is near and what was expected") {
  CHECK(contains(complaint("e4m4fn"), "\"e4m4fn\""));
  CHECK(contains(complaint("e4m4fn"), "did you mean e4m3fn or e3m4fn?"));
  CHECK(contains(complaint("bfoat16"), "did you mean bfloat16?"));
  CHECK(contains(complaint("Flaot16"), "did you mean float16?"));
  CHECK(contains(complaint("nf5"), "did you mean nf4"));
  CHECK(contains(complaint("e3m2:fn"), "did you mean e3m2fn?"));
  CHECK(contains(complaint("int"), "did you mean int8 or int4?"));
  CHECK_FALSE(contains(complaint("something"), "did you mean"));
  CHECK(contains(complaint("something"), "Expected a name of the catalogue"));
  CHECK(contains(complaint(""), "Expected a name of the catalogue"));
  CHECK(contains(complaint("int9"), "signed integers have 2 to 8 bits"));
  CHECK(contains(complaint("int1"), "signed integers have 2 to 8 bits"));
  CHECK(contains(complaint("int12345"), "no format has this name"));
  CHECK(contains(complaint("uint0"), "unsigned integers have 1 to 8 bits"));
  CHECK(contains(complaint("fp32"), "at most 16 bits"));
  CHECK(contains(complaint("mxfp4"), "scheme"));
  CHECK(contains(complaint("NVFP4"), "scheme"));
  CHECK(contains(complaint("fp8"), "e4m3fn, e5m2"));
  CHECK(contains(complaint("FP4"), "e2m1fn"));
}

TEST_CASE("parse_format: a P3109 name out of bounds") {
  for (std::string_view const name : {"binary8p3", "binary8p3s", "binary8p3xe", "binary8p3sx", "binary8p3sef", "binary",
                                      "binary8", "binaryp3se", "binary8p3es", "binary8p3s\xff"}) {
    INFO(name);
    CHECK(contains(complaint(name), "binary{K}p{P}{s|u}{e|f}"));
  }
  for (std::string_view const name : {"binary8p8se", "binary8p9ue", "binary8p0se", "binary2p1se", "binary17p9se"}) {
    INFO(name);
    CHECK(contains(complaint(name), "K = 3 to 16"));
  }
  CHECK(contains(complaint("binary16p1se"), "exact in float"));
  CHECK(contains(complaint("binary16p7se"), "exact in float"));
}

TEST_CASE("parse_format: a generic name that breaks the grammar or describes nothing") {
  for (std::string_view const name :
       {"minifloat", "minifloat:", "minifloat:e3", "minifloat:e3m", "minifloat:em2", "minifloat:3m2", "minifloat:e3m2:",
        "minifloat:e3m2:b", "minifloat:e3m2:b-", "minifloat:e3m2:x", "minifloat:e3m2:fn:b3", "minifloat:e3m2:fnn",
        "minifloat:e3m2:u:fn", "minifloat:e3m2:b3:fn:u:u", "minifloat:e3m2 ", "minifloat:e3m2:b3fn"}) {
    INFO(name);
    CHECK(contains(complaint(name), "expected minifloat:e{E}m{M}"));
  }
  CHECK(contains(complaint("minifloat:e0m2"), "at least one exponent bit"));
  CHECK(contains(complaint("minifloat:e99m2"), "2 to 16 bits"));
  CHECK(contains(complaint("minifloat:e8m8"), "2 to 16 bits"));
  CHECK(contains(complaint("minifloat:e4m0"), "NaN"));
  CHECK(contains(complaint("minifloat:e9m2"), "exact in float"));
  CHECK(contains(complaint("minifloat:e4m3:b9999"), "exact in float"));
  CHECK(contains(complaint("minifloat:e4m3:fnuz:u"), "sign"));
  CHECK(contains(complaint("minifloat:e8m0:exponent"), "sign"));
}

TEST_CASE("parse_format: throws what try_parse_format returns") {
  CHECK_THROWS_AS(lowp::parse_format("e4m4fn"), lowp::error);
  CHECK(lowp::parse_format("nf4").is_codebook());
}

TEST_CASE("catalog: every named type, once") {
  std::set<std::string> names;
  for (auto const& entry : lowp::catalog()) {
    INFO(entry.name);
    CHECK(names.insert(entry.name).second);
    CHECK(entry.format.name() == entry.name);
    CHECK(lowp::parse_format(entry.name) == entry.format);
    CHECK_FALSE(entry.description.empty());
    CHECK_FALSE(contains(entry.description, "\n"));
    CHECK_FALSE(entry.source.empty());
  }
  std::size_t types = 0;
  lowp_test::for_each_format(lowp_test::catalogue, [&](auto named) {
    ++types;
    CHECK(names.count(std::string(named.name)) == 1);
  });
  CHECK(names.size() == types);
}

}  // namespace parse_format_test
