// SPDX-License-Identifier: Apache-2.0
//
// What quantize_into and dequantize_into refuse, and that a refusal writes nothing.

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/guarded_quantized.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace quantize_errors_test {

namespace {

using lowp_test::error_of;

namespace qo = quantize_oracle;
using lowp::error_code;
using lowp::matrix_view;
using lowp_test::guarded;

struct narrow_table {
  static constexpr float values[4] = {-0.25F, 0.0F, 0.0625F, 0.125F};
};

bool contains(lowp::error const& e, std::string const& text) {
  return std::string(e.what()).find(text) != std::string::npos;
}

/// The code of element (i, j) in the guarded memory.
template <class S>
std::uint32_t code_at(guarded<S>& memory, std::size_t i, std::size_t j) {
  return lowp::row_order<typename S::element>::get(memory.view().row(i), j, S::element::bits);
}

}  // namespace

TEST_CASE("a codebook whose max is below 1: scales may overflow a float") {
  using S = lowp::scheme<lowp::codebook<narrow_table>, lowp::per_group<2>>;
  std::vector<float> const x{1.0F, 0.5F, 0x1p126F, 1.0F, 2.0F, 1.0F};
  auto const e = error_of([&] { (void)lowp::quantize<S>({x.data(), 2, 3}); });
  CHECK(e.code() == error_code::value);
  CHECK(contains(e, "block (0, 1)"));
  CHECK(contains(e, "overflows"));
  CHECK(error_of([&] { (void)lowp::quantize(lowp::as_any_scheme<S>(), {x.data(), 2, 3}); }).index() == 0);
  // One less: 2^124 * 8 is a float.
  std::vector<float> const y{1.0F, 0.5F, 0x1p124F, 1.0F, 2.0F, 1.0F};
  auto const q = lowp::quantize<S>({y.data(), 2, 3});
  CHECK(q.scale(0, 2) == 0x1p127F);
}

TEST_CASE("a NaN without a home is named by row and column before anything is written") {
  using S = lowp::scheme<lowp::e2m1fn, lowp::per_group<8>>;
  std::uint32_t const nans[] = {0x7fc00000U, 0xffc00000U, 0x7f800001U, 0xffffffffU};
  for (std::uint32_t const nan : nans) {
    qo::matrix x = qo::make_matrix(qo::data::bell, 4, 70, 75, 1);
    x.data[2 * 75 + 66] = std::bit_cast<float>(nan);
    x.data[2 * 75 + 67] = std::bit_cast<float>(nan);
    x.data[3 * 75] = std::bit_cast<float>(nan);
    guarded<S> memory(4, 70);
    auto const e = error_of([&] { lowp::quantize_into<S>(qo::view_of(x), memory.view()); });
    CHECK(e.code() == error_code::value);
    CHECK(e.argument() == "x");
    CHECK(e.axis() == 0);
    CHECK(e.index() == 2);
    CHECK(contains(e, "row 2, column 66,"));
    CHECK(memory.untouched());
    // nan::zero and nan::as_cast: the code of 0 and the code that cast gives.
    lowp::quantize_into<S>(qo::view_of(x), memory.view(), lowp::nan::zero{});
    CHECK(code_at<S>(memory, 2, 66) == 0);
    lowp::quantize_into<S>(qo::view_of(x), memory.view(), lowp::nan::as_cast{});
    CHECK(code_at<S>(memory, 2, 66) == 7);
    CHECK(memory.guards_untouched());
  }
  // A NaN in the gap between rows is nobody's.
  qo::matrix x = qo::make_matrix(qo::data::bell, 3, 9, 10, 1);
  for (std::size_t i = 0; i < 3; ++i) {
    x.data[i * 10 + 9] = std::numeric_limits<float>::quiet_NaN();
  }
  CHECK_NOTHROW((void)lowp::quantize<S>(qo::view_of(x)));
}

TEST_CASE("a scale that its stored type cannot hold is named before anything is written") {
  using S = lowp::scheme<lowp::int8, lowp::per_block<2, 3>, lowp::scale::absmax<lowp::e4m3fn>>;
  struct {
    float greatest;
    char const* what;
  } const cases[] = {
      {127.0F * 0x1p-10F, "underflows"},  // the tie between 0 and 2^-9 goes to 0
      {0x1p-140F, "underflows"},          //
      {127.0F * 465.0F, "overflows"},     // 464 still rounds to 448
      {std::numeric_limits<float>::max(), "overflows"},
  };
  for (auto const& c : cases) {
    for (std::size_t const at : {std::size_t{4} * 210 + 207, std::size_t{5} * 210 + 209}) {  // block (2, 69) of (3, 70)
      std::vector<float> x(6 * 210, 1.0F);
      for (std::size_t const i : {4U, 5U}) {
        std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(i * 210 + 207), 3, 0.0F);
      }
      x[at] = -c.greatest;
      guarded<S> memory(6, 210);
      auto const e = error_of([&] { lowp::quantize_into<S>({x.data(), 6, 210}, memory.view()); });
      CHECK(e.code() == error_code::value);
      CHECK(e.argument() == "x");
      CHECK(e.index() == 2);
      CHECK(contains(e, "block (2, 69)"));
      CHECK(contains(e, c.what));
      CHECK(memory.untouched());
    }
  }
  // Just inside.
  std::vector<float> const x{127.0F * 464.0F, 127.0F * 0x1.01p-10F};
  using one = lowp::scheme<lowp::int8, lowp::per_group<1>, lowp::scale::absmax<lowp::e4m3fn>>;
  auto const q = lowp::quantize<one>({x.data(), 1, 2});
  CHECK(static_cast<float>(q.scale(0, 0)) == 448.0F);
  CHECK(static_cast<float>(q.scale(0, 1)) == 0x1p-9F);
}

