// SPDX-License-Identifier: Apache-2.0
//
// A user's program that knows the answers: it is built in every way a user may build it and must always agree.
#include <bit>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <lowp/lowp.hpp>

#include "digest.hpp"

namespace {

int failures = 0;

void expect(bool ok, char const* what) {
  if (!ok) {
    std::fprintf(stderr, "wrong: %s\n", what);
    ++failures;
  }
}

// Read at run time, so that no expectation is folded away by the compiler.
float volatile input[] = {1.0F, 464.0F, 465.0F, -0.0F, 0x1p-10F, 0x1.8p-149F, 3.1F, 0.3F, 1.0F / 3.0F};

std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

template <class F, class... Policies>
unsigned code(float x, Policies... policies) {
  return lowp::to_bits(lowp::cast<F>(x, policies...));
}

void scalar_casts() {
  // OCP OFP8 1.0: E4M3 has bias 7 and max 448 = 0x7e, NaN is 0x7f; its smallest subnormal is 2^-9.
  expect(code<lowp::e4m3fn>(input[0]) == 0x38, "1 is 0x38 in e4m3fn");
  expect(code<lowp::e4m3fn>(input[1]) == 0x7e, "464 rounds to 448");
  expect(code<lowp::e4m3fn>(input[2]) == 0x7e, "465 saturates to 448");
  expect(code<lowp::e4m3fn>(input[2], lowp::rounding::nearest_even{}, lowp::overflow::nonsaturating{}) == 0x7f,
         "465 overflows to NaN");
  expect(code<lowp::e4m3fn>(input[2], lowp::rounding::toward_zero{}, lowp::overflow::nonsaturating{}) == 0x7e,
         "465 toward zero is 448");
  expect(code<lowp::e4m3fn>(input[3]) == 0x80, "-0 keeps its sign");
  expect(code<lowp::e4m3fn>(input[4]) == 0x00, "2^-10 is a tie and goes to even, to 0");
  expect(code<lowp::e4m3fn>(input[4], lowp::rounding::up{}) == 0x01, "2^-10 rounded up is 2^-9");
  expect(code<lowp::e4m3fn>(input[5], lowp::rounding::up{}) == 0x01, "a subnormal float is not zero");
  expect(code<lowp::e4m3fn>(std::bit_cast<float>(bits_of(input[0]) | 0x7f800001U)) == 0x7f, "NaN is NaN");
  expect(code<lowp::e2m1fn>(input[6]) == 0x5, "3.1 is 3 in e2m1fn");
  expect(code<lowp::bfloat16>(input[5]) == 0x0000, "1.5 * 2^-149 rounds to 0 in bfloat16");
  expect(code<lowp::bfloat16>(input[5], lowp::rounding::up{}) == 0x0001, "and up to its smallest subnormal");
  expect(code<lowp::int4>(input[2]) == 0x7, "465 saturates to 7 in int4");
  expect(lowp::to_bits(lowp::cast<lowp::float16>(0.1)) == 0x2e66, "0.1 in float16");
}

void decodes() {
  expect(bits_of(lowp::decode(lowp::from_bits<lowp::e4m3fn>(0x7e))) == bits_of(448.0F), "0x7e is 448");
  expect(bits_of(lowp::decode(lowp::from_bits<lowp::e4m3fn>(0xff))) == 0x7fc00000U, "0xff is the canonical NaN");
  expect(bits_of(lowp::decode(lowp::from_bits<lowp::e5m2>(0x7c))) == 0x7f800000U, "0x7c is infinity in e5m2");
  expect(bits_of(lowp::decode(lowp::from_bits<lowp::bfloat16>(1))) == 0x00010000U, "a subnormal survives");
  expect(lowp::facts<lowp::e4m3fn>::max == 448.0F, "facts");
}

// Three rows of five in groups of two: the last group of each row is short. A scale is the greatest magnitude / 127.
void quantization() {
  using int8_g2 = lowp::scheme<lowp::int8, lowp::per_group<2>, lowp::scale::absmax<float>>;
  std::vector<float> const w = {1.2F, -2.0F, 0.5F,  0.3F,  3.0F,   //
                                0.0F, 0.0F,  -1.0F, 1.0F,  -0.1F,  //
                                7.0F, 6.9F,  3e-3F, 5e-3F, 0.0F};
  static constexpr int codes[] = {76,  -127, 127,  76,  127,   //
                                  0,   0,    -127, 127, -127,  //
                                  127, 125,  76,   127, 0};
  static constexpr float greatest[] = {2.0F, 2.0F, 0.5F,  0.5F,  3.0F,  //
                                       0.0F, 0.0F, 1.0F,  1.0F,  0.1F,  //
                                       7.0F, 7.0F, 5e-3F, 5e-3F, 0.0F};
  auto const q = lowp::quantize<int8_g2>(lowp::matrix_view<float const>(w.data(), 3, 5));
  std::vector<float> back(15, 42.0F);
  lowp::dequantize_into(q, lowp::matrix_view<float>(back.data(), 3, 5));
  for (std::size_t i = 0; i < 15; ++i) {
    float const scale = static_cast<float>(static_cast<double>(greatest[i]) / 127.0);
    float const value = static_cast<float>(codes[i] * static_cast<double>(scale));  // the product is exact in double
    expect(bits_of(back[i]) == bits_of(value), "quantize and dequantize");
  }
}

}  // namespace

int main() {
  scalar_casts();
  decodes();
  quantization();
  std::printf("%016llx\n", static_cast<unsigned long long>(digest()));
  return failures == 0 ? 0 : 1;
}
