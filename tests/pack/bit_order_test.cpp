// SPDX-License-Identifier: Apache-2.0
//
// Packed codes against a model that moves one bit at a time.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <lowp/pack/bit_order.hpp>
#include <lowp/pack/bit_writer.hpp>
#include <lowp/pack/packed_span.hpp>

#include "support/catch.hpp"

namespace {

namespace bit_order = lowp::bit_order;
using bytes = std::vector<std::uint8_t>;

/// Where bit b (0: lowest) of code i sits, by the definition of each order.
struct place {
  std::size_t byte;
  unsigned bit;
};
template <class Order>
place place_of(std::size_t i, unsigned b, unsigned width);
template <>
place place_of<bit_order::low_first>(std::size_t i, unsigned b, unsigned width) {
  std::size_t const stream = i * width + b;  // codes lowest bit first, bytes lowest bit first
  return {stream / 8, static_cast<unsigned>(stream % 8)};
}
template <>
place place_of<bit_order::high_first>(std::size_t i, unsigned b, unsigned width) {
  std::size_t const stream = i * width + (width - 1 - b);  // codes highest bit first, bytes highest bit first
  return {stream / 8, 7 - static_cast<unsigned>(stream % 8)};
}

template <class Order>
std::uint32_t model_get(bytes const& data, std::size_t i, unsigned width) {
  std::uint32_t code = 0;
  for (unsigned b = 0; b < width; ++b) {
    place const at = place_of<Order>(i, b, width);
    code |= static_cast<std::uint32_t>(data[at.byte] >> at.bit & 1) << b;
  }
  return code;
}

template <class Order>
void model_set(bytes& data, std::size_t i, unsigned width, std::uint32_t code) {
  for (unsigned b = 0; b < width; ++b) {
    place const at = place_of<Order>(i, b, width);
    data[at.byte] = static_cast<std::uint8_t>((data[at.byte] & ~(1U << at.bit)) | ((code >> b & 1) << at.bit));
  }
}

bytes random_bytes(std::size_t count, std::mt19937& random) {
  bytes data(count);
  for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(random());
  return data;
}

template <class Order>
int differences_from_model(unsigned width) {
  int wrong = 0;
  std::mt19937 random(width);
  auto const bits = static_cast<int>(width);
  for (std::size_t count = 1; count <= 26; ++count) {
    // Exactly the bytes that the codes need: AddressSanitizer watches the ends.
    bytes data = random_bytes(lowp::packed_bytes(count, bits), random);
    bytes model = data;
    for (std::size_t i = 0; i < count; ++i) {
      wrong += Order::get(data.data(), i, bits) != model_get<Order>(model, i, width) ? 1 : 0;
    }
    for (int step = 0; step < 40; ++step) {
      std::size_t const i = static_cast<std::size_t>(random()) % count;
      auto const code = static_cast<std::uint32_t>(random());  // bits above the width must be ignored
      Order::set(data.data(), i, bits, code);
      model_set<Order>(model, i, width, code);
      wrong += data != model ? 1 : 0;  // also: neighbours, and the bits beyond the last code
      wrong += Order::get(data.data(), i, bits) != (code & ((1U << width) - 1)) ? 1 : 0;
    }
  }
  return wrong;
}

template <class Order>
int differences_of_writer(unsigned width) {
  int wrong = 0;
  std::mt19937 random(width + 100);
  auto const bits = static_cast<int>(width);
  for (std::size_t count = 0; count <= 26; ++count) {
    bytes const before = random_bytes(lowp::packed_bytes(count, bits) + 1, random);
    bytes written = before;
    bytes set = before;
    lowp::bit_writer<Order> writer(written.data(), bits);
    for (std::size_t i = 0; i < count; ++i) {
      auto const code = static_cast<std::uint32_t>(random()) & ((1U << width) - 1);
      writer.put(code);
      Order::set(set.data(), i, bits, code);
    }
    writer.finish();
    wrong += written != set ? 1 : 0;
    writer.finish();  // once more changes nothing
    wrong += written != set ? 1 : 0;
  }
  return wrong;
}

}  // namespace

TEST_CASE("get and set equal the bit-by-bit model for every width, in both orders") {
  for (unsigned width = 1; width <= 8; ++width) {
    INFO("width " << width);
    CHECK(differences_from_model<bit_order::low_first>(width) == 0);
    CHECK(differences_from_model<bit_order::high_first>(width) == 0);
  }
}

