// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <lowp/quantize.hpp>
#include <lowp/text.hpp>

#include "support/catch.hpp"

namespace parse_scheme_test {

namespace {

std::string failure(std::string const& text) {
  auto const parsed = lowp::try_parse_scheme(text);
  if (parsed) return "";
  CHECK(parsed.error().code() == lowp::error_code::name);
  return parsed.error().what();
}

bool contains(std::string const& text, char const* part) { return text.find(part) != std::string::npos; }

/// Both make the same of a matrix.
bool same(lowp::any_scheme const& a, lowp::any_scheme const& b) {
  std::vector<float> x;
  for (int i = 0; i < 2 * 300; ++i) x.push_back(static_cast<float>((i * 37) % 101 - 50) * 0.013F);
  auto const p = lowp::quantize(a, {x.data(), 2, 300});
  auto const q = lowp::quantize(b, {x.data(), 2, 300});
  return p.codes() == q.codes() && p.scale_codes() == q.scale_codes() && p.outer_scales() == q.outer_scales() &&
         p.zero_points() == q.zero_points() && p.offset_codes() == q.offset_codes();
}

}  // namespace

TEST_CASE("every recipe is read by its name, and back from what it is spelled as") {
  CHECK(lowp::scheme_catalog().size() >= 28);
  for (auto const& entry : lowp::scheme_catalog()) {
    INFO(entry.name);
    CHECK_FALSE(entry.description.empty());
    auto const by_name = lowp::parse_scheme(entry.name);
    std::string const spelled = lowp::name_of(by_name);
    INFO(spelled);
    CHECK(same(by_name, entry.scheme));
    CHECK(same(lowp::parse_scheme(spelled), entry.scheme));
    CHECK(lowp::name_of(lowp::parse_scheme(spelled)) == spelled);
  }
}

TEST_CASE("what people write") {
  CHECK(same(lowp::parse_scheme("int4/g128/f16"), lowp::as_any_scheme<lowp::int4_g128>()));
  CHECK(same(lowp::parse_scheme("e2m1fn/g16/e4m3fn+f32"), lowp::as_any_scheme<lowp::nvfp4>()));
  CHECK(same(lowp::parse_scheme("e2m1fn/g32/e8m0"), lowp::as_any_scheme<lowp::mxfp4>()));
  CHECK(same(lowp::parse_scheme("int8/token"), lowp::as_any_scheme<lowp::w8a8_int8>()));
  CHECK(same(lowp::parse_scheme("e4m3fn/128x128"), lowp::as_any_scheme<lowp::fp8_block128>()));
  CHECK(same(lowp::parse_scheme("int4/g128/e4m3fn+f32:row"), lowp::as_any_scheme<lowp::vllm_w4a8>()));
  // Formats whose names have colons.
  CHECK(same(lowp::parse_scheme("int4/g32/minifloat:e4m3:b9:fn:absmax"),
             lowp::as_any_scheme<lowp::scheme<lowp::int4, lowp::per_group<32>,
                                              lowp::scale::absmax<lowp::minifloat<4, 3, 9, lowp::specials::fn>>>>()));
  CHECK(lowp::name_of(lowp::parse_scheme("minifloat:e2m2:b1:finite/g16/minifloat:e4m3:b9:fn:clamped")) ==
        "minifloat:e2m2:b1:finite/g16/minifloat:e4m3:b9:fn:absmax:clamped");
  CHECK(lowp::name_of(lowp::parse_scheme("int8/row/f32:p0.0000001")) == "int8/row/f32:p0.0000001");
  CHECK(lowp::name_of(lowp::parse_scheme("int4/g128/bf16")) == "int4/g128/bfloat16:absmax");
  CHECK(lowp::name_of(lowp::parse_scheme("int8/column/f32:p99.95")) == "int8/column/f32:p99.95");
  CHECK(lowp::name_of(lowp::parse_scheme("int8/tensor/f32:p100")) == "int8/tensor/f32:p100");
}

TEST_CASE("what cannot be read is named, and what was expected") {
  CHECK(contains(failure("mxpf4"), "did you mean mxfp4?"));
  CHECK(contains(failure(""), "element/granularity"));
  CHECK(contains(failure("int4"), "element/granularity"));
  CHECK(contains(failure("int9/g32"), "signed integers have 2 to 8 bits"));
  CHECK(contains(failure("int4/"), "element/granularity"));
  CHECK(contains(failure("int4/g0"), "'g0' is no granularity"));
  CHECK(contains(failure("int4/128"), "did you mean g128?"));
  CHECK(contains(failure("int4/g99999999999999999999"), "no granularity"));
  CHECK(contains(failure("int4/x3"), "no granularity"));
  CHECK(contains(failure("int4/g32/f33"), "scales are stored as f32 or a format"));
  CHECK(contains(failure("int4/g32/f32:max"), "no scale rule is called 'max'"));
  CHECK(contains(failure("int4/g32/f32:p101"), "no scale rule is called 'p101'"));
  CHECK(contains(failure("int4/g32/f32:p"), "no scale rule is called 'p'"));
  CHECK(contains(failure("int4/g32/f32:p9.9.9"), "no scale rule"));
  CHECK(contains(failure("int4/g32/e4m3fn+f16"), "the outer of two scales is f32"));
  CHECK(contains(failure("int4/g32/e4m3fn+f32:rows"), "neither a granularity nor range"));
  CHECK(contains(failure("e4m3fn/row/f32:minmax"), "zero points"));
  CHECK(contains(failure("int4/g32/"), "nothing behind"));
  CHECK(contains(failure("int4/g32/f32:"), "nothing behind"));
  CHECK(contains(failure("int4/g32/f32+"), "nothing behind"));
  CHECK(contains(failure("int4/g32/f32+f32:"), "nothing behind"));
  CHECK(contains(failure("int4/g32/f32:absmax:mse"), "'mse' is a second rule"));
  CHECK(contains(failure("int4/g32/e4m3fn+f32:g64:row"), "second one"));
  CHECK(contains(failure("int4/g32/f32:p50+f32"), "inner scale is found by"));
  CHECK(contains(failure("uint4/g32/f16:minmax+f32"), "one level"));
  CHECK(contains(failure("uint4/g32/f16:minmax:clamped"), "one level"));
  CHECK(contains(failure("int4/g32/f32:p."), "no scale rule"));
  CHECK(contains(failure("int4/g32/f32:p1.12345678"), "no scale rule"));
  for (char const* set : {"set", "set4_-4", "set4_4", "set_4", "set4_", "set-127", "set128", "set1-2"}) {
    INFO(set);
    CHECK_FALSE(lowp::try_parse_scheme("e4m3/tensor/f32:" + std::string(set)));
  }
  CHECK(lowp::name_of(lowp::parse_scheme("e4m3/row/bf16:set-8_0_127")) == "e4m3/row/bfloat16:set-8_0_127");
  CHECK_THROWS_AS(lowp::parse_scheme("nothing"), lowp::error);
}

}  // namespace parse_scheme_test
