// SPDX-License-Identifier: Apache-2.0
#include <lowp/gemm.hpp>

#include <limits>
#include <string>
#include <vector>

#include "gemm/oracle.hpp"
#include "support/catch.hpp"

namespace products_test {

using namespace gemm_test;
using lowp::matrix_view;
using lowp::accumulate::exact;
using lowp::accumulate::float32;

namespace {

using token_e4m3 = lowp::scheme<lowp::e4m3fn, lowp::per_channel<0>>;
using token_int8 = lowp::scheme<lowp::int8, lowp::per_channel<0>>;
using grouped_e4m3 = lowp::scheme<lowp::e4m3fn, lowp::per_group<32>>;
using tensor_e5m2 = lowp::scheme<lowp::e5m2, lowp::per_tensor>;
using int4_g32f = lowp::scheme<lowp::int4, lowp::per_group<32>>;
using int4_channel = lowp::scheme<lowp::int4, lowp::per_channel<0>>;
using int4_tensor = lowp::scheme<lowp::int4, lowp::per_tensor>;

struct shape {
  std::size_t m, n, k;
};
// Around the edges of a column block, of a step, of a group; one of each; the 172 columns of the test network.
constexpr shape shapes[] = {{1, 1, 1},    {1, 65, 8},   {2, 64, 9},   {3, 63, 31},  {4, 2, 33},
                            {5, 129, 64}, {7, 66, 127}, {8, 5, 129},  {13, 3, 172}, {1, 70, 172},
                            {6, 64, 256}, {9, 1, 300},  {12, 7, 257}, {25, 64, 40}};

template <class WS, class X, class Accumulate>
std::vector<float> product(X const& x, std::size_t m, lowp::quantized_matrix<WS> const& wq, Accumulate accumulate) {
  std::vector<float> y(m * wq.rows(), -1.0F);
  lowp::gemm(x, lowp::pack(wq), matrix_view<float>(y.data(), m, wq.rows()), accumulate);
  return y;
}

/// Every ISA against the oracle for all shapes.
template <class XS, class WS, class Accumulate>
void check_pair(char const* name) {
  bool const is_exact = std::is_same_v<Accumulate, exact>;
  for (shape const s : shapes) {
    std::vector<float> const xf = rows_of_numbers(s.m, s.k, 7);
    std::vector<float> const wf = rows_of_numbers(s.n, s.k, 9);
    auto const xq = lowp::quantize<XS>(matrix_view<float const>(xf.data(), s.m, s.k));
    auto const wq = lowp::quantize<WS>(matrix_view<float const>(wf.data(), s.n, s.k));
    std::vector<float> const want = multiply(spell_out(xq, side::activations), spell_out(wq, side::weights), is_exact);
    under_each_isa([&] {
      INFO(name << " " << s.m << " x " << s.n << " x " << s.k << " on " << lowp::isa_name());
      CHECK(same_bits(product<WS>(xq, s.m, wq, Accumulate{}), want));
    });
  }
}

template <class T, class WS, class Accumulate>
void check_plain(char const* name, std::vector<T> (*make)(std::size_t, std::size_t)) {
  for (shape const s : shapes) {
    std::vector<T> const x = make(s.m, s.k);
    std::vector<float> const wf = rows_of_numbers(s.n, s.k, 9);
    auto const wq = lowp::quantize<WS>(matrix_view<float const>(wf.data(), s.n, s.k));
    matrix_view<T const> const view(x.data(), s.m, s.k);
    std::vector<float> const want = multiply(spell_out<T>(view, side::activations), spell_out(wq, side::weights),
                                             std::is_same_v<Accumulate, exact>);
    under_each_isa([&] {
      INFO(name << " " << s.m << " x " << s.n << " x " << s.k << " on " << lowp::isa_name());
      CHECK(same_bits(product<WS>(view, s.m, wq, Accumulate{}), want));
    });
  }
}

std::vector<float> plain_floats(std::size_t m, std::size_t k) { return rows_of_numbers(m, k, 7); }

template <class F>
std::vector<F> cast_all(std::vector<float> const& x) {
  std::vector<F> out;
  for (float const v : x) {
    out.push_back(lowp::cast<F>(v));
  }
  return out;
}

}  // namespace

TEST_CASE("INT4 weights and FP8 activations", "[gemm]") {
  check_pair<token_e4m3, lowp::int4_g128, float32>("e4m3 x int4_g128");
  check_pair<token_e4m3, int4_g32f, float32>("e4m3 x int4_g32");
  check_pair<token_e4m3, int4_channel, float32>("e4m3 x int4");
  check_pair<tensor_e5m2, int4_tensor, float32>("e5m2 x int4, one scale each");
  check_pair<grouped_e4m3, lowp::int4_g128, float32>("e4m3_g32 x int4_g128");
  check_pair<token_e4m3, lowp::int4_g128, exact>("e4m3 x int4_g128, exact");
  check_pair<grouped_e4m3, int4_g32f, exact>("e4m3_g32 x int4_g32, exact");
}

TEST_CASE("Integers, and FP4 as integers", "[gemm]") {
  check_pair<token_int8, lowp::int4_g128, float32>("int8 x int4_g128");
  check_pair<token_int8, lowp::int4_g128, exact>("int8 x int4_g128, exact");
  check_pair<token_int8, lowp::int8_per_channel, float32>("int8 x int8");
  check_pair<lowp::scheme<lowp::int4, lowp::per_channel<0>>, int4_g32f, float32>("int4 x int4");
  check_pair<token_int8, lowp::mxfp4, float32>("int8 x mxfp4");
  check_pair<lowp::mxfp4, lowp::mxfp4, float32>("mxfp4 x mxfp4");
}

TEST_CASE("Plain activations", "[gemm]") {
  check_plain<float, lowp::int4_g128, float32>("float x int4_g128", plain_floats);
  check_plain<lowp::bfloat16, lowp::int4_g128, float32>("bfloat16 x int4_g128", [](std::size_t m, std::size_t k) {
    return cast_all<lowp::bfloat16>(rows_of_numbers(m, k, 7));
  });
  check_plain<lowp::bfloat16, lowp::int4_g128, float32>("huge bfloat16 x int4_g128", [](std::size_t m, std::size_t k) {
    std::vector<float> x = rows_of_numbers(m, k, 7);
    x[x.size() / 2] = 0x1p-130F;
    return cast_all<lowp::bfloat16>(x);
  });
  check_plain<lowp::float16, int4_g32f, exact>("float16 x int4_g32, exact", [](std::size_t m, std::size_t k) {
    return cast_all<lowp::float16>(rows_of_numbers(m, k, 7));
  });
}

TEST_CASE("NaN and infinity in activations", "[gemm]") {
  constexpr std::size_t m = 9;
  constexpr std::size_t n = 66;
  constexpr std::size_t k = 300;
  float const inf = std::numeric_limits<float>::infinity();
  std::vector<float> xf = rows_of_numbers(m, k, 7);
  xf[0 * k + 5] = std::numeric_limits<float>::quiet_NaN();
  xf[1 * k + 299] = inf;
  xf[2 * k + 130] = inf;
  xf[2 * k + 131] = -inf;
  xf[4 * k + 200] = -inf;
  std::vector<float> const wf = rows_of_numbers(n, k, 9);
  auto const wq = lowp::quantize<lowp::int4_g128>(matrix_view<float const>(wf.data(), n, k));
  operand const w = spell_out(wq, side::weights);
  using with_infinity = lowp::scheme<lowp::e5m2, lowp::per_channel<0>, lowp::scale::absmax<float>,
                                     lowp::rounding::nearest_even, lowp::overflow::nonsaturating>;
  auto const xq = lowp::quantize<with_infinity>(matrix_view<float const>(xf.data(), m, k));
  matrix_view<float const> const plain(xf.data(), m, k);
  under_each_isa([&] {
    INFO(lowp::isa_name());
    CHECK(same_bits(product(xq, m, wq, float32{}), multiply(spell_out(xq, side::activations), w, false)));
    CHECK(same_bits(product(xq, m, wq, exact{}), multiply(spell_out(xq, side::activations), w, true)));
    CHECK(same_bits(product(plain, m, wq, float32{}), multiply(spell_out<float>(plain, side::activations), w, false)));
  });
}

}  // namespace products_test
