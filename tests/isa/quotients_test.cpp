// SPDX-License-Identifier: Apache-2.0
// also built: fast_math
//
// Quotients by reciprocals: equal to the rounded one, or close enough to it for the same code.
#include "isa/agreement.hpp"

#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/catalog.hpp>

using namespace isa_test;

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

/// Codes of x / scales[j / group] on every ISA against portable.
template <class F>
void check_codes(char const* format, std::vector<float> const& x, std::vector<float> const& scales, std::size_t group) {
  namespace r = lowp::rounding;
  using lowp::bit_order::low_first;
  using lowp::overflow::saturate;
  lowp::kernel::fp_env const environment;
  std::vector<std::uint8_t> want(x.size());
  lowp::kernel::quantize_slot<lowp::isa::portable, F, low_first, r::nearest_even, saturate, lowp::nan::as_cast>::run(
      x.data(), want.data(), x.size(), scales.data(), group, {}, {}, {});
  for_each_isa([&]<class Tag>(Tag) {
    std::vector<std::uint8_t> got(x.size());
    lowp::kernel::quantize_slot<Tag, F, low_first, r::nearest_even, saturate, lowp::nan::as_cast>::run(
        x.data(), got.data(), x.size(), scales.data(), group, {}, {}, {});
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

/// Where a quotient that is not correctly rounded could give another code: x beside s * T, T half way between two values
/// of F. First scales with significands close to multiples of 2^17, where that happens unless they are recognised (int8,
/// s = 0x1.23fffep0, T = 100.5); then short ones, and any.
template <class F>
void check_ties(char const* format) {
  std::vector<float> ties;
  for (std::uint32_t code = 0; code < lowp::facts<F>::max_code; ++code) {
    float const a = static_cast<float>(lowp::from_bits<F>(code));
    float const b = static_cast<float>(lowp::from_bits<F>(code + 1));
    ties.push_back((a + b) / 2);
  }
  constexpr std::size_t group = 1024;
  std::vector<float> x;
  std::vector<float> scales;
  std::mt19937 random(23);
  auto const add = [&](std::uint32_t scale_bits) {
    float const s = std::bit_cast<float>(scale_bits);
    scales.push_back(s);
    for (std::size_t i = 0; i < group; ++i) {
      float const tie = ties[i / 5 % ties.size()] * (random() % 2 == 0 ? 1.0F : -1.0F);
      std::uint32_t const bits = lowp::detail::bits_of(lowp::detail::multiply_once(tie, s));
      x.push_back(std::bit_cast<float>(bits + static_cast<std::uint32_t>(i % 5) - 2U));
    }
  };
  for (std::uint32_t top = 0; top < 64; ++top) {
    for (std::uint32_t beside = 0; beside <= 16; ++beside) {
      add((127U << 23U) + (top << 17U) + beside - 8U);
    }
  }
  for (int i = 0; i < 500; ++i) {
    auto const r = static_cast<std::uint32_t>(random());
    std::uint32_t const mantissa = i % 2 == 0 ? (r & 0x7ffU) << 12U : r & 0x007f'ffffU;
    add((63U + (r >> 24U) % 128U) << 23U | mantissa);
  }
  check_codes<F>(format, x, scales, group);
}

}  // namespace

TEST_CASE("quotients beside ties give the codes of the rounded quotient", "[isa]") {
  check_ties<lowp::e4m3fn>("e4m3fn");
  check_ties<lowp::int8>("int8");
  check_ties<lowp::e2m1fn>("e2m1fn");
}
