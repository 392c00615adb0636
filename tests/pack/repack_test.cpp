// SPDX-License-Identifier: Apache-2.0
//
// Other tools' 4-bit layouts: bytes as the tools write them, and every pair of layouts there and back.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <lowp/format/facts.hpp>
#include <lowp/layouts.hpp>

#include "support/catch.hpp"

namespace {

namespace layouts = lowp::layouts;
namespace bit_order = lowp::bit_order;
using lowp::from_bits;
using bytes = std::vector<std::uint8_t>;

/// Codes written by hand: code i is (number i + zero point) mod 16, in the layout's own bytes.
template <class L>
bytes store(std::vector<int> const& numbers) {
  bytes out(L::bytes(numbers.size()));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    L::order::set(out.data(), i, 4, static_cast<std::uint32_t>(numbers[i] + L::zero_point));
  }
  return out;
}

template <class From, class To>
bytes repacked(bytes const& in, std::size_t count) {
  bytes out(To::bytes(count), 0xff);
  lowp::repack<From, To>(std::as_bytes(std::span(in)), std::as_writable_bytes(std::span(out)), count);
  return out;
}

/// Bytes after a pack function of each tool, spelled out from its source, of codes 0 .. 15.
bytes low_nibble_first(std::vector<unsigned> codes) {
  bytes out;
  if (codes.size() % 2 != 0) codes.push_back(0);
  for (std::size_t i = 0; i < codes.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(codes[i + 1] << 4 | codes[i]));
  }
  return out;
}
bytes high_nibble_first(std::vector<unsigned> codes) {
  bytes out;
  if (codes.size() % 2 != 0) codes.push_back(0);
  for (std::size_t i = 0; i < codes.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(codes[i] << 4 | codes[i + 1]));
  }
  return out;
}
bytes int32_words(std::vector<unsigned> codes, std::array<std::size_t, 8> const& order) {
  bytes out;
  while (codes.size() % 8 != 0) codes.push_back(0);
  for (std::size_t i = 0; i < codes.size(); i += 8) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 8; ++j) word |= codes[i + order[j]] << (4 * j);
    for (unsigned k = 0; k < 4; ++k) out.push_back(static_cast<std::uint8_t>(word >> (8 * k)));
  }
  return out;
}
bytes ggml_nibbles(std::vector<unsigned> codes, std::size_t block) {
  bytes out;
  while (codes.size() % block != 0) codes.push_back(0);
  for (std::size_t b = 0; b < codes.size(); b += block) {
    for (std::size_t j = 0; j < block / 2; ++j) {
      out.push_back(static_cast<std::uint8_t>(codes[b + j] | codes[b + j + block / 2] << 4));
    }
  }
  return out;
}

constexpr std::array<std::size_t, 8> in_order = {0, 1, 2, 3, 4, 5, 6, 7};
constexpr std::array<std::size_t, 8> awq_order = {0, 2, 4, 6, 1, 3, 5, 7};

template <class L>
bytes by_hand(std::vector<unsigned> const& codes) {
  using order = typename L::order;
  if constexpr (std::is_same_v<order, bit_order::high_first>) {
    return high_nibble_first(codes);
  } else if constexpr (std::is_same_v<order, bit_order::even_odd>) {
    return int32_words(codes, awq_order);
  } else if constexpr (lowp::GroupedOrder<order>) {
    return ggml_nibbles(codes, lowp::group_of<order>);
  } else if constexpr (L::multiple == 8) {
    return int32_words(codes, in_order);
  } else if constexpr (std::is_same_v<order, bit_order::padded>) {
    return bytes(codes.begin(), codes.end());
  } else {
    return low_nibble_first(codes);
  }
}

