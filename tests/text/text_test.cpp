// SPDX-License-Identifier: Apache-2.0
//
// The door, and std::format where the library has it.

#include <lowp/text.hpp>

#include <string>
#include <string_view>

#include <lowp/cast.hpp>

#include "support/catch.hpp"

namespace text_test {

TEST_CASE("text: the door brings everything") {
  lowp::e4m3fn x{};
  std::string_view const text = "0.31";
  CHECK(lowp::from_chars(text.data(), text.data() + text.size(), x).ec == std::errc{});
  CHECK(lowp::to_string(x) == "0.3");
  CHECK(lowp::parse_format(lowp::format_name<lowp::e4m3fn>()) == lowp::any_format::of<lowp::e4m3fn>());
  CHECK_FALSE(lowp::catalog().empty());
}

#if defined(__cpp_lib_format)
namespace {

/// "{}" is the text of to_chars.
template <class F>
void check_plain(unsigned step) {
  for (unsigned c = 0; c <= F::code_mask; c += step) {
    F const x = lowp::from_bits<F>(c);
    REQUIRE(std::format("{}", x) == lowp::to_string(x));
    REQUIRE(std::format("{:14}", x) == std::format("{:>14}", lowp::to_string(x)));
  }
}

}  // namespace

TEST_CASE("text: std::format of every code") {
  check_plain<lowp::e4m3fn>(1);
  check_plain<lowp::e5m2>(1);
  check_plain<lowp::e8m0fnu>(1);
  check_plain<lowp::int8>(1);
  check_plain<lowp::nf4>(1);
  check_plain<lowp::bfloat16>(1);
  check_plain<lowp::float16>(1);
}

TEST_CASE("text: std::format specifications") {
  auto const x = lowp::cast<lowp::e4m3fn>(0.3125);
  CHECK(std::format("{0}|{0:6}", x) == "0.3|   0.3");
  CHECK(std::format("{:<6}|{:^7}|{:.>6}|", x, x, x) == "0.3   |  0.3  |...0.3|");
  CHECK(std::format("{:06} {:+} {:{}}", x, x, x, 6) == "0000.3 +0.3    0.3");
  CHECK(std::format("{:.4f} {:8.2f} {:.{}f} {:.6} {:g}", x, x, x, 3, x, x) == "0.3125     0.31 0.312 0.3125 0.3125");
  CHECK(std::format("{:e}", x) == "3.125000e-01");
  CHECK(std::format("{} {:4}", lowp::cast<lowp::int4>(-8), lowp::cast<lowp::uint8>(200)) == "-8  200");
  CHECK_THROWS_AS(std::vformat("{:d}", std::make_format_args(x)), std::format_error);
}
#else
TEST_CASE("text: std::format") { SKIP("this standard library has no std::format"); }
#endif

}  // namespace text_test