TEST_CASE("a scale beyond a stored type that has neither infinity nor NaN is an error, too") {
  std::vector<float> const x{3200.0F, 1.0F};
  auto const check = [&](auto scheme) {
    using S = decltype(scheme);
    CHECK(contains(error_of([&] { (void)lowp::quantize<S>({x.data(), 1, 2}); }), "overflows"));
    CHECK(contains(error_of([&] { (void)lowp::quantize(lowp::as_any_scheme<S>(), {x.data(), 1, 2}); }), "overflows"));
  };
  check(lowp::scheme<lowp::int4, lowp::per_tensor, lowp::scale::absmax<lowp::e2m1fn>>{});
  check(lowp::scheme<lowp::int4, lowp::per_tensor, lowp::scale::absmax<lowp::uint8>>{});
  check(lowp::scheme<lowp::int4, lowp::per_tensor, lowp::scale::absmax<lowp::p3109::binary6p3sf>>{});
}

TEST_CASE("a block of zeros under a stored type that does not hold 1 is an error on every ISA") {
  using tiny = lowp::minifloat<4, 3, 20, lowp::specials::fn>;  // up to 2^-5 * 1.75
  std::vector<float> const zeros(40, 0.0F);
  std::vector<float> const some = [] {
    std::vector<float> x(40, 1.0F);
    std::fill_n(x.begin(), 4, 0.0F);
    return x;
  }();
  using S = lowp::scheme<lowp::int8, lowp::per_group<4>, lowp::scale::absmax<tiny>>;
  qo::on_every_isa([&](auto) {
    INFO(lowp::isa_name());
    for (auto const* x : {&zeros, &some}) {
      auto const early = error_of([&] { (void)lowp::quantize<S>({x->data(), 1, 40}); });
      CHECK(contains(early, "block (0, 0)"));
      lowp::quantized_matrix<S> q(1, 40);
      auto const late = error_of([&] { lowp::quantize_into<S>({x->data(), 1, 40}, q); });
      CHECK(contains(late, "block (0, 0)"));
    }
    // The lanes beyond nine scales are nobody's.
    std::vector<float> const ones(36, 1.0F);
    CHECK_NOTHROW((void)lowp::quantize<S>({ones.data(), 1, 36}));
  });
  CHECK(contains(error_of([&] { (void)lowp::quantize(lowp::as_any_scheme<S>(), {zeros.data(), 1, 40}); }), "block"));
}