template <class... L>
struct list {};
using integer_layouts =
    list<layouts::onnx_int4, layouts::onnx_uint4, layouts::onnxruntime_matmul_nbits, layouts::openvino_i4,
         layouts::openvino_2023_i4, layouts::openvino_2023_u4, layouts::openvino_int4_sym, layouts::torchao_tensor_core,
         layouts::xnnpack_zero_point_8, layouts::xnnpack_zero_point_0, layouts::dlpack_padded<lowp::int4>,
         layouts::ggml_q4_0, layouts::ggml_q4_1, layouts::compressed_tensors_int4, layouts::autoawq, layouts::autogptq,
         layouts::autogptq_zeros>;

/// The least number a layout has; it has this and the fifteen above.
template <class L>
int least_of() {
  return static_cast<int>(lowp::facts<typename L::element_type>::lowest) - L::zero_point;
}

std::vector<int> random_numbers(std::size_t count, int least, int most, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<int> numbers(count);
  for (int& n : numbers) n = least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1));
  return numbers;
}

template <class L>
std::vector<unsigned> codes_of(std::vector<int> const& numbers) {
  std::vector<unsigned> codes;
  codes.reserve(numbers.size());
  for (int const n : numbers) codes.push_back(static_cast<unsigned>(n + L::zero_point) & 15U);
  return codes;
}

/// What a repack of numbers that both layouts have does wrong, for runs of many lengths.
template <class From, class To>
int wrong_between() {
  int wrong = 0;
  int const least = std::max(least_of<From>(), least_of<To>());
  int const most = std::min(least_of<From>(), least_of<To>()) + 15;
  for (std::size_t count = 0; count < 70; count += count < 20 ? 1 : 7) {
    auto const numbers = random_numbers(count, least, most, static_cast<unsigned>(count));
    bytes const from = by_hand<From>(codes_of<From>(numbers));
    bytes const to = by_hand<To>(codes_of<To>(numbers));
    wrong += from.size() != From::bytes(count) ? 1 : 0;
    wrong += repacked<From, To>(from, count) != to ? 1 : 0;
    wrong += repacked<To, From>(to, count) != from ? 1 : 0;
  }
  return wrong;
}

template <class From, class... To>
int wrong_from(list<To...>) {
  return (wrong_between<From, To>() + ...);
}
template <class From, class To>
lowp::error error_of(bytes const& in, std::size_t out_size, std::size_t count) {
  bytes out(out_size, 0xee);
  try {
    lowp::repack<From, To>(std::as_bytes(std::span(in)), std::as_writable_bytes(std::span(out)), count);
  } catch (lowp::error const& e) {
    CHECK(out == bytes(out_size, 0xee));
    return e;
  }
  FAIL("no error");
  return {lowp::error_code::io, "", ""};
}

}  // namespace

TEST_CASE("integer layouts, there and back, against bytes packed by hand") {
  // Every layout with three that differ in order, signedness and zero point.
  CHECK(wrong_from<layouts::openvino_2023_i4>(integer_layouts{}) == 0);
  CHECK(wrong_from<layouts::autoawq>(integer_layouts{}) == 0);
  CHECK(wrong_from<layouts::ggml_q4_0>(integer_layouts{}) == 0);
}

TEST_CASE("formats that are no integers keep their codes") {
  std::vector<unsigned> codes(77);
  std::mt19937 random(3);
  for (unsigned& c : codes) c = static_cast<unsigned>(random()) & 15U;
  // NF4: bitsandbytes has the first element in the high nibble, OpenVINO in the low one.
  auto const high = high_nibble_first(codes);
  auto const low = low_nibble_first(codes);
  CHECK(repacked<layouts::bitsandbytes_nf4, layouts::openvino_nf4>(high, 77) == low);
  CHECK(repacked<layouts::openvino_nf4, layouts::onnxruntime_nf4>(low, 77) == high);
  CHECK(repacked<layouts::torchao_2025_fp4, layouts::torchao_fp4>(high, 77) == low);
  auto const mxfp4 = ggml_nibbles(codes, 32);
  auto const nvfp4 = ggml_nibbles(codes, 16);
  CHECK(repacked<layouts::onnx_float4e2m1, layouts::ggml_mxfp4>(low, 77) == mxfp4);
  CHECK(repacked<layouts::ggml_mxfp4, layouts::ggml_nvfp4>(mxfp4, 77) == nvfp4);
  CHECK(repacked<layouts::ggml_nvfp4, layouts::openvino_f4e2m1>(nvfp4, 77) == low);
  // No way from a codebook to integers, nor between codebooks.
  STATIC_REQUIRE(!lowp::RepackableLayouts<layouts::openvino_nf4, layouts::onnx_int4>);
  STATIC_REQUIRE(!lowp::RepackableLayouts<layouts::bitsandbytes_nf4, layouts::bitsandbytes_fp4>);
}

