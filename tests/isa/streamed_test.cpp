// SPDX-License-Identifier: Apache-2.0
//
// Results too large for the cache are stored past it, a line at a time: the same bytes wherever the first one lies, and none
// beside them.
#include "isa/agreement.hpp"

#include <span>

#include <lowp/quantize.hpp>

using namespace isa_test;

namespace {

std::size_t elements(std::size_t bytes_each) {
#if LOWP_X86
  return lowp::kernel::cpu_features::get().l2_bytes / 2 / bytes_each + 1000;
#else
  return (std::size_t{1} << 20U) / bytes_each;
#endif
}

std::vector<float> numbers(std::size_t n) {
  std::vector<float> x(n);
  std::mt19937 random(4);
  for (float& v : x) {
    v = std::bit_cast<float>(static_cast<std::uint32_t>(random()) & 0xbfff'ffffU);
  }
  x[n / 2] = std::bit_cast<float>(0x7fc0'0000U);
  return x;
}

}  // namespace

TEST_CASE("large casts write what small ones do, and nothing else", "[isa]") {
  std::size_t const n = 2 * elements(1) + 77;
  std::vector<float> const x = numbers(n);
  std::vector<std::uint8_t> want(n);
  std::vector<std::uint8_t> got(n + 200);
  for_each_isa([&]<class Tag>(Tag tag) {
    INFO(Tag::name);
    auto const pin = lowp::with_isa(tag);
    using lowp::e4m3fn;
    using lowp::int4;
    for (std::size_t i = 0; i < n; i += 4096) {
      std::size_t const count = n - i < 4096 ? n - i : 4096;
      lowp::cast_into(std::span(x).subspan(i, count), std::span(reinterpret_cast<e4m3fn*>(want.data()) + i, count));
    }
    for (std::size_t at : {0U, 1U, 16U, 63U, 64U}) {
      got.assign(got.size(), 0xa5);
      lowp::cast_into(x, std::span(reinterpret_cast<e4m3fn*>(got.data()) + 64 + at, n));
      CHECK(std::memcmp(got.data() + 64 + at, want.data(), n) == 0);
      CHECK((got[63 + at] == 0xa5 && got[64 + at + n] == 0xa5));
    }
    for (std::size_t i = 0; i < n; i += 4096) {
      std::size_t const count = n - i < 4096 ? n - i : 4096;
      lowp::cast_into(std::span(x).subspan(i, count), lowp::packed_span<int4>(want.data() + i / 2, count));
    }
    std::size_t const whole = n / 2;
    for (std::size_t at : {0U, 3U, 32U, 63U}) {
      got.assign(got.size(), 0xa5);
      lowp::cast_into(x, lowp::packed_span<int4>(got.data() + 64 + at, n));
      CHECK(std::memcmp(got.data() + 64 + at, want.data(), whole) == 0);
      CHECK((got[63 + at] == 0xa5 && got[64 + at + whole + n % 2] == 0xa5));
    }
  });
}

TEST_CASE("large casts to two bytes write what small ones do, and nothing else", "[isa]") {
  std::size_t const n = 2 * elements(2) + 77;
  std::vector<float> const x = numbers(n);
  auto const check = [&](auto format) {
    using F = decltype(format);
    std::vector<F> want(n);
    F const poison = lowp::from_bits<F>(0xa5a5);
    for_each_isa([&]<class Tag>(Tag tag) {
      INFO(Tag::name);
      auto const pin = lowp::with_isa(tag);
      for (std::size_t i = 0; i < n; i += 4096) {
        std::size_t const count = n - i < 4096 ? n - i : 4096;
        lowp::cast_into(std::span(x).subspan(i, count), std::span(want).subspan(i, count));
      }
      for (std::size_t at : {0U, 1U, 31U, 32U}) {
        std::vector<F> got(n + 100, poison);
        lowp::cast_into(x, std::span(got).subspan(32 + at, n));
        CHECK(std::memcmp(got.data() + 32 + at, want.data(), 2 * n) == 0);
        CHECK((to_bits(got[31 + at]) == 0xa5a5 && to_bits(got[32 + at + n]) == 0xa5a5));
      }
    });
  };
  check(lowp::bfloat16{});
  check(lowp::float16{});
}

TEST_CASE("large decodes to bfloat16 write what small ones do, and nothing else", "[isa]") {
  std::size_t const n = (elements(2) + 77) & ~std::size_t{1};
  std::vector<std::uint8_t> bytes(n);
  for (std::size_t i = 0; i < n; ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 37U + i / 256U);
  }
  lowp::bfloat16 const poison = lowp::from_bits<lowp::bfloat16>(0xa5a5);
  auto const check = [&](auto const& part) {
    for_each_isa([&]<class Tag>(Tag tag) {
      INFO(Tag::name);
      auto const pin = lowp::with_isa(tag);
      std::vector<lowp::bfloat16> want(n);
      for (std::size_t i = 0; i < n; i += 4096) {
        std::size_t const count = n - i < 4096 ? n - i : 4096;
        lowp::decode_into(part(i, count), std::span(want).subspan(i, count));
      }
      for (std::size_t at : {0U, 1U, 8U, 31U, 32U}) {
        std::vector<lowp::bfloat16> got(n + 100, poison);
        lowp::decode_into(part(0, n), std::span(got).subspan(32 + at, n));
        CHECK(std::memcmp(got.data() + 32 + at, want.data(), 2 * n) == 0);
        CHECK((to_bits(got[31 + at]) == 0xa5a5 && to_bits(got[32 + at + n]) == 0xa5a5));
      }
    });
  };
  check([&](std::size_t first, std::size_t count) {
    return std::span(reinterpret_cast<lowp::e4m3fn const*>(bytes.data()) + first, count);
  });
  check([&](std::size_t first, std::size_t count) {
    return lowp::packed_span<lowp::int4 const>(bytes.data() + first / 2, count);
  });
}

TEST_CASE("large decodes and dequantizations write what small ones do, and nothing else", "[isa]") {
  std::size_t const cols = 1000 + 13;  // rows that begin anywhere in a line
  std::size_t const rows = elements(4) / cols + 2;
  std::size_t const n = rows * cols;
  std::vector<std::uint8_t> bytes(n);
  for (std::size_t i = 0; i < n; ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 37U + i / 256U);
  }
  using scheme = lowp::scheme<lowp::int4, lowp::per_group<32>>;
  lowp::quantized_matrix<scheme> q;
  {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = static_cast<float>(static_cast<std::int8_t>(bytes[i]));
    }
    q = lowp::quantize<scheme>(lowp::matrix_view<float const>(x.data(), rows, cols));
  }
  std::vector<float> want(n);
  std::vector<float> got(n + 40);
  auto const check_at = [&](std::size_t at) {
    CHECK(std::memcmp(got.data() + 16 + at, want.data(), 4 * n) == 0);
    CHECK((got[15 + at] == -9.0F && got[16 + at + n] == -9.0F));
  };
  for_each_isa([&]<class Tag>(Tag tag) {
    INFO(Tag::name);
    for (std::size_t at : {0U, 1U, 4U, 15U}) {
      auto const go = [&](auto const& decode_all, auto const& portably) {
        {
          auto const pin = lowp::with_isa(lowp::isa::portable{});
          portably(want.data());
        }
        auto const pin = lowp::with_isa(tag);
        got.assign(got.size(), -9.0F);
        decode_all(got.data() + 16 + at);
        check_at(at);
      };
      auto const bytes_to = [&](float* out) {
        lowp::decode_into(std::span(reinterpret_cast<lowp::e4m3fn const*>(bytes.data()), n), std::span(out, n));
      };
      auto const nibbles_to = [&](float* out) {
        lowp::decode_into(lowp::packed_span<lowp::int4 const>(bytes.data(), n), std::span(out, n));
      };
      auto const matrix_to = [&](float* out) { lowp::dequantize_into(q, lowp::matrix_view<float>(out, rows, cols)); };
      go(bytes_to, bytes_to);
      go(nibbles_to, nibbles_to);
      go(matrix_to, matrix_to);
    }
  });
}
