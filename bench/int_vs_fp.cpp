// SPDX-License-Identifier: Apache-2.0
//
// int_vs_fp [n [k]]: INT beside FP at equal bits. y = x w^T for one and for 64 rows, one thread: multiply-adds a second, the share of the
// instruction's own peak in the same breath, bytes of packed weights, and the relative error against double of the
// unquantized data, Gaussian and heavy-tailed (Student's t with 3 degrees of freedom).

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "products.hpp"

#if defined(BENCH_HAS_ONEDNN)
#include "onednn_product.hpp"
#endif

#if defined(BENCH_HAS_CBLAS)
#include <cblas.h>
extern "C" void openblas_set_num_threads(int);
#endif

namespace {

using lowp::matrix_view;
using lowp::accumulate::exact;
using lowp::accumulate::float32;

constexpr std::size_t m = 64;

struct data {
  std::size_t n;
  std::size_t k;
  std::vector<float> w[2];  // by tails
  std::vector<float> x[2];
};

/// Activations of a scheme, or plain bfloat16 where X is a format.
template <class X>
auto activations(std::vector<float> const& x, std::size_t rows, std::size_t k, std::vector<lowp::bfloat16>& memory) {
  if constexpr (std::is_same_v<X, lowp::bfloat16>) {
    memory.resize(rows * k);
    lowp::cast_into(std::span<float const>(x.data(), rows * k), memory);
    return matrix_view<lowp::bfloat16 const>(memory.data(), rows, k);
  } else {
    return lowp::quantize<X>(matrix_view<float const>(x.data(), rows, k));
  }
}

template <class X>
struct element_of {
  using type = typename X::element;
};
template <>
struct element_of<lowp::bfloat16> {
  using type = lowp::bfloat16;
};

template <class X, class W, class Accumulate = float32>
void row(data const& d, char const* bits, char const* family, char const* name, Accumulate accumulate = {}) {
  std::printf("| %-5s | %-3s | %-30s |", bits, family, name);
  double errors[2];
  std::size_t bytes = 0;
  std::string path;
  for (int tails = 0; tails < 2; ++tails) {
    auto const wp = lowp::pack(lowp::quantize<W>(matrix_view<float const>(d.w[tails].data(), d.n, d.k)));
    bytes = wp.memory().size();
    for (std::size_t const rows : {std::size_t{1}, m}) {
      std::vector<lowp::bfloat16> memory;
      auto const xq = activations<X>(d.x[tails], rows, d.k, memory);
      std::vector<float> y(rows * d.n);
      auto const work = [&] { lowp::gemm(xq, wp, matrix_view<float>(y.data(), rows, d.n), accumulate); };
      if (tails == 0) {
        path = lowp::gemm_path<typename element_of<X>::type, typename W::element, Accumulate>(rows);
        auto const t = bench::measure(static_cast<double>(rows * d.n * d.k), bench::peak_of(path), work);
        std::printf(" %6.1f | %4.2f |", t.gmacs, t.share);
      } else {
        work();
      }
      errors[tails] = bench::relative_error(d.x[tails], d.w[tails], y, rows, d.n, d.k);
    }
  }
  std::printf(" %5.1f | %5.2f %% | %5.2f %% | %s |\n", static_cast<double>(bytes) * 1e-6, 100 * errors[0],
              100 * errors[1], path.c_str());
  std::fflush(stdout);
}

#if defined(BENCH_HAS_CBLAS)
void sgemm(data const& d) {
  openblas_set_num_threads(1);
  std::vector<float> y(m * d.n);
  auto const n = static_cast<int>(d.n);
  auto const k = static_cast<int>(d.k);
  std::printf("| 32/32 | FP  | %-30s |", "OpenBLAS sgemm");
  for (std::size_t const rows : {std::size_t{1}, m}) {
    auto const t = bench::measure(static_cast<double>(rows * d.n * d.k), &bench::multiply_floats, [&] {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(rows), n, k, 1.0F, d.x[0].data(), k,
                  d.w[0].data(), k, 0.0F, y.data(), n);
    });
    std::printf(" %6.1f | %4.2f |", t.gmacs, t.share);
  }
  std::printf(" %5.1f | %5.2f %% |         | |\n", static_cast<double>(d.n * d.k) * 4e-6,
              100 * bench::relative_error(d.x[0], d.w[0], y, m, d.n, d.k));
}
#endif

#if defined(BENCH_HAS_ONEDNN)
/// Of codes quantized by row, as int8 x int8 above; oneDNN gives the sums, scales would come on top.
void onednn_int8(data const& d) {
  using token = lowp::scheme<lowp::int8, lowp::per_channel<0>>;
  auto const wq = lowp::quantize<token>(matrix_view<float const>(d.w[0].data(), d.n, d.k));
  auto const xq = lowp::quantize<token>(matrix_view<float const>(d.x[0].data(), m, d.k));
  auto const* const w = reinterpret_cast<std::int8_t const*>(wq.codes().data());
  auto const* const x = reinterpret_cast<std::int8_t const*>(xq.codes().data());
  std::vector<float> y(m * d.n);
  std::printf("| 8/8   | INT | %-30s |", "oneDNN int8 x int8, no scales");
  for (std::size_t const rows : {std::size_t{1}, m}) {
    auto const multiply = bench::onednn_int8_product(rows, d.n, d.k, x, w, y.data());
    auto const t = bench::measure(static_cast<double>(rows * d.n * d.k), &bench::multiply_bytes, multiply);
    std::printf(" %6.1f | %4.2f |", t.gmacs, t.share);
  }
  // The sums times both scales: the error must be that of int8 x int8.
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < d.n; ++j) {
      y[i * d.n + j] *= xq.scale(i, 0) * wq.scale(j, 0);
    }
  }
  std::printf(" %5.1f | %5.2f %% |         | |\n", static_cast<double>(d.n * d.k) * 1e-6,
              100 * bench::relative_error(d.x[0], d.w[0], y, m, d.n, d.k));
}
#endif