TEST_CASE("worked bytes") {
  // onnx int4.md: pack(x, y) = y << 4 | x & 0x0F, two's complement; three elements, four bits of padding
  CHECK(store<layouts::onnx_int4>({-8, 7, -1}) == bytes{0x78, 0x0f});
  // the same numbers around 8
  CHECK(repacked<layouts::onnx_int4, layouts::xnnpack_zero_point_8>({0x78, 0x0f}, 3) == bytes{0xf0, 0x07});
  // compressed-tensors' own example has 8 bits; with four, 1 and 2 are codes 9 and a of a word whose rest is padding
  CHECK(repacked<layouts::onnx_int4, layouts::compressed_tensors_int4>({0x21}, 2) == bytes{0xa9, 0, 0, 0});
  // AutoAWQ: elements 0 .. 7 as codes 0 .. 7 make the word 0x75316420
  CHECK(store<layouts::autoawq>({0, 1, 2, 3, 4, 5, 6, 7}) == bytes{0x20, 0x64, 0x31, 0x75});
  // AutoGPTQ: zero point 8 is stored as 7
  CHECK(store<layouts::autogptq_zeros>({8, 8, 8, 8, 8, 8, 8, 8}) == bytes{0x77, 0x77, 0x77, 0x77});
  CHECK(repacked<layouts::autogptq_zeros, layouts::autoawq>({0x77, 0x77, 0x77, 0x77}, 8) ==
        bytes{0x88, 0x88, 0x88, 0x88});
  // AutoAWQ's codes and zero points as compressed-tensors has them: the same codes, since both subtract 8 from either
  using awq_around_8 = lowp::with_zero_point<layouts::autoawq, 8>;
  CHECK(repacked<awq_around_8, layouts::compressed_tensors_int4>({0x20, 0x64, 0x31, 0x75}, 8) ==
        bytes{0x10, 0x32, 0x54, 0x76});
  // 2-bit and 8-bit integers move, too
  using two_bits = lowp::layout<lowp::uint2, bit_order::low_first, 2>;
  CHECK(repacked<two_bits, layouts::onnx_int4>({0xe4}, 4) == bytes{0xfe, 0x10});  // 0 1 2 3 are -2 -1 0 1
  using eight_bits = lowp::layout<lowp::int8, bit_order::low_first>;
  CHECK(repacked<layouts::ggml_q4_1, eight_bits>(ggml_nibbles({3, 15}, 32), 2) == bytes{3, 15});
}

TEST_CASE("a number without a code is an error that names the element, and nothing is written") {
  // uint4 without a zero point has no negative numbers, int4 none above 7.
  bytes in = low_nibble_first({0, 1, 2, 3, 4, 5, 6, 7, 8});
  auto const e = error_of<layouts::onnx_uint4, layouts::onnx_int4>(in, 5, 9);
  CHECK(e.code() == lowp::error_code::value);
  CHECK(e.argument() == "in");
  CHECK(e.index() == 8);
  CHECK(repacked<layouts::onnx_uint4, layouts::onnx_int4>(in, 8) == bytes{0x10, 0x32, 0x54, 0x76});
  CHECK(error_of<layouts::onnx_int4, layouts::onnx_uint4>({0x0f}, 1, 1).index() == 0);
  CHECK(error_of<layouts::autogptq_zeros, layouts::onnx_uint4>({0x0f, 0, 0, 0}, 4, 1).index() == 0);  // 16
}

