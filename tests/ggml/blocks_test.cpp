// SPDX-License-Identifier: Apache-2.0
//
// ggml's blocks against its formulas in plain float arithmetic, and against blocks worked by hand.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <lowp/layouts.hpp>

#include "support/catch.hpp"

namespace {

namespace ggml = lowp::ggml;
using lowp::from_bits;

// 1. The oracle: the operations of ggml's reference quantizers one by one, each through memory so that none is fused. The
//    blocks are made of raw bytes by hand.

/// Rounds to float here and now.
float now(float x) {
  float volatile y = x;
  return y;
}
float inverse_of(float d) {
  float const i = d != 0.0F ? now(1.0F / d) : 0.0F;
  return std::isinf(i) ? 0.0F : i;
}
/// float16 by a search over all its values: the nearest, a tie to the even code.
std::uint16_t half_of(float x) {
  std::uint16_t const sign = std::signbit(x) ? 0x8000U : 0U;
  double const size = std::fabs(static_cast<double>(x));
  auto const value = [](std::uint32_t code) {
    std::uint32_t const e = code >> 10;
    std::uint32_t const m = code & 1023U;
    return e == 0 ? std::ldexp(m, -24) : std::ldexp(1024 + m, static_cast<int>(e) - 25);
  };
  std::uint32_t low = 0;
  std::uint32_t high = 0x7bff;
  while (low < high) {  // the greatest code whose value is at most size
    std::uint32_t const middle = (low + high + 1) / 2;
    value(middle) <= size ? low = middle : high = middle - 1;
  }
  double const below = size - value(low);
  double const above = value(low + 1) - size;
  if (above < below || (above == below && low % 2 != 0)) ++low;
  return static_cast<std::uint16_t>(sign | low);
}
double half_value(std::uint16_t code) {
  std::uint32_t const e = code >> 10 & 31U;
  std::uint32_t const m = code & 1023U;
  double const size = e == 0 ? std::ldexp(m, -24) : std::ldexp(1024 + m, static_cast<int>(e) - 25);
  return (code & 0x8000U) != 0 ? -size : size;
}

using bytes = std::vector<std::uint8_t>;
void put_half(bytes& b, float x) {
  std::uint16_t const h = half_of(x);
  b.push_back(static_cast<std::uint8_t>(h & 255U));
  b.push_back(static_cast<std::uint8_t>(h >> 8U));
}
void put_nibbles(bytes& b, std::vector<int> const& codes) {
  for (std::size_t j = 0; j < codes.size() / 2; ++j) {
    b.push_back(static_cast<std::uint8_t>((codes[j] & 15) | (codes[j + codes.size() / 2] & 15) << 4));
  }
}
float signed_absmax(std::span<float const> x) {
  float most = 0;
  float found = 0;
  for (float const v : x) {
    if (most < std::fabs(v)) {
      most = std::fabs(v);
      found = v;
    }
  }
  return found;
}

bytes oracle_q8_0(std::span<float const> x) {
  float const d = now(std::fabs(signed_absmax(x)) / 127.0F);
  float const id = inverse_of(d);
  bytes b;
  put_half(b, d);
  for (float const v : x) b.push_back(static_cast<std::uint8_t>(static_cast<int>(std::round(now(v * id)))));
  return b;
}
std::vector<int> codes_around(std::span<float const> x, float id, float shift, int most) {
  std::vector<int> codes;
  for (float const v : x) codes.push_back(std::min(most, static_cast<int>(now(now(v * id) + shift))));
  return codes;
}
bytes oracle_q4_0(std::span<float const> x) {
  float const d = now(signed_absmax(x) / -8.0F);
  bytes b;
  put_half(b, d);
  put_nibbles(b, codes_around(x, inverse_of(d), 8.5F, 15));
  return b;
}
bytes oracle_q5_0(std::span<float const> x) {
  float const d = now(signed_absmax(x) / -16.0F);
  auto const codes = codes_around(x, inverse_of(d), 16.5F, 31);
  bytes b;
  put_half(b, d);
  for (std::size_t k = 0; k < 4; ++k) {
    int byte = 0;
    for (std::size_t j = 0; j < 8; ++j) byte |= (codes[8 * k + j] >> 4) << j;
    b.push_back(static_cast<std::uint8_t>(byte));
  }
  put_nibbles(b, codes);
  return b;
}
bytes oracle_q4_1(std::span<float const> x) {
  float const least = *std::min_element(x.begin(), x.end());
  float const most = *std::max_element(x.begin(), x.end());
  float const d = now(now(most - least) / 15.0F);
  std::vector<float> above;
  for (float const v : x) above.push_back(now(v - least));
  bytes b;
  put_half(b, d);
  put_half(b, least);
  put_nibbles(b, codes_around(above, inverse_of(d), 0.5F, 15));
  return b;
}
constexpr std::array<int, 16> twice_e2m1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
int nearest_e2m1(float x, float half_scale) {
  int best = 0;
  float least = now(std::fabs(now(now(0.0F * half_scale) - x)));
  for (int i = 1; i < 16; ++i) {
    float const value = now(static_cast<float>(twice_e2m1[static_cast<std::size_t>(i)]) * half_scale);
    float const error = std::fabs(now(value - x));
    if (error < least) {
      best = i;
      least = error;
    }
  }
  return best;
}
bytes oracle_mxfp4(std::span<float const> x) {
  float const most = std::fabs(signed_absmax(x));
  // log2f, rounded correctly: from double
  auto const log = static_cast<float>(std::log2(static_cast<double>(most)));
  int const e = most > 0 ? std::max(0, static_cast<int>(std::floor(log)) - 2 + 127) : 0;
  bytes b = {static_cast<std::uint8_t>(e)};
  std::vector<int> codes;
  for (float const v : x) codes.push_back(nearest_e2m1(v, std::ldexp(1.0F, e - 128)));
  put_nibbles(b, codes);
  return b;
}
/// ggml's UE4M3 in decimal terms.
int ggml_ue4m3(float x) {
  if (!(x > 0)) return 0;
  if (x >= 248) return 0x7e;
  int exponent = 0;
  std::frexp(x, &exponent);  // x in [2^(exponent-1), 2^exponent)
  if (exponent - 1 <= -7) return std::min(7, static_cast<int>(now(now(x * 512.0F) + 0.5F)));
  double const steps = std::ldexp(static_cast<double>(x), 4 - exponent);  // [8, 16)
  return (exponent - 1 + 7) * 8 + static_cast<int>(std::floor(steps + 0.5)) - 8;
}
float ue4m3_value(int code) {
  if (code == 0x7f) return 0;
  int const e = code >> 3 & 15;
  return e == 0 ? std::ldexp(static_cast<float>(code & 7), -9) : std::ldexp(static_cast<float>(8 + (code & 7)), e - 10);
}
bytes oracle_nvfp4(std::span<float const> x) {
  bytes scales;
  bytes nibbles;
  for (std::size_t s = 0; s < 4; ++s) {
    auto const part = x.subspan(16 * s, 16);
    int const d = ggml_ue4m3(now(std::fabs(signed_absmax(part)) / 6.0F));
    scales.push_back(static_cast<std::uint8_t>(d));
    std::vector<int> codes;
    for (float const v : part) codes.push_back(nearest_e2m1(v, ue4m3_value(d) / 2));
    put_nibbles(nibbles, codes);
  }
  scales.insert(scales.end(), nibbles.begin(), nibbles.end());
  return scales;
}

// 2. Blocks of many kinds: sizes over all binades, ties, halves, constants, one sign, subnormals, outliers.

std::vector<std::vector<float>> samples(std::size_t size, int least_exponent, int most_exponent) {
  std::vector<std::vector<float>> all;
  std::mt19937 random(1);
  auto const unit = [&random] { return static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-31F; };
  for (int e = least_exponent; e <= most_exponent; ++e) {
    for (int kind = 0; kind < 8; ++kind) {
      std::vector<float> x(size);
      float const scale = std::ldexp(1.0F, e);
      for (std::size_t j = 0; j < size; ++j) {
        float v = unit();
        switch (kind) {
          case 1:
            v = std::round(v * 16) / 16;
            break;  // ties everywhere
          case 2:
            v = std::round(v * 12) / 12;
            break;  // near-ties
          case 3:
            v = std::fabs(v);
            break;  // one sign
          case 4:
            v = -std::fabs(v * v * v);
            break;  // many small
          case 5:
            v = j == 7 ? 1.0F : v * 0.01F;
            break;  // an outlier
          case 6:
            v = j % 3 == 0 ? 1 - 0x1p-24F * static_cast<float>(e & 63) : v;
            break;  // just below a power of two
          case 7:
            v = 0.75F;
            break;  // constant
          default:
            break;
        }
        x[j] = v * scale;
      }
      all.push_back(std::move(x));
    }
  }
  all.emplace_back(size, 0.0F);
  all.emplace_back(size, -0.0F);
  return all;
}

template <class Block>
bytes bytes_of(Block const& block) {
  bytes b(sizeof block);
  std::memcpy(b.data(), &block, sizeof block);
  return b;
}

template <class Block>
int wrong_blocks(bytes (*oracle)(std::span<float const>), int least_exponent, int most_exponent) {
  int wrong = 0;
  for (auto const& x : samples(Block::size, least_exponent, most_exponent)) {
    Block const block = Block::quantize(std::span<float const, Block::size>(x));
    bool const differs = bytes_of(block) != oracle(x);
    if (differs && wrong == 0) {
      std::string text;
      for (float const v : x) text += " " + std::to_string(v);
      UNSCOPED_INFO("first:" << text);
    }
    wrong += differs ? 1 : 0;
  }
  return wrong;
}

template <class Block>
Block block_of(bytes const& b) {
  Block block;
  REQUIRE(b.size() == sizeof block);
  std::memcpy(&block, b.data(), sizeof block);
  return block;
}

template <class Block>
std::vector<float> values_of(Block const& block) {
  std::vector<float> out(Block::size);
  block.dequantize(std::span<float, Block::size>(out));
  return out;
}

bytes random_block(std::size_t size, std::mt19937& random) {
  bytes b(size);
  for (auto& byte : b) byte = static_cast<std::uint8_t>(random());
  return b;
}

bool same(float a, double b) { return static_cast<double>(a) == b && std::signbit(a) == std::signbit(b); }

}  // namespace

