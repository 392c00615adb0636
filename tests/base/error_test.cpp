// SPDX-License-Identifier: Apache-2.0

#include <stdexcept>
#include <string>
#include <type_traits>

#include <lowp/base/error.hpp>

#include "support/catch.hpp"

TEST_CASE("an error carries code, argument, axis, index and message") {
  lowp::error const e(lowp::error_code::shape, "cols", 1, 7, "quantize: cols is 7");
  CHECK(e.code() == lowp::error_code::shape);
  CHECK(e.argument() == "cols");
  CHECK(e.axis() == 1);
  CHECK(e.index() == 7);
  CHECK(std::string(e.what()) == "quantize: cols is 7");

  lowp::error const plain(lowp::error_code::name, "name", "no such format");
  CHECK(plain.axis() == -1);
  CHECK(plain.index() == lowp::error::no_index);

  static_assert(std::is_base_of_v<std::invalid_argument, lowp::error>);
  static_assert(std::is_copy_constructible_v<lowp::error>);
}

TEST_CASE("raise throws what it is given, catchable as invalid_argument") {
  auto const raise = [] { lowp::detail::raise(lowp::error(lowp::error_code::value, "x", 0, 3, "NaN at 3")); };
  CHECK_THROWS_AS(raise(), lowp::error);
  CHECK_THROWS_AS(raise(), std::invalid_argument);
  try {
    raise();
  } catch (std::exception const& e) {
    CHECK(std::string(e.what()) == "NaN at 3");
  }
}

TEST_CASE("set_error_handler returns the handler before it; a build with exceptions never calls it") {
  static int calls = 0;
  lowp::error_handler const mine = [](lowp::error const&) { ++calls; };
  lowp::error_handler const first = lowp::set_error_handler(mine);
  CHECK(first != nullptr);
  CHECK(first != mine);
  CHECK_THROWS_AS(lowp::detail::raise(lowp::error(lowp::error_code::io, "path", "gone")), lowp::error);
  CHECK(calls == 0);
  CHECK(lowp::set_error_handler(nullptr) == mine);  // nullptr: the default again
  CHECK(lowp::set_error_handler(first) == first);
}
