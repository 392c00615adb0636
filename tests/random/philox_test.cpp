// SPDX-License-Identifier: Apache-2.0

#include <bitset>
#include <cstdint>
#include <random>

#include <lowp/random/philox.hpp>

#include "support/catch.hpp"

namespace {

using lowp::philox;

/// Bits [N * (i mod 128/N), +N) of the block's 128 bits, word 0 lowest, read bit by bit.
template <int N>
std::uint32_t naive_word(std::uint64_t seed, std::uint64_t index) {
  philox::block_type const b = philox::block(seed, index / (128 / N));
  std::bitset<128> bits;
  for (std::size_t word = 0; word < 4; ++word) {
    for (std::size_t bit = 0; bit < 32; ++bit) bits[32 * word + bit] = ((b.words[word] >> bit) & 1) != 0;
  }
  std::uint32_t value = 0;
  auto const first = static_cast<std::size_t>(index % (128 / N)) * N;
  for (std::size_t bit = 0; bit < N; ++bit) value |= (bits[first + bit] ? std::uint32_t{1} : 0U) << bit;
  return value;
}

template <int N>
int wrong_words() {
  int wrong = 0;
  std::mt19937_64 random(6);
  for (std::uint64_t i = 0; i < 600; ++i) {
    std::uint64_t const far = random();
    wrong += philox::word<N>(0x0123456789abcdef, i) != naive_word<N>(0x0123456789abcdef, i) ? 1 : 0;
    wrong += philox::word<N>(i, far) != naive_word<N>(i, far) ? 1 : 0;
    wrong += philox::slice<N>(philox::block(i, far / (128 / N)), far) != naive_word<N>(i, far) ? 1 : 0;
  }
  return wrong;
}

}  // namespace

TEST_CASE("Philox-4x32-10 known answers (Random123, kat_vectors)") {
  auto const check = [](std::uint64_t seed, philox::block_type counter, philox::block_type expected) {
    philox::block_type const b = philox::block(seed, counter);
    for (int i = 0; i < 4; ++i) CHECK(b.words[i] == expected.words[i]);
  };
  check(0, {{0, 0, 0, 0}}, {{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}});
  check(0xffffffffffffffffU, {{0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU}},
        {{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}});
  // Digits of pi; key a4093822 299f31d0, low word first.
  check(0x299f31d0a4093822U, {{0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}},
        {{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}});
}

TEST_CASE("a block index is the low half of the counter") {
  philox::block_type const a = philox::block(5, std::uint64_t{0x123456789abcdef0});
  philox::block_type const b = philox::block(5, philox::block_type{{0x9abcdef0U, 0x12345678U, 0, 0}});
  for (int i = 0; i < 4; ++i) CHECK(a.words[i] == b.words[i]);
}

TEST_CASE("element i takes N bits of its block, word 0 lowest") {
  CHECK(wrong_words<1>() == 0);
  CHECK(wrong_words<2>() == 0);
  CHECK(wrong_words<4>() == 0);
  CHECK(wrong_words<8>() == 0);
  CHECK(wrong_words<16>() == 0);
  CHECK(wrong_words<32>() == 0);
  // By hand, from the known answer of counter 0 and key 0.
  CHECK(philox::word<8>(0, 0) == 0xd5);
  CHECK(philox::word<8>(0, 4) == 0x8d);
  CHECK(philox::word<16>(0, 7) == 0x9b00);
  CHECK(philox::word<32>(0, 3) == 0x9b00dbd8U);
  CHECK(philox::word<4>(0, 31) == 0x9);
  CHECK(philox::word<1>(0, 0) == 1);
}
