// SPDX-License-Identifier: Apache-2.0
//
// Slots and dispatch: who serves what, and each operation on raw memory, on every ISA of this CPU, by its definition.

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <lowp/kernel/dispatch.hpp>
#include <lowp/kernel/fp_env.hpp>
#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/quantize_twin.hpp"

namespace {

namespace kernel = lowp::kernel;
namespace isa = lowp::isa;
using lowp::bit_order::low_first;
using lowp::bit_order::padded;
using nearest = lowp::rounding::nearest_even;
using clamp = lowp::overflow::saturate;

/// An ISA that improves nothing.
struct plain {
  using parent = isa::portable;
};

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

/// n floats of all sizes, a few of them special.
std::vector<float> mixture(std::size_t n, std::uint32_t state) {
  std::vector<float> x;
  for (std::size_t i = 0; i < n; ++i) {
    state = state * 1664525U + 1013904223U;
    std::uint32_t const kind = state >> 27U;
    x.push_back(kind == 0   ? infinite
                : kind == 1 ? -not_a_number
                : kind == 2 ? -0.0F
                : kind == 3 ? std::bit_cast<float>(state & 0x807fffffU)
                            : std::bit_cast<float>((state & 0x807fffffU) | (110U + (state >> 20U) % 35U) << 23U));
  }
  return x;
}

}  // namespace

TEST_CASE("a slot that an ISA does not improve is its parent's") {
  using F = lowp::e4m3fn;
  static_assert(std::same_as<kernel::encode_slot<plain, F, padded, nearest, clamp>::served_by, isa::portable>);
  static_assert(std::same_as<kernel::decode_slot<plain, F, padded>::served_by, isa::portable>);
  static_assert(std::same_as<kernel::absmax_slot<plain>::served_by, isa::portable>);
  static_assert(std::same_as<kernel::contains_nan_slot<plain>::served_by, isa::portable>);
  static_assert(std::same_as<kernel::quantize_slot<plain, F, low_first, nearest, clamp, lowp::nan::error>::served_by,
                             isa::portable>);
  static_assert(std::same_as<kernel::dequantize_slot<plain, F, low_first>::served_by, isa::portable>);
  // And the portable kernels serve everything: also what no vector kernel takes.
  using odd = lowp::p3109::binary10p4se;
  static_assert(
      std::same_as<kernel::encode_slot<isa::portable, odd, padded, lowp::rounding::any, lowp::overflow::any>::served_by,
                   isa::portable>);
  SUCCEED();
}

TEST_CASE("the list ends with portable, which every machine has") {
  CHECK(isa::portable::available());
  CHECK(isa::index_in<isa::portable>(isa::list{}) == isa::list::size - 1);
  CHECK(isa::index_in<plain>(isa::list{}) == isa::list::size);
  std::string const here = lowp::isa_name();
  std::string elsewhere;
  auto const pin = lowp::with_isa(isa::portable{});
  CHECK(std::string(lowp::isa_name()) == "portable");
  std::thread other([&] { elsewhere = lowp::isa_name(); });  // a pin is its thread's
  other.join();
  CHECK(elsewhere == here);
}

