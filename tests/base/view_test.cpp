// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include <lowp/base/view.hpp>

#include "support/catch.hpp"

namespace {

using view = lowp::matrix_view<float>;
using const_view = lowp::matrix_view<float const>;

static_assert(std::is_convertible_v<view, const_view> && !std::is_convertible_v<const_view, view>);
static_assert(!std::is_convertible_v<lowp::matrix_view<double>, const_view>);
static_assert(std::is_trivially_copyable_v<view>);

}  // namespace

TEST_CASE("rows, columns and stride") {
  std::vector<float> data(3 * 5);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<float>(i);
  view const m(data.data(), 3, 4, 5);
  CHECK(m.rows() == 3);
  CHECK(m.cols() == 4);
  CHECK(m.row_stride() == 5);
  CHECK(m.size() == 12);
  CHECK_FALSE(m.empty());
  CHECK(m(2, 3) == 13.0F);
  CHECK(m.row(1).size() == 4);
  CHECK(m.row(1)[0] == 5.0F);
  m(1, 0) = -1.0F;
  const_view const c = m;
  CHECK(c(1, 0) == -1.0F);
  CHECK(c.row_stride() == 5);
  CHECK(view(data.data(), 5, 3).row_stride() == 3);
  CHECK(view().empty());
  CHECK(view(nullptr, 0, 4).empty());
  CHECK(view(nullptr, 4, 0).empty());
  // One row alone needs no stride.
  CHECK_NOTHROW(view(data.data(), 1, 15, 0));
  CHECK(view(data.data(), 1, 15, 0).row(0).size() == 15);
}

TEST_CASE("overlapping rows and null data are errors") {
  std::vector<float> data(20);
  try {
    view(data.data(), 2, 4, 3);
    FAIL("no error");
  } catch (lowp::error const& e) {
    CHECK(e.code() == lowp::error_code::shape);
    CHECK(e.argument() == "row_stride");
    CHECK(std::string(e.what()).find("row_stride 3 is less than cols 4") != std::string::npos);
  }
  try {
    view(nullptr, 2, 4);
    FAIL("no error");
  } catch (lowp::error const& e) {
    CHECK(e.code() == lowp::error_code::size);
    CHECK(e.argument() == "data");
  }
}