TEST_CASE("E8M0 scales that absmax drives beyond 2^127 are an error, those of a rule are not") {
  std::vector<float> const x{0x1.8p127F, 1.0F};
  auto const e8m0_absmax = [&](auto scheme) {
    using S = decltype(scheme);
    CHECK(contains(error_of([&] { (void)lowp::quantize<S>({x.data(), 1, 2}); }), "overflows"));
    CHECK(contains(error_of([&] { (void)lowp::quantize(lowp::as_any_scheme<S>(), {x.data(), 1, 2}); }), "overflows"));
  };
  e8m0_absmax(lowp::scheme<lowp::nf4, lowp::per_tensor, lowp::scale::absmax<lowp::e8m0fnu>>{});
  e8m0_absmax(lowp::scheme<lowp::int2, lowp::per_tensor, lowp::scale::absmax<lowp::e8m0fnu>>{});
  using clamped = lowp::scheme<lowp::int2, lowp::per_tensor, lowp::scale::power_of_two<lowp::scale::pow2::ceil>>;
  auto const q = lowp::quantize<clamped>({x.data(), 1, 2});
  CHECK(static_cast<float>(q.scale(0, 0)) == 0x1p127F);
}

TEST_CASE("shapes and overlaps are refused before the first write") {
  using S = lowp::scheme<lowp::int8, lowp::per_group<4>>;
  std::vector<float> x(6 * 8, 1.0F);
  matrix_view<float const> const view(x.data(), 6, 8);
  for (auto const& [rows, cols] : std::vector<std::pair<std::size_t, std::size_t>>{{8, 6}, {5, 8}, {6, 7}, {6, 9}}) {
    guarded<S> memory(rows, cols);
    auto const e = error_of([&] { lowp::quantize_into<S>(view, memory.view()); });
    CHECK(e.code() == error_code::shape);
    CHECK(e.argument() == "out");
    CHECK(e.axis() == (rows != 6 ? 0 : 1));
    CHECK(e.index() == (rows != 6 ? rows : cols));
    CHECK(memory.untouched());
  }
  // Codes or scales inside x, from one byte at its front to one at its end.
  auto* const bytes = reinterpret_cast<std::uint8_t*>(x.data());
  std::vector<float> const before = x;
  std::vector<float> scales(12, -1.0F);
  std::vector<std::uint8_t> codes(48, 0xa5);
  for (std::size_t const at : {std::size_t{0}, std::size_t{1}, 6 * 8 * sizeof(float) - 48}) {
    auto const e = error_of([&] { lowp::quantize_into<S>(view, {6, 8, bytes + at, scales.data()}); });
    CHECK(e.code() == error_code::overlap);
    CHECK(contains(e, "codes"));
  }
  auto const e = error_of([&] { lowp::quantize_into<S>(view, {6, 8, codes.data(), x.data() + 47 - 11}); });
  CHECK(e.code() == error_code::overlap);
  CHECK(contains(e, "scales"));
  CHECK(x == before);
  CHECK(scales == std::vector<float>(12, -1.0F));
  CHECK(codes == std::vector<std::uint8_t>(48, 0xa5));
  // Side by side is no overlap: x in the middle, codes before it, scales after it.
  std::vector<float> all(12 + 48 + 12, 1.0F);
  CHECK_NOTHROW(lowp::quantize_into<S>(matrix_view<float const>(all.data() + 12, 6, 8),
                                       {6, 8, reinterpret_cast<std::uint8_t*>(all.data()), all.data() + 60}));
  // Codes and scales in the same place.
  std::vector<float> both(12, -1.0F);
  auto const shared = error_of([&] {
    lowp::quantize_into<S>(view, {6, 8, reinterpret_cast<std::uint8_t*>(both.data()), both.data()});
  });
  CHECK(shared.code() == error_code::overlap);
  CHECK(both == std::vector<float>(12, -1.0F));
}

