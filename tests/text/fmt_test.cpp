// SPDX-License-Identifier: Apache-2.0

#include <lowp/fmt.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <lowp/cast.hpp>
#include <lowp/format.hpp>
#include <lowp/text/from_chars.hpp>

#include "support/catch.hpp"

namespace fmt_test {

namespace {

/// "{}" reads back as the same number, for every code.
template <class F>
void check_reads_back(unsigned step) {
  for (unsigned c = 0; c <= F::code_mask; c += step) {
    F const x = lowp::from_bits<F>(c);
    std::string const text = fmt::format("{}", x);
    F back{};
    auto const r = lowp::from_chars(text.data(), text.data() + text.size(), back);
    INFO(text);
    REQUIRE(r.ptr == text.data() + text.size());
    if (isnan(x)) {
      REQUIRE(text == "nan");
      REQUIRE(isnan(back));
    } else {
      REQUIRE(static_cast<float>(back) == static_cast<float>(x));
      REQUIRE(signbit(back) == signbit(x));
    }
    // fmt aligns what is not finite by rules of its own.
    REQUIRE(fmt::format("{:12}", x) ==
            (isfinite(x) ? fmt::format("{:>12}", text) : fmt::format("{:12}", static_cast<float>(x))));
  }
}

}  // namespace

TEST_CASE("fmt: {} reads back") {
  check_reads_back<lowp::e4m3fn>(1);
  check_reads_back<lowp::e5m2>(1);
  check_reads_back<lowp::e8m0fnu>(1);
  check_reads_back<lowp::int8>(1);
  check_reads_back<lowp::nf4>(1);
  check_reads_back<lowp::bfloat16>(7);
  check_reads_back<lowp::float16>(7);
}

TEST_CASE("fmt: specifications") {
  auto const x = lowp::cast<lowp::e4m3fn>(0.3125);
  CHECK(fmt::format("{}", x) == "0.3");
  CHECK(fmt::format("{:}", x) == "0.3");
  CHECK(fmt::format("{0}|{0:6}", x) == "0.3|   0.3");
  CHECK(fmt::format("{:<6}|", x) == "0.3   |");
  CHECK(fmt::format("{:^7}|", x) == "  0.3  |");
  CHECK(fmt::format("{:.>6}|", x) == "...0.3|");
  CHECK(fmt::format("{:e<6}|", x) == "0.3eee|");
  CHECK(fmt::format("{:06}", x) == "0000.3");
  CHECK(fmt::format("{:+}", x) == "+0.3");
  CHECK(fmt::format("{:{}}", x, 6) == "   0.3");
  CHECK(fmt::format("{:.4f}", x) == "0.3125");
  CHECK(fmt::format("{:8.2f}", x) == "    0.31");
  CHECK(fmt::format("{:.{}f}", x, 3) == "0.312");
  CHECK(fmt::format("{:e}", x) == "3.125000e-01");
  CHECK(fmt::format("{:.6}", x) == "0.3125");
  CHECK(fmt::format("{:g}", x) == "0.3125");
  CHECK(fmt::format("{} {}", lowp::cast<lowp::e5m2>(57344), lowp::cast<lowp::e4m3fn>(448)) == "57344 448");
  CHECK(fmt::format("{} {:4} {:.1f}", lowp::cast<lowp::int4>(-8), lowp::cast<lowp::uint8>(200),
                    lowp::cast<lowp::int3>(3)) == "-8  200 3.0");
  CHECK(fmt::format("{} {}",
                    lowp::cast<lowp::e5m2>(1e9, lowp::rounding::nearest_even{}, lowp::overflow::nonsaturating{}),
                    lowp::from_bits<lowp::e4m3fn>(0xff)) == "inf nan");
  CHECK(fmt::format("{}", lowp::cast<lowp::p3109::binary6p3sf>(-0.6)) == "-0.6");
  CHECK_THROWS_AS(fmt::format(fmt::runtime("{:d}"), x), fmt::format_error);
  // As an element of what fmt formats anyway.
  CHECK(fmt::format("{:>5}", fmt::to_string(x)) == "  0.3");
}

TEST_CASE("format_spec: which float a specification means") {
  auto const by = [](std::string_view spec) { return lowp::detail::shown_by(spec.begin(), spec.end()); };
  using lowp::detail::shown;
  for (std::string_view const spec : {"", "}", "8}", ">8}", "+}", "-8}", " 08}", "#8}", ".<8}", "e>8}", "\xc3\xa9^9}",
                                      "L}", "{}}", "{0}}", "{width}}", ">{w.x}}", "*<+#012L}", "} text with e and ."}) {
    INFO(spec);
    CHECK(by(spec) == shown::shortest);
  }
  for (std::string_view const spec :
       {".2}", ".2f}", "8.3}", "e}", "G}", "a}", "{}.3}", "{w}e}", ">8.{}f}", ".<8.1}", "e>8e}", "+08.2Le}", ".{}}"}) {
    INFO(spec);
    CHECK(by(spec) == shown::value);
  }
}

}  // namespace fmt_test
