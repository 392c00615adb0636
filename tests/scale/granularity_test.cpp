// SPDX-License-Identifier: Apache-2.0

#include <cstddef>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"

namespace granularity_test {

using lowp::any_granularity;
using lowp::block_shape;

TEST_CASE("each granularity cuts a matrix as it says") {
  CHECK(lowp::per_tensor{}.block(5, 7) == block_shape{5, 7});
  CHECK(lowp::per_channel<0>{}.block(5, 7) == block_shape{1, 7});
  CHECK(lowp::per_channel<1>{}.block(5, 7) == block_shape{5, 1});
  CHECK(lowp::per_group<32>{}.block(5, 7) == block_shape{1, 32});
  CHECK(lowp::per_block<128, 64>{}.block(5, 7) == block_shape{128, 64});
  // A block is never empty, so that counting blocks never divides by 0.
  CHECK(lowp::per_tensor{}.block(0, 0) == block_shape{1, 1});
  CHECK(lowp::per_channel<0>{}.block(5, 0) == block_shape{1, 1});
  CHECK(lowp::per_channel<1>{}.block(0, 7) == block_shape{1, 1});
  CHECK(any_granularity{}.block(0, 0) == block_shape{1, 1});
}

TEST_CASE("the run-time granularity: 0 is the whole axis") {
  CHECK(any_granularity{}.block(5, 7) == block_shape{5, 7});
  CHECK(any_granularity{1, 0}.block(5, 7) == block_shape{1, 7});
  CHECK(any_granularity{0, 1}.block(5, 7) == block_shape{5, 1});
  CHECK(any_granularity{1, 32}.block(5, 7) == block_shape{1, 32});
  CHECK(any_granularity{128, 64}.block(5, 7) == block_shape{128, 64});
}

TEST_CASE("blocks along an extent, the last one short") {
  for (std::size_t block = 1; block <= 9; ++block) {
    for (std::size_t extent = 0; extent <= 40; ++extent) {
      std::size_t count = 0;
      for (std::size_t at = 0; at < extent; at += block) {
        ++count;
      }
      REQUIRE(block_shape::count(extent, block) == count);
    }
  }
  constexpr auto all = static_cast<std::size_t>(-1);
  CHECK(block_shape::count(all, all) == 1);
  CHECK(block_shape::count(all, 1) == all);
  CHECK(block_shape::count(all - 1, all) == 1);
  CHECK(block_shape::count(0, all) == 0);
}

static_assert(lowp::Granularity<lowp::per_tensor> && lowp::Granularity<lowp::per_group<1>> &&
              lowp::Granularity<any_granularity>);
static_assert(!lowp::Granularity<int> && !lowp::Granularity<block_shape>);

}  // namespace granularity_test
