// SPDX-License-Identifier: Apache-2.0
//
// gemm_bench [n [k]]: products of packed weights n x k with 1, 8, 64 and 512 rows of activations. One thread. Per row the kernel,
// multiply-adds a second, the share of what its instruction reaches in the same breath, bytes of weights read a second,
// and the error against double of the same quantized operands.

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "products.hpp"

namespace {

using lowp::matrix_view;

std::size_t n = 4096;
std::size_t k = 4096;
std::vector<float> const* weights = nullptr;
std::vector<float> const* activations = nullptr;

template <class XS, class WS, class Accumulate>
void rows(char const* name, Accumulate accumulate) {
  auto const wq = lowp::quantize<WS>(matrix_view<float const>(weights->data(), n, k));
  auto const wp = lowp::pack(wq);
  std::vector<float> const w = bench::values_of(wq);
  for (std::size_t const m : {1U, 8U, 64U, 512U}) {
    auto const xq = lowp::quantize<XS>(matrix_view<float const>(activations->data(), m, k));
    std::vector<float> y(m * n);
    bench::aligned_bytes memory;
    lowp::gemm_options options;
    options.workspace = memory.of(lowp::gemm_workspace_bytes(xq, wp, accumulate));
    std::string const path = lowp::gemm_path<typename XS::element, typename WS::element, Accumulate>(m);
    auto const t = bench::measure(static_cast<double>(m * n) * static_cast<double>(k), bench::peak_of(path), [&] {
      lowp::gemm(xq, wp, matrix_view<float>(y.data(), m, n), accumulate, lowp::epilogue::none{}, lowp::serial{},
                 options);
    });
    double const seconds = static_cast<double>(m * n) * static_cast<double>(k) * 1e-9 / t.gmacs;
    double const error = bench::relative_error(bench::values_of(xq), w, y, m, n, k);
    std::printf("| %-28s | %3zu | %6.1f | %4.2f | %5.1f | %.1e | %s |\n", name, m, t.gmacs, t.share,
                static_cast<double>(wp.memory().size()) * 1e-9 / seconds, error, path.c_str());
    std::fflush(stdout);
  }
}

void limit(char const* name, bench::peak_kernel peak) {
  std::vector<double> rates;
  for (int i = 0; i < 50; ++i) {
    std::size_t done = 0;
    double const seconds = bench::seconds_of([&] { done = peak(20000); });
    rates.push_back(static_cast<double>(done) / seconds * 1e-9);
  }
  std::printf("peak of %-22s %6.1f GMAC/s\n", name, bench::median(rates));
}

}  // namespace

int main(int argc, char** argv) {
  n = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : n;
  k = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : k;
  std::vector<float> const w = bench::random_matrix(n * k, bench::tails::gaussian, 1);
  std::vector<float> const x = bench::random_matrix(512 * k, bench::tails::gaussian, 2);
  weights = &w;
  activations = &x;
  limit("vdpbf16ps zmm", &bench::multiply_bfloat16);
  limit("vpdpbusd zmm", &bench::multiply_bytes);
  limit("tdpbssd", &bench::multiply_tiles);
  limit("vfmadd231ps zmm", &bench::multiply_floats);
  limit("vfmadd231ps ymm", &bench::multiply_floats_ymm);
  std::vector<unsigned char> const memory(std::size_t{1} << 28U, 1);
  unsigned long long sum = 0;
  double const seconds = bench::seconds_of([&] { sum = bench::read_all(memory.data(), memory.size()); });
  std::printf("reading memory              %6.1f GB/s%s\n", static_cast<double>(memory.size()) * 1e-9 / seconds,
              sum == 0 ? "?" : "");
  std::printf(
      "\nn = %zu, k = %zu\n| operands | m | GMAC/s | of peak | weights GB/s | error | kernel "
      "|\n|---|---|---|---|---|---|---|\n",
      n, k);

  using lowp::accumulate::exact;
  using lowp::accumulate::float32;
  using token_e4m3 = lowp::scheme<lowp::e4m3fn, lowp::per_channel<0>>;
  using token_int8 = lowp::scheme<lowp::int8, lowp::per_channel<0>>;
  using nvfp4 = lowp::scheme<lowp::e2m1fn, lowp::per_group<16>, lowp::scale::absmax<lowp::ue4m3>>;
  rows<token_e4m3, lowp::int4_g128>("e4m3 x int4 g128", float32{});
  rows<token_e4m3, lowp::int4_g128>("e4m3 x int4 g128, exact", exact{});
  rows<token_e4m3, lowp::int4_g32>("e4m3 x int4 g32", float32{});
  rows<token_int8, lowp::int4_g128>("int8 x int4 g128", float32{});
  rows<token_int8, lowp::int4_g32>("int8 x int4 g32", float32{});
  rows<token_int8, lowp::int8_per_channel>("int8 x int8", float32{});
  rows<token_e4m3, lowp::fp8_per_channel>("e4m3 x e4m3", float32{});
  rows<token_e4m3, lowp::mxfp4>("e4m3 x mxfp4", float32{});
  rows<token_e4m3, nvfp4>("e4m3 x e2m1 g16", float32{});
  rows<token_e4m3, lowp::scheme<lowp::nf4, lowp::per_group<64>>>("e4m3 x nf4 g64", float32{});
#if defined(__x86_64__)
  if (lowp::isa::avx2::available()) {
    auto const pin = lowp::with_isa(lowp::isa::avx2{});
    rows<token_e4m3, lowp::int4_g128>("AVX2: e4m3 x int4 g128", float32{});
    rows<token_e4m3, lowp::int4_g128>("AVX2: the same, exact", exact{});
    rows<token_int8, lowp::int4_g128>("AVX2: int8 x int4 g128", float32{});
  }
#endif
  return 0;
}
