// SPDX-License-Identifier: Apache-2.0
// only built: fast_math
//
// Quantization in a unit whose flags allow reciprocals, contraction, reassociation and no NaN: the same bits. What is
// expected comes from integer arithmetic, or from volatile doubles that no flag reorders.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <lowp/compare.hpp>

#include "support/catch.hpp"
#include "support/quantize_oracle.hpp"
#include "support/quantize_twin.hpp"

namespace {

namespace qo = quantize_oracle;
using lowp::exact;
using lowp::matrix_view;
using qo::rule;

/// Positive normal floats of moderate size, made of bits.
std::vector<float> operands(std::size_t n, std::uint64_t seed) {
  qo::generator g(seed);
  std::vector<float> x;
  for (std::size_t i = 0; i < n; ++i) {
    x.push_back(std::bit_cast<float>((g.next() & 0x7fffffU) | (107U + g.next() % 40U) << 23U));
  }
  return x;
}

std::uint32_t quotient_bits(float a, float b) {
  return std::bit_cast<std::uint32_t>(
      lowp::detail::round_to_float(lowp::detail::exact_quotient(exact::from(a), exact::from(b))));
}
std::uint32_t product_bits(float a, float b) {
  return std::bit_cast<std::uint32_t>(
      lowp::detail::round_to_float(lowp::detail::exact_product(exact::from(a), exact::from(b))));
}

std::size_t differences(std::vector<float> const& got, std::vector<std::uint32_t> const& expected) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    wrong += std::bit_cast<std::uint32_t>(got[i]) != expected[i] ? 1U : 0U;
  }
  return wrong;
}

template <class S>
void check_scheme(char const* name, qo::scheme const& meaning) {
  std::uint64_t seed = 500;
  for (qo::data const d : {qo::data::bell, qo::data::heavy_tail, qo::data::subnormal, qo::data::tiny, qo::data::zero,
                           qo::data::outlier, qo::data::infinities, qo::data::nans, qo::data::any_bits}) {
    ++seed;
    qo::matrix const x = qo::make_matrix(d, 3, 172, 175, seed);
    INFO(LOWP_TEST_VARIANT << ", " << name << ", " << qo::describe(d));
    for (qo::on_nan const nan : {qo::on_nan::error, qo::on_nan::zero}) {
      qo::outcome const expected = qo::quantize(meaning, x, nan);
      qo::on_every_isa([&](auto isa) {
        INFO(isa.name);
        CHECK(qo::difference(
                  nan == qo::on_nan::error ? qo::run<S>(qo::view_of(x)) : qo::run<S>(qo::view_of(x), lowp::nan::zero{}),
                  expected) == "");
      });
      CHECK(qo::difference(qo::run(lowp::as_any_scheme<S>(), qo::view_of(x), nan), expected) == "");
    }
  }
}

/// The documented sum of lanes, through volatile memory: every addition is made, in this order.
double tree_sum(std::vector<double> const& terms) {
  double volatile lane[16] = {};
  for (std::size_t i = 0; i < terms.size(); ++i) {
    lane[i % 16] = lane[i % 16] + terms[i];
  }
  for (std::size_t width = 8; width != 0; width /= 2) {
    for (std::size_t i = 0; i < width; ++i) {
      lane[i] = lane[i] + lane[i + width];
    }
  }
  return lane[0];
}

double quotient_of(double a, double b) {
  double volatile x = a;
  double volatile y = b;
  return x / y;
}

}  // namespace

