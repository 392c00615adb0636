// SPDX-License-Identifier: Apache-2.0
//
// The cheaper generator: that it is the hash it says, and that what roundings need of it holds. All inputs are fixed, so
// a bound of six standard deviations is a statement, not a chance.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <lowp/random/counter_hash.hpp>

#include "support/catch.hpp"

namespace {

using lowp::counter_hash;

/// The published inverse of lowbias32.
std::uint32_t unmix(std::uint32_t x) {
  x ^= x >> 16;
  x *= 0x43021123U;
  x ^= x >> 15 ^ x >> 30;
  x *= 0x1d69e2a5U;
  x ^= x >> 16;
  return x;
}

constexpr std::uint64_t seeds[] = {0, 1, 2, 42, 0x100000000U, 0xdeadbeef12345678U, 0xffffffffffffffffU};
constexpr int draws = 1 << 16;

}  // namespace

TEST_CASE("mix is lowbias32: its published inverse undoes it") {
  int wrong = 0;
  std::mt19937 random(7);
  for (std::uint32_t i = 0; i < 100000; ++i) {
    auto const x = static_cast<std::uint32_t>(random());
    wrong += unmix(counter_hash::mix(i)) != i || unmix(counter_hash::mix(x)) != x ? 1 : 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a word of N bits is the top of the 32-bit word") {
  int wrong = 0;
  for (std::uint64_t const seed : seeds) {
    for (std::uint64_t i = 0; i < 1000; ++i) {
      std::uint64_t const index = i * 0x9e3779b97f4a7c15U;
      std::uint32_t const whole = counter_hash::word<32>(seed, index);
      wrong += counter_hash::word<16>(seed, index) != whole >> 16 ? 1 : 0;
      wrong += counter_hash::word<1>(seed, index) != whole >> 31 ? 1 : 0;
      wrong += counter_hash::word<11>(seed, index) != whole >> 21 ? 1 : 0;
      wrong += whole != counter_hash::mix(static_cast<std::uint32_t>(index) + counter_hash::base(seed, index)) ? 1 : 0;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("every bit is balanced, every byte of the top equally likely, neighbours independent") {
  for (std::uint64_t const seed : seeds) {
    for (std::uint64_t const first : {std::uint64_t{0}, std::uint64_t{0xffff8000}, std::uint64_t{1} << 40}) {
      std::vector<int> ones(32), equal(32), bytes(256);
      std::uint32_t before = counter_hash::word<32>(seed, first);
      for (int i = 1; i <= draws; ++i) {
        std::uint32_t const w = counter_hash::word<32>(seed, first + static_cast<std::uint64_t>(i));
        for (std::size_t bit = 0; bit < 32; ++bit) {
          ones[bit] += (w >> bit & 1) != 0 ? 1 : 0;
          equal[bit] += ((w ^ before) >> bit & 1) == 0 ? 1 : 0;
        }
        ++bytes[w >> 24];
        before = w;
      }
      // A fair bit: mean n/2, standard deviation sqrt(n)/2 = 128. 256 equal bins: chi squared has mean 255 and standard
      // deviation sqrt(2 * 255) = 22.6.
      double const bound = 6 * std::sqrt(double{draws}) / 2;
      double chi_squared = 0;
      double const expected = draws / 256.0;
      for (int const n : bytes) chi_squared += (n - expected) * (n - expected) / expected;
      INFO("seed " << seed << " from " << first);
      for (std::size_t bit = 0; bit < 32; ++bit) {
        CHECK(std::fabs(ones[bit] - draws / 2.0) <= bound);
        CHECK(std::fabs(equal[bit] - draws / 2.0) <= bound);
      }
      CHECK(chi_squared <= 255 + 6 * std::sqrt(2.0 * 255));
    }
  }
}

TEST_CASE("neighbouring seeds do not give shifted copies of one stream") {
  // Each stream of 2^12 words, as a sorted set; two random ones share 2^24 / 2^32 words on average, shifted copies nearly all.
  auto const stream = [](std::uint64_t seed, std::uint64_t first) {
    std::vector<std::uint32_t> words;
    for (std::uint64_t i = 0; i < 4096; ++i) words.push_back(counter_hash::word<32>(seed, first + i));
    std::sort(words.begin(), words.end());
    return words;
  };
  auto const shared = [](std::vector<std::uint32_t> const& a, std::vector<std::uint32_t> const& b) {
    std::vector<std::uint32_t> both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return both.size();
  };
  for (std::uint64_t const seed : seeds) {
    INFO("seed " << seed);
    auto const own = stream(seed, 0);
    CHECK(shared(own, stream(seed + 1, 0)) <= 2);
    CHECK(shared(own, stream(seed + (std::uint64_t{1} << 32), 0)) <= 2);
    CHECK(shared(own, stream(seed, std::uint64_t{1} << 32)) <= 2);  // the upper half of the index counts too
    CHECK(shared(own, own) == 4096);
  }
}
