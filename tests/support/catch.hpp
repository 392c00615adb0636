// SPDX-License-Identifier: Apache-2.0
//
// Catch2 in either of its two majors: Debian ships v2.13, a fetched one is v3. Tests include this and nothing of Catch2.
// `lowp_test::approx` stands for Catch::Approx, which v2.13 makes ambiguous once its vector matchers are declared.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
namespace lowp_test {
using approx = Catch::Approx;
}
#else
#include <catch2/catch.hpp>
namespace lowp_test {
using approx = Catch::Detail::Approx;
}
#endif

// v3.3 brought SKIP. Before it the reason is printed as a warning and the rest of the test case is left out.
#ifndef SKIP
#define SKIP(reason)             \
  do {                           \
    WARN("skipped: " << reason); \
    SUCCEED();                   \
    return;                      \
  } while (false)
#endif