TEST_CASE("a quotient is a quotient, a product a product, in loops that invite a reciprocal") {
  std::vector<float> const a = operands(20'000, 1);
  std::vector<float> const b = operands(20'000, 2);
  lowp::kernel::fp_env const environment;
  std::vector<float> out(a.size());
  std::vector<std::uint32_t> expected(a.size());
  for (std::size_t const which : {0U, 1U, 2U, 3U}) {
    // One divisor for all: the case that compilers hoist.
    float const divisor = b[which];
    for (std::size_t i = 0; i < a.size(); ++i) {
      out[i] = lowp::detail::divide_once(a[i], divisor);
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
      expected[i] = quotient_bits(a[i], divisor);
    }
    CHECK(differences(out, expected) == 0);
    // One dividend.
    for (std::size_t i = 0; i < a.size(); ++i) {
      out[i] = lowp::detail::divide_once(divisor, a[i]);
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
      expected[i] = quotient_bits(divisor, a[i]);
    }
    CHECK(differences(out, expected) == 0);
    // A sum after a product: contraction would round once where two roundings are meant.
    for (std::size_t i = 0; i < a.size(); ++i) {
      out[i] = lowp::detail::multiply_once(a[i], divisor) + 0x1p30F;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
      float volatile product = std::bit_cast<float>(product_bits(a[i], divisor));
      float volatile sum = product + 0x1p30F;
      expected[i] = std::bit_cast<std::uint32_t>(float{sum});
    }
    CHECK(differences(out, expected) == 0);
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    out[i] = lowp::detail::divide_once(a[i], b[i]);
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    expected[i] = quotient_bits(a[i], b[i]);
  }
  CHECK(differences(out, expected) == 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    out[i] = lowp::detail::multiply_once(a[i], b[i]);
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    expected[i] = product_bits(a[i], b[i]);
  }
  CHECK(differences(out, expected) == 0);
}

TEST_CASE("the library's integer quotients and products are the oracle's") {
  std::vector<float> const a = operands(5000, 3);
  std::vector<float> const b = operands(5000, 4);
  for (std::size_t i = 0; i < a.size(); ++i) {
    oracle::number const x = oracle::number_of(a[i]);
    oracle::dyadic const s = oracle::number_of(b[i]).value;
    REQUIRE(quotient_bits(a[i], b[i]) == oracle::write(oracle::binary32, qo::quotient(x, s)));
    REQUIRE(product_bits(a[i], b[i]) == oracle::write(oracle::binary32, qo::product(x, s)));
  }
}

TEST_CASE("schemes by type and at run time equal the oracle under these flags") {
  namespace scale = lowp::scale;
  auto const f = [](char const* name) { return oracle::by_name(name); };
  SECTION("float16, a float scale for 16") {
    check_scheme<lowp::scheme<lowp::float16, lowp::per_group<16>>>("float16/g16", {f("float16"), 1, 16});
  }
  SECTION("int8, a bfloat16 scale a row") {
    check_scheme<lowp::scheme<lowp::int8, lowp::per_channel<0>, scale::absmax<lowp::bfloat16>>>(
        "int8/rows", {f("int8"), 1, 0, rule::absmax, f("bfloat16")});
  }
  SECTION("e4m3fn, one float scale") {
    check_scheme<lowp::scheme<lowp::e4m3fn, lowp::per_tensor>>("e4m3fn", {f("e4m3fn")});
  }
  SECTION("mxfp4") { check_scheme<lowp::mxfp4>("mxfp4", {f("e2m1fn"), 1, 32, rule::floor, f("e8m0fnu")}); }
}

TEST_CASE("quotients next to a tie: one last place decides the code, on every ISA") {
  // x = RN(tie * s) and the floats beside it, for every tie of the format. Nothing but the correctly rounded quotient
  // gives the right code for all of them.
  auto const check = [](auto number, char const* name) {
    using F = decltype(number);
    oracle::encoder const reference(oracle::by_name(name));
    std::vector<oracle::dyadic> ties;
    for (std::size_t i = 0; i + 2 < reference.grid().size(); ++i) {
      ties.push_back((reference.grid()[i] + reference.grid()[i + 1]).scaled(-1));
    }
    std::vector<float> const scales = operands(60, 7);
    std::vector<std::uint8_t> codes;
    for (float const& s : scales) {
      oracle::dyadic const step = oracle::number_of(s).value;
      std::vector<float> x;
      std::vector<oracle::code> expected;
      for (oracle::dyadic const& tie : ties) {
        std::uint32_t const near =
            std::bit_cast<std::uint32_t>(oracle::to_float(qo::product(oracle::number::finite(tie), step)));
        for (std::uint32_t const bits : {near - 1, near, near + 1, (near - 1) | 0x80000000U, near | 0x80000000U}) {
          x.push_back(std::bit_cast<float>(bits));
          expected.push_back(reference(qo::quotient(oracle::number_of(x.back()), step),
                                       oracle::rounding_mode::nearest_even, oracle::overflow::saturate));
        }
      }
      std::vector<float> const many(x.size(), s);
      codes.resize(x.size());
      qo::on_every_isa([&](auto isa) {
        INFO(LOWP_TEST_VARIANT << ", " << name << " on " << isa.name << ", scale " << s);
        for (bool const shared : {true, false}) {
          {
            lowp::kernel::fp_env const environment;
            lowp::kernel::quantize<F, lowp::bit_order::padded>(
                x.data(), codes.data(), x.size(), shared ? &s : many.data(), shared ? x.size() : 1,
                lowp::rounding::nearest_even{}, lowp::overflow::saturate{}, lowp::nan::error{});
          }
          std::size_t wrong = 0;
          for (std::size_t i = 0; i < x.size(); ++i) {
            wrong += codes[i] != expected[i] ? 1U : 0U;
          }
          CHECK(wrong == 0);
        }
      });
    }
  };
  check(lowp::int8{}, "int8");
  check(lowp::e4m3fn{}, "e4m3fn");
  check(lowp::e2m1fn{}, "e2m1fn");
}

TEST_CASE("casts of spans equal the oracle under these flags") {
  oracle::encoder const reference(oracle::by_name("e4m3fn"));
  std::vector<float> x;
  for (std::uint32_t const b : oracle::boundaries(reference).floats) {
    x.push_back(std::bit_cast<float>(b));
  }
  qo::on_every_isa([&](auto isa) {
    INFO(isa.name);
    std::vector<lowp::e4m3fn> out(x.size());
    lowp::cast_into(x, out);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      wrong +=
          to_bits(out[i]) != reference(x[i], oracle::rounding_mode::nearest_even, oracle::overflow::saturate) ? 1U : 0U;
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("sums and means keep their order under these flags") {
  std::vector<float> const x = operands(5003, 5);
  std::vector<float> y;
  for (float const& v : x) {
    y.push_back(std::bit_cast<float>(std::bit_cast<std::uint32_t>(v) & 0xfffc0000U));
  }
  std::vector<double> signal;
  std::vector<double> noise;
  std::vector<double> bias;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double volatile e = static_cast<double>(y[i]) - static_cast<double>(x[i]);
    double volatile square = e * e;
    double volatile power = static_cast<double>(x[i]) * static_cast<double>(x[i]);
    signal.push_back(double{power});
    noise.push_back(double{square});
    bias.push_back(double{e});
  }
  lowp::error_stats const s = lowp::compare_values(x, y);
  auto const same = [](double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  };
  INFO(LOWP_TEST_VARIANT);
  CHECK(same(s.signal_power, quotient_of(tree_sum(signal), 5003)));
  CHECK(same(s.mse, quotient_of(tree_sum(noise), 5003)));
  CHECK(same(s.bias, quotient_of(tree_sum(bias), 5003)));
  CHECK(s.count == 5003);
}

TEST_CASE("compare under these flags: rows for NaN, infinities and saturation") {
  std::vector<float> w{7.75F, -7.5F, 6.0F, -6.0F, 5.0F, 0.1F, 0.0F, -7.25F};
  auto const rows = lowp::compare(matrix_view<float const>(w.data(), 1, 8), lowp::named<lowp::mxfp4>{"mxfp4"});
  CHECK(rows[0].stats.count == 8);
  CHECK(rows[0].stats.share_saturated == 3.0 / 8);
  CHECK(rows[0].bits_per_element == 5.0);
  w[2] = std::bit_cast<float>(0x7fc00000U);
  w[3] = std::bit_cast<float>(0xff800000U);
  auto const fp8 = lowp::compare(matrix_view<float const>(w.data(), 1, 8), lowp::named<lowp::fp8_per_channel>{"fp8"});
  CHECK(fp8[0].stats.count == 6);
  CHECK(fp8[0].stats.not_finite == 2);
  CHECK_THROWS_AS(lowp::quantize<lowp::mxfp4>({w.data(), 1, 8}), lowp::error);
}
