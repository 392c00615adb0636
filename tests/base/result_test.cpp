// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>
#include <utility>

#include <lowp/base/result.hpp>

#include "support/catch.hpp"

namespace {

lowp::result<std::string> parse(int x) {
  if (x < 0) return lowp::error(lowp::error_code::value, "x", "negative");
  return std::to_string(x);
}

}  // namespace

TEST_CASE("a result holds a value or the error that stood in its way") {
  auto const good = parse(12);
  REQUIRE(good.has_value());
  CHECK(static_cast<bool>(good));
  CHECK(good.value() == "12");
  CHECK(*good == "12");
  CHECK(good->size() == 2);

  auto const bad = parse(-1);
  REQUIRE_FALSE(bad.has_value());
  CHECK_FALSE(static_cast<bool>(bad));
  CHECK(bad.error().code() == lowp::error_code::value);
  CHECK(bad.error().argument() == "x");
  CHECK_THROWS_AS(bad.value(), lowp::error);
  CHECK_THROWS_AS(*bad, lowp::error);
  CHECK_THROWS_AS(bad->size(), lowp::error);
  CHECK_THROWS_AS(parse(-1).value(), lowp::error);
}

TEST_CASE("a result can be changed and moved out of") {
  auto r = parse(3);
  r.value() += "4";
  *r += "5";
  r->push_back('6');
  CHECK(r.value() == "3456");
  std::string const moved = std::move(r).value();
  CHECK(moved == "3456");
  lowp::result<std::unique_ptr<int>> only_moves(std::make_unique<int>(7));
  std::unique_ptr<int> const taken = std::move(only_moves).value();
  CHECK(*taken == 7);
}
