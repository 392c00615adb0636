// SPDX-License-Identifier: Apache-2.0
//
// Long segments: sums that leave 32 bits are joined in 64, and are exact all the same.
#include <lowp/gemm.hpp>

#include <string>
#include <vector>

#include "gemm/oracle.hpp"
#include "support/catch.hpp"
#include "support/effort.hpp"

namespace exact_test {

using namespace gemm_test;
using lowp::matrix_view;
using lowp::accumulate::exact;
using lowp::accumulate::float32;

namespace {

template <class X, class W>
void check_extremes(char const* name, float x_value, float w_value, std::size_t k, bool alternating,
                    std::size_t m = 3) {
  constexpr std::size_t n = lowp_test::emulated ? 5 : 66;
  std::vector<X> x(m * k, lowp::cast<X>(x_value));
  lowp::quantized_matrix<lowp::scheme<W, lowp::per_channel<0>>> w(n, k);
  auto const view = w.view();
  using order = lowp::row_order<W>;
  for (std::size_t i = 0; i < n; ++i) {
    view.scales[i] = 1.0F + static_cast<float>(i) / 64.0F;
    for (std::size_t j = 0; j < k; ++j) {
      float const sign = alternating && (i + j) % 3 == 0 ? -1.0F : 1.0F;
      order::set(view.row(i), j, W::bits, to_bits(lowp::cast<W>(sign * w_value)));
    }
  }
  x[k / 2] = lowp::cast<X>(-x_value);
  x[k - 1] = lowp::cast<X>(x_value / 256);
  matrix_view<X const> const xv(x.data(), m, k);
  std::vector<float> const want = multiply(spell_out<X>(xv, side::activations), spell_out(w, side::weights), true);
  under_each_isa([&] {
    std::vector<float> y(m * n);
    lowp::gemm(xv, lowp::pack(w), matrix_view<float>(y.data(), m, n), exact{});
    INFO(name << ", k = " << k << " on " << lowp::isa_name());
    CHECK(same_bits(y, want));
  });
}

}  // namespace

TEST_CASE("All-extreme codes over long segments", "[gemm]") {
  for (std::size_t const k : {1170U, 1171U, 4096U, 11008U}) {
    if ((lowp_test::sanitized && k > 1171) || (lowp_test::emulated && k == 1170)) {
      continue;  // the same reads, ten times as often
    }
    check_extremes<lowp::e4m3fn, lowp::int4>("e4m3fn x int4", 448.0F, -8.0F, k, false);
    check_extremes<lowp::e4m3fn, lowp::int4>("e4m3fn x int4, alternating", 448.0F, -7.0F, k, true);
    check_extremes<lowp::e3m4, lowp::int8>("e3m4 x int8", 15.5F, -128.0F, k, false);
    check_extremes<lowp::int8, lowp::int8>("int8 x int8", -128.0F, -128.0F, k, false);
    check_extremes<lowp::uint8, lowp::uint8>("uint8 x uint8", 255.0F, 255.0F, k, false);
  }
}

TEST_CASE("All-extreme codes in as many rows as fill a block of them", "[gemm]") {
  for (std::size_t const k : {73U, 74U, 1171U}) {
    check_extremes<lowp::e4m3fn, lowp::int4>("e4m3fn x int4", 448.0F, -8.0F, k, false, 17);
    check_extremes<lowp::e4m3fn, lowp::int8>("e4m3fn x int8", 448.0F, -128.0F, k, false, 17);
    check_extremes<lowp::int8, lowp::int8>("int8 x int8", -128.0F, -128.0F, k, true, 17);
    check_extremes<lowp::uint8, lowp::uint8>("uint8 x uint8", 255.0F, 255.0F, k, false, 17);
  }
}

TEST_CASE("Activations of so many quanta that no eight of them fit 32 bits", "[gemm]") {
  using e4m7 = lowp::minifloat<4, 7>;
  for (std::size_t const m : {3U, 16U}) {
    for (std::size_t const k : {8U, 32U, 172U}) {
      check_extremes<e4m7, lowp::int8>("e4m7 x int8", 255.0F, 127.0F, k, false, m);
      check_extremes<lowp::minifloat<4, 8>, lowp::int6>("e4m8 x int6", 255.5F, -32.0F, k, true, m);
    }
  }
}

TEST_CASE("Quanta and products of quanta that no float holds", "[gemm]") {
  using lowp::specials;
  using far_below = lowp::minifloat<2, 1, 139, specials::finite>;
  using far_above = lowp::minifloat<2, 1, -70, specials::finite>;
  using below = lowp::minifloat<2, 1, -20, specials::finite>;
  for (std::size_t const m : {3U, 16U}) {
    check_extremes<far_above, far_above>("2^70 x 2^70", lowp::facts<far_above>::max, lowp::facts<far_above>::max, 40,
                                         true, m);
    check_extremes<far_below, below>("2^-139 x 2^20", lowp::facts<far_below>::max, lowp::facts<below>::max, 40, false,
                                     m);
    check_extremes<below, far_below>("2^20 x 2^-139", lowp::facts<below>::max, lowp::facts<far_below>::max, 40, false,
                                     m);
  }
}

TEST_CASE("Integer sums beyond 32 bits", "[gemm]") {
  if (lowp_test::sanitized) SKIP("the sums above make the same reads");
  check_extremes<lowp::int8, lowp::int8>("int8 x int8", -128.0F, -128.0F, 140000, false);
}

TEST_CASE("A pair whose exact sums do not fit is refused by name", "[gemm]") {
  std::vector<float> const w(300, 1.0F);
  auto const wq =
      lowp::quantize<lowp::scheme<lowp::e5m2, lowp::per_channel<0>>>(matrix_view<float const>(w.data(), 1, 300));
  std::vector<lowp::float16> x(300);
  std::vector<float> y(1);
  try {
    lowp::gemm(matrix_view<lowp::float16 const>(x.data(), 1, 300), lowp::pack(wq), matrix_view<float>(y.data(), 1, 1),
               exact{});
    FAIL("no error");
  } catch (lowp::error const& e) {
    CHECK(e.argument() == "accumulate");
    CHECK(std::string(e.what()).find("e5m2") != std::string::npos);
  }
}

}  // namespace exact_test
