// SPDX-License-Identifier: Apache-2.0
// also built: fast_math native
#include "isa/agreement.hpp"

#include <cmath>
#include <limits>

#include <lowp/quantize.hpp>

using namespace isa_test;

namespace {

/// Rows of every kind: Gaussian, of wildly different magnitudes, tiny, with infinities, with NaNs.
std::vector<float> rows_of_every_kind(std::size_t rows, std::size_t cols, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> w(rows * cols);
  for (std::size_t i = 0; i < w.size(); ++i) {
    std::size_t const kind = i / cols % 6;
    float x = normal(random);
    x *= kind == 1 ? std::exp2(20 * normal(random)) : kind == 2 ? 0x1p-120F : kind == 5 ? 0.0F : 1.0F;
    if (kind == 3 && random() % 16 == 0) {
      x = std::numeric_limits<float>::infinity() * (x < 0 ? -1.0F : 1.0F);
    }
    w[i] = x;
    if (kind == 4 && random() % 16 == 0) {
      w[i] = std::bit_cast<float>(static_cast<std::uint32_t>(0x7fc0'0001U | (random() & 0x8000'0000U)));
    }
  }
  return w;
}

template <class S>
void check_scheme(char const* name) {
  for_each_isa([name]<class Tag>(Tag tag) {
    INFO(name << " on " << Tag::name);
    std::mt19937 random(11);
    std::size_t wrong = 0;
    for (std::size_t cols : {1U, 15U, 16U, 33U, 63U, 64U, 65U, 172U, 1000U, 4099U}) {
      std::size_t const rows = 6;
      std::vector<float> const w = rows_of_every_kind(rows, cols, random);
      lowp::matrix_view<float const> const x(w.data(), rows, cols);
      std::vector<float> got(w.size());
      std::vector<float> want(w.size());
      lowp::quantized_matrix<S> a;
      lowp::quantized_matrix<S> b;
      {
        auto const pin = lowp::with_isa(lowp::isa::portable{});
        a = lowp::quantize<S>(x, lowp::nan::zero{});
        lowp::dequantize_into(a, lowp::matrix_view<float>(want.data(), rows, cols));
      }
      {
        auto const pin = lowp::with_isa(tag);
        b = lowp::quantize<S>(x, lowp::nan::zero{});
        lowp::dequantize_into(b, lowp::matrix_view<float>(got.data(), rows, cols));
      }
      wrong += a.codes() != b.codes() ||
                       std::memcmp(a.scales().data(), b.scales().data(), a.scales().size() * sizeof(a.scales()[0])) != 0
                   ? 1U
                   : 0U;
      wrong += std::memcmp(got.data(), want.data(), 4 * got.size()) != 0 ? 1U : 0U;
    }
    CHECK(wrong == 0);
  });
}

}  // namespace

TEST_CASE("quantize and dequantize equal portable: per tensor, channel and block", "[isa]") {
  check_scheme<lowp::int8_per_channel>("int8/channel");
  check_scheme<lowp::scheme<lowp::e4m3fn, lowp::per_tensor>>("e4m3fn/tensor");
  check_scheme<lowp::scheme<lowp::e4m3fn, lowp::per_channel<1>>>("e4m3fn/column");
  check_scheme<lowp::scheme<lowp::e5m2, lowp::per_block<2, 48>, lowp::scale::absmax<float>, lowp::rounding::up,
                            lowp::overflow::nonsaturating>>("e5m2/2x48 up");
}

TEST_CASE("quantize and dequantize equal portable: groups", "[isa]") {
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<128>>>("int4/g128");
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<32>>>("int4/g32");
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<3>>>("int4/g3");
  check_scheme<lowp::scheme<lowp::nf4, lowp::per_group<64>>>("nf4/g64");
  check_scheme<lowp::mxfp4>("mxfp4");
  check_scheme<lowp::mxfp8_e5m2>("mxfp8_e5m2");
  check_scheme<
      lowp::scheme<lowp::e4m3fn, lowp::per_group<16>, lowp::scale::absmax<float>, lowp::rounding::stochastic_hash>>(
      "e4m3fn/g16 stochastic");
}

TEST_CASE("quantize and dequantize equal portable: dense odd widths", "[isa]") {
  check_scheme<lowp::mxfp6_e3m2>("mxfp6_e3m2");
  check_scheme<lowp::scheme<lowp::int3, lowp::per_group<128>>>("int3/g128");
  check_scheme<lowp::scheme<lowp::int5, lowp::per_group<33>>>("int5/g33");
  check_scheme<lowp::scheme<lowp::int6, lowp::per_group<200>>>("int6/g200");
  check_scheme<lowp::scheme<lowp::int7, lowp::per_group<131>>>("int7/g131");
  check_scheme<lowp::scheme<lowp::uint1, lowp::per_channel<0>>>("uint1/channel");
}

