// SPDX-License-Identifier: Apache-2.0
#include <lowp/gemm.hpp>

#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "gemm/oracle.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/quantize_twin.hpp"
#include "support/trapped_memory.hpp"

namespace options_test {

using namespace gemm_test;
using lowp::matrix_view;
using lowp::accumulate::exact;
using lowp::accumulate::float32;
namespace epilogue = lowp::epilogue;

namespace {

using lowp_test::error_of;

using token_e4m3 = lowp::scheme<lowp::e4m3fn, lowp::per_channel<0>>;

constexpr std::size_t m = 13;
constexpr std::size_t n = 131;
constexpr std::size_t k = 172;

/// One product, and what it must be before options and epilogues.
struct example {
  std::vector<float> xf = rows_of_numbers(m, k, 7);
  std::vector<float> wf = rows_of_numbers(n, k, 9);
  lowp::quantized_matrix<token_e4m3> x = lowp::quantize<token_e4m3>(matrix_view<float const>(xf.data(), m, k));
  lowp::quantized_matrix<lowp::int4_g128> w =
      lowp::quantize<lowp::int4_g128>(matrix_view<float const>(wf.data(), n, k));
  std::vector<float> product = multiply(spell_out(x, side::activations), spell_out(w, side::weights), false);
};

example const& the_example() {
  static example const e;
  return e;
}

using view = matrix_view<float>;

/// Two threads of our own, tasks from the last to the first.
void two_threads(std::size_t count, lowp::task_ref task) {
  auto const run = [=](std::size_t which) {
    for (std::size_t i = count; i-- > 0;) {
      if (i % 2 == which) {
        task(i);
      }
    }
  };
  std::thread other(run, std::size_t{1});
  run(0);
  other.join();
}

}  // namespace

TEST_CASE("Threads, ranges and strides do not change a bit", "[gemm]") {
  example const& e = the_example();
  under_each_isa([&] {
    INFO(lowp::isa_name());
    auto const wp = lowp::pack(e.w);
    std::vector<float> y(m * n);
    lowp::gemm(e.x, wp, view(y.data(), m, n), float32{}, epilogue::none{}, two_threads);
    CHECK(same_bits(y, e.product));

    // Quarters, written into a matrix with gaps that stay as they were.
    constexpr std::size_t stride = n + 5;
    std::vector<float> padded(m * stride, -7.0F);
    for (std::size_t const row : {std::size_t{0}, std::size_t{5}}) {
      for (std::size_t const col : {std::size_t{0}, std::size_t{70}}) {
        lowp::gemm_options options;
        options.rows = {row, row == 0 ? 5 : m};
        options.cols = {col, col == 0 ? 70 : n};
        lowp::gemm(e.x, wp, view(padded.data(), m, n, stride), float32{}, epilogue::none{}, lowp::serial{}, options);
      }
    }
    bool gaps = true;
    for (std::size_t i = 0; i < m; ++i) {
      CHECK(std::memcmp(&padded[i * stride], &e.product[i * n], n * sizeof(float)) == 0);
      for (std::size_t j = n; j < stride; ++j) {
        gaps = gaps && padded[i * stride + j] == -7.0F;
      }
    }
    CHECK(gaps);
  });
}

TEST_CASE("A row's result does not depend on the other rows", "[gemm]") {
  example const& e = the_example();
  under_each_isa([&] {
    INFO(lowp::isa_name());
    auto const wp = lowp::pack(e.w);
    for (std::size_t row = 0; row < m; ++row) {
      auto const one = lowp::quantize<token_e4m3>(matrix_view<float const>(&e.xf[row * k], 1, k));
      std::vector<float> y(n);
      lowp::gemv(one, wp, std::span<float>(y));
      CHECK(std::memcmp(y.data(), &e.product[row * n], n * sizeof(float)) == 0);
    }
  });
}

TEST_CASE("Factors, beta and epilogues in their order", "[gemm]") {
  example const& e = the_example();
  std::vector<float> const factor = rows_of_numbers(1, n, 3);
  std::vector<float> const bias = rows_of_numbers(1, n, 4);
  std::vector<float> const residual = rows_of_numbers(m, n, 5);
  std::vector<float> const before = rows_of_numbers(m, n, 6);
  std::vector<float> want;
  for (std::size_t i = 0; i < m * n; ++i) {
    std::size_t const j = i % n;
    float v = times(e.product[i], factor[j]);
    v = times(v, 0.25F);
    v = fused(0.7F, before[i], v);
    v = plus(v, bias[j]);
    v = v < 0 ? 0.0F : v;
    v = plus(v, residual[i]);
    want.push_back(times(v, residual[i]));
  }
  under_each_isa([&] {
    INFO(lowp::isa_name());
    std::vector<float> y = before;
    lowp::gemm_options options;
    options.beta = 0.7F;
    options.channel_factor = factor;
    options.descale = 0.25F;
    matrix_view<float const> const other(residual.data(), m, n);
    lowp::gemm(e.x, lowp::pack(e.w), view(y.data(), m, n), float32{},
               epilogue::chain{epilogue::bias{bias}, epilogue::relu{}, epilogue::add{other}, epilogue::multiply{other}},
               lowp::serial{}, options);
    CHECK(same_bits(y, want));
  });
}

TEST_CASE("Outputs in bfloat16, float16 and quantized again", "[gemm]") {
  example const& e = the_example();
  auto const wp = lowp::pack(e.w);
  std::vector<lowp::bfloat16> b(m * n);
  std::vector<lowp::float16> h(m * n);
  lowp::gemm(e.x, wp, matrix_view<lowp::bfloat16>(b.data(), m, n));
  lowp::gemm(e.x, wp, matrix_view<lowp::float16>(h.data(), m, n));
  bool same = true;
  for (std::size_t i = 0; i < m * n; ++i) {
    lowp::overflow::nonsaturating const to_infinity;
    same = same && to_bits(b[i]) == to_bits(lowp::cast<lowp::bfloat16>(e.product[i], {}, to_infinity));
    same = same && to_bits(h[i]) == to_bits(lowp::cast<lowp::float16>(e.product[i], {}, to_infinity));
  }
  CHECK(same);

  lowp::quantized_matrix<lowp::int8_per_channel> q(m, n);
  lowp::gemm(e.x, wp, q.view());
  auto const want = lowp::quantize<lowp::int8_per_channel>(matrix_view<float const>(e.product.data(), m, n));
  CHECK(q.codes() == want.codes());
  CHECK(same_bits(q.scales(), want.scales()));

  lowp::quantized_matrix<lowp::int8_per_channel> halves(m, n);
  for (std::size_t const row : {std::size_t{0}, std::size_t{6}}) {
    lowp::gemm_options options;
    options.rows = {row, row == 0 ? 6 : m};
    lowp::gemm(e.x, wp, halves.view(), float32{}, epilogue::none{}, lowp::serial{}, options);
  }
  CHECK(halves.codes() == want.codes());
}

TEST_CASE("A workspace of the announced size suffices", "[gemm]") {
  example const& e = the_example();
  auto const wp = lowp::pack(e.w);
  std::size_t const bytes = lowp::gemm_workspace_bytes(e.x, wp, exact{});
  struct alignas(64) line {
    std::byte bytes[64];
  };
  std::vector<line> memory(bytes / 64 + 2);
  std::memset(memory.data(), 0x5a, memory.size() * 64);
  lowp::gemm_options options;
  options.workspace = {memory[0].bytes, bytes};
  std::vector<float> y(m * n);
  lowp::gemm(e.x, wp, view(y.data(), m, n), exact{}, epilogue::none{}, lowp::serial{}, options);
  CHECK(same_bits(y, multiply(spell_out(e.x, side::activations), spell_out(e.w, side::weights), true)));
  bool untouched = true;
  for (std::size_t i = bytes; i < memory.size() * 64; ++i) {
    untouched = untouched && memory[i / 64].bytes[i % 64] == std::byte{0x5a};
  }
  CHECK(untouched);
  if (bytes > 64) {
    options.workspace = {memory[0].bytes, 64};
    lowp::error const small = error_of(
        [&] { lowp::gemm(e.x, wp, view(y.data(), m, n), exact{}, epilogue::none{}, lowp::serial{}, options); });
    CHECK(small.code() == lowp::error_code::size);
  }
}

TEST_CASE("Empty products", "[gemm]") {
  under_each_isa([&] {
    std::vector<float> const bias = {1.0F, 2.0F};
    auto const no_k = lowp::pack(lowp::quantize<lowp::int4_g128>(matrix_view<float const>(bias.data(), 2, 0)));
    std::vector<float> y(6, 9.0F);
    matrix_view<float const> const x(bias.data(), 3, 0);
    lowp::gemm(x, no_k, view(y.data(), 3, 2), float32{}, epilogue::bias{bias});
    CHECK(y == std::vector<float>{1, 2, 1, 2, 1, 2});
    auto const no_n = lowp::pack(lowp::quantize<lowp::int4_g128>(matrix_view<float const>(bias.data(), 0, 2)));
    lowp::gemm(matrix_view<float const>(bias.data(), 1, 2), no_n, view(y.data(), 1, 0));
    auto const one = lowp::pack(lowp::quantize<lowp::int4_g128>(matrix_view<float const>(bias.data(), 1, 2)));
    lowp::gemm(matrix_view<float const>(bias.data(), 0, 2), one, view(y.data(), 0, 1));
  });
}

TEST_CASE("Wrong shapes are named errors, and nothing is written", "[gemm]") {
  example const& e = the_example();
  auto const wp = lowp::pack(e.w);
  std::vector<float> y(m * n, 9.0F);
  auto const fails = [&](lowp::error_code code, char const* argument, int axis, std::size_t index, auto&& call) {
    lowp::error const found = error_of(call);
    INFO(found.what());
    CHECK(found.code() == code);
    CHECK(found.argument() == argument);
    CHECK(found.axis() == axis);
    CHECK(found.index() == index);
    CHECK(y == std::vector<float>(m * n, 9.0F));
  };
  using lowp::error_code;
  auto const none = lowp::error::no_index;
  matrix_view<float const> const narrow(e.xf.data(), m, k - 1);
  fails(error_code::shape, "w", 1, k, [&] { lowp::gemm(narrow, wp, view(y.data(), m, n)); });
  fails(error_code::shape, "y", 0, m - 1, [&] { lowp::gemm(e.x, wp, view(y.data(), m - 1, n)); });
  fails(error_code::shape, "y", 1, n - 1, [&] { lowp::gemm(e.x, wp, view(y.data(), m, n - 1)); });
  std::vector<float> const short_bias(n - 1);
  fails(error_code::shape, "bias", 0, n - 1,
        [&] { lowp::gemm(e.x, wp, view(y.data(), m, n), float32{}, epilogue::bias{short_bias}); });
  fails(error_code::shape, "epilogue", 1, n - 1, [&] {
    lowp::gemm(e.x, wp, view(y.data(), m, n), float32{},
               epilogue::chain{epilogue::add{matrix_view<float const>(y.data(), m, n - 1)}});
  });
  lowp::gemm_options options;
  options.rows = {m + 1, m + 2};
  fails(error_code::shape, "rows", -1, m + 1,
        [&] { lowp::gemm(e.x, wp, view(y.data(), m, n), float32{}, epilogue::none{}, lowp::serial{}, options); });
  fails(error_code::overlap, "y", -1, none,
        [&] { lowp::gemm(matrix_view<float const>(y.data(), 1, k), wp, view(y.data() + 1, 1, n)); });
  lowp::quantized_matrix<lowp::int8_per_channel> q(m, n);
  options = {};
  options.cols = {0, 64};
  fails(error_code::shape, "cols", 1, 0,
        [&] { lowp::gemm(e.x, wp, q.view(), float32{}, epilogue::none{}, lowp::serial{}, options); });
}

TEST_CASE("Nothing before or behind the operands, y and the workspace is touched", "[gemm]") {
  // Each buffer ends where a page that traps begins, then begins where one ends.
  lowp_test::trapped_memory codes(4096), scales(4096), weights(65536), result(65536), work(1U << 20U);
  struct shape {
    std::size_t m, n, k;
  };
  auto const check = [&](shape const s, auto accumulate) {
    auto const xq = lowp::quantize<token_e4m3>(matrix_view<float const>(the_example().xf.data(), s.m, s.k));
    auto const wq = lowp::quantize<lowp::int4_g128>(matrix_view<float const>(the_example().wf.data(), s.n, s.k));
    std::vector<float> expected(s.m * s.n);
    lowp::gemm(xq, lowp::pack(wq), view(expected.data(), s.m, s.n), accumulate);
    quantize_oracle::on_every_isa([&](auto isa) {
      INFO(isa.name << ", " << s.m << " x " << s.n << " x " << s.k);
      std::size_t const packed_bytes =
          lowp::packed_size::of<lowp::int4_g128>(s.n, s.k, lowp::layout_for<lowp::int4_g128>(s.n, s.k)).bytes;
      std::size_t const work_bytes = (lowp::gemm_workspace_bytes(xq, lowp::pack(wq), accumulate) + 63) / 64 * 64;
      REQUIRE(packed_bytes <= 65536);
      REQUIRE(work_bytes <= 1U << 20U);
      for (bool const at_end : {true, false}) {
        auto const place = [at_end](lowp_test::trapped_memory& memory, std::size_t bytes) {
          return at_end ? memory.last(bytes) : memory.first();
        };
        lowp::quantized_view<token_e4m3> x{s.m, s.k, place(codes, xq.codes().size()),
                                           reinterpret_cast<float*>(place(scales, s.m * sizeof(float)))};
        std::memcpy(x.codes, xq.codes().data(), xq.codes().size());
        std::memcpy(x.scales, xq.scales().data(), s.m * sizeof(float));
        auto* const memory = reinterpret_cast<std::byte*>(place(weights, packed_bytes));
        auto const w = lowp::pack_into(wq.view(), std::span<std::byte>(memory, packed_bytes));
        auto* const y = reinterpret_cast<float*>(place(result, s.m * s.n * sizeof(float)));
        lowp::gemm_options options;
        options.workspace = {reinterpret_cast<std::byte*>(place(work, work_bytes)), work_bytes};
        lowp::gemm(x, w, view(y, s.m, s.n), accumulate, epilogue::none{}, lowp::serial{}, options);
        CHECK(std::memcmp(y, expected.data(), expected.size() * sizeof(float)) == 0);
      }
    });
  };
  for (shape const s : {shape{1, 1, 1}, shape{1, 131, 172}, shape{3, 65, 33}, shape{8, 64, 128}, shape{13, 130, 172},
                        shape{17, 70, 130}}) {
    check(s, float32{});
    check(s, exact{});
  }
}

}  // namespace options_test