TEST_CASE("Q8_0, Q4_0, Q4_1, Q5_0 quantize as ggml's formulas do") {
  // float16 holds scales up to 65504 and down to 2^-24; below that the codes remain and d is 0.
  CHECK(wrong_blocks<ggml::q8_0>(&oracle_q8_0, -140, 22) == 0);
  CHECK(wrong_blocks<ggml::q4_0>(&oracle_q4_0, -140, 18) == 0);
  CHECK(wrong_blocks<ggml::q4_1>(&oracle_q4_1, -140, 15) == 0);
  CHECK(wrong_blocks<ggml::q5_0>(&oracle_q5_0, -140, 19) == 0);
}

TEST_CASE("MXFP4 and NVFP4 quantize as ggml's formulas do") {
  CHECK(wrong_blocks<ggml::mxfp4>(&oracle_mxfp4, -149, 127) == 0);
  CHECK(wrong_blocks<ggml::nvfp4>(&oracle_nvfp4, -149, 127) == 0);
}

TEST_CASE("blocks dequantize: every byte pattern's value, exactly") {
  std::mt19937 random(5);
  int wrong = 0;
  for (int turn = 0; turn < 300; ++turn) {
    {
      bytes b = random_block(34, random);
      b[1] = static_cast<std::uint8_t>(b[1] & 0xbfU);  // d finite
      double const d = half_value(static_cast<std::uint16_t>(b[0] | b[1] << 8));
      auto const values = values_of(block_of<ggml::q8_0>(b));
      for (std::size_t j = 0; j < 32; ++j) wrong += same(values[j], static_cast<std::int8_t>(b[2 + j]) * d) ? 0 : 1;
    }
    {
      bytes b = random_block(18, random);
      b[1] = static_cast<std::uint8_t>(b[1] & 0xbfU);
      double const d = half_value(static_cast<std::uint16_t>(b[0] | b[1] << 8));
      auto const values = values_of(block_of<ggml::q4_0>(b));
      for (std::size_t j = 0; j < 16; ++j) {
        wrong += same(values[j], ((b[2 + j] & 15) - 8) * d) ? 0 : 1;
        wrong += same(values[j + 16], ((b[2 + j] >> 4) - 8) * d) ? 0 : 1;
      }
    }
    {
      bytes b = random_block(20, random);
      b[1] = static_cast<std::uint8_t>(b[1] & 0xbfU);
      b[3] = static_cast<std::uint8_t>(b[3] & 0xbfU);
      double const d = half_value(static_cast<std::uint16_t>(b[0] | b[1] << 8));
      double const m = half_value(static_cast<std::uint16_t>(b[2] | b[3] << 8));
      auto const values = values_of(block_of<ggml::q4_1>(b));
      for (std::size_t j = 0; j < 16; ++j) {
        // exact in double, then rounded once
        wrong += same(values[j], static_cast<float>((b[4 + j] & 15) * d + m)) ? 0 : 1;
        wrong += same(values[j + 16], static_cast<float>((b[4 + j] >> 4) * d + m)) ? 0 : 1;
      }
    }
    {
      bytes b = random_block(22, random);
      b[1] = static_cast<std::uint8_t>(b[1] & 0xbfU);
      double const d = half_value(static_cast<std::uint16_t>(b[0] | b[1] << 8));
      auto const values = values_of(block_of<ggml::q5_0>(b));
      for (std::size_t j = 0; j < 32; ++j) {
        int const fifth = b[2 + j / 8] >> (j % 8) & 1;
        int const low = j < 16 ? b[6 + j] & 15 : b[6 + j - 16] >> 4;
        wrong += same(values[j], (fifth * 16 + low - 16) * d) ? 0 : 1;
      }
    }
    {
      bytes b = random_block(17, random);
      b[0] = static_cast<std::uint8_t>(turn % 253);  // beyond, 6 * 2^(e - 127) overflows
      double const half = std::ldexp(1.0, b[0] - 128);
      auto const values = values_of(block_of<ggml::mxfp4>(b));
      for (std::size_t j = 0; j < 16; ++j) {
        wrong += same(values[j], twice_e2m1[b[1 + j] & 15U] * half) ? 0 : 1;
        wrong += same(values[j + 16], twice_e2m1[b[1 + j] >> 4] * half) ? 0 : 1;
      }
    }
    {
      bytes const b = random_block(36, random);
      auto const values = values_of(block_of<ggml::nvfp4>(b));
      for (std::size_t j = 0; j < 64; ++j) {
        std::size_t const s = j / 16;
        std::size_t const within = j % 16;
        std::uint8_t const byte = b[4 + 8 * s + within % 8];
        int const twice = twice_e2m1[within < 8 ? byte & 15U : byte >> 4];
        wrong += same(values[j], twice * (static_cast<double>(ue4m3_value(b[s])) / 2)) ? 0 : 1;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("Q4_0 by hand: the scale is negative where the greatest is positive") {
  std::vector<float> x(32, 0.0F);
  x[0] = 4.0F;     // the greatest: d = -0.5, code 0
  x[1] = -4.0F;    // -4 / -0.5 + 8 = 16, limited to 15: dequantizes to -3.5
  x[16] = 1.0F;    // -2 + 8 = 6
  x[17] = -0.25F;  // 0.5 + 8.5 = 9
  auto const block = ggml::q4_0::quantize(std::span<float const, 32>(x));
  bytes expected = {0x00, 0xb8, 0x60, 0x9f};
  expected.resize(18, 0x88);
  CHECK(bytes_of(block) == expected);
  CHECK(block.scale() == -0.5F);
  auto const back = values_of(block);
  CHECK(back[0] == 4.0F);
  CHECK(back[1] == -3.5F);
  CHECK(back[16] == 1.0F);
  CHECK(back[17] == -0.5F);
}

TEST_CASE("MXFP4 by hand") {
  std::vector<float> x(32, 0.0F);
  x[0] = 6.0F;     // e = floor(log2 6) + 125 = 127: scale 1, code 7
  x[1] = -0.25F;   // a tie: towards zero, and +0
  x[2] = 5.0F;     // a tie of 4 and 6: 4, code 6
  x[16] = -1.26F;  // code 1|3 = 1.5, negative: b
  x[17] = 7.9F;    // clipped to 6
  auto block = ggml::mxfp4::quantize(std::span<float const, 32>(x));
  CHECK(block.e == 127);
  CHECK(block.scale() == 1.0F);
  CHECK(block.qs[0] == 0xb7);
  CHECK(block.qs[1] == 0x70);
  CHECK(block.qs[2] == 0x06);
  CHECK(to_bits(block.code(16)) == 0xb);
  CHECK(static_cast<float>(block.code(2)) == 4.0F);
  block.set_scale(from_bits<lowp::e8m0fnu>(130));
  block.set_code(31, from_bits<lowp::e2m1fn>(0xf));
  CHECK(values_of(block)[31] == -48.0F);
  // log2f rounds up just below a power of two: 1024 - 2^-14 has e of 1024.
  CHECK(ggml::mxfp4::exponent_for(std::nextafter(1024.0F, 0.0F)) == 127 + 10 - 2);
  CHECK(ggml::mxfp4::exponent_for(1023.9F) == 127 + 9 - 2);
  CHECK(ggml::mxfp4::exponent_for(std::nextafter(2.0F, 0.0F)) == 127 + 0 - 2);
  CHECK(ggml::mxfp4::exponent_for(std::numeric_limits<float>::max()) == 253);
  // ggml has no NaN scale: 255 goes on as 2^128, of which half a step is a float.
  block.set_scale(from_bits<lowp::e8m0fnu>(255));
  block.set_code(0, from_bits<lowp::e2m1fn>(1));
  CHECK(values_of(block)[0] == 0x1p127F);
}

TEST_CASE("MXFP4: the exponent is that of log2f, for all floats near powers of two") {
  int wrong = 0;
  int up = 0;
  for (int k = -125; k <= 128; ++k) {
    for (int steps = 0; steps < 200; ++steps) {
      auto const x = static_cast<float>(std::ldexp(1.0 - steps * 0x1p-24, k));
      if (!std::isfinite(x)) continue;
      // correctly rounded from double; std::log2(float) of glibc 2.36 agrees
      auto const log = static_cast<float>(std::log2(static_cast<double>(x)));
      int const e = std::max(0, static_cast<int>(std::floor(log)) + 125);
      wrong += ggml::mxfp4::exponent_for(x) == e ? 0 : 1;
      up += steps != 0 && static_cast<int>(std::floor(log)) == k ? 1 : 0;
    }
  }
  CHECK(wrong == 0);
  CHECK(up > 5000);  // and not because log2f never rounds up
}

TEST_CASE("NVFP4: ggml's UE4M3 over its whole range") {
  int wrong = 0;
  for (int n = 0; n < 480 * 1024; ++n) {  // every 2^-10, hence every tie
    float const x = static_cast<float>(n) * 0x1p-10F;
    wrong += ggml::nvfp4::encode_scale(x) == ggml_ue4m3(x) ? 0 : 1;
    float const below = std::nextafter(x, 0.0F);
    wrong += ggml::nvfp4::encode_scale(below) == ggml_ue4m3(below) ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(ggml::nvfp4::encode_scale(247.99F) == 0x77);
  CHECK(ggml::nvfp4::encode_scale(248.0F) == 0x7e);
  CHECK(ggml::nvfp4::encode_scale(0x1p-10F) == 0x01);
  CHECK(ggml::nvfp4::encode_scale(std::numeric_limits<float>::max()) == 0x7e);
}

TEST_CASE("NVFP4 by hand: four scales, sub-blocks split by themselves") {
  std::vector<float> x(64, 0.0F);
  x[0] = 12.0F;     // d = 2: code 40, q = 7
  x[8] = -2.0F;     // the high nibble of the first byte: -1, code a
  x[16] = 0.006F;   // d = 0.001 rounds to 2^-9 / 2 up: one step of 2^-9
  x[32] = 2400.0F;  // d = 400 becomes 448 (ggml's rounding), 2400 / 448 = 5.36: 6
  x[63] = 6.375F;   // d = 1.0625, a tie, goes up to 1.125: 5.67, code 7
  auto const block = ggml::nvfp4::quantize(std::span<float const, 64>(x));
  CHECK(block.d[0] == 0x40);
  CHECK(block.d[1] == 0x01);
  CHECK(block.d[2] == 0x7e);
  CHECK(block.d[3] == 0x39);
  CHECK(block.qs[0] == 0xa7);
  CHECK(block.qs[16] == 0x07);
  CHECK(block.qs[31] == 0x70);
  CHECK(block.scale(2) == 448.0F);
  CHECK(values_of(block)[63] == 6.75F);
  CHECK(block.stored_scale(3) == from_bits<lowp::ue4m3>(0x39));
}

TEST_CASE("scales and codes go in and out one by one") {
  std::mt19937 random(9);
  ggml::q5_0 five;
  ggml::q8_0 eight;
  ggml::q4_1 four;
  std::vector<unsigned> codes(32);
  for (std::size_t j = 0; j < 32; ++j) {
    codes[j] = static_cast<unsigned>(random()) & 255U;
    five.set_code(j, from_bits<lowp::uint5>(codes[j] & 31U));
    eight.set_code(j, from_bits<lowp::int8>(codes[j]));
    four.set_code(j, from_bits<lowp::uint4>(codes[j] & 15U));
  }
  int wrong = 0;
  for (std::size_t j = 0; j < 32; ++j) {
    wrong += to_bits(five.code(j)) == (codes[j] & 31U) ? 0 : 1;
    wrong += to_bits(eight.code(j)) == codes[j] ? 0 : 1;
    wrong += to_bits(four.code(j)) == (codes[j] & 15U) ? 0 : 1;
  }
  CHECK(wrong == 0);
  four.set_scale(from_bits<lowp::float16>(0x3c00));
  four.set_minimum(from_bits<lowp::float16>(0xc000));
  CHECK(bytes_of(four)[1] == 0x3c);
  CHECK(bytes_of(four)[3] == 0xc0);
  CHECK(values_of(four)[3] == static_cast<float>(codes[3] & 15U) - 2.0F);
  // The nibbles of a block are a layout like any other.
  std::array<std::byte, 16> out{};
  lowp::repack<ggml::q4_1::nibbles, lowp::layouts::onnx_uint4>(std::as_bytes(std::span(four.qs)), out, 32);
  CHECK(static_cast<unsigned>(out[8]) == ((codes[16] & 15U) | (codes[17] & 15U) << 4));
}

TEST_CASE("what ggml leaves undefined is an error") {
  std::vector<float> x(32, 1.0F);
  auto const code_of = [&x](auto block) {
    try {
      block.quantize(std::span<float const, block.size>(x));
    } catch (lowp::error const& e) {
      return std::to_string(static_cast<int>(e.code())) + " " + std::to_string(e.index());
    }
    return std::string("no error");
  };
  auto const value = std::to_string(static_cast<int>(lowp::error_code::value)) + " ";
  x[5] = std::numeric_limits<float>::infinity();
  CHECK(code_of(ggml::q8_0{}) == value + "5");
  x[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK(code_of(ggml::mxfp4{}) == value + "5");
  x[5] = 1e9F;  // a scale beyond 65504
  CHECK(code_of(ggml::q4_0{}) == value + std::to_string(lowp::error::no_index));
  x[5] = -1e9F;
  CHECK(code_of(ggml::q4_1{}) == value + std::to_string(lowp::error::no_index));
  CHECK(code_of(ggml::mxfp4{}) == "no error");
}

TEST_CASE("rows: whole blocks only") {
  std::vector<float> x(96);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) - 40.0F;
  std::vector<ggml::q8_0> blocks(3);
  ggml::quantize_into<ggml::q8_0>(x, blocks);
  CHECK(bytes_of(blocks[2]) == oracle_q8_0(std::span(x).subspan(64)));
  std::vector<float> back(96);
  ggml::dequantize_into<ggml::q8_0>(blocks, back);
  float worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::fabs(x[i] - back[i]));
  CHECK(worst <= 55.0F / 127 * 0.501F);
  CHECK_THROWS_AS(ggml::quantize_into<ggml::q8_0>(std::span<float const>(x).first(95), blocks), lowp::error);
  CHECK_THROWS_AS(ggml::quantize_into<ggml::q8_0>(x, std::span(blocks).first(2)), lowp::error);
  CHECK_THROWS_AS(ggml::dequantize_into<ggml::q8_0>(blocks, std::span(back).first(95)), lowp::error);
  STATIC_REQUIRE(ggml::Block<ggml::q4_0> && ggml::Block<ggml::nvfp4> && !ggml::Block<int>);
}
