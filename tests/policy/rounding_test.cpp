// SPDX-License-Identifier: Apache-2.0
//
// Each rounding policy on a table of discarded parts. The expected answer is worked out from nu as an exact fraction of
// 2^65: the fraction's 64 bits, then half a unit where something lies below them.

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <lowp/policy/rounding.hpp>

#include "support/catch.hpp"

namespace {

namespace rounding = lowp::rounding;
using rounding::beyond;
using rounding::discarded;
using rounding::variant;

__extension__ typedef unsigned __int128 wide;

constexpr std::uint64_t half = std::uint64_t{1} << 63;

/// nu * 2^65. With something below the 64 bits nu lies strictly between two multiples of 2^-64: any point between them
/// decides alike, the middle is taken.
wide nu_65(discarded const& d) { return 2 * wide{d.fraction} + (d.sticky ? 1 : 0); }
constexpr wide one_65 = wide{1} << 65;

std::vector<discarded> cases() {
  std::vector<discarded> all;
  std::vector<std::uint64_t> fractions{0, 1, 2, half / 2, half - 1, half, half + 1, 3 * (half / 2), ~std::uint64_t{0}};
  for (int bits = 1; bits <= 33; ++bits) {  // ties and near ties of the stochastic divisions
    fractions.push_back(std::uint64_t{1} << (64 - bits));
    fractions.push_back((std::uint64_t{1} << (64 - bits)) - 1);
    fractions.push_back(~std::uint64_t{0} << (64 - bits));
    fractions.push_back(std::uint64_t{3} << (62 - bits > 0 ? 62 - bits : 0));
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 50; ++i) fractions.push_back(random());
  for (std::uint64_t const fraction : fractions) {
    for (unsigned flags = 0; flags < 16; ++flags) {
      all.push_back({fraction, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0});
    }
  }
  return all;
}

/// Answers of one deterministic policy on every case, and of the same chosen at run time.
template <class Policy, class Expected>
int wrong_answers(Policy policy, Expected expected) {
  int wrong = 0;
  rounding::any const any = policy;
  for (discarded const& d : cases()) {
    bool const answer = expected(d);
    wrong += policy.away(d) != answer || any.away(d) != answer ? 1 : 0;
  }
  return wrong;
}

template <class Policy>
std::string clamps_of(Policy policy) {
  rounding::any const any = policy;
  std::string answers;
  for (beyond const b : {beyond{false, false}, beyond{false, true}, beyond{true, false}, beyond{true, true}}) {
    answers += policy.clamps(b) ? '1' : '0';
    answers += any.clamps(b) == policy.clamps(b) ? "" : " any differs ";
  }
  return answers;
}

/// P3109 v4.0: whether nu goes up with the N random bits R, by the formulas on exact fractions.
bool goes_away(variant v, int n, std::uint64_t r, discarded const& d) {
  wide const nu = nu_65(d);
  wide const one = wide{1} << n;
  switch (v) {
    case variant::a:
      return (nu >> (65 - n)) + r >= one;
    case variant::b:
      return (nu >> (65 - n - 1)) + 2 * wide{r} + 1 >= 2 * one;
    case variant::c: {
      wide const unit = wide{1} << (65 - n);
      wide const floor = nu / unit;
      wide const rest = nu % unit;
      // A sticky bit is no exact half: rest > half holds whenever one is set at or above it.
      bool const up = 2 * rest > unit || (2 * rest == unit && floor % 2 != 0);
      return floor + (up ? 1 : 0) + r >= one;
    }
  }
  return false;
}

template <int N>
int wrong_stochastic(std::vector<discarded> const& all) {
  int wrong = 0;
  std::mt19937 random(4);
  std::vector<std::uint32_t> draws{0, 1, static_cast<std::uint32_t>((std::uint64_t{1} << N) - 1),
                                   static_cast<std::uint32_t>((std::uint64_t{1} << N) / 2)};
  for (int i = 0; i < 8; ++i) draws.push_back(static_cast<std::uint32_t>(random() & ((std::uint64_t{1} << N) - 1)));
  auto const check = [&](auto policy, variant v, std::uint32_t r, discarded const& d) {
    bool const expected = goes_away(v, N, r, d);
    rounding::any const any = policy;
    wrong += policy.away(d) != expected || any.away(d) != expected ? 1 : 0;
  };
  for (discarded const& d : all) {
    for (std::uint32_t const r : draws) {
      check(rounding::stochastic_given<variant::a, N>{r}, variant::a, r, d);
      check(rounding::stochastic_given<variant::b, N>{r}, variant::b, r, d);
      check(rounding::stochastic_given<variant::c, N>{r}, variant::c, r, d);
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("deterministic policies decide by nu, parity and sign") {
  CHECK(wrong_answers(rounding::nearest_even{}, [](discarded const& d) {
          return nu_65(d) * 2 > one_65 || (nu_65(d) * 2 == one_65 && d.odd);
        }) == 0);
  CHECK(wrong_answers(rounding::nearest_away{}, [](discarded const& d) { return nu_65(d) * 2 >= one_65; }) == 0);
  CHECK(wrong_answers(rounding::toward_zero{}, [](discarded const&) { return false; }) == 0);
  CHECK(wrong_answers(rounding::up{}, [](discarded const& d) { return nu_65(d) != 0 && !d.negative; }) == 0);
  CHECK(wrong_answers(rounding::down{}, [](discarded const& d) { return nu_65(d) != 0 && d.negative; }) == 0);
  CHECK(wrong_answers(rounding::to_odd{}, [](discarded const& d) { return nu_65(d) != 0 && !d.code_odd; }) == 0);
}

TEST_CASE("beyond the greatest value only a direction towards zero, or an odd max, clamps") {
  // in the order: positive with even max, positive with odd max, negative with even max, negative with odd max
  CHECK(clamps_of(rounding::nearest_even{}) == "0000");
  CHECK(clamps_of(rounding::nearest_away{}) == "0000");
  CHECK(clamps_of(rounding::toward_zero{}) == "1111");
  CHECK(clamps_of(rounding::up{}) == "0011");
  CHECK(clamps_of(rounding::down{}) == "1100");
  CHECK(clamps_of(rounding::to_odd{}) == "0101");
  CHECK(clamps_of(rounding::stochastic_given<variant::b, 8>{255}) == "0000");
  CHECK(clamps_of(rounding::stochastic{1}) == "0000");
  CHECK(clamps_of(rounding::stochastic_hash{1}) == "0000");
}

TEST_CASE("P3109 StochasticA, B and C by their formulas") {
  std::vector<discarded> const all = cases();
  CHECK(wrong_stochastic<1>(all) == 0);
  CHECK(wrong_stochastic<2>(all) == 0);
  CHECK(wrong_stochastic<3>(all) == 0);
  CHECK(wrong_stochastic<5>(all) == 0);
  CHECK(wrong_stochastic<8>(all) == 0);
  CHECK(wrong_stochastic<13>(all) == 0);
  CHECK(wrong_stochastic<16>(all) == 0);
  CHECK(wrong_stochastic<24>(all) == 0);
  CHECK(wrong_stochastic<31>(all) == 0);
  CHECK(wrong_stochastic<32>(all) == 0);
}

TEST_CASE("the share of random words that go away is nu to N bits") {
  // Over all R: A floor(nu 2^N), B floor(nu 2^N + 1/2), C the nearest integer to nu 2^N, ties to even.
  for (int const n : {1, 2, 4, 8}) {
    for (discarded const& d : cases()) {
      std::uint64_t away[3] = {};
      for (std::uint32_t r = 0; r < (1U << n); ++r) {
        for (variant const v : {variant::a, variant::b, variant::c}) {
          away[static_cast<std::size_t>(v)] += rounding::stochastic_away(v, n, r, d) ? 1 : 0;
        }
      }
      wide const nu = nu_65(d);
      wide const unit = wide{1} << (65 - n);
      wide const nearest_even = (nu + unit / 2) / unit - ((nu + unit / 2) % unit == 0 && (nu / unit) % 2 == 0 ? 1 : 0);
      bool const right = away[0] == nu / unit && away[1] == (nu + unit / 2) / unit && away[2] == nearest_even;
      if (!right) FAIL_CHECK("N " << n << " fraction " << d.fraction << " sticky " << d.sticky);
    }
  }
  SUCCEED();
}

TEST_CASE("stochastic_given ignores bits above N") {
  discarded const d{half, false, false, false, false};
  CHECK(rounding::stochastic_given<variant::a, 4>{0xfffffff7U}.away(d) ==
        rounding::stochastic_given<variant::a, 4>{7}.away(d));
  CHECK(rounding::any(rounding::stochastic_given<variant::a, 4>{0xfffffff7U}).away(d) ==
        rounding::stochastic_given<variant::a, 4>{7}.away(d));
}

TEST_CASE("a generator's decision at an index is stochastic_given's with its bits") {
  int wrong = 0;
  std::mt19937_64 random(5);
  for (int i = 0; i < 2000; ++i) {
    std::uint64_t const seed = random();
    std::uint64_t const index = i % 2 == 0 ? random() : random() % 64;
    discarded const d{random(), (i & 1) != 0, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0};
    auto const check = [&](auto policy, auto given) {
      bool const expected = given.away(d);
      wrong += policy.away(d) != expected || rounding::any(policy).away(d) != expected ? 1 : 0;
    };
    check(rounding::stochastic{seed, index},
          rounding::stochastic_given<variant::a, 16>{lowp::philox::word<16>(seed, index)});
    check(rounding::stochastic_8{seed, index},
          rounding::stochastic_given<variant::a, 8>{lowp::philox::word<8>(seed, index)});
    check(rounding::stochastic_32{seed, index},
          rounding::stochastic_given<variant::a, 32>{lowp::philox::word<32>(seed, index)});
    check(rounding::basic_stochastic<variant::b, 1>{seed, index},
          rounding::stochastic_given<variant::b, 1>{lowp::philox::word<1>(seed, index)});
    check(rounding::basic_stochastic<variant::c, 4>{seed, index},
          rounding::stochastic_given<variant::c, 4>{lowp::philox::word<4>(seed, index)});
    check(rounding::stochastic_hash{seed, index},
          rounding::stochastic_given<variant::a, 16>{lowp::counter_hash::word<16>(seed, index)});
    check(rounding::basic_stochastic<variant::c, 11, lowp::counter_hash>{seed, index},
          rounding::stochastic_given<variant::c, 11>{lowp::counter_hash::word<11>(seed, index)});
  }
  CHECK(wrong == 0);
}

TEST_CASE("at() moves along and composes") {
  rounding::stochastic const policy{7, 100};
  CHECK(policy.at(5).index == 105);
  CHECK(policy.at(5).seed == 7);
  CHECK(policy.at(5).at(7).index == policy.at(12).index);
  CHECK(rounding::at(policy, 5).index == 105);
  CHECK(rounding::stochastic{7, ~std::uint64_t{0}}.at(1).index == 0);  // counters wrap, as counters do
  CHECK(rounding::any(policy).at(5).index == 105);
  CHECK(rounding::any(policy).at(5).at(7).index == 112);
  // Policies without a position stay what they are.
  CHECK(rounding::at(rounding::stochastic_given<variant::a, 8>{3}, 99).r == 3);
  CHECK(rounding::any(rounding::stochastic_given<variant::a, 8>{3}).at(99).r == 3);
  discarded const d{half + 1, false, false, false, false};
  CHECK(rounding::any(rounding::up{}).at(99).away(d));
}
