// SPDX-License-Identifier: Apache-2.0
//
// The proof by exhaustion for the 30 formats of 8 bits that P3109 has, as exhaustive_test.cpp.

#include <tuple>

#include <lowp/codec/cast.hpp>
#include <lowp/format/p3109.hpp>

#include "support/catch.hpp"
#include "support/exhaustive.hpp"
#include "support/format_types.hpp"

namespace exhaustive_p3109_test {

namespace exhaustive = oracle::exhaustive;

namespace {

using lowp_test::named_format;

constexpr std::tuple formats{
    named_format<lowp::p3109::binary8p1se>{"binary8p1se"}, named_format<lowp::p3109::binary8p1sf>{"binary8p1sf"},
    named_format<lowp::p3109::binary8p2se>{"binary8p2se"}, named_format<lowp::p3109::binary8p2sf>{"binary8p2sf"},
    named_format<lowp::p3109::binary8p3se>{"binary8p3se"}, named_format<lowp::p3109::binary8p3sf>{"binary8p3sf"},
    named_format<lowp::p3109::binary8p4se>{"binary8p4se"}, named_format<lowp::p3109::binary8p4sf>{"binary8p4sf"},
    named_format<lowp::p3109::binary8p5se>{"binary8p5se"}, named_format<lowp::p3109::binary8p5sf>{"binary8p5sf"},
    named_format<lowp::p3109::binary8p6se>{"binary8p6se"}, named_format<lowp::p3109::binary8p6sf>{"binary8p6sf"},
    named_format<lowp::p3109::binary8p7se>{"binary8p7se"}, named_format<lowp::p3109::binary8p7sf>{"binary8p7sf"},
    named_format<lowp::p3109::binary8p1ue>{"binary8p1ue"}, named_format<lowp::p3109::binary8p1uf>{"binary8p1uf"},
    named_format<lowp::p3109::binary8p2ue>{"binary8p2ue"}, named_format<lowp::p3109::binary8p2uf>{"binary8p2uf"},
    named_format<lowp::p3109::binary8p3ue>{"binary8p3ue"}, named_format<lowp::p3109::binary8p3uf>{"binary8p3uf"},
    named_format<lowp::p3109::binary8p4ue>{"binary8p4ue"}, named_format<lowp::p3109::binary8p4uf>{"binary8p4uf"},
    named_format<lowp::p3109::binary8p5ue>{"binary8p5ue"}, named_format<lowp::p3109::binary8p5uf>{"binary8p5uf"},
    named_format<lowp::p3109::binary8p6ue>{"binary8p6ue"}, named_format<lowp::p3109::binary8p6uf>{"binary8p6uf"},
    named_format<lowp::p3109::binary8p7ue>{"binary8p7ue"}, named_format<lowp::p3109::binary8p7uf>{"binary8p7uf"},
    named_format<lowp::p3109::binary8p8ue>{"binary8p8ue"}, named_format<lowp::p3109::binary8p8uf>{"binary8p8uf"},
};

}  // namespace

TEST_CASE("exhaustive: 2^32 floats, every 8-bit format of P3109", "[long]") {
  exhaustive::prove_all(exhaustive::make_jobs(formats));
}

TEST_CASE("exhaustive: the ends of every run and a stride, every 8-bit format of P3109") {
  for (const auto& j : exhaustive::make_jobs(formats)) exhaustive::sample(j);
}

}  // namespace exhaustive_p3109_test