TEST_CASE("quotients by reciprocal equal the rounded quotient", "[isa]") {
  // 16-bit floats see almost every bit of the quotient: an error of one last place of a float shows in one of 2^13 or
  // fewer; directly, on the quotients themselves, it always does.
#if LOWP_X86
  if (!lowp::isa::avx512::available()) {
    WARN("avx512 is skipped: this CPU does not have it");
    return;
  }
  std::mt19937_64 random(5);
  std::size_t wrong = 0;
  lowp::kernel::fp_env const environment;
  for (int i = 0; i < 2'000'000; ++i) {
    float x[16];
    auto const bits = static_cast<std::uint32_t>(random());
    // A divisor within [2^-64, 2^64], mantissas of few and of many bits, also all ones.
    std::uint32_t const mantissa = i % 4 == 0 ? 0x7f'ffffU >> (bits % 23U) : bits & 0x7f'ffffU;
    float const s = std::bit_cast<float>((63U + (bits >> 24U) % 128U) << 23U | mantissa);
    for (float& v : x) {
      auto const b = static_cast<std::uint32_t>(random());
      v = std::bit_cast<float>((b & 0x8000'0000U) | (100U + (b >> 23U) % 80U) << 23U | (b & 0x7f'ffffU));
    }
    float q[16];
    lowp::kernel::avx512::divide_16(x, s, q);
    for (int j = 0; j < 16; ++j) {
      wrong += std::bit_cast<std::uint32_t>(q[j]) != std::bit_cast<std::uint32_t>(lowp::detail::divide_once(x[j], s));
    }
  }
  CHECK(wrong == 0);
#else
  WARN("avx512 is skipped: not this architecture");
#endif
}

namespace {

/// Where a quotient that is not correctly rounded could give another code: x beside s * T, T half way between two values
/// of F; with scales whose significands lie at and beside multiples of 2^14, short ones, and any.
template <class F>
void check_ties(char const* format) {
  std::mt19937 random(23);
  std::vector<float> ties;
  for (std::uint32_t code = 0; code < lowp::facts<F>::max_code; ++code) {
    float const a = std::bit_cast<float>(lowp::detail::bits_of(static_cast<float>(lowp::from_bits<F>(code))));
    float const b = static_cast<float>(lowp::from_bits<F>(code + 1));
    ties.push_back((a + b) / 2);
  }
  constexpr std::size_t group = 64;
  constexpr std::size_t groups = 256;
  std::vector<float> x(group * groups);
  std::vector<float> scales(groups);
  for (int round = 0; round < 40; ++round) {
    for (std::size_t g = 0; g < groups; ++g) {
      auto const r = static_cast<std::uint32_t>(random());
      std::uint32_t const near = ((r & 0x01ffU) << 14U) + (r >> 9U) % 81U - 40U;
      std::uint32_t const mantissa = g / 16 % 3 == 0 ? near : g / 16 % 3 == 1 ? (r & 0x7ffU) << 12U : r;
      scales[g] = std::bit_cast<float>((63U + (r >> 24U) % 128U) << 23U | (mantissa & 0x007f'ffffU));
      for (std::size_t i = 0; i < group; ++i) {
        float const tie = ties[random() % ties.size()] * (random() % 2 == 0 ? 1.0F : -1.0F);
        std::uint32_t const bits = lowp::detail::bits_of(lowp::detail::multiply_once(tie, scales[g]));
        x[g * group + i] = std::bit_cast<float>(bits + static_cast<std::uint32_t>(random() % 7U) - 3U);
      }
    }
    for_each_isa([&]<class Tag>(Tag) {
      using slot = lowp::kernel::quantize_slot<Tag, F, lowp::bit_order::low_first, lowp::rounding::nearest_even,
                                               lowp::overflow::saturate, lowp::nan::as_cast>;
      using reference =
          lowp::kernel::quantize_slot<lowp::isa::portable, F, lowp::bit_order::low_first, lowp::rounding::nearest_even,
                                      lowp::overflow::saturate, lowp::nan::as_cast>;
      lowp::kernel::fp_env const environment;
      std::vector<std::uint8_t> got(x.size());
      std::vector<std::uint8_t> want(x.size());
      slot::run(x.data(), got.data(), x.size(), scales.data(), group, {}, {}, {});
      reference::run(x.data(), want.data(), x.size(), scales.data(), group, {}, {}, {});
      if (got != want) {
        std::size_t byte = 0;
        while (got[byte] == want[byte]) {
          ++byte;
        }
        std::size_t const i = byte * 8 / F::bits;
        INFO(format << " on " << Tag::name << ", scale " << scales[i / group]);
        FAIL_CHECK(at(i, x[i], got[byte], want[byte]));
      }
    });
  }
}

}  // namespace

TEST_CASE("quotients beside ties give the codes of the rounded quotient", "[isa]") {
  check_ties<lowp::e4m3fn>("e4m3fn");
  check_ties<lowp::int8>("int8");
  check_ties<lowp::e2m1fn>("e2m1fn");
}

TEST_CASE("with_isa pins a scope and a thread, and names the ISA", "[isa]") {
  std::string const best = lowp::isa_name();
  {
    auto const pin = lowp::with_isa(lowp::isa::portable{});
    CHECK(std::string(lowp::isa_name()) == "portable");
  }
  CHECK(lowp::isa_name() == best);
}