/// How much faster two threads are than one, by the clock on the wall.
void two_threads(data const& d) {
  auto const crew = [](std::size_t count, lowp::task_ref task) {
    std::atomic<std::size_t> next{0};
    auto const work = [&] {
      for (std::size_t i = next++; i < count; i = next++) {
        task(i);
      }
    };
    std::thread second(work);
    work();
    second.join();
  };
  using token = lowp::scheme<lowp::e4m3fn, lowp::per_channel<0>>;
  auto const wp = lowp::pack(lowp::quantize<lowp::int4_g128>(matrix_view<float const>(d.w[0].data(), d.n, d.k)));
  std::printf("\nint4 g128 x e4m3 on two threads, times the speed of one:");
  for (std::size_t const rows : {std::size_t{1}, std::size_t{8}, m}) {
    auto const xq = lowp::quantize<token>(matrix_view<float const>(d.x[0].data(), rows, d.k));
    std::vector<float> y(rows * d.n);
    auto const seconds = [&](auto const& executor) {
      auto const start = std::chrono::steady_clock::now();
      lowp::gemm(xq, wp, matrix_view<float>(y.data(), rows, d.n), float32{}, lowp::epilogue::none{}, executor);
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    std::vector<double> ratios;
    for (int i = 0; i < 21; ++i) {
      double const one = seconds(lowp::serial{});
      ratios.push_back(one / seconds(crew));
    }
    std::printf("  m = %zu: %.2f", rows, bench::median(ratios));
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  data d;
  d.n = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 4096;
  d.k = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 4096;
  for (int tails = 0; tails < 2; ++tails) {
    auto const kind = tails == 0 ? bench::tails::gaussian : bench::tails::heavy;
    d.w[tails] = bench::random_matrix(d.n * d.k, kind, 1);
    d.x[tails] = bench::random_matrix(m * d.k, kind, 2);
  }
  std::printf("n = %zu, k = %zu, one thread; bits: weights/activations\n", d.n, d.k);
  std::printf(
      "| bits | | weights x activations | m = 1: GMAC/s | of peak | m = 64: GMAC/s | of peak | weights MB | error, "
      "Gaussian "
      "| heavy-tailed | kernel at m = 64 |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
  using lowp::per_channel;
  using lowp::per_group;
  using lowp::per_tensor;
  using lowp::scheme;
  using int8_token = scheme<lowp::int8, per_channel<0>>;
  using e4m3_token = scheme<lowp::e4m3fn, per_channel<0>>;
  using e3m4_token = scheme<lowp::e3m4, per_channel<0>>;
  using fp4_g32 = scheme<lowp::e2m1fn, per_group<32>, lowp::scale::absmax<lowp::float16>>;
  using fp4_g128 = scheme<lowp::e2m1fn, per_group<128>, lowp::scale::absmax<lowp::float16>>;
  using int4_g32 = scheme<lowp::int4, per_group<32>, lowp::scale::absmax<lowp::float16>>;
  row<int8_token, lowp::int8_per_channel>(d, "8/8", "INT", "int8 x int8");
  row<e4m3_token, lowp::fp8_per_channel>(d, "8/8", "FP", "e4m3 x e4m3");
  row<e3m4_token, scheme<lowp::e3m4, per_channel<0>>>(d, "8/8", "FP", "e3m4 x e3m4");
  row<int8_token, lowp::int4_g128>(d, "4/8", "INT", "int4 g128 x int8");
  row<e4m3_token, lowp::int4_g128>(d, "4/8", "mix", "int4 g128 x e4m3");
  row<e4m3_token, lowp::int4_g128>(d, "4/8", "mix", "int4 g128 x e4m3, exact", exact{});
  row<e3m4_token, lowp::int4_g128>(d, "4/8", "mix", "int4 g128 x e3m4, exact", exact{});
  row<e4m3_token, fp4_g128>(d, "4/8", "FP", "e2m1 g128 x e4m3");
  row<e4m3_token, lowp::mxfp4>(d, "4/8", "FP", "mxfp4 x e4m3");
  row<int8_token, fp4_g128>(d, "4/8", "mix", "e2m1 g128 x int8");
  row<lowp::bfloat16, lowp::int4_g128>(d, "4/16", "INT", "int4 g128 x bfloat16");
  row<lowp::bfloat16, fp4_g128>(d, "4/16", "FP", "e2m1 g128 x bfloat16");
  row<lowp::bfloat16, scheme<lowp::nf4, per_group<64>>>(d, "4/16", "FP", "nf4 g64 x bfloat16");
  row<lowp::bfloat16, scheme<lowp::bfloat16, per_tensor, lowp::scale::fixed>>(d, "16/16", "FP", "bfloat16 x bfloat16");
  row<lowp::bfloat16, scheme<lowp::float16, per_tensor, lowp::scale::fixed>>(d, "16/16", "FP", "float16 x bfloat16");
  row<int4_g32, int4_g32>(d, "4/4", "INT", "int4 g32 x int4 g32");
  row<fp4_g32, fp4_g32>(d, "4/4", "FP", "e2m1 g32 x e2m1 g32");
#if defined(BENCH_HAS_CBLAS)
  sgemm(d);
#endif
#if defined(BENCH_HAS_ONEDNN)
  onednn_int8(d);
#endif
  two_threads(d);
  return 0;
}