TEST_CASE("absmax: the greatest finite magnitude of each group, on top of what is there") {
  quantize_oracle::on_every_isa([](auto isa) {
    INFO(isa.name);
    std::size_t wrong = 0;
    for (std::size_t n = 0; n <= 140; ++n) {
      std::vector<float> const x = mixture(n + 1, static_cast<std::uint32_t>(n));
      for (std::size_t const group : {1U, 2U, 3U, 7U, 8U, 15U, 16U, 17U, 32U, 33U, 64U, 128U, 200U}) {
        std::size_t const groups = (n + group - 1) / group;
        std::vector<float> greatest(groups + 1, 0.0F);
        greatest[groups] = -1.0F;
        for (std::size_t k = 0; k < groups; k += 3) {
          greatest[k] = 1.0F;
        }
        std::vector<float> expected = greatest;
        for (std::size_t i = 0; i < n; ++i) {
          float const size = std::fabs(x[i + 1]);
          expected[i / group] = std::isfinite(size) && size > expected[i / group] ? size : expected[i / group];
        }
        // Floats need not stand on a vector's boundary.
        bool const found_nan = kernel::absmax(x.data() + 1, n, group, greatest.data());
        bool const has_nan = std::any_of(x.begin() + 1, x.begin() + 1 + static_cast<std::ptrdiff_t>(n),
                                         [](float v) { return std::isnan(v); });
        wrong += found_nan != has_nan ? 1U : 0U;
        for (std::size_t k = 0; k <= groups; ++k) {
          wrong += bits_of(greatest[k]) != bits_of(expected[k]) ? 1U : 0U;
        }
      }
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("absmax of zeros and of nothing finite is +0") {
  quantize_oracle::on_every_isa([](auto isa) {
    INFO(isa.name);
    std::vector<float> const x{-0.0F, infinite, not_a_number, -infinite, std::bit_cast<float>(0xff800001U)};
    float greatest = 0;
    CHECK(kernel::absmax(x.data(), x.size(), x.size(), &greatest));  // there are NaNs among them
    CHECK(bits_of(greatest) == 0);
    std::vector<float> const y{-0x1p-149F, 0.0F};
    CHECK_FALSE(kernel::absmax(y.data(), y.size(), 2, &greatest));
    std::vector<float> const z{infinite, -infinite, 0.0F};
    float unchanged = 2.0F;
    CHECK_FALSE(kernel::absmax(z.data(), z.size(), 3, &unchanged));
    CHECK(unchanged == 2.0F);
    CHECK(bits_of(greatest) == 1);
  });
}

TEST_CASE("contains_nan finds one NaN anywhere, and no infinity") {
  quantize_oracle::on_every_isa([](auto isa) {
    INFO(isa.name);
    std::size_t wrong = 0;
    for (std::size_t n = 0; n <= 100; ++n) {
      std::vector<float> x(n + 2, -infinite);
      x[0] = not_a_number;  // just outside
      x[n + 1] = not_a_number;
      wrong += kernel::contains_nan(x.data() + 1, n) ? 1U : 0U;
      for (std::size_t at = 0; at < n; ++at) {
        for (std::uint32_t const nan : {0x7f800001U, 0xffffffffU}) {
          x[at + 1] = std::bit_cast<float>(nan);
          wrong += kernel::contains_nan(x.data() + 1, n) ? 0U : 1U;
        }
        x[at + 1] = infinite;
      }
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("quantize and dequantize of a row from memory that stands anywhere") {
  // Groups of every length, also beyond the row; codes from an odd address; bits beyond the end kept.
  using F = lowp::int4;
  oracle::encoder const reference(oracle::by_name("int4"));
  namespace qo = quantize_oracle;
  qo::on_every_isa([&](auto isa) {
    INFO(isa.name);
    kernel::fp_env const environment;
    std::size_t wrong = 0;
    for (std::size_t const n : {0U, 1U, 2U, 15U, 16U, 17U, 31U, 33U, 63U, 64U, 65U, 100U, 131U}) {
      std::vector<float> const x = mixture(n + 1, 77);
      for (std::size_t const group : {1U, 3U, 8U, 16U, 24U, 64U, 200U}) {
        std::size_t const groups = (n + group - 1) / group;
        std::vector<float> scales;
        for (std::size_t k = 0; k < groups; ++k) {
          scales.push_back(0.013F * static_cast<float>(k % 7 + 1));
        }
        std::size_t const bytes = (n + 1) / 2;
        std::vector<std::uint8_t> codes(bytes + 3, 0xa5);
        kernel::quantize<F, low_first>(x.data() + 1, codes.data() + 1, n, scales.data(), group, nearest{}, clamp{},
                                       lowp::nan::as_cast{});
        std::vector<float> values(n + 2, -9.0F);
        kernel::dequantize<F, low_first>(codes.data() + 1, values.data() + 1, n, scales.data(), group);
        wrong += codes[0] != 0xa5 || codes[bytes + 1] != 0xa5 || codes[bytes + 2] != 0xa5 ? 1U : 0U;
        wrong += n % 2 != 0 && (codes[bytes] & 0xf0) != 0xa0 ? 1U : 0U;
        wrong += bits_of(values[0]) != bits_of(-9.0F) || bits_of(values[n + 1]) != bits_of(-9.0F) ? 1U : 0U;
        for (std::size_t i = 0; i < n; ++i) {
          oracle::dyadic const scale = oracle::number_of(scales[i / group]).value;
          oracle::number const quotient = qo::quotient(oracle::number_of(x[i + 1]), scale);
          oracle::code const code =
              reference(quotient, oracle::rounding_mode::nearest_even, oracle::overflow::saturate);
          wrong += low_first::get(codes.data() + 1, i, 4) != code ? 1U : 0U;
          oracle::number const value = qo::product(oracle::value(reference.described(), code), scale);
          wrong += bits_of(values[i + 1]) != oracle::write(oracle::binary32, value) ? 1U : 0U;
        }
      }
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("quotients that a reciprocal would get wrong") {
  // x / s against RN(x * RN(1 / s)): where they differ, float16 codes and the quotients themselves must be the division's.
  namespace qo = quantize_oracle;
  oracle::encoder const reference(oracle::by_name("float16"));
  // Quotients next to a tie of float16: 1 + (2 k + 1) 2^-11, one place of float to either side.
  std::vector<float> x;
  std::vector<float> s;
  qo::generator g(3);
  std::size_t by_reciprocal = 0;
  while (x.size() < 2000) {
    float const scale = std::bit_cast<float>(0x3f000000U + (g.next() & 0x00ffffffU));
    std::uint32_t const tie = 0x3f800000U | (g.next() % 1024U) << 13U | 0x1000U;
    oracle::number const exact =
        qo::product(oracle::number_of(std::bit_cast<float>(tie)), oracle::number_of(scale).value);
    float const near = oracle::to_float(exact);
    for (std::uint32_t const step : {0U, 1U, 2U}) {
      float const candidate = std::bit_cast<float>(bits_of(near) - 1U + step);
      float volatile inverse = 1.0F / scale;
      float volatile wrong = candidate * inverse;
      float volatile right = candidate / scale;
      if (bits_of(wrong) != bits_of(right) &&
          lowp::cast<lowp::float16>(float{wrong}) != lowp::cast<lowp::float16>(float{right})) {
        x.push_back(candidate);
        s.push_back(scale);
        ++by_reciprocal;
      }
    }
  }
  REQUIRE(by_reciprocal >= 2000);
  qo::on_every_isa([&](auto isa) {
    INFO(isa.name);
    kernel::fp_env const environment;
    std::vector<std::uint8_t> codes(2 * x.size());
    kernel::quantize<lowp::float16, padded>(x.data(), codes.data(), x.size(), s.data(), 1, nearest{}, clamp{},
                                            lowp::nan::error{});
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      oracle::number const quotient = qo::quotient(oracle::number_of(x[i]), oracle::number_of(s[i]).value);
      oracle::code const code = reference(quotient, oracle::rounding_mode::nearest_even, oracle::overflow::saturate);
      wrong += padded::get(codes.data(), i, 16) != code ? 1U : 0U;
    }
    CHECK(wrong == 0);
  });
  // The same with one scale for many elements, where a kernel may prefer the reciprocal.
  for (std::size_t i = 0; i < 40; ++i) {
    std::vector<float> run;
    for (std::uint32_t k = 0; k < 1024; ++k) {
      std::uint32_t const tie = 0x3f801000U | k << 13U;
      oracle::number const exact =
          qo::product(oracle::number_of(std::bit_cast<float>(tie)), oracle::number_of(s[i]).value);
      run.push_back(std::bit_cast<float>(bits_of(oracle::to_float(exact)) - 1U + k % 3U));
    }
    std::vector<std::uint8_t> expected(2 * run.size());
    for (std::size_t k = 0; k < run.size(); ++k) {
      oracle::number const quotient = qo::quotient(oracle::number_of(run[k]), oracle::number_of(s[i]).value);
      padded::set(expected.data(), k, 16,
                  reference(quotient, oracle::rounding_mode::nearest_even, oracle::overflow::saturate));
    }
    qo::on_every_isa([&](auto isa) {
      INFO(isa.name);
      kernel::fp_env const environment;
      std::vector<std::uint8_t> codes(2 * run.size());
      kernel::quantize<lowp::float16, padded>(run.data(), codes.data(), run.size(), s.data() + i, run.size(), nearest{},
                                              clamp{}, lowp::nan::error{});
      CHECK(codes == expected);
    });
  }
}