TEST_CASE("buffers that are too small or the same are errors") {
  bytes in(4);
  auto const small_out = error_of<layouts::onnx_int4, layouts::compressed_tensors_int4>(in, 3, 1);
  CHECK(small_out.code() == lowp::error_code::size);
  CHECK(small_out.argument() == "out");
  auto const small_in = error_of<layouts::compressed_tensors_int4, layouts::onnx_int4>(in, 9, 9);
  CHECK(small_in.code() == lowp::error_code::size);
  CHECK(small_in.argument() == "in");
  auto const all = std::as_writable_bytes(std::span(in));
  try {
    lowp::repack<layouts::onnx_int4, layouts::onnx_int4>(all.first(2), all.subspan(1), 4);
    FAIL("no error");
  } catch (lowp::error const& e) {
    CHECK(e.code() == lowp::error_code::overlap);
  }
  lowp::repack<layouts::onnx_int4, layouts::onnx_int4>(all, all, 0);  // nothing to share
}

TEST_CASE("packed_span reads and writes grouped orders, whole groups at a time") {
  using awq_span = lowp::packed_span<lowp::uint4, bit_order::even_odd>;
  bytes words = {0x20, 0x64, 0x31, 0x75, 0, 0, 0, 0};
  awq_span const span(std::span<std::uint8_t>(words), 9);
  CHECK(span.size_bytes() == 8);
  for (unsigned i = 0; i < 8; ++i) CHECK(to_bits(span[i]) == i);
  span[8] = from_bits<lowp::uint4>(9);
  CHECK(words[4] == 0x09);
  span[1] = from_bits<lowp::uint4>(0xf);
  CHECK(words == bytes{0x20, 0x64, 0x3f, 0x75, 0x09, 0, 0, 0});
  CHECK_THROWS_AS(awq_span(std::span<std::uint8_t>(words).first(7), 9), lowp::error);
  CHECK_THROWS_AS(span.subspan(2, 2), lowp::error);  // on a byte, inside a group
  CHECK(span.subspan(8, 1).data() == words.data() + 4);
  STATIC_REQUIRE(!lowp::DenseOrder<bit_order::even_odd> && lowp::PackingOrder<bit_order::even_odd>);

  using half_span = lowp::packed_span<lowp::int4 const, bit_order::split_halves<32>>;
  bytes block(16);
  for (std::size_t j = 0; j < 16; ++j) block[j] = static_cast<std::uint8_t>(j | (15 - j) << 4);
  half_span const halves(std::span<std::uint8_t const>(block), 32);
  for (std::size_t j = 0; j < 16; ++j) {
    CHECK(to_bits(halves[j]) == j);
    CHECK(to_bits(halves[16 + j]) == 15 - j);
  }
}

TEST_CASE("grouped orders are permutations of low_first, for every width") {
  for (int width = 1; width <= 8; ++width) {
    std::mt19937 random(static_cast<unsigned>(width));
    bytes data(lowp::stored_bytes<bit_order::split_halves<16>>(48, width));
    bytes low(data.size());
    for (std::size_t i = 0; i < 48; ++i) {
      auto const code = static_cast<std::uint32_t>(random()) & ((1U << width) - 1U);
      bit_order::split_halves<16>::set(data.data(), i, width, code);
      // by its definition: 0 8 1 9 2 10 ..
      std::size_t const block = i / 16 * 16;
      std::size_t const at = i % 16 < 8 ? i % 8 * 2 : i % 8 * 2 + 1;
      bit_order::low_first::set(low.data(), block + at, width, code);
    }
    CHECK(data == low);
    CHECK(lowp::stored_bytes<bit_order::even_odd>(9, width) == 2 * static_cast<std::size_t>(width));
  }
}
