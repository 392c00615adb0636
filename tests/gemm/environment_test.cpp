// SPDX-License-Identifier: Apache-2.0
// also built: fast_math native
//
// Digests of products that must come out the same in every build, on every ISA, under every rounding mode, with FTZ and DAZ.
// Inputs are made by integer arithmetic, which no flag touches; the digests were taken where gemm_test holds the products
// against its oracle.
#include <lowp/gemm.hpp>

#include <cfenv>
#include <cstdint>
#include <functional>
#include <vector>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "support/catch.hpp"

namespace environment_test {

using lowp::matrix_view;
using lowp::accumulate::exact;
using lowp::accumulate::float32;
namespace epilogue = lowp::epilogue;

namespace {

class numbers {
 public:
  explicit numbers(std::uint32_t seed) : state_(seed) {}
  std::uint32_t operator()() {
    state_ = state_ * 1664525U + 1013904223U;
    return state_ >> 8U;
  }

 private:
  std::uint32_t state_;
};

template <class S>
lowp::quantized_matrix<S> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t seed,
                                        std::uint32_t mask = 255) {
  lowp::quantized_matrix<S> q(rows, cols);
  numbers next(seed);
  auto const view = q.view();
  for (std::size_t i = 0; i < q.size().code_bytes; ++i) {
    view.codes[i] = static_cast<std::uint8_t>(next() & mask);
  }
  for (std::size_t i = 0; i < q.size().scale_count; ++i) {
    view.scales[i] = std::bit_cast<float>(0x3f000000U + next() % 0x1000000U);  // [0.5, 2)
  }
  return q;
}

/// Floats of any sign with exponents in [least, least + 16).
std::vector<float> random_floats(std::size_t count, std::uint32_t least, std::uint32_t seed) {
  numbers next(seed);
  std::vector<float> x;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t const exponent = least + next() % 16;
    std::uint32_t const sign = next() % 2 << 31U;
    x.push_back(std::bit_cast<float>(sign | exponent << 23U | next() % 0x800000U));
  }
  return x;
}

std::uint64_t digest_of(std::vector<float> const& y) {
  std::uint64_t digest = 14695981039346656037U;
  for (float const v : y) {
    digest = (digest ^ std::bit_cast<std::uint32_t>(v)) * 1099511628211U;
  }
  return digest;
}

constexpr std::size_t m = 7;
constexpr std::size_t n = 83;
constexpr std::size_t k = 135;

using token_e4m3 = lowp::scheme<lowp::e4m3fn, lowp::per_channel<0>>;
using token_e5m2 = lowp::scheme<lowp::e5m2, lowp::per_channel<0>>;
using token_int8 = lowp::scheme<lowp::int8, lowp::per_channel<0>>;
using int4_g32 = lowp::scheme<lowp::int4, lowp::per_group<32>>;
using nf4_g32 = lowp::scheme<lowp::nf4, lowp::per_group<32>>;

struct cases {
  lowp::quantized_matrix<token_e4m3> fp8 = random_matrix<token_e4m3>(m, k, 1, 0xfe);   // no NaN
  lowp::quantized_matrix<token_e5m2> wide = random_matrix<token_e5m2>(m, k, 8, 0xfb);  // neither infinity nor NaN
  lowp::quantized_matrix<token_int8> bytes = random_matrix<token_int8>(m, k, 2);
  lowp::quantized_matrix<int4_g32> weights = random_matrix<int4_g32>(n, k, 3);
  lowp::quantized_matrix<nf4_g32> table = random_matrix<nf4_g32>(n, k, 4);
  std::vector<float> tiny = random_floats(m * k, 1, 5);  // products underflow
  std::vector<float> ordinary = random_floats(m * k, 116, 6);
  std::vector<float> y = std::vector<float>(m * n);

  template <class X, class W, class A, class E>
  std::uint64_t operator()(X const& x, W const& w, A accumulate, E const& e) {
    lowp::gemm(x, lowp::pack(w), matrix_view<float>(y.data(), m, n), accumulate, e);
    return digest_of(y);
  }

  std::vector<std::uint64_t> all() {
    std::vector<float> const bias = random_floats(n, 120, 7);
    matrix_view<float const> const small(tiny.data(), m, k);
    matrix_view<float const> const plain(ordinary.data(), m, k);
    return {(*this)(wide, weights, float32{}, epilogue::none{}),
            (*this)(fp8, weights, exact{}, epilogue::none{}),
            (*this)(bytes, weights, float32{}, epilogue::chain{epilogue::bias{bias}, epilogue::relu{}}),
            (*this)(small, table, float32{}, epilogue::none{}),
            (*this)(plain, weights, float32{}, epilogue::chain{epilogue::bias{bias}, epilogue::silu{}}),
            (*this)(plain, table, float32{}, epilogue::chain{epilogue::gelu{}, epilogue::gelu_tanh{}})};
  }
};

std::vector<std::uint64_t> const expected = {0x2f8ee2a64c80c711, 0x5cead7b08beb0d97, 0xfb5d73c5fc5f4831,
                                             0x7c0fc797d975352d, 0xa97ef8d8d1f4bf19, 0xdc4628cdda926fc2};

void under_each_isa(std::function<void()> const& f) {
  auto const availability = []<class... Tags>(lowp::isa::tag_list<Tags...>) {
    return std::vector<bool>{Tags::available()...};
  };
  std::vector<bool> const available = availability(lowp::isa::list{});
  for (std::size_t i = 0; i < available.size(); ++i) {
    if (available[i]) {
      lowp::isa_pin const pin(i);
      f();
    }
  }
}

}  // namespace

TEST_CASE("Products are the same bits in every build and float environment", "[gemm]") {
  cases c;
  under_each_isa([&] {
    INFO(lowp::isa_name() << ", " << LOWP_TEST_VARIANT);
    CHECK(c.all() == expected);
    std::vector<std::vector<std::uint64_t>> found;
    for (int const mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
      int const before = std::fegetround();
      std::fesetround(mode);
      found.push_back(c.all());
      std::fesetround(before);
    }
#if defined(__SSE__)
    unsigned const control = _mm_getcsr();
    _mm_setcsr(control | 0x8040U);  // FTZ and DAZ
    found.push_back(c.all());
    bool const kept = (_mm_getcsr() & 0x8040U) == 0x8040U;
    _mm_setcsr(control);
    CHECK(kept);
#endif
    for (auto const& f : found) {
      CHECK(f == expected);
    }
  });
}

}  // namespace environment_test