TEST_CASE("the layouts as drawn") {
  // 4 bits: element 0 in the low nibble, or in the high one.
  bytes two(1);
  bit_order::low_first::set(two.data(), 0, 4, 0xa);
  bit_order::low_first::set(two.data(), 1, 4, 0x5);
  CHECK(two[0] == 0x5a);
  bit_order::high_first::set(two.data(), 0, 4, 0xa);
  bit_order::high_first::set(two.data(), 1, 4, 0x5);
  CHECK(two[0] == 0xa5);
  // 6 bits, low first: four codes in three bytes, byte 0 = [e1 e1 | e0 x 6].
  bytes three(3);
  for (std::size_t i = 0; i < 4; ++i) bit_order::low_first::set(three.data(), i, 6, i == 1 ? 0x3f : 0);
  CHECK(three == bytes{0xc0, 0x0f, 0x00});
  for (std::size_t i = 0; i < 4; ++i) bit_order::high_first::set(three.data(), i, 6, i == 1 ? 0x3f : 0);
  CHECK(three == bytes{0x03, 0xf0, 0x00});
  // 8 bits: the orders agree.
  bytes byte(1);
  bit_order::low_first::set(byte.data(), 0, 8, 0x9c);
  CHECK(bit_order::high_first::get(byte.data(), 0, 8) == 0x9c);
}

TEST_CASE("padded: one code in a byte, in two beyond 8 bits, zeros above") {
  bytes data(8, 0xff);
  bit_order::padded::set(data.data(), 3, 4, 0xfffffff5U);
  CHECK(data == bytes{0xff, 0xff, 0xff, 0x05, 0xff, 0xff, 0xff, 0xff});
  data[3] = 0xf5;  // a sign-extended code
  CHECK(bit_order::padded::get(data.data(), 3, 4) == 0x5);
  bit_order::padded::set(data.data(), 1, 12, 0xfabcU);
  CHECK(bit_order::padded::get(data.data(), 1, 12) == 0xabc);
  CHECK(bit_order::padded::get(data.data(), 0, 16) == 0xffff);
  std::uint16_t second = 0;
  std::memcpy(&second, data.data() + 2, 2);
  CHECK(second == 0x0abc);  // the machine's own order of bytes, as in a span of 16-bit numbers
}

TEST_CASE("a bit_writer writes the bytes that set would") {
  for (unsigned width = 1; width <= 8; ++width) {
    INFO("width " << width);
    CHECK(differences_of_writer<bit_order::low_first>(width) == 0);
    CHECK(differences_of_writer<bit_order::high_first>(width) == 0);
  }
  bytes data(3, 0xff);
  lowp::bit_writer<bit_order::padded> writer(data.data(), 4);
  writer.put(1);
  writer.put(2);
  writer.finish();
  CHECK(data == bytes{0x01, 0x02, 0xff});
}

TEST_CASE("packed_bytes rounds up and does not overflow") {
  for (std::size_t count = 0; count <= 100; ++count) {
    for (int bits = 1; bits <= 16; ++bits) {
      std::size_t const exact = count * static_cast<std::size_t>(bits);
      INFO(count << " x " << bits);
      CHECK(lowp::packed_bytes(count, bits) == exact / 8 + (exact % 8 != 0 ? 1 : 0));
    }
  }
  constexpr auto most = static_cast<std::size_t>(-1);
  CHECK(lowp::packed_bytes(most, 8) == most);
  CHECK(lowp::packed_bytes(most, 4) == most / 2 + 1);
  CHECK(lowp::packed_bytes(most, 1) == most / 8 + 1);
  CHECK(lowp::packed_bytes(most / 2, 16) == most - 1);
}

TEST_CASE("a position far out does not wrap") {
  // 2^61 codes of 8 bits are 2^64 bits: the byte is still the index.
  constexpr auto far = (static_cast<std::size_t>(-1) >> 3) + 1;
  CHECK(lowp::detail::position_of(far, 8).byte == far);
  CHECK(lowp::detail::position_of(far + 3, 6).byte == far / 8 * 6 + 2);
  CHECK(lowp::detail::position_of(far + 3, 6).shift == 2);
}
