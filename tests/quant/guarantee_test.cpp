// SPDX-License-Identifier: Apache-2.0
//
// guarantee::basic gives the bits and the errors of guarantee::strong; only what an error leaves behind differs.

#include <bit>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace guarantee_test {

namespace {

namespace qo = quantize_oracle;
namespace scale = lowp::scale;
using lowp::per_block;
using lowp::per_group;
using lowp::scheme;

/// What quantize_into left, or why it did not.
struct outcome {
  std::string message{};
  std::size_t index = 0;
  std::vector<std::uint8_t> codes{};
  std::vector<double> scales{};
  std::vector<double> beside{};  ///< zero points or offsets

  bool operator==(outcome const&) const = default;
};

template <class S, class Guarantee>
outcome outcome_of(qo::matrix const& x, Guarantee promise) {
  lowp::quantized_matrix<S> q(x.rows, x.cols);
  outcome result;
  try {
    lowp::quantize_into<S>(qo::view_of(x), q, promise);
  } catch (lowp::error const& e) {
    result.message = e.what();
    result.index = e.index();
    return result;
  }
  result.codes = q.codes();
  for (auto const s : q.scales()) {
    result.scales.push_back(static_cast<double>(scale::value(s)));
  }
  for (auto const z : q.zero_points()) {
    result.beside.push_back(static_cast<double>(to_bits(z)));
  }
  for (auto const o : q.offsets()) {
    result.beside.push_back(static_cast<double>(scale::value(o)));
  }
  return result;
}

/// How many of four matrices raise an error: without defects, with a NaN, with a scale out of range, with both.
template <class S>
int check(std::size_t rows, std::size_t cols) {
  int errors = 0;
  for (unsigned const defects : {0U, 1U, 2U, 3U}) {
    CAPTURE(rows, cols, defects);
    qo::matrix x = qo::make_matrix(qo::data::bell, rows, cols, cols + 3, 7);
    if ((defects & 1U) != 0) {  // after the scale that does not fit: it is what the error names all the same
      x.data[(rows - 1) * (cols + 3) + cols - 1] = std::numeric_limits<float>::quiet_NaN();
    }
    if ((defects & 2U) != 0) {
      x.data[(rows / 2) * (cols + 3) + cols / 2] = 0x1p120F;
    }
    outcome const strong = outcome_of<S>(x, lowp::guarantee::strong{});
    outcome const basic = outcome_of<S>(x, lowp::guarantee::basic{});
    CHECK(strong.message == basic.message);
    CHECK(strong == basic);
    if (defects == 3U && !strong.message.empty() && strong.message.find("NaN") != std::string::npos) {
      CHECK(strong.index == rows - 1);
    }
    errors += strong.message.empty() ? 0 : 1;
  }
  return errors;
}

/// A narrow matrix, one of many panels, and one whose magnitudes are not kept.
template <class S>
int check_all() {
  int const errors = check<S>(3, 70);
  CHECK(check<S>(5, 4700) == errors);
  CHECK(check<S>(40, 1000) == errors);
  return errors;
}

}  // namespace

TEST_CASE("basic is strong but for what an error leaves behind") {
  auto const everywhere = [](auto s, int errors) {
    using S = decltype(s);
    CHECK(check_all<S>() == errors);
    lowp::isa_pin const pin = lowp::with_isa(lowp::isa::portable{});
    CHECK(check_all<S>() == errors);
  };
  everywhere(scheme<lowp::int8, per_group<2>>{}, 2);                                   // NaN
  everywhere(scheme<lowp::int4, per_group<2>, scale::absmax<lowp::float16>>{}, 3);     // and scales
  everywhere(scheme<lowp::e4m3fn, per_group<32>, scale::absmax<lowp::float16>>{}, 2);  // scales alone
  everywhere(scheme<lowp::int5, per_block<2, 3>, scale::absmax<lowp::float16>>{}, 3);
  everywhere(lowp::fp8_per_channel{}, 0);
  everywhere(lowp::mxfp4{}, 2);
  everywhere(lowp::int8_per_tensor{}, 2);
  everywhere(scheme<lowp::uint4, per_group<32>, scale::minmax<lowp::float16>>{}, 3);
  everywhere(scheme<lowp::uint4, per_group<32>, scale::offset<lowp::float16>>{}, 3);
  everywhere(scheme<lowp::int4, per_group<32>, scale::signed_absmax<lowp::float16>>{}, 3);
}

TEST_CASE("both guarantees where all of the input is looked at first") {
  CHECK(check_all<lowp::nvfp4>() == 2);
  CHECK(check<scheme<lowp::int4, per_group<32>, scale::mse<scale::norm::squared, 20, 50, lowp::float16>>>(3, 70) == 3);
}

}  // namespace guarantee_test
