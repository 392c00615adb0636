// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <lowp/base/tensor_view.hpp>

#include "support/catch.hpp"
#include "support/error_of.hpp"

namespace {

using lowp::tensor_view;
using lowp_test::error_of;

}  // namespace

TEST_CASE("elements lie where shape and strides say") {
  std::vector<int> data(200);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<int>(i);
  tensor_view<int> const dense(data.data(), {2, 3, 4});
  CHECK(dense.rank() == 3);
  CHECK(dense.size() == 24);
  CHECK(dense.stride(0) == 12);
  CHECK(dense.stride(2) == 1);
  CHECK(dense(1, 2, 3) == 23);
  tensor_view<int const> const strided(data.data(), {2, 3, 4}, {50, 1, 10});
  CHECK(strided(1, 2, 3) == 82);
  std::size_t const index[] = {1, 0, 2};
  CHECK(strided.at(index) == 70);
  auto const turned = strided.permuted({2, 0, 1});
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 4; ++k) CHECK(&turned(k, i, j) == &strided(i, j, k));
    }
  }
  tensor_view<int> const one(data.data() + 5, {});
  CHECK(one.size() == 1);
  CHECK(one() == 5);
  tensor_view<int const> const repeated(data.data(), {3, 4}, {0, 1});
  CHECK(repeated(2, 3) == 3);
  tensor_view<int> const matrix(lowp::matrix_view<int>(data.data(), 3, 4, 7));
  CHECK(matrix(2, 3) == 17);
  tensor_view<int const> const read_only = matrix;
  CHECK(read_only(1, 0) == 7);
  dense(0, 0, 1) = -1;
  CHECK(data[1] == -1);
  CHECK(tensor_view<int>(nullptr, {3, 0, 2}).empty());
  CHECK(tensor_view<int>(lowp::matrix_view<int>(data.data(), 3, 0)).empty());
}

TEST_CASE("shapes that make no sense are refused by name") {
  int x = 0;
  auto const huge = std::numeric_limits<std::size_t>::max() / 8;
  auto const too_many = error_of([&] { tensor_view<int>(&x, {1, 1, 1, 1, 1, 1, 1, 1, 1}); });
  CHECK(too_many.code() == lowp::error_code::shape);
  CHECK(too_many.argument() == "shape");
  auto const uneven = error_of([&] { tensor_view<int>(&x, {1, 1}, {1}); });
  CHECK(uneven.argument() == "strides");
  auto const overflow = error_of([&] { tensor_view<int>(&x, {2, huge, 3}); });
  CHECK(overflow.axis() == 2);
  // An axis of extent 0 hides nothing: strides multiply the others.
  CHECK(error_of([&] { tensor_view<int>(&x, {0, huge, 3}); }).axis() == 2);
  auto const stacked = error_of([&] { tensor_view<int>(&x, {1, 2}, {0, 0}); });
  CHECK(stacked.axis() == 1);
  CHECK(error_of([&] { tensor_view<int>(nullptr, {2}); }).code() == lowp::error_code::size);
  tensor_view<int> const view(&x, {1, 1});
  CHECK(error_of([&] { static_cast<void>(view.permuted({0, 0})); }).argument() == "order");
  CHECK(error_of([&] { static_cast<void>(view.permuted({0, 2})); }).argument() == "order");
  CHECK(error_of([&] { static_cast<void>(view.permuted({0})); }).argument() == "order");
}
