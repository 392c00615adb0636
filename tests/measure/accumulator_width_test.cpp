// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <lowp/codec/any_format.hpp>
#include <lowp/format.hpp>
#include <lowp/measure/accumulator_width.hpp>

#include "support/catch.hpp"
#include "support/format_types.hpp"

namespace accumulator_width_test {

namespace {

using lowp::accumulator_bits;
using lowp::accumulator_operand;
using lowp::accumulator_width;
using lowp::specials;

__extension__ typedef __int128 wide;

// The formats of the published sweep: no special codes at all.
template <int E, int M>
using exmy = lowp::minifloat<E, M, lowp::default_bias(E), specials::finite>;

/// Fewest bits of a two's complement number that hold all of [lowest, greatest].
int width_of(wide lowest, wide greatest) {
  int width = 1;
  while (lowest < -(wide{1} << (width - 1)) || greatest > (wide{1} << (width - 1)) - 1) ++width;
  return width;
}

/// All finite values of a format as integers: multiples of their smallest common step. Requires a range of at most 40 bits.
struct values_as_integers {
  std::vector<std::int64_t> values;

  static values_as_integers of(std::vector<float> const& floats) {
    // The step: halve 2^20 until it divides everything.
    double step = 0x1p20;
    for (float const v : floats) {
      if (!(v - v == 0.0F)) continue;  // not finite
      while (static_cast<double>(v) / step !=
             static_cast<double>(static_cast<std::int64_t>(static_cast<double>(v) / step)))
        step /= 2;
    }
    // Largest such step: 2^20 divides nothing here except zeros and large powers of two, which no format consists of.
    values_as_integers all;
    for (float const v : floats) {
      if (v - v == 0.0F) all.values.push_back(static_cast<std::int64_t>(static_cast<double>(v) / step));
    }
    return all;
  }
};

template <class F>
std::vector<float> values_of() {
  return lowp::any_format::of<F>().values();
}

/// n products of the extremes, found by trying all pairs.
int brute_force(std::vector<float> const& a, std::vector<float> const& b, std::int64_t n) {
  auto const x = values_as_integers::of(a);
  auto const y = values_as_integers::of(b);
  std::int64_t lowest = 0;
  std::int64_t greatest = 0;
  for (std::int64_t const v : x.values) {
    for (std::int64_t const w : y.values) {
      lowest = std::min(lowest, v * w);
      greatest = std::max(greatest, v * w);
    }
  }
  return width_of(wide{lowest} * n, wide{greatest} * n);
}

struct operand_row {
  std::string name;
  std::vector<float> values;
  accumulator_operand operand;