TEST_CASE("dequantize_into refuses another shape and memory that it reads from") {
  using S = lowp::scheme<lowp::int8, lowp::per_group<2>>;
  std::vector<float> const x(4 * 4, 1.0F);
  auto q = lowp::quantize<S>({x.data(), 4, 4});
  std::vector<float> out(16, -1.0F);
  for (auto const& shape : std::vector<std::pair<std::size_t, std::size_t>>{{2, 8}, {4, 3}, {3, 4}}) {
    std::size_t const rows = shape.first;
    std::size_t const cols = shape.second;
    auto const e = error_of([&] { lowp::dequantize_into(q, matrix_view<float>(out.data(), rows, cols)); });
    CHECK(e.code() == error_code::shape);
    CHECK(e.argument() == "out");
    CHECK(e.axis() == (rows != 4 ? 0 : 1));
  }
  CHECK(out == std::vector<float>(16, -1.0F));
  std::vector<float> memory(16, 0.5F);
  auto* const codes = reinterpret_cast<std::uint8_t*>(memory.data() + 12);
  auto const over_codes = error_of([&] {
    lowp::dequantize_into(lowp::const_quantized_view<S>{4, 4, codes, q.scales().data()},
                          matrix_view<float>(memory.data(), 4, 4));
  });
  CHECK(over_codes.code() == error_code::overlap);
  CHECK(memory == std::vector<float>(16, 0.5F));
  auto const over_scales = error_of([&] {
    lowp::dequantize_into(lowp::const_quantized_view<S>{4, 4, q.codes().data(), memory.data() + 8},
                          matrix_view<float>(memory.data(), 4, 4));
  });
  CHECK(over_scales.code() == error_code::overlap);
  CHECK(memory == std::vector<float>(16, 0.5F));
}

TEST_CASE("try_quantize gives the same matrix, or the error as a value") {
  using S = lowp::int4_g32;
  qo::matrix x = qo::make_matrix(qo::data::bell, 3, 50, 50, 5);
  auto const good = lowp::try_quantize<S>(qo::view_of(x));
  REQUIRE(good.has_value());
  CHECK(good->codes() == lowp::quantize<S>(qo::view_of(x)).codes());
  x.data[60] = std::numeric_limits<float>::quiet_NaN();
  auto const bad = lowp::try_quantize<S>(qo::view_of(x));
  REQUIRE(!bad);
  CHECK(bad.error().code() == error_code::value);
  CHECK(bad.error().index() == 1);
  CHECK(contains(bad.error(), "row 1, column 10,"));
  CHECK_THROWS_AS(bad.value(), lowp::error);
  CHECK(lowp::try_quantize<S>(qo::view_of(x), lowp::nan::zero{}).has_value());
}

TEST_CASE("rules that look at all values write nothing when a scale of the last block fails") {
  auto const check = [](auto scheme) {
    using S = decltype(scheme);
    // Ordinary but for the last element: the scales of all blocks before it have been found when it fails.
    for (float const last : {0x1p120F, -0x1p120F}) {
      qo::matrix x = qo::make_matrix(qo::data::bell, 3, 70, 70, 2);
      x.data[2 * 70 + 69] = last;
      guarded<S> memory(3, 70);
      auto const e = error_of([&] { lowp::quantize_into<S>(qo::view_of(x), memory.view()); });
      CHECK(e.code() == error_code::value);
      CHECK(e.index() == 2);
      CHECK(contains(e, "block (2, 2)"));
      CHECK(contains(e, "overflows"));
      CHECK(memory.untouched());
    }
    // A NaN after blocks that could have been written.
    qo::matrix x = qo::make_matrix(qo::data::bell, 3, 70, 70, 2);
    x.data[2 * 70 + 69] = std::numeric_limits<float>::quiet_NaN();
    guarded<S> memory(3, 70);
    CHECK(contains(error_of([&] { lowp::quantize_into<S>(qo::view_of(x), memory.view()); }), "row 2, column 69,"));
    CHECK(memory.untouched());
    lowp::quantize_into<S>(qo::view_of(x), memory.view(), lowp::nan::zero{});
    CHECK_FALSE(memory.untouched());
    CHECK(memory.guards_untouched());
  };
  using lowp::float16;
  using lowp::per_group;
  using lowp::scheme;
  namespace scale = lowp::scale;
  check(scheme<lowp::int4, per_group<32>, scale::mse<scale::norm::squared, 20, 50, float16>>{});
  check(scheme<lowp::uint4, per_group<32>, scale::minmax<float16>>{});
  check(scheme<lowp::uint4, per_group<32>, scale::offset<float16>>{});
  check(scheme<lowp::int8, per_group<32>, scale::percentile<1, 1, float16>>{});
  check(scheme<lowp::int4, per_group<32>, scale::signed_absmax<float16>>{});
}

}  // namespace quantize_errors_test