  template <class F>
  static operand_row of(std::string_view name) {
    return {std::string(name), values_of<F>(), accumulator_operand::of<F>()};
  }
};

struct odd_table {
  static constexpr float values[8] = {0.375F, -5.0F, 12.0F, std::numeric_limits<float>::infinity(),
                                      0.0F,   -0.0F, 0.75F, std::numeric_limits<float>::quiet_NaN()};
};
struct positive_table {
  static constexpr float values[2] = {3.0F, 5.0F};
};
struct power_table {
  static constexpr float values[4] = {-8.0F, 0.0F, 4.0F, -0.5F};
};

}  // namespace

// Published widths for the longest dot product of ResNet-18, n = 4608 (arXiv 2311.12359).
static_assert(accumulator_width<lowp::int8, lowp::int8>(4608).bound == 30);
static_assert(accumulator_width<lowp::int4, lowp::int4>(4608).bound == 22);
static_assert(accumulator_width<lowp::int4, lowp::int8>(4608).bound == 26);
static_assert(accumulator_width<lowp::e2m1fn, lowp::e2m1fn>(4608).bound == 22);
static_assert(accumulator_width<lowp::e2m3fn, lowp::e2m3fn>(4608).bound == 26);
static_assert(accumulator_width<lowp::e3m2fn, lowp::e3m2fn>(4608).bound == 32);
static_assert(accumulator_width<exmy<3, 3>, exmy<3, 3>>(4608).bound == 34);
static_assert(accumulator_width<exmy<3, 4>, exmy<3, 4>>(4608).bound == 36);
static_assert(accumulator_width<lowp::e3m4, lowp::e3m4>(4608).bound == 36);
static_assert(accumulator_width<lowp::e4m3fn, lowp::e4m3fn>(4608).bound == 50);
static_assert(accumulator_width<lowp::e5m2, lowp::e5m2>(4608).bound == 80);

TEST_CASE(
    "how loose the published bound is: mostly one bit, none for E3M4, three for IEEE-like E5M2, two for integers") {
  CHECK(accumulator_width<lowp::e2m1fn, lowp::e2m1fn>(4608).tight == 21);
  CHECK(accumulator_width<lowp::e2m3fn, lowp::e2m3fn>(4608).tight == 25);
  CHECK(accumulator_width<lowp::e3m2fn, lowp::e3m2fn>(4608).tight == 31);
  CHECK(accumulator_width<exmy<3, 3>, exmy<3, 3>>(4608).tight == 33);
  CHECK(accumulator_width<exmy<3, 4>, exmy<3, 4>>(4608).tight == 36);  // 4608 * 1984^2 = 1.06 * 2^34
  CHECK(accumulator_width<exmy<4, 3>, exmy<4, 3>>(4608).tight == 49);
  CHECK(accumulator_width<exmy<5, 2>, exmy<5, 2>>(4608).tight == 79);
  CHECK(accumulator_width<lowp::e5m2, lowp::e5m2>(4608).tight == 77);
  CHECK(accumulator_width<lowp::int8, lowp::int8>(4608).tight == 28);  // 4608 * 2^14 = 75497472 < 2^27
  CHECK(accumulator_width<lowp::int4, lowp::int4>(4608).tight == 20);
}

TEST_CASE("INT4 x E4M3: 22 bits for a product, 29 for K = 128, 34 for 4096; int32 up to K = 1170") {
  CHECK((accumulator_width<lowp::int4, lowp::e4m3fn>(1) == accumulator_bits{22, 22}));
  CHECK((accumulator_width<lowp::int4, lowp::e4m3fn>(128) == accumulator_bits{29, 29}));
  CHECK((accumulator_width<lowp::int4, lowp::e4m3fn>(4096) == accumulator_bits{34, 34}));
  CHECK(accumulator_width<lowp::int4, lowp::e4m3fn>(1170).tight == 32);
  CHECK(accumulator_width<lowp::int4, lowp::e4m3fn>(1171).tight == 33);
  // The order of the operands does not matter.
  CHECK((accumulator_width<lowp::e4m3fn, lowp::int4>(128) == accumulator_bits{29, 29}));
}

TEST_CASE("the sign is free only where the negative end is a power of two") {
  // -8 * -8 = 64 needs 8 bits, -8 * 7 = -56 only 7.
  CHECK(accumulator_width<lowp::int4, lowp::int4>(1).tight == 8);
  // int4 x uint1: -8 .. 7, exactly the four bits of int4.
  CHECK(accumulator_width<lowp::int4, lowp::uint1>(1).tight == 4);
  CHECK(accumulator_width<lowp::int4, lowp::uint1>(2).tight == 5);
  CHECK(accumulator_width<lowp::int4, lowp::uint1>(3).tight == 6);
  CHECK(accumulator_width<lowp::uint1, lowp::uint1>(1).tight == 2);
  CHECK(accumulator_width<lowp::uint8, lowp::uint8>(1).tight == 17);
  CHECK(accumulator_width<lowp::int8, lowp::uint8>(1).tight == 16);
}

TEST_CASE("the tight width is what trying all pairs of values finds") {
  constexpr std::tuple formats{lowp_test::named_format<lowp::int8>{"int8"},
                               lowp_test::named_format<lowp::int4>{"int4"},
                               lowp_test::named_format<lowp::int2>{"int2"},
                               lowp_test::named_format<lowp::uint8>{"uint8"},
                               lowp_test::named_format<lowp::uint3>{"uint3"},
                               lowp_test::named_format<lowp::uint1>{"uint1"},
                               lowp_test::named_format<lowp::e2m1fn>{"e2m1fn"},
                               lowp_test::named_format<lowp::e2m3fn>{"e2m3fn"},
                               lowp_test::named_format<lowp::e3m2fn>{"e3m2fn"},
                               lowp_test::named_format<lowp::e3m0fn>{"e3m0fn"},
                               lowp_test::named_format<lowp::e3m4>{"e3m4"},
                               lowp_test::named_format<lowp::e4m3fn>{"e4m3fn"},
                               lowp_test::named_format<lowp::e4m3fnuz>{"e4m3fnuz"},
                               lowp_test::named_format<lowp::ue4m3>{"ue4m3"},
                               lowp_test::named_format<lowp::p3109::binary6p3sf>{"binary6p3sf"},
                               lowp_test::named_format<lowp::p3109::binary6p4ue>{"binary6p4ue"},
                               lowp_test::named_format<lowp::codebook<odd_table>>{"odd table"},
                               lowp_test::named_format<lowp::codebook<positive_table>>{"positive table"},
                               lowp_test::named_format<lowp::codebook<power_table>>{"power table"}};
  std::vector<operand_row> const rows = lowp_test::rows_of<operand_row>(formats);
  for (operand_row const& a : rows) {
    for (operand_row const& b : rows) {
      for (std::int64_t const n : {1, 2, 3, 4, 7, 128, 129, 1170, 1171, 4096, 4608, 1 << 20}) {
        accumulator_bits const got = accumulator_width(a.operand, b.operand, static_cast<std::uint64_t>(n));
        int const expected = brute_force(a.values, b.values, n);
        if (got.tight != expected || got.bound < got.tight) {
          FAIL_CHECK(a.name << " x " << b.name << ", n = " << n << ": tight " << got.tight << ", by trying " << expected
                            << ", bound " << got.bound);
        }
      }
    }
  }
  SUCCEED();
}

TEST_CASE("wide formats and long sums") {
  // bfloat16: 255 * 2^120 over 2^-133 is 255 * 2^253; the square has 16 + 506 bits.
  CHECK(accumulator_width<lowp::bfloat16, lowp::bfloat16>(1).tight == 16 + 506 + 1);
  CHECK(accumulator_width<lowp::bfloat16, lowp::bfloat16>(1).bound >= 16 + 506 + 1);
  CHECK(accumulator_width<lowp::e8m0fnu, lowp::e8m0fnu>(1).tight == 2 * 254 + 2);
  // n up to 2^64 - 1 without overflow: 2^14 * (2^64 - 1).
  constexpr std::uint64_t most = ~std::uint64_t{0};
  CHECK(accumulator_width<lowp::int8, lowp::int8>(most).tight == 14 + 64 + 1);
  CHECK(accumulator_width<lowp::int8, lowp::int8>(most).bound == 8 + 8 + 64 + 1);
  CHECK(accumulator_width<lowp::int8, lowp::int8>(std::uint64_t{1} << 63).tight == 14 + 64 + 1);
  CHECK(accumulator_width<lowp::int8, lowp::int8>(0) == accumulator_width<lowp::int8, lowp::int8>(1));
  // NF4 has entries of 24 significant bits: no formula, the table's own step.
  CHECK(accumulator_width<lowp::nf4, lowp::int8>(128).bound == accumulator_width<lowp::nf4, lowp::int8>(128).tight);
}

TEST_CASE("a run-time format has the widths of its type") {
  auto const same = [](auto format) {
    using F = typename decltype(format)::type;
    lowp::any_format const twin = lowp::any_format::of<F>();
    INFO(format.name);
    CHECK((accumulator_width(accumulator_operand::of(twin), accumulator_operand::of<lowp::int8>(), 100) ==
           accumulator_width<F, lowp::int8>(100)));
  };
  same(lowp_test::named_format<lowp::e4m3fn>{"e4m3fn"});
  same(lowp_test::named_format<lowp::uint3>{"uint3"});
  same(lowp_test::named_format<lowp::nf4>{"nf4"});
  same(lowp_test::named_format<lowp::codebook<odd_table>>{"odd table"});
}

}  // namespace accumulator_width_test
